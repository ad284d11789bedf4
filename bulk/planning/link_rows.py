"""A row of what belongs to one contact -> its flow: a tag, a subscription, a value, an account, an automation.

The contact is found first; what it is known to have is not sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bulk.model import Failure, Flow, Outcome, Request, Row, RowStatus, Verdict
from bulk.planning.collections import FEW, PAGE
from bulk.planning.links import (
    ACTIVE,
    Contact,
    Done,
    Job,
    ListWork,
    add_tags,
    links_of,
    remove_tags,
    set_account,
    set_lists,
)
from bulk.planning.names import Names
from bulk.planning.settling import SENDS, again_and_again
from bulk.planning.state import ContactState, has_bounced
from bulk.planning.together import Asking
from bulk.planning.understanding import Wanted, understood
from bulk.planning.writers import Found, Known, Meaning, Reckoned
from bulk.resources.kinds import OPTIONS
from bulk.resources.spec import Resource

MADE: Final = ("tags", "accounts")  # what is created once, before the rows, if the account does not have it


@dataclass(slots=True)
class LinkRows:
    """The writer of what belongs to contacts."""

    resource: Resource
    meaning: Meaning
    names: Names
    found: Found

    def reckon(self, row: Row) -> Reckoned | Failure:
        """About how many requests a row takes that is new to the account, and the names it needs."""
        cells = self.meaning.cells(row)
        if isinstance(cells, Failure):
            return cells
        named = [(column.of, str(value)) for column, value in cells if column.names and value]
        missing = () if self.meaning.mode == "delete" else tuple(pair for pair in named if pair[0] in MADE)
        return Reckoned(2, missing)

    def flow(self, row: Row, known: Known) -> Flow:
        """The flow of one row."""
        wanted = yield from understood(row, self.meaning, self.names, self.found)
        if isinstance(wanted, Outcome):
            return wanted
        work = _Work(wanted, self.meaning, known, str(wanted.values["contact"]))
        writer = _DELETERS if self.meaning.mode == "delete" else _WRITERS
        done = yield from writer[self.resource.name](work)
        action = {True: "deleted" if self.meaning.mode == "delete" else work.action, False: "unchanged"}[done.changed]
        if done.failures:
            status = RowStatus.IN_DOUBT if done.in_doubt else RowStatus.FAILED
            return Outcome(status, action, work.contact, tuple(done.failures))
        return Outcome(RowStatus.SUCCEEDED if done.changed else RowStatus.UNCHANGED, action, work.contact)


@dataclass(slots=True)
class _Work:
    wanted: Wanted
    meaning: Meaning
    known: Known
    contact: str
    action: str = "updated"

    @property
    def state(self) -> ContactState | None:
        """What was read of the contact before the rows."""
        return self.wanted.state

    def value(self, attribute: str) -> str:
        """One of the row's values, "" without it."""
        return str(self.wanted.values.get(attribute) or "")


_Writer = Callable[[_Work], Asking[Done]]


# ---- tags and lists


def _tag(work: _Work) -> Asking[Done]:
    work.action = "created"
    tag = work.value("tag")
    return (yield from add_tags(work.contact, {tag: tag}, work.state))


def _untag(work: _Work) -> Asking[Done]:
    tag = work.value("tag")
    return (yield from remove_tags(work.contact, {tag: tag}, work.state))


def _subscribe(work: _Work) -> Asking[Done]:
    identity, status = work.value("list"), work.value("status")
    bounced = work.wanted.bounced
    if bounced is None and status in ACTIVE:
        answer = yield from _has_bounced(work.contact)
        if isinstance(answer, Done):
            return answer
        bounced = answer
    contact = Contact(work.contact, "updated", bool(bounced))
    held = work.state.lists if work.state is not None and work.known.fresh else None
    return (
        yield from set_lists(ListWork(contact, {identity: (identity, status)}, held, work.meaning.resubscribe))
    )  # fmt: skip


def _has_bounced(contact: str) -> Asking[bool | Done]:
    receipts = yield (
        Request(
            "look up contact", "GET", f"contacts/{contact}", expects="contact",
            keep=lambda body: has_bounced(body["contact"]),
        ),
    )  # fmt: skip
    done = Done()
    return bool(receipts[0].data) if done.take(receipts[0], changed=False) else done


