"""What becomes of a row that a plan has: it is decided anew, and carried out only if that is what the plan says.

What somebody changed since, in the cells and links that the row changes, sets the row aside: nothing is overwritten.
Where the account has all of it by then, nothing is to be done.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bulk.jobs.prepared import Prepared
from bulk.jobs.projection import Projection
from bulk.model import Failure, Flow, Outcome, Row, RowStatus
from bulk.planning.as_planned import COMES_WITH, differing, meanwhile, nothing_is_left
from bulk.planning.changes import CREATED, Change
from bulk.planning.learning import has_sent, learned_once
from bulk.planning.looking_again import is_gone, moved
from bulk.planning.plan_lines import Line, lines_of
from bulk.planning.projected import Coming, name_imagined
from bulk.planning.rows.edited import EditedRows
from bulk.planning.rows.edited_links import EditedLinks
from bulk.planning.writers import Known
from bulk.prefetch.lookup import CheckpointLookup
from bulk.resources.spec import Writing
from bulk.storage.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class ApplyRows:
    """Carries out the rows of one plan, or with a `projection` of one part of a plan of many."""

    prepared: Prepared
    checkpoint: Checkpoint
    projection: Projection | None = None

    def flow(self, row: Row, known: Known) -> Flow:
        """The flow of one row. One that has begun goes on: what it found then was as planned."""
        prepared = self.prepared
        writer, resource = prepared.writer, prepared.resource
        lookup = CheckpointLookup(resource, self.checkpoint)
        known_now = yield from learned_once(resource.writing, row, known, writer.meaning, lookup, again=True)
        if isinstance(known_now, Failure):
            return Outcome(RowStatus.FAILED, failures=(known_now,))
        if has_sent(known):
            return (yield from writer.flow(row, replace(known_now, as_planned=known_now is not known)))
        return (yield from self._as_planned(row, known_now))

    def _as_planned(self, row: Row, known_now: Known) -> Flow:
        """What becomes of a row of which nothing was sent."""
        writer, resource = self.prepared.writer, self.prepared.resource
        decided = yield from writer.decide(row, replace(known_now, as_planned=True))
        result = decided if isinstance(decided, Outcome) else decided.change
        if known_now.instead:  # what stands instead was not done
            assert isinstance(decided, Outcome)  # noqa: S101 - so it was decided
            return decided
        planned = self._planned(row.number)
        if isinstance(planned, Failure):
            return Outcome(RowStatus.FAILED, failures=(planned,))
        now = tuple(lines_of(row, result, writer.meaning.columns, self.prepared.names))
        otherwise = differing(planned, now)
        if otherwise is not None and nothing_is_left(planned, now) and not self._kept(row, known_now):
            was = planned[0].record
            if was in ("", now[0].record) or (not now[0].record and (yield from is_gone(resource, was))):
                otherwise = None
        if otherwise is None and isinstance(result, Change) and resource.writing is Writing.RECORD:
            otherwise = yield from moved(resource, result, custom=bool(self.prepared.names.fields))
        if otherwise is not None:
            return Outcome(RowStatus.FAILED, failures=(otherwise,))
        if isinstance(decided, Outcome):
            return decided
        return _set_aside((yield from decided.carry_out()), decided.change)

    def _planned(self, row: int) -> tuple[Line, ...] | Failure:
        """The lines that the plan has for a row, with the ids of what earlier parts have made by now."""
        planned = self.checkpoint.planned.of(row)
        if self.projection is None:
            return planned
        missing: list[Coming] = []

        def made(_identity: str, coming: Coming) -> str:
            if coming.nth:
                return COMES_WITH
            identity = made_of(coming)
            missing.extend([] if identity else [coming])
            return identity

        def now(cell: str) -> str:
            named = name_imagined(cell)
            return (
                ids.replaced(cell, made) if named is None else self.prepared.names.book(named[0]).id_of(named[1]) or ""
            )

        ids, made_of = self.projection.ids, self.projection.made
        lines = tuple(Line(line.row, line.key, *map(now, line.cells[2:])) for line in planned)
        if not missing:
            return lines
        said = f"What it needs was not made: {missing[0].told} says why."
        return Failure("", "not_made", f"{said} ⟦retry⟧ sends both again, that one first.")

    def _kept(self, row: Row, known: Known) -> bool:
        """Whether a cell of the row is left as the account has it, since both changed it."""
        writer = self.prepared.writer
        return isinstance(writer, EditedRows | EditedLinks) and bool(writer.conflicts(row, known))


def _set_aside(outcome: Outcome, change: Change) -> Outcome:
    """The end of a row; one that was to make what somebody has made meanwhile is set aside as well."""
    taken = change.action == CREATED and any(failure.code == "duplicate" for failure in outcome.failures)
    if not taken or outcome.status is not RowStatus.FAILED:
        return outcome
    return replace(outcome, failures=(meanwhile("nobody had it", "somebody has it"),))
