"""Where rows come from. Every kind of file that is read is a `Source`, and jobs know no more of a file than this.

Opens nothing and knows no kind of file: `opening` chooses the member for one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from bulk.resources.kinds import Problem

TOO_FEW: Final = "too_few_cells"  # the code of a row that ends before its header does
MISSING: Final = "_missing"  # the column that names the cells that a row did not have when it was read

FILE: Final = "_file"  # the column of reports that says of which of several tables a row is


@dataclass(slots=True)
class Record:
    """One data row as read. `number` is the row a spreadsheet shows. With a `problem` the row is to be rejected.

    So it is with `doubts`, which are of single cells by their column, if the column is used. `lacking` are the columns
    that a row of one of several tables did not have; None: those beyond its cells.
    """

    number: int
    cells: list[str]
    problem: Problem | None
    doubts: Mapping[int, Problem] | None = None
    lacking: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a pass has seen of a file.

    `read_bytes` is how much it has read, give or take a chunk. `width` is how many cells each row has in the file,
    where all end in more or fewer empty ones than the header. `blank_rows` are those below the header that hold
    nothing, blank lines among them; `surplus` is how many cells the longest row has too many, `short` whether one has
    too few.
    """

    read_bytes: int
    width: int
    blank_rows: int
    surplus: int
    short: bool


class Source(Protocol):
    """An open table of texts.

    Nothing is dropped, padded or repaired in silence, and no text is taken for a number or a date. A source holds no
    file open between two passes, so nobody closes it. It may be used from any thread, by one at a time.
    """

    @property
    def header(self) -> tuple[str, ...]:
        """The titles as read, in file order. None is there twice; a column without a name is "" and counts."""

    def describe(self) -> str:
        """What kind of file it is, for people: "UTF-8 with BOM, semicolon-separated"."""

    def records(self, only: Collection[int] | None = None) -> Iterator[Record]:
        """The rows below the header that hold anything, in file order, in memory that does not grow with the file.

        Each call is a pass of its own from the beginning, and gives the same rows under the same numbers: they rise,
        and with `only` no others are given than those seen under these numbers in an earlier pass. A row whose cells
        do not fit the header comes with its `Problem` and the cells that it has; every other one has as many cells as
        the header. Who takes records may keep and change them.

        Raises `UsageError`, with the row and the next step, where rows cannot be told apart, and `UnfinishedError` if
        the copy that a job reads is gone. Both may come amid a pass, after rows were given. The file is closed when
        the pass ends or is let go.
        """

    @property
    def seen(self) -> Seen:
        """What the latest pass has seen so far; all but `width` and `read_bytes` is known when it is at its end."""
