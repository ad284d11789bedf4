"""A look at a file before anything is asked of it: how it is read, which program wrote it, what its columns become.

What is proposed for a column is what an import would do by itself; what the user says of it comes before that.
"""

# hub: what a file is, what its program says of it, and what the account has meet in one look

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, Self

from bulk.errors import UsageError
from bulk.files.adaptation import Adaptation
from bulk.files.adapted import Adapted, table_of
from bulk.files.column_names import ColumnNames, position
from bulk.files.edited import for_another_reader
from bulk.files.named_file import NamedFile
from bulk.files.own_titles import own_titles
from bulk.files.source import Source
from bulk.jobs.input_options import matched, needs_of, source_again, source_of
from bulk.jobs.options import ImportOptions
from bulk.planning.names import Names, columns_of
from bulk.planning.new_fields import Values
from bulk.resources.likeness import nearest
from bulk.resources.presets.consent_cells import cells_may_tell
from bulk.resources.presets.consent_titles import looks_like_consent
from bulk.resources.spec import Resource, Writing, clears, normalise

FIRST: Final = 3  # values of each column that are shown
LOOKED_AT: Final = 500  # rows of which the cells are looked at
SEVERAL: Final = "several custom fields have this name"
BY_ACTIVECAMPAIGN: Final = "set by ActiveCampaign"
UNCLEAR: Final = "may say who must not be mailed"
LEFT_OUT: Final = ""
UNDECIDED: Final = "?"  # it looks like consent, so a person has to say what it is
READ: Final = "="  # its program's preset reads it: it tells consent, or stands in for another column
NEW_FIELD: Final = "+"  # a custom field is made for it
OPT_IN, OPT_OUT = "consent", "opted_out"  # what a person can say of a column of consent


@dataclass(frozen=True, slots=True)
class Choice:
    """What a column of a file can become: `value` is written into `maps`, `title` is what people call it."""

    value: str
    title: str
    required: bool = False
    custom: bool = False


