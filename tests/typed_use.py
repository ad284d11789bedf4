"""The public types as a program uses them. Never run: mypy checks it in strict mode, and a test lets pyright do so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import assert_type

import polars as pl

from bulk import (
    Account,
    ExportOptions,
    FailedRow,
    Findings,
    ImportOptions,
    JobHandle,
    NothingToUndoError,
    Plan,
    Progress,
    Result,
    Said,
    Snapshot,
    apply,
    export_batches,
    export_file,
    export_frame,
    import_file,
    import_rows,
    plan_file,
    resume,
    start_import,
    undo,
    validate_file,
)
from bulk.errors import BulkError
from bulk.library import blocking
from bulk.library.jobs import Job, jobs_in
from bulk.library.progress import Happening
from bulk.library.reference import Resource, known


class Told:
    """A program's own progress."""

    def update(self, snapshot: Snapshot) -> None:
        assert_type(snapshot.total, int | None)

    def say(self, line: str) -> None:
        assert_type(line, str)


async def jobs(account: Account) -> None:
    progress: Progress = Told()
    assert_type(await validate_file("contacts", "in.csv", account, progress=progress), Findings)
    result = await import_file("contacts", Path("in.csv"), account, ImportOptions(on_duplicate="last"), jobs="jobs")
    assert_type(result, Result)
    assert_type(result.counts, Mapping[str, int])
    assert_type(result.error, BulkError | None)
    assert_type(result.failed, Path | None)
    assert_type(result.failed_rows(), Iterator[FailedRow])
    assert_type([row.cells for row in result.failed_rows()], list[Mapping[str, str]])
    assert_type(result.resumable, bool)
    assert_type(await resume(result.job, account), Result)
    assert_type(await import_rows("contacts", [{"email": "ada@example.com"}], account), Result)
    assert_type(await export_file("contacts", "out.csv", account, ExportOptions(columns=("email",))), Result)


async def frames(account: Account) -> None:
    assert_type(await export_frame("contacts", account), pl.DataFrame)
    async for batch in export_batches("contacts", account, size=100):
        assert_type(batch, pl.DataFrame)


async def beside(account: Account) -> None:
    async with start_import("contacts", "in.csv", account) as job:
        assert_type(job, JobHandle)
        async for event in job:
            assert_type(event, Snapshot | Said | Happening)
            if isinstance(event, Said):
                assert_type(event.line, str)
            else:
                job.stop()
        assert_type(await job.result(), Result)


async def plans(account: Account) -> None:
    plan = await plan_file("contacts", "in.csv", account)
    assert_type(plan, Plan)
    assert_type(await apply(plan, account), Result)


async def undone(account: Account) -> None:
    try:
        assert_type(await undo("bulk-jobs/import", account, dry_run=True), Result)
    except NothingToUndoError as error:
        assert_type(error.code, str)


def without_an_event_loop(account: Account) -> None:
    assert_type(blocking.import_file("contacts", "in.csv", account), Result)
    assert_type(blocking.export_frame("contacts", account), pl.DataFrame)
    assert_type(jobs_in("bulk-jobs"), list[Job])
    assert_type(known("contacts"), Resource)
