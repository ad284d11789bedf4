"""How the options of a job read its input: which file form, which columns, which rows are of one key."""

from __future__ import annotations

from bulk.errors import UsageError
from bulk.files.check import OnDuplicate
from bulk.files.matching import Match, Needs, match_header
from bulk.files.named_file import NamedFile
from bulk.files.opening import SourceOptions, open_source
from bulk.files.source import Source
from bulk.jobs.options import ImportOptions
from bulk.planning.names import Names, columns_of
from bulk.resources.spec import Resource, Writing


def source_of(resource: Resource, file: NamedFile, options: ImportOptions) -> Source:
    """Open the input as the options say."""
    asked = SourceOptions(
        options.encoding, options.delimiter, options.skip_lines, options.limit, clearing=options.blank == "clear",
        sheet=options.sheet,
    )  # fmt: skip
    return open_source(file, asked, resource.columns)


def matched(resource: Resource, source: Source, options: ImportOptions, names: Names | None) -> Match:
    """The header as this account understands it; without `names` only what every account has is known."""
    return match_header(
        source.header, columns_of(resource, names, options.separator), maps=options.maps,
        ignore_unknown=options.ignore_unknown, needs=needs_of(resource, options),
        open_ended=names is None and bool(resource.custom),
    )  # fmt: skip


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
