"""Plans, applied plans and undos in real processes that are killed wherever they are, and gone on with: one effect."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.jobs.test_kills import ONCE, Place
from tests.scale import tries
from tests.served import Served
from tests.world import account, report

KILLS = tries(1, 50)  # of each command
EACH = 5  # of one job, at most
PEOPLE = tries(9, 24)
IN_FLIGHT = 8  # what may be on its way when a process dies
HEADER = "email,firstName,phone,tags,remove_tags,lists,unsubscribe_lists,account,City"
BEFORE = "".join(
    f"p{n}@example.com,Name {n},,{('VIP', 'Trial')[n % 2]},,{('Newsletter', '')[n % 2]},,"
    f"{('Acme', '', 'Other')[n % 3]},\n"
    for n in range(PEOPLE)
)
AFTER = "".join(
    f"p{n}@example.com,Other {n},20255501{n:02},Gold {n % 3},{('VIP', '')[n % 2]},{('', 'Customers')[n % 2]},"
    f"{('Newsletter', '')[n % 4 // 2]},{('Harbour', '', '#N/A', 'Acme')[n % 4]},{('', 'Oslo')[n % 2]}\n"
    for n in range(PEOPLE // 3, PEOPLE + PEOPLE // 3)
)
QUIET = ("--rate", "0", "-q")
PLAN = ("plan", "contacts", "in.csv", "--job", "job", *QUIET)
IMPORT = ("import", "contacts", "in.csv", "--undoable", "--job", "imported", *QUIET)
UNDO = ("undo", "imported", "--yes", "--job", "job", *QUIET)
GO_ON = ("resume", "job", *QUIET)


@dataclass
class Ran:
    """What a command came to: what it left of itself, the account, and what it has asked for."""

    left: Any
    account: dict[str, Any]
    sent: Counter[str]
    made: Counter[str]


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory, forks: subprocess.Popen[str]) -> Path:
    """The account before all, as a file."""
    folder = tmp_path_factory.mktemp("before")
    (folder / "in.csv").write_text(f"{HEADER}\n{BEFORE}")
    with Served(folder / "served") as served:
        code, _out, err = Place(folder, served, forks).run("import", "contacts", "in.csv", *QUIET)
        assert code == 0, err
    return served.path


@contextmanager
def placed(folder: Path, before: Path, forks: subprocess.Popen[str]) -> Iterator[Place]:
    """A copy of the account, served, and a folder with the file."""
    (folder / "served").mkdir(parents=True)
    shutil.copy(before, folder / "served" / "sandbox.sqlite")
    (folder / "in.csv").write_text(f"{HEADER}\n{AFTER}")
    with Served(folder / "served", latency=0.002) as served:
        yield Place(folder, served, forks)


def prepared(place: Place, *commands: tuple[str, ...]) -> int:
    """Carry out what comes before; the number of requests that it took."""
    for command in commands:
        code, _out, err = place.run(*command)
        assert code == 0, err
    return len(place.served.log)


def killed(place: Place, chance: random.Random, command: tuple[str, ...], most: int, requests: int) -> int:
    """Run a command to its end, killed up to `most` times on its way; gives how often."""
    kills = 0
    while True:
        if command[0] == "plan" and _is_made(place.job):
            return kills  # it was killed when it had nothing left to do but to end
        begun = (place.job / "job.json").exists() and command[0] != "apply"
        line = GO_ON if begun else command
        after, later = chance.randint(0, requests), chance.choice((0.0, chance.uniform(0, 0.03)))
        dies = kills < most
        code, _out, err = place.run(
            *line, number=signal.SIGKILL, after=after if dies else None, later=later if dies else 0.0
        )
        if code == 0:
            return kills
        assert dies, f"{err}{report(place.job, 'failed.csv')}"
        assert code == -signal.SIGKILL, f"{err}{report(place.job, 'failed.csv')}"
        kills += 1
        place.served.wait_until_quiet()


def _is_made(job: Path) -> bool:
    summary = job / "summary.json"
    return summary.exists() and json.loads(summary.read_text())["state"] == "planned"


def ran(place: Place, since: int, left: Callable[[Path], Any]) -> Ran:
    """What a command came to that was begun when there had been so many requests."""
    log = place.served.log[since:]
    sent = Counter(method for method, _path, _status in log)
    made = Counter(path for method, path, status in log if method == "POST" and status == 201)
    made["deleted"] = sum(method == "DELETE" and status == 200 for method, _path, status in log)
    return Ran(left(place.job), account(place.served.path), sent, made)


def plan_left(job: Path) -> Any:
    said = json.loads((job / "plan.json").read_text())
    return (job / "plan.csv").read_bytes(), said["rows"], said["changes"], said["requests"]["single"]


def reports_left(job: Path) -> Any:
    own = ("_row", "_attempts", "id", "_id")  # by the order in which things were done before
    ends = [
        tuple(cell for name, cell in line.items() if name not in own)
        for name in ("succeeded.csv", "failed.csv")
        for line in report(job, name)
    ]
    return json.loads((job / "summary.json").read_text())["rows"], sorted(ends)


COMMANDS = {
    "plan": ((), PLAN, plan_left),
    "apply": ((PLAN,), ("apply", "job", *QUIET), reports_left),
    "undo": ((IMPORT,), UNDO, reports_left),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_what_was_killed_and_gone_on_with_ends_as_if_nothing_had_happened(
    tmp_path: Path, before: Path, forks: subprocess.Popen[str], name: str
):
    first, command, left = COMMANDS[name]
    chance = random.Random(name)
    with placed(tmp_path / "undisturbed", before, forks) as place:
        since = prepared(place, *first)
        prepared(place, command)
        undisturbed = ran(place, since, left)
    requests, kills, job = undisturbed.sent.total(), 0, 0
    while kills < KILLS:
        job += 1
        with placed(tmp_path / f"killed {job}", before, forks) as place:
            since = prepared(place, *first)
            times = killed(place, chance, command, min(EACH, KILLS - kills), requests)
            result = ran(place, since, left)
        kills += times
        assert result.left == undisturbed.left
        assert result.account == undisturbed.account
        assert [result.made[path] for path in (*ONCE, "deleted")] == [
            undisturbed.made[path] for path in (*ONCE, "deleted")
        ]
        for method in ("POST", "PUT", "DELETE"):
            assert result.sent[method] <= undisturbed.sent[method] + times * IN_FLIGHT * bool(undisturbed.sent[method])
    assert kills == KILLS
