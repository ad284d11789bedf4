"""The addresses of the contacts that records of an export point to: no others, a page of them a request."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from bulk.engine.steps import Step
from bulk.engine.tasks import Task
from bulk.errors import BulkError
from bulk.model import Flow, Json, Outcome, Receipt, Request, RowStatus
from bulk.planning import answers
from bulk.planning.flow import Asking
from bulk.planning.pages.collections import PAGE, accepted
from bulk.storage.checkpoint import Checkpoint


class Addresses:
    """A feed that reads the addresses of contacts, a page of them at a time, while they are being found.

    `wanted` grows meanwhile, and what is asked for is taken out; the last may be fewer, once `all_found`. What cannot
    be had is left out here: it is asked for once more at the end, and then that says why.
    """

    def __init__(self, wanted: list[int], all_read: Callable[[], bool], hold: Callable[[str, str, str], None]) -> None:
        self._wanted = wanted
        self._all_read = all_read
        self._hold = hold

    def take(self) -> Task | None:
        """Ask for the next page of them, once there are enough."""
        if len(self._wanted) < (1 if self._all_read() else PAGE):
            return None
        ids = self._wanted[:PAGE]
        del self._wanted[:PAGE]
        return Task(ids[0], f"contacts {ids[0]}", self._flow(ids))

    def _flow(self, ids: list[int]) -> Flow:
        with contextlib.suppress(BulkError):
            yield from emails(ids, self._hold)
        return Outcome(RowStatus.SUCCEEDED)

    @property
    def done(self) -> bool:
        """Whether all were found and asked for."""
        return self._all_read() and not self._wanted

    def received(self, step: Step, receipt: Receipt, checkpoint: Checkpoint) -> None:
        """The flow keeps what came."""

    def ended(self, task: Task, outcome: Outcome, checkpoint: Checkpoint) -> None:
        """Nothing to do."""


def emails(ids: list[int], hold: Callable[[str, str, str], None]) -> Asking[None]:
    """Read the e-mail addresses of at most a page of contacts."""

    def keep(body: Json) -> Json:
        return [[str(contact["id"]), str(contact.get("email") or "")] for contact in body["contacts"]]

    query = (*(("ids[]", str(identity)) for identity in ids), ("limit", str(PAGE)))
    says = {"id": answers.one_of(map(str, ids))}
    receipts = yield (
        Request(f"contacts {ids[0]}", "GET", "contacts", query, keep=keep, expects="contacts", says=says),
    )
    for identity, email in accepted(receipts[0], "the contacts' addresses"):
        hold("contacts", identity, email)
