"""How the options of a job read its input: which file form, which columns, which rows are of one key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bulk.errors import UsageError
from bulk.files.adaptation import Given
from bulk.files.adapted import Adapted
from bulk.files.adapted_opening import open_adapted, readapted
from bulk.files.check import OnDuplicate
from bulk.files.column_names import ColumnNames
from bulk.files.matching import Match, Needs, match_header
from bulk.files.named_file import NamedFile
from bulk.files.opening import SourceOptions
from bulk.files.set_columns import check_sets
from bulk.files.source import Source
from bulk.jobs.options import ImportOptions
from bulk.planning.names import Names, columns_of
from bulk.resources.spec import Resource, Writing
from bulk.storage.job_folder import FAILED, JOB, SKIPPED, SUCCEEDED, UNPROCESSED, JobFolder

_REPORTS: Final = (SUCCEEDED, FAILED, SKIPPED, UNPROCESSED)


def source_of(resource: Resource, file: NamedFile, options: ImportOptions) -> Source:
    """Open the input as the options say, and put its rows right as its preset and they say."""
    asked = SourceOptions(
        options.encoding, options.delimiter, options.skip_lines, options.limit, clearing=options.blank == "clear",
        sheet=options.sheet,
    )  # fmt: skip
    given = Given(options.maps, options.sets, options.preset, options.separator)
    return open_adapted(file, asked, resource, given, called=_name_of(file))


def source_again(resource: Resource, source: Source, file: NamedFile, options: ImportOptions) -> Source:
    """The table of a file that is open, its rows put right as the options say now; how it is read stays."""
    given = Given(options.maps, options.sets, options.preset, options.separator)
    return readapted(source, resource, given, _name_of(file))


def _name_of(file: NamedFile) -> str:
    """What the file is called; a report of a job what the file of that job was, which may say who is in it."""
    path = Path(str(file))
    while path.name in _REPORTS and (path.parent / JOB).is_file():
        noted = JobFolder(path.parent).record().input
        if noted is None or Path(noted.path) == path:
            break
        path = Path(noted.path)
    return str(path)


def matched(resource: Resource, source: Source, options: ImportOptions, names: Names | None) -> Match:
    """The header as this account understands it; without `names` only what every account has is known."""
    columns, open_ended = columns_of(resource, names, options.separator), names is None and bool(resource.custom)
    how = source.adaptation if isinstance(source, Adapted) else None
    maps: Mapping[str, str] = options.maps
    if how is not None:
        called = ColumnNames(columns)
        maps = how.maps_of(called, open_ended=open_ended)
        if not open_ended:
            check_sets(options.sets, how.header[: how.own], called, maps)
    match = match_header(
        source.header, columns, maps=maps, ignore_unknown=options.ignore_unknown, needs=needs_of(resource, options),
        open_ended=open_ended,
    )  # fmt: skip
    if how is None or not isinstance(source, Adapted):
        return match
    return source.used_as(match)


def needs_of(resource: Resource, options: ImportOptions) -> Needs:
    """What the rows of a file need to hold."""
    return Needs(options.key or resource.key, options.mode or resource.modes[0], resource.needs_one)


def on_duplicate_of(resource: Resource, options: ImportOptions) -> OnDuplicate:
    """What becomes of rows of one key; where records may share one, so may rows.

    Raises `UsageError` for rows of one key that would each make a record.
    """
    if options.on_duplicate == "all" and resource.writing is Writing.RECORD and resource.unique:
        raise UsageError("duplicates_all_impossible", resource=resource.name, key=resource.key)
    return options.on_duplicate if resource.unique or options.key == "id" else "all"
