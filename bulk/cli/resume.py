"""`bulk resume` and `bulk retry`."""

from __future__ import annotations

from typing import Any

import click

from bulk.cli import display, options
from bulk.cli.running import run_job


@click.command("resume")
@click.argument("job", required=False)
@options.pace
@options.max_errors
@options.jobs_dir
@options.telling
def resume_command(job: str | None, **chosen: Any) -> int:
    """Go on with an unfinished JOB (default: the newest), import or export.

    It keeps its options; what is done is not done again.
    """
    return _go_on(job, chosen, retry=False)


@click.command("retry")
@click.argument("job", required=False)
@options.pace
@options.max_errors
@options.jobs_dir
@options.telling
def retry_command(job: str | None, **chosen: Any) -> int:
    """Send again the rows of JOB (default: the newest) that failed or are in doubt.

    Of these rows only the missing steps. Rows that the checks rejected stay as
    they are: fix them in failed.csv and import that file.
    """
    return _go_on(job, chosen, retry=True)


def _go_on(name: str | None, chosen: dict[str, Any], *, retry: bool) -> int:
    from bulk.errors import UsageError  # noqa: PLC0415
    from bulk.jobs import exporting, importing  # noqa: PLC0415 - heavy, not for --help
    from bulk.jobs.access import Setting  # noqa: PLC0415
    from bulk.jobs.folder import JobFolder  # noqa: PLC0415

    jobs = options.jobs_folder(chosen["jobs_dir"])
    folder = JobFolder.find(jobs, name, finished=retry)
    record = folder.record()
    imports = record.kind == "import"
    if retry and not imports:
        raise UsageError(f"{folder.name} is an export: it has no failed rows. Go on with it by: bulk resume")
    if folder.finished and not retry:
        raise UsageError(f"{folder.name} is finished. Failed rows are sent again by: bulk retry {folder.name}")
    access = options.account_of(record.place, record.connection)
    names = (
        ("rate", "concurrency", "max_duration", "max_errors") if imports else ("rate", "concurrency", "max_duration")
    )
    changes = {key: chosen[key] for key in names if chosen[key] is not None}
    # the limits of the run before do not hold for this one
    changes.setdefault("max_duration", None)
    setting = Setting(access, folder.path.parent, display.progress_for(quiet=chosen["quiet"]), signals=True)

    def show(ending: Any) -> None:
        if chosen["as_json"]:
            display.show_json(ending.summary.to_json())
        elif imports:
            display.show_import(ending, verbose=chosen["verbose"], again="")
        else:
            display.show_export(ending)

    if imports:
        return run_job(lambda: importing.go_on(folder, changes, setting, retry=retry), setting, show)
    return run_job(lambda: exporting.go_on(folder, changes, setting), setting, show)
