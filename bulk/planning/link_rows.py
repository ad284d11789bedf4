"""A row of what belongs to one contact -> its flow: a tag, a subscription, a value, an account, an automation.

The contact is found first; what it is known to have is not sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from bulk.model import Failure, Flow, Json, Outcome, Receipt, Request, Row, RowStatus
from bulk.planning import answers
from bulk.planning.collections import read_list
from bulk.planning.consent import ACTIVE
from bulk.planning.differences import perhaps
from bulk.planning.flow import Asking, combined
from bulk.planning.links import (
    Contact,
    Done,
    Employment,
    ListWork,
    add_tags,
    leave_account,
    links_of,
    remove_tags,
    set_account,
    set_lists,
)
from bulk.planning.names import CustomField, Names
from bulk.planning.pages import id_of
from bulk.planning.read_back import AsRead, NotRead, read_contact
from bulk.planning.settling import Nothing, deleted, settled
from bulk.planning.state import RELATIONS, ContactState
from bulk.planning.unchanged import of_link
from bulk.planning.understanding import Wanted, read, understood
from bulk.planning.writers import Estimate, Known, Lookup, Meaning, Own, is_made, names_to_make
from bulk.resources.kinds import FIELD_TYPES, OPTION, OPTIONS, TEXT, Kind, Problem
from bulk.resources.spec import Resource

ENROL: Final = "enrol"
ENROLMENT: Final = "enrolment "  # before the id of one, where it is asked whether this job has made it
CLOCKS: Final = 60.0  # seconds by which the account's clock may be behind ours


@dataclass(slots=True)
class LinkRows:
    """The writer of what belongs to contacts."""

    resource: Resource
    meaning: Meaning
    names: Names
    lookup: Lookup
    _fields: Mapping[str, CustomField] = field(init=False)
    _taken: set[str] = field(default_factory=set)  # enrolments that are a row's

    def __post_init__(self) -> None:
        self._fields = {custom.id: custom for custom in self.names.fields}

    def estimate(self, own: Own, _known: Known) -> Estimate | Failure:
        """About how many requests a row takes that is new to the account, and the names it needs."""
        row = own.row
        cells = self.meaning.cells(row)
        if isinstance(cells, Failure):
            return cells
        given = replace(self.meaning, columns=tuple(c for c in self.meaning.columns if not is_made(c)))
        refused = read(row, given, self.names)
        if isinstance(refused, Failure):
            return refused
        emails = [str(value) for column, value in cells if column.of == "contacts" and column.names and value]
        known = [self.lookup.contact(email) is not None for email in emails]
        lookups = known.count(False)
        if lookups and self.lookup.everybody:
            return Estimate(lookups)  # nobody is there to whom it could belong
        if self.resource.name in _ASKED_BEFORE and not (known and all(known)):
            lookups += 1
        if self.meaning.mode == "delete":
            return Estimate(1 + lookups)
        return Estimate(1 + lookups, names_to_make(cells), self._subscribes(row))

    def _subscribes(self, row: Row) -> bool:
        """Whether the row puts somebody on a list."""
        wanted = read(row, self.meaning, self.names) if self.resource.name == "contactLists" else None
        return isinstance(wanted, Wanted) and str(wanted.values.get("status")) in ACTIVE

    def own(self, row: Row, known: Known) -> Own:
        """What the row's contact holds, as it was read, and what of the row differs from it."""
        asked = () if known.fresh else ACTIVE  # who has left since it was read is told
        return of_link(row, self.resource, self.meaning, self.names, self.lookup, asked=asked)

    def flow(self, row: Row, known: Known) -> Flow:
        """The flow of one row."""
        deletes = self.meaning.mode == "delete"
        own = self.own(row, known)
        lookup: Lookup = self.lookup
        if known.aged and own.record is not None and not known.begun:
            seen = yield from read_contact(own.record[0], RELATIONS)
            lookup = AsRead(self.lookup, own.record[0], None if isinstance(seen, NotRead) else seen)
            own = of_link(row, self.resource, self.meaning, self.names, lookup)
        row = row if known.begun else own.row
        if own.record is not None and not known.begun:
            return Outcome(RowStatus.UNCHANGED, "unchanged", own.record[0])
        wanted = yield from understood(row, self.meaning, self.names, lookup)
        if isinstance(wanted, Outcome):
            if deletes and wanted.failures[0].code == "not_found":
                return Outcome(RowStatus.UNCHANGED, "unchanged")  # with its contact, all that belonged to it is gone
            return wanted
        work = _Work(self.resource, wanted, self.meaning, known, self.names, self.lookup, self._taken)
        refusal = self._refusal(work)
        if refusal is not None:
            return Outcome(RowStatus.REJECTED, failures=(refusal,))
        done = yield from (_DELETERS if deletes else _WRITERS)[self.resource.name](work)
        sent_before = any(not step.startswith("look up") for step in known.begun)
        # what an earlier run has sent, and is so, was brought about by this row
        action = ("deleted" if deletes else work.action) if done.changed or sent_before else "unchanged"
        if done.failures:
            asking = any(failure.step.startswith("look up") for failure in done.failures)
            in_doubt = done.in_doubt or (sent_before and asking)  # what became of that send is not known
            status = RowStatus.IN_DOUBT if in_doubt else RowStatus.FAILED
            wants = perhaps(_wants(work, deletes=deletes), there=False)
            return Outcome(status, action if done.changed else "", work.contact, tuple(done.failures), wants)
        status = RowStatus.UNCHANGED if action == "unchanged" else RowStatus.SUCCEEDED
        wants = None if status is RowStatus.UNCHANGED else _wants(work, deletes=deletes)
        return Outcome(status, action, work.contact, wants=wants)

    def _refusal(self, work: _Work) -> Failure | None:
        """What the row lacks or says wrongly; reads the value by the kind of its field."""
        writes = self.meaning.mode != "delete"
        needed = [c.attribute for c in self.resource.columns if c.required and c.writable]
        for attribute in needed if writes else self.resource.key_attributes:
            if not work.value(attribute):
                return Failure("", "required", f"{attribute}: This cell must not be empty. Fill it in.")
        custom = self._fields.get(work.value("field"))
        if custom is None or not writes:
            return None
        work.kind = FIELD_TYPES.get(custom.type, TEXT)
        text = work.value("value")
        if text:
            column = self.resource.column("value")
            separator = next((c.separator for c in self.meaning.columns if c.attribute == "value"), column.separator)
            value = work.kind.read(text, custom.options if work.kind in (OPTION, OPTIONS) else None, separator)
            if isinstance(value, Problem):
                return Failure("", value.code, f"value: {value.message} {value.hint}".strip())
            work.wanted.values["value"] = value
        return None


