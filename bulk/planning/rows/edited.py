"""Rows of which some are edits of an export's rows: those are known by their ids, and judged three ways.

Conflicts are decided here and nowhere else, once it is known what the account holds; what is left is decided and
carried out as any row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from bulk.model import Failure, Flow, Outcome, Row, RowStatus
from bulk.planning.changes import UNCHANGED, Change, Deciding, Decision, carried_out
from bulk.planning.contact_cells import contact_cell
from bulk.planning.flow import Asking
from bulk.planning.kept_records import beside_of
from bulk.planning.learning import contact_now
from bulk.planning.names import Names
from bulk.planning.read_back import NotRead, RecordAsRead, read_record
from bulk.planning.rows.record import RecordRows
from bulk.planning.state import ContactState
from bulk.planning.steps.contact import DELETE
from bulk.planning.three_ways import Conflict, conflicts_of, conflicts_of_missing, without
from bulk.planning.unchanged import record_cell
from bulk.planning.writers import Estimate, Known, Lookup, Meaning, Own, Writer
from bulk.resources.spec import Column, Resource

SHEET, ACCOUNT = "sheet", "account"  # who counts where both changed a cell; else such a row fails
GONE: Final = "not_found"  # the code of a record that is not there any more

_RECREATED: Final = "If it was made anew since, it has another id: make a new export and edit that."


@dataclass(frozen=True, slots=True)
class ContactNow:
    """What the account holds of the contacts of edited rows."""

    names: Names

    def cell(self, _row: Row, known: Known) -> Callable[[Column], str] | None:
        """What an export would write of the row's contact now; None if that is not known."""
        state = known.state or known.stored
        return None if state is None else partial(_cell, state, self.names)

    def learned(self, row: Row, known: Known) -> Asking[Known | Failure]:
        """What is known of the contact: who was not read is read now, for an edit is never sent unseen."""
        if known.state is not None or known.stored is not None:
            return known
        state = yield from contact_now(row.key)
        if isinstance(state, Failure):
            return state
        if state is None:
            who = row.key if row.called in ("", row.key) else f"{row.called} (id {row.key})"
            return Failure("", GONE, f"The contact {who} of the export is gone from the account. {_RECREATED}")
        return replace(known, state=state, stored=state, fresh=True)


@dataclass(frozen=True, slots=True)
class RecordNow:
    """What the account holds of the records by themselves of edited rows, which were all read before the rows."""

    resource: Resource
    names: Names
    lookup: Lookup

    def cell(self, row: Row, _known: Known) -> Callable[[Column], str] | None:
        """What an export would write of the row's record now; None if it is not there."""
        records = self.lookup.records(f"id {row.key}")
        return partial(record_cell, records[0][1], self.names, self.lookup) if records else None

    def again(self, identity: str) -> Asking[RecordNow | Failure]:
        """What the account holds of one record now; what comes beside its collection alone stays as it was read."""
        if beside_of(self.resource):
            return self
        seen = yield from read_record(self.resource, identity, custom=bool(self.names.fields))
        if isinstance(seen, NotRead):
            return Failure("look up before", "no_answer", seen.said)
        return replace(self, lookup=RecordAsRead(self.lookup, *seen))

    def learned(self, row: Row, known: Known) -> Asking[Known | Failure]:
        """What is known of the record."""
        yield from ()
        if row.is_missing and not self.lookup.records(f"id {row.key}"):
            return Failure("", GONE, f"The record {row.key} of the export is gone from the account. {_RECREATED}")
        return known


