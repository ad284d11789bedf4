"""What the rows will need, before the first is sent: the names to make, and how many requests that will be about."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from bulk.files.keys import RowSet
from bulk.files.matching import Match
from bulk.files.source import Record, Source
from bulk.jobs.own_ids import BATCH, others_beside
from bulk.jobs.prepared import Prepared
from bulk.model import Failure, Json, Row, RowStatus
from bulk.planning.changes import Deciding, Decision, decided_at_once
from bulk.planning.spelling import Spellings
from bulk.planning.state import ContactState
from bulk.planning.writers import Known, Own
from bulk.resources.identity import name_key
from bulk.resources.spec import Writing
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.snapshot import PEOPLE
from bulk.wording import counted, duration


@dataclass(slots=True)
class Survey:
    """`rows` still to be sent and about how many `requests` they take; `begun` of them were by an earlier run.

    `names` are those that must be there, by resource: folded name -> name.
    `subscribing` of the rows put somebody on a list.
    `addresses` are the keys that are not plain ones.
    Of `unread` rows it is not known what the account holds, and the others are `read`, by their numbers.
    `unchanged` of the rows ask for nothing that the account does not hold; told by `look_for_unchanged`.
    """

    rows: int = 0
    begun: int = 0
    requests: int = 0
    unchanged: int = 0
    unread: int = 0
    read: RowSet = field(default_factory=RowSet)
    names: dict[str, dict[str, str]] = field(default_factory=dict)
    subscribing: int = 0
    addresses: set[str] = field(default_factory=set)

    def describe(self, rate: float) -> str:
        """The line that a user sees before a long job."""
        parts = [counted(self.rows, "row")]
        if self.unchanged:
            parts.append(f"{self.unchanged:,} of them unchanged")
        parts.append(f"≈ {counted(self.requests, 'request')}")
        if rate:
            parts.append(f"≈ {duration(self.requests / rate)} at {rate:g}/s")
        return " · ".join(parts)


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
            if row.number in beside:
                known = replace(known, beside=beside[row.number])
            estimated = prepared.writer.estimate(own, known)
            needs.rows += 1
            if row.key in current:
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


def open_rows(prepared: Prepared, checkpoint: Checkpoint, only: Collection[int] | None = None) -> Iterator[list[Row]]:
    """The rows that are not settled, in batches; with `only` no others than those of these numbers."""
    for records in open_records(prepared, checkpoint, only):
        yield [prepared.row(record) for record in records]


def open_records(
    prepared: Prepared, checkpoint: Checkpoint, only: Collection[int] | None = None
) -> Iterator[list[Record]]:
    """The records of the file whose rows are not settled, in batches; with `only` no others than of these numbers."""
    records = prepared.source.records(only)
    while batch := list(islice(records, BATCH)):
        settled = checkpoint.rows.settled_between(batch[0].number, batch[-1].number)
        yield [record for record in batch if record.number not in settled]


def ids_said(prepared: Prepared, checkpoint: Checkpoint, at: int | None) -> Iterator[str]:
    """What the rows that are not settled have for ids in a column, if the file has it."""
    records = prepared.source.records()
    while at is not None and (batch := list(islice(records, BATCH))):
        settled = checkpoint.rows.settled_between(batch[0].number, batch[-1].number)
        cells = (record.cells[at].strip() for record in batch if record.number not in settled)
        yield from (cell for cell in cells if cell.isascii() and cell.isdigit())


def done_after_failed(source: Source, match: Match, checkpoint: Checkpoint) -> list[int]:
    """The numbers of the rows that are done and come after a failed one of their key.

    A retry sends the failed row after them, and they once more after it: of rows of one key the last counts.
    """
    records, failed, after = source.records(), set[str](), list[int]()
    while batch := list(islice(records, BATCH)):
        ended = checkpoint.rows.settled_between(batch[0].number, batch[-1].number)
        for record in batch:
            status = ended.get(record.number)
            if status in (RowStatus.FAILED, RowStatus.IN_DOUBT):
                failed.add(match.row(record).key)
            elif status in (RowStatus.SUCCEEDED, RowStatus.UNCHANGED) and failed and match.row(record).key in failed:
                after.append(record.number)
    return after
