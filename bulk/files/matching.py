"""Which column of a file feeds which column of a resource. Refuses what it does not understand, naming the nearest.

Knows headers and declarations, not cells: what a cell may hold is `schema`.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final

from bulk.errors import UsageError
from bulk.files.column_names import ColumnNames, mapped_columns
from bulk.files.header_refusals import HeaderRefusal, doubles, has_id, missing, parted_by_consent, refuse_delimiter
from bulk.files.source import Record
from bulk.model import Row
from bulk.resources.contacts import TELLING
from bulk.resources.identity import address_key, name_key, same_name
from bulk.resources.kinds import EMAIL
from bulk.resources.spec import JOIN, Column

_PART: Final = "\0"  # between the parts of a key


def without_address(identity: str) -> str:
    """What identifies a contact that has no address, given its id."""
    return f"{_PART}contact {identity.strip()}" if _is_id(identity.strip()) else ""


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit()


# wide: all that a header says of the rows below it
@dataclass(frozen=True, slots=True)
class Match:
    """The understood header: `columns` are the file's columns that are used, by index, in file order.

    `dropped` are headers left out by a map, as unknown or as of no use to a deletion, `passed_over` those that only the
    API sets, `unchecked` those that may be custom fields of an account that was not asked; `unclear` are those of them
    that may tell who must not be mailed. `required` of the columns is
    as this file's key wants it. `key_at` holds, for each part of the key that the file has, the indexes of the columns
    that say it: the first that is not empty counts; `addresses` says of each part whether it is an e-mail address.
    `one_of` are indexes of columns of which each row needs at least one. `id_at` is the index of the records' own ids,
    whether they are the key or passed over. `read_as` are attributes of titles that are neither names of columns nor
    mapped. `consent_at` is the index of what the file says of a row's person, if it
    says anything.
    """

    header: tuple[str, ...]
    columns: tuple[tuple[int, Column], ...]
    dropped: tuple[str, ...]
    passed_over: tuple[str, ...]
    unchecked: tuple[str, ...]
    key_at: tuple[tuple[int, ...], ...]
    one_of: tuple[tuple[int, ...], ...] = ()
    id_at: int | None = None
    addresses: tuple[bool, ...] = ()
    consent_at: int | None = None
    read_as: Mapping[str, str] = field(default_factory=dict)
    unclear: tuple[str, ...] = ()

    @property
    def key_title(self) -> str:
        """What the key's columns are called in this file."""
        return " and ".join(self.header[at[0]].strip() for at in self.key_at)

    def index(self, attribute: str) -> int | None:
        """Where the column of an attribute is, None if the file has none."""
        return next((at for at, column in self.columns if column.attribute == attribute), None)

    def keys(self, records: Iterable[Record]) -> list[str]:
        """What identifies each record, as it stands in its cells; `key_of` makes keys of them."""
        if len(self.key_at) == len(self.key_at[0]) == 1:  # as nearly always, and then of a million rows
            at = self.key_at[0][0]
            if self.id_at is None:
                return [record.cells[at] for record in records]
            own = self.id_at  # some contacts have no address, and are told apart by their ids
            return [record.cells[at] or without_address(record.cells[own]) for record in records]
        return [_PART.join(part.strip() for part in self.key_parts(record.cells)) for record in records]

    def key_of(self, cell: str) -> str:
        """What such a cell identifies, the same for all that says the same: an address, or a name (ids are as both)."""
        if len(self.addresses) < 2:
            return address_key(cell) if self.addresses == (True,) else name_key(cell)
        parts = zip_longest(self.addresses, cell.split(_PART), fillvalue="")
        return _PART.join(address_key(part) if address else name_key(str(part)) for address, part in parts)

    def key_cell(self, cells: Sequence[str]) -> str:
        """The key as a person reads it: its cells as they are."""
        return " · ".join(self.key_parts(cells))

    def key_parts(self, cells: Sequence[str]) -> list[str]:
        """The cells of the key."""
        return [next((cells[i] for i in at if cells[i].strip()), "") for at in self.key_at]

    def row(self, record: Record) -> Row:
        """The record as planning takes it. The record fits the header."""
        cells = record.cells
        values = {column.attribute: cells[at] for at, column in self.columns}
        identity = cells[self.id_at].strip() if self.id_at is not None else ""
        consent = cells[self.consent_at] if self.consent_at is not None else ""
        key = self.key_of(self.keys((record,))[0])
        return Row(record.number, key, values, identity if _is_id(identity) else "", consent=consent)


def parse_maps(texts: Iterable[str]) -> dict[str, str]:
    """The maps that are written as `CSV header=attribute`.

    Split at the last `=`: a header may hold one, an attribute cannot.
    """
    maps: dict[str, str] = {}
    for text in texts:
        header, equals, attribute = text.rpartition("=")
        if not equals or not header.strip():
            raise UsageError("map_invalid", text=text)
        if header.strip() in maps:
            raise UsageError("map_twice", title=header.strip())
        maps[header.strip()] = attribute.strip()
    return maps


def parse_users(texts: Iterable[str]) -> dict[str, str]:
    """Who stands in for whom, written as `OLD=NEW`."""
    users: dict[str, str] = {}
    for text in texts:
        old, _equals, new = (part.strip() for part in text.partition("="))
        if not old or not new:
            raise UsageError("map_user_invalid", text=text)
        if any(same_name(old, other) for other in users):
            raise UsageError("map_user_twice", user=old)
        users[old] = new
    return users