@dataclass(frozen=True, slots=True)
class SeenColumn:
    """A column of a file: its title, its first values, and what becomes of it.

    `proposed` is what an import makes of it by itself: the value of a choice, LEFT_OUT, UNDECIDED or READ; `becomes`
    is that, or what the user says. `known`: without a word of the user an import would not refuse it. `note` says why.
    `new_type` is what a custom field for it would be by its first rows, "" where none can be made.
    """

    title: str
    values: tuple[str, ...]
    proposed: str
    becomes: str
    known: bool
    note: str = ""
    nearest: str = ""
    new_type: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file is. `described` is its form, `label` the program that wrote it, "" for none that is known.

    `choices` are what a column can become, `refusal` why an import of it would be refused as it is matched now.
    """

    described: str
    label: str
    columns: tuple[SeenColumn, ...]
    choices: tuple[Choice, ...]
    refusal: UsageError | None = None

    def maps(self, becomes: Mapping[str, str]) -> dict[str, str]:
        """What is to be said of the columns, by title, where a person has chosen what each becomes."""
        result: dict[str, str] = {}
        for column in self.columns:
            chosen = becomes.get(column.title, column.becomes)
            if chosen == NEW_FIELD:  # what no program's preset speaks of needs no word
                result |= {column.title: column.title} if column.known else {}
            elif (chosen != column.proposed or not column.known) and chosen not in (UNDECIDED, READ):
                result[column.title] = chosen
        return result


@dataclass(frozen=True, slots=True)
class Table:
    """A file that is open, so that it can be looked at again with other columns; a large workbook opens slowly."""

    resource: Resource
    file: NamedFile
    source: Source

    @classmethod
    def of(cls, resource: Resource, file: NamedFile, options: ImportOptions) -> Self:
        """Open a file: its beginning is read, of a workbook all. Raises `UsageError` if it cannot be."""
        return cls(resource, file, source_of(resource, file, replace(options, maps={}, sets={})))

    def adapted(self, options: ImportOptions) -> Source:
        """The table with its rows put right as the options say; how it is read stays."""
        return source_again(self.resource, for_another_reader(self.source), self.file, options)


def preview(table: Table, options: ImportOptions, names: Names | None) -> Preview:
    """Look at a file. Raises `UsageError` where its preset does not fit it."""
    resource = table.resource
    source = table.adapted(replace(options, maps={}))
    columns = columns_of(resource, names, options.separator)
    called = ColumnNames(columns)
    how = source.adaptation if isinstance(source, Adapted) else None
    raw = table_of(source)
    first = [record.cells for record in islice(raw.records(), LOOKED_AT)]
    seen = tuple(_columns(raw, how, called, options, first))
    if resource.writing is Writing.CONTACT:
        seen = tuple(_with_field(column, called, options, first, at) for at, column in _placed(raw, seen))
    needed = set(needs_of(resource, options).key_attributes)
    choices = tuple(
        Choice(column.attribute, column.header, column.required or column.attribute in needed, bool(column.field_id))
        for column in columns
        if column.writable
    )
    result = Preview(source.describe(), "" if how is None else how.label, seen, choices)
    return replace(result, refusal=_refusal(table, replace(options, maps=result.maps({})), names))


def _placed(source: Source, seen: Sequence[SeenColumn]) -> Iterator[tuple[int, SeenColumn]]:
    places = {title.strip(): at for at, title in enumerate(source.header)}
    return ((places[column.title], column) for column in seen)


def _with_field(
    column: SeenColumn, called: ColumnNames, options: ImportOptions, first: Sequence[Sequence[str]], at: int
) -> SeenColumn:
    """The column with the type of the custom field that it could become, if it fits nothing that there is."""
    said = _said(column.title, options.maps)
    if column.proposed != LEFT_OUT or column.note in (SEVERAL, BY_ACTIVECAMPAIGN) or not _is_free(column.title, called):
        return column
    values = Values(options.dates)
    for cells in first:
        if at < len(cells) and not clears(cells[at]):
            values.take(cells[at])
    is_new = options.create_fields and (said == column.title if column.known else said is None)
    return replace(column, new_type=values.type, becomes=NEW_FIELD if is_new else column.becomes)


def _is_free(title: str, called: ColumnNames) -> bool:
    try:
        return called.find(title) is None
    except UsageError:
        return False


def _refusal(table: Table, options: ImportOptions, names: Names | None) -> UsageError | None:
    """Why an import of a file that is matched so would be refused; None if it would not."""
    try:
        matched(table.resource, table.adapted(options), options, names, seeking=options.create_fields)
    except UsageError as error:
        return error
    return None


def _columns(
    source: Source, how: Adaptation | None, called: ColumnNames, options: ImportOptions, first: Sequence[Sequence[str]]
) -> Iterator[SeenColumn]:
    people = how is not None or "email" in [normalise(name) for name in called.known]
    maps = {} if how is None else how.maps_of(called, open_ended=False)
    by_index = {at: target for title, target in maps.items() if (at := position(source.header, title)) is not None}
    if how is None or how.preset is None:  # what people call columns counts where no program does
        by_index |= own_titles(source.header, called.columns, called, by_index)
    for at, title in enumerate(source.header):
        if not title.strip() or title.strip().startswith("_"):
            continue
        proposed, known, note = _proposed(at, title, how, by_index, called, people=people)
        values = tuple(cells[at] for cells in first if at < len(cells))
        if people and proposed == LEFT_OUT and not note and cells_may_tell(title, set(values)):
            proposed, known, note = UNDECIDED, False, UNCLEAR
        said = _said(title, options.maps)
        close = "" if known else next(iter(nearest(title.strip(), called.known, 1)), "")
        yield SeenColumn(
            title.strip(), values[:FIRST], proposed, proposed if said is None else said, known, note, close
        )


def _said(title: str, maps: Mapping[str, str]) -> str | None:
    return next((target for name, target in maps.items() if name.strip() == title.strip()), None)


def _proposed(
    at: int, title: str, how: Adaptation | None, maps: Mapping[int, str], called: ColumnNames, *, people: bool
) -> tuple[str, bool, str]:
    """What a column becomes by itself, whether that is known, and why."""
    if how is not None and at in [signal_at for signal_at, _signal in how.signals]:
        return READ, True, "tells who may be mailed"
    if how is not None:
        for instead_of, others in how.firsts:
            if at in others:
                return READ, True, f"used where {how.header[instead_of].strip()} is empty"
    return _by_name(title, how, maps.get(at), called, people=people)


def _by_name(
    title: str, how: Adaptation | None, target: str | None, called: ColumnNames, *, people: bool
) -> tuple[str, bool, str]:
    """The same of a column that is known by its title, or by the `target` that its preset gives it."""
    if target == LEFT_OUT:
        reason = "" if how is None or how.preset is None else how.preset.reason(title)
        return LEFT_OUT, True, reason
    try:
        column = called.find(target or title.strip())
    except UsageError:  # several custom fields are called so
        return LEFT_OUT, False, SEVERAL
    if column is None:
        unclear = people and looks_like_consent(title)
        return (UNDECIDED, False, UNCLEAR) if unclear else (LEFT_OUT, False, "")
    if not column.writable:
        return LEFT_OUT, True, BY_ACTIVECAMPAIGN
    return column.attribute, True, ""
