"""What an undo knows of what its own lines have done: records that they have made, lists that they took people off.

Asks nobody. Ids of one resource say nothing of another's, and the lines of an undo may be about many: each resource has
its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from bulk.model import Aspect, Edit, Json, RowStatus
from bulk.planning.changes import CREATED
from bulk.planning.names import Names
from bulk.planning.state import ContactState
from bulk.planning.undo.reversals import Reversal
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class LinesLookup:
    """`planning.writers.Lookup` of the lines of one resource: `newest` and the ids of what they have made so far."""

    newest: int
    made: AbstractSet[str]

    def contact(self, _email: str) -> ContactState | None:
        """Nobody was read before."""
        return None

    def contact_of(self, _identity: str) -> ContactState | None:
        """Nobody was read before."""
        return None

    def records(self, _key: str) -> Sequence[tuple[str, Json]]:
        """Nothing was read before."""
        return ()

    def is_ours(self, identity: str) -> bool:
        """Whether a line of this resource has made that record."""
        return identity in self.made

    def is_claimed(self, _identity: str) -> bool:
        """A line changes the record that it names, and no other."""
        return False

    @property
    def everybody(self) -> bool:
        """Nobody was read before."""
        return False


def lookup_of(resource: str, lines: tuple[int, int], checkpoint: Checkpoint, names: Names) -> LinesLookup:
    """The lookup of the `lines` of a resource, from the first to the last, of which none is under way.

    What is made from now on has a higher id than all that was there before: that of the highest is noted once.
    """
    first, last = lines
    made = {row.outcome.id for row in checkpoint.rows.settled_rows(lines) if row.outcome.action == CREATED}
    opened = checkpoint.journal.made_by_open()
    made |= {identity for number, identity in opened.items() if first <= number <= last}
    newest = checkpoint.fact(facts.NEWEST_OF.of(resource))
    if newest is None:
        begun = checkpoint.rows.settled_between(first, last) or checkpoint.journal.open_between(first, last)
        newest = max(_known(checkpoint, lines, () if begun else names.book(resource).records))
        checkpoint.note(facts.NEWEST_OF.of(resource), newest)
    return LinesLookup(newest, made)


def _known(checkpoint: Checkpoint, lines: tuple[int, int], records: Iterable[str]) -> Iterator[int]:
    """Ids that there are, or were before the undo began."""
    yield 0
    yield from (int(identity) for identity in records if identity.isdecimal())
    yield from (
        int(reversal.record) for _number, reversal in _reversals(checkpoint, lines) if reversal.record.isdecimal()
    )


def leaving(checkpoint: Checkpoint, lines: tuple[int, int]) -> dict[str, list[Edit]]:
    """The contacts that go as a whole after other lines about them, and how such lines have left them with lists.

    Who was off a list before its line is not among that: they have left by themselves.
    """
    others: dict[str, list[tuple[int, Edit]]] = {}
    for number, reversal in _reversals(checkpoint, lines):
        if reversal.edit.aspect is not Aspect.RECORD:
            of_contact = others.setdefault(reversal.record, [])
            if reversal.edit.aspect is Aspect.LIST:
                of_contact.append((number, reversal.edit))
    if not others:
        return {}
    ended = checkpoint.rows.settled_between(*lines)
    return {
        reversal.record: [edit for number, edit in others[reversal.record] if ended.get(number) is RowStatus.SUCCEEDED]
        for _number, reversal in _reversals(checkpoint, lines)
        if reversal.edit.aspect is Aspect.RECORD and reversal.edit.after is None and reversal.record in others
    }


def _reversals(checkpoint: Checkpoint, lines: tuple[int, int]) -> Iterator[tuple[int, Reversal]]:
    return ((number, Reversal.from_json(data)) for number, data in checkpoint.undoing.between(*lines))
