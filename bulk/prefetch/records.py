"""Reading all records of a resource before the rows, so that each row knows what is there."""

from __future__ import annotations

from functools import partial

from bulk.engine.dispatch import Dispatch
from bulk.planning.export import Records
from bulk.planning.kept_records import CUSTOM_DATA
from bulk.planning.names import Names
from bulk.planning.page_source import PageData, full_page
from bulk.planning.pages.ends import PAGE
from bulk.planning.record_keys import key_of_record
from bulk.prefetch.collection import Take, collection_feed, read_collection
from bulk.resources.spec import Resource
from bulk.runtime.page_feed import RequestOf, Walking
from bulk.runtime.runner import Runner
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.snapshot import RECORDS


async def read_records(
    runner: Runner, checkpoint: Checkpoint, resource: Resource, names: Names, key: tuple[str, ...]
) -> None:
    """Read all records of a resource, so that each row knows what is there.

    A resume has forgotten what an earlier run read, and reads anew: somebody may have made what is missing since.
    Raises what makes the job impossible to begin.
    """
    if checkpoint.fact(facts.RECORDS_READ):
        return
    newest = 0

    def on_page(page: PageData) -> None:
        nonlocal newest
        for identity, kept in page.entries:
            newest = max(newest, identity)
            checkpoint.snapshot.hold(RECORDS, str(identity), kept)
            checkpoint.snapshot.hold_under(key_of_record(resource, kept, key), identity)

    await read_collection(runner, Records(resource, ()).request, on_page)
    data = CUSTOM_DATA.get(resource.name)
    if data is not None and names.fields:
        before = runner.dispatch.requests
        await read_custom(runner, checkpoint, resource)
        checkpoint.note(facts.CUSTOM_PAGES, runner.dispatch.requests - before)
    if checkpoint.fact(facts.NEWEST) is None:
        checkpoint.note(facts.NEWEST, newest)
    checkpoint.note(facts.RECORDS_READ, True)
    await checkpoint.durable()
    checkpoint.note(facts.PAGES_READ, checkpoint.snapshot.pages_of_records(PAGE))


def custom_wanted(checkpoint: Checkpoint, resource: Resource, names: Names) -> bool:
    """Whether the values of its custom fields come in a collection of their own, and are not read yet."""
    return resource.name in CUSTOM_DATA and bool(names.fields) and not checkpoint.fact(facts.CUSTOM_READ)


async def read_custom(runner: Runner, checkpoint: Checkpoint, resource: Resource) -> None:
    """Read the values of the custom fields of deals or accounts, which come in a collection of their own."""
    await read_collection(runner, *_custom(checkpoint, resource))
    checkpoint.note(facts.CUSTOM_READ, True)
    await checkpoint.durable()


def walking_custom(dispatch: Dispatch, checkpoint: Checkpoint, resource: Resource) -> Walking:
    """The feed that reads them beside something else."""
    return collection_feed(dispatch, *_custom(checkpoint, resource), patient=True)


def _custom(checkpoint: Checkpoint, resource: Resource) -> tuple[RequestOf, Take]:
    """How a page of them is asked for, and what becomes of it."""
    data = CUSTOM_DATA[resource.name]

    def take(page: PageData) -> None:
        checkpoint.snapshot.add_relations(data.path, [record for _identity, record in page.entries], data.owner)

    return partial(full_page, data.path), take
