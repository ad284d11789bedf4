"""What an undo puts back: a `Reversal` for each cell, link or record that a job has changed, the last one first. Pure.

Several changes of one cell come to one reversal: what was there before the first, and what the last has left. What a
record was made with is its `image`, against which it is held before it is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

from bulk.model import Aspect, Edit, Json
from bulk.planning.consent import NEVER, UNSUBSCRIBED
from bulk.planning.kept_records import CHOSEN
from bulk.resources.identity import address_key

BOUND: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "deals": (("group", "stage"), ("contact", "account")),  # a stage lies in its pipeline; of these one is needed
    "tags": (("tagType", "tag"),),  # another may have half of a name by now
    "dealStages": (("group", "title"),),
}
ADDRESS: Final = (Aspect.VALUE, "email")
_SEVERAL: Final = (
    Aspect.BESIDE,
    Aspect.AUTOMATION,
)  # of one attribute several are added: an option each, an entry each


@dataclass(frozen=True, slots=True)
class Reversal:
    """What is to be put back: `edit.before` is what the job has left, `edit.after` what was there before the job.

    `row` is the row of the undone job. `ours` are other values that the job may have left there; of a record that it
    has deleted, what it held if that is not sure. `image` is what a record was made with, `perhaps` what it may have
    got besides. `at` is when it was sent. `never`: they were never on the list, and that cannot be had again. `along`
    are other cells of the record that go back in the same request.
    """

    row: int
    resource: str
    record: str
    edit: Edit
    ours: tuple[Json, ...] = ()
    image: tuple[Edit, ...] = ()
    perhaps: tuple[Edit, ...] = ()
    at: float = 0.0
    never: bool = False
    along: tuple[Edit, ...] = ()

    @property
    def left(self) -> tuple[Json, ...]:
        """All that the job may have left."""
        return (self.edit.before, *self.ours)

    def to_json(self) -> Json:
        """The reversal as JSON, to be written down."""
        image, more, along = ([edit.to_json() for edit in edits] for edits in (self.image, self.perhaps, self.along))
        edit, ours = self.edit.to_json(), list(self.ours)
        return [self.row, self.resource, self.record, edit, ours, image, more, self.at, self.never, along]

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """The inverse of `to_json`."""
        row, resource, record, edit, ours, image, more, at, never, *along = data
        images = tuple(map(Edit.from_json, image)), tuple(map(Edit.from_json, more))
        companions = tuple(map(Edit.from_json, along[0])) if along else ()
        return cls(row, resource, record, Edit.from_json(edit), tuple(ours), *images, at, never, companions)


@dataclass(slots=True)
class Reversals:
    """Collects what one job has changed of a resource, as it is told in the order in which it was sent.

    `made` says by row the id of what it has created.
    """

    resource: str
    made: Mapping[int, str]
    _nameless: dict[int, list[Edit]] = field(default_factory=dict)  # by row, what it may have made, of no known id
    _reversals: dict[tuple[str, Aspect, str], Reversal] = field(default_factory=dict)
    _images: dict[str, dict[tuple[Aspect, str], Edit]] = field(default_factory=dict)
    _perhaps: dict[str, list[Edit]] = field(default_factory=dict)
    _rows: dict[str, tuple[int, float]] = field(default_factory=dict)
    _unsure: set[tuple[str, Aspect, str]] = field(default_factory=set)  # of whose last change it is open if it was done

    def take(self, row: int, record: str, edit: Edit, at: float, *, made: bool, sure: bool) -> None:
        """Take in one edit. Of what the job has made, it goes into its image, if it is `sure` that it was done."""
        sure |= not record  # whose id is known was made
        record = record or self.made.get(row, "")
        if not record:
            self._nameless.setdefault(row, []).append(edit)
            return
        if made or record in self._images:
            self._rows.setdefault(record, (row, at))
            image = self._images.setdefault(record, {})
            if sure:
                image[edit.aspect, edit.of] = edit
            else:
                self._perhaps.setdefault(record, []).append(edit)
            return
        key = (record, edit.aspect, f"{edit.of} {edit.name}" if edit.aspect in _SEVERAL else edit.of)
        before = self._reversals.pop(key, None)  # the last change says where it stands in the order
        not_done = (edit.before,) if edit.aspect is Aspect.RECORD and not sure else ()
        reversal = Reversal(row, self.resource, record, _back(edit), not_done, at=at, never=_is_never(edit))
        if before is not None:
            original = before.edit.after
            ours = (*before.ours, before.edit.before)
            reversal = replace(reversal, edit=replace(reversal.edit, after=original), ours=ours, never=before.never)
        self._reversals[key] = reversal
        (self._unsure.discard if sure else self._unsure.add)(key)

    def all(self) -> list[Reversal]:
        """All reversals, the last first; what was made goes after what was changed."""
        changed = [
            replace(reversal, along=self._along(record, of)) if aspect is Aspect.VALUE else reversal
            for (record, aspect, of), reversal in self._reversals.items()
            if (reversal.edit.before != reversal.edit.after or (record, aspect, of) in self._unsure)
            and not self._goes_along(record, reversal.edit)
        ]
        also: dict[str, list[Edit]] = {}
        for row, record in self._same_address().items():
            also.setdefault(record, []).extend(self._nameless[row])
        created = [
            Reversal(
                row,
                self.resource,
                record,
                Edit(Aspect.RECORD, record, {}, None),
                image=tuple(image.values()),
                perhaps=(*self._perhaps.get(record, ()), *also.get(record, ())),
                at=at,
            )
            for (record, image), (row, at) in zip(self._images.items(), self._rows.values(), strict=True)
        ]
        return [*reversed(changed), *reversed(created)]

    @property
    def doubtful(self) -> list[int]:
        """The rows that may have created something unknown."""
        known = self._same_address()
        return [row for row in sorted(self._nameless) if row not in known]

    def _same_address(self) -> dict[int, str]:
        """The contact that another row has made, by the rows of its address: no two have one, so they made nobody."""
        if self.resource != "contacts" or not self._nameless:
            return {}
        made = {
            address_key(str(image[ADDRESS].after)): record for record, image in self._images.items() if ADDRESS in image
        }
        asked = {
            row: address_key(str(edit.after))
            for row, edits in self._nameless.items()
            for edit in edits
            if (edit.aspect, edit.of) == ADDRESS
        }
        return {row: made[address] for row, address in asked.items() if address in made}

    @property
    def off_for_good(self) -> int:
        """How many the job has unsubscribed from a list that they were never on: that stays."""
        return sum(each.never and each.edit.before == each.edit.after for each in self._reversals.values())

    def _along(self, record: str, of: str) -> tuple[Edit, ...]:
        """The other cells of a record that the API takes only together with this one."""
        others = (other for pair in BOUND.get(self.resource, ()) if of in pair for other in pair if other != of)
        bound = (self._reversals.get((record, Aspect.VALUE, other)) for other in others)
        return tuple(reversal.edit for reversal in bound if reversal is not None)

    def _goes_along(self, record: str, edit: Edit) -> bool:
        """Whether a cell that ActiveCampaign has chosen itself goes back with the one that made it do so."""
        chosen = edit.aspect is Aspect.VALUE and edit.of in CHOSEN.get(self.resource, {}) and edit.before == ""
        return chosen and (record, Aspect.VALUE, CHOSEN[self.resource][edit.of]) in self._reversals


def _back(edit: Edit) -> Edit:
    """The edit that takes this one back."""
    after = edit.before
    if edit.aspect is Aspect.LIST and after in (None, NEVER):
        after = UNSUBSCRIBED
    if edit.aspect is Aspect.VALUE and after is None:
        after = ""
    before = "" if edit.aspect is Aspect.VALUE and edit.after is None else edit.after
    return replace(edit, before=before, after=after)


def _is_never(edit: Edit) -> bool:
    return edit.aspect is Aspect.LIST and edit.before in (None, NEVER)


def image_values(image: Iterable[Edit]) -> dict[str, Json]:
    """The values that a record was made with, by attribute; those of custom fields by `field:12`."""
    return {edit.of: edit.after for edit in image if edit.aspect is Aspect.VALUE}


def image_links(image: Iterable[Edit], aspect: Aspect) -> dict[str, Json]:
    """What of one aspect it was made with, by id."""
    return {edit.of: edit.after for edit in image if edit.aspect is aspect and edit.after not in (False, None)}