@dataclass(slots=True)
class _Work:
    """One row at work. `kind` is that of the custom field whose value it is."""

    resource: Resource
    wanted: Wanted
    meaning: Meaning
    known: Known
    names: Names
    lookup: Lookup
    taken: set[str]
    action: str = "updated"
    kind: Kind = TEXT

    @property
    def contact(self) -> str:
        """The contact's id."""
        return self.value("contact")

    @property
    def state(self) -> ContactState | None:
        """What was read of the contact before the rows."""
        return self.wanted.state

    def value(self, attribute: str) -> str:
        """One of the row's values, "" without it."""
        return str(self.wanted.values.get(attribute) or "")

    def made(self, current: Mapping[str, Json] | None, identity: str) -> None:
        """Note whether what is written was there, as far as that is known."""
        if current is not None and identity not in current:
            self.action = "created"


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
    contact = Contact(work.contact, "updated", bool(work.wanted.bounced))
    current = work.state.lists if work.state is not None and work.known.fresh else None
    work.made(current, identity)
    wanted = {identity: (work.names.book("lists").name_of(identity), status)}
    meaning = work.meaning
    return (
        yield from set_lists(ListWork(contact, wanted, current, meaning.resubscribe, meaning.began, meaning.excluded))
    )


# ---- values of custom fields


def _set_value(work: _Work) -> Asking[Done]:
    done = Done()
    custom, value = work.value("field"), work.value("value")
    if "value" not in work.wanted.values:
        return done  # an empty cell leaves the value alone
    if work.state is not None and work.kind.same(work.state.fields.get(custom), value):
        return done
    body = {"fieldValue": {"contact": work.contact, "field": custom, "value": value}}
    says = {"contact": work.contact, "field": custom, "value": answers.value_of(work.kind, value)}
    receipts = yield (Request("value", "POST", "fieldValues", body=body, expects="fieldValue", says=says),)
    work.made(None if work.state is None else work.state.fields, custom)
    if work.state is None and receipts[0].status == 201:
        work.action = "created"
    done.take(receipts[0])
    return done


def _delete_value(work: _Work) -> Asking[Done]:
    done = Done()
    if work.state is not None and work.value("field") not in work.state.fields:
        return done
    current = yield from links_of(work.contact, "fieldValues", ("field", "id"), done)
    if work.value("field") in current:
        done.take((yield from deleted("delete", f"fieldValues/{current[work.value('field')]}")))
    return done


# ---- accounts


def _employ(work: _Work) -> Asking[Done]:
    title = work.wanted.values.get("jobTitle")
    account = work.value("account")
    if work.state is not None and not work.state.accounts:
        work.action = "created"
    job = Employment(account, account, None if title is None else str(title))
    return (yield from set_account(work.contact, job, work.state, new=False))


def _dismiss(work: _Work) -> Asking[Done]:
    return (yield from leave_account(work.contact, work.value("account"), work.state))


# ---- automations