@dataclass(frozen=True, slots=True)
class Needs:
    """What rows need, as the job is asked for: `key` and `mode`, and the groups of which a new record needs one.

    `telling` gives those of some titles below which cells may tell who must not be mailed: where a job subscribes
    anybody, none of them is left out unasked.
    """

    key: str = "email"
    mode: str = "upsert"
    one_of: tuple[tuple[str, ...], ...] = ()
    telling: Callable[[Sequence[str]], Collection[str]] = tuple

    @property
    def key_attributes(self) -> tuple[str, ...]:
        """The parts of the key."""
        return tuple(self.key.split(JOIN))

    @property
    def makes_records(self) -> bool:
        """Whether a row may make a record, so that it needs all that a record needs."""
        return self.mode in ("upsert", "create") and self.key != "id"


def match_header(  # the command line's options, each with its default
    header: Sequence[str],
    columns: Sequence[Column],
    *,
    maps: Mapping[str, str] | None = None,
    ignore_unknown: bool = False,
    needs: Needs = Needs(),
    open_ended: bool = False,
) -> Match:
    """Understand a header, or raise one `UsageError` that names everything about it that is not understood.

    `maps` say what headers mean (an empty attribute drops the column). `open_ended`: the account's custom fields are
    not known, so a column that is not understood may be one and is listed instead of refused.
    """
    if not {column.attribute for column in columns}.issuperset(needs.key_attributes):
        raise UsageError("key_unknown", key=needs.key)
    columns = _as_needed(columns, needs)
    names = ColumnNames(columns)
    mapped = mapped_columns(header, maps or {}, names, open_ended=open_ended)
    result: list[tuple[int, Column]] = []
    dropped: list[str] = []
    passed_over: list[str] = []
    unknown: list[str] = []
    for at, title in enumerate(header):
        target = mapped.get(at, title.strip())
        column = names.find(target)
        if at in mapped and not target:
            dropped.append(title)
        elif not title.strip() or (title.strip().startswith("_") and at not in mapped):
            continue  # nameless, or a report's own column
        elif column is None:
            unknown.append(title)
        elif column.writable:
            result.append((at, column))
        elif at in mapped:
            raise UsageError("map_read_only", title=title, target=target, attribute=column.attribute)
        else:
            passed_over.append(title)
    refuse_delimiter(header, unknown)
    groups = _groups(columns, needs)
    others, consent = [title.strip() for title in unknown], list[str]()
    if needs.mode != "delete" and "lists" in [column.attribute for column in columns]:
        subscribes = "lists" in [column.attribute for _at, column in result]
        others, consent = parted_by_consent(others, needs.telling(others) if subscribes and others else None)
    HeaderRefusal(
        header, columns, {column.attribute for _at, column in result},
        unknown=[] if ignore_unknown or open_ended else others,
        others=others if ignore_unknown or open_ended else [],
        consent=[] if open_ended else consent,
        doubles=doubles(header, result),
        missing=missing(columns, result, groups),
        by_id=needs.mode != "create" and has_id(header, columns),
    ).refuse()  # fmt: skip
    means = defaultdict(list)
    for at, column in result:
        means[column.means].append((not column.names, at))
    key_at = tuple(filter(None, (tuple(at for _own, at in sorted(means[part])) for part in needs.key_attributes)))
    kinds = {at: column.kind for at, column in result}
    one_of = [tuple(at for part in group for _own, at in sorted(means[part])) for group in groups]
    sole = {group[0] for group in one_of if len(group) == 1}  # of a group the only column that the file has
    result = [(at, _alone(column, means, sole=at in sole)) for at, column in result]
    if needs.mode == "delete":  # a row only says which record it is about, and whose id stands beside an address
        telling = {*needs.key_attributes, *TELLING}
        dropped += [header[at] for at, column in result if column.means not in telling]
        result = [(at, column) for at, column in result if column.means in telling]
    return Match(
        header=tuple(header),
        columns=tuple(result),
        dropped=(*dropped, *(unknown if ignore_unknown else ())),
        passed_over=tuple(passed_over),
        unchecked=() if ignore_unknown else tuple(unknown),
        key_at=key_at,
        one_of=tuple(group for group in one_of if len(group) > 1),
        addresses=tuple(any(kinds[at] is EMAIL for at in part) for part in key_at),
        unclear=tuple(consent),
        id_at=_own_id_at([names.find(mapped.get(at, title.strip())) for at, title in enumerate(header)]),
    )


def _own_id_at(columns: Sequence[Column | None]) -> int | None:
    return next((at for at, column in enumerate(columns) if column is not None and column.attribute == "id"), None)


def _as_needed(columns: Sequence[Column], needs: Needs) -> list[Column]:
    """The columns as this job sees them: what its key and mode need is required, an id that is the key is read."""
    key = needs.key_attributes
    return [
        dataclasses.replace(
            column,
            required=(column.required and needs.makes_records)
            or (column.attribute in key and (column.required or len(key) == 1)),
            writable=column.writable or column.attribute in key,
        )
        for column in columns
    ]


def _groups(columns: Sequence[Column], needs: Needs) -> list[tuple[str, ...]]:
    """The groups of attributes of each of which a row needs one; an id and the names beside it are one attribute."""
    named = {column.names for column in columns if column.names}
    alone = [(column.attribute,) for column in columns if column.required and column.attribute in named]
    return [*alone, *(needs.one_of if needs.makes_records else ())]


def _alone(column: Column, means: Mapping[str, Sequence[object]], *, sole: bool) -> Column:
    """The column, required only if no other column can say the same; `sole`: it is the one that says what is needed."""
    several = len(means[column.means]) > 1
    return dataclasses.replace(column, required=sole or (column.required and not several))
