"""The example row of a template: it carries a mark, and what carries it is no row of the file."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

from bulk.files.source import Record, Source

EXAMPLE: Final = "_example"  # the column of the mark
MARK: Final = "an example: this row is not imported"
_MARK: Final = MARK.casefold()


def without_examples(source: Source) -> Source:
    """The same source without the rows that are marked as an example."""
    titles = [title.strip().casefold() for title in source.header]
    return WithoutExamples(source, titles.index(EXAMPLE)) if EXAMPLE in titles else source


@dataclass(slots=True)
class WithoutExamples:
    """A `Source` whose marked rows are passed over; `examples` are their numbers, once a pass has seen them."""

    source: Source
    at: int
    examples: set[int] = field(default_factory=set)

    @property
    def header(self) -> tuple[str, ...]:
        """The titles of the file."""
        return self.source.header

    def describe(self) -> str:
        """What kind of file it is."""
        return self.source.describe()

    @property
    def read_bytes(self) -> int:
        """How much of the file the latest pass has read."""
        return self.source.read_bytes

    @property
    def width(self) -> int:
        """How many cells each row has."""
        return self.source.width

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
        """The rows that are not marked."""
        for record in self.source.records(only):
            if len(record.cells) > self.at and record.cells[self.at].strip().casefold() == _MARK:
                self.examples.add(record.number)
            else:
                yield record


def remarks_on_examples(source: Source) -> list[str]:
    """What is said of the rows that were passed over."""
    if not isinstance(source, WithoutExamples) or not source.examples:
        return []
    rows = ", ".join(map(str, sorted(source.examples)))
    return [f"Row {rows} is the template's example, so it is not imported. Is it yours? Empty its cell in {EXAMPLE}."]
