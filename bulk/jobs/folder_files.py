"""Which file of a folder holds the records of a resource: a CSV, or what else is read as one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bulk.errors import UsageError
from bulk.resources.spec import Resource
from bulk.storage.job_folder import JOB, JobFolder

_SUFFIXES: Final = ("csv", "xlsx", "csv.gz", "zip", "tsv")


def given_file(directory: Path, resource: Resource) -> Path | None:
    """The file of a resource in a folder, None if there is none. Raises `UsageError` where two would be it."""
    paths = [path for suffix in _SUFFIXES if (path := directory / f"{resource.name}.{suffix}").is_file()]
    if len(paths) > 1:
        raise UsageError("folder_files_doubled", files=[path.name for path in paths], folder=directory)
    return paths[0] if paths else None


def file_name_of(part: JobFolder) -> str:
    """What the file of a part is called."""
    noted = part.record().input if part.file(JOB).exists() else None
    return f"{part.name}.csv" if noted is None else Path(noted.path).name
