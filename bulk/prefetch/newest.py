"""The newest contact when a job began: whom its rows have made is told by that."""

from __future__ import annotations

from bulk.model import Json, Request
from bulk.planning import answers
from bulk.planning.flow import Asking
from bulk.planning.pages.collections import accepted
from bulk.planning.pages.ends import id_of
from bulk.planning.pages.keyset import TOP
from bulk.runtime.runner import Runner
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint


async def read_newest(runner: Runner, checkpoint: Checkpoint) -> None:
    """Learn the highest id of a contact before the first is created: what is not above it is none of ours."""
    if checkpoint.fact(facts.NEWEST) is not None or checkpoint.journal.has_begun():
        return
    checkpoint.note(facts.NEWEST, await runner.ask(_newest_contact()))
    await checkpoint.durable()


def _newest_contact() -> Asking[int]:
    query = (("orders[id]", "DESC"), ("limit", "2"))  # two of them show that the order was heeded

    def keep(body: Json) -> Json:
        return max((id_of(contact) for contact in body["contacts"]), default=0)

    says = answers.page(TOP, upwards=False)
    receipts = yield (Request("newest", "GET", "contacts", query, keep=keep, expects="contacts", says=says),)
    return int(accepted(receipts[0], "the account's contacts"))


async def read_highest(runner: Runner, checkpoint: Checkpoint) -> None:
    """Make sure of the highest id of a contact: whose id is above it is new, whatever an answer says of it.

    It is not sure where the account has somebody above it, or passes over the bound and shows somebody else.
    """
    await read_newest(runner, checkpoint)
    newest = checkpoint.fact(facts.NEWEST)
    if newest is None or checkpoint.fact(facts.HIGHEST) is not None or checkpoint.journal.has_begun():
        return
    if await runner.ask(_nobody_above(newest)):
        checkpoint.note(facts.HIGHEST, newest)
        await checkpoint.durable()


def _nobody_above(newest: int) -> Asking[bool]:
    query = (("id_greater", str(newest)), ("limit", "1"))
    keep = lambda body: len(body["contacts"])  # noqa: E731
    receipts = yield (Request("above the newest", "GET", "contacts", query, keep=keep, expects="contacts"),)
    return receipts[0].ok and not receipts[0].data
