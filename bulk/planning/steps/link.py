"""What one row of a contact's tags, lists, values, accounts or automations changes, and how that is written.

Each family has a function that decides, asking where it must, and gives what writes it. Nothing is written before.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from bulk.model import Aspect, Edit, Edits, Json, Request
from bulk.planning import answers
from bulk.planning.contact_changes import (
    Contact,
    Employment,
    account_edits,
    leaving_edits,
    list_edits,
    tag_edits,
    untag_edits,
)
from bulk.planning.flow import Asking
from bulk.planning.settling import deleted
from bulk.planning.steps.contact_links import (
    Done,
    add_tags,
    leave_account,
    links_of,
    remove_tags,
    set_account,
    set_lists,
)
from bulk.planning.steps.enrolments import enrol, unenrol
from bulk.planning.steps.link_work import Decide, Decided, LinkWork, nothing_to_do
from bulk.resources.spec import CUSTOM

# ---- tags and lists


def _tag(work: LinkWork) -> Asking[Decided]:
    yield from ()
    work.action = "created"
    tag, state = work.value("tag"), work.state
    edits = tag_edits([(tag, tag)], () if state is None else state.tags)
    return Decided(edits, partial(add_tags, work.contact, edits, known=state is not None))


def _untag(work: LinkWork) -> Asking[Decided]:
    yield from ()
    tag, state = work.value("tag"), work.state
    edits = untag_edits([(tag, tag)], (tag,) if state is None else state.tags)
    return Decided(edits, partial(remove_tags, work.contact, edits, None if state is None else state.tags))


def _subscribe(work: LinkWork) -> Asking[Decided]:
    yield from ()
    identity, status = work.value("list"), work.value("status")
    contact = Contact(work.contact, "updated", bool(work.wanted.bounced))
    current = work.state.lists if work.state is not None and work.known.fresh else None
    work.made(current, identity)
    wanted = {identity: (work.names.book("lists").name_of(identity), status)}
    edits, refused = list_edits(contact, wanted, current, work.meaning)
    return Decided(edits, partial(set_lists, contact, edits, work.meaning, known=current is not None), refused)


# ---- values of custom fields


def _set_value(work: LinkWork) -> Asking[Decided]:
    yield from ()
    custom, value, state = work.value("field"), work.value("value"), work.state
    before = None if state is None else state.fields.get(custom)
    left = "value" not in work.wanted.values  # an empty cell leaves the value alone
    if left or (state is not None and work.kind.same(before, value)):
        return Decided((), nothing_to_do)
    edit = Edit(Aspect.VALUE, f"{CUSTOM}{custom}", before, value)
    return Decided((edit,), partial(_write_value, work, edit))


def _write_value(work: LinkWork, edit: Edit) -> Asking[Done]:
    done = Done()
    custom = work.value("field")
    body = {"fieldValue": {"contact": work.contact, "field": custom, "value": edit.after}}
    says = {"contact": work.contact, "field": custom, "value": answers.value_of(work.kind, edit.after)}
    edits = None if work.state is None else Edits(work.contact, (edit,))
    request = Request("value", "POST", "fieldValues", body=body, expects="fieldValue", says=says, edits=edits)
    receipts = yield (request,)
    work.made(None if work.state is None else work.state.fields, custom)
    if work.state is None and receipts[0].status == 201:
        work.action = "created"
    done.take(receipts[0])
    return done


def _delete_value(work: LinkWork) -> Asking[Decided]:
    yield from ()
    custom, state = work.value("field"), work.state
    if state is not None and custom not in state.fields:
        return Decided((), nothing_to_do)
    edit = Edit(Aspect.VALUE, f"{CUSTOM}{custom}", None if state is None else state.fields[custom], None)
    return Decided((edit,), partial(_erase_value, work, edit))


def _erase_value(work: LinkWork, edit: Edit) -> Asking[Done]:
    done = Done()
    current = yield from links_of(work.contact, "fieldValues", ("field", "id"), done)
    if work.value("field") in current:
        edits = None if work.state is None else Edits(work.contact, (edit,))
        done.take((yield from deleted("delete", f"fieldValues/{current[work.value('field')]}", edits)))
    return done


# ---- accounts


def _employ(work: LinkWork) -> Asking[Decided]:
    yield from ()
    title = work.wanted.values.get("jobTitle")
    account, places = work.value("account"), work.places
    if places is not None and not places.links:
        work.action = "created"
    job = Employment(account, account, None if title is None else str(title))
    edits = account_edits(job, {} if places is None else places.titles)
    return Decided(edits, partial(set_account, Contact(work.contact, ""), job, places))


def _dismiss(work: LinkWork) -> Asking[Decided]:
    yield from ()
    account, places = work.value("account"), work.places
    edits = leaving_edits({account: ""} if places is None else places.titles, account)
    return Decided(edits, partial(leave_account, work.contact, account, places))


def wants_of_link(work: LinkWork, *, deletes: bool) -> Json:
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


_OTHER: Final = {
    "contactTags": "tag", "contactLists": "list", "fieldValues": "field", "accountContacts": "account",
    "contactAutomations": "automation",
}  # fmt: skip
WRITERS: Final[Mapping[str, Decide]] = {
    "contactTags": _tag, "contactLists": _subscribe, "fieldValues": _set_value, "accountContacts": _employ,
    "contactAutomations": enrol,
}  # fmt: skip
DELETERS: Final[Mapping[str, Decide]] = {
    "contactTags": _untag, "fieldValues": _delete_value, "accountContacts": _dismiss, "contactAutomations": unenrol,
}  # fmt: skip
