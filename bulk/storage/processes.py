"""Which process somebody is, so that others on the same machine can see whether it still lives.

A number alone is given to a new process sooner or later, so the moment of its start belongs to it; and numbers mean
something only within one run of one machine, or of one container on it. Where that cannot be told (not on Linux, or on
another machine) nobody is taken for dead.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
_SEPARATOR: Final = "."


def new_name(proc: Path = PROC) -> str:
    """A name for who works in this process; no two are the same."""
    chance = secrets.token_hex(4)
    space, number = _space(proc), os.getpid()
    started = _started(proc, number)
    return _SEPARATOR.join((chance, space, str(number), started)) if space and started else chance


def is_gone(name: str, proc: Path = PROC) -> bool:
    """Whether the process of this name has surely ended."""
    _chance, *whose = name.split(_SEPARATOR)
    if len(whose) != 3 or not whose[1].isdecimal() or whose[0] != _space(proc):
        return False
    return _started(proc, int(whose[1])) != whose[2]


def all_gone(names: Iterable[str], proc: Path = PROC) -> frozenset[str]:
    """Those names whose process has surely ended; each process is looked at once."""
    by_process: dict[str, list[str]] = {}
    for name in names:
        by_process.setdefault(name.partition(_SEPARATOR)[2], []).append(name)
    return frozenset(name for alike in by_process.values() if is_gone(alike[0], proc) for name in alike)


@cache
def _space(proc: Path) -> str:
    """Where numbers of processes mean the same: this machine since its start, this container; "" if unknown."""
    try:
        boot = (proc / "sys" / "kernel" / "random" / "boot_id").read_text(encoding="ascii").strip()
        return hashlib.sha256(f"{boot} {(proc / 'self' / 'ns' / 'pid').readlink()}".encode()).hexdigest()[:16]
    except (OSError, ValueError):
        return ""


def _started(proc: Path, number: int) -> str:
    """When a process was started, in the kernel's ticks; "" if there is none, or it has ended and waits to be seen."""
    try:
        told = (proc / str(number) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    after_name = told.rpartition(")")[2].split()  # a name may hold anything, also blanks and brackets
    return "" if len(after_name) < 20 or after_name[0] in "ZX" else after_name[19]
