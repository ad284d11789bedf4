"""Contacts that a job has created are deleted, and those that it has deleted are made anew.

Consent goes first: who has left a list since is kept, since deleting them would lose that.
"""

# hub: it carries a line out by the steps of every family
from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from bulk.model import Admission, Aspect, Edit, Edits, Failure, Flow, Outcome, Receipt, Request, RowStatus, Standing
from bulk.planning.address_lookup import look_up_contact
from bulk.planning.changes import CREATED, DELETED, FAMILIES, UNCHANGED
from bulk.planning.consent import ACTIVE, STANDINGS, SUBSCRIBED, UNSUBSCRIBED
from bulk.planning.contact_changes import NOWHERE, Contact, Employment, contact_edits, wants_of
from bulk.planning.contact_wants import Wanted
from bulk.planning.differences import GONE
from bulk.planning.flow import Asking, combined
from bulk.planning.pages.collections import read_list
from bulk.planning.read_back import DEALS, NotRead, read_contact
from bulk.planning.settling import deleted
from bulk.planning.state import RELATIONS, ContactState
from bulk.planning.steps.contact import Way, Write, write_contact
from bulk.planning.steps.contact_links import Done, add_tags, set_account, set_lists
from bulk.planning.undo.contact_edits import ContactEdits
from bulk.planning.undo.ends import (
    as_it_was,
    changed_since,
    ended,
    field_gone,
    gone_since,
    is_known,
    link_told,
    not_read,
)
from bulk.planning.undo.reversals import Reversal, image_links, image_values
from bulk.planning.writers import Known
from bulk.resources.spec import CUSTOM
from bulk.wording import quoted

_LEFT: Final = "This person left {name!r} since, and deleting them would lose that. So they are kept."


