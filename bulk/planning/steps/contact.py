"""Writing a contact itself: created, changed, synced or deleted, each by a small generator of requests.

They carry out what `rows.contact` has decided. A send that may not be repeated is settled by reading.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from bulk.model import ANOTHER_RECORD, Edit, Edits, Failure, Flow, Json, Outcome, Receipt, Request, RowStatus, Verdict
from bulk.planning import answers
from bulk.planning.address_lookup import OTHER_ADDRESS, look_up_contact
from bulk.planning.changes import CREATED, DELETED, UNCHANGED, UPDATED, split_custom, values_after
from bulk.planning.contact_changes import Contact
from bulk.planning.contact_wants import Wanted
from bulk.planning.differences import GONE
from bulk.planning.flow import Asking
from bulk.planning.pages.collections import read_list
from bulk.planning.pages.ends import id_of
from bulk.planning.settling import Nothing, deleted, settled
from bulk.planning.state import has_bounced
from bulk.planning.steps.contact_links import Done
from bulk.planning.writers import Known
from bulk.resources.spec import Column

DELETE: Final = "delete"
CONTACT: Final = "contact"  # the step that writes the contact itself
BY_ID: Final = "contact by id"  # the same, where the answer to the first was about somebody else
REPAIR: Final = "repair"  # the step that writes it once more, where the row has made it before
LOOK_FIRST: Final = "look up"  # the step that asks whose an address is

Written = Contact | Done  # the latter: it was not written, or may not have been


class Way(Enum):
    """By which request a contact is written."""

    SYNC = "sync"  # to its address: made if there is none
    NEW = "new"  # made, and refused if there is one
    BY_ID = "by id"  # changed, by its id
    REPAIR = "repair"  # likewise, by the id of what this row has made before


@dataclass(frozen=True, slots=True)
class Write:
    """A contact to be written: what the row wants, and what of that is sent."""

    way: Way
    record: str  # its id, "" where the address says whose it is
    wanted: Wanted
    edits: tuple[Edit, ...]
    columns: Sequence[Column]
    known: Known
    overwrites: Edits | None = None  # the edits, where it is known what was there before

    @property
    def body(self) -> Json:
        """The contact as it is sent: its address, if the row has one, and what is to be set."""
        email = {"email": self.wanted.email} if "email" in self.wanted.values else {}
        attributes, fields = split_custom(values_after(self.edits))
        contact = {**email, **attributes}
        if fields:
            contact["fieldValues"] = [{"field": identity, "value": value} for identity, value in fields.items()]
        return {"contact": contact}

    @property
    def says(self) -> dict[str, Json]:
        """What an answer must say to speak of the row's contact."""
        says: dict[str, Json] = {"id": self.record} if self.record else {}
        return says | ({"email": answers.address(self.wanted.email)} if self.wanted.email else {})

    def request(self, step: str, method: str, path: str, *, searches: bool = False) -> Request:
        """The request that sends it."""
        return Request(
            step, method, path, body=self.body, keep=_kept, expects="contact", says=self.says, searches=searches,
            edits=self.overwrites,
        )  # fmt: skip


def write_contact(write: Write) -> Asking[Written]:
    """Write the contact."""
    match write.way:
        case Way.SYNC:
            return (yield from _sync(write))
        case Way.NEW:
            return (yield from _create(write))
        case Way.BY_ID:
            return (yield from _update(write, CONTACT))
        case Way.REPAIR:
            return (yield from _update(write, REPAIR))


def delete_contact(identity: str, edits: Edits | None) -> Flow:
    """Delete a contact by its id."""
    receipt = yield from deleted(DELETE, f"contacts/{identity}", edits)
    if receipt.was_so:
        return Outcome(RowStatus.UNCHANGED, UNCHANGED, identity)
    if receipt.ok:
        return Outcome(RowStatus.SUCCEEDED, DELETED, identity, wants=GONE)
    status = RowStatus.IN_DOUBT if receipt.verdict is Verdict.IN_DOUBT else RowStatus.FAILED
    return Outcome(status, failures=(Failure(DELETE, receipt.code, receipt.error),))


def failed(receipt: Receipt, wanted: Wanted) -> Done:
    """What a refusal, or no answer, means for the row."""
    in_doubt = receipt.verdict is Verdict.IN_DOUBT
    code = "no_answer" if in_doubt else receipt.code
    said = f"{wanted.email}: {receipt.error}" if code == "duplicate" and wanted.email else receipt.error
    return Done([Failure(receipt.step, code, said)], in_doubt=in_doubt)


def _kept(body: Json) -> Json:
    contact = body["contact"]
    return [str(id_of(contact)), has_bounced(contact)]


def _made_by(receipt: Receipt, identity: str, known: Known) -> str:
    """The step that has just made a contact for sure: sent once, called new, of an id that was nobody's before."""
    first = receipt.status == 201 and receipt.attempts == 1
    new = first and known.highest is not None and int(identity) > known.highest
    return receipt.step if new else ""


# ---- by its address


