"""What is wrong with rows beside their single cells: cells that contradict each other, needs that none of them meets.

Looks at rows and says issues; what the schema finds is `schema`, and what becomes of a row is `check`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bulk.files.matching import Match
from bulk.files.schema import shorten
from bulk.files.source import Record
from bulk.model import Issue
from bulk.resources.contacts import OPPOSITES
from bulk.resources.identity import name_key
from bulk.resources.kinds import Problem, find_name
from bulk.resources.spec import Column, clears


def unfit(record: Record) -> Issue:
    """What is wrong with a row that does not fit the header."""
    problem = record.problem
    assert problem is not None  # noqa: S101  # only such records come here
    return Issue(record.number, "", "", problem.code, problem.message, problem.hint)


def unread_cells(records: Sequence[Record], match: Match) -> Iterator[Issue]:
    """Cells of used columns that the file has, and whose text nobody knows."""
    for record in records:
        if not record.doubts:
            continue
        for at, _ in match.columns:
            if (problem := record.doubts.get(at)) is not None:
                title = match.header[at].strip()
                cell = shorten(record.cells[at])
                yield Issue(record.number, title, cell, problem.code, problem.message, problem.hint)


def contradictions(records: Sequence[Record], match: Match) -> Iterator[Issue]:
    """Rows that want one and the same thing for a record and not for it."""
    columns = {column.attribute: (at, column) for at, column in match.columns}
    for add, remove in OPPOSITES:
        if add not in columns or remove not in columns:
            continue
        (at, wanted), (other, unwanted) = columns[add], columns[remove]
        for record in records:
            if record.cells[at].strip() and record.cells[other].strip():
                both = _named(record.cells[at], wanted) & _named(record.cells[other], unwanted)
                if both:
                    said = f"{min(both)!r} stands in {add} and in {remove}."
                    cell = shorten(record.cells[other])
                    title = match.header[other].strip()
                    yield Issue(record.number, title, cell, "contradiction", said, "Keep one of the two.")


def nothing_of(records: Sequence[Record], match: Match) -> Iterator[Issue]:
    """Rows that leave all of several columns empty of which they need one."""
    for group in match.one_of:
        titles = " or ".join(match.header[at].strip() for at in group)
        for record in records:
            if not any(record.cells[at].strip() for at in group):
                said = f"One of {titles} must not be empty."
                yield Issue(record.number, match.header[group[0]].strip(), "", "required", said, "Fill one in.")


def _named(cell: str, column: Column) -> set[str]:
    """What a cell of names names, whichever way it is written; nothing if the cell clears or cannot be read."""
    names = () if clears(cell) else column.read(cell)
    if isinstance(names, Problem):
        return set()
    result = (find_name(name, column.options) if column.options else None for name in names)
    return {option.value if option else name_key(name) for option, name in zip(result, names, strict=True)}


def duplicate(number: int, title: str, cell: str, first: str, *, wrong: bool) -> Issue:
    """A row whose key another one has that comes `first` ("row 5"); `wrong`: and cannot be sent either."""
    return Issue(
        number,
        title,
        shorten(cell),
        "duplicate_key",
        f"R{first[1:]} has the same {title}" + (", and cannot be sent itself." if wrong else "."),
        "Remove one of the rows, or choose with ⟦on_duplicate⟧ which one counts: first, last or all.",
    )
