"""What a kind of column is: one object, both directions. The kinds themselves are beside it, a file a family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bulk.model import Json


@dataclass(frozen=True, slots=True)
class Option:
    """One choice that a column offers.

    `value` is what the API stores, `label` what people see (a list: its stringid); `id` is the API's id where the
    choice is a record of its own. `advised` False: nobody is advised to choose it, for it does what only its user may
    decide.
    """

    value: str
    label: str = ""
    id: str = ""
    advised: bool = True


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a cell cannot be read. `code` is stable, `message` says what is wrong, `hint` what to do."""

    code: str
    message: str
    hint: str = ""


Options = tuple[Option, ...] | None  # None: the choices are not known, anything may stand


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of column.

    `read(text, options, separator)` gives the JSON value to send, or a `Problem`; it is never given an empty cell.
    `write(value, separator)` gives the cell's text for a value as the API returns it (None and "" give "").
    `same(a, b)` says whether two API values mean the same.
    `pattern`, where given, matches in full every readable cell and none other: one regular expression that Python
    and Rust both take, so that a million cells can be checked at once.
    `alike(current, sent)`, where given, says whether the account may have written what was sent in a way of its own.
    """

    name: str
    about: str
    example: str
    read: Callable[[str, Options, str], Json | Problem]
    write: Callable[[Json, str], str]
    same: Callable[[Json, Json], bool]
    pattern: str = ""
    alike: Callable[[str, str], bool] | None = None

    def arrived(self, current: Json, sent: Json) -> bool:
        """Whether an account that has `current` has what was `sent`: the same, blanks at its ends aside."""
        one, other = ("" if value is None else str(value).strip() for value in (current, sent))
        return self.same(current, sent) or one == other or (self.alike is not None and self.alike(one, other))
