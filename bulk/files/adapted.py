"""A source whose rows are put right before anything looks at them: as a preset says, with what is set for every row.

Its cells stand where they stood in the file, and what is added comes after them, so that messages go by the titles and
rows of the file. Reports are written from the source as it was read. Opens nothing.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

from bulk.files.adaptation import Adaptation
from bulk.files.source import Record, Source
from bulk.resources.identity import address_key
from bulk.resources.presets.consent import Consent, strictest, strictness

_STRICT: Final = sorted((consent for consent in Consent if consent is not Consent.AGREED), key=strictness, reverse=True)


@dataclass(slots=True)
class Adapted:
    """A `Source` as an adaptation puts it right.

    `counts` are the rows by consent, once a pass has come to its end. `days` are the columns that take a date without
    its time, which is known only once the custom fields are.
    """

    source: Source
    adaptation: Adaptation
    counts: Counter[Consent] = field(default_factory=Counter)
    days: tuple[int, ...] = ()
    _addresses: dict[Consent, array[int]] | None = None

    @property
    def header(self) -> tuple[str, ...]:
        """The titles of the file, and of what is added."""
        return self.adaptation.header

    def describe(self) -> str:
        """What kind of file it is."""
        return self.source.describe()

    @property
    def read_bytes(self) -> int:
        """How much of the file the latest pass has read."""
        return self.source.read_bytes

    @property
    def width(self) -> int:
        """How many cells each row has, those that are added among them."""
        return self.source.width + len(self.adaptation.header) - self.adaptation.own

    @property
    def blank_rows(self) -> int:
        """How many rows hold nothing."""
        return self.source.blank_rows

    @property
    def surplus(self) -> int:
        """How many cells the longest row has too many."""
        return self.source.surplus

    @property
    def short(self) -> bool:
        """Whether a row has too few cells."""
        return self.source.short

    def records(self, only: Collection[int] | None = None) -> Iterator[Record]:
        """The rows, put right."""
        if self.adaptation.signals and self._addresses is None:
            self._addresses = self._strict_addresses()
        for record in self.source.records(only):
            record.cells = self._cells(record)
            yield record

    def _cells(self, record: Record) -> list[str]:
        how = self.adaptation
        if record.problem is not None:  # it is rejected; its key may be asked for all the same
            lacking = [""] * (how.own - len(record.cells))
            return [*record.cells, *lacking][: how.own] + [""] * (len(how.header) - how.own)
        cells = how.put_right(record.cells)
        for at in self.days:
            cells[at] = cells[at].partition(" ")[0]
        cells += how.adds
        if how.consent_at is not None:
            consent = self._consent(cells)
            if consent is Consent.LEFT:
                how.withdraw(cells)
            cells.append(consent.value)
        return cells

    def _consent(self, cells: list[str]) -> Consent:
        """What counts of the row's person: the strictest that any row of this address says."""
        said = self.adaptation.consent_of(cells)
        if self._addresses is None or self.adaptation.email_at is None or said is _STRICT[0]:
            return said
        address = hash(address_key(cells[self.adaptation.email_at]))
        for consent in _STRICT:
            if consent is said:
                break
            numbers = self._addresses[consent]
            at = bisect_left(numbers, address)
            if at < len(numbers) and numbers[at] == address:
                return strictest((said, consent))
        return said

    def _strict_addresses(self) -> dict[Consent, array[int]]:
        """Hashes of the addresses of which a row says that they may not be mailed, sorted: eight bytes each."""
        at, result = self.adaptation.email_at, {consent: array("q") for consent in _STRICT}
        for record in self.source.records():
            if record.problem is not None:
                continue
            cells = self.adaptation.put_right(record.cells)
            said = self.adaptation.consent_of(cells)
            self.counts[said] += 1
            if said is not Consent.AGREED and at is not None and cells[at].strip():
                result[said].append(hash(address_key(cells[at])))
        return {consent: array("q", sorted(numbers)) for consent, numbers in result.items()}


def as_read(source: Source) -> Source:
    """The source as it stands in the file."""
    return source.source if isinstance(source, Adapted) else source