@dataclass(frozen=True, slots=True)
class ContactUndo:
    """Puts back what a job has changed of contacts, and of what belongs to them.

    `going` are contacts that go as a whole after other lines of this undo about them, and how such lines have left them
    with lists so far: that is not what somebody did meanwhile. `deals` are those of the contacts that were read last.
    """

    edits: ContactEdits
    going: Mapping[str, list[Edit]] = field(default_factory=dict)
    deals: Mapping[str, AbstractSet[str] | None] = field(default_factory=dict)

    def flow(self, reversal: Reversal, known: Known) -> Flow:
        """The flow of one line."""
        if reversal.edit.aspect is not Aspect.RECORD:
            outcome = yield from self._put_back(reversal, known)
            if reversal.record not in self.going:
                return outcome
            if reversal.edit.aspect is Aspect.LIST and outcome.status is RowStatus.SUCCEEDED:
                self.going[reversal.record].append(reversal.edit)
            return replace(outcome, wants=None)  # who is gone cannot be read back
        if reversal.edit.after is not None:
            return (yield from self._recreate(reversal, known))
        return (yield from self._put_back(reversal, known))

    def _put_back(self, reversal: Reversal, known: Known) -> Flow:
        deletes = reversal.edit.aspect is Aspect.RECORD
        if known.state is not None and deletes and reversal.record not in self.going:
            return (yield from self._delete(reversal, known.state, self.deals.get(reversal.record)))
        if known.state is not None and not deletes:
            return (yield from self.edits.flow(reversal, known.state, replace(known, state=None)))
        seen = yield from read_contact(reversal.record, (*RELATIONS, DEALS) if deletes else RELATIONS)
        if isinstance(seen, NotRead):
            return not_read(seen.said)
        if seen.state is not None:
            return (
                yield from self._delete(reversal, seen.state, seen.deals)
                if deletes
                else self.edits.flow(reversal, seen.state, known)
            )
        if deletes:
            return as_it_was(known, DELETED, reversal.record)
        return gone_since("the contact", reversal.edit)

    # ---- a contact that the job has created

    def _delete(self, reversal: Reversal, state: ContactState, deals: AbstractSet[str] | None) -> Flow:
        reversal = replace(reversal, perhaps=(*reversal.perhaps, *self.going.get(reversal.record, ())))
        left = self._left_list(reversal, state.lists)
        if left:
            return Outcome(RowStatus.FAILED, failures=(Failure("", "changed_since", _LEFT.format(name=left)),))
        otherwise = self._otherwise(reversal, state)
        if otherwise is not None:
            return changed_since(*otherwise)
        if deals:
            return changed_since("the contact", "no deals", f"deals {', '.join(sorted(deals, key=len)[:5])}")
        for family in ("notes",) if deals is not None else ("notes", "deals"):
            more = yield from read_list(
                f"read back {family}", f"contacts/{state.id}/{family}", family, lambda one: str(one["id"])
            )
            if isinstance(more, Receipt):
                return not_read(more.error)
            if more:
                return changed_since("the contact", f"no {family}", f"{family} {', '.join(more[:5])}")
        edits = Edits(state.id, (Edit(Aspect.RECORD, state.id, state.to_json(), None),))
        path = f"contacts/{state.id}"
        receipt = yield from deleted("delete", path, edits, admitted=partial(self._admitted, reversal))
        done = Done()
        done.take(receipt)
        return ended(done, DELETED, state.id, GONE)

    def _admitted(self, reversal: Reversal, request: Request) -> Request:
        """The deletion of a contact, which leaves only when it was read just before how they stand with their lists."""

        def decide(standing: Standing) -> Request | Failure | None:
            left = self._left_list(reversal, standing.lists)
            return Failure(request.step, "changed_since", _LEFT.format(name=left)) if left else request

        return replace(request, admission=Admission(reversal.record, STANDINGS, decide))

    def _left_list(self, reversal: Reversal, lists: Mapping[str, str]) -> str:
        """The name of a list that a contact has left by themselves, "" if there is none."""
        ours = image_links(reversal.image, Aspect.LIST)
        perhaps = image_links(reversal.perhaps, Aspect.LIST)
        for mailing, status in lists.items():
            if status not in ACTIVE and status not in (ours.get(mailing), perhaps.get(mailing)):
                return self.edits.names.book("lists").name_of(mailing)
        return ""

    def _otherwise(self, reversal: Reversal, state: ContactState) -> tuple[str, str, str] | None:
        """What a contact has that the job has not given it: what, what the job left, what is there now."""
        image = {of: value for of, value in image_values(reversal.image).items() if is_known(of, self.edits.columns)}
        perhaps = image_values(reversal.perhaps)
        for edit in contact_edits(image, state, self.edits.columns):
            if edit.of not in perhaps or contact_edits({edit.of: perhaps[edit.of]}, state, self.edits.columns):
                return self._header(edit.of), quoted(edit.after), quoted(edit.before)
        others = {**state.attributes, **{f"{CUSTOM}{of}": value for of, value in state.fields.items()}}
        for of, value in others.items():
            if value and of not in image and of not in perhaps and of != "email":
                return self._header(of), quoted(""), quoted(value)
        for aspect, family, current in (
            (Aspect.TAG, "tags", dict.fromkeys(state.tags, True)),
            (Aspect.LIST, "lists", dict(state.lists)),
            (Aspect.ACCOUNT, "accounts", dict(state.titles)),
        ):
            ours, may_be = image_links(reversal.image, aspect), image_links(reversal.perhaps, aspect)
            for of in (*current, *ours):
                if current.get(of) not in (ours.get(of), may_be.get(of, ours.get(of))):
                    called = f"{family} {self.edits.names.book(family).name_of(of)!r}"
                    return called, link_told(aspect, ours.get(of)), link_told(aspect, current.get(of))
        return None

    def _header(self, attribute: str) -> str:
        return next((column.header for column in self.edits.columns if column.attribute == attribute), attribute)

    # ---- a contact that the job has deleted

    def _recreate(self, reversal: Reversal, known: Known) -> Flow:
        before = ContactState.from_json(reversal.edit.after)
        email = before.attributes.get("email", "")
        receipt = yield from look_up_contact("look up", email)
        if not receipt.ok:
            return Outcome(RowStatus.FAILED, failures=(Failure(receipt.step, receipt.code, receipt.error),))
        if receipt.data is not None and str(receipt.data["id"]) == reversal.record:  # it never went
            return Outcome(RowStatus.UNCHANGED, UNCHANGED, reversal.record)
        if receipt.data is not None and not known.begun - {"look up"}:
            return changed_since(email, "deleted", f"somebody has made it, with the id {receipt.data['id']}")
        fields = {f"{CUSTOM}{of}": value for of, value in before.fields.items() if value}
        values = {of: value for of, value in {**before.attributes, **fields}.items() if value}
        lost = [of for of in values if not is_known(of, self.edits.columns)]
        values = {of: value for of, value in values.items() if of not in lost}
        own = tuple(Edit(Aspect.VALUE, of, None, value) for of, value in values.items())
        write = Write(Way.NEW, "", Wanted(values), own, self.edits.columns, known, Edits("", own, made=True))
        contact = yield from write_contact(write)
        if isinstance(contact, Done):
            return ended(contact, CREATED, "", None)
        beside = self._links_before(before)
        there = tuple(edit for edit in beside if self._is_there(edit))
        done = yield from combined(self._parts(contact, there))
        failures = [failure for part in done for failure in part.failures]
        failures += [_gone(edit) for edit in beside if edit not in there]
        failures += map(field_gone, lost)
        result = Done(failures, any(part.in_doubt for part in done), changed=True)
        return ended(result, CREATED, contact.id, wants_of(own, there))

    def _links_before(self, before: ContactState) -> tuple[Edit, ...]:
        book = self.edits.names.book
        tags = [self.edits.id_now("tags", of, "") for of in before.tags]
        accounts = {self.edits.id_now("accounts", of, ""): title for of, title in before.titles.items()}
        lists = {of: status for of, status in before.lists.items() if status in (SUBSCRIBED, UNSUBSCRIBED)}
        return (
            *(Edit(Aspect.TAG, of, False, True, book("tags").name_of(of)) for of in tags),
            *(Edit(Aspect.LIST, of, None, status, book("lists").name_of(of)) for of, status in lists.items()),
            *(Edit(Aspect.ACCOUNT, of, None, title, book("accounts").name_of(of)) for of, title in accounts.items()),
        )

    def _is_there(self, edit: Edit) -> bool:
        """Whether the account has what a contact was linked with, as far as it was read."""
        family, names = FAMILIES[edit.aspect], self.edits.names
        return family in names.unread or edit.of in names.book(family)

    def _parts(self, contact: Contact, beside: tuple[Edit, ...]) -> list[Asking[Done]]:
        parts = [
            add_tags(contact.id, [edit for edit in beside if edit.aspect is Aspect.TAG], known=False, made=True),
            set_lists(
                contact, [edit for edit in beside if edit.aspect is Aspect.LIST], self.edits.meaning, known=False
            ),
        ]
        jobs = [edit for edit in beside if edit.aspect is Aspect.ACCOUNT]
        parts += [set_account(contact, Employment(edit.of, edit.name, edit.after), NOWHERE) for edit in jobs]
        return parts


def _gone(edit: Edit) -> Failure:
    what = FAMILIES[edit.aspect].removesuffix("s")
    said = f"They are there again, without the {what} with the id {edit.of}, which somebody deleted since."
    return Failure(f"{what} {edit.of}", "changed_since", said)
