"""What becomes of a row whose batch has not done all of it: it goes on from how its contact is by then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bulk.jobs.batch_readings import has_made
from bulk.jobs.prepared import Prepared
from bulk.model import Failure, Flow, Outcome, Row, RowStatus
from bulk.planning.changes import CREATED, UPDATED
from bulk.planning.flow import Asking
from bulk.planning.learning import learned_once
from bulk.planning.writers import Known
from bulk.prefetch.lookup import CheckpointLookup
from bulk.storage.batches import BATCH, OF_BATCHES, READ
from bulk.storage.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class AfterBatch:
    """The rows of a job some of which went in batches before; `flow_of` is what becomes of any row."""

    prepared: Prepared
    checkpoint: Checkpoint
    flow_of: Callable[[Row, Known], Flow]

    def flow(self, row: Row, known: Known) -> Flow:
        """The flow of one row. What its batch has done of it is the row's doing."""
        if BATCH not in known.begun:
            return (yield from self.flow_of(row, known))
        was_read = READ in known.begun
        known = replace(known, begun=known.begun - OF_BATCHES)
        known_now = known if was_read else (yield from self._learned(row, known))
        if isinstance(known_now, Failure):
            return Outcome(RowStatus.FAILED, failures=(known_now,))
        outcome = yield from self.flow_of(row, known_now)
        made = self.checkpoint.batches.has_made(row.number)
        if outcome.id:
            made = has_made(self.checkpoint, row.number, outcome.id, made=made)
        return _with_batch(outcome, made=made)

    def _learned(self, row: Row, known: Known) -> Asking[Known | Failure]:
        """What the contact has by now: its batch may have been carried out, or not."""
        writing, meaning = self.prepared.resource.writing, self.prepared.writer.meaning
        lookup = CheckpointLookup(self.prepared.resource, self.checkpoint)
        unsure = replace(known, state=None, stored=known.stored or known.state, absent=False)
        return (yield from learned_once(writing, row, unsure, meaning, lookup))


def _with_batch(outcome: Outcome, *, made: bool) -> Outcome:
    """How a row has ended, its batch taken into account: `made` is whether its contact was not there before."""
    if outcome.status is RowStatus.UNCHANGED:
        return replace(outcome, status=RowStatus.SUCCEEDED, action=CREATED if made else UPDATED)
    return replace(outcome, action=CREATED) if made and outcome.action == UPDATED else outcome
