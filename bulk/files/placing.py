"""What was written beside its target comes into its place: whole, and so that it survives a power loss.

Windows replaces no file that somebody has open, if only a virus scanner for a moment; there it is tried again.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

PAUSES: Final = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6) if sys.platform == "win32" else ()  # seconds


def put_in_place(
    part: Path,
    target: Path,
    *,
    pauses: Sequence[float] = PAUSES,
    move: Callable[[Path, Path], None] = os.replace,
    wait: Callable[[float], None] = time.sleep,
) -> None:
    """Replace a file by another of its folder, after so many pauses at the latest. Raises `OSError`."""
    for pause in pauses:
        try:
            move(part, target)
        except PermissionError:
            wait(pause)
        else:
            return
    move(part, target)


def sync_folder(folder: Path) -> None:
    """Make what was placed in a folder survive a power loss. Raises `OSError`."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return  # Windows opens no folder; nor does one whose names may not be read
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
