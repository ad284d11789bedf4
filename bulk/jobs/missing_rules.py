"""Which rows of its export a file has no more: they are told, and what has to be so before their records are deleted.

A row that is only misread must not cost anybody their contact, so a file in which one may be is refused here, before
anything is checked or sent. Deletes nothing itself.
"""

# hub: what stands in a file and what stood in its export are held against each other here
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Final

import anyio.to_thread

from bulk.errors import UsageError
from bulk.files.matching import Match
from bulk.files.opening import open_sink
from bulk.files.source import Record
from bulk.jobs.baseline import Edits
from bulk.jobs.baseline_of_report import is_report
from bulk.jobs.import_job import Job
from bulk.jobs.open_rows import BATCH
from bulk.jobs.prepared import Prepared
from bulk.model import Outcome
from bulk.planning.changes import decided_at_once
from bulk.planning.writers import Estimate, Known, Own
from bulk.resources.identity import address_key, name_key
from bulk.storage import facts
from bulk.storage.baseline import Baseline
from bulk.storage.missing_report import MISSING
from bulk.wording import agreeing, counted, in_words_of

_MANY: Final = 10  # rows; fewer a person can read in the question
_FEW: Final = 5  # rows that are named


async def check_missing(job: Job, prepared: Prepared, edits: Edits | None) -> None:
    """Note which rows of the export the file has no more. Raises `UsageError` where they may be misread, or too many.

    Half of the export and more is not deleted by an import, whoever agrees: that is what a file looks like that was cut
    off or filtered. A plan shows such, and carries it out.
    """
    if not job.options.delete_missing or job.checkpoint.fact(facts.CHECKED) is not None:
        return
    if is_report(prepared.source):
        raise UsageError("missing_of_report")
    if edits is None:
        raise UsageError("missing_without_baseline")
    kept = await anyio.to_thread.run_sync(_look_through, prepared, edits)
    if kept:
        said = f"{counted(kept, 'row')} of the export whose id the file has no more still"
        stand = agreeing(kept, "stands", "stand")
        job.setting.progress.say(f"{said} {stand} there by what identifies them ({_key_of(prepared)}): not missing.")
    rows, missing = edits.baseline.counts()
    if missing >= _MANY and missing * 2 >= rows and not job.only_plan:
        raise UsageError("missing_too_many", missing=missing, rows=rows, share=f"{missing / rows:.0%}")


def _key_of(prepared: Prepared) -> str:
    return prepared.match.key_title if prepared.match.key_at else "id"


def _look_through(prepared: Prepared, edits: Edits) -> int:
    """Note of every row of the file which of the export's it is, by its id or its key; how many by that alone."""
    baseline, match = edits.baseline, prepared.match
    baseline.see_none()
    ragged: list[int] = []
    unreadable: list[int] = []
    read = 0
    keys = _KeysOfFile(edits, baseline, match)
    records = prepared.source.records()
    while batch := list(islice(records, BATCH)):
        read += len(batch)
        ragged += [record.number for record in batch if record.problem is not None]
        sound = [record for record in batch if record.problem is None]
        ids = [] if match.id_at is None else [record.cells[match.id_at].strip() for record in sound]
        for record, identity in zip(sound, ids, strict=bool(ids)):
            if identity and not (identity.isascii() and identity.isdigit()):
                unreadable.append(record.number)
        baseline.see(() if edits.is_of_links else ids)  # which link a row is of, its key says
        keys.take(sound)
    if ragged or unreadable:
        raise UsageError("missing_misread", rows=(ragged or unreadable)[:_FEW])
    if not read:
        raise UsageError("missing_of_nothing")
    return keys.keep()


def see_links(prepared: Prepared, edits: Edits) -> None:
    """Note which rows of an export of links the file has: those whose link stands in it, under whatever id."""
    keys = _KeysOfFile(edits, edits.baseline, prepared.match)
    records = (record for record in prepared.source.records() if record.problem is None)
    while batch := list(islice(records, BATCH)):
        keys.take(batch)
    keys.keep()


