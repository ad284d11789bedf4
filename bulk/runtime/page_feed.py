"""The feed that reads all pages of one resource, as its walk says. What becomes of a page is the caller's."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import anyio

from bulk.engine.dispatch import Dispatch
from bulk.engine.steps import Step
from bulk.engine.tasks import Task
from bulk.errors import AbortedError, BulkError, UnfinishedError
from bulk.model import ANOTHER_RECORD, Outcome, Receipt, Request
from bulk.planning.page_source import PageData, page_flow
from bulk.planning.pages.keyset import Ask, Walk
from bulk.planning.pages.offset import OffsetAsk, Offsets
from bulk.storage.checkpoint import Checkpoint

SLOW: Final = 0.35  # seconds without the first page, after which more are asked for without knowing of any
OnPage = Callable[[PageData, tuple[int, int], Checkpoint], None]
RequestOf = Callable[[Ask | OffsetAsk], Request]


class UnreadPageError(UnfinishedError):
    """A page cannot be had although other requests are answered."""


@dataclass(slots=True)
class _Asked:
    ask: Ask | OffsetAsk
    failed: str = ""


class Walking:
    """A `Feed` of pages.

    `request` makes the request for one. `on_page` is given each page that read something, with the range that it
    covers: of ids, or of offsets.

    `again_at` is when it may have another page although nothing has happened; `patient`: never, the first page is
    waited for. `error` is set, and the engine stopped, when a page cannot be had although others can.
    """

    def __init__(
        self, walk: Walk | Offsets, request: RequestOf, dispatch: Dispatch, on_page: OnPage, *, patient: bool = False
    ) -> None:
        self.walk = walk
        self._patient = patient
        self.error: BulkError | None = None
        self.again_at = math.inf
        self._request = request
        self._dispatch = dispatch
        self._on_page = on_page
        self._asked: dict[int, _Asked] = {}
        self._number = 0

    def take(self) -> Task | None:
        """Give the next page; at the last moment, when it can be sent, for then most is known about where to read."""
        if self._dispatch.holds_ready or len(self._asked) >= self._dispatch.line.needed:
            return None
        blind = isinstance(self.walk, Offsets) and self.walk.blind
        if blind and (self._patient or anyio.current_time() < self.again_at):
            return None
        ask = self.walk.claim()
        if ask is None:
            return None
        if self._number == 0 and not self._patient:
            self.again_at = anyio.current_time() + SLOW
        self._number += 1
        self._asked[self._number] = _Asked(ask)
        return Task(self._number, f"page {self._number}", page_flow(self._request(ask)))

    @property
    def done(self) -> bool:
        """Whether everything is read."""
        return self.walk.done

    def received(self, step: Step, receipt: Receipt, checkpoint: Checkpoint) -> None:
        """Note a page."""
        asked = self._asked[step.task.id]
        if receipt.code == ANOTHER_RECORD:  # it would not give what is asked for another time either
            raise AbortedError("records_not_asked_for", page=asked.ask.name)
        if not receipt.ok:
            asked.failed = receipt.error
            return
        page: PageData = receipt.data
        covered = self.walk.take(asked.ask, page.ids, page.total)  # type: ignore[arg-type]  # of the walk's own kind
        if covered is not None:
            self._on_page(page, covered, checkpoint)

    def ended(self, task: Task, _outcome: Outcome, _checkpoint: Checkpoint) -> None:
        """Stop if a page failed: without it the file would be short."""
        asked = self._asked.pop(task.id)
        if asked.failed and not self.walk.done:
            self.walk.release(asked.ask)  # type: ignore[arg-type]  # of the walk's own kind
            self.error = UnreadPageError("page_unread", reason=asked.failed)
            self._dispatch.stop()
