"""A DAG for Airflow 3: import what came in, then export all, each night. Put it into the folder of DAGs.

Each task is a plain call of the library, in the worker's own environment: MATON_API_KEY is set there and never stands
in the DAG. A retry of a task goes on with its job where it stopped: the job is called after the run.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from airflow.exceptions import AirflowFailException
from airflow.sdk import dag, get_current_context, task

from bulk import Account, ExportOptions, ImportOptions, UsageError
from bulk.library import blocking

FOLDER = Path(os.environ.get("BULK_FOLDER", "/srv/bulk"))


def account() -> Account:
    """The account of the worker's key; BULK_SANDBOX rehearses it all."""
    sandbox = os.environ.get("BULK_SANDBOX")
    return Account.sandbox(sandbox) if sandbox else Account.from_environment()


def run_import(run: str) -> dict[str, int]:
    """Import people.csv, or go on with that; gives the rows by status, which are small enough for an XCom."""
    jobs = FOLDER / "bulk-jobs" / run
    begun = sorted(jobs.glob("*/job.json"))
    try:
        if begun:
            result = blocking.resume(begun[-1].parent, account())
        else:
            options = ImportOptions(metrics=str(FOLDER / "people.prom"))
            result = blocking.import_file("contacts", FOLDER / "people.csv", account(), options, jobs=jobs)
    except UsageError as error:  # another try would not help
        raise AirflowFailException(str(error)) from error
    if result.error is not None:
        raise result.error
    return dict(result.counts)


def run_export() -> int:
    """Write everything into a folder; how many rows that were."""
    result = blocking.export_folder(FOLDER / "out", account(), ExportOptions(), jobs=FOLDER / "bulk-jobs")
    result.raise_for_failures()
    return result.counts["read"]


@dag(
    schedule="0 1 * * *",
    start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow means its own zone
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
)
def bulk_nightly() -> None:
    """Import, then export."""

    @task
    def import_people() -> dict[str, int]:
        return run_import(get_current_context()["run_id"].replace(":", "-"))

    @task
    def export_all() -> int:
        return run_export()

    import_people() >> export_all()


bulk_nightly()
