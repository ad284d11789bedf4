"""What can differ between two tables: a difference as a value, and the sums of all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


class What(StrEnum):
    """What is different."""

    ONLY_IN_A = "only_in_a"
    ONLY_IN_B = "only_in_b"
    DIFFERS = "differs"
    AMBIGUOUS = "ambiguous"
    DOES_NOT_FIT = "does_not_fit"
    COLUMN_ONLY_IN_A = "column_only_in_a"
    COLUMN_ONLY_IN_B = "column_only_in_b"
    FILE_ONLY_IN_A = "file_only_in_a"
    FILE_ONLY_IN_B = "file_only_in_b"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: a cell, a record, a row or a column, by `what`; what it does not have is empty or None.

    `a` and `b` are the cells as they stand in the files; of a row that does not fit its side has what is wrong.
    """

    what: What
    resource: str = ""
    key: str = ""
    id: str = ""
    column: str = ""
    a: str = ""
    b: str = ""
    row_a: int | None = None
    row_b: int | None = None


@dataclass(slots=True)
class Counts:
    """The sums. Of each pair of numbers the first is of A, the second of B; `columns` are differing cells by title.

    `unnamed` are rows of both that point to something by its id alone, by the title of that column.
    """

    rows: list[int] = field(default_factory=lambda: [0, 0])
    same: int = 0
    differing: int = 0
    only: list[int] = field(default_factory=lambda: [0, 0])
    ambiguous: list[int] = field(default_factory=lambda: [0, 0])
    unfit: list[int] = field(default_factory=lambda: [0, 0])
    columns: Counter[str] = field(default_factory=Counter)
    unnamed: Counter[str] = field(default_factory=Counter)

    @property
    def adds_up(self) -> bool:
        """Whether each row of both sides has come to exactly one end."""
        paired = self.same + self.differing
        return all(
            rows == paired + only + ambiguous + unfit
            for rows, only, ambiguous, unfit in zip(self.rows, self.only, self.ambiguous, self.unfit, strict=True)
        )
