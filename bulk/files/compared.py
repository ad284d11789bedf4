"""Which columns of two files are compared, and which identify their records. Knows headers, not rows.

Ids and the days of an account say nothing of another account: they are left out, unless ids are the key. What only one
of the files has is told once, and is never left out silently.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bulk.errors import UsageError
from bulk.files.column_names import ColumnNames
from bulk.planning.kept_records import UNSET
from bulk.planning.sameness import Meaning, key_meaning_of, meaning_of
from bulk.resources.kinds import ID, TEXT
from bulk.resources.spec import JOIN, Column, Resource, is_blank, normalise

BY_ID: Final = "id"
_DAYS: Final = frozenset({
    "cdate", "udate", "mdate", "sdate", "ldate", "adddate", "remdate", "lastdate", "createdTimestamp",
    "updatedTimestamp",
})  # fmt: skip
_IDS: Final = frozenset({"id", "segmentid", "message_id"})  # beside those of that kind


@dataclass(frozen=True, slots=True)
class Common:
    """A column that both files have: its title, where it is in each, and what its cells say."""

    title: str
    at: tuple[int, int]
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class KeyPart:
    """A part of the key: where it may stand in each file, and what it says. The first cell that is not empty counts."""

    title: str
    at: tuple[tuple[int, ...], tuple[int, ...]]
    meanings: tuple[Meaning, ...]

    def cell(self, side: int, cells: Sequence[str]) -> tuple[str, str]:
        """The cell that counts, and what it says."""
        for at, meaning in zip(self.at[side], self.meanings, strict=True):
            if not is_blank(cells[at]):
                return cells[at], meaning(cells[at])
        return "", ""


@dataclass(frozen=True, slots=True)
class Pointer:
    """A column of ids that is not compared, since names beside it say the same: where both are in each file."""

    title: str
    at: tuple[int, int]
    names_at: tuple[tuple[int, ...], tuple[int, ...]]

    def is_unnamed(self, side: int, cells: Sequence[str]) -> bool:
        """Whether a row points to something by its id and nothing says what that is called."""
        return cells[self.at[side]].strip() not in UNSET and all(is_blank(cells[at]) for at in self.names_at[side])


@dataclass(frozen=True, slots=True)
class Compared:
    """How two headers are compared.

    `only` are the titles that only the one and only the other has, `left_out` those that are not compared, `pointers`
    those of them that names beside them speak for, `id_at` where the records' own ids stand.
    """

    key: tuple[KeyPart, ...]
    columns: tuple[Common, ...]
    only: tuple[tuple[str, ...], tuple[str, ...]]
    left_out: tuple[str, ...]
    pointers: tuple[Pointer, ...]
    id_at: tuple[int | None, int | None]

    @property
    def key_title(self) -> str:
        """What records are matched by, for people."""
        return ", ".join(part.title for part in self.key)


@dataclass(frozen=True, slots=True)
class _SideColumn:
    """A column of one file: where, and what is known of it."""

    at: int
    title: str
    column: Column


def natural_key(resource: Resource) -> str:
    """What identifies a record in every account: the key, or where that is an id what people call it."""
    return resource.called if resource.key == BY_ID and resource.called else resource.key


def keys_of(resource: Resource) -> tuple[str, ...]:
    """The keys that records can be matched by."""
    return tuple(dict.fromkeys((natural_key(resource), *resource.keys, BY_ID)))


def compared_columns(
    resource: Resource,
    headers: tuple[Sequence[str], Sequence[str]],
    custom: Mapping[str, Column],
    *,
    key: str,
    ignore: Collection[str] = (),
) -> Compared:
    """Understand two headers together. `custom` are custom fields whose kinds are known, by title without case.

    Raises `UsageError` for a header without the key, and for one that names a column twice.
    """
    sides = tuple(_columns_of(resource, header, custom) for header in headers)
    ignored = _ignored(ignore, sides)
    by_id = key == BY_ID
    parts = _key_parts(resource, key, sides)
    keyed = {at for part in parts for at in part.at[0]}
    common: list[Common] = []
    left_out = _of_reports(headers)
    for name, one in sides[0].items():
        other = sides[1].get(name)
        if name in ignored or (not by_id and _is_own(one.column) and one.at not in keyed):
            left_out.append(one.title)
        elif other is not None:
            common.append(Common(one.title, (one.at, other.at), meaning_of(one.column)))
    left_out += [
        one.title
        for name, one in sides[1].items()
        if name not in sides[0] and (name in ignored or (not by_id and _is_own(one.column)))
    ]
    only = tuple(
        tuple(
            one.title
            for name, one in sides[side].items()
            if name not in sides[1 - side] and name not in ignored and (by_id or not _is_own(one.column))
        )
        for side in (0, 1)
    )
    ids = tuple(column.at if (column := side.get(BY_ID)) is not None else None for side in sides)
    pointers = () if by_id else _pointers(sides, keyed)
    return Compared(parts, tuple(common), (only[0], only[1]), tuple(left_out), pointers, (ids[0], ids[1]))


def _columns_of(resource: Resource, header: Sequence[str], custom: Mapping[str, Column]) -> dict[str, _SideColumn]:
    """The columns of a header by what they are, in file order; nameless ones and those of reports are none."""
    names = ColumnNames(resource.columns)
    result: dict[str, _SideColumn] = {}
    for at, title in enumerate(header):
        stripped = title.strip()
        if not stripped or stripped.startswith("_"):
            continue
        column = names.find(stripped)
        if column is None:
            column = custom.get(normalise(stripped)) or Column(stripped, TEXT)
            name = f"custom {normalise(column.header)}"
        else:
            name = column.attribute
        if name in result:
            raise UsageError("compare_columns_alike", first=result[name].title, second=stripped)
        result[name] = _SideColumn(at, stripped, column)
    return result


def _of_reports(headers: tuple[Sequence[str], Sequence[str]]) -> list[str]:
    """The columns of either header that are ours: what became of rows, which cells were guarded."""
    return list(dict.fromkeys(title for header in headers for title in header if title.strip().startswith("_")))


def _is_own(column: Column) -> bool:
    """Whether a column is of one account only: ids, and days that it sets itself."""
    return column.kind is ID or column.attribute in _IDS or (not column.writable and column.attribute in _DAYS)


def _pointers(sides: tuple[dict[str, _SideColumn], ...], keyed: Collection[int]) -> tuple[Pointer, ...]:
    result: list[Pointer] = []
    for name, one in sides[0].items():
        other = sides[1].get(name)
        names = [title for title, named in sides[0].items() if named.column.names == name and title in sides[1]]
        if names and other is not None and one.at not in keyed:
            first, second = (tuple(side[title].at for title in names) for side in sides)
            result.append(Pointer(one.title, (one.at, other.at), (first, second)))
    return tuple(result)


def _ignored(ignore: Collection[str], sides: tuple[dict[str, _SideColumn], ...]) -> set[str]:
    """The columns that are ignored; one that neither file has is none."""
    titles = set(map(normalise, ignore))
    return {name for side in sides for name, one in side.items() if normalise(one.title) in titles}


# ---- the key


def _key_parts(resource: Resource, key: str, sides: tuple[dict[str, _SideColumn], ...]) -> tuple[KeyPart, ...]:
    attributes = key.split(JOIN)
    parts: list[KeyPart] = []
    for attribute in attributes:
        able = _able(resource, attribute)
        named = [column.attribute for column in able if column.names]
        both = [name for name in named if all(name in side for side in sides)]
        if not both and all(attribute in side for side in sides):
            both = [attribute]  # by the id, where nothing tells a name
        if both:
            parts.append(_part(both, sides))
        elif len(attributes) == 1 or any(column.required for column in able):
            titles = " or ".join(repr(column.header) for column in (*(c for c in able if c.names), able[-1]))
            lacking = "the second" if any(column.attribute in sides[0] for column in able) else "the first"
            raise UsageError("compare_key_missing", titles=titles, lacking=lacking)
    return tuple(parts)


def _able(resource: Resource, attribute: str) -> list[Column]:
    """The columns that say a part of the key, that of ids last."""
    able = [column for column in resource.columns if column.names == attribute]
    return [*able, *(column for column in resource.columns if column.attribute == attribute)]


def _part(names: Sequence[str], sides: tuple[dict[str, _SideColumn], ...]) -> KeyPart:
    first, second = ([side[name] for name in names] for side in sides)
    at = (tuple(one.at for one in first), tuple(one.at for one in second))
    meanings = tuple(key_meaning_of(one.column) for one in first)
    return KeyPart(" or ".join(one.title for one in first), at, meanings)


def with_separator(resource: Resource, separator: str) -> Resource:
    """The resource with what stands between values inside a cell."""
    return replace(resource, columns=tuple(replace(column, separator=separator) for column in resource.columns))
