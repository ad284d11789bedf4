"""Reading what the account holds before an import, where that saves requests: rows that would change nothing cost none.

Worth it while the account's pages are few beside the rows: every row that is found unchanged saves a request or more.
"""

# hub: pages of contacts on their way into the checkpoint: what asks, what runs and what keeps meet
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Final

import anyio

from bulk.errors import AbortedError
from bulk.files.matching import without_address
from bulk.model import Json
from bulk.planning.export import contacts_request, request_for
from bulk.planning.flow import Asking, combined
from bulk.planning.page_source import PageData
from bulk.planning.pages.collections import PAGE, accepted
from bulk.planning.pages.keyset import Ask, Walk
from bulk.planning.state import ContactState
from bulk.resources.contacts import CONTACTS
from bulk.resources.escapes import escaped
from bulk.resources.identity import address_key
from bulk.runtime.page_feed import OnPage, Walking
from bulk.runtime.runner import Runner
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.snapshot import ADDRESSES, ALIKE, PEOPLE

ROWS_A_PAGE: Final = 4  # pages are read if the job has at least so many rows for each of them
LOOKED_UP: Final = 1  # the same where each row of somebody unknown would have to be looked up
STALE: Final = 600.0  # seconds after which what the account held does not say who is on a list already
_AT_ONCE: Final = 10  # pages asked for side by side
_DOUBTS: Final = 3  # how often an account is asked again that says it holds somebody and shows nobody
Hold = Callable[[Checkpoint, str, Json], None]  # holds a contact of that id in that state under what it is sought by


def by_email(checkpoint: Checkpoint, identity: str, state: Json) -> None:
    """Hold a contact under its e-mail address as a key; without one, under what stands for it."""
    key = _key(state, identity)
    checkpoint.snapshot.hold(PEOPLE, key, state)
    hold_alike(checkpoint, key)


def by_id(checkpoint: Checkpoint, identity: str, state: Json) -> None:
    """Hold a contact under its id."""
    checkpoint.snapshot.hold(PEOPLE, identity, state)


def by_email_or_id(checkpoint: Checkpoint, identity: str, state: Json) -> None:
    """Hold a contact under its e-mail address, and under its id where to find it."""
    key = _key(state, identity)
    checkpoint.snapshot.hold(PEOPLE, key, state)
    checkpoint.snapshot.hold(ADDRESSES, identity, key)
    hold_alike(checkpoint, key)


def by_both(checkpoint: Checkpoint, identity: str, state: Json) -> None:
    """Hold a contact under its e-mail address and under its id: rows may go by either."""
    by_email_or_id(checkpoint, identity, state)
    by_id(checkpoint, identity, state)


def hold_alike(checkpoint: Checkpoint, email: str) -> None:
    """Hold that there is somebody whose address is not plain, under all that a database might take for it."""
    if not email.isascii():
        checkpoint.snapshot.hold(ALIKE, email, True)


async def hold_all_alike(checkpoint: Checkpoint, emails: Iterable[str]) -> None:
    """Hold that there may be such people soon, for a job is about to make them."""
    for email in emails:
        hold_alike(checkpoint, email)
    await checkpoint.durable()


def _key(state: Json, identity: str) -> str:
    email = ContactState.from_json(state).attributes.get("email", "")
    return address_key(escaped(email) or without_address(identity))


async def read_snapshot(
    runner: Runner,
    checkpoint: Checkpoint,
    rows: int,
    *,
    resumed: bool,
    hold: Hold = by_email,
    a_page: int = ROWS_A_PAGE,
) -> float | None:
    """Read the account's contacts into the checkpoint if it is worth it; when that was done, None if it was not.

    It is with `a_page` rows for each page. Each contact's state is held as `hold` does it. Raises what makes the job
    impossible to begin.
    """
    began = anyio.current_time()
    if resumed:  # what an earlier run read still says what need not be sent, but not who may be subscribed
        return began - STALE if checkpoint.fact(facts.CONTACTS_READ) else None
    if rows < ROWS_A_PAGE:
        return None
    walk = Walk(total=None)
    first = walk.claim()
    if first is None:
        return None
    page = await runner.ask(_first_page(first))
    for _again in range(_DOUBTS):
        if page.ids or not page.total:
            break
        page = await runner.ask(_first_page(first))
    if page.missing or page.total is None or page.total / PAGE * a_page > rows:
        return None
    walk.take(first, page.ids, page.total)
    newest = [0]
    on_page = partial(_hold_page, hold, newest)
    on_page(page, (0, 0), checkpoint)
    if not await _read_on(runner, walk, on_page):  # interrupted, and the rows will not begin either; or without use
        return None
    if walk.count < (walk.least or 0):  # people were deleted meanwhile, or a page came empty that was not
        page = await runner.ask(_first_page(first))
        if walk.count < min(walk.least or 0, page.total or 0):
            checkpoint.note(facts.PARTLY, True)
    sure = newest[0] > 0 or not page.total  # nobody is there only if that is said
    if sure and checkpoint.fact(facts.NEWEST) is None and not checkpoint.journal.has_begun():
        checkpoint.note(facts.NEWEST, newest[0])  # whom a send has made whose answer was lost is told by it
    checkpoint.note(facts.CONTACTS_READ, True)
    await checkpoint.durable()
    return began


async def read_named(runner: Runner, checkpoint: Checkpoint, ids: Iterable[str], hold: Hold) -> float | None:
    """Read those of the account's contacts whose ids the rows say, a hundred a request; when that began, None: no ids.

    It is for few rows of a large account, most often out of an export. Nothing is concluded from who is not found: the
    ids may be another account's. What cannot be read is not known.
    """
    began, read = anyio.current_time(), 0
    ids = iter(ids)
    while batch := list(islice(ids, _AT_ONCE * PAGE)):
        chunks = [batch[at : at + PAGE] for at in range(0, len(batch), PAGE)]
        for page in await runner.ask(combined([_named(chunk) for chunk in chunks])):
            if page is not None:
                _hold_page(hold, [], page, (0, 0), checkpoint)
        read += len(batch)
    if not read:
        return None
    checkpoint.note(facts.PARTLY, True)
    checkpoint.note(facts.CONTACTS_READ, True)
    await checkpoint.durable()
    return began


def _named(ids: Sequence[str]) -> Asking[PageData | None]:
    request = replace(request_for(CONTACTS, ids), step=f"contacts {ids[0]}")  # asked for beside others
    receipts = yield (request,)
    return receipts[0].data if receipts[0].ok else None


async def _read_on(runner: Runner, walk: Walk, on_page: OnPage) -> bool:
    """Read the rest of the pages; whether all are read."""
    walking = Walking(walk, contacts_request, runner.dispatch, on_page)
    usable = True
    try:
        await runner.run(walking)
    except* AbortedError:  # pages that begin elsewhere than asked: then each row is sent without knowing
        usable = False
    if walking.error is not None:
        raise walking.error
    return usable and walk.done


def _first_page(ask: Ask) -> Asking[PageData]:
    receipts = yield (contacts_request(ask),)
    page: PageData = accepted(receipts[0], "the account's contacts")
    return page


def _hold_page(
    hold: Hold, newest: list[int], page: PageData, _covered: tuple[int, int], checkpoint: Checkpoint
) -> None:
    newest[:] = [max([*newest, *page.ids])] if page.ids else newest
    if page.missing:
        checkpoint.note(facts.PARTLY, True)
        return  # without its relations a contact is better not known than half known
    for identity, (_kept, state) in page.entries:
        hold(checkpoint, str(identity), state)