# ---- values of custom fields


def _set_value(work: _Work) -> Asking[Done]:
    done = Done()
    field, value = work.value("field"), work.value("value")
    held = work.state.fields.get(field, "") if work.state is not None else None
    if held is not None and (held == value or (OPTIONS.same(held, value) and "||" in held + value)):
        return done
    body = {"fieldValue": {"contact": work.contact, "field": field, "value": value}}
    receipts = yield (Request("value", "POST", "fieldValues", body=body, expects="fieldValue"),)
    done.take(receipts[0])
    return done


def _delete_value(work: _Work) -> Asking[Done]:
    done = Done()
    held = yield from links_of(work.contact, "fieldValues", ("field", "id"), done)
    if work.value("field") in held:
        path = f"fieldValues/{held[work.value('field')]}"
        receipts = yield (Request("delete", "DELETE", path, absent_is_done=True),)
        done.take(receipts[0])
    return done


# ---- accounts


def _employ(work: _Work) -> Asking[Done]:
    title = work.wanted.values.get("jobTitle")
    job = Job(work.value("account"), work.value("account"), None if title is None else str(title))
    return (yield from set_account(work.contact, job, work.state, new=False))


def _dismiss(work: _Work) -> Asking[Done]:
    state, account = work.state, work.value("account")
    if state is not None and account and account not in state.accounts:
        return Done()
    return (yield from set_account(work.contact, Job("", ""), state, new=False))


# ---- automations


def _enrolments(step: str, work: _Work, done: Done) -> Asking[list[str]]:
    """The ids of the contact's enrolments in the automation at hand."""
    ids: list[str] = []
    offset = 0
    while True:
        receipts = yield (
            Request(
                f"{step} {offset}", "GET", f"contacts/{work.contact}/contactAutomations",
                (("limit", str(PAGE)), ("offset", str(offset))), expects="contactAutomations",
                keep=lambda body: [
                    [str(link["id"]), str(link["automation"])] for link in body["contactAutomations"]
                ],
            ),
        )  # fmt: skip
        if not done.take(receipts[0], changed=False):
            return []
        page = receipts[0].data
        new = [identity for identity, automation in page if automation == work.value("automation")]
        before = len(ids)
        ids += [identity for identity in new if identity not in ids]
        offset += len(page)
        if len(page) < FEW or (len(ids) == before and len(page) < PAGE):
            return ids


def _enrol(work: _Work) -> Asking[Done]:
    """Enrol the contact, which may send it mail: once, whatever becomes of the answer."""
    work.action = "created"
    done = Done()
    before = yield from _enrolments("look up", work, done)
    if done.failures or (before and work.meaning.mode != "create"):
        return done
    sends = 0
    body = {"contactAutomation": {"contact": work.contact, "automation": work.value("automation")}}
    for step in again_and_again("enrol"):
        receipts = yield (
            Request(step, "POST", "contactAutomations", body=body, repeatable=False, expects="contactAutomation"),
        )
        receipt = receipts[0]
        if receipt.verdict is not Verdict.IN_DOUBT:
            done.take(receipt)
            return done
        now = yield from _enrolments(f"look up after {step}", work, done)
        if set(now) - set(before):
            done.changed = True
            return done
        sends += not receipt.from_before
        if done.failures or sends == SENDS:
            done.take(receipt)
            return done
    raise AssertionError("the steps do not end")


def _remove(work: _Work) -> Asking[Done]:
    done = Done()
    ids = yield from _enrolments("look up", work, done)
    requests = tuple(
        Request(f"remove {identity}", "DELETE", f"contactAutomations/{identity}", absent_is_done=True)
        for identity in ids
    )
    if requests:
        for receipt in (yield requests):
            done.take(receipt)
    return done


_WRITERS: Final[Mapping[str, _Writer]] = {
    "contactTags": _tag, "contactLists": _subscribe, "fieldValues": _set_value, "accountContacts": _employ,
    "contactAutomations": _enrol,
}  # fmt: skip
_DELETERS: Final[Mapping[str, _Writer]] = {
    "contactTags": _untag, "fieldValues": _delete_value, "accountContacts": _dismiss, "contactAutomations": _remove,
}  # fmt: skip
