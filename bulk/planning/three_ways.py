"""Three ways: what an export wrote, what the sheet made of it holds, and what the account holds now. Pure.

Only a cell that differs from the export is an edit. It is sent where the account still holds what was exported; where
somebody changed it there too, it is a conflict, unless both mean the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from bulk.model import Before, Failure, Row
from bulk.resources.contacts import OPPOSITES
from bulk.resources.escapes import CLEAR
from bulk.resources.identity import name_key
from bulk.resources.kinds import NAMES, Problem
from bulk.resources.spec import Column, is_blank
from bulk.wording import quoted

_OPPOSITE: Final = dict(OPPOSITES)  # what takes away again what a column adds
_NAMES_OF_PEOPLE: Final = frozenset(name for pair in OPPOSITES for name in pair)  # each name is an edit by itself
_LEFT: Final = "unsubscribe_lists"
CONFLICT: Final = "conflict"
NOT_TAKEN_OUT: Final = ("cannot_clear", "cannot_remove")  # the codes of what was taken out of a cell and stays


@dataclass(frozen=True, slots=True)
class Conflict:
    """A cell that both changed: its column, what it was in the export, what it is in the account, and in the sheet.

    `deletes`: the sheet has no such row any more, so it wants nothing of the cell.
    """

    column: str
    before: str
    current: str
    wanted: str
    deletes: bool = False

    @property
    def failure(self) -> Failure:
        """The same, as what a row was not done for."""
        if self.deletes:
            said = (
                f"{self.column}: the export had {_shown(self.before)}, and the account has {_shown(self.current)} by"
                " now, so it was not deleted. To delete it all the same: ⟦on_conflict=sheet⟧."
            )
            return Failure(f"conflict {self.column}", CONFLICT, said)
        said = (
            f"{self.column}: the export had {_shown(self.before)}, the file has {_shown(self.wanted)}, and the account"
            f" has {_shown(self.current)} by now, which was kept."
        )
        return Failure(f"conflict {self.column}", "conflict", f"{said} To send the file's: ⟦on_conflict=sheet⟧.")


# ---- the sheet beside the export


def edits_of(row: Row, before: Mapping[str, str], columns: Sequence[Column], *, keep_blank: bool) -> Row:
    """The row with its edits alone, known by its id; `before` are the cells of the export, by attribute.

    A cell that was emptied clears, unless blank ones are to be kept. Of names, those are left that were added, and
    those that were taken out stand in the column that takes them away.
    """
    values: dict[str, str] = {}
    cells: dict[str, str] = {}
    refused: list[Failure] = []
    for column in columns:
        attribute, text = column.attribute, row.values.get(column.attribute)
        if text is None:
            continue
        if attribute not in before:
            if not is_blank(text):
                values[attribute] = _joined(values.get(attribute), text, column)
            continue
        was = before[attribute]
        if _same(was, text) or (keep_blank and is_blank(text)):
            continue
        if column.beside:
            only_added = _only_added(was, text, column)
            refused += only_added.refused
            if not only_added.is_more:
                continue
        if attribute not in _NAMES_OF_PEOPLE:
            values[attribute] = CLEAR if is_blank(text) else text
            cells[attribute] = was
            continue
        names = _changed_names(was, text, column)
        if names is None:  # it cannot be read, which the checks tell
            values[attribute] = text
            continue
        added, taken_out = names
        if added:
            values[attribute] = _joined(values.get(attribute), column.write(added), column)
        opposite = _OPPOSITE.get(attribute)
        if taken_out and opposite:
            values[opposite] = _joined(values.get(opposite), column.write(taken_out), column)
        elif attribute == _LEFT:
            refused += _not_taken_back(taken_out, row, columns)
    return replace(row, key=row.id, called=row.key, values=values, before=Before(cells, tuple(refused)))


def link_edits_of(row: Row, before: Mapping[str, str], columns: Sequence[Column], key: Collection[str]) -> Row:
    """A row of what belongs to a contact with what was edited of it; a new one if it is another link than the export's.

    Its cells are all that tell which link it is, an id rather than the name beside it, and of both only the one that
    was edited. Without `values` none was.
    """
    edited = {
        column.attribute
        for column in columns
        if column.attribute in before
        and not _same(before[column.attribute], row.values[column.attribute])
        and not (is_blank(row.values[column.attribute]) and (column.names or column.means in key))
    }
    means = {column.means for column in columns if column.attribute in edited}
    if not edited:
        return replace(row, values={}, before=Before({}))
    said = {column.attribute for column in columns if not is_blank(row.values[column.attribute])}
    values = {
        column.attribute: CLEAR if is_blank(row.values[column.attribute]) else row.values[column.attribute]
        for column in columns
        if column.attribute in edited or (column.means not in means and column.attribute in said)
    }
    values = {name: text for name, text in values.items() if name in edited or not _is_beside(name, columns, values)}
    is_another = bool(means & {"contact", *key})
    return replace(row, values=values, before=None if is_another else Before({name: before[name] for name in edited}))


def link_of(cells: Mapping[str, str], columns: Sequence[Column]) -> dict[str, str]:
    """The cells of an export's row that tell which link it is, an id rather than the name beside it."""
    said = {name: text for name, text in cells.items() if not is_blank(text)}
    return {name: text for name, text in said.items() if not _is_beside(name, columns, said)}


