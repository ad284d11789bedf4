"""A source whose rows are put right before anything looks at them: as a preset says, with what is set for every row.

Its cells stand where they stood in the file, and what is added comes after them, so that messages go by the titles and
rows of the file. Reports are written from the source as it was read. Opens nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from functools import partial
from typing import Final, TypeVar

from bulk.files.adaptation import Adaptation
from bulk.files.consent_index import ConsentIndex
from bulk.files.examples import is_example, mark_at
from bulk.files.given import Given
from bulk.files.matching import Match
from bulk.files.source import Record, Seen, Source
from bulk.files.split_names import Split
from bulk.resources.kinds import DATE, DATETIME, Kind, Problem
from bulk.resources.kinds.date_forms import Dates
from bulk.resources.kinds.dates import in_iso
from bulk.resources.presets.consent import Consent, strictest
from bulk.resources.presets.preset import Form
from bulk.resources.spec import clears

Read = TypeVar("Read")
NAMES_SHOWN: Final = 5  # of those that are taken apart
_REMEMBERED: Final = 20_000  # texts of a column,
_LONG: Final = 200  # and of how many characters at most


# wide: what is read of its cells, one attribute for each way
@dataclass(slots=True)
class Adapted:
    """A `Source` as an adaptation puts it right.

    `counts` are the rows by consent, `names` the first that are taken apart, once a pass has begun, `examples` the
    numbers of rows that are a template's example, which are passed over. Cells that say the same are read once.
    `all_rows` opens the file with all of its rows, where only the first of them count: what the others say of a person
    holds all the same.
    """

    source: Source
    adaptation: Adaptation
    all_rows: Callable[[], Source] | None = None
    counts: Counter[Consent] = field(default_factory=Counter)
    names: list[tuple[str, str, str]] = field(default_factory=list)
    examples: set[int] = field(default_factory=set)
    _forms: list[tuple[int, Callable[[str], str]]] = field(default_factory=list)
    _dates: list[tuple[int, Callable[[str], str | Problem]]] = field(default_factory=list)
    _signals: list[tuple[int, Callable[[str], Consent]]] = field(default_factory=list)
    _index: ConsentIndex | None = None
    _mark_at: int | None = None

    def __post_init__(self) -> None:
        self._mark_at = mark_at(self.adaptation.header[: self.adaptation.own])
        self._signals = [(at, remembering(signal.read)) for at, signal in self.adaptation.signals]
        self._use(range(self.adaptation.own), {})

    def used_as(self, match: Match) -> Match:
        """Put right the cells of the columns alone that are used so; the match, with what the file says of people."""
        used = {at for at, _column in match.columns}
        used |= {other for at, others in self.adaptation.firsts if at in used for other in others}
        self._use(used, {at: column.kind for at, column in match.columns if column.kind in (DATE, DATETIME)})
        return replace(match, consent_at=self.adaptation.consent_at)

    def _use(self, columns: Collection[int], dated: Mapping[int, Kind]) -> None:
        """Put right the cells of these columns alone; `dated` are those of dates, with their kinds."""
        how = self.adaptation
        forms = {at: form for at, form in how.forms if at in columns}
        own = {at for at, form in forms.items() if form.dates or at in dated} | {at for at in dated if at < how.own}
        self._forms = [
            (at, remembering(partial(form.meant, separator=how.given.separator))) for at, form in forms.items()
        ]
        self._dates = [
            (at, remembering(partial(_dated, _dates_of(how.given.dates, forms.get(at)), dated.get(at)))) for at in own
        ]

    @property
    def header(self) -> tuple[str, ...]:
        """The titles of the file, and of what is added."""
        return self.adaptation.header

    def describe(self) -> str:
        """What kind of file it is."""
        return self.source.describe()

    @property
    def seen(self) -> Seen:
        """What the latest pass has seen; cells that are added count as if the file had them."""
        seen = self.source.seen
        return replace(seen, width=seen.width + len(self.adaptation.header) - self.adaptation.own)

    def as_read(self) -> Adapted:
        """The same rows, with their cells as they stand in the file."""
        own = self.adaptation.own
        return Adapted(self.source, Adaptation(self.adaptation.header[:own], own, Given()))

    def records(self, only: Collection[int] | None = None) -> Iterator[Record]:
        """The rows, put right."""
        self._learn_addresses()
        how = self.adaptation
        if not (self._forms or self._dates or how.firsts or how.joins or len(how.header) > how.own):
            yield from self._rows(only)
            return
        for record in self._rows(only):
            record.cells = self._cells(record)
            yield record

    def _rows(self, only: Collection[int] | None = None, *, beyond: bool = False) -> Iterator[Record]:
        """The rows as they stand in the file, without a template's example."""
        at = self._mark_at
        source = self.all_rows() if beyond and self.all_rows is not None else self.source
        if at is None:
            yield from source.records(only)
            return
        for record in source.records(only):
            if is_example(record.cells, at):
                self.examples.add(record.number)
            else:
                yield record

    def _cells(self, record: Record) -> list[str]:
        how = self.adaptation
        if record.problem is not None:  # it is rejected; its key may be asked for all the same
            lacking = [""] * (how.own - len(record.cells))
            return [*record.cells, *lacking][: how.own] + [""] * (len(how.header) - how.own)
        cells = record.cells
        consent = self._consent(cells) if how.consent_at is not None else None
        for at, meant in self._forms:
            if cells[at]:
                cells[at] = meant(cells[at])
        for at, dated in self._dates:
            if cells[at].strip() and not clears(cells[at]):
                read = dated(cells[at])
                if isinstance(read, str):
                    cells[at] = read
                elif record.doubts is None or at not in record.doubts:
                    record.doubts = {**(record.doubts or {}), at: read}
        how.complete(cells)
        cells += how.adds
        if how.split is not None:
            self._split(cells, how.split)
        if consent is not None:
            if consent is Consent.LEFT:
                how.withdraw(cells)
            cells.append(consent.value)
        return cells

    def _split(self, cells: list[str], split: Split) -> None:
        """Take the row's name apart; the first few are kept to be shown."""
        parts = split.take_apart(cells)
        if parts[0].strip() and len(self.names) < NAMES_SHOWN and parts not in self.names:
            self.names.append(parts)

    def _consent(self, cells: list[str]) -> Consent:
        """What counts of the row's person: the strictest that any row of this address says."""
        said = self._said(cells)
        return said if self._index is None else self._index.strictest(self.adaptation.address_in(cells), said)

    def standing(self, cells: list[str]) -> Consent:
        """What counts of a row's person, by the cells as they stand in the file, however many there are."""
        self._learn_addresses()
        return self._consent(cells)

    def _learn_addresses(self) -> None:
        """Look once who may not be mailed by any row, where the file tells that."""
        if self.adaptation.signals and self._index is None:
            self._index = self.consent_index()

    def _said(self, cells: list[str]) -> Consent:
        """What a row, and the file of it, say of its person, by the cells as they stand in the file."""
        said = [read(cells[at]) for at, read in self._signals if at < len(cells)]  # a row may be too short
        if self.adaptation.of_all is not None:
            said.append(self.adaptation.of_all)
        return said[0] if len(said) == 1 else strictest(said)

    @property
    def tells(self) -> bool:
        """Whether it says of its rows who may be mailed."""
        return self.adaptation.consent_at is not None

    def heed(self, index: ConsentIndex) -> None:
        """Have what this says of addresses count, instead of what its own rows say alone."""
        self._index = index

    def consent_index(self) -> ConsentIndex:
        """What its rows say of addresses; counts them by it."""
        self.counts.clear()
        return ConsentIndex.of(self._told_of_addresses())

    def _told_of_addresses(self) -> Iterator[tuple[str, Consent]]:
        for record in self._rows(beyond=True):
            said = self._said(record.cells)  # also of a row that is refused: what it says of its person counts
            self.counts[said] += record.problem is None
            if said is not Consent.AGREED:
                yield self.adaptation.address_in(record.cells), said


def table_of(source: Source) -> Source:
    """The table under what puts its rows right."""
    return source.source if isinstance(source, Adapted) else source


def _dates_of(given: Dates, form: Form | None) -> Dates:
    if form is None:
        return given
    return replace(given, known=form.dates, zone=UTC if form.utc else given.zone)


def _dated(dates: Dates, kind: Kind | None, cell: str) -> str | Problem:
    """A cell of a column of dates in ISO form; in another column as far as its program writes it as a date."""
    return dates.plain(cell) if kind is None else in_iso(kind, cell, dates)


def remembering(read: Callable[[str], Read]) -> Callable[[str], Read]:
    """The same, that reads a text once as long as there are not too many of them."""
    known: dict[str, Read] = {}

    def remembered(text: str) -> Read:
        result = known.get(text)
        if result is None:
            result = read(text)
            if len(known) < _REMEMBERED and len(text) <= _LONG:
                known[text] = result
        return result

    return remembered
