"""Several feeds through one engine at once, so that none waits with an idle line for another to end."""

from __future__ import annotations

import math
from dataclasses import replace

from bulk.engine.steps import Step
from bulk.model import Outcome, Receipt
from bulk.runtime.runner import Feed, Waiting, Work
from bulk.storage.checkpoint import Checkpoint


class Feeds:
    """A `Feed` of feeds: a later one fills what those before it leave. Each is told of its own rows, by its numbers."""

    def __init__(self, *feeds: Feed) -> None:
        self._feeds = list(feeds)
        self._names = {id(feed): str(at) for at, feed in enumerate(feeds)}
        self._origin: dict[int, tuple[Feed, int]] = {}  # our number -> whose it is, and its number there
        self._number = 0

    def add(self, feed: Feed) -> None:
        """Take one more in, before the others."""
        self._names[id(feed)] = str(len(self._names))
        self._feeds.insert(0, feed)

    def take(self) -> Work | None:
        """Give the next row of the first feed that has one."""
        for feed in self._feeds:
            work = feed.take()
            if work is not None:
                self._number += 1
                self._origin[self._number] = feed, work.row
                return replace(work, row=self._number, key=f"{self._names[id(feed)]} {work.key}")
        return None

    @property
    def again_at(self) -> float:
        """When one of them may have another row although nothing happens."""
        return min((feed.again_at for feed in self._feeds if isinstance(feed, Waiting)), default=math.inf)

    @property
    def done(self) -> bool:
        """Whether all are."""
        return all(feed.done for feed in self._feeds)

    def received(self, step: Step, receipt: Receipt, checkpoint: Checkpoint) -> None:
        """Tell whose it is."""
        feed, row = self._origin[step.row]
        feed.received(replace(step, row=row), receipt, checkpoint)

    def ended(self, row: int, outcome: Outcome, checkpoint: Checkpoint) -> None:
        """Tell whose it was."""
        feed, own = self._origin.pop(row)
        feed.ended(own, outcome, checkpoint)
