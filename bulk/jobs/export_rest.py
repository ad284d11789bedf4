"""What did not come with the pages of an export: relations where `include` was passed over, custom fields, names."""

from __future__ import annotations

from functools import partial

from bulk.jobs.export_job import Job
from bulk.jobs.export_pointers import Pointers
from bulk.model import Request
from bulk.planning.export import Contacts, Links
from bulk.planning.flow import Asking, combined
from bulk.planning.names import Names
from bulk.planning.naming import read_names
from bulk.planning.page_source import PageData, PageSource, full_page
from bulk.prefetch.collection import read_collections
from bulk.prefetch.records import custom_wanted, read_custom
from bulk.runtime.runner import Runner
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint


async def read_rest(job: Job, runner: Runner, source: PageSource, pointers: Pointers) -> Names:
    """Read what the pages did not bring; the names that the rows need, all of them by now."""
    names = Names() if pointers.names is None else pointers.names
    await _read_apart(job, runner, source, names)
    if custom_wanted(job.checkpoint, job.resource, names):
        await read_custom(runner, job.checkpoint, job.resource)
    await _complete_names(job, runner, source, names)
    await pointers.read_large(runner)
    return names


async def _read_apart(job: Job, runner: Runner, source: PageSource, names: Names) -> None:
    checkpoint = job.checkpoint
    names.unread |= checkpoint.facts(facts.UNREAD)
    if not checkpoint.fact(facts.APART) or checkpoint.fact(facts.APART_READ):
        return
    families = source.beside if isinstance(source, Contacts | Links) else ()
    if not families:
        return
    job.setting.progress.say(f"The account sends no {', '.join(families)} with its contacts; reading them apart.")
    for family, said in zip(families, await runner.ask(combined([_refusal(one) for one in families])), strict=True):
        if said:
            names.unread[family] = said
            checkpoint.note(facts.UNREAD.of(family), said)
    wanted = [family for family in families if family not in names.unread]
    await read_collections(runner, [(partial(full_page, of), partial(_add_relations, checkpoint, of)) for of in wanted])
    checkpoint.note(facts.APART_READ, True)
    await checkpoint.durable()


async def _complete_names(job: Job, runner: Runner, source: PageSource, names: Names) -> None:
    """Learn the names of what was made since the names were read."""
    checkpoint = job.checkpoint
    for identity, name in checkpoint.facts(facts.TAG).items():
        names.book("tags").add(identity, name)
    unknown = set(checkpoint.facts(facts.UNKNOWN))
    if checkpoint.fact(facts.APART):  # the pages did not say which names they need
        unknown |= set(source.families)
        if isinstance(source, Contacts) and "contactTags" in source.beside:
            unknown.add("tags")
    unknown -= set(names.unread)
    if unknown:
        newer = await runner.ask(read_names(unknown, identity=False, optional=unknown))
        names.unread |= newer.unread
        for family in unknown:
            names.books[family] = newer.book(family)


def _refusal(family: str) -> Asking[str]:
    """What the API says if a collection may not be read, "" if it may."""
    request = Request(f"{family} at all", "GET", family, (("limit", "1"),), expects=family, optional=True)
    receipts = yield (request,)
    return receipts[0].error if receipts[0].status in (403, 404) else ""


def _add_relations(checkpoint: Checkpoint, family: str, page: PageData) -> None:
    checkpoint.snapshot.add_relations(family, [record for _identity, record in page.entries])
