"""How a job ended, as a person sees it on stdout, or a program as JSON. `terminal` writes it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bulk.cli import terminal
from bulk.cli.advice import GONE_ALREADY, none_done, notes, ways_on, ways_on_of_missing
from bulk.cli.display_parts import show_counts, show_left, show_outcomes
from bulk.cli.import_again import import_line
from bulk.cli.machine import beside
from bulk.library.choices import command_line
from bulk.model import ENDED_BADLY
from bulk.wording import agreeing, counted

if TYPE_CHECKING:
    from bulk.library import Result
    from bulk.library.jobs import Job
    from bulk.library.progress import Totals

LONG: Final = 600.0  # seconds from which it matters when what was not sent was read
TELLING: Final = 60.0  # seconds from which a rate means something
FAILED: Final = "failed.csv"
MISSING: Final = "missing.csv"
SHOWN: Final = 5  # failed rows shown under a summary


def show_json(data: Any) -> None:
    """Print a result for programs; signs that the encoding of the output lacks are escaped as JSON has it."""
    text = json.dumps(data, ensure_ascii=False, indent=2)
    terminal.echo(text if terminal.takes(text) else json.dumps(data, indent=2))


def show_result_json(job_result: Result) -> None:
    """Print how a job ended for programs, with the command that undoes it where there is one."""
    show_json({**job_result.summary.to_json(), **beside(job_result.error, undo_line(job_result))})


def undo_line(job_result: Result) -> str:
    """The command that undoes a job; "" where it has changed nothing that can be put back, or is to go on first."""
    if job_result.resumable or not job_result.summary.undoable:
        return ""
    return command_line("undo", job_result.job.name, job_result.job.parent)


def _show_way_back(job_result: Result) -> None:
    """Say how what a job has changed is put back, or why it cannot be."""
    line, untold = undo_line(job_result), job_result.summary.not_undoable
    if job_result.resumable:
        return
    if untold:
        stays = f"{counted(untold, 'row')} {agreeing(untold, 'was', 'were')} changed unread"
        terminal.tell(f"{stays}, which cannot be taken back (--undoable reads first).")
    if line:
        terminal.tell(f"To take {'the rest' if untold else 'it'} back:")
        terminal.tell(f"  {line}")


def show_quietly(job_result: Result) -> None:
    """Say only what is not done, which is never kept quiet, and where it stands."""
    show_kept(job_result)
    _show_left_out(job_result)
    rows, missing = job_result.summary.rows, job_result.summary.missing
    bad = sum(rows[name] for name in ENDED_BADLY)
    if bad and job_result.error is None:
        of_one_import = not (job_result.summary.parts or job_result.summary.output)
        reports = job_result.job / FAILED if of_one_import else job_result.job
        terminal.tell(f"bulk: {bad:,} of {counted(rows['read'], 'row')} not done: {reports}", err=True)
    kept = sum(missing.get(name, 0) for name in ENDED_BADLY)
    if kept and job_result.error is None:
        said = f"{kept:,} of {counted(missing['read'], 'row')} that the file lacks not deleted"
        terminal.tell(f"bulk: {said}: {job_result.job / MISSING}", err=True)


def _show_left_out(job_result: Result) -> None:
    for name, why in job_result.summary.left_out.items():
        terminal.tell(f"bulk: {name} is left out, it may not be read with this key: {why}", err=True)


def show_kept(job_result: Result) -> None:
    """Say which reports somebody had changed, and how what is repaired in them is imported."""
    from bulk.library.jobs import job_at  # noqa: PLC0415 - not for --help

    for path in job_result.kept:
        command = import_line(path, job_at(path.parent).record)
        old = path.name.partition(".")[0]
        terminal.tell(f"{old}.csv had been changed since it was written; it is kept as {path.name}.", err=True)
        terminal.tell("  What is repaired in it is imported by:", err=True)
        terminal.tell(f"    {command}", err=True)


def show_import(job_result: Result, *, verbose: bool) -> None:
    """Print how an import ended: sums, the first failures, the files, and what can be done about them."""
    rows, totals, folder = job_result.summary.rows, job_result.summary.totals, job_result.job
    show_kept(job_result)
    if job_result.summary.parts:
        _show_parts(job_result)
        _show_way_back(job_result)
        return
    done = [f"{n:,} {action.replace('_', ' ')}" for action, n in sorted(job_result.summary.actions.items()) if n]
    none = none_done(job_result.summary.codes) if rows["read"] else "nothing to do"
    lines = job_result.is_undo  # else a row of the file that the undone job read would be meant
    terminal.tell(f"{counted(rows['read'], 'thing' if lines else 'row')}: {', '.join(done) or none}")
    if job_result.summary.read_at and job_result.summary.totals.seconds >= LONG:
        at = datetime.fromisoformat(job_result.summary.read_at).astimezone()
        terminal.tell(f"  unchanged are those that were so as read at {at:%H:%M} or later")
    bad = _bad_told(rows)
    show_outcomes(_not_done(job_result))
    if bad:
        show_failed(folder / FAILED, None if verbose else SHOWN, "undo.csv " if lines else "", job_result.summary.codes)
    for note in notes(job_result.summary.codes, job_result.summary.still_on_list):
        terminal.tell(f"  {note}")
    if bad and job_result.summary.state == "finished":
        repaired = next((path for path in job_result.kept if path.name.startswith("failed.")), folder / FAILED)
        for line in _ways_on(folder, repaired, rows, job_result.summary.codes):
            terminal.tell(f"  {line}")
    if lines and job_result.summary.actions.get("unchanged"):
        _show_names_kept(job_result)
    _show_missing(job_result)
    _show_end(totals, folder)
    _show_way_back(job_result)


def _show_names_kept(job_result: Result) -> None:
    """Say which names an undo has left where they are."""
    from bulk.library.undoing import names_kept  # noqa: PLC0415 - not for --help

    names = [f"{name} ({resource})" for resource, name in names_kept(job_result.job)]
    if names:
        few = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")
        terminal.tell(terminal.one_line(f"  Kept, since others use {agreeing(len(names), 'it', 'them')}: {few}"))


def _not_done(job_result: Result) -> Iterator[tuple[int, str]]:
    """How many rows ended otherwise than done, and how; those whose reasons are shown below them are the last."""
    rows, folder = job_result.summary.rows, job_result.job
    if rows["skipped"]:
        yield rows["skipped"], f"skipped: {folder / 'skipped.csv'}"
    if rows["unprocessed"]:
        yield (
            rows["unprocessed"],
            f"{_open_rows(rows['unprocessed'], job_result.summary.begun)}: {folder / 'unprocessed.csv'}",
        )
    bad = [name for name in ENDED_BADLY if rows[name]]
    for name in bad:
        yield rows[name], name.replace("_", " ") + (":" if name == bad[-1] else "")


def _bad_told(rows: Mapping[str, int]) -> str:
    """How many rows are not done, by how they ended; "" if all are."""
    return ", ".join(f"{rows[name]:,} {name.replace('_', ' ')}" for name in ENDED_BADLY if rows[name])


def _show_missing(job_result: Result) -> None:
    """Print what became of the rows of the export that the file had no more, if they were to be deleted."""
    missing = job_result.summary.missing
    if missing:
        from bulk.library.jobs import job_at  # noqa: PLC0415 - not for --help

        record = job_at(job_result.job).record
        words = {"succeeded": "deleted", "unchanged": "gone already", "unprocessed": "not reached"}
        if record.resource == "contactLists":  # whom nobody deletes from a list
            words |= {"succeeded": "unsubscribed", "unchanged": "off the list already"}
        ended = (
            f"{n:,} {words.get(name, name.replace('_', ' '))}" for name, n in missing.items() if name != "read" and n
        )
        codes = ", ".join(f"{n:,} {code}" for code, n in sorted(job_result.summary.missing_codes.items()))
        file = job_result.job / MISSING
        rows = counted(missing["read"], "row")
        terminal.tell(
            f"  {rows} of the export that the file lacks: {', '.join(ended)}{codes and f' ({codes})'}: {file}"
        )
        if missing.get("unchanged") and record.resource != "contactLists":
            terminal.tell(f"    {GONE_ALREADY}")
        if job_result.summary.state == "finished":
            again = replace(record, options={**record.options, "on_conflict": "sheet"})
            line = import_line(Path(record.input.path), again) + " --delete-missing" if record.input else ""
            retry = command_line("retry", job_result.job.name, job_result.job.parent)
            for said, command in ways_on_of_missing(job_result.summary.missing_codes, line, retry):
                terminal.tell(f"  {said}\n    {command}")


def _ways_on(job: Path, file: Path, rows: Mapping[str, int], codes: Mapping[str, int]) -> Iterator[str]:
    """What can be done about rows that are not done: a file that holds them, maybe repaired, is imported."""
    from bulk.library.jobs import job_at  # noqa: PLC0415 - not for --help

    retry, record = command_line("retry", job.name, job.parent), job_at(job).record
    if record.kind == "undo":  # its lines mean nothing to an import
        if set(codes) - {"changed_since"}:
            yield from ("What failed is tried again by", f"  {retry}")
        return
    line = import_line(file, record)
    for said, command in ways_on(rows, codes, file.name, lambda option: f"{line} {option}".rstrip(), retry):
        yield said
        yield f"  {command}"


def _open_rows(rows: int, begun: int) -> str:
    """What has become of rows that have not ended; of those that have begun some steps are sent already."""
    return f"not finished ({begun:,} begun, {rows - begun:,} not reached)" if begun else "not reached"


def show_done(job: Job, *, as_json: bool) -> None:
    """Say that nothing of a job is left to do."""
    if as_json:
        show_json(job.summary)
    elif job.imports:
        terminal.tell(f"Nothing to send again: {job.name} is finished, no row failed.")
    else:
        terminal.tell(f"Nothing to do: {job.name} is finished.")


def show_applied(job: Job, *, as_json: bool) -> None:
    """Say that a plan was carried out before, and what is left of it."""
    if as_json:
        show_json(job.summary)
        return
    terminal.tell(f"{job.name} was carried out already, so nothing was sent.")
    if bad := _bad_told(job.rows):
        terminal.tell(f"  {bad}: {job.path if job.record.parts else job.path / FAILED}")
        for line in () if job.record.parts else _ways_on(job.path, job.path / FAILED, job.rows, job.codes):
            terminal.tell(f"  {line}")


def show_rejected(job: Job) -> None:
    """Say what can be done about rows that the checks have rejected: to send them again would not help."""
    rejected = job.rows.get("rejected", 0)
    were = agreeing(rejected, "was", "were")
    terminal.tell(f"bulk: nothing to send again: {counted(rejected, 'row')} of {job.name} {were} rejected.", err=True)
    if job.record.parts:
        terminal.tell(f"Correct them in {job.record.output} and import that folder anew.", err=True)
        return
    for line in _ways_on(job.path, job.path / FAILED, job.rows, job.codes):
        terminal.tell(line, err=True)


def _show_end(totals: Totals, reports: Path) -> None:
    """Print how many requests took how long, this run apart from all of the job's, and where the reports are.

    The rate of a short job says nothing, for its first second is free.
    """
    requests, seconds = totals.requests - totals.earlier_requests, totals.seconds - totals.earlier_seconds
    rate = f" ({requests / seconds:.1f}/s)" if seconds >= TELLING else ""
    told = f"{counted(requests, 'request')} in {seconds:.1f} s{rate}."
    if totals.earlier_requests:
        told += f" With the earlier runs of this job: {totals.requests:,} in {totals.seconds:.1f} s."
    where = f"Reports: {reports}"
    for line in (f"{told} {where}",) if len(told) + len(where) < terminal.WIDTH else (told, where):
        terminal.tell(line)


def _show_parts(job_result: Result) -> None:
    """Print how an import of everything ended: a line a resource, and where its reports are."""
    totals = job_result.summary.totals
    show_counts(job_result.summary.parts)
    show_left(job_result)
    for name, rows in job_result.summary.parts.items():
        if _bad_told(rows):
            terminal.tell(f"  {job_result.job / name / FAILED}:")
            show_failed(job_result.job / name / FAILED, SHOWN)
    _show_end(totals, job_result.job)


def show_failed(path: Path, most: int | None, of: str = "", codes: Mapping[str, int] | None = None) -> None:
    """Print rows that failed and why, the first of them; `of` says of which file they are, if not of the job's own.

    Where there are more, the `codes` of all of them are said, each with how many rows have it.
    """
    from bulk.library.results import failed_rows_in  # noqa: PLC0415 - not for --help

    for at, row in enumerate(failed_rows_in(path)):
        if at == most:
            by_number = sorted((codes or {}).items(), key=lambda pair: (-pair[1], pair[0]))
            all_told = ", ".join(f"{count:,} {code}" for code, count in by_number)
            terminal.tell(f"    … in all: {all_told} (-v shows each)" if all_told else "    …")
            return
        step = f"{row.step}: " if row.step else ""
        table = f"{row.file} " if row.file else ""
        terminal.tell(terminal.one_line(f"    {of}{table}row {row.row}: {step}{row.error}"))


def show_export(job_result: Result) -> None:
    """Print how an export ended, on stderr if stdout carries the file itself."""
    summary, totals = job_result.summary, job_result.summary.totals
    err = summary.output in ("", "-")
    target = f" → {summary.output}" if summary.output not in ("", "-") else ""
    rate = f" ({totals.requests / totals.seconds:.1f}/s)" if totals.seconds >= TELLING else ""
    if summary.parts:
        show_counts(summary.parts | {name: {"succeeded": rows} for name, rows in summary.links.items()})
        show_left(job_result)
    terminal.tell(f"{counted(summary.rows['succeeded'] + sum(summary.links.values()), 'row')}{target}", err=err)
    terminal.tell(f"{counted(totals.requests, 'request')} in {totals.seconds:.1f} s{rate}.", err=err)
    _show_left_out(job_result)
    if summary.reason and job_result.error is None:
        terminal.tell(f"{summary.reason} Export again to see whether it has changed.", err=True)
