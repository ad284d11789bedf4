"""What the rows will need, before the first is sent: the names to make, and how many requests that will be about."""

# hub: a look at every row meets all that is known of it

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bulk.files.keys import RowSet
from bulk.jobs.engines import Choice
from bulk.jobs.open_rows import open_records, open_rows
from bulk.jobs.own_ids import Disagreeing, others_beside
from bulk.jobs.prepared import Prepared
from bulk.model import Failure, Json, Row, RowStatus
from bulk.planning.changes import Deciding, Decision, decided_at_once
from bulk.planning.exact import lacking
from bulk.planning.spelling import Spellings
from bulk.planning.state import ContactState
from bulk.planning.writers import Known, Own
from bulk.resources.identity import name_key
from bulk.resources.spec import Writing
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.snapshot import PEOPLE
from bulk.wording import counted, pace_told


# wide: sums of one look at all rows
@dataclass(slots=True)
class Survey:
    """`rows` still to be sent and about how many `requests` they take; `begun` of them were by an earlier run.

    `names` are those that must be there, by resource: folded name -> name.
    `subscribing` of the rows put somebody on a list, of them `newcomers` somebody who is not there yet.
    `addresses` are the keys that are not plain ones.
    Of `unread` rows it is not known what the account holds, and the others are `read`, by their numbers.
    `unchanged` of the rows ask for nothing that the account does not hold; told by `look_for_unchanged`.
    `lacking` are rows that name less than their contact has, by column.
    `engine` is what the job goes by, once that is known.
    """

    rows: int = 0
    begun: int = 0
    requests: int = 0
    unchanged: int = 0
    unread: int = 0
    read: RowSet = field(default_factory=RowSet)
    names: dict[str, dict[str, str]] = field(default_factory=dict)
    subscribing: int = 0
    newcomers: int = 0
    addresses: set[str] = field(default_factory=set)
    disagreeing: Disagreeing = field(default_factory=Disagreeing)
    lacking: Counter[str] = field(default_factory=Counter)
    engine: Choice | None = None

    def describe(self, rate: float) -> str:
        """The line that a user sees before a long job."""
        parts = [counted(self.rows, "row")]
        if self.unchanged:
            parts.append(f"{self.unchanged:,} of them unchanged")
        return pace_told(parts, self.requests, rate, self._at_least)

    def seconds(self, rate: float) -> float | None:
        """What they will take; None where there is no limit."""
        return round(max(self._at_least, self.requests / rate), 1) if rate else None

    @property
    def _at_least(self) -> float:
        """The seconds that they take however fast requests may go."""
        return 0.0 if self.engine is None or self.engine.batching is None else self.engine.seconds


def survey(prepared: Prepared, checkpoint: Checkpoint, spellings: Spellings) -> Survey:
    """Read the file once more and look at every row that is not settled; also how it writes names."""
    needs, partly = Survey(), checkpoint.fact(facts.PARTLY)
    for records in open_records(prepared, checkpoint):
        rows = [prepared.row(record) for record in records]
        current = (
            checkpoint.snapshot.known(PEOPLE, [row.key for row in rows]) if prepared.contacts_since is not None else {}
        )
        opened = checkpoint.journal.open_between(rows[0].number, rows[-1].number) if rows else {}
        beside = others_beside(prepared, checkpoint, records, rows)
        for row in rows:
            own, known = _own(prepared, row, current, partly=partly)
            needs.disagreeing.take(row, beside.get(row.number, ""), current.get(row.key), prepared.ids)
            if row.number in beside:
                known = replace(known, beside=beside[row.number])
            estimated = prepared.writer.estimate(own, known)
            if prepared.resource.writing is Writing.CONTACT:
                needs.lacking.update(lacking(row, prepared.writer.meaning, prepared.names, known.state))
            needs.rows += 1
            if row.is_missing:
                pass  # nothing of it can be so already, but that it is gone
            elif row.key in current:
                needs.read.add(row.number)
            else:
                needs.unread += 1
            spellings.note(row)
            if not row.key.isascii() and prepared.writer.meaning.key == "email":
                needs.addresses.add(row.key)
            if isinstance(estimated, Failure):
                continue
            done = len(opened[row.number].known) if row.number in opened else 0
            needs.begun += done > 0
            needs.requests += max(0, estimated.requests - done)
            needs.subscribing += estimated.subscribes
            needs.newcomers += estimated.subscribes and known.absent
            for family, name in estimated.names:
                needs.names.setdefault(family, {}).setdefault(name_key(name), name)
    return needs


def look_for_unchanged(needs: Survey, prepared: Prepared, checkpoint: Checkpoint) -> None:
    """Take the rows out of the estimate that would change nothing, now that the names are made which they need."""
    # of a contact that was not read nothing is known that could be so already
    only = needs.read if prepared.resource.writing is Writing.CONTACT else None
    if only is not None and not only:
        return
    for rows in open_rows(prepared, checkpoint, only):
        current = (
            checkpoint.snapshot.known(PEOPLE, [row.key for row in rows]) if prepared.contacts_since is not None else {}
        )
        for row in rows:
            known = Known(ContactState.from_json(current[row.key]) if row.key in current else None, fresh=True)
            if _changes_nothing(prepared.writer.decide(row, known)):
                needs.unchanged += 1
                estimated = prepared.writer.estimate(*_own(prepared, row, current, partly=True))
                if not isinstance(estimated, Failure):
                    needs.requests -= estimated.requests
                    needs.subscribing -= estimated.subscribes


def _own(prepared: Prepared, row: Row, current: Mapping[str, Json], *, partly: bool) -> tuple[Own, Known]:
    """The row without what its record was read to hold, and what is known of it."""
    state = ContactState.from_json(current[row.key]) if row.key in current else None
    known = Known(state, fresh=True, absent=prepared.contacts_since is not None and state is None and not partly)
    return prepared.writer.own(row, known) if prepared.prefetched else Own(row), known


def _changes_nothing(deciding: Deciding) -> bool:
    """Whether it is known without asking that nothing is to be done."""
    decided = decided_at_once(deciding)
    if isinstance(decided, Decision):
        return decided.change.is_nothing
    return decided is not None and decided.status is RowStatus.UNCHANGED
