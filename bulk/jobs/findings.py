"""What a validation has found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bulk.files.check import Tally
from bulk.model import Issue, place_of
from bulk.wording import FrontEnd, in_words_of

SHOWN: Final = 1000  # issues kept whole; beyond that they are counted


@dataclass(slots=True)
class Findings:
    """What a validation found: the sums, the first issues, and how many there are of each code."""

    tally: Tally = field(default_factory=Tally)
    issues: list[Issue] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    unchecked: tuple[str, ...] = ()
    offline: bool = False
    front_end: FrontEnd = FrontEnd.LIBRARY
    files: tuple[str, ...] = ()  # the tables, where there are several

    def place(self, issue: Issue) -> tuple[str, int]:
        """The table that an issue is about, "" of a single one, and the row in it."""
        table, row = place_of(issue.row)
        return (self.files[table] if self.files else "", row)

    def rejected(self, issues: Sequence[Issue]) -> None:
        """Take issues in."""
        self.codes.update(issue.code for issue in issues)
        for issue in issues[: max(0, SHOWN - len(self.issues))]:
            message, hint = (in_words_of(self.front_end, text) for text in (issue.message, issue.hint))
            self.issues.append(replace(issue, message=message, hint=hint))

    def skipped(self, rows: Sequence[tuple[int, str]]) -> None:
        """Rows that the user sets aside are no issues."""
