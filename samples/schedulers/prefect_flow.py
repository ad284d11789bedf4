"""A flow for Prefect 3: import what came in, then export all. `python prefect_flow.py` runs it, `.serve` schedules it.

Each task is a plain call of the library, in the worker's own environment: MATON_API_KEY is set there and never stands
in the flow. A retry of a task goes on with its job where it stopped: the job is called after the run.
"""

from __future__ import annotations

import os
from pathlib import Path

from prefect import flow, task
from prefect.runtime import flow_run

from bulk import Account, ExportOptions, ImportOptions
from bulk.library import blocking

FOLDER = Path(os.environ.get("BULK_FOLDER", "/srv/bulk"))


def account() -> Account:
    """The account of the worker's key; BULK_SANDBOX rehearses it all."""
    sandbox = os.environ.get("BULK_SANDBOX")
    return Account.sandbox(sandbox) if sandbox else Account.from_environment()


@task(retries=3, retry_delay_seconds=300)
def import_people(run: str) -> dict[str, int]:
    """Import people.csv, or go on with that; the rows by status."""
    jobs = FOLDER / "bulk-jobs" / run
    begun = sorted(jobs.glob("*/job.json"))
    if begun:
        result = blocking.resume(begun[-1].parent, account())
    else:
        options = ImportOptions(metrics=str(FOLDER / "people.prom"))
        result = blocking.import_file("contacts", FOLDER / "people.csv", account(), options, jobs=jobs)
    if result.error is not None:
        raise result.error
    return dict(result.counts)


@task(retries=3, retry_delay_seconds=300)
def export_all() -> int:
    """Write everything into a folder; how many rows that were."""
    result = blocking.export_folder(FOLDER / "out", account(), ExportOptions(), jobs=FOLDER / "bulk-jobs")
    result.raise_for_failures()
    return result.counts["read"]


@flow(name="bulk-nightly")
def nightly() -> int:
    """Import, then export; how many rows were exported."""
    import_people(str(flow_run.id))
    return export_all()


if __name__ == "__main__":
    nightly()
