"""Reading a whole collection, side by side, page by page: for the names and values that other records need."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bulk.engine.dispatch import Dispatch
from bulk.planning.page_source import PageData
from bulk.planning.pages.offset import Offsets
from bulk.runtime.feeds import Feeds
from bulk.runtime.page_feed import RequestOf, Walking
from bulk.runtime.questions import stopped_error
from bulk.runtime.runner import Runner
from bulk.storage.checkpoint import Checkpoint

Take = Callable[[PageData], None]


def collection_feed(dispatch: Dispatch, request: RequestOf, take: Take, *, patient: bool = False) -> Walking:
    """The feed that gives every page of a collection to `take`; some records may come twice."""

    def on_page(page: PageData, _covered: tuple[int, int], _checkpoint: Checkpoint) -> None:
        take(page)

    return Walking(Offsets(None), request, dispatch, on_page, patient=patient)


async def read_collection(runner: Runner, request: RequestOf, take: Take) -> None:
    """Give every page of a collection to `take`; some records may come twice. Raises what hinders it."""
    await read_collections(runner, [(request, take)])


async def read_collections(runner: Runner, several: Sequence[tuple[RequestOf, Take]]) -> None:
    """Read several collections side by side, each given to its `take`. Raises what hinders it."""
    feeds = [collection_feed(runner.dispatch, request, take) for request, take in several]
    await runner.run(Feeds(*feeds))
    for feed in feeds:
        if feed.error is not None:
            raise feed.error
    if not all(feed.done for feed in feeds):
        raise stopped_error(runner.dispatch)
