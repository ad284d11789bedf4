"""The rows of the book of budgets, one an account. An exchange reads and writes those that it is about, and no others.

Those are: the budget of the account to which its way leads, that of the account which it has come to know, and the one
of all who do not know yet whose account it is. Who does not know it either is about every row: any may be its own.

Whoever brings a new account has not known it before. So it is then that rows of accounts long idle are taken away.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

UNKNOWN: Final = ""  # the budget that all share who do not know yet whose account it is
Result = TypeVar("Result")
Budget = dict[str, Any]


@dataclass(slots=True)
class Book:
    """What one exchange sees of the book, and changes in it."""

    name: str = UNKNOWN  # of the account to which its way leads
    budgets: dict[str, Budget] = field(default_factory=dict)  # by the name of the account


Change = Callable[[Book, float], Result]  # is given the book and the time of its clock


@dataclass(frozen=True, slots=True)
class About:
    """What an exchange is about: the way by which it comes, and the account which it has come to know."""

    way: str
    account: str = UNKNOWN

    def names(self, name: str) -> tuple[str, ...]:
        """The rows that it reads, by the account to which its way leads; none: all rows."""
        return () if name == UNKNOWN else (name, UNKNOWN, self.account)


class Unreachable(Exception):  # noqa: N818 - says what is so, as the others
    """The budget cannot be reached just now."""


class BudgetStore(Protocol):
    """Where the book of budgets lies."""

    def change(self, now: float, about: About, change: Change[Result]) -> Result:
        """Let one alone read and write what it is about.

        `now` is the caller's time; the change is given what that is by the book's clock. Raises `Unreachable`.
        """

    def close(self) -> None:
        """Let go of it."""


@dataclass(frozen=True, slots=True)
class Written:
    """What is other than it was: rows, "" for one that is not kept, and the account to which the way leads."""

    name: str
    texts: dict[str, str]


def carried_out(name: str, texts: Mapping[str, str], there: float, change: Change[Result]) -> tuple[Result, Written]:
    """Carry out a change of the rows that were read; nothing is written yet.

    What is no budget, or another version's, is begun anew.
    """
    book = Book(name, {each: budget for each, text in texts.items() if (budget := _budget_in(text)) is not None})
    try:
        result = change(book, there)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError):
        if not texts:
            raise  # the book is not to blame
        book = Book(name)
        result = change(book, there)
    now = {each: json.dumps(budget) for each, budget in book.budgets.items()}
    changed = {each: now.get(each, "") for each in {**texts, **now} if texts.get(each) != now.get(each)}
    return result, Written(book.name, changed)


def _budget_in(text: Any) -> Budget | None:
    """The budget that a text holds; none where it is none."""
    try:
        budget = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return None
    return budget if isinstance(budget, dict) else None
