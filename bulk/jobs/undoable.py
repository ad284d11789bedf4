"""Rows of which everything that they change is read first, so that it can be put back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from bulk.jobs.prepared import Prepared
from bulk.model import Failure, Flow, Outcome, Row, RowStatus
from bulk.planning.learning import learned
from bulk.planning.writers import Known
from bulk.prefetch.lookup import CheckpointLookup
from bulk.storage.checkpoint import Checkpoint

_READING: Final = ("look up", "read back")
_FIRST_READ: Final = ("look up before", "read back")  # by which `learned` reads, before anything is sent


@dataclass(frozen=True, slots=True)
class UndoableRows:
    """Carries out rows whose records are asked for, where they were not read before all rows."""

    prepared: Prepared
    checkpoint: Checkpoint

    def flow(self, row: Row, known: Known) -> Flow:
        """The flow of one row. One that has begun goes on: what it found then stands with what it has sent.

        That is had again from what the journal has of its reading; without it nothing is read anew, since the account
        would show what the row has done.
        """
        prepared = self.prepared
        writer, resource = prepared.writer, prepared.resource
        has_sent = any(not step.startswith(_READING) for step in known.begun)
        if has_sent and not any(step.startswith(_FIRST_READ) for step in known.begun):
            return (yield from writer.flow(row, known))
        lookup = CheckpointLookup(resource, self.checkpoint)
        found = yield from learned(resource.writing, row, replace(known, begun=frozenset()), writer.meaning, lookup)
        if isinstance(found, Failure):
            return Outcome(RowStatus.FAILED, failures=(found,))
        return (yield from writer.flow(row, replace(found, begun=known.begun) if has_sent else found))
