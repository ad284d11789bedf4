"""Names that a file writes otherwise than the account does, in more than case: they are the same, and that is said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from bulk.model import Row
from bulk.planning.names import Names
from bulk.resources.identity import difference, is_respelt
from bulk.resources.kinds import MARK, NAMES, OPTIONS, VALUES, choose, split_values
from bulk.resources.spec import Column, clears

_MOST: Final = 1_000  # that are counted
_FEW: Final = 3  # that are shown
_PLAIN: Final = re.compile(r"[!-~]*(?: [!-~]+)*")  # what can be written in one way only
_SEVERAL: Final = (NAMES, OPTIONS, VALUES)
_FAMILIES: Final = {
    "tags": "tags", "remove_tags": "tags", "lists": "lists", "unsubscribe_lists": "lists", "account": "accounts",
}  # fmt: skip


@dataclass(slots=True)
class Spellings:
    """What was seen of such names: as a file writes them, and as the account does."""

    columns: Sequence[Column]
    names: Names
    respelt: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.columns = [c for c in self.columns if c.names or c.options or c.attribute in _FAMILIES]

    def note(self, row: Row) -> None:
        """Look at one row."""
        for column in self.columns:
            text = row.values.get(column.attribute, "").strip()
            if _PLAIN.fullmatch(text) or clears(text) or len(self.respelt) >= _MOST:
                continue
            for name in _named(text, column):
                called = self._called(name, column)
                if called and is_respelt(name, called):
                    self.respelt.setdefault(name, called)

    def _called(self, name: str, column: Column) -> str:
        """What the account calls that; "" for what it does not have."""
        family = column.of if column.names else _FAMILIES.get(column.attribute, "")
        if family:
            identity = self.names.book(family).id_of(name)
            return "" if identity is None else self.names.book(family).name_of(identity)
        option = choose(name, column.options) if column.options else None
        return "" if option is None or name == option.label else option.value

    def describe(self) -> str:
        """One line for a person; "" for none."""
        shown = [f"{name!r} is {called!r} ({difference(name, called)})" for name, called in self.respelt.items()]
        if not shown:
            return ""
        many = f"{len(shown):,} names are" if len(shown) > 1 else "1 name is"
        more = ", …" if len(shown) > _FEW else ""
        return f"{many} written otherwise than in the account, whose way counts: {', '.join(shown[:_FEW])}{more}"


def _named(text: str, column: Column) -> Iterator[str]:
    if column.kind not in _SEVERAL:
        yield text
    elif MARK in text and column.kind is not NAMES:
        yield from filter(None, (part.strip() for part in text.split(MARK)))
    else:
        yield from split_values(text, column.separator)