def _is_beside(name: str, columns: Sequence[Column], said: Mapping[str, str]) -> bool:
    """Whether that is a name beside an id which says the same."""
    return any(column.names in said for column in columns if column.attribute == name and column.names)


def emptied(row: Row, before: Mapping[str, str]) -> int:
    """How many cells of a row were emptied."""
    return sum(is_blank(row.values.get(name, "x")) and not is_blank(was) for name, was in before.items())


def edited_cells(row: Row, before: Mapping[str, str], columns: Sequence[Column], *, keep_blank: bool) -> int:
    """How many cells of a row are edits: a cell of names is one, whatever was put in and taken out."""
    return sum(
        _is_edit(before.get(column.attribute), row.values[column.attribute], column, keep_blank=keep_blank)
        for column in columns
        if column.attribute in row.values
    )


def _is_edit(was: str | None, text: str, column: Column, *, keep_blank: bool) -> bool:
    """Whether a cell says something else than the export; a column that it had not counts where it says anything."""
    if was is None:
        return not is_blank(text)
    if _same(was, text) or (keep_blank and is_blank(text)):
        return False
    names = _changed_names(was, text, column) if column.attribute in _NAMES_OF_PEOPLE else None
    return names is None or any(names)


def _same(was: str, text: str) -> bool:
    """Whether a cell is as it was; a program may have written its line ends otherwise."""
    return was == text or ("\n" in was and was.replace("\r\n", "\n") == text.replace("\r\n", "\n"))


def _changed_names(was: str, text: str, column: Column) -> tuple[list[str], list[str]] | None:
    """The names that were added to a cell, and those that were taken out; None where it cannot be read."""
    old, new = _names(was, column), _names(text, column)
    if old is None or new is None:
        return None
    known, named = set(map(name_key, old)), set(map(name_key, new))
    return [n for n in new if name_key(n) not in known], [n for n in old if name_key(n) not in named]


def _names(cell: str, column: Column) -> list[str] | None:
    if is_blank(cell) or cell.strip() == CLEAR:
        return []
    read = replace(column, options=None).read(cell)
    return None if isinstance(read, Problem) else list(read)


def _joined(cell: str | None, more: str, column: Column) -> str:
    """Both cells of names as one; of anything else the second."""
    return more if not cell or column.kind is not NAMES else f"{cell}{column.separator}{more}"