@dataclass(frozen=True, slots=True)
class EditedRows:
    """The writer of a file that was made of an export: `others` are rows that the export did not have.

    `deletes` takes the records of rows away that the file has no more. `now` tells what the account holds of
    the export's records; `columns` are all that there are of it.
    """

    others: Writer
    by_id: Writer
    deletes: Writer
    now: ContactNow | RecordNow
    columns: Sequence[Column]
    on_conflict: str

    @property
    def meaning(self) -> Meaning:
        """What the rows mean that the export did not have."""
        return self.others.meaning

    def own(self, row: Row, known: Known) -> Own:
        """The row without what its contact holds."""
        return self._writer(row).own(row, known)

    def estimate(self, own: Own, known: Known) -> Estimate | Failure:
        """About how many requests a row takes."""
        if own.row.is_missing:
            return Estimate(1)
        left = without(own.row, self._kept(own.row, known), self.meaning.columns)
        if left.before is not None and not left.values:
            return Estimate(0)
        return self._writer(left).estimate(replace(own, row=left), known)

    def flow(self, row: Row, known: Known) -> Flow:
        """The flow of one row."""
        return carried_out(self.decide(row, known))

    def decide(self, row: Row, known: Known) -> Deciding:
        """What the row changes of its record, and what is kept since both sides changed it.

        A record by itself that was read too long ago is read again; contacts are, before their rows.
        """
        if known.aged and row.before is not None and not known.begun and isinstance(self.now, RecordNow):
            again = yield from self.now.again(row.key)
            if isinstance(again, Failure):
                return Outcome(RowStatus.FAILED, failures=(again,))
            return (yield from self._seeing(again).judged(row, known))
        return (yield from self.judged(row, known))

    def _seeing(self, now: RecordNow) -> EditedRows:
        """The same writer, that goes by how a record is now."""
        by_id, deletes = (
            replace(one, lookup=now.lookup) if isinstance(one, RecordRows) else one
            for one in (self.by_id, self.deletes)
        )
        return replace(self, by_id=by_id, deletes=deletes, now=now)

    def judged(self, row: Row, known: Known) -> Deciding:
        """The same, by what is known."""
        if row.is_missing:
            return (yield from self._deleted(row, known))
        if row.before is None:
            return (yield from self.others.decide(row, known))
        known_now = yield from self.now.learned(row, known)
        if isinstance(known_now, Failure):
            return Outcome(RowStatus.FAILED, failures=(known_now,))
        kept = self._kept(row, known_now)
        left = without(row, kept, self.meaning.columns)
        conflicts = () if self.on_conflict == ACCOUNT else tuple(kept)
        refused = row.before.refused
        if left.values:
            decided = yield from self.by_id.decide(left, known_now)
        else:
            decided = left_as_it_is(row.key)
        if isinstance(decided, Outcome) or not (conflicts or refused):
            return decided
        change = replace(decided.change, refused=(*decided.change.refused, *refused), conflicts=conflicts)
        return Decision(change, partial(_with_failures, decided, (*refused, *(one.failure for one in conflicts))))

    def _deleted(self, row: Row, known: Known) -> Deciding:
        """What becomes of the record of a row that the file has no more; one that was changed since is kept."""
        if any(step.startswith(DELETE) for step in known.begun):
            return (yield from self.deletes.decide(row, known))
        known_now = yield from self.now.learned(row, known)
        if isinstance(known_now, Failure):
            gone = known_now.code == GONE
            status = RowStatus.UNCHANGED if gone else RowStatus.FAILED
            return Outcome(status, UNCHANGED if gone else "", row.key, () if gone else (known_now,))
        kept = self._kept(row, known_now)
        if not kept:
            return (yield from self.deletes.decide(row, known_now))
        return left_as_it_is(row.key, () if self.on_conflict == ACCOUNT else kept)

    def conflicts(self, row: Row, known: Known) -> list[Conflict]:
        """The cells of a row that both sides changed, as far as it is known what the account holds."""
        cell = self.now.cell(row, known) if row.before is not None else None
        if cell is None:
            return []
        return (
            conflicts_of_missing(row, self.columns, cell)
            if row.is_missing
            else conflicts_of(row, self.meaning.columns, cell)
        )

    def _kept(self, row: Row, known: Known) -> Sequence[Conflict]:
        return [] if self.on_conflict == SHEET else self.conflicts(row, known)

    def _writer(self, row: Row) -> Writer:
        if row.is_missing:
            return self.deletes
        return self.others if row.before is None else self.by_id


def _cell(state: ContactState, names: Names, column: Column) -> str:
    return contact_cell(state, column, names)


def left_as_it_is(identity: str, conflicts: Sequence[Conflict] = ()) -> Decision:
    """What becomes of a row whose record stays as the account has it: it is not done if there are `conflicts`."""
    change = Change(identity, UNCHANGED, conflicts=tuple(conflicts))
    return Decision(change, partial(_ended, identity, change.failures))


def _ended(identity: str, failures: tuple[Failure, ...]) -> Flow:
    yield from ()
    return Outcome(RowStatus.FAILED if failures else RowStatus.UNCHANGED, UNCHANGED, identity, failures)


def _with_failures(decided: Decision, failures: tuple[Failure, ...]) -> Flow:
    """Carry out what is left of a row, and end as one of which something was not done."""
    outcome = yield from decided.carry_out()
    status = RowStatus.IN_DOUBT if outcome.status is RowStatus.IN_DOUBT else RowStatus.FAILED
    return replace(outcome, status=status, failures=(*outcome.failures, *failures))
