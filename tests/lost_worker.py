"""A fleet on Dask whose worker is killed in the middle: `python -m tests.lost_worker 20` plays it twenty times.

Each time at another moment: when a random one of all writes arrives, the worker that has sent it is killed. The
accounts' own answers say then which notes were made, and how often. Prints a line for each run.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bulk.fleet.fleet_folder import DONE
from tests.fleet.dask_plays import NOTES, PEOPLE, Played, cluster, on_dask, reported

NAMES = ("acme", "beta", "gamma", "delta")
ROWS = 15


@dataclass(frozen=True, slots=True)
class Run:
    """How a run ended: how many workers were killed, at which write, and all that went wrong."""

    killed: int
    after: int
    contacts: int  # writes of contacts that were accepted
    wrong: Sequence[str]


def worker_behind(port: int) -> int | None:
    """The process of a worker, of those that this process has begun by way of Dask, that speaks from a port."""
    for one in psutil.Process().children():
        if "spawn_main" in " ".join(one.cmdline()) and any(
            link.laddr and link.laddr.port == port for link in one.net_connections("tcp4")
        ):
            return one.pid
    return None


def play(on: str, folder: Path, seed: int) -> Run:
    """Play it once, and look at what became of each row."""
    chance = random.Random(seed)
    after = chance.randrange(4 * ROWS, 8 * ROWS - 12)  # of eight times as many, the latter half of them notes
    killed: list[int] = []
    arrived: list[str] = []
    turn = threading.Lock()
    played = Played(folder, NAMES, ROWS, (PEOPLE, NOTES))
    with played.served_all() as fleet:

        def kill(scope: dict[str, Any]) -> None:
            with turn:
                arrived.extend([scope["path"]] * (scope["method"] == "POST"))
                if not killed and len(arrived) >= after and (pid := worker_behind(scope["client"][1])):
                    killed.append(pid)
                    os.kill(pid, signal.SIGKILL)

        for served in played.served.values():
            served.on_arrival = kill
        states = on_dask(fleet, on, NAMES)
        wrong = [f"{state.account}: {state.state} {state.error}" for state in states.values() if state.state != DONE]
        wrong += played.doubled_or_missing()
        reports = reported(fleet, "_action")
        for name in NAMES:
            for job, column in (("1-import-contacts", "email"), ("2-import-notes", "note")):
                done = sorted(dict(row)[column] for row in reports.get((name, job, "succeeded.csv"), []))
                there = [f"p{n}@{name}.example.com" if column == "email" else f"{name} note {n}" for n in range(ROWS)]
                if done != sorted(there):
                    wrong.append(f"{name}: {job} reports {len(done)} rows of {ROWS}")
        if not killed:
            wrong.append("no worker was killed")
        return Run(len(killed), after, sum(played.sent(name, "contact/sync") for name in NAMES), wrong)


def main() -> int:
    """Play it as often as is said; 1 if anything went wrong."""
    runs, bad = int(sys.argv[1]) if len(sys.argv) > 1 else 20, 0
    with tempfile.TemporaryDirectory() as name, cluster(Path(name)) as on:
        for seed in range(runs):
            (folder := Path(name) / str(seed)).mkdir()
            run = play(on, folder, seed)
            bad += bool(run.wrong)
            said = "; ".join(run.wrong) or "each row once"
            print(
                f"{seed:3}: a worker killed at write {run.after}, {run.contacts} contacts sent: {said}",
                flush=True,
            )
    print(f"{runs - bad} of {runs} runs lost no row and doubled none")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
