"""What was read of the account before the rows of records by themselves, kept in the checkpoint and found by key."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from bulk.engine.dispatch import Dispatch
from bulk.model import Json, Request
from bulk.planning import answers
from bulk.planning.collections import accepted
from bulk.planning.export import CURRENCY_OF, CUSTOM_DATA, PageData, Records, full_page
from bulk.planning.flow import Asking
from bulk.planning.names import Names
from bulk.planning.pages import PAGE, id_of
from bulk.planning.record_keys import key_of_record
from bulk.planning.state import ContactState
from bulk.planning.steps.enrolments import ENROLMENT
from bulk.planning.walk import TOP
from bulk.prefetch.collection import Take, collection_feed, read_collection
from bulk.resources.escapes import escaped
from bulk.resources.identity import address_key
from bulk.resources.spec import CUSTOM, Resource
from bulk.runtime.page_feed import RequestOf, Walking
from bulk.runtime.runner import Runner
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.snapshot import ADDRESSES, PEOPLE, RECORDS


class CheckpointLookup:
    """`planning.writers.Found`, out of a checkpoint."""

    def __init__(self, resource: Resource, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._data = CUSTOM_DATA.get(resource.name)
        self._created: frozenset[str] | None = None  # by rows that an earlier run has left open
        self._claimed: frozenset[str] | None = None  # by rows that have failed since it was not found so

    def contact(self, email: str) -> ContactState | None:
        """The contact of that address, None if it is not there or was not read."""
        return self._under(address_key(escaped(email)))

    def _under(self, key: str) -> ContactState | None:
        current = self._checkpoint.snapshot.known(PEOPLE, [key])
        return ContactState.from_json(current[key]) if key in current else None

    def contact_of(self, identity: str) -> ContactState | None:
        """The contact of that id, None if it is not there or was not read."""
        key = self._checkpoint.snapshot.known(ADDRESSES, [identity]).get(identity)
        return None if key is None else self._under(key)

    def records(self, key: str) -> Sequence[tuple[str, Json]]:
        """Id and kept values of the records of that key, oldest first."""
        ids = [key.removeprefix("id ")] if key.startswith("id ") else self._checkpoint.snapshot.ids_under(key)
        current = self._checkpoint.snapshot.known(RECORDS, ids)
        return [(identity, current[identity] | self._custom(identity)) for identity in ids if identity in current]

    def _custom(self, identity: str) -> dict[str, Json]:
        if self._data is None or not self._checkpoint.fact(facts.CUSTOM_READ):
            return {}
        field = self._data.field
        values = (record for _family, record in self._checkpoint.snapshot.relations_of(int(identity)))
        kept: dict[str, Json] = {}
        for value in values:
            kept[f"{CUSTOM}{value[field]}"] = value.get("fieldValue")
            kept[f"{CURRENCY_OF}{value[field]}"] = value.get("fieldCurrency")
        return kept

    def is_ours(self, identity: str) -> bool:
        """Whether a row of this job ended with that record, or has created it in an earlier run."""
        if identity.startswith(ENROLMENT):
            return self._checkpoint.fact(facts.ENROLMENT.of(identity.removeprefix(ENROLMENT)))
        if self._created is None:
            self._created = self._checkpoint.journal.created_by_open()
        return identity in self._created or self._checkpoint.rows.is_outcome(identity)

    def is_claimed(self, identity: str) -> bool:
        """Whether that is a record of which a row that is sent again has been told that it has created it.

        Only of what was there when all was read: what was acknowledged in vain may be the id of the next record.
        """
        if self._claimed is None:
            self._claimed = frozenset(str(made) for made in self._checkpoint.facts(facts.UNCONFIRMED).values())
        return identity in self._claimed and bool(self._checkpoint.snapshot.known(RECORDS, [identity]))

    @property
    def everybody(self) -> bool:
        """Whether all contacts were read."""
        return self._checkpoint.fact(facts.CONTACTS_READ) and not self._checkpoint.fact(facts.PARTLY)

    @property
    def newest(self) -> int:
        """The highest id when the job began."""
        return self._checkpoint.fact(facts.NEWEST) or 0


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
        await read_custom(runner, checkpoint, resource)
    if checkpoint.fact(facts.NEWEST) is None:
        checkpoint.note(facts.NEWEST, newest)
    checkpoint.note(facts.RECORDS_READ, True)
    await checkpoint.durable()
    checkpoint.note(facts.PAGES_READ, checkpoint.snapshot.pages_of_records(PAGE))


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
