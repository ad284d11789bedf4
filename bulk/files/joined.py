"""Several tables of one file, read as one: each in turn, its rows told apart by the table and their number in it.

Each member is understood by its own header; what feeds one attribute is one column here. Opens nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from operator import itemgetter

from bulk.files.adapted import Adapted
from bulk.files.consent_index import ConsentIndex
from bulk.files.joined_match import ColumnsOfAll, Layout, numbered
from bulk.files.joined_report import laid_out
from bulk.files.matching import Match
from bulk.files.noted import Noted
from bulk.files.source import TOO_FEW, Record, Seen, Source
from bulk.model import FILE_ROWS, place_of


@dataclass(slots=True)
class Joined:
    """Several sources as one. `names` tell them apart for people; `limit` is how many rows count, None: all.

    Until it is `used_as` its columns are understood, there is one for each title.
    """

    members: tuple[Adapted, ...]
    names: tuple[str, ...]
    limit: int | None = None
    header: tuple[str, ...] = ()
    matches: tuple[Match, ...] = ()
    _layouts: tuple[Layout, ...] = ()
    _reading: int = 0
    _read: int = 0
    _heeded: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        titles: dict[tuple[str, int], int] = {}
        self._layouts = tuple(
            tuple(titles.setdefault(title, len(titles)) for title in numbered(member.header)) for member in self.members
        )
        self.header = tuple(title for title, _nth in titles)

    def used_as(self, matches: Sequence[Match]) -> Match:
        """Lay the rows out as each member is understood; what that comes to for all."""
        columns = ColumnsOfAll()
        self.matches = tuple(matches)
        layouts = tuple(columns.of(match, len(match.header)) for match in matches)
        self.lay_out(tuple(columns.titles), layouts)
        return columns.match(self.matches)

    def lay_out(self, header: tuple[str, ...], layouts: tuple[Layout, ...]) -> None:
        """Have its columns be these, and those of each member stand there."""
        self.header, self._layouts = header, layouts

    @property
    def differ(self) -> bool:
        """Whether a member has columns that another one lacks: its empty cells say nothing then."""
        return len({frozenset(map(str.strip, member.header)) for member in self.members}) > 1

    def describe(self) -> str:
        """What kind of file it is."""
        return f"{len(self.members)} tables in a zip archive: {', '.join(self.names)}"

    def file_of(self, number: int) -> str:
        """The name of the table of a row."""
        return self.names[place_of(number)[0]]

    @property
    def seen(self) -> Seen:
        """What the latest pass has seen of all."""
        every = [member.seen for member in self.members]
        return Seen(
            self._read + every[self._reading].read_bytes,
            len(self.header),
            sum(seen.blank_rows for seen in every),
            max(seen.surplus for seen in every),
            any(seen.short for seen in every),
        )

    def records(self, only: Collection[int] | None = None) -> Iterator[Record]:
        """The rows of all members, one after the other."""
        self.heed_each_other()
        left = count() if self.limit is None or only is not None else iter(range(self.limit))
        self._read = 0
        for at, (member, layout) in enumerate(zip(self.members, self._layouts, strict=True)):
            self._reading = at
            first, pick = at * FILE_ROWS, _picking(layout, len(self.header))
            for record in member.records(None if only is None else _Within(only, first)):
                if next(left, None) is None:
                    return
                if record.problem is None and not record.doubts:
                    yield Record(first + record.number, pick(record.cells), None)
                else:
                    yield self._laid_out(record, first, layout)
            if at + 1 < len(self.members):
                self._read += member.seen.read_bytes

    def apart(self, record: Record) -> tuple[int, list[str]]:
        """Of a row as all are laid out here, which member it is of, and its cells as they stand there."""
        at = place_of(record.number)[0]
        return at, [record.cells[here] if here is not None else "" for here in self._layouts[at]]

    def _laid_out(self, record: Record, first: int, layout: Layout) -> Record:
        cells = [""] * len(self.header)
        for at, cell in zip(layout, record.cells, strict=False):
            if at is not None:
                cells[at] = cell
        doubts = {at: why for i, why in (record.doubts or {}).items() if (at := layout[i]) is not None}
        if record.problem is None:
            return Record(first + record.number, cells, None, doubts or None)
        lacking = layout[len(record.cells) :] if record.problem.code == TOO_FEW else ()
        cells += record.cells[len(layout) :]
        absent = frozenset(at for at in lacking if at is not None)
        return Record(first + record.number, cells, record.problem, doubts or None, absent)

    def heed_each_other(self) -> None:
        """Have what one member says against mailing an address count in the others, once."""
        telling = [member for member in self.members if member.tells]
        if self._heeded or not telling:
            return
        every = ConsentIndex.of_all(member.consent_index() for member in telling)
        for member in telling:
            member.heed(every)
        self._heeded = True


def _picking(layout: Layout, width: int) -> Callable[[list[str]], list[str]]:
    """What lays the cells of a row out that has as many as its header."""
    places = [len(layout)] * width  # where a blank stands that is put there
    for at, here in enumerate(layout):
        if here is not None:
            places[here] = at
    if width == 1:
        return lambda cells: [[*cells, ""][places[0]]]
    getter = itemgetter(*places)

    def pick(cells: list[str]) -> list[str]:
        cells.append("")
        return list(getter(cells))

    return pick


@dataclass(frozen=True, slots=True)
class _Within(Collection[int]):
    """Those of some numbers that are of one member, as it numbers them."""

    numbers: Collection[int]
    first: int

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and number + self.first in self.numbers

    def __iter__(self) -> Iterator[int]:
        return (number - self.first for number in self.numbers if 0 <= number - self.first < FILE_ROWS)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def as_read(source: Source, noted: Sequence[Noted] = ()) -> Source:
    """The source with its cells as they stand in the file.

    Of several tables, what they were understood as says which of their columns are one; else those of one title are.
    """
    if isinstance(source, Joined):
        result = Joined(tuple(member.as_read() for member in source.members), source.names, source.limit)
        if noted:
            result.lay_out(*laid_out((member.header for member in result.members), noted))
        return result
    return source.as_read() if isinstance(source, Adapted) else source


def separates_names(source: Source) -> bool:
    """Whether it is known of the program that wrote it which sign stands between names, so that others are of names."""
    if isinstance(source, Joined):
        return all(map(separates_names, source.members))
    return isinstance(source, Adapted) and any(form.separator for _at, form in source.adaptation.forms)


def row_told(source: Source, number: int) -> str:
    """A row as people find it: its number, and the table where there are several."""
    row = place_of(number)[1]
    return f"row {row} of {source.file_of(number)}" if isinstance(source, Joined) else f"row {row}"
