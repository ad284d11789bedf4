"""Two machines on one account: two processes with a state folder each, which share nothing but a Redis.

`python -m tests.two_machines RUNS [STOPPED_SECONDS [AT_ONCE [SEED]]]` plays so many runs, so many side by side (4), and
counts. In each, two imports of contacts share an account whose server counts every arrival; and in another account two
import the same notes at once, which nobody may make twice. With STOPPED_SECONDS one of the two is stopped for so long
(SIGSTOP) at a moment that chance says, and goes on. Leases are a third of that, 2 to 15 seconds.

On a machine that is busy with other things arrivals come when it has time for them, and the server may count more in a
second than was sent in one.
"""

from __future__ import annotations

import atexit
import json
import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.request import Request as UrlRequest
from urllib.request import urlopen

from bulk.storage.job_folders import all_jobs
from bulk.storage.processes import PROC, _started
from tests.called_with import numbers
from tests.redis_server import redis_server
from tests.served import KEY, Served
from tests.started import PYTHONPATH

RATE: Final = 5
ROWS: Final = 24
NOTES: Final = 12
ENDS: Final = (0, 4)  # of a job that was held apart
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a server that waits for a disk sees arrivals late


@dataclass
class Came:
    """What came of one run, by what the server saw."""

    number: int
    refused: int = 0
    most: int = 0  # arrivals in any one second
    closest: float = 9.0  # seconds in which one more than may in one arrived, at least
    lost: int = 0
    doubled: int = 0
    wrong: list[str] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)  # how the jobs ended

    def watched(self, arrivals: list[float], refused: int) -> None:
        """Note what a server saw."""
        most = most_in_a_second(arrivals)
        closest = min((after - before for before, after in zip(arrivals, arrivals[RATE:], strict=False)), default=9.0)
        self.refused += refused
        self.most, self.closest = max(self.most, most), min(self.closest, closest)
        if refused or most > RATE:
            self.wrong.append(" ".join(f"{arrival - arrivals[0]:.3f}" for arrival in arrivals))

    @property
    def holds(self) -> bool:
        return not (self.refused or self.lost or self.doubled or self.wrong or self.most > RATE)


def begin() -> None:
    """Have what a play needs in this process."""
    STARTERS.extend(Starter() for _machine in "ab")


def go_first() -> None:
    """Let this thread go before all others, where it may. What is started from here does not."""
    with suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))


