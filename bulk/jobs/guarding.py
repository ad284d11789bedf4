"""Keeping those who left a list off it: who they are is read before the rows, and anew while a long job runs.

They are kept in the checkpoint, so memory does not grow with them. Where reading them would cost more than it saves,
and once what was read is too old, each row's contact is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import anyio

from bulk.jobs.checkpoint import Checkpoint
from bulk.jobs.held import ROWS_A_PAGE, STALE
from bulk.model import Flow, Outcome, RowStatus
from bulk.planning.consent import FAMILIES, read_gone
from bulk.planning.together import Asking

ANEW: Final = 0.7 * STALE  # seconds after which it is read anew, early enough to be done in time


class ListGuard:
    """Who left a list of this job or bounced on it, as read by pages into the checkpoint."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._lists: Sequence[str] = ()
        self._subscribing = 0
        self._open = 0
        self._due_at = 0.0
        self._began: dict[int, float] = {}  # turn of reading -> when it began
        self._idle = True  # no turn is under way

    def watch(self, lists: Sequence[str], subscribing: int, rows: int, held_since: float | None) -> None:
        """Say what is to come: so many rows, of which some put somebody on one of `lists`, by their ids.

        `held_since` is when all contacts were read, None if they were not: for a while that says as much.
        """
        self._lists, self._subscribing, self._open = lists, subscribing, rows
        self._due_at = 0.0 if held_since is None else held_since + ANEW

    def row_ended(self) -> None:
        """Say that one row less is to come."""
        self._open -= 1

    def left(self, contact: str) -> Mapping[str, str] | None:
        """The lists of a contact who left one of them or bounced, with their statuses; None: it has to be asked for."""
        turn, lists = self._checkpoint.gone(contact)
        began = self._began.get(turn)  # a turn of an earlier run has none: nobody knows how old it is
        return None if began is None or anyio.current_time() - began >= STALE else lists

    @property
    def is_due(self) -> bool:
        """Whether it is to be read now."""
        worth = 0 < FAMILIES * len(self._lists) <= self._most
        return worth and self._idle and anyio.current_time() >= self._due_at

    @property
    def _most(self) -> int:
        """How many pages are worth reading for the rows to come."""
        return min(self._subscribing, self._open) // ROWS_A_PAGE

    def reading(self) -> Asking[None]:
        """Read who is gone; what was read before counts until this is done."""
        began = anyio.current_time()
        turn = self._checkpoint.gone("")[0] + 1

        def hold(contact: str, lists: Mapping[str, str]) -> None:
            self._checkpoint.add_gone(turn, contact, lists)

        self._idle, self._due_at = False, began + ANEW
        if (yield from read_gone(self._lists, self._most, hold)):
            self._began[turn] = began
            self._checkpoint.end_gone(turn)
        self._idle = True

    def flow(self) -> Flow:
        """The reading as a flow of its own, to go beside the rows."""
        yield from self.reading()
        return Outcome(RowStatus.SUCCEEDED)