def _not_taken_back(names: Sequence[str], row: Row, columns: Sequence[Column]) -> list[Failure]:
    """Why nobody is made un-unsubscribed: such a list is left as it is, unless the person is put on it again."""
    lists = next((column for column in columns if column.attribute == "lists"), None)
    wanted = (_names(row.values.get("lists", ""), lists) if lists is not None else None) or []
    again = set(map(name_key, wanted))
    said = "was taken out, and nobody can be made one who never unsubscribed. To subscribe them, put it into lists."
    return [
        Failure(f"{_LEFT} {name}", "cannot_clear", f"{_LEFT}: {name!r} {said}")
        for name in names
        if name_key(name) not in again
    ]


class _Added(NamedTuple):
    """What was done to a cell whose values are only ever added to: whether there is `is_more`, and what is refused."""

    is_more: bool
    refused: list[Failure]


def _only_added(was: str, text: str, column: Column) -> _Added:
    """What an edit of options or stages can bring about: those that were taken out stay, and so does the order."""
    old, new = _values(was, column), _values(text, column)
    if old is None or new is None:
        return _Added(True, [])  # it cannot be read, which the checks tell
    gone = [value for value in old if value not in new]
    stays = "which an import does not do, since records may have it: it stays"
    ways = "Put it back into the cell; or take it away in ActiveCampaign."
    refused = [
        Failure(
            f"{column.header} {value}", "cannot_remove", f"{column.header}: {value!r} was taken out, {stays}. {ways}"
        )
        for value in gone
    ]
    if not gone and [value for value in new if value in old] != old:
        said = "they were put into another order, which an import does not do. Put them back as they were."
        refused.append(Failure(f"{column.header} ", "cannot_remove", f"{column.header}: {said}"))
    more = any(value not in old for value in new)
    return _Added(more or (not refused and was.strip() != text.strip()), refused)  # else a label may be another


def _values(cell: str, column: Column) -> list[str] | None:
    if is_blank(cell) or cell.strip() == CLEAR:
        return []
    read = column.read(cell)
    if isinstance(read, Problem):
        return None
    return [str(value[0] if isinstance(value, (list, tuple)) else value) for value in read]


# ---- the account beside both


def conflicts_of(row: Row, columns: Sequence[Column], current: Callable[[Column], str]) -> list[Conflict]:
    """The edited cells that the account changed too; `current` is what an export would write now."""
    if row.before is None:
        return []
    conflicts: list[Conflict] = []
    for column in columns:
        attribute = column.attribute
        if attribute not in row.before.cells or attribute not in row.values:
            continue
        was, now, wanted = row.before.cells[attribute], current(column), row.values[attribute]
        wanted = "" if wanted == CLEAR else wanted
        if now != was and not _means_same(now, wanted, column):
            conflicts.append(Conflict(column.header, was, now, wanted))
    return conflicts


def conflicts_of_missing(row: Row, columns: Sequence[Column], current: Callable[[Column], str]) -> list[Conflict]:
    """The cells of a row that is missing which the account changed since the export: its record is not as it was."""
    was = {} if row.before is None else row.before.cells
    conflicts: list[Conflict] = []
    for column in columns:
        if column.attribute not in was:
            continue
        before, now = was[column.attribute], current(column)
        if not (_same(before, now) or _means_same(now, before, column)):
            conflicts.append(Conflict(column.header, before, now, "", deletes=True))
    return conflicts


def without(row: Row, conflicts: Sequence[Conflict], columns: Sequence[Column]) -> Row:
    """The row without the cells that are kept as the account has them."""
    kept = {conflict.column for conflict in conflicts}
    gone = {column.attribute for column in columns if column.header in kept}
    return replace(row, values={name: text for name, text in row.values.items() if name not in gone})


def _means_same(now: str, wanted: str, column: Column) -> bool:
    if now.strip() == wanted.strip():
        return True
    if is_blank(now) or is_blank(wanted):
        return False
    values = column.read(now), column.read(wanted)
    return not any(isinstance(value, Problem) for value in values) and column.kind.same(*values)


def _shown(text: str) -> str:
    return quoted(text) if text else "nothing"
