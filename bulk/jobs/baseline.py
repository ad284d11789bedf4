"""The round trip with a baseline: of a file that was made of an export, only the edits are judged and sent.

What the export held is copied into the job's folder before anything else, so that a resume goes by the same.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import anyio.to_thread

from bulk.errors import UsageError
from bulk.files.matching import Match, Needs, match_header
from bulk.files.source import Record
from bulk.jobs.baseline_choice import AUTO, Chosen, chosen_export, usable
from bulk.jobs.baseline_of_report import is_report, kept_with, mark_of
from bulk.jobs.import_job import Job
from bulk.jobs.prepared import Prepared, meant_so, prepared_for
from bulk.model import Before, Row
from bulk.planning.names import Names, columns_of
from bulk.planning.three_ways import edits_of, link_edits_of, link_of
from bulk.resources.contacts import OPPOSITES
from bulk.resources.spec import Column, Writing
from bulk.storage import facts
from bulk.storage.baseline import BASELINE, Baseline, copy_baseline, opened_baseline, write_baseline
from bulk.wording import counted, in_words_of


@dataclass(frozen=True, slots=True)
class Edits:
    """What makes of a file's rows their edits. `at` are the places of the export's cells, by attribute."""

    baseline: Baseline
    at: dict[str, int]
    prepared: Prepared
    keep_blank: bool

    def of(self, row: Row) -> Row:
        """The edits of a row; a row that the export did not have is as it is, one that the file lacks has none."""
        cells = self.cells(row)
        if cells is None:
            return row
        columns = [column for _at, column in self.prepared.match.columns if column.attribute != "id"]
        if self.is_of_links:
            return self._link(row, cells, columns)
        if row.is_missing:
            return replace(row, key=row.id, called=row.key, values={}, before=Before(cells))
        return edits_of(row, cells, columns, keep_blank=self.keep_blank)

    @property
    def is_of_links(self) -> bool:
        """Whether the rows are of what belongs to contacts: each is known by what it links, and not by its id alone."""
        return self.prepared.resource.writing is Writing.LINK

    def _link(self, row: Row, cells: dict[str, str], columns: Sequence[Column]) -> Row:
        """The edits of a row of what belongs to a contact; a row that links something else is a new one."""
        if row.is_missing:
            instead = self.baseline.instead_of(row.id)
            key = instead[-1][1] if instead else row.key  # it goes after the row that stands instead
            values = link_of(cells, self.prepared.resource.columns)
            return replace(row, key=key, called=row.key, values=values, before=Before(cells))
        return link_edits_of(row, cells, columns, self.prepared.resource.key_attributes)

    def of_own(self, record: Record) -> Row | None:
        """The row of a record of links, if it is still about the link that the export had under its id."""
        row = self.prepared.match.row(record)
        return row if self.of(row).before is not None else None

    def telling(self, record: Record) -> list[str]:
        """The cells of a row of links, without those that say what it was about before it was edited to be another."""
        row = self.prepared.match.row(record)
        edited = self.of(row)
        if edited is row:
            return record.cells
        left = {at for at, column in self.prepared.match.columns if column.attribute in edited.values}
        return [cell if at in left else "" for at, cell in enumerate(record.cells)]

    def as_in_file(self, cells: Sequence[str], identity: str) -> list[str]:
        """The cells of a row of the export, in the columns that the file has."""
        match = self.prepared.match
        result = [""] * len(match.header)
        for at, column in match.columns:
            result[at] = cells[self.at[column.attribute]] if column.attribute in self.at else ""
        if match.id_at is not None:
            result[match.id_at] = identity
        return result

    def cells(self, row: Row) -> dict[str, str] | None:
        """What the export held of a row's record, by attribute."""
        cells = self.baseline.cells(row.id) if row.id else None
        return None if cells is None else {attribute: cells[at] for attribute, at in self.at.items()}


@asynccontextmanager
async def with_baseline(job: Job, match: Match, names: Names) -> AsyncIterator[tuple[Prepared, Edits | None]]:
    """The rows of a job as edits of the export that its file was made of, if there is one to go by."""
    prepared = prepared_for(job, match, names)
    noted = job.checkpoint.fact(facts.BASELINE)
    if noted is None:
        noted = await anyio.to_thread.run_sync(_kept, job, prepared)
        job.checkpoint.note(facts.BASELINE, noted)
        await job.checkpoint.durable()
    if not noted:
        yield prepared, None
        return
    with opened_baseline(job.folder.file(BASELINE)) as baseline:
        columns = columns_of(job.resource, prepared.names, job.options.separator)
        own = match_header(baseline.header, columns, ignore_unknown=True, needs=Needs("id", "update"))
        edits = Edits(baseline, _places(own), prepared, job.options.blank == "keep")
        meaning = replace(prepared.writer.meaning, columns=_with_opposites(prepared, columns))
        yield replace(meant_so(job, prepared, meaning), change=edits.of), edits


def _places(match: Match) -> dict[str, int]:
    return {column.attribute: at for at, column in match.columns if column.attribute != "id"}


def _with_opposites(prepared: Prepared, columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns of the file, and those that take away what its names no more say."""
    own = prepared.writer.meaning.columns
    there = {column.attribute for column in own}
    needed = {remove for add, remove in OPPOSITES if add in there} - there
    return (*own, *(column for column in columns if column.attribute in needed))


def _kept(job: Job, prepared: Prepared) -> str:
    """Keep with the job what the export held; its name, "" if there is none."""
    file = job.folder.file(BASELINE)
    if job.options.baseline == AUTO and usable(job) and is_report(prepared.source):
        mark = mark_of(prepared.source)
        if not mark:
            return ""  # its job went by none, and so does what is left of it
        if prepared.match.id_at is None:
            raise UsageError("baseline_without_ids")
        copy_baseline(kept_with(job, mark), file)
        name, said = mark.rpartition(" ")[0], "that of the job which wrote this report"
    else:
        chosen = chosen_export(job, prepared)
        if chosen is None:
            return ""
        count, digest = write_baseline(file, chosen.match.header, _rows(chosen))
        name, said, mark = chosen.name, counted(count, "row"), f"{chosen.name} {digest}"
    job.checkpoint.note(facts.BASELINE_MARK, mark)
    way = in_words_of(job.setting.front_end, "To send all cells: ⟦baseline=none⟧")
    job.setting.progress.say(f"Baseline: {name} ({said}). Only cells that differ from it are edits. {way}")
    return name


def _rows(chosen: Chosen) -> Iterator[tuple[str, int, list[str]]]:
    at = chosen.match.id_at
    for record in chosen.source.records():
        if at is not None and record.problem is None and record.cells[at].strip():
            yield record.cells[at].strip(), record.number, record.cells
