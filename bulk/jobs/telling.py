"""Telling where a job stands while its rows are sent."""

from __future__ import annotations

from typing import Final

import anyio
import anyio.to_thread

from bulk.jobs.rows import Rows
from bulk.jobs.survey import Survey
from bulk.model import RowStatus
from bulk.runtime.progress import Progress, Snapshot
from bulk.runtime.runner import Runner

TELL_EVERY: Final = 0.5  # seconds between two looks at where the job stands


async def telling_progress(progress: Progress, rows: Rows, needs: Survey, runner: Runner) -> None:
    """Tell where the job stands, again and again."""
    while True:
        progress.update(where_it_stands(rows, needs, runner))
        await anyio.sleep(TELL_EVERY)


def where_it_stands(rows: Rows, needs: Survey, runner: Runner) -> Snapshot:
    """Where the job stands."""
    dispatch = runner.dispatch
    in_doubt = rows.counts[RowStatus.IN_DOUBT.value]
    failed = rows.failed - in_doubt + rows.counts[RowStatus.REJECTED.value]
    return Snapshot(
        "sending", rows.counts.total(), needs.rows, failed, in_doubt,
        dispatch.requests, max(0.0, dispatch.line.pauses.until - anyio.current_time()),
    )  # fmt: skip
