"""Links that go since their rows were made others: each goes only once the row that stands instead of it is done."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from bulk.files.keys import RowSet
from bulk.jobs.missing import WithMissing
from bulk.jobs.prepared import Prepared
from bulk.jobs.rows import FlowOf
from bulk.model import LEFT, Flow, Row, RowStatus
from bulk.planning.writers import Known
from bulk.storage.baseline import Baseline
from bulk.storage.checkpoint import Checkpoint

_DONE: Final = frozenset(RowStatus).difference(LEFT)  # those skipped too: another row of their key counts


def heeding_replaced(prepared: Prepared, checkpoint: Checkpoint, flow_of: FlowOf) -> FlowOf:
    """The flows of rows, of which those that take a link away look first how the row ended that stands instead."""
    source = prepared.source
    if not isinstance(source, WithMissing) or not source.edits.is_of_links:
        return flow_of
    return _Heeding(source.edits.baseline, checkpoint, flow_of).flow


@dataclass(slots=True)
class _Heeding:
    baseline: Baseline
    checkpoint: Checkpoint
    flow_of: FlowOf
    done: RowSet = field(default_factory=RowSet)  # in this run; what is written down of it may come later

    def flow(self, row: Row, known: Known) -> Flow:
        """The flow of one row. Rows of one key run one after the other, the file's first."""
        if row.is_missing:
            numbers = [number for number, _key in self.baseline.instead_of(row.id)]
            left = next((number for number in numbers if not self._is_done(number)), 0)
            return (yield from self.flow_of(row, replace(known, instead=left)))
        outcome = yield from self.flow_of(row, known)
        planned = outcome.status is RowStatus.UNPROCESSED  # it waits to be carried out
        if (planned or outcome.status in _DONE) and self.baseline.stands_instead(row.number):
            self.done.add(row.number)
        return outcome

    def _is_done(self, number: int) -> bool:
        return number in self.done or self.checkpoint.rows.settled_between(number, number).get(number) in _DONE
