"""What every command has: help in groups, at the width of the terminal, and options that may stand before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import click

from bulk.cli.configured import config_option, settle
from bulk.cli.machine import wanted

OPTIONS: Final = "Options"
FEW: Final = 6  # options that need no headings
# the options of each heading, by their parameters; what is in none stands under "Options"
HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "Account": ("sandbox", "base_url", "connection", "account", "method", "wait", "config"),
    "File": (
        "preset", "encoding", "delimiter", "skip_lines", "sheet", "limit", "separator", "plain", "guard_formulas",
    ),
    "Columns": ("maps", "sets", "ignore_unknown", "key", "mapping", "save_mapping", "split_name", "create_fields",
                "date_format", "timezone", "filters", "search", "columns"),
    "What a row means": (
        "mode", "on_duplicate", "on_invalid", "allow_damaged", "allow_joined", "blank", "exact_columns", "exact",
        "baseline", "on_conflict",
        "delete_missing", "resubscribe", "no_automations", "owner_default", "map_user", "resource", "ignore",
    ),
    "Pace and limits": ("rate", "concurrency", "engine", "max_errors", "max_failures",
                        "processes", "on", "workers", "max_duration", "max_age", "timeout"),
    "Job": ("job", "job_name", "jobs_dir", "undoable", "yes", "older_than", "only", "only_plan",
            "dry_run", "detailed_exitcode"),
    "Output": ("as_json", "with_rows", "quiet", "verbose", "progress", "notify", "metrics",
               "markdown", "as_markdown", "port", "no_browser"),
}  # fmt: skip
_HEADING_OF: Final = {name: heading for heading, names in HEADINGS.items() for name in names}


class Command(click.Command):
    """A command with its options in groups, which go by bulk.toml where the command line says nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if any(one.name in ("sandbox", "jobs_dir") for one in self.params):  # it is about accounts or jobs
            self.params.append(config_option())

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under their headings."""
        told = [
            (_HEADING_OF.get(str(one.name), OPTIONS), record)
            for one in self.get_params(ctx)
            if isinstance(one, click.Option) and (record := one.get_help_record(ctx)) is not None
        ]
        if len(told) <= FEW:
            told = [(OPTIONS, record) for _heading, record in told]
        groups = {heading: [record for under, record in told if under == heading] for heading in (*HEADINGS, OPTIONS)}
        for heading, records in groups.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)

    def invoke(self, ctx: click.Context) -> Any:
        """Settle what goes before what, then run."""
        wanted().as_json = bool(ctx.params.get("as_json"))
        settle(ctx)
        return super().invoke(ctx)


class Group(click.Group):
    """Commands in the order in which they were added; each has what every command has."""

    command_class = Command

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """In their order, not by the alphabet."""
        return list(self.commands)


def in_order(arguments: Sequence[str], root: click.Group) -> list[str]:
    """The arguments, with options that stand before their command behind it: `--sandbox import` is `import --sandbox`.

    What belongs to `bulk` itself stays where it is; what no command has too, so that it is refused.
    """
    own = {name for one in root.params for name in (*one.opts, "-h", "--help")}
    options: dict[str, click.Option] = {}
    for one in _all_options(root):
        for name in one.opts:
            options.setdefault(name, one)
    first: list[str] = []
    moved: list[str] = []
    left = list(arguments)
    while left and left[0].startswith("-") and left[0] != "-":
        name, equals, _value = left[0].partition("=")
        option = next((one for one in root.params if name in one.opts), None) or options.get(name)
        flag = option is None or (
            isinstance(option, click.Option)
            and (option.is_flag or option.count or isinstance(option.flag_value, str))  # its value may be left out
        )
        takes = 1 if flag or equals else 2
        (first if name in own or option is None else moved).extend(left[:takes])
        left = left[takes:]
    behind = 2 if left and isinstance(root.commands.get(left[0]), click.Group) else 1
    return [*first, *left[:behind], *moved, *left[behind:]] if left else list(arguments)


def _all_options(group: click.Group) -> Iterator[click.Option]:
    for each in group.commands.values():
        yield from (one for one in each.params if isinstance(one, click.Option))
        if isinstance(each, click.Group):
            yield from _all_options(each)
