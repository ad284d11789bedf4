"""What is said beside the files of a whole account: whose they are, and how many rows each has."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bulk import __version__
from bulk.files.placing import put_in_place
from bulk.jobs.summary import JobResult
from bulk.resources import RESOURCES, named
from bulk.resources.spec import Reading
from bulk.storage import facts
from bulk.storage.checkpoint import opened_checkpoint
from bulk.storage.job_folder import CHECKPOINT, JobFolder
from bulk.storage.job_record import sha256_of
from bulk.storage.private import open_private

MANIFEST: Final = "manifest.json"
LINKS: Final = tuple(resource for resource in RESOURCES if resource.reading is Reading.CONTACTS)  # come with contacts


def keep_manifest(directory: Path, folder: JobFolder) -> None:
    """Keep what the folder says of its files; it may be another's later."""
    path = directory / MANIFEST
    with open_private(folder.file(MANIFEST)) as kept:
        kept.write(path.read_bytes() if path.is_file() else b"{}")


def account_of_manifest(path: Path) -> str:
    """Whose files lie beside a manifest; "" if it is not there or does not say."""
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return str(data["account"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def write_manifest(directory: Path, account: str, job_results: list[JobResult]) -> None:
    """Say beside the files whose they are, and how many rows each has."""
    files: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    for job_result in job_results:
        names: dict[str, int | None] = {job_result.folder.name: job_result.summary.rows["succeeded"]}
        if named(job_result.folder.name).reading is Reading.KEYSET:
            with opened_checkpoint(job_result.folder.file(CHECKPOINT)) as checkpoint:
                names |= {link.name: checkpoint.fact(facts.ROWS_OF_LINK.of(link.name)) for link in LINKS}
        left_out |= job_result.summary.left_out
        for name in job_result.summary.left_out:
            names.pop(name, None)
        for name, rows in names.items():
            path = directory / f"{name}.csv"
            files[name] = {"file": path.name, "rows": rows, "sha256": sha256_of(path)}
    data = {
        "account": account, "created": datetime.now(UTC).isoformat(timespec="seconds"), "version": __version__,
        "resources": files,
    }  # fmt: skip
    data |= {"left_out": left_out} if left_out else {}
    part = directory / f".{MANIFEST}.part"
    part.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    put_in_place(part, directory / MANIFEST)
