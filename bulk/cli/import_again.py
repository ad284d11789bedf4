"""The command that imports a file as a job has imported its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bulk.cli.account import options_of_place
from bulk.wording import as_typed

if TYPE_CHECKING:
    from bulk.library.jobs import JobRecord


def import_line(path: Path, record: JobRecord) -> str:
    """The command that imports a report of a job as the job did."""
    given = "".join(f" {option}" for option in _options_again(path, record))
    return f"bulk import {record.resource} {as_typed(str(path))}{given}"


def _options_again(path: Path, record: JobRecord) -> Iterator[str]:
    """The options of an import without which its failed.csv would mean something else."""
    from bulk.resources import named  # noqa: PLC0415 - not for --help

    resource = named(record.resource)
    given = record.options
    usual = {
        "mode": resource.modes[0], "key": resource.key, "separator": ",", "blank": "", "baseline": "auto",
        "on_conflict": "", "on_duplicate": "error", "preset": "auto",
        "date_format": "", "timezone": "", "split_name": "", "owner_default": "",
    }  # fmt: skip
    for name, value in usual.items():
        if given.get(name, value) != value:  # an earlier version had fewer
            yield f"--{name.replace('_', '-')} {as_typed(given[name])}"
    yield from options_of_place(record)
    for header, attribute in _maps_of(path, record):
        yield f"--map {as_typed(f'{header}={attribute}')}"
    yield from (f"--exact {name}" for name in given.get("exact_columns", ()))
    for column, value in given.get("sets", {}).items():
        yield f"--set {as_typed(f'{column}={value}')}"
    for old, new in given.get("map_user", {}).items():
        yield f"--map-user {as_typed(f'{old}={new}')}"
    yield from (
        f"--{name.replace('_', '-')}"
        for name in ("ignore_unknown", "resubscribe", "allow_damaged", "allow_joined", "create_fields")
        if given.get(name)
    )


def _maps_of(path: Path, record: JobRecord) -> Iterator[tuple[str, str]]:
    """The maps of the job that are about columns of a file: a report of several tables may call one otherwise."""
    from bulk.library.headers import has_title  # noqa: PLC0415 - not for --help

    is_report = record.input is not None and Path(record.input.path) != path and path.is_file()
    for title, attribute in record.options["maps"].items():
        if not is_report or has_title(path, title):
            yield title, attribute
