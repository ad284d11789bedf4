"""What belongs to a contact: its tags, lists and account, each written by small generators of requests.

They carry out what `contact_changes` has decided, and need only the contact's id. Whether rows of contacts or rows of
their own ask for it makes no difference here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bulk.model import Edit, Edits, Failure, Receipt, Request, Verdict
from bulk.planning.consent import ACTIVE, UNSUBSCRIBED, list_request
from bulk.planning.contact_changes import (
    NOWHERE,
    Contact,
    Employment,
    Places,
    account_edits,
    leaving_edits,
    subscription,
)
from bulk.planning.flow import Asking, combined
from bulk.planning.pages.collections import read_list
from bulk.planning.settling import Nothing, deleted, settled
from bulk.planning.writers import Meaning


@dataclass(slots=True)
class Done:
    """What one family of steps brought about; `made` is the id of what it has made, if only a look has told it."""

    failures: list[Failure] = field(default_factory=list)
    in_doubt: bool = False
    changed: bool = False
    made: str = ""

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


# ---- tags


def add_tags(identity: str, edits: Iterable[Edit], *, known: bool, made: bool = False) -> Asking[Done]:
    """Give the contact these tags. `known`: it was read that it does not have them; `made`: the row has made it."""
    done = Done()
    requests = tuple(
        Request(
            f"tag {edit.name}",
            "POST",
            "contactTags",
            body={"contactTag": {"contact": identity, "tag": edit.of}},
            keep=lambda body: "contacts" in body,
            expects="contactTag",
            says={"contact": identity, "tag": edit.of},
            edits=Edits(identity, (edit,), made) if known or made else None,
        )
        for edit in edits
    )
    if requests:
        for receipt in (yield requests):
            ours = known and receipt.attempts > 1  # it was not there: an earlier send of ours made it
            done.take(receipt, changed=bool(receipt.data) or receipt.status == 201 or ours)
    return done


def remove_tags(identity: str, edits: Sequence[Edit], links: Mapping[str, str] | None) -> Asking[Done]:
    """Take these tags off the contact. `links` are those that it has, tag id -> contactTag id; None: it is asked."""
    done = Done()
    if not edits:
        return done
    if links is None:
        links = yield from links_of(identity, "contactTags", ("tag", "id"), done)
    parts = [
        deleted(f"remove tag {edit.name}", f"contactTags/{links[edit.of]}", Edits(identity, (edit,)))
        for edit in edits
        if edit.of in links
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


def set_lists(contact: Contact, edits: Iterable[Edit], meaning: Meaning, *, known: bool) -> Asking[Done]:
    """Subscribe and unsubscribe. Before anybody is subscribed it is read how they stand, and that decides.

    `known`: the statuses were read not long ago, so what is set was not so before.
    """
    done = Done()
    requests: list[Request] = []
    for edit in edits:
        if edit.after in ACTIVE:
            requests.append(subscription(contact, edit, meaning).request(contact.made_by))
        else:
            step = f"unsubscribe {edit.name}" if edit.after == UNSUBSCRIBED else f"list {edit.name} {edit.after}"
            request = list_request(step, contact.id, edit.of, edit.after)
            overwrites = Edits(contact.id, (edit,), contact.is_ours) if known or contact.is_ours else None
            requests.append(replace(request, edits=overwrites))
    if requests:
        for request, receipt in zip(requests, (yield tuple(requests)), strict=True):
            new = known and request.admission is None  # it was not so before
            done.take(receipt, changed=bool(receipt.data) or (new and receipt.attempts > 1))
    return done


# ---- the account


def set_account(contact: Contact, job: Employment, places: Places | None) -> Asking[Done]:
    """Put the contact into its account; it can have one only, so it leaves the one it is in. None: it is asked."""
    done, identity = Done(), contact.id
    if contact.is_new:
        places = NOWHERE
    places = places or (yield from _places("look up account", identity, done))
    if places is None:
        return done
    for edit in account_edits(job, places.titles):
        if edit.after is None:
            link = places.links[edit.of]
            done.take(
                (yield from deleted(f"leave account {link}", f"accountContacts/{link}", Edits(identity, (edit,))))
            )
        elif edit.before is not None:
            yield from _set_title(places.links[edit.of], Edits(identity, (edit,)), done)
        else:
            yield from _join_account(identity, job, Edits(identity, (edit,), contact.is_ours), done)
        if done.failures:
            break
    return done


def leave_account(identity: str, account: str, places: Places | None) -> Asking[Done]:
    """Take the contact out of this account, or ("") out of the one that it is in."""
    done = Done()
    places = places or (yield from _places("look up account", identity, done))
    if places is None:
        return done
    for edit in leaving_edits(places.titles, account):
        link = places.links[edit.of]
        if not done.take(
            (yield from deleted(f"leave account {link}", f"accountContacts/{link}", Edits(identity, (edit,))))
        ):
            break
    return done


def _set_title(link: str, edits: Edits, done: Done) -> Asking[None]:
    body = {"accountContact": {"jobTitle": edits.each[0].after}}
    path, says = f"accountContacts/{link}", {"id": link}
    request = Request("job title", "PUT", path, body=body, expects="accountContact", says=says, edits=edits)
    done.take((yield (request,))[0])


def _join_account(identity: str, job: Employment, edits: Edits, done: Done) -> Asking[None]:
    def look(step: str) -> Asking[bool | Nothing]:
        result = yield from _look_up_accounts(step, identity)
        if not result.ok:
            return Nothing.UNKNOWN
        return job.account in result.data or Nothing.ABSENT

    link = {"account": job.account, "contact": identity} | ({"jobTitle": job.title} if job.title else {})
    request = Request(
        f"account {job.name}", "POST", "accountContacts", body={"accountContact": link}, expects="accountContact",
        says={"account": job.account, "contact": identity}, edits=edits,
    )  # fmt: skip
    receipt, made = yield from settled(request, look)
    if receipt.verdict is Verdict.REJECT and receipt.status == 422:  # it has one by now: perhaps this
        now = yield from look(f"look up after {receipt.step} refused")
        if now is True:
            return
    done.take_settled(receipt, made)


def _places(step: str, identity: str, done: Done) -> Asking[Places | None]:
    receipt = yield from _look_up_accounts(step, identity)
    if not done.take(receipt, changed=False):
        return None
    links = {account: link for account, (link, _title) in receipt.data.items()}
    return Places(links, {account: title for account, (_link, title) in receipt.data.items()})


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
