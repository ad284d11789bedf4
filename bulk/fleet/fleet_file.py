"""What a fleet's file says: which accounts, what is done on each, and when no more of them are begun.

    accounts = ["all"]                   # names of bulk.toml, with * and ? for several
    steps = [
      "import contacts {account}/people.csv --set lists=Newsletter",
      "export all out/{account}",
    ]
    max_failures = 5                     # then no further account is begun
    at_once = 50                         # accounts that a process has in hand
    processes = 2                        # as many as the machine has cores, if nothing is said
    notify = ["https://hooks.example.com/${HOOK}"]  # told once all is over
    metrics = "fleet.prom"               # figures of each account, for Prometheus

Paths are meant from the file's folder.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from bulk.errors import UsageError
from bulk.files.toml_files import read_toml
from bulk.fleet.steps import Step
from bulk.messages import Part
from bulk.resources.likeness import nearest

ALL_ACCOUNTS: Final = "all"
AT_ONCE: Final = 50  # accounts in a process where nobody says otherwise: half of what a core carries in the sandbox
PROCESSES: Final = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1  # likewise
_NUMBERS: Final = ("max_failures", "at_once", "processes")
_NOTIFY, _METRICS = "notify", "metrics"
KEYS: Final = ("accounts", "steps", *_NUMBERS, _NOTIFY, _METRICS)


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """A fleet's file, understood: the names of its accounts in the order of bulk.toml, and the steps.

    `max_failures`: how many accounts may fail before no other is begun; None: all are.
    """

    file: Path
    accounts: tuple[str, ...]
    steps: tuple[Step, ...]
    max_failures: int | None = None
    at_once: int = AT_ONCE
    processes: int = PROCESSES
    notify: tuple[str, ...] = ()
    metrics: str = ""


def read_fleet(
    path: Path, there: Sequence[str], usual: Mapping[str, Any], step_of: Callable[[str], Step]
) -> FleetPlan:  # fmt: skip
    """Read a fleet's file. `there` are the accounts that bulk.toml names, `usual` what its [fleet] says.

    Raises `UsageError` for a file that cannot be read, and for what in it means nothing.
    """
    said = {**usual, **read_toml(path)}
    for key in said:
        if key not in KEYS:
            close = nearest(key, KEYS)
            hint = Part.of("nearest", names=close) if close else Part.of("there_are", names=list(KEYS))
            raise UsageError("fleet_unknown", file=path, key=key, hint=hint)
    for key in ("accounts", "steps"):
        value = said.get(key)
        if not isinstance(value, list) or not value or not all(isinstance(one, str) and one.strip() for one in value):
            raise UsageError("fleet_value", file=path, key=key, expected="write a list of texts")
    for key in _NUMBERS:
        value = said.get(key, 1)
        if type(value) is not int or value < 1:
            raise UsageError("fleet_value", file=path, key=key, expected="write a number from 1 on")
    hooks, metrics = said.get(_NOTIFY, []), said.get(_METRICS, "")
    hooks = [hooks] if isinstance(hooks, str) else hooks
    if not isinstance(hooks, list) or not all(isinstance(one, str) for one in hooks):
        raise UsageError("fleet_value", file=path, key=_NOTIFY, expected="write a list of addresses and commands")
    if not isinstance(metrics, str):
        raise UsageError("fleet_value", file=path, key=_METRICS, expected="write the name of a file")
    return FleetPlan(
        path.resolve(), accounts_of(said["accounts"], there, path), tuple(_steps(path, said["steps"], step_of)),
        said.get("max_failures"), said.get("at_once", AT_ONCE), said.get("processes", PROCESSES),
        tuple(hooks), str(path.resolve().parent / metrics) if metrics else "",
    )  # fmt: skip


def accounts_of(patterns: Sequence[str], there: Sequence[str], file: Path) -> tuple[str, ...]:
    """The accounts that are meant, each once. Raises `UsageError` for a pattern that fits none."""
    if not there:
        raise UsageError("fleet_accounts_none", file=file)
    for pattern in patterns:
        if not any(_is_meant(pattern, name) for name in there):
            hint = Part.of("nearest", names=close) if (close := nearest(pattern, there)) else Part.of("fleet_accounts")
            raise UsageError("fleet_account_unknown", file=file, account=pattern, hint=hint)
    return tuple(name for name in there if any(_is_meant(pattern, name) for pattern in patterns))


def _is_meant(pattern: str, name: str) -> bool:
    return pattern in (ALL_ACCOUNTS, name) or fnmatchcase(name, pattern)


def _steps(path: Path, lines: Sequence[str], step_of: Callable[[str], Step]) -> list[Step]:
    steps = []
    for number, line in enumerate(lines, 1):
        try:
            step = step_of(line)
            step.check()
        except UsageError as error:
            raise UsageError("fleet_step", file=path, number=number, line=line, refusal=error) from error
        steps.append(step)
    return steps
