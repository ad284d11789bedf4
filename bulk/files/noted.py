"""What each column of a table was understood as when its rows were checked: a job that goes on goes by that.

The account may have other custom fields by then, and another version may know other titles and programs; the rows that
are left mean what those before them meant. Kept as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from bulk.errors import AbortedError
from bulk.files.column_names import ColumnNames, position
from bulk.files.matching import Match
from bulk.resources.spec import Column

_MOST: Final = 10**15  # no account gives an id beyond: such a field is one that a plan only imagines
Targets = Mapping[str, Sequence[str]]  # by title: an attribute and what people call it, both "" where it is left out


@dataclass(frozen=True, slots=True)
class Noted:
    """What one table was understood as.

    `columns` are those of the file, `added` those that are set for every row. `told` are the attributes by which rows
    are put right of columns that only their titles tell. `preset` is the name of its program or that of none, `split`
    the title of full names that are taken apart, "" if none are.
    """

    columns: Targets
    added: Targets
    told: Mapping[str, str]
    preset: str
    split: str

    def maps(self, names: ColumnNames, *, open_ended: bool) -> dict[str, str]:
        """The attribute of each column by its title, "" if it is left out; `open_ended`: custom fields are not known.

        Raises `AbortedError` where the account has no more what a column was read as.
        """
        every = {**self.added, **self.columns}
        gone = {title: called for title, (to, called) in every.items() if to and names.find(to) is None}
        if gone and not open_ended:
            title = next(iter(gone))
            raise AbortedError("columns_gone", columns=_told(gone), title=title)
        return {title: to for title, (to, _called) in every.items()}

    def told_in(self, header: Sequence[str]) -> dict[int, str]:
        """The attributes by which rows are put right, by the indexes of columns."""
        places = ((position(header, title), attribute) for title, attribute in self.told.items())
        return {at: attribute for at, attribute in places if at is not None}

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)


def noted_of(match: Match, own: int, told: Mapping[int, str], preset: str, split: str) -> Noted:
    """What a table is understood as, of which `own` columns are the file's."""
    used = {at: (_target(column), column.header) for at, column in match.columns}
    left_out = set(match.dropped)
    columns = {
        title.strip(): used.get(at, ("", ""))
        for at, title in enumerate(match.header[:own])
        if at in used or title in left_out
    }
    added = {match.header[at].strip(): target for at, target in used.items() if at >= own}
    return Noted(columns, added, {match.header[at].strip(): to for at, to in told.items()}, preset, split)


def _target(column: Column) -> str:
    """What finds a column again: its attribute; the title of a custom field that is not made yet."""
    real = not column.field_id or (column.field_id.isdigit() and int(column.field_id) < _MOST)
    return column.attribute if real else column.header


def _told(gone: Mapping[str, str]) -> str:
    return ", ".join(f"{title!r}" if title == called else f"{title!r} ({called})" for title, called in gone.items())


def from_json(kept: Sequence[Mapping[str, Any]]) -> tuple[Noted, ...]:
    """What was kept, for each table of a file."""
    return tuple(Noted(**one) for one in kept)