def see_replaced(job: Job, prepared: Prepared, edits: Edits) -> None:
    """Note the links whose rows were made others, each with the row that stands instead.

    If that is refused, what it wants instead is not done, so the link is not missing.
    """
    at = prepared.match.id_at
    if at is None or not edits.is_of_links or not job.options.delete_missing:
        return
    records = (record for record in prepared.source.records() if record.problem is None)
    while batch := list(islice(records, BATCH)):
        replaced = [(record, record.cells[at].strip()) for record in batch]
        replaced = [(record, identity) for record, identity in replaced if edits.baseline.is_missing(identity)]
        refused = {record.number for record, _id in replaced if _is_refused(prepared, record)}
        edits.baseline.see([identity for record, identity in replaced if record.number in refused])
        edits.baseline.stand_instead(
            (record.number, identity, prepared.row(record).key)
            for record, identity in replaced
            if record.number not in refused
        )


def _is_refused(prepared: Prepared, record: Record) -> bool:
    """Whether a row is refused before anything is asked about it; a name that is made first refuses none."""
    row, writer = prepared.row(record), prepared.writer
    if not isinstance(decided_at_once(writer.decide(row, Known())), Outcome):
        return False
    estimate = writer.estimate(Own(row), Known())
    return not (isinstance(estimate, Estimate) and estimate.names)


def write_missing_rows(job: Job, edits: Edits) -> int:
    """Write down which rows of the export the file has no more, and say it; how many."""
    count, few = 0, list[str]()
    file = job.folder.file(MISSING)
    known_by = _known_by(job, edits)
    with open_sink(file, edits.baseline.header) as output:
        for row in edits.baseline.missing():
            output.write(row.cells)
            count += 1
            if len(few) < _FEW:
                called = " · ".join(filter(None, (row.cells[at] for at in known_by)))
                few.append(f"row {row.number} ({called})" if called else f"row {row.number}")
    if not count:
        file.unlink()
        return 0
    rows = f"{', '.join(few)}{', …' if count > len(few) else ''}"
    if job.options.delete_missing:
        share = f"{counted(count, 'row')} of the export ({count / edits.baseline.counts()[0]:.0%} of it)"
        job.setting.progress.say(f"Missing in the file: {share}: {rows}. All of them: {file}")
        return count
    said = f"Left alone, since the file has them no more: {counted(count, 'row')} of the export: {rows}."
    way = in_words_of(job.setting.front_end, "⟦delete_missing⟧ would delete them. They stand in")
    job.setting.progress.say(f"{said} {way} {file}")
    return count


def _known_by(job: Job, edits: Edits) -> list[int]:
    """Where a row of the export says what people know its record by: of what links, the names of both ends."""
    if edits.is_of_links:
        return [
            edits.at[column.attribute]
            for column in job.resource.columns
            if column.names and column.attribute in edits.at
        ]
    at = edits.at.get("email", edits.at.get(job.resource.called))
    return [] if at is None else [at]


@dataclass(frozen=True, slots=True)
class _KeysOfFile:
    """The keys that rows of the file have: whoever stands in it under their address is not missing.

    Of a part of a key that stands in several columns, an id and a name, each counts.
    """

    edits: Edits
    baseline: Baseline
    match: Match

    def take(self, records: Sequence[Record]) -> None:
        """Note what rows of the file are about; one of a link that has its own id still is seen by that alone."""
        cells = [record.cells for record in records]
        if self.edits.is_of_links:
            own = [self.edits.of_own(record) for record in records]
            self.baseline.see([row.id for row in own if row is not None])
            others = [record for record, row in zip(records, own, strict=True) if row is None]
            cells = [self.edits.telling(record) for record in others]
        self.baseline.name([key for each in cells for key in self._keys(each)])

    def keep(self) -> int:
        """See the rows of the export whose key stands in the file, be it without their id; how many."""
        kept = 0
        self.baseline.name(())  # of a file without rows none was noted
        rows = ((row.id, self.edits.as_in_file(row.cells, row.id)) for row in self.baseline.missing())
        while batch := list(islice(rows, BATCH)):
            stands = (any(map(self.baseline.is_named, self._keys(cells))) for _identity, cells in batch)
            ids = [identity for (identity, _cells), there in zip(batch, stands, strict=True) if there]
            self.baseline.see(ids)
            kept += len(ids)
        return kept

    def _keys(self, cells: Sequence[str]) -> Iterator[str]:
        parts = [[_folded(cells[at]) for at in columns if cells[at].strip()] for columns in self.match.key_at]
        return map("\0".join, product(*parts)) if parts else iter(())


def _folded(cell: str) -> str:
    return address_key(cell) if "@" in cell else name_key(cell)