class Starter:
    """Starts processes that have read all their modules already (`tests.forked`), one after the other."""

    def __init__(self) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("BULK_", "MATON_", "AC_"))}
        self.process = subprocess.Popen(
            (sys.executable, str(Path(__file__).with_name("forked.py"))), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env={**kept, "PYTHONPATH": PYTHONPATH}, start_new_session=True,
        )  # fmt: skip
        atexit.register(self.process.kill)
        with suppress(OSError):  # a machine of its own, as far as may be: how busy this one is, is no part of the play
            Path(f"/proc/{self.process.pid}/autogroup").write_text("-15")

    def start(self, order: dict[str, object]) -> int:
        """The number of the process."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self._told()

    def end(self) -> int:
        """Its exit code, once it has ended."""
        return self._told()

    def _told(self) -> int:
        assert self.process.stdout
        return int(self.process.stdout.readline())


STARTERS: list[Starter] = []


class Machine:
    """A process with a state folder and a folder of jobs of its own."""

    def __init__(self, folder: Path, served: Served, redis: str, name: str, lease: float) -> None:
        self.name = name
        self.said = ""
        self._starter = STARTERS["ab".index(name)]
        self._folder = folder / name
        self._folder.mkdir(parents=True)
        self._environment = {
            "AC_API_URL": served.address, "AC_API_TOKEN": KEY, "NO_PROXY": "127.0.0.1",
            "XDG_STATE_HOME": str(self._folder / "state"), "BULK_REDIS_URL": redis, "BULK_LEASE_SECONDS": str(lease),
        }  # fmt: skip

    def start(self, *words: str) -> None:
        self._number = self._starter.start({
            "arguments": words, "folder": str(self._folder), "environment": self._environment,
            "out": str(self._folder / "out"), "err": str(self._folder / "err"),
        })  # fmt: skip

    def end(self) -> int:
        """Its exit code."""
        code = self._starter.end()
        self.said += (self._folder / "err").read_text()
        return code

    def ended(self) -> bool:
        """Whether it has ended; it is gone only once somebody has asked how."""
        return not _started(PROC, self._number)

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._number, signal.SIGSTOP)

    def go_on(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._number, signal.SIGCONT)

    def finish(self, resource: str, source: Path) -> int:
        """Go on, or begin again, until it has ended with something else than 4."""
        for _again in range(3):
            began = all_jobs(self._folder / "bulk-jobs")
            self.start(*(("resume",) if began else ("import", resource, str(source))), "-q")
            code = self.end()
            if code != ENDS[1]:
                return code
        return ENDS[1]


def play(number: int, seconds: float, seed: int, folder: Path, redis: str) -> Came:
    """One run: contacts, then notes."""
    came, chance = Came(number), random.Random(f"{seed} {number}")
    lease = min(15.0, max(2.0, seconds / 3))
    contacts(folder / "people", redis, chance, seconds, lease, came)
    notes(folder / "notes", redis, chance, seconds, lease, came)
    return came


def column(path: Path, query: str) -> list[str]:
    """What a sandbox holds."""
    with closing(sqlite3.connect(path)) as db:
        return [value for (value,) in db.execute(query)]


def most_in_a_second(arrivals: list[float]) -> int:
    return max((sum(start <= other < start + 1.0 for other in arrivals) for start in arrivals), default=0)


def _watched(served: Served) -> list[float]:
    arrivals: list[float] = []

    def arrived(_scope: object) -> None:
        if not arrivals:
            go_first()  # the server is the clock of all this
        arrivals.append(time.monotonic())

    served.on_arrival = arrived
    return arrivals


def _stopped_for_a_while(machine: Machine, arrivals: list[float], after: int, wait: float, seconds: float) -> None:
    """Stop a machine some moment after so many arrivals, and let it go on."""
    while len(arrivals) < after and not machine.ended():
        time.sleep(0.01)
    time.sleep(wait)
    machine.stop()
    time.sleep(seconds)
    machine.go_on()


def contacts(folder: Path, redis: str, chance: random.Random, seconds: float, lease: float, came: Came) -> None:
    """Two imports of contacts on one account: the limit as the server sees it, and nobody lost."""
    folder.mkdir(parents=True)
    with Served(folder / "served", rate=RATE, strict=True, host=f"people-{came.number}.example.com") as served:
        arrivals = _watched(served)
        machines = [Machine(folder, served, redis, name, lease) for name in ("a", "b")]
        for machine in machines:
            source = folder / f"{machine.name}.csv"
            rows = "".join(f"{machine.name}{n}@example.com,Ada\n" for n in range(ROWS))
            source.write_text("email,firstName\n" + rows)
            machine.start("import", "contacts", str(source), "-q", "--engine", "single")
        if seconds:
            doomed = chance.choice(machines)
            _stopped_for_a_while(doomed, arrivals, chance.randint(6, ROWS), 0.5 * chance.random(), seconds)
        for machine in machines:
            code = machine.end()
            came.told[f"contacts {code}"] += 1
            if code:
                came.wrong.append(f"contacts on {machine.name} ended with {code}: {machine.said}")
        refused = sum(status == 429 for _method, _path, status in served.log)
        there = column(served.path, "SELECT email FROM contacts")
    came.watched(arrivals, refused)
    came.lost += sum(f"{name}{n}@example.com" not in there for name in "ab" for n in range(ROWS))


def notes(folder: Path, redis: str, chance: random.Random, seconds: float, lease: float, came: Came) -> None:
    """Two imports of the same notes at once: each is made once, whoever has to wait or to come again."""
    folder.mkdir(parents=True)
    with Served(folder / "served", rate=RATE, strict=True, host=f"notes-{came.number}.example.com") as served:
        asked = UrlRequest(
            f"{served.address}/api/3/contacts", json.dumps({"contact": {"email": "ada@example.com"}}).encode(),
            {"Api-Token": KEY, "Content-Type": "application/json"},
        )  # fmt: skip
        urlopen(asked, timeout=60).close()
        time.sleep(1.0)  # what it sent is out of every window
        arrivals = _watched(served)
        source = folder / "notes.csv"
        source.write_text(
            "note,reltype,contact_email\n" + "".join(f"Note {n},Subscriber,ada@example.com\n" for n in range(NOTES))
        )
        machines = [Machine(folder, served, redis, name, lease) for name in ("a", "b")]
        one, two = chance.sample(machines, 2)
        one.start("import", "notes", str(source), "-q")
        if seconds:
            _stopped_after(one, two, arrivals, chance, seconds, source)
        else:
            two.start("import", "notes", str(source), "-q")
        codes = {machine.name: machine.end() for machine in machines}
        refused = sum(status == 429 for _method, _path, status in served.log)
        came.watched(arrivals, refused)
        for machine in machines:
            code = codes[machine.name]
            came.told[f"notes {code}{' taken' if 'has gone to' in machine.said else ''}"] += 1
            if code not in ENDS:
                came.wrong.append(f"notes on {machine.name} ended with {code}: {machine.said}")
            elif code and "import" not in machine.said and "resume" not in machine.said and "again" not in machine.said:
                came.wrong.append(f"{machine.name} does not say how to go on: {machine.said}")
            if code and (code := machine.finish("notes", source)):
                came.wrong.append(f"notes on {machine.name} ended with {code} when they went on: {machine.said}")
        made = Counter(column(served.path, "SELECT note FROM notes"))
    came.lost += sum(f"Note {n}" not in made for n in range(NOTES))
    came.doubled += sum(count - 1 for count in made.values())


def _stopped_after(
    one: Machine, two: Machine, arrivals: list[float], chance: random.Random, seconds: float, source: Path
) -> None:
    """Stop who came first; the other comes meanwhile, and takes what is free by then."""
    after, wait = chance.randint(4, NOTES), 0.5 * chance.random()
    while len(arrivals) < after and not one.ended():
        time.sleep(0.01)
    time.sleep(wait)
    one.stop()
    two.start("import", "notes", str(source), "-q")
    time.sleep(seconds)
    one.go_on()


def main() -> int:
    runs, seconds, at_once, seed = numbers(__doc__, (None, 0, 4, 0))
    began, bad = time.monotonic(), 0
    told: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="two-machines-", dir=MEMORY if MEMORY.is_dir() else None) as at:
        folder = Path(at)
        with (
            redis_server(folder) as redis,
            ProcessPoolExecutor(at_once, multiprocessing.get_context("spawn"), initializer=begin) as pool,
        ):
            plays = [
                pool.submit(play, number, float(seconds), seed, folder / str(number), redis) for number in range(runs)
            ]
            for future in plays:
                came = future.result()
                told += came.told
                bad += not came.holds
                print(
                    f"run {came.number}: {came.refused} refused, {came.most} in a second at most, six in"
                    f" {came.closest:.3f} s at least, {came.lost} lost,"
                    f" {came.doubled} doubled {'' if came.holds else 'WRONG ' + json.dumps(came.wrong)}",
                    flush=True,
                )
    ends = ", ".join(f"{what}: {count}" for what, count in sorted(told.items()))
    print(f"{runs - bad} of {runs} hold, in {time.monotonic() - began:.0f} s. How jobs ended: {ends}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
