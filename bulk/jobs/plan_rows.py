"""What becomes of a row in a plan: it is decided as an import would decide it, written down, and not carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bulk.jobs.prepared import Prepared
from bulk.model import Failure, Flow, Outcome, Row, RowStatus
from bulk.planning.changes import UNCHANGED
from bulk.planning.learning import learned
from bulk.planning.plan_lines import lines_of
from bulk.planning.writers import Known
from bulk.prefetch.lookup import CheckpointLookup
from bulk.storage.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class PlanRows:
    """Decides the rows of one plan."""

    prepared: Prepared
    checkpoint: Checkpoint
    imagined: Mapping[str, tuple[str, str]]  # what stands for the id of a name that is not made yet: resource and name
    used: dict[str, set[str]] = field(default_factory=dict)  # those of them that a change needs, by resource

    def flow(self, row: Row, known: Known) -> Flow:
        """The flow of one row, which asks and writes nothing. Unprocessed: it is planned, and waits to be applied."""
        prepared = self.prepared
        lookup = CheckpointLookup(prepared.resource, self.checkpoint)
        known_now = yield from learned(prepared.resource.writing, row, known, prepared.writer.meaning, lookup)
        if isinstance(known_now, Failure):
            return Outcome(RowStatus.FAILED, failures=(known_now,))
        decided = yield from prepared.writer.decide(row, replace(known_now, exact=True))
        result = decided if isinstance(decided, Outcome) else decided.change
        lines = tuple(lines_of(row, result, prepared.writer.meaning.columns, prepared.names))
        if isinstance(result, Outcome):
            self.checkpoint.planned.put(lines, requests=0)
            return result
        for edit in (*result.own, *result.beside):
            for identity in (edit.of, edit.after):
                if isinstance(identity, str) and identity in self.imagined:
                    family, name = self.imagined[identity]
                    self.used.setdefault(family, set()).add(name)
        requests = bool(result.own) + len(result.beside)
        self.checkpoint.planned.put(lines, requests=requests)
        if result.is_nothing:
            return Outcome(RowStatus.UNCHANGED, UNCHANGED, result.record)
        if result.failures and not requests:
            return Outcome(RowStatus.FAILED, id=result.record, failures=result.failures)
        return Outcome(RowStatus.UNPROCESSED)
