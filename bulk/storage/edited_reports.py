"""Reports that somebody changed since they were written: repairs are kept, whatever is written in their place.

What was written is noted in the checkpoint, by size and digest.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any, Final

from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.job_folder import JobFolder
from bulk.storage.job_record import InputFile

AT_ONCE: Final = 2.0  # seconds within which the reports of one run are written


def keep_edited(folder: JobFolder, names: Iterable[str], checkpoint: Checkpoint) -> tuple[Path, ...]:
    """Give the reports that are not as they were written another name; their new paths."""
    paths = [path for path in map(folder.file, names) if path.exists()]
    noted = checkpoint.fact(facts.REPORTS)
    if noted is None:  # written by a version that noted nothing: what is much later than the others was edited
        written = [path.stat().st_mtime for path in paths]
        edited = [path for path, at in zip(paths, written, strict=True) if at > min(written) + AT_ONCE]
    else:
        edited = [path for path in paths if _measured(path) != noted.get(path.name)]
    return tuple(path.rename(_free(path)) for path in edited)


def note_written(folder: JobFolder, names: Iterable[str], checkpoint: Checkpoint) -> None:
    """Queue what the reports are now."""
    paths = [path for path in map(folder.file, names) if path.exists()]
    checkpoint.note(facts.REPORTS, {path.name: _measured(path) for path in paths})


def _measured(path: Path) -> list[Any]:
    file = InputFile.of(path)
    return [file.size, file.sha256]


def _free(path: Path) -> Path:
    """The name under which an edited report is kept: failed.edited.csv, or with the next number that is free."""
    for number in count(1):
        kept = path.with_name(f"{path.stem}.edited{f'-{number}' if number > 1 else ''}{path.suffix}")
        if not kept.exists():
            return kept
    raise AssertionError("there is always another number")
