"""What the pages of a list tell: how many records there are, as far as that is told, and which page is the last one.

A total is a hint: it says how far to read at once, and never that a list has ended. That is said by a page that brings
nothing new, or that is surely shorter than the server gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bulk.model import Json

PAGE: Final = 100  # the API's maximum; its default of 20 has bitten others
FEW: Final = 20  # that default: only a page of fewer records ends a list that tells no total
ROUND: Final = (10, 25)  # what a server cuts pages to is a round number: 20, 25, 50
# without which a record of these collections says nothing
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "fields": ("title", "type"), "fieldOptions": ("field", "value"),
    "dealCustomFieldMeta": ("fieldLabel", "fieldType"), "accountCustomFieldMeta": ("fieldLabel", "fieldType"),
    "dealCustomFieldData": ("dealId", "customFieldId"), "accountCustomFieldData": ("accountId", "customFieldId"),
    "fieldValues": ("contact", "field"), "contactTags": ("contact", "tag"),
    "contactLists": ("contact", "list", "status"), "accountContacts": ("contact", "account"),
}  # fmt: skip
_OWNERS: Final = frozenset({"contact", "dealId", "accountId"})
_LARGEST: Final = 10**9  # no account has so many of anything: a list that tells it tells nothing
_IDS_END: Final = 2**63  # no database has larger ones


def total_of(body: Json) -> int | None:
    """`meta.total` of a list, which is a string or a number; None if it is missing or means nothing."""
    meta = body.get("meta") if isinstance(body, dict) else None
    told = meta.get("total") if isinstance(meta, dict) else None
    if isinstance(told, bool) or not isinstance(told, int | float | str):
        return None
    try:
        total = int(told)
    except (ValueError, OverflowError):  # not a number, or infinity
        return None
    return total if 0 <= total < _LARGEST else None


def id_of(record: Json, name: str = "id") -> int:
    """The id of a record as it came. Raises `LookupError`, `TypeError` or `ValueError` for what cannot be one."""
    told = record[name]
    identity = int(told)
    if isinstance(told, bool | float) or not 0 <= identity < _IDS_END:
        raise ValueError(told)
    return identity


def id_within(collection: str, record: Json, *, of_one: bool = False) -> int:
    """The id of a record of a collection that is kept as it is, and looked at later; raises like `id_of`.

    `of_one`: the list is one owner's, so its records need not say whose they are.
    """
    for name in _NEEDED.get(collection, ()):
        if name in _OWNERS and of_one:
            continue
        if name in _OWNERS:
            id_of(record, name)
        record[name]  # raises where the record has none
    return id_of(record)


def is_last(length: int, longest: int) -> bool:
    """Whether a page of so many records is surely shorter than the server gives, so that no other follows it.

    `longest` is the longest page that came. Believed only beside a total that agrees, but for a page of few.
    """
    return length < FEW or length < longest or (length < PAGE and all(length % number for number in ROUND))


@dataclass(slots=True)
class InTurn:
    """A list that is read page after page. `offset` is that of the next page, `total` what was told last."""

    offset: int = 0
    total: int | None = None
    _ids: set[int] = field(default_factory=set)
    _longest: int = 0

    def ends(self, ids: Sequence[int], total: int | None) -> bool:
        """Note a page; whether it was the last one."""
        news = set(ids) - self._ids
        self._ids |= news
        self.offset += len(ids)
        self.total = total
        self._longest = max(self._longest, len(ids))
        if not news:
            return True
        if total is None or self.offset > total:
            return len(ids) < FEW
        return self.offset == total and is_last(len(ids), self._longest)

    @property
    def is_short(self) -> bool:
        """Whether it ended before all came that there should be."""
        return self.total is not None and len(self._ids) < self.total
