"""What becomes of a row in a plan: it is decided as an import would decide it, written down, and not carried out."""

# hub: each row of a plan meets all that is known of it

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from bulk.files.keys import RowSet
from bulk.jobs.apply_cost import Looks, counting
from bulk.jobs.going import GoingCounts
from bulk.jobs.prepared import Prepared
from bulk.jobs.projection import Projection
from bulk.model import Aspect, Failure, Flow, Outcome, Row, RowStatus
from bulk.planning.changes import DELETED, UNCHANGED, Change
from bulk.planning.exact import lacking
from bulk.planning.learning import learned
from bulk.planning.plan_lines import lines_of, refusals
from bulk.planning.state import ContactState
from bulk.planning.writers import Known, Lookup
from bulk.prefetch.lookup import CheckpointLookup
from bulk.resources.spec import Writing
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.row_states import SettledRow


def plan_refused(prepared: Prepared, checkpoint: Checkpoint) -> None:
    """Write down why the checks have refused rows, of which nothing is decided; each with the key that it has."""
    numbers = RowSet()
    for row in _rejected(checkpoint):
        numbers.add(row.number)
    records = prepared.source.records(only=numbers) if numbers else iter(())
    for row, record in zip(_rejected(checkpoint), records, strict=False):
        checkpoint.planned.put(tuple(refusals(row.number, prepared.padded(record).key, row.outcome)), requests=0)


def _rejected(checkpoint: Checkpoint) -> Iterator[SettledRow]:
    return (row for row in checkpoint.rows.settled_rows() if row.outcome.status is RowStatus.REJECTED)


@dataclass(frozen=True, slots=True)
class PlanRows:
    """Decides the rows of one plan, or with a `projection` of one part of a plan of many."""

    prepared: Prepared
    checkpoint: Checkpoint
    imagined: Mapping[str, tuple[str, str]]  # what stands for the id of a name that is not made yet: resource and name
    projection: Projection | None = None
    everybody: bool = False  # all contacts were read
    used: dict[str, set[str]] = field(default_factory=dict)  # those of them that a change needs, by resource
    looks: Looks = field(default_factory=Looks)  # that applying it will take
    going: GoingCounts = field(default_factory=GoingCounts)  # what is deleted
    lacking: Counter[str] = field(default_factory=Counter)  # rows that name less than there is and stays, by column

    def flow(self, row: Row, known: Known) -> Flow:
        """The flow of one row, which asks and writes nothing. Unprocessed: it is planned, and waits to be applied."""
        prepared = self.prepared
        lookup = CheckpointLookup(prepared.resource, self.checkpoint)
        asked = [0]
        learning = learned(prepared.resource.writing, row, known, prepared.writer.meaning, lookup)
        known_now = yield from counting(learning, asked)
        if isinstance(known_now, Failure):
            failed = Outcome(RowStatus.FAILED, failures=(known_now,))
            self.checkpoint.planned.put(tuple(refusals(row.number, row.called or row.key, failed)), requests=0)
            return failed
        row = replace(row, called=self._called(row, known_now, lookup))
        if prepared.resource.writing is Writing.CONTACT:
            self.lacking.update(lacking(row, prepared.writer.meaning, prepared.names, known_now.state))
        decided = yield from counting(prepared.writer.decide(row, replace(known_now, as_planned=True)), asked)
        result = decided if isinstance(decided, Outcome) else decided.change
        lines = tuple(lines_of(row, result, prepared.writer.meaning.columns, prepared.names))
        if isinstance(result, Outcome):
            self.checkpoint.planned.put(lines, requests=0)
            return self._ended(result)
        for edit in (*result.own, *result.beside):
            for identity in (edit.of, edit.after):
                if isinstance(identity, str) and identity in self.imagined:
                    family, name = self.imagined[identity]
                    self.used.setdefault(family, set()).add(name)
        requests = bool(result.own) + len(result.beside)
        self.checkpoint.planned.put(lines, requests=requests)
        if requests and (row.is_missing or result.action == DELETED):
            self.going.add(_standing(prepared.resource.writing, result))
        if self.projection is not None:
            self._keep(self.projection, row, result, known_now, lookup)
        if result.is_nothing:
            return self._ended(Outcome(RowStatus.UNCHANGED, UNCHANGED, result.record))
        if result.failures and not requests:
            return Outcome(RowStatus.FAILED, id=result.record, failures=result.failures)
        custom = bool(prepared.names.fields)
        if self.projection is None or not self.everybody or asked[0]:  # else all are read again with the part
            self.looks.add(prepared.resource, known_now, result, asked=asked[0], custom=custom)
        else:
            self.looks.rows += 1
        return Outcome(RowStatus.UNPROCESSED)

    def _called(self, row: Row, known: Known, lookup: Lookup) -> str:
        """What a person knows the row's record by; where the file says only its id, what the account calls it."""
        resource = self.prepared.resource
        called = row.called or row.key
        by_id = self.prepared.writer.meaning.key == "id" or called == row.id
        if not by_id or resource.writing is Writing.LINK:
            return called
        if resource.writing is Writing.CONTACT:
            state = known.state or known.stored
            return (state.attributes.get("email") if state is not None else "") or called
        kept = next((kept for _id, kept in lookup.records(f"id {row.key}")), None) if resource.called else None
        return str(kept.get(resource.called) or "") or called if kept is not None else called

    def _ended(self, outcome: Outcome) -> Outcome:
        """How a row ends that changes nothing; what it is about may have to be made first, so it waits for that."""
        waits = self.projection is not None and self.projection.ids.coming(outcome.id) is not None
        return Outcome(RowStatus.UNPROCESSED) if waits else outcome

    def _keep(self, projection: Projection, row: Row, change: Change, known: Known, lookup: Lookup) -> None:
        """Keep what becomes of the row's record for the parts that come later."""
        resource = self.prepared.resource
        if resource.writing is not Writing.RECORD:
            if self.everybody and change.is_nothing:
                return
            before = None  # if everybody was read, later parts have them from there
            if not self.everybody:
                before = known.person or known.state or known.stored or lookup.contact_of(change.record)
            projection.keep_contact(self.checkpoint, resource, row.number, change, before)
        elif not change.is_nothing:
            kept = next((kept for _id, kept in lookup.records(f"id {change.record}")), None)
            projection.keep_record(self.checkpoint, resource, row.number, change, kept)


def _standing(writing: Writing, change: Change) -> Collection[str]:
    """How a contact that is deleted stands on each list."""
    before = next((edit.before for edit in change.own if edit.aspect is Aspect.RECORD), None)
    return ContactState.from_json(before).lists.values() if writing is Writing.CONTACT and before is not None else ()
