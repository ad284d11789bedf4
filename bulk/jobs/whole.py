"""Reading a whole collection, side by side, page by page: for the names and values that other records need."""

from __future__ import annotations

from collections.abc import Callable

from bulk.jobs.checkpoint import Checkpoint
from bulk.jobs.runner import Runner, stopped_error
from bulk.jobs.walking import RequestOf, Walking
from bulk.planning.export import PageData
from bulk.planning.offsets import Offsets


async def read_whole(runner: Runner, request: RequestOf, take: Callable[[PageData], None]) -> None:
    """Give every page to `take`; some records may come twice. Raises what hinders it."""

    def on_page(page: PageData, _covered: tuple[int, int], _checkpoint: Checkpoint) -> None:
        take(page)

    walking = Walking(Offsets(None), request, runner.dispatch, on_page)
    await runner.run(walking)
    if walking.error is not None:
        raise walking.error
    if not walking.done:
        raise stopped_error(runner.dispatch)
