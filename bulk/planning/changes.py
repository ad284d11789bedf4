"""What a row changes: one value, decided before anything is written; flows only carry it out. Pure.

The estimate, "unchanged", the requests, what is read back afterwards and what was there before all come from a row's
`Change`, so that none of them can say something else than another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from bulk.model import Aspect, Edit, Failure, Flow, Json, Outcome
from bulk.planning.flow import Asking
from bulk.planning.three_ways import Conflict
from bulk.resources.spec import CUSTOM

CREATED: Final = "created"
UPDATED: Final = "updated"
DELETED: Final = "deleted"
UNCHANGED: Final = "unchanged"
FAMILIES: Final = {  # what the links of contacts point to
    Aspect.TAG: "tags", Aspect.LIST: "lists", Aspect.ACCOUNT: "accounts", Aspect.AUTOMATION: "automations",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """What a row does to its record.

    `record` is its id, "" of one that is not there or not known yet. `action` is what the report will say, "" where
    only the answer tells. `own` is what the request about the record itself sets, `beside` what others set, each for
    itself. `known`: what was there before was read; else `before` of every edit says nothing, and there may be fewer
    of them. `refused` is what the row asks for and what must not be done; `conflicts` are cells that are kept.
    """

    record: str
    action: str
    own: tuple[Edit, ...] = ()
    beside: tuple[Edit, ...] = ()
    known: bool = True
    refused: tuple[Failure, ...] = ()
    conflicts: tuple[Conflict, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether all is as the row wants it."""
        return self.action == UNCHANGED and not self.failures

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Why the row is not done by this."""
        return (*self.refused, *(conflict.failure for conflict in self.conflicts))


@dataclass(frozen=True, slots=True)
class Decision:
    """A row's change, and the flow that carries it out. Nothing is written before that flow begins."""

    change: Change
    carry_out: Callable[[], Flow]


Deciding = Asking[Decision | Outcome]  # an `Outcome` where the row ends without any change: refused, or not found


def carried_out(deciding: Deciding) -> Flow:
    """The flow of a row: decide, then do."""
    decided = yield from deciding
    return decided if isinstance(decided, Outcome) else (yield from decided.carry_out())


def decided_at_once(deciding: Deciding) -> Decision | Outcome | None:
    """What is decided without asking the account anything; None if it has to be asked."""
    try:
        next(deciding)
    except StopIteration as end:
        decided: Decision | Outcome = end.value
        return decided
    deciding.close()
    return None


Same = Callable[[str, Json, Json], bool]  # whether an attribute's current value is as wanted


def value_edits(wanted: Mapping[str, Json], current: Callable[[str], Json], same: Same) -> tuple[Edit, ...]:
    """Those of the wanted values, by attribute, that are not as wanted."""
    edits: list[Edit] = []
    for attribute, value in wanted.items():
        before = current(attribute)
        if not same(attribute, before, value):
            edits.append(Edit(Aspect.VALUE, attribute, before, value))
    return tuple(edits)


def split_custom(values: Mapping[str, Json]) -> tuple[dict[str, Json], dict[str, Json]]:
    """Values by attribute, as those of the record itself and those of custom fields, by the ids of the latter."""
    own = {attribute: value for attribute, value in values.items() if not attribute.startswith(CUSTOM)}
    fields = {a.removeprefix(CUSTOM): value for a, value in values.items() if a.startswith(CUSTOM)}
    return own, fields


def values_after(edits: Iterable[Edit]) -> dict[str, Json]:
    """The values that edits set, by attribute."""
    return {edit.of: edit.after for edit in edits if edit.aspect is Aspect.VALUE}


def of_aspect(edits: Iterable[Edit], aspect: Aspect) -> tuple[Edit, ...]:
    """Those of the edits that are about one aspect."""
    return tuple(edit for edit in edits if edit.aspect is aspect)
