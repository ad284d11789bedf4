"""Where things lie that outlive a job and are no one job's, on each kind of system."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bulk.errors import UsageError

OURS: Final = "activecampaign-bulk"
CHOICE: Final = "XDG_STATE_HOME"  # goes before what is usual, on every system


def state_folder(environment: Mapping[str, str], system: str = sys.platform) -> Path:
    """Where the processes of one user keep what they share.

    Raises `UsageError` where no folder is the user's own, as in a container whose user has no entry and no `HOME`.
    """
    if chosen := environment.get(CHOICE):
        return Path(chosen) / OURS
    if system == "win32" and (local := environment.get("LOCALAPPDATA")):
        return Path(local) / OURS
    try:
        home = Path(environment["HOME"]) if environment.get("HOME") else Path.home()
    except RuntimeError:
        raise UsageError("home_missing", variable=CHOICE) from None
    usual = {"win32": ("AppData", "Local"), "darwin": ("Library", "Application Support")}
    return home.joinpath(*usual.get(system, (".local", "state")), OURS)
