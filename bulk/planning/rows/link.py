"""A row of what belongs to one contact: a tag, a subscription, a value, an account, an automation.

The contact is found first; what it is known to have is not sent again. What changes is decided before it is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from bulk.model import Failure, Flow, Outcome, Row, RowStatus
from bulk.planning.changes import DELETED, UNCHANGED, Change, Deciding, Decision, carried_out
from bulk.planning.consent import ACTIVE
from bulk.planning.differences import Seen, perhaps
from bulk.planning.names import CustomField, Names
from bulk.planning.read_back import AsRead, NotRead, read_contact
from bulk.planning.state import RELATIONS
from bulk.planning.steps.link import DELETERS, WRITERS, wants_of_link
from bulk.planning.steps.link_work import Decided, LinkWork
from bulk.planning.unchanged import TARGETS, of_link
from bulk.planning.understanding import Wanted, read, understood
from bulk.planning.writers import Estimate, Known, Lookup, Meaning, Own, is_made, names_to_make
from bulk.resources.kinds import FIELD_TYPES, OPTION, OPTIONS, TEXT, Problem
from bulk.resources.kinds.dates import in_iso
from bulk.resources.spec import Resource

_ASKED_BEFORE: Final = ("accountContacts", "contactAutomations")  # of which it is asked what there is already


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
        if self.meaning.mode == "delete":  # which value it is, its contact tells
            return Estimate(1 + lookups + (self.resource.name == "fieldValues" and not lookups))
        return Estimate(1 + lookups, names_to_make(cells), self._subscribes(row))

    def _subscribes(self, row: Row) -> bool:
        """Whether the row puts somebody on a list."""
        wanted = read(row, self.meaning, self.names) if self.resource.name == "contactLists" else None
        return isinstance(wanted, Wanted) and str(wanted.values.get("status")) in ACTIVE

    def own(self, row: Row, known: Known) -> Own:
        """What the row's contact holds, as it was read, and what of the row differs from it."""
        asked = () if known.fresh else ACTIVE  # who has left since it was read is told
        return of_link(row, self.resource, self.meaning, self.names, self.lookup_of(known), asked=asked)

    @property
    def target(self) -> str:
        """The attribute of what its contact is linked to: a tag, a list, a field, an account; "" of an automation."""
        return TARGETS.get(self.resource.name, "")

    def lookup_of(self, known: Known) -> Lookup:
        """What was read, for this row: its contact may have been read for it alone."""
        return self.lookup if known.person is None else AsRead(self.lookup, known.person.id, Seen(known.person))

    def flow(self, row: Row, known: Known) -> Flow:
        """The flow of one row."""
        return carried_out(self.decide(row, known))

    def decide(self, row: Row, known: Known) -> Deciding:
        """What the row changes of its contact."""
        deletes = self.meaning.mode == "delete"
        own = self.own(row, known)
        lookup = self.lookup_of(known)
        if known.aged and own.record is not None and not known.begun:
            seen = yield from read_contact(own.record[0], RELATIONS)
            lookup = AsRead(self.lookup, own.record[0], None if isinstance(seen, NotRead) else seen)
            own = of_link(row, self.resource, self.meaning, self.names, lookup)
        row = row if known.begun else own.row
        if own.record is not None and not known.begun:
            return Outcome(RowStatus.UNCHANGED, UNCHANGED, own.record[0])
        wanted = yield from understood(row, self.meaning, self.names, lookup)
        if isinstance(wanted, Outcome):
            if deletes and wanted.failures[0].code == "not_found":
                return Outcome(RowStatus.UNCHANGED, UNCHANGED)  # with its contact, all that belonged to it is gone
            return wanted
        work = LinkWork(self.resource, wanted, self.meaning, known, self.names, self.lookup, self._taken)
        refusal = self._refusal(work)
        if refusal is not None:
            return Outcome(RowStatus.REJECTED, failures=(refusal,))
        decided = yield from (DELETERS if deletes else WRITERS)[self.resource.name](work)
        action = (DELETED if deletes else work.action) if decided.edits else UNCHANGED
        change = Change(work.contact, action, (), decided.edits, work.state is not None, decided.refused)
        return Decision(change, partial(self._carry_out, work, decided))

    def _carry_out(self, work: LinkWork, decided: Decided) -> Flow:
        deletes, begun = self.meaning.mode == "delete", work.known.begun
        done = yield from decided.write()
        done.failures[:0] = decided.refused
        sent_before = any(not step.startswith("look up") for step in begun)
        # what an earlier run has sent, and is so, was brought about by this row
        action = (DELETED if deletes else work.action) if done.changed or sent_before else UNCHANGED
        if done.failures:
            asking = any(failure.step.startswith("look up") for failure in done.failures)
            in_doubt = done.in_doubt or (sent_before and asking)  # what became of that send is not known
            status = RowStatus.IN_DOUBT if in_doubt else RowStatus.FAILED
            wants = perhaps(wants_of_link(work, deletes=deletes), there=False)
            return Outcome(status, action if done.changed else "", work.contact, tuple(done.failures), wants)
        status = RowStatus.UNCHANGED if action == UNCHANGED else RowStatus.SUCCEEDED
        wants = None if status is RowStatus.UNCHANGED else wants_of_link(work, deletes=deletes)
        return Outcome(status, action, work.contact, wants=wants, made=done.made)

    def _refusal(self, work: LinkWork) -> Failure | None:
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
            meant = in_iso(work.kind, text, self.meaning.dates)
            if isinstance(meant, Problem):
                return Failure("", meant.code, f"value: {meant.message} {meant.hint}")
            value = work.kind.read(meant, custom.options if work.kind in (OPTION, OPTIONS) else None, separator)
            if isinstance(value, Problem):
                return Failure("", value.code, f"value: {value.message} {value.hint}".strip())
            work.wanted.values["value"] = value
        return None
