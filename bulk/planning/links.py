"""What belongs to a contact: its tags, lists and account, each written by small generators of requests.

They need only the contact's id. Whether rows of contacts or rows of their own ask for it makes no difference here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bulk.model import Failure, Json, Receipt, Request, Verdict
from bulk.planning.collections import FEW, PAGE
from bulk.planning.names import Names
from bulk.planning.settling import SENDS, again_and_again
from bulk.planning.state import ATTRIBUTES, ContactState
from bulk.planning.together import Asking
from bulk.resources.kinds import find_name

SUBSCRIBED, UNSUBSCRIBED, BOUNCED = "1", "2", "3"
ASKED_TO_RETURN: Final = 4  # `sourceid` that ActiveCampaign wants with a resubscription


@dataclass(frozen=True, slots=True)
class Contact:
    """The contact of a row, once it is there: what became of it, and whether its address bounced for good.

    `repeated`: it was sent more than once.
    """

    id: str
    action: str
    bounced: bool = False
    repeated: bool = False


@dataclass(slots=True)
class Done:
    """What one family of steps brought about."""

    failures: list[Failure] = field(default_factory=list)
    in_doubt: bool = False
    changed: bool = False

    def take(self, receipt: Receipt, *, changed: bool = True) -> bool:
        """Note a receipt; whether it was accepted."""
        if receipt.ok:
            self.changed |= changed
            return True
        self.failures.append(Failure(receipt.step, receipt.code, receipt.error))
        self.in_doubt |= receipt.verdict is Verdict.IN_DOUBT
        return False


# ---- finding the contact


def look_up_contact(step: str, email: str) -> Asking[Receipt]:
    """Ask for the contact of an address; the receipt's data is its id and own values, None if there is none."""

    def keep(body: Json) -> Json:
        found = [c for c in body["contacts"] if str(c.get("email", "")).strip().casefold() == email.casefold()]
        return {name: found[0].get(name) for name in ("id", *ATTRIBUTES)} if found else None

    receipts = yield (Request(step, "GET", "contacts", (("email", email),), keep=keep, expects="contacts"),)
    return receipts[0]


# ---- tags


def add_tags(identity: str, tags: Sequence[str], names: Names, state: ContactState | None) -> Asking[Done]:
    """Give the contact these tags; those that it is known to have are not sent."""
    done = Done()
    held = state.tags if state else {}
    requests = tuple(
        Request(
            f"tag {name}",
            "POST",
            "contactTags",
            body={"contactTag": {"contact": identity, "tag": names.book("tags").id_of(name)}},
            keep=lambda body: "contacts" in body,
            expects="contactTag",
        )
        for name in tags
        if names.book("tags").id_of(name) not in held
    )
    if requests:
        for receipt in (yield requests):
            done.take(receipt, changed=bool(receipt.data) or receipt.status == 201)
    return done


def remove_tags(identity: str, tags: Sequence[str], names: Names, state: ContactState | None) -> Asking[Done]:
    """Take these tags off the contact."""
    done = Done()
    found = ((names.book("tags").id_of(name), name) for name in tags)
    wanted = {identity: name for identity, name in found if identity}
    if not wanted:
        return done  # a tag that the account does not know is on nobody
    held = dict(state.tags) if state else (yield from links_of(identity, "contactTags", ("tag", "id"), done))
    requests = tuple(
        Request(f"remove tag {name}", "DELETE", f"contactTags/{held[tag]}", absent_is_done=True)
        for tag, name in wanted.items()
        if tag in held
    )
    if requests:
        for receipt in (yield requests):
            done.take(receipt)
    return done


def links_of(identity: str, plural: str, pick: tuple[str, str], done: Done) -> Asking[dict[str, str]]:
    """Read all of a contact's links of one family, as a dict of the two attributes picked; {} if it failed."""
    found: dict[str, str] = {}
    while True:
        receipts = yield (
            Request(
                f"look up {plural} {len(found)}", "GET", f"contacts/{identity}/{plural}",
                (("limit", str(PAGE)), ("offset", str(len(found)))), expects=plural,
                keep=lambda body: [[str(link[name]) for name in pick] for link in body[plural]],
            ),
        )  # fmt: skip
        if not done.take(receipts[0], changed=False):
            return {}
        before = len(found)
        found.update(receipts[0].data)
        if len(receipts[0].data) < FEW or len(found) == before:  # these lists tell no total
            return found


# ---- lists


