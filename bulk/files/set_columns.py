"""What is set for every row of a file: columns that it lacks, and names beside those that each row has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bulk.errors import UsageError
from bulk.files.column_names import ColumnNames
from bulk.files.header_refusals import nearest_part
from bulk.resources.contacts import CONTACTS
from bulk.resources.kinds import NAMES, Problem
from bulk.resources.kinds.several import join_values, split_values
from bulk.resources.spec import Column, clears, normalise


@dataclass(slots=True)
class Added:
    """What is added to a file, as it is put together."""

    titles: list[str]
    cells: list[str] = field(default_factory=list)
    joins: list[tuple[int, str]] = field(default_factory=list)

    def column(self, title: str, cell: str) -> int:
        """Add a column; its index."""
        self.titles.append(title)
        self.cells.append(cell)
        return len(self.titles) - 1


def add_set(
    added: Added, feeding: dict[str, int], column: Column | None, pair: tuple[str, str], separator: str
) -> None:
    """Add what is set for every row: a column, or names to those that each row has."""
    name, value = pair
    if column is None:  # a custom field, or nothing that there is
        added.column(name, value)
        return
    if not column.writable:
        raise UsageError("set_read_only", column=name, attribute=column.attribute)
    at = feeding.get(column.attribute)
    if at is None:
        feeding[column.attribute] = added.column(column.header, value)
    elif column.kind is not NAMES:
        raise UsageError("set_column_there", column=name, title=added.titles[at].strip())
    elif (own := at - (len(added.titles) - len(added.cells))) >= 0:
        added.cells[own] = joined(added.cells[own], value, separator)
    else:
        added.joins.append((at, value))


def parse_sets(texts: Iterable[str], separator: str) -> dict[str, str]:
    """What is set for every row, written as `COLUMN=VALUE`; values of one column of names are put together."""
    sets: dict[str, str] = {}
    several = {normalise(column.attribute) for column in CONTACTS.columns if column.kind is NAMES}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UsageError("set_form_invalid", text=text)
        known = next((each for each in sets if normalise(each) == normalise(name)), None)
        if known is not None and normalise(name) not in several:
            raise UsageError("set_twice", column=name)
        sets[known or name] = joined(sets[known], value, separator) if known is not None else value
    return sets


def check_sets(sets: Mapping[str, str], own: Sequence[str], names: ColumnNames, maps: Mapping[str, str]) -> None:
    """Raise `UsageError` for what is set and cannot be, once custom fields are known. `own`: the file's titles."""
    for name, value in sets.items():
        column = names.find(name)
        if column is None:
            raise UsageError("set_column_unknown", column=name, hint=nearest_part(name, names.known))
        for title in own if column.field_id else ():
            target = maps.get(title.strip(), title.strip())
            if target and not target.startswith("_") and names.find(target) == column:
                raise UsageError("set_column_there", column=name, title=title.strip())
        read = column.read(value) if value.strip() else value
        if isinstance(read, Problem):
            raise UsageError("set_invalid", column=name, value=value, problem=read.message, hint=read.hint)


def joined(one: str, other: str, separator: str) -> str:
    """Names of two cells in one."""
    if not one.strip() or not other.strip() or clears(one):
        return one if one.strip() else other
    return join_values(dict.fromkeys([*split_values(one, separator), *split_values(other, separator)]), separator)
