"""What a job has changed of a contact's cells and links is put back: read as it is now, and only if it is as left.

What anybody changed since is left alone and told with both values. The steps that carry it out are those of imports.
"""

# hub: it carries a line out by the steps of every family
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from bulk.model import Aspect, Edit, Edits, Flow, Json, Outcome, Receipt
from bulk.planning.changes import DELETED, UPDATED
from bulk.planning.consent import ACTIVE, NEVER, SUBSCRIBED, UNCONFIRMED, when_left
from bulk.planning.contact_changes import Contact, Employment, contact_edits, places_of, wants_of
from bulk.planning.contact_wants import Wanted
from bulk.planning.flow import Asking
from bulk.planning.names import Names
from bulk.planning.pages.collections import read_list
from bulk.planning.settling import deleted
from bulk.planning.state import ContactState
from bulk.planning.steps.contact import Way, Write, write_contact
from bulk.planning.steps.contact_links import Done, add_tags, leave_account, remove_tags, set_account, set_lists
from bulk.planning.undo.ends import as_it_was, changed_since, ended, not_read, place_told, status_told
from bulk.planning.undo.reversals import Reversal
from bulk.planning.writers import Known, Meaning
from bulk.resources.spec import CUSTOM, Column
from bulk.wording import quoted

WITHIN: Final = 10.0  # seconds after a send within which the account dates what it has done


