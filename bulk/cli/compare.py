"""`bulk compare`."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

import click

from bulk.cli import complete, display, options, terminal
from bulk.cli.account import needed_account
from bulk.cli.command import Command
from bulk.cli.progress import close, progress_for
from bulk.cli.running import again_later
from bulk.errors import UnfinishedError
from bulk.wording import agreeing, counted, excerpts, line_of, shortened

if TYPE_CHECKING:
    from bulk.library import ComparedResource, Comparison, Difference

LIVE: Final = "live"
SHOWN: Final = 5  # differences shown without -v
COLUMNS: Final = 80  # of a terminal
WIDTH: Final = 24  # letters of a cell that are shown


@click.command("compare", cls=Command, short_help="Say what differs between A and B, two files or folders.")
@click.argument("a", shell_complete=complete.files)
@click.argument("b", shell_complete=complete.files)
@click.argument("out", required=False, shell_complete=complete.files)
@options.where
@click.option("--resource", metavar="NAME", default="", help="What the files hold.  [default: as they are named]")
@click.option("--key", metavar="COLUMN", default="", help="What records are matched by; id compares ids and dates too.")
@click.option("--exact", is_flag=True, help="Cells are the same only if their texts are.")
@click.option("--ignore", multiple=True, metavar="COLUMN", help="Leave a column out. Repeatable.")
@click.option("--separator", metavar="C", default=",", show_default=True, help="Between values inside a cell.")
@click.option("--encoding", metavar="NAME", default="auto", show_default=True, help="utf-8, utf-16, cp1252, …")
@click.option("--delimiter", metavar="C", default="auto", show_default=True, help=", ; tab or |")
@click.option("--skip-lines", type=int, default=0, metavar="N", help="Lines before the header.")
@options.pace
@options.telling
def compare_command(a: str, b: str, out: str | None, **chosen: Any) -> int:
    """Say what differs between A and B; with OUT, every difference as CSV.

    A and B are two files, two folders of `bulk export all`, or one of these
    and `live`: the account as it is now. Which resource files are of, their
    names say (contacts.csv, deals-2026.csv), else their headers.

    Exit code 0: equal, 1: different.
    """
    import anyio  # noqa: PLC0415 - heavy, not for --help

    from bulk.library import Account, CompareOptions, compare  # noqa: PLC0415

    given = CompareOptions(
        resource=chosen["resource"], key=chosen["key"], exact=chosen["exact"], ignore=chosen["ignore"],
        separator=chosen["separator"], encoding=chosen["encoding"], delimiter=chosen["delimiter"],
        skip_lines=chosen["skip_lines"], max_duration=chosen["max_duration"],
        rate=5.0 if chosen["rate"] is None else chosen["rate"], concurrency=chosen["concurrency"] or 0,
    )  # fmt: skip
    places = [_place(name, chosen) for name in (a, b)]
    account = next((place for place in places if isinstance(place, Account)), None)
    progress = progress_for(account, quiet=chosen["quiet"])

    async def run() -> Comparison:
        return await compare(places[0], places[1], given, output=out, progress=progress)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # what is temporary is taken away
    try:
        result = anyio.run(run)
    except UnfinishedError as stopped:
        raise again_later(stopped) from stopped
    finally:
        close(progress)
    err = out == "-"
    if chosen["as_json"] and not err:
        display.show_json(result.to_json())
    elif not chosen["quiet"]:
        for line in _lines(result, most=None if chosen["verbose"] else SHOWN, out=out, by_id=given.key == "id"):
            terminal.echo(_wrapped(terminal.one_line(line)), err=err)
        if not result.equal and out is None:
            given_words = click.get_current_context().find_root().obj or ()
            terminal.echo(terminal.one_line(f"  {line_of(('bulk', *given_words, 'differences.csv'))}"))
    return 0 if result.equal else 1


def _place(name: str, chosen: dict[str, Any]) -> Any:
    if name != LIVE:
        return options.file_of(name)
    return needed_account(chosen)


# ---- what a person sees


def _lines(result: Comparison, *, most: int | None, out: str | None, by_id: bool) -> Iterator[str]:
    several = len(result.resources) > 1
    for side, names in (("A", result.files_only_in_a), ("B", result.files_only_in_b)):
        if names:
            yield f"Only {side} has: {', '.join(f'{name}.csv' for name in names)}"
    for name, one in result.resources.items():
        if several and one.equal and not one.unnamed:
            yield f"{name}: {counted(one.rows_a, 'row')}, equal"
        else:
            yield from _of_resource(name, one)
    if left_out := dict.fromkeys(title for one in result.resources.values() for title in one.left_out):
        yield f"  not compared: {', '.join(left_out)}{'' if by_id else ' (--key id compares ids and dates)'}"
    first = [one for one in result.first if one.row_a or one.row_b][:most]
    yield from (f"  {_told(one, several=several)}" for one in first)
    more = result.count - sum(1 for one in result.first if not (one.row_a or one.row_b)) - len(first)
    if first and more > 0:
        yield "  …"
    yield _last_line(result, out)


def _wrapped(line: str) -> str:
    pieces = wrap(line, COLUMNS, subsequent_indent="    ", break_on_hyphens=False, break_long_words=False)
    return "\n".join(pieces)


def _last_line(result: Comparison, out: str | None) -> str:
    if result.equal:
        beyond = any(one.columns_not_in_file for one in result.resources.values())
        return "Equal, in the columns that the file has." if beyond else "Equal."
    said = f"Different: {counted(result.count, 'difference')}"
    if out is not None:
        return f"{said} → {out}"
    return f"{said}. To have them all in a file:"


def _of_resource(name: str, one: ComparedResource) -> Iterator[str]:
    yield f"{name}: {counted(one.rows_a, 'row')} in A, {one.rows_b:,} in B, matched by {one.key}"
    titles = one.columns_compared
    yield (
        f"  {counted(len(titles), 'column')} compared: {', '.join(titles)}" if titles else "  no other column compared"
    )
    if beyond := one.columns_not_in_file:
        yield f"  not in the file, so not compared: {', '.join(beyond)}"
    ends = [
        (one.same, "the same"), (one.differing, agreeing(one.differing, "differs", "differ")),
        (one.only_in_a, "only in A"), (one.only_in_b, "only in B"),
    ]  # fmt: skip
    yield "  " + (", ".join(f"{count:,} {what}" for count, what in ends if count) or "no rows are the same")
    if one.ambiguous_a or one.ambiguous_b:
        yield f"  {one.ambiguous_a:,} of A and {one.ambiguous_b:,} of B share a key: which are the same is not known"
    if one.unfit_a or one.unfit_b:
        yield f"  {one.unfit_a:,} of A and {one.unfit_b:,} of B do not fit their header"
    for column, cells in sorted(one.columns.items(), key=lambda pair: (-pair[1], pair[0])):
        yield f"  {cells:>10,} {agreeing(cells, 'cell', 'cells')} of {column}"
    for side, titles in (("A", one.columns_only_in_a), ("B", one.columns_only_in_b)):
        if titles:
            yield f"  {agreeing(len(titles), 'column', 'columns')} only in {side}: {', '.join(titles)}"
    for column, rows in one.unnamed.items():
        yield f"  {counted(rows, 'row')} say only by an id which {column} is meant, which no other account knows"


def _told(one: Difference, *, several: bool) -> str:
    rows = f"row {one.row_a}" if one.row_a else ""
    rows += f"{'/' if rows else 'row '}{one.row_b}" if one.row_b else ""
    where = f"{one.resource} {rows}" if several else rows
    key = f" {shortened(one.key, WIDTH)}" if one.key else ""
    if one.column:
        return f"{where}{key}: {one.column}: {_excerpt(one.a, one.b)}"
    side = "A" if one.row_a else "B"
    said = {"ambiguous": f"ambiguous, in {side}", "does_not_fit": f"in {side}: {one.a or one.b}"}
    return f"{where}{key}: {said.get(one.what, f'only in {side}')}"


def _excerpt(a: str, b: str) -> str:
    """Both cells, from about where they begin to differ."""
    return " | ".join(cell or "(empty)" for cell in excerpts(a, b, WIDTH))