@dataclass(frozen=True, slots=True)
class ListWork:
    """What becomes of a contact's lists: those to subscribe to and to leave; `state` None: it has to be asked for."""

    contact: Contact
    subscribe: Sequence[str]
    unsubscribe: Sequence[str]
    names: Names
    state: ContactState | None
    resubscribe: bool


def set_lists(work: ListWork) -> Asking[Done]:
    """Subscribe and unsubscribe. Nobody who left a list or bounced is subscribed again without being asked for."""
    done = Done()
    held: Mapping[str, str] = work.state.lists if work.state else {}
    if work.subscribe and work.state is None and work.contact.action != "created":
        held = yield from links_of(work.contact.id, "contactLists", ("list", "status"), done)
    subscribing = () if done.failures else tuple(_subscribe(work, held, done))  # who may is not known: nobody is
    requests = (*subscribing, *_unsubscribe(work, held))
    if requests:
        for receipt in (yield requests):
            done.take(receipt, changed=bool(receipt.data))
    return done


def _subscribe(work: ListWork, held: Mapping[str, str], done: Done) -> Iterator[Request]:
    for name in work.subscribe:
        identity = _list_of(name, work.names)
        status = held.get(identity, "")
        bounced = work.contact.bounced or status == BOUNCED
        left = "unsubscribed from" if status == UNSUBSCRIBED else "bounced on" if bounced else ""
        if status == SUBSCRIBED and not (bounced and work.resubscribe) and work.contact.action != "created":
            continue
        if left and not work.resubscribe:
            error = f"This person {left} {name!r}. Only --resubscribe would subscribe them again."
            done.failures.append(Failure(f"list {name}", "opted_out", error))
        else:
            yield _list_request(f"list {name}", work.contact.id, identity, 1, returning=bool(left))


def _unsubscribe(work: ListWork, held: Mapping[str, str]) -> Iterator[Request]:
    for name in work.unsubscribe:
        identity = _list_of(name, work.names)
        if held.get(identity) != UNSUBSCRIBED:
            yield _list_request(f"unsubscribe {name}", work.contact.id, identity, 2, returning=False)


def _list_of(name: str, names: Names) -> str:
    option = find_name(name, tuple(names.book("lists").records.values()))
    return option.id if option else ""


def _list_request(step: str, contact: str, identity: str, status: int, *, returning: bool) -> Request:
    link: dict[str, Json] = {"list": identity, "contact": contact, "status": status}
    if returning:
        link["sourceid"] = ASKED_TO_RETURN
    return Request(
        step, "POST", "contactLists", body={"contactList": link}, expects="contactList",
        keep=lambda body: "contacts" in body,
    )  # fmt: skip


# ---- the account


def set_account(
    identity: str, account: str | None, names: Names, state: ContactState | None, *, new: bool
) -> Asking[Done]:
    """Put the contact into its account; it can have one only, so it leaves the one it is in."""
    done = Done()
    if account is None or (new and not account):
        return done
    wanted = (names.book("accounts").id_of(account) or "") if account else ""
    if state is not None:
        held = dict(state.accounts)
    elif new:
        held = {}
    else:
        receipt = yield from _look_up_accounts("look up account", identity)
        if not done.take(receipt, changed=False):
            return done
        held = receipt.data
    if wanted in held or not (wanted or held):
        return done
    for link in held.values():
        receipts = yield (Request(f"leave account {link}", "DELETE", f"accountContacts/{link}", absent_is_done=True),)
        if not done.take(receipts[0]):
            return done
    if wanted:
        yield from _join_account(identity, account, wanted, done)
    return done


def _join_account(identity: str, account: str, wanted: str, done: Done) -> Asking[None]:
    sends = 0
    for step in again_and_again(f"account {account}"):
        receipts = yield (
            Request(
                step, "POST", "accountContacts", body={"accountContact": {"account": wanted, "contact": identity}},
                repeatable=False, expects="accountContact",
            ),
        )  # fmt: skip
        if receipts[0].verdict is not Verdict.IN_DOUBT:
            done.take(receipts[0])
            return
        found = yield from _look_up_accounts(f"look up after {step}", identity)
        if found.ok and wanted in found.data:
            done.changed = True
            return
        sends += not receipts[0].from_before
        if not found.ok or sends == SENDS:
            done.take(receipts[0])
            return


def _look_up_accounts(step: str, identity: str) -> Asking[Receipt]:
    receipts = yield (
        Request(
            step, "GET", "accountContacts", (("filters[contact]", identity),), expects="accountContacts",
            keep=lambda body: {
                str(link["account"]): str(link["id"])
                for link in body["accountContacts"]
                if str(link["contact"]) == identity
            },
        ),
    )  # fmt: skip
    return receipts[0]
