"""Several feeds through one engine at once, so that none waits with an idle line for another to end."""

from __future__ import annotations

import math
from dataclasses import replace

from bulk.engine.steps import Step
from bulk.engine.tasks import Task
from bulk.model import Outcome, Receipt
from bulk.runtime.feed import Feed, Waiting
from bulk.storage.checkpoint import Checkpoint


class Feeds:
    """A `Feed` of feeds: a later one fills what those before it leave. Each is told of its own tasks."""

    def __init__(self, *feeds: Feed) -> None:
        self._feeds = list(feeds)
        self._names = {id(feed): str(at) for at, feed in enumerate(feeds)}
        self._origin: dict[Task, Feed] = {}

    def add(self, feed: Feed) -> None:
        """Take one more in, before the others."""
        self._names[id(feed)] = str(len(self._names))
        self._feeds.insert(0, feed)

    def take(self) -> Task | None:
        """Give the next task of the first feed that has one."""
        for feed in self._feeds:
            task = feed.take()
            if task is not None:
                task = replace(task, key=f"{self._names[id(feed)]} {task.key}")
                self._origin[task] = feed
                return task
        return None

    @property
    def again_at(self) -> float:
        """When one of them may have another task although nothing happens."""
        return min((feed.again_at for feed in self._feeds if isinstance(feed, Waiting)), default=math.inf)

    @property
    def done(self) -> bool:
        """Whether all are."""
        return all(feed.done for feed in self._feeds)

    def received(self, step: Step, receipt: Receipt, checkpoint: Checkpoint) -> None:
        """Tell whose it is."""
        self._origin[step.task].received(step, receipt, checkpoint)

    def ended(self, task: Task, outcome: Outcome, checkpoint: Checkpoint) -> None:
        """Tell whose it was."""
        self._origin.pop(task).ended(task, outcome, checkpoint)
