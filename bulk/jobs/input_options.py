"""How the options of a job read its input: which file form, which columns, which rows are of one key."""

# hub: what options say of a file meets the rooms that do it
from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bulk.errors import UsageError
from bulk.files.adapted_opening import readapted
from bulk.files.check import OnDuplicate
from bulk.files.given import Given
from bulk.files.joined import Joined
from bulk.files.joined_opening import open_tables
from bulk.files.matching import Match, Needs
from bulk.files.named_file import NamedFile
from bulk.files.noted import from_json
from bulk.files.opening import SourceOptions
from bulk.files.source import Source
from bulk.files.understood import understood
from bulk.jobs.options import ImportOptions
from bulk.planning.names import Names, columns_of
from bulk.resources.spec import Resource, Writing, normalise
from bulk.storage.job_folder import FAILED, JOB, SKIPPED, SUCCEEDED, UNPROCESSED, JobFolder

_REPORTS: Final = (SUCCEEDED, FAILED, SKIPPED, UNPROCESSED)


def source_of(
    resource: Resource, file: NamedFile, options: ImportOptions, noted: Sequence[Mapping[str, Any]] = ()
) -> Source:  # fmt: skip
    """Open the input as the options say, and put its rows right as its preset and they say.

    `noted`: as it was understood when the job that goes on checked it (`facts.UNDERSTOOD`).
    """
    asked = SourceOptions(
        options.encoding, options.delimiter, options.skip_lines, options.limit, clearing=options.blank == "clear",
        sheet=options.sheet,
    )  # fmt: skip
    return open_tables(file, asked, resource, _given(options), called=_name_of(file), noted=from_json(noted))


def source_again(resource: Resource, source: Source, file: NamedFile, options: ImportOptions) -> Source:
    """The table of a file that is open, its rows put right as the options say now; how it is read stays."""
    return readapted(source, resource, _given(options), _name_of(file))


def _name_of(file: NamedFile) -> str:
    """What the file is called; a report of a job what the file of that job was, which may say who is in it."""
    path = Path(str(file))
    while path.name in _REPORTS and (path.parent / JOB).is_file():
        noted = JobFolder(path.parent).record().input
        if noted is None or Path(noted.path) == path:
            break
        path = Path(noted.path)
    return str(path)


def matched(
    resource: Resource, source: Source, options: ImportOptions, names: Names | None, *,
    others: Collection[str] = (), seeking: bool = False,
) -> Match:  # fmt: skip
    """The header as this account understands it; without `names` only what every account has is known.

    Of several tables each is understood by itself; `others` are titles that all of them have, of which maps may be.
    `seeking`: what fits nothing is listed as `unchecked`, and not refused.
    """
    if isinstance(source, Joined):
        each = range(len(source.names))
        return source.used_as([_matched_member(resource, source, at, options, names, seeking=seeking) for at in each])
    open_ended = (names is None and bool(resource.custom)) or seeking
    columns = [
        replace(column, exact=column.attribute in options.exact_columns)
        for column in columns_of(resource, names, options.separator)
    ]
    match = understood(
        source, columns, _given(options, others), needs_of(resource, options),
        ignore_unknown=options.ignore_unknown, open_ended=open_ended,
    )  # fmt: skip
    for name in options.exact_columns:
        if match.index(name) is None:
            raise UsageError("exact_column_missing", column=name)
    return match


def _given(options: ImportOptions, others: Collection[str] = ()) -> Given:
    return Given(
        options.maps, options.sets, options.preset, options.separator, dates=options.dates,
        split_name=options.split_name, others=others,
    )  # fmt: skip


def _matched_member(
    resource: Resource, source: Joined, at: int, options: ImportOptions, names: Names | None, *, seeking: bool
) -> Match:  # fmt: skip
    others = {normalise(title) for each in source.members for title in each.header}
    try:
        return matched(resource, source.members[at], options, names, others=others, seeking=seeking)
    except UsageError as error:
        raise UsageError("member_refused", file=source.names[at], refusal=error) from error


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
