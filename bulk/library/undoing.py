"""Undo: what a job has changed is put back, as far as nobody changed it since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from bulk.access.account import Account
from bulk.files.report_lines import report_lines
from bulk.jobs.options import ImportOptions
from bulk.jobs.undo_lines import HEADER
from bulk.library.jobs import job_at
from bulk.library.results import Result
from bulk.library.running import run_undo, setting_of
from bulk.planning.changes import UNCHANGED
from bulk.runtime.progress import Progress, Silent
from bulk.storage.job_folder import SUCCEEDED

_QUIET: Final = Silent()


async def undo(
    job: str | Path,
    account: Account,
    options: ImportOptions | None = None,
    *,
    confirm: Callable[[str], bool] | None = None,
    dry_run: bool = False,
    progress: Progress = _QUIET,
) -> Result:
    """Put back what the job in a folder has changed: a job itself, beside it, with a line for each thing in `undo.csv`.

    What it will do is said to `progress` before; then `confirm` is asked, if there is one. With `dry_run` it ends
    there. What somebody changed since is left alone, failed with the code `changed_since`. Of `options` only
    rate, concurrency, max_errors and max_duration count.

    Raises `NothingToUndoError` for a job that has changed nothing, or that was undone already: where that is as well,
    it can be passed over. Raises `UsageError` where another job is to be undone or gone on with instead, `AbortedError`
    if `confirm` says no.
    """
    folder = job_at(job).path
    setting = replace(setting_of(account, folder.parent, progress), confirm=confirm)
    return await run_undo(folder, options or ImportOptions(), setting, dry_run=dry_run)


def names_kept(job: str | Path) -> Iterator[tuple[str, str]]:
    """The names that the undone job had made and that stay since others use them: resource, and name. Reads a file."""
    for line in report_lines(Path(job) / SUCCEEDED, (*HEADER, "_action")):
        if line["action"] == "delete" and not line["row"] and line["_action"] == UNCHANGED:
            yield line["resource"], line["expected now"]
