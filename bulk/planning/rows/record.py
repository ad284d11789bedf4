"""A row of a record by itself: found by its key, then created, changed, deleted or left alone.

Which record a row is about and what it changes is decided here, out of what was read before; `steps.record` writes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

from bulk.model import Aspect, Edit, Edits, Failure, Flow, Json, Outcome, Row, RowStatus
from bulk.planning.changes import (
    CREATED,
    DELETED,
    UNCHANGED,
    UPDATED,
    Change,
    Deciding,
    Decision,
    carried_out,
)
from bulk.planning.flow import Asking
from bulk.planning.names import Names
from bulk.planning.record_changes import all_values, record_edits
from bulk.planning.record_keys import key_sought
from bulk.planning.rows.record_matching import Matching, ambiguous, cell_of_record
from bulk.planning.steps.additions import added, additions_take
from bulk.planning.steps.made import made_record
from bulk.planning.steps.record import (
    CHANGE,
    CREATE,
    DELETE,
    change_record,
    create_record,
    delete_record,
)
from bulk.planning.steps.record_search import Claims, RecordWork
from bulk.planning.understanding import Wanted, read, understood
from bulk.planning.writers import Estimate, Known, Lookup, Meaning, Own, is_made, names_to_make
from bulk.resources.spec import Resource


@dataclass(slots=True)
class RecordRows:
    """The writer of records. Rows of one key run one after the other; each record is taken by one row only."""

    resource: Resource
    meaning: Meaning
    names: Names
    lookup: Lookup
    claims: Claims | None = None  # given where another writer has other rows of the same file: theirs count here too
    _claims: Claims = field(init=False)
    _matching: Matching = field(init=False)

    def __post_init__(self) -> None:
        self._claims = Claims(self.lookup, set()) if self.claims is None else self.claims
        self._matching = Matching(self.resource, self.meaning, self.names, self.lookup, self._claims)

    # ---- what a row says

    def estimate(self, own: Own, _known: Known) -> Estimate | Failure:
        """About how many requests a row takes that is new to the account, and the names it needs."""
        cells = self.meaning.cells(own.row)
        if isinstance(cells, Failure):
            return cells
        refused = self._refused(own)
        if refused is not None:
            return refused
        known = self.resource.name == "notes"  # a note is on something that is there, or it means nothing
        names = () if known or self.meaning.mode == "delete" else names_to_make(cells)
        emails = [str(value) for column, value in cells if column.of == "contacts" and column.names and value]
        lookups = sum(self.lookup.contact(email) is None for email in emails)
        if lookups and self.lookup.everybody:
            return Estimate(lookups)  # nobody is there to whom it could belong
        if self.meaning.mode == "delete":
            return Estimate(1 + lookups, names)
        beside = {column.attribute: value for column, value in cells if column.beside}
        return Estimate(1 + lookups + additions_take(self.resource, beside, new=own.record is None), names)

    def _refused(self, own: Own) -> Failure | None:
        """Why a row is refused whatever becomes of the names that are created before the rows."""
        kept = {} if own.record is None else own.record[1]
        given = replace(self.meaning, columns=tuple(c for c in self.meaning.columns if not is_made(c)))
        wanted = read(own.row, given, self.names, kept)
        if isinstance(wanted, Failure):
            return wanted
        looks_damaged = self.meaning.damaged(own.row, partial(cell_of_record, kept))
        return None if looks_damaged is None else looks_damaged.failures[0]

    def own(self, row: Row, known: Known) -> Own:
        """The record that the row itself tells it is about, and what differs from it."""
        return self._matching.own(row, known)

    # ---- deciding

    def flow(self, row: Row, known: Known) -> Flow:
        """The flow of one row."""
        return carried_out(self.decide(row, known))

    def decide(self, row: Row, known: Known) -> Deciding:
        """What the row changes, and of which record."""
        own = self.own(row, known)
        if known.aged and own.record is not None and not (own.row.values or known.begun):
            again = yield from self._matching.as_it_is_now(row, *own.record)
            if isinstance(again, Failure):
                return Outcome(RowStatus.FAILED, failures=(again,))
            own = again
        context = {} if own.record is None else own.record[1]
        wanted = yield from understood(own.row, self.meaning, self.names, self.lookup, context)
        if isinstance(wanted, Outcome):
            return wanted
        if known.made and self.meaning.mode != "delete" and CREATE not in known.begun:
            made = yield from self._made_before(wanted, known)
            if isinstance(made, Failure):
                return Outcome(RowStatus.FAILED, failures=(made,))
            if made is not None:
                return self._change(*made, wanted, known)
        return self._change_own(own, wanted, known) if own.record is not None else self._find(own, wanted, known)

    def _made_before(self, wanted: Wanted, known: Known) -> Asking[tuple[str, Json] | Failure | None]:
        """What the row has created before, unless it is another row's by now."""
        if CHANGE in known.begun:  # decided by an earlier run
            return known.made, next((kept for _id, kept in self.lookup.records(f"id {known.made}")), {})
        if self._claims.is_anothers(known.made):
            return None
        made = yield from made_record(self.resource, wanted.values, self.names, self.lookup, known)
        return None if self._claims.is_anothers(known.made) else made  # it may be since

    def _find(self, own: Own, wanted: Wanted, known: Known) -> Decision | Outcome:
        """What becomes of the record that the row is about as its key says."""
        row = own.row
        key = key_sought(row, wanted, self.meaning, self.resource)
        if self.meaning.mode == "delete":
            return self._delete(key, known)
        by_id = self.meaning.key == "id"
        looks_damaged = self.meaning.damaged(row, partial(self._matching.current, key))
        if looks_damaged is not None and not {CREATE, CHANGE} & known.begun:
            return looks_damaged
        if CREATE in known.begun or (self.meaning.mode == "create" and not by_id):
            return self._create_new(key, wanted, known)
        record = self._matching.pick(key, wanted)
        if record is None and (self.meaning.mode == "update" or by_id):
            said = f"There is no {self.resource.singular} with this {self.meaning.key}."
            record = Failure("", "not_found", said)
        if isinstance(record, Failure):
            return Outcome(RowStatus.FAILED, failures=(record,))
        return self._create(wanted, known) if record is None else self._change(*record, wanted, known)

    def _change_own(self, own: Own, wanted: Wanted, known: Known) -> Decision | Outcome:
        """What becomes of the record that the row itself names."""
        assert own.record is not None  # noqa: S101 - asked before
        identity, kept = own.record
        looks_damaged = self.meaning.damaged(own.row, partial(cell_of_record, kept))
        if looks_damaged is not None and CHANGE not in known.begun:
            return looks_damaged
        return self._change(identity, kept, wanted, known)

    # ---- what is done to it

    def _change(self, identity: str, kept: Json, wanted: Wanted, known: Known) -> Decision:
        self._claims.take(identity)
        own = record_edits(wanted, kept, self.meaning.columns)
        if CHANGE in known.begun:  # decided by an earlier run; what was read may show it already
            own = tuple(Edit(Aspect.VALUE, of, kept.get(of), value) for of, value in all_values(wanted).items())
        beside = added(self.resource, wanted.additions, kept)
        change = Change(identity, UPDATED if own or beside else UNCHANGED, own, beside)
        return Decision(change, partial(change_record, self._work(wanted, known), change, kept))

    def _create_new(self, key: str, wanted: Wanted, known: Known) -> Decision | Outcome:
        """Create, unless there is one of a key that no two should have, or another job has made it since."""
        made = self._matching.made_since(key, wanted) if known.resumed and CREATE not in known.begun else None
        if made is not None:
            return self._change(*made, wanted, known)
        on_record = self.lookup.records(key) if self.resource.unique and CREATE not in known.begun else ()
        if on_record:
            said = (
                f"There is one of this {self.resource.key} already: {on_record[0][0]}. ⟦mode=upsert⟧ would change it."
            )
            return Outcome(RowStatus.FAILED, failures=(Failure("", "duplicate", said),))
        return self._create(wanted, known)

    def _create(self, wanted: Wanted, known: Known) -> Decision:
        defaults = {c.attribute: c.default for c in self.resource.columns if c.default is not None}
        values = defaults | {attribute: value for attribute, value in all_values(wanted).items() if value != ""}
        own = tuple(Edit(Aspect.VALUE, attribute, None, value) for attribute, value in values.items())
        change = Change("", CREATED, own, added(self.resource, wanted.additions, None))
        return Decision(change, partial(create_record, self._work(wanted, known), change))

    def _delete(self, key: str, known: Known) -> Decision | Outcome:
        records = [r for r in self.lookup.records(key) if r[0] not in self._claims.taken]
        if not records:
            if DELETE in known.begun:
                return Outcome(RowStatus.SUCCEEDED, DELETED)
            return Outcome(RowStatus.UNCHANGED, UNCHANGED)  # it is not there, as wanted
        if len(records) > 1:
            return Outcome(RowStatus.FAILED, failures=(ambiguous(self.resource, records),))
        identity, kept = records[0]
        self._claims.take(identity)
        own = (Edit(Aspect.RECORD, identity, kept, None),)
        return Decision(
            Change(identity, DELETED, own), partial(delete_record, self.resource, identity, Edits(identity, own))
        )

    def _work(self, wanted: Wanted, known: Known) -> RecordWork:
        return RecordWork(self.resource, self.meaning, self.names, self._claims, wanted, known)
