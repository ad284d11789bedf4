"""What belongs to a contact: its tags, lists and account, each written by small generators of requests.

They need only the contact's id. Whether rows of contacts or rows of their own ask for it makes no difference here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bulk.model import Failure, Json, Receipt, Request, Standing, Verdict
from bulk.planning import answers
from bulk.planning.collections import read_list
from bulk.planning.consent import ACTIVE, NO_EXCLUSIONS, UNSUBSCRIBED, Exclusions, Subscription, list_request
from bulk.planning.flow import Asking, combined
from bulk.planning.settling import Nothing, deleted, settled
from bulk.planning.state import ATTRIBUTES, ContactState, has_bounced
from bulk.resources.identity import difference, loose_key, same_address

OTHER_ADDRESS: Final = "other_address"  # the code of an address that the account takes for somebody else's


@dataclass(frozen=True, slots=True)
class Contact:
    """The contact of a row, once it is there: what became of it, and whether its address bounced for good.

    `made_by` is the step whose answer confirms that it was made by it, so that nothing belonged to it then; "": none
    does. `repeated`: it was sent more than once.
    """

    id: str
    action: str
    bounced: bool = False
    made_by: str = ""
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
            self.changed |= changed and not receipt.was_so
            return True
        self.failures.append(Failure(receipt.step, receipt.code, receipt.error))
        self.in_doubt |= receipt.verdict is Verdict.IN_DOUBT
        return False

    def take_settled(self, receipt: Receipt, made: object) -> None:
        """Note what `settled` gave."""
        if made is None:
            self.take(receipt)
        else:
            self.changed = True


# ---- finding the contact


def look_up_contact(step: str, email: str, *, sent: bool = False) -> Asking[Receipt]:
    """Ask for the contact of an address; the receipt's data is its id and own values, None if there is none.

    An answer with other people in it is none: the address was passed over, and who is asked for may be there. Where the
    account takes the address for another one, which is somebody else's, the receipt is no acceptance but says so.
    `sent`: something was sent to the address before.
    """

    def keep(body: Json) -> Json:
        result = [c for c in body["contacts"] if same_address(str(c.get("email") or ""), email)]
        if not result:
            others = [str(c.get("email") or "") for c in body["contacts"]]
            others = [other for other in others if loose_key(other) == loose_key(email)]
            return {"alike": others[:1]} if others else None
        return {name: result[0].get(name) for name in ("id", *ATTRIBUTES)} | {"bounced": has_bounced(result[0])}

    says = {"email": answers.alike(email)}
    receipts = yield (Request(step, "GET", "contacts", (("email", email),), keep=keep, expects="contacts", says=says),)
    receipt = receipts[0]
    if receipt.ok and receipt.data and "alike" in receipt.data:
        error = _taken_for(email, receipt, sent=sent)
        return replace(receipt, verdict=Verdict.REJECT, data=None, code=OTHER_ADDRESS, error=error)
    return receipt


def _taken_for(email: str, receipt: Receipt, *, sent: bool) -> str:
    other = receipt.data["alike"][0]
    unseen = difference(email, other)
    said = f"The account takes {email!r} for {other!r}, which is another address" + (f" ({unseen})" if unseen else "")
    done = "What was sent may have changed that person: look at them." if sent else "Nothing was done to that person."
    return f"{said}. {done} If they are meant, write their address, or use --key id."


# ---- tags


def add_tags(identity: str, tags: Mapping[str, str], state: ContactState | None) -> Asking[Done]:
    """Give the contact these tags, ids and names; those that it is known to have are not sent."""
    done = Done()
    current = state.tags if state else {}
    requests = tuple(
        Request(
            f"tag {name}",
            "POST",
            "contactTags",
            body={"contactTag": {"contact": identity, "tag": tag}},
            keep=lambda body: "contacts" in body,
            expects="contactTag",
            says={"contact": identity, "tag": tag},
        )
        for tag, name in tags.items()
        if tag not in current
    )
    if requests:
        for receipt in (yield requests):
            ours = state is not None and receipt.attempts > 1  # it was not there: an earlier send of ours made it
            done.take(receipt, changed=bool(receipt.data) or receipt.status == 201 or ours)
    return done


def remove_tags(identity: str, tags: Mapping[str, str], state: ContactState | None) -> Asking[Done]:
    """Take these tags, ids and names, off the contact."""
    done = Done()
    if not tags:
        return done
    current = dict(state.tags) if state else (yield from links_of(identity, "contactTags", ("tag", "id"), done))
    parts = [
        deleted(f"remove tag {name}", f"contactTags/{current[tag]}") for tag, name in tags.items() if tag in current
    ]
    for receipt in (yield from combined(parts)):
        done.take(receipt)
    return done


def links_of(identity: str, plural: str, pick: tuple[str, str], done: Done) -> Asking[dict[str, str]]:
    """Read all of a contact's links of one family, as a dict of the two attributes picked; {} if it failed."""
    path = f"contacts/{identity}/{plural}"
    result = yield from read_list(
        f"look up {plural}", path, plural, lambda link: [str(link[name]) for name in pick], says={"contact": identity}
    )
    if isinstance(result, Receipt):
        done.take(result, changed=False)
        return {}
    return dict(result)


# ---- lists


