"""Telling where a job stands while its rows are sent, or its pages read."""

from __future__ import annotations

from collections import Counter
from typing import Final, Protocol

import anyio
import anyio.to_thread

from bulk.engine.dispatch import Dispatch
from bulk.jobs.survey import Survey
from bulk.model import RowStatus
from bulk.planning.page_source import PageWalk
from bulk.runtime.progress import READING, SENDING, UNDOING, Progress, Snapshot
from bulk.runtime.runner import Runner

TELL_EVERY: Final = 0.5  # seconds between two looks at where the job stands


class Counting(Protocol):
    """Who counts the rows that have ended, by status."""

    @property
    def counts(self) -> Counter[str]:
        """By status."""

    @property
    def failed(self) -> int:
        """How many failed or are in doubt."""


async def telling_progress(
    progress: Progress, rows: Counting, needs: Survey, runner: Runner, phase: str = SENDING
) -> None:
    """Tell where the job stands, again and again."""
    while True:
        progress.update(where_it_stands(rows, needs, runner, phase))
        await anyio.sleep(TELL_EVERY)


def where_it_stands(rows: Counting, needs: Survey, runner: Runner, phase: str = SENDING) -> Snapshot:
    """Where the job stands."""
    dispatch = runner.dispatch
    in_doubt = rows.counts[RowStatus.IN_DOUBT.value]
    failed = rows.failed - in_doubt + rows.counts[RowStatus.REJECTED.value]
    return Snapshot(
        phase, rows.counts.total(), needs.rows, failed, in_doubt,
        dispatch.requests, _paused_for(dispatch),
    )  # fmt: skip


async def telling_lines(progress: Progress, counts: Counter[str], total: int, runner: Runner) -> None:
    """Tell how many lines of an undo have ended, again and again and at the end; `counts` has them by status."""
    dispatch = runner.dispatch

    def tell() -> None:
        failed, in_doubt = counts[RowStatus.FAILED.value], counts[RowStatus.IN_DOUBT.value]
        paused = _paused_for(dispatch)
        progress.update(
            Snapshot(UNDOING, counts.total(), total, failed, in_doubt, dispatch.requests, paused, what="lines")
        )

    try:
        while True:
            tell()
            await anyio.sleep(TELL_EVERY)
    finally:
        tell()  # how they stand at the end


async def telling_pages(progress: Progress, walk: PageWalk, what: str, runner: Runner) -> None:
    """Tell how many of `what` are read, again and again."""
    dispatch = runner.dispatch
    while True:
        paused = _paused_for(dispatch)
        progress.update(
            Snapshot(READING, walk.count, walk.total, requests=dispatch.requests, paused_for=paused, what=what)
        )
        await anyio.sleep(TELL_EVERY)


def _paused_for(dispatch: Dispatch) -> float:
    """The seconds for which nothing more is sent; 0.0 of a job that goes on."""
    return max(0.0, dispatch.line.pauses.until - anyio.current_time())
