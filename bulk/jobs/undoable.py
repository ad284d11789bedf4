"""Rows of which everything that they change is read first, so that it can be put back."""

from __future__ import annotations

from dataclasses import dataclass

from bulk.jobs.prepared import Prepared
from bulk.model import Failure, Flow, Outcome, Row, RowStatus
from bulk.planning.learning import learned_once
from bulk.planning.writers import Known
from bulk.prefetch.lookup import CheckpointLookup
from bulk.storage.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class UndoableRows:
    """Carries out rows whose records are asked for, where they were not read before all rows."""

    prepared: Prepared
    checkpoint: Checkpoint

    def flow(self, row: Row, known: Known) -> Flow:
        """The flow of one row. One that has begun goes on: what it found then stands with what it has sent."""
        prepared = self.prepared
        writer, resource = prepared.writer, prepared.resource
        lookup = CheckpointLookup(resource, self.checkpoint)
        learnt = yield from learned_once(resource.writing, row, known, writer.meaning, lookup)
        if isinstance(learnt, Failure):
            return Outcome(RowStatus.FAILED, failures=(learnt,))
        return (yield from writer.flow(row, learnt))
