"""How much of an account will be deleted, and of people, how they stand: counted as they come by, said before it is.

An import and a plan count alike, so that who is asked is told the same. Asks nobody itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from bulk.planning.consent import SUBSCRIBED, UNSUBSCRIBED
from bulk.resources import named
from bulk.resources.spec import Column, Resource, Writing
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.wording import agreeing, counted

FORGOTTEN: Final = (
    "ActiveCampaign forgets with a contact all that it had, also that they unsubscribed or bounced:",
    "who is added again later can be subscribed as if they had never left.",
)


@dataclass(slots=True)
class GoingCounts:
    """How many records go; of contacts, how many have left a list, and how many are subscribed to one."""

    records: int = 0
    left: int = 0
    subscribed: int = 0

    def add(self, statuses: Collection[str] = ()) -> None:
        """Count one record in; of a contact, by how they stand on each list."""
        self.records += 1
        self.left += UNSUBSCRIBED in statuses
        self.subscribed += SUBSCRIBED in statuses

    def note(self, checkpoint: Checkpoint) -> None:
        """Keep them with the plan."""
        checkpoint.note(facts.GOING, (self.records, self.left, self.subscribed))

    @classmethod
    def noted(cls, checkpoint: Checkpoint) -> Self:
        """Those that were kept."""
        return cls(*checkpoint.fact(facts.GOING))

    def to_json(self) -> dict[str, int]:
        """The counts as `plan.json` has them."""
        return asdict(self)

    @classmethod
    def of_plan(cls, plan: Mapping[str, Any]) -> Self:
        """Those of a plan, or of one of its parts; an earlier version has counted no people."""
        if "deletes" in plan:
            return cls(**plan["deletes"])
        missing = plan.get("delete_missing", {})
        return cls(plan["rows"].get("delete", 0) + missing.get("delete", 0))


def what_goes(resource: Resource, counts: GoingCounts) -> str:
    """How many of what, as it is said."""
    return counted(counts.records, resource.singular)


def called(resource: Resource, columns: Sequence[Column], cells: Sequence[str]) -> str:
    """What a person knows a record by, of its cells in an export: what links is known by both its ends."""
    names = [cell for column, cell in zip(columns, cells, strict=True) if column.names and cell]
    if resource.writing is Writing.LINK and names:
        return " · ".join(names)
    return next((cell for cell in cells[1:] if cell), cells[0])


def becomes(resource: Resource) -> str:
    """What becomes of records that go: those that cannot be deleted are ended otherwise."""
    return "DELETED in the account" if "delete" in resource.modes else "UNSUBSCRIBED"


def said_of_people(resource: Resource, counts: GoingCounts) -> Iterator[str]:
    """What is to be known of people before they are deleted."""
    if resource.writing is not Writing.CONTACT:
        return
    if told := _standing(counts):
        yield f"Of these, {told}."
    yield from FORGOTTEN


def forgotten_by_plan(plan: Mapping[str, Any]) -> Sequence[str]:
    """What is to be known before a plan, as `plan.json` has it, is carried out that deletes people."""
    parts = plan.get("resources") or {plan["resource"]: plan}
    people = [part for name, part in parts.items() if named(name).writing is Writing.CONTACT]
    return FORGOTTEN if any(GoingCounts.of_plan(part).records for part in people) else ()


def said_of_plan(plan: Mapping[str, Any]) -> str:
    """What a plan, as `plan.json` has it, takes away, as what it does; "" where that is nothing."""
    parts = plan.get("resources") or {plan["resource"]: plan}
    said: list[str] = []
    for name, part in parts.items():
        counts, resource = GoingCounts.of_plan(part), named(name)
        if counts.records:
            verb = "deletes" if "delete" in resource.modes else "unsubscribes"
            told = f"{verb} {what_goes(resource, counts)}"
            said.append(f"{told} ({stand})" if (stand := _standing(counts)) else told)
    return ", ".join(said)


def _standing(counts: GoingCounts) -> str:
    """How the people stand who go; "" where none has left a list, and none is on one."""
    left = f"{counts.left:,} unsubscribed from a list" if counts.left else ""
    which = "one" if counts.left else "a list"
    on = f"{counts.subscribed:,} {agreeing(counts.subscribed, 'is', 'are')} subscribed to {which}"
    return " and ".join(filter(None, (left, on if counts.subscribed else "")))