def _enrolments(step: str, work: _Work, done: Done) -> Asking[dict[str, str]]:
    """The contact's enrolments in the automation at hand: their ids, and when they were made."""
    plural = "contactAutomations"
    path = f"contacts/{work.contact}/{plural}"
    result = yield from read_list(
        step, path, plural, lambda link: [str(id_of(link)), str(link["automation"]), str(link.get("adddate") or "")],
        says={"contact": work.contact},
    )  # fmt: skip
    if isinstance(result, Receipt):
        done.take(result, changed=False)
        return {}
    own = work.value("automation")  # what an earlier version has written down does not say when
    return {identity: "".join(added) for identity, automation, *added in result if automation == own}


def _enrolled_since(work: _Work, enrolments: Mapping[str, str]) -> str | None:
    """One of the enrolments that others have made since the job began, for what is known; no other row's."""
    for identity, added in enrolments.items():
        ours = identity in work.taken or work.lookup.is_ours(f"{ENROLMENT}{identity}")
        if not ours and _is_since(added, work.meaning.began - CLOCKS):
            return identity
    return None


def _is_since(added: str, began: float) -> bool:
    try:
        moment = datetime.fromisoformat(added)
    except ValueError:
        return True  # when is not known, and an enrolment may send mail
    return moment.tzinfo is None or moment.timestamp() >= began


def _enrol(work: _Work) -> Asking[Done]:
    """Enrol the contact, which may send it mail: once, whatever becomes of the answer."""
    work.action = "created"
    done = Done()
    # an enrolment was sent, and what was there before it is forgotten: what is there now may be its own
    blind = ENROL in work.known.begun and "look up 0" not in work.known.begun
    before = yield from _enrolments("look up again" if blind else "look up", work, done)
    if done.failures or (before and work.meaning.mode != "create"):
        return done
    if before and blind:
        said = "The answer was lost, and the contact is in this automation, since when is not known. Look by hand."
        done.failures.append(Failure(ENROL, "no_answer", said))
        done.in_doubt = True
        return done

    if work.known.made in before and ENROL not in work.known.begun:  # only it was not seen when it was read back
        work.taken.add(work.known.made)
        done.changed = True
        return done
    if work.known.resumed and ENROL not in work.known.begun:
        made = _enrolled_since(work, before)
        if made is not None:
            work.taken.add(made)
            return done

    def look(step: str) -> Asking[set[str] | Nothing]:
        now = yield from _enrolments(step, work, done)
        if done.failures:
            return Nothing.UNKNOWN
        return set(now).difference(before) or Nothing.ABSENT

    body = {"contactAutomation": {"contact": work.contact, "automation": work.value("automation")}}
    says = {"contact": work.contact, "automation": work.value("automation")}
    request = Request(
        ENROL, "POST", "contactAutomations", body=body, expects="contactAutomation", says=says,
        keep=lambda body: str(id_of(body["contactAutomation"])),
    )  # fmt: skip
    done.take_settled(*(yield from settled(request, look)))
    return done


def _remove(work: _Work) -> Asking[Done]:
    done = Done()
    ids = yield from _enrolments("look up", work, done)
    parts = [deleted(f"remove {identity}", f"contactAutomations/{identity}") for identity in ids]
    for receipt in (yield from combined(parts)):
        done.take(receipt)
    return done


def _wants(work: _Work, *, deletes: bool) -> Json:
    """What the row has brought about, to be read back."""
    of = work.resource.name
    identity = work.value(_OTHER[of])
    if of == "contactTags":
        return {"untags" if deletes else "tags": {identity: work.names.book("tags").name_of(identity)}}
    if of == "contactLists":
        return {"lists": {identity: [work.names.book("lists").name_of(identity), work.value("status")]}}
    if of == "fieldValues":
        return {"emptied": [identity]} if deletes else {"fields": {identity: work.wanted.values.get("value", "")}}
    if of == "accountContacts":
        title = work.wanted.values.get("jobTitle")
        return {"left": identity} if deletes else {"account": [identity, identity, title]}
    return {"out" if deletes else "in": [identity]}


_ASKED_BEFORE: Final = ("accountContacts", "contactAutomations")  # of which it is asked what there is already
_OTHER: Final = {
    "contactTags": "tag", "contactLists": "list", "fieldValues": "field", "accountContacts": "account",
    "contactAutomations": "automation",
}  # fmt: skip
_WRITERS: Final[Mapping[str, _Writer]] = {
    "contactTags": _tag, "contactLists": _subscribe, "fieldValues": _set_value, "accountContacts": _employ,
    "contactAutomations": _enrol,
}  # fmt: skip
_DELETERS: Final[Mapping[str, _Writer]] = {
    "contactTags": _untag, "fieldValues": _delete_value, "accountContacts": _dismiss, "contactAutomations": _remove,
}  # fmt: skip