@dataclass(frozen=True, slots=True)
class ListWork:
    """What becomes of a contact's lists.

    `wanted` maps ids of lists to their names and the status to set. `current` are the statuses as they were read not
    long ago, None: they are not known. What they say need not be sent or is refused is not asked again; before
    anybody is subscribed it is. `began` is when the job did.
    """

    contact: Contact
    wanted: Mapping[str, tuple[str, str]]
    current: Mapping[str, str] | None
    resubscribe: bool
    began: float = 0.0
    excluded: Exclusions = NO_EXCLUSIONS
    email: str = ""  # the contact's, where the row says it


def set_lists(work: ListWork) -> Asking[Done]:
    """Subscribe and unsubscribe. Nobody who left a list or bounced is subscribed again without being asked for."""
    done = Done()
    requests: list[Request] = []
    for identity, (name, status) in work.wanted.items():
        if status in ACTIVE:
            requests += _subscribe(work, identity, done)
        elif (work.current or {}).get(identity) != status:
            step = f"unsubscribe {name}" if status == UNSUBSCRIBED else f"list {name} {status}"
            requests.append(list_request(step, work.contact.id, identity, status))
    if requests:
        for request, receipt in zip(requests, (yield tuple(requests)), strict=True):
            known = request.admission is None and work.current is not None  # it was not so before
            done.take(receipt, changed=bool(receipt.data) or (known and receipt.attempts > 1))
    return done


def _subscribe(work: ListWork, identity: str, done: Done) -> Iterator[Request]:
    name, status = work.wanted[identity]
    contact = work.contact
    wanted = Subscription(contact.id, identity, name, status, work.resubscribe, work.began, work.excluded)
    current = Standing(work.current or {}, bounced=contact.bounced, email=work.email)
    excluded = work.excluded.has(work.email, identity)
    known = wanted.decide(current) if work.current is not None or (contact.made_by and excluded) else None
    if isinstance(known, Failure):
        done.failures.append(known)
    elif work.current is None or known is not None:
        yield wanted.request(contact.made_by)


# ---- the account


@dataclass(frozen=True, slots=True)
class Employment:
    """The account that a contact is to work for: its id ("" for none), its name, and as what (None: left alone)."""

    account: str
    name: str
    title: str | None = None


def set_account(identity: str, job: Employment | None, state: ContactState | None, *, new: bool) -> Asking[Done]:
    """Put the contact into its account; it can have one only, so it leaves the one it is in."""
    done = Done()
    if job is None or (new and not job.account):
        return done
    current: dict[str, list[str]] = {}  # account -> accountContact and title
    if state is not None:
        current = {account: [link, state.titles.get(account, "")] for account, link in state.accounts.items()}
    elif not new:
        receipt = yield from _look_up_accounts("look up account", identity)
        if not done.take(receipt, changed=False):
            return done
        current = receipt.data
    if job.account in current:
        link, title = current[job.account]
        if job.title is not None and job.title != title:
            body = {"accountContact": {"jobTitle": job.title}}
            path = f"accountContacts/{link}"
            says = {"id": link}
            done.take((yield (Request("job title", "PUT", path, body=body, expects="accountContact", says=says),))[0])
        return done
    yield from _leave((link for link, _title in current.values()), done)
    if job.account and not done.failures:
        yield from _join_account(identity, job, done)
    return done


def leave_account(identity: str, account: str, state: ContactState | None) -> Asking[Done]:
    """Take the contact out of this account, or ("") out of the one that it is in."""
    done = Done()
    current = dict(state.accounts) if state is not None else {}
    if state is None:
        receipt = yield from _look_up_accounts("look up account", identity)
        if not done.take(receipt, changed=False):
            return done
        current = {of: link for of, (link, _title) in receipt.data.items()}
    yield from _leave((link for of, link in current.items() if account in ("", of)), done)
    return done


def _leave(links: Iterable[str], done: Done) -> Asking[None]:
    for link in links:
        if not done.take((yield from deleted(f"leave account {link}", f"accountContacts/{link}"))):
            return


def _join_account(identity: str, job: Employment, done: Done) -> Asking[None]:
    def look(step: str) -> Asking[bool | Nothing]:
        result = yield from _look_up_accounts(step, identity)
        if not result.ok:
            return Nothing.UNKNOWN
        return job.account in result.data or Nothing.ABSENT

    link = {"account": job.account, "contact": identity} | ({"jobTitle": job.title} if job.title else {})
    request = Request(
        f"account {job.name}", "POST", "accountContacts", body={"accountContact": link}, expects="accountContact",
        says={"account": job.account, "contact": identity},
    )  # fmt: skip
    receipt, made = yield from settled(request, look)
    if receipt.verdict is Verdict.REJECT and receipt.status == 422:  # it has one by now: perhaps this
        now = yield from look(f"look up after {receipt.step} refused")
        if now is True:
            return
    done.take_settled(receipt, made)


def _look_up_accounts(step: str, identity: str) -> Asking[Receipt]:
    receipts = yield (
        Request(
            step, "GET", "accountContacts", (("filters[contact]", identity),), expects="accountContacts",
            says={"contact": identity},
            keep=lambda body: {
                str(link["account"]): [str(link["id"]), str(link.get("jobTitle") or "")]
                for link in body["accountContacts"]
                if str(link["contact"]) == identity
            },
        ),
    )  # fmt: skip
    return receipts[0]
