"""A row of contacts: what it changes is decided first, then carried out.

The contact itself is written before its tags, lists and account, which need only its id. Each family of steps is a
small generator of its own, run side by side; a step that fails does not hold back another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from bulk.model import Aspect, Edit, Edits, Failure, Flow, Outcome, Row, RowStatus
from bulk.planning.address_lookup import look_up_contact
from bulk.planning.changes import (
    CREATED,
    DELETED,
    UNCHANGED,
    UPDATED,
    Change,
    Deciding,
    Decision,
    carried_out,
    of_aspect,
    split_custom,
)
from bulk.planning.consent import ACTIVE
from bulk.planning.contact_changes import (
    Contact,
    contact_edits,
    employment,
    linked_edits,
    places_of,
    wants_of,
)
from bulk.planning.contact_wants import Wanted, contradicted, current_cell, read_row, with_address
from bulk.planning.differences import perhaps
from bulk.planning.flow import Asking, combined
from bulk.planning.names import Names
from bulk.planning.state import ContactState
from bulk.planning.steps.contact import (
    CONTACT,
    DELETE,
    LOOK_FIRST,
    REPAIR,
    Way,
    Write,
    delete_contact,
    failed,
    write_contact,
)
from bulk.planning.steps.contact_links import Done, add_tags, remove_tags, set_account, set_lists
from bulk.planning.steps.made import made_contact
from bulk.planning.unchanged import of_contact
from bulk.planning.writers import Estimate, Known, Meaning, Own


@dataclass(frozen=True, slots=True)
class ContactRows:
    """The writer of contacts."""

    meaning: Meaning
    names: Names

    def own(self, row: Row, known: Known) -> Own:
        """The row without what its contact holds."""
        stored = known.stored or known.state
        left = of_contact(row, self.meaning, self.names, stored)
        return Own(left, None if stored is None or left is row else (stored.id, None))

    def estimate(self, own: Own, known: Known) -> Estimate | Failure:
        """About how many requests a contact takes, and the names it needs; one that is not known is taken for new."""
        wanted = contradicted(own.row, known) or read_row(own.row, self.meaning)
        if isinstance(wanted, Failure):
            return wanted
        if self.meaning.mode == DELETE:  # who was not read is looked up by the address
            return Estimate(1 + (known.state is None and not known.absent and self.meaning.key != "id"))
        refused = self.meaning.damaged(own.row, partial(current_cell, known.state, self.names, own.row))
        if refused is not None:
            return refused.failures[0]
        if self.meaning.mode == "update" and known.absent:
            return Estimate(1)
        change = self._change(wanted, known)
        names = [("tags", name) for name in wanted.tags] + ([("accounts", wanted.account)] if wanted.account else [])
        subscribes = any(edit.after in ACTIVE for edit in of_aspect(change.beside, Aspect.LIST))
        return Estimate(self._requests(change, known), tuple(names), subscribes)

    def _requests(self, change: Change, known: Known) -> int:
        """About how many requests a change takes."""
        looked_up = not change.known and self.meaning.mode == "update" and self.meaning.key != "id"
        questions = 0
        if not change.known and self.meaning.mode != "create" and not known.absent:  # perhaps it is there
            asked = [edit for edit in change.beside if edit.after is False or edit.aspect is Aspect.ACCOUNT]
            questions = len({edit.aspect for edit in asked})
        return bool(change.own) + looked_up + len(change.beside) + questions

    # ---- deciding

    def flow(self, row: Row, known: Known) -> Flow:
        """The flow of one contact."""
        return carried_out(self.decide(row, known))

    def decide(self, row: Row, known: Known) -> Deciding:
        """What the row changes. What is there already is not sent again."""
        meaning, state = self.meaning, known.state
        stored = known.stored or state
        against = contradicted(row, known)
        row = of_contact(row, meaning, self.names, stored)
        wanted = against or with_address(read_row(row, meaning), row, stored, meaning)
        if isinstance(wanted, Failure):
            return Outcome(RowStatus.REJECTED, failures=(wanted,))
        if meaning.mode == DELETE:
            return (yield from self._decide_delete(row, wanted, known))
        damaged = meaning.damaged(row, partial(current_cell, state, self.names, row))
        if damaged is not None and not {CONTACT, REPAIR} & known.begun:
            return damaged
        if known.as_planned and meaning.mode == "create" and stored is not None and CONTACT not in known.begun:
            said = f"There is a contact {wanted.email} already. ⟦mode=upsert⟧ would change it."
            return Outcome(RowStatus.FAILED, failures=(Failure(CONTACT, "duplicate", said),))
        change = self._change(wanted, known)
        way: Write | Contact | Done
        if change.own or state is None:
            way = yield from self._way(row, wanted, change, known)
        else:
            way = Contact(state.id, UNCHANGED, state.bounced)
        if isinstance(way, Done):
            return _unwritten(way, wanted, row)
        if isinstance(way, Write) and way.record:
            change = replace(change, record=way.record, own=way.edits)
        return Decision(change, partial(self._carry_out, row, wanted, change, way, known))

    def _change(self, wanted: Wanted, known: Known) -> Change:
        """What becomes of the contact as far as it is known, without asking."""
        state = known.state if self.meaning.mode != "create" else None
        new = state is None and (known.absent or self.meaning.mode == "create")
        own = contact_edits(wanted.values, state, self.meaning.columns)
        action = UNCHANGED if state is not None else CREATED if new else ""
        contact = Contact("", action) if state is None else Contact(state.id, action, state.bounced)
        beside, refused = linked_edits(wanted, contact, state, known, self.meaning, self.names)
        if own or beside:
            action = UPDATED if state is not None or self.meaning.mode == "update" else action
        return Change(contact.id, action, own, beside, state is not None or new, refused)

    def _way(self, row: Row, wanted: Wanted, change: Change, known: Known) -> Asking[Write | Contact | Done]:
        """How the contact is written; a `Contact` that is as wanted, `Done` why it cannot be."""
        by_id = self.meaning.key == "id" or not wanted.email  # an id never makes anybody
        write = Write(
            Way.SYNC,
            "",
            wanted,
            change.own,
            self.meaning.columns,
            known,
            Edits(change.record, change.own, made=not change.record),
        )
        if self.meaning.mode == "create":
            return (yield from self._way_to_create(write))
        if self.meaning.mode == "update" or by_id:
            identity = yield from self._find(row, wanted, known)
            if isinstance(identity, Done):
                return identity
            known_before = write.overwrites if change.record else None
            return replace(write, way=Way.BY_ID, record=identity, overwrites=known_before)
        if known.as_planned and known.absent:
            return replace(write, way=Way.NEW)
        if known.look_first and CONTACT not in known.begun:
            result = yield from look_up_contact(LOOK_FIRST, wanted.email)
            if not result.ok:
                return failed(result, wanted)
        return write

    def _find(self, row: Row, wanted: Wanted, known: Known) -> Asking[str | Done]:
        """The id of the contact that a row is to change."""
        if self.meaning.key == "id":
            return row.key
        if (stored := known.state or known.stored) is not None:
            return stored.id
        result = yield from look_up_contact("look up", wanted.email)
        if not result.ok:
            return failed(result, wanted)
        if result.data is None:
            missing = "There is no contact with this e-mail. ⟦mode=upsert⟧ would create it."
            return Done([Failure(CONTACT, "not_found", missing)])
        return str(result.data["id"])

    def _way_to_create(self, write: Write) -> Asking[Write | Contact | Done]:
        """Make the contact, or give the one that the row has made before what it lacks."""
        known = write.known
        if not known.made or CONTACT in known.begun:
            return replace(write, way=Way.NEW)
        repair = replace(write, way=Way.REPAIR, record=known.made)
        if REPAIR in known.begun:  # decided by an earlier run
            return repair
        state = yield from made_contact(known, write.wanted.email)
        if isinstance(state, Failure):
            return Done([state])
        if state is None:  # there is none of its address
            return replace(write, way=Way.NEW)
        edits = contact_edits(write.wanted.values, state, self.meaning.columns)
        return (
            replace(repair, edits=edits, overwrites=Edits(state.id, edits))
            if edits
            else Contact(state.id, UNCHANGED, state.bounced)
        )

    def _decide_delete(self, row: Row, wanted: Wanted, known: Known) -> Deciding:
        """Delete the contact; one that is not there is as wanted."""
        identity = row.key if self.meaning.key == "id" else known.state.id if known.state else ""
        if not identity and not (known.absent and not known.look_first):
            result = yield from look_up_contact("look up", wanted.email)
            if not result.ok:
                return Outcome(RowStatus.FAILED, failures=(Failure(result.step, result.code, result.error),))
            identity = str(result.data["id"]) if result.data else ""
        if not identity:
            gone = DELETE in known.begun  # by a send of ours whose answer was lost
            return Outcome(RowStatus.SUCCEEDED if gone else RowStatus.UNCHANGED, DELETED if gone else UNCHANGED)
        before = None if known.state is None else known.state.to_json()
        change = Change(identity, DELETED, (Edit(Aspect.RECORD, identity, before, None),), known=before is not None)
        return Decision(
            change, partial(delete_contact, identity, Edits(identity, change.own) if change.known else None)
        )

    # ---- carrying out

    def _carry_out(self, row: Row, wanted: Wanted, change: Change, way: Write | Contact, known: Known) -> Flow:
        """Write the contact if there is anything to write, then what belongs to it."""
        state, writes = known.state, isinstance(way, Write)
        contact: Contact | Done = (yield from write_contact(way)) if isinstance(way, Write) else way
        if isinstance(contact, Done):
            return _unwritten(contact, wanted, row)
        # a contact that was not there and is, after a send of ours whose answer was lost, was created by that send
        if known.absent and contact.repeated:
            contact = replace(contact, appeared=True)
        if state is not None and state.id != contact.id and contact.action != CREATED:
            state = None  # it was made anew by somebody else, and has lost what it had when the account was read
        beside, refused = change.beside, change.refused
        if writes or contact.id != change.record:  # the answer may tell more than was known
            beside, refused = linked_edits(wanted, contact, state, known, self.meaning, self.names)
        unmade = tuple(self._unmade(beside))
        beside = tuple(edit for edit in beside if edit.of or edit.after is None)
        done: list[Done] = yield from combined(self._parts(contact, beside, state, wanted, known))
        action = CREATED if contact.is_ours else contact.action
        if action == UNCHANGED and any(part.changed for part in done):
            action = UPDATED
        failures = (*unmade, *refused, *(failure for part in done for failure in part.failures))
        if failures:
            status = RowStatus.IN_DOUBT if any(part.in_doubt for part in done) else RowStatus.FAILED
        else:
            status = RowStatus.UNCHANGED if action == UNCHANGED else RowStatus.SUCCEEDED
        wants = None if status is RowStatus.UNCHANGED else wants_of(change.own if writes else (), beside)
        return Outcome(status, action, contact.id, failures, perhaps(wants, there=writes) if failures else wants)

    def _parts(
        self, contact: Contact, beside: Sequence[Edit], state: ContactState | None, wanted: Wanted, known: Known
    ) -> list[Asking[Done]]:
        """What writes the tags, lists and account, side by side."""
        linked = None if contact.is_new else state
        tags = of_aspect(beside, Aspect.TAG)
        lists, jobs = of_aspect(beside, Aspect.LIST), of_aspect(beside, Aspect.ACCOUNT)
        parts = [
            add_tags(contact.id, [edit for edit in tags if edit.after], known=linked is not None, made=contact.is_ours),
            remove_tags(contact.id, [edit for edit in tags if not edit.after], None if state is None else state.tags),
            set_lists(contact, lists, self.meaning, known=known.fresh and state is not None),
        ]
        job = employment(wanted, self.names)
        if job is not None and jobs:
            parts.append(set_account(contact, job, None if linked is None else places_of(linked)))
        return parts

    def _unmade(self, beside: Iterable[Edit]) -> Iterator[Failure]:
        """What the row names, and the account would not take."""
        families = {Aspect.TAG: "tags", Aspect.ACCOUNT: "accounts"}
        for edit in beside:
            refusal = None if edit.of or not edit.name else self.names.refusal(families[edit.aspect], edit.name)
            if refusal is not None:
                yield refusal


def _unwritten(written: Done, wanted: Wanted, row: Row) -> Outcome:
    """The end of a row whose contact was not written, or perhaps was."""
    if not written.in_doubt:
        return Outcome(RowStatus.FAILED, failures=tuple(written.failures))
    attributes, fields = split_custom(wanted.values)
    wants = perhaps({"attributes": attributes, "fields": fields}, there=False, key=row.key)
    return Outcome(RowStatus.IN_DOUBT, failures=tuple(written.failures), wants=wants)
