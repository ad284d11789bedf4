"""How the options of a job read its input: which file form, which columns, which rows are of one key."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bulk.errors import UsageError
from bulk.files.adaptation import Given
from bulk.files.adapted_opening import open_adapted
from bulk.files.check import OnDuplicate
from bulk.files.matching import Match, Needs
from bulk.files.named_file import NamedFile
from bulk.files.opening import SourceOptions
from bulk.files.source import Source
from bulk.files.understood import understood
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
    return open_adapted(file, asked, resource, _given(options), called=_name_of(file))


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
    match = understood(
        source, columns_of(resource, names, options.separator), _given(options), needs_of(resource, options),
        ignore_unknown=options.ignore_unknown, open_ended=names is None and bool(resource.custom),
    )  # fmt: skip
    for name in options.exact_columns:
        if match.index(name) is None:
            raise UsageError("exact_column_missing", column=name)
    return match


def _given(options: ImportOptions) -> Given:
    return Given(options.maps, options.sets, options.preset, options.separator, options.split_name)


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