@dataclass(frozen=True, slots=True)
class ContactEdits:
    """Puts back cells and links of contacts.

    `remade` is the name by which a tag or account is made anew that is gone, by resource and id.
    """

    columns: tuple[Column, ...]
    meaning: Meaning
    names: Names
    remade: Mapping[tuple[str, str], str]

    def flow(self, reversal: Reversal, state: ContactState, known: Known) -> Flow:
        """The flow of one line, the contact being in that state."""
        match reversal.edit.aspect:
            case Aspect.VALUE:
                return self._value(reversal, state, known)
            case Aspect.TAG:
                return self._tag(reversal, state, known)
            case Aspect.LIST:
                return self._list(reversal, state, known)
            case Aspect.ACCOUNT:
                return self._account(reversal, state, known)
            case _:
                return self._unenrol(reversal, known)

    def _value(self, reversal: Reversal, state: ContactState, known: Known) -> Flow:
        edit = reversal.edit
        column = next((column for column in self.columns if column.attribute == edit.of), None)
        if column is None and edit.after in (None, ""):  # without its field it is as empty as it was
            return as_it_was(known, UPDATED, state.id)
        if column is None:
            return changed_since(f"the field {edit.of.removeprefix(CUSTOM)}", quoted(edit.before), "it is gone")

        def differs(value: Json) -> tuple[Edit, ...]:
            return contact_edits({edit.of: "" if value is None else value}, state, self.columns)

        own = differs(edit.after)
        if not own:
            return as_it_was(known, UPDATED, state.id)
        if all(differs(value) for value in reversal.left):
            return changed_since(column.header, quoted(edit.before), quoted(own[0].before))
        wanted = Wanted({edit.of: edit.after})
        write = Write(Way.BY_ID, state.id, wanted, own, self.columns, known, Edits(state.id, own))
        contact = yield from write_contact(write)
        done = contact if isinstance(contact, Done) else Done(changed=True)
        return ended(done, UPDATED, state.id, wants_of(own, ()))

    # ---- links

    def _tag(self, reversal: Reversal, state: ContactState, known: Known) -> Flow:
        edit = reversal.edit
        tag = self.id_now("tags", edit.of, edit.name)
        if (tag in state.tags) == bool(edit.after):
            return as_it_was(known, UPDATED, state.id)
        if tag not in self.names.book("tags"):
            return changed_since(f"the tag {edit.name!r}", "it was there", "it is gone")
        own = Edit(Aspect.TAG, tag, not edit.after, bool(edit.after), self.names.book("tags").name_of(tag))
        if edit.after:
            done = yield from add_tags(state.id, (own,), known=True)
        else:
            done = yield from remove_tags(state.id, (own,), state.tags)
        return ended(done, UPDATED, state.id, wants_of((), (own,)))

    def _list(self, reversal: Reversal, state: ContactState, known: Known) -> Flow:
        edit = reversal.edit
        name = self.names.book("lists").name_of(edit.of)
        current = state.lists.get(edit.of)
        if current == edit.after or (current is None and reversal.never):
            return as_it_was(known, UPDATED, state.id)
        what = f"the subscription to {name!r}"
        if current not in reversal.left:
            return changed_since(what, status_told(edit.before), status_told(current))
        own = Edit(Aspect.LIST, edit.of, current, edit.after, name)
        meaning = replace(self.meaning, undoes=True)
        if edit.after in ACTIVE and current not in (SUBSCRIBED, None):
            touched = yield from self._touched(reversal, state)
            if isinstance(touched, Outcome):
                return touched
            meaning = replace(meaning, resubscribe=True, began=reversal.at + WITHIN)
        done = yield from set_lists(Contact(state.id, UPDATED, state.bounced), (own,), meaning, known=True)
        return ended(done, UPDATED, state.id, wants_of((), (own,)))

    def _touched(self, reversal: Reversal, state: ContactState) -> Asking[Outcome | None]:
        """Why somebody whom the job has unsubscribed is not subscribed again: in doubt they are not."""
        edit, path = reversal.edit, f"contacts/{state.id}/contactLists"
        links = yield from read_list(
            "read back lists", path, "contactLists",
            lambda link: [str(link["list"]), str(link["status"]), str(link.get("udate") or "")],
            says={"contact": state.id},
        )  # fmt: skip
        if isinstance(links, Receipt):
            return not_read(links.error)
        status, date = next(((status, date) for of, status, date in links if of == edit.of), (NEVER, ""))
        what = f"the subscription to {self.names.book('lists').name_of(edit.of)!r}"
        if state.bounced:
            return changed_since(what, status_told(edit.before), "the address has bounced")
        if status not in reversal.left or not _is_ours(status, date, reversal.at):
            when = f", since {date}" if date else ""
            said = "it is not sure that they did not leave by themselves"
            return changed_since(what, status_told(edit.before), f"{status_told(status)}{when}: {said}")
        return None

    def _account(self, reversal: Reversal, state: ContactState, known: Known) -> Flow:
        edit, places = reversal.edit, places_of(state)
        account = self.id_now("accounts", edit.of, edit.name)
        name = self.names.book("accounts").name_of(account)
        current = places.titles.get(account)
        if current == edit.after:
            return as_it_was(known, UPDATED, state.id)
        others = [self.names.book("accounts").name_of(of) for of in places.titles if of != account]
        what = f"the account {name!r}"
        if current not in reversal.left or (edit.after is not None and others):
            now = place_told(current) if not others else f"in {', '.join(others)}"
            return changed_since(what, place_told(edit.before), now)
        if edit.after is None:
            done = yield from leave_account(state.id, account, places)
        elif account not in self.names.book("accounts"):
            return changed_since(what, "it was there", "it is gone")
        else:
            job = Employment(account, name, str(edit.after))
            done = yield from set_account(Contact(state.id, UPDATED), job, places)
        own = Edit(Aspect.ACCOUNT, account, current, edit.after, name)
        wants = (
            {"left": account} if edit.after is None else wants_of((), (own,))
        )  # another line may put it into another
        return ended(done, UPDATED, state.id, wants)

    def _unenrol(self, reversal: Reversal, known: Known) -> Flow:
        """Take a contact out of the automation that the job has put it into: that enrolment, no other."""
        edit, plural = reversal.edit, "contactAutomations"
        path = f"contacts/{reversal.record}/{plural}"
        links = yield from read_list(
            "read back enrolments", path, plural, lambda link: str(link["id"]), says={"contact": reversal.record}
        )
        if isinstance(links, Receipt):
            return not_read(links.error)
        if edit.name not in links:
            return as_it_was(known, DELETED, reversal.record)
        own = Edit(Aspect.AUTOMATION, edit.of, True, False)
        done = Done()
        done.take((yield from deleted(f"remove {edit.name}", f"{plural}/{edit.name}", Edits(reversal.record, (own,)))))
        return ended(done, DELETED, reversal.record, {"out": [edit.of]} if len(links) == 1 else None)

    def id_now(self, family: str, identity: str, name: str) -> str:
        """The id of a tag or account, which may have been made anew."""
        book = self.names.book(family)
        if identity in book:
            return identity
        return book.id_of(self.remade.get((family, identity), name)) or identity


def _is_ours(status: str, left: str, at: float) -> bool:
    """Whether a status is surely still the one that the job has sent; `left` is when they left last.

    Leaving is dated: before the job's own send, they had left by themselves when it was sent. To be unconfirmed is not:
    nobody comes to that from a subscription but by leaving it, which then is dated later.
    """
    moment = when_left(left)
    if status == UNCONFIRMED:
        return bool(at) and (not left or (moment is not None and moment < at - WITHIN))
    return moment is not None and bool(at) and abs(moment - at) <= WITHIN
