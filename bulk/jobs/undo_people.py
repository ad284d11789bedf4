"""The contacts of the next lines of an undo, read a hundred a request: how they stand decides for a short while."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice

import anyio

from bulk.engine.tasks import Role, Task
from bulk.jobs.apply_cost import NOT_OLD
from bulk.model import Aspect, Flow, Outcome, RowStatus
from bulk.planning.flow import Asking
from bulk.planning.pages.ends import PAGE
from bulk.planning.read_back import DEALS, NotRead, read_contacts
from bulk.planning.state import RELATIONS, ContactState
from bulk.planning.undo.reversals import Reversal


def is_read_before(reversal: Reversal) -> bool:
    """Whether a line goes by how its contact was read with others: one is there, unless it is made anew."""
    return reversal.edit.aspect is not Aspect.RECORD or reversal.edit.after is None


def addresses_of(ids: Iterable[str]) -> Asking[dict[str, str]]:
    """The addresses of a few contacts, to tell people whom a line is about; who cannot be read is not among them."""
    seen = yield from read_contacts(list(dict.fromkeys(ids)), ())
    states = {of: one.state for of, one in seen.items() if not isinstance(one, NotRead)}
    return {of: state.attributes.get("email", "") for of, state in states.items() if state is not None}


@dataclass(slots=True)
class PeopleSeen:
    """How contacts were when they were read last, None of one that is gone or was not read; and their deals."""

    deals: dict[str, AbstractSet[str] | None] = field(default_factory=dict)
    _states: dict[str, ContactState | None] = field(default_factory=dict)
    _since: float = 0.0
    _moved: set[str] = field(default_factory=set)  # of whose accounts a line was given, which may be under way
    _reading: bool = False

    def knows(self, record: str) -> bool:
        """Whether a contact was read, not long ago."""
        return record in self._states and anyio.current_time() - self._since < NOT_OLD

    def state_for(self, reversal: Reversal) -> ContactState | None:
        """How the contact of a line is, as far as that line looks at it; None: it is to be read by itself.

        A place in one account hangs on those in others, which an earlier line may change.
        """
        return None if self.given(reversal) else self._states.get(reversal.record)

    def given(self, reversal: Reversal) -> bool:
        """Note that a line is given; whether one before it may change what it looks at."""
        if reversal.edit.aspect is not Aspect.ACCOUNT:
            return False
        moved = reversal.record in self._moved
        self._moved.add(reversal.record)
        return moved

    def read(self, lines: Iterable[Reversal]) -> Generator[Task | None]:
        """Read the contacts of the next lines, a hundred of them at most; None while that is under way."""
        own = [line for line in lines if is_read_before(line)]
        ids = list(islice(dict.fromkeys(line.record for line in own), PAGE))
        deletes = any(line.edit.aspect is Aspect.RECORD for line in own)
        self._states = dict.fromkeys(ids)
        self.deals.clear()
        self._since, self._reading = anyio.current_time(), True
        if len(ids) > 1:  # one alone is read with its line
            yield Task(1, "reading anew", self._flow(ids, deletes=deletes), Role.QUESTION)
            while self._reading:
                yield None

    def _flow(self, ids: list[str], *, deletes: bool) -> Flow:
        try:
            seen = yield from read_contacts(ids, (*RELATIONS, DEALS) if deletes else RELATIONS)
            told = {of: one for of, one in seen.items() if not isinstance(one, NotRead)}
            self._states |= {of: one.state for of, one in told.items()}
            self.deals |= {of: one.deals for of, one in told.items()}
        finally:
            self._reading = False
        return Outcome(RowStatus.SUCCEEDED)