def _sync(write: Write) -> Asking[Written]:
    receipts = yield (write.request(CONTACT, "POST", "contact/sync", searches=True),)
    receipt = receipts[0]
    if not receipt.ok and receipt.code == ANOTHER_RECORD:
        return (yield from _by_id(receipt, write))
    if not receipt.ok:
        return failed(receipt, write.wanted)
    identity, bounced = receipt.data
    made_by = _made_by(receipt, identity, write.known)
    return Contact(identity, _action(receipt, identity, write), bounced, made_by, receipt.attempts > 1)


def _action(receipt: Receipt, identity: str, write: Write) -> str:
    """What a sync has done: made the contact, also by an earlier send whose answer was lost, changed it, or neither."""
    made_before = receipt.attempts > 1 and 0 <= write.known.newest < int(identity)
    if receipt.status == 201 or made_before:
        return CREATED
    return UPDATED if set(write.wanted.values) - {"email"} else UNCHANGED


def _by_id(receipt: Receipt, write: Write) -> Asking[Written]:
    """What becomes of a row whose answer was about somebody else, who may have been changed by what was sent.

    It is not sent to an address again. Whom the account has under the row's own address gets it by the id, which can
    change nobody else; if that is nobody, it stays in doubt.
    """
    email = write.wanted.email
    result = yield from look_up_contact(f"look up after {CONTACT}", email, sent=True)
    if not result.ok or result.data is None:
        known = result.error if result.code == OTHER_ADDRESS else f"It is not known whether there is a contact {email}."
        known = f"There is no contact {email}." if result.ok else known
        ways = "Look whether somebody was changed. It is not sent again; to send it once more, import failed.csv."
        return Done([Failure(CONTACT, ANOTHER_RECORD, f"{receipt.error} {known} {ways}")], in_doubt=True)
    identity = str(result.data["id"])
    receipts = yield (replace(write, record=identity).request(BY_ID, "PUT", f"contacts/{identity}"),)
    if not receipts[0].ok:
        return failed(receipts[0], write.wanted)
    return Contact(identity, UPDATED, receipts[0].data[1], repeated=True)


# ---- by its id


def _update(write: Write, step: str) -> Asking[Written]:
    receipts = yield (write.request(step, "PUT", f"contacts/{write.record}"),)
    receipt = receipts[0]
    if not receipt.ok and step == CONTACT and receipt.code == "duplicate" and "email" in write.wanted.values:
        return (yield from _taken_address(receipt, write.wanted))
    return Contact(write.record, UPDATED, receipt.data[1]) if receipt.ok else failed(receipt, write.wanted)


def _taken_address(receipt: Receipt, wanted: Wanted) -> Asking[Done]:
    """A change of address that was refused since somebody has it; who that is, a question tells."""
    done = failed(receipt, wanted)
    result = yield from look_up_contact("look up who has it", wanted.email)
    if not result.ok or result.data is None:
        return done
    failure = done.failures[0]
    who = f"The contact with the id {result.data['id']} has it: change or delete that one first."
    return Done([Failure(failure.step, failure.code, f"{failure.error}. {who}")])


# ---- made


def _create(write: Write) -> Asking[Written]:
    """Create, which may not be repeated: a lost answer is settled by reading for exactly what was sent."""

    def look(step: str) -> Asking[Mapping[str, Json] | Nothing]:
        result = yield from look_up_contact(step, write.wanted.email)
        if not result.ok and result.code != OTHER_ADDRESS:
            return Nothing.UNKNOWN
        return Nothing.ABSENT if result.data is None else result.data

    receipt, result = yield from settled(write.request(CONTACT, "POST", "contacts"), look)
    if result is not None:
        return (yield from _after_a_lost_answer(receipt.step, result, write))
    if not receipt.ok:
        return failed(receipt, write.wanted)
    identity, bounced = receipt.data
    return Contact(identity, CREATED, bounced, _made_by(receipt, identity, write.known))


def _after_a_lost_answer(step: str, contact: Mapping[str, Json], write: Write) -> Asking[Written]:
    """Whether a contact that was found after a lost answer is the one that was sent: newer, and of its values."""
    identity = str(contact["id"])
    if int(identity) <= write.known.newest:
        said = "There was a contact with this e-mail before the job began. ⟦mode=upsert⟧ would change it."
        return Done([Failure(CONTACT, "duplicate", said)])
    attributes, fields = split_custom(write.wanted.values)
    sent = {**attributes, "email": contact["email"]}  # found by it; a server may write it its own way
    same = all(str(contact.get(name) or "") == value for name, value in sent.items())
    if same and fields:
        name, path = f"look up values after {step}", f"contacts/{identity}/fieldValues"
        current = yield from read_list(name, path, "fieldValues", lambda one: [str(one["field"]), one.get("value")])
        if isinstance(current, Receipt):
            return Done([Failure(CONTACT, "no_answer", current.error)], in_doubt=True)
        values, kinds = dict(current), {column.field_id: column.kind for column in write.columns if column.field_id}
        same = all(kinds[field].same(values.get(field), value) for field, value in fields.items())
    if same:
        return Contact(identity, CREATED, bool(contact["bounced"]))
    doubt = "The answer was lost, and a contact with this e-mail but other values exists. Look at it by hand."
    return Done([Failure(CONTACT, "no_answer", doubt)], in_doubt=True)
