"""Imports by batches in real processes, killed wherever they are and gone on with: the end of single requests."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from bulk.sandbox.switches import Switches
from tests.jobs.test_kills import Place
from tests.jobs.test_kills_of_plans import GO_ON, HEADER, QUIET, reports_left
from tests.scale import LONG, tries
from tests.served import Served
from tests.world import account, report

KILLS = tries(0, 50)
EACH = 4  # of one job, at most
PEOPLE = 40
SWITCHES = Switches(import_seconds=1.0)
BEFORE = "".join(
    f"p{n}@example.com,Name {n},,{('VIP', 'Trial')[n % 2]},,{('Newsletter', '')[n % 2]},"
    f"{('', 'Customers')[n % 3 == 0]},{('Acme', '')[n % 2]},\n"
    for n in range(PEOPLE)
)
AFTER = "".join(
    f"{chr(39) * (n % 9 == 0)}p{n}@example.com,Other {n},20255501{n:02},Gold,{('', 'VIP')[n % 10 == 0]},"
    f"{('', 'Customers')[n % 2]},{('', 'Newsletter')[n % 4 == 0]},{('', 'Harbour')[n % 5 == 4]},{('', 'Oslo')[n % 2]}\n"
    for n in range(PEOPLE // 2, PEOPLE * 2)
)


def imported(engine: str) -> tuple[str, ...]:
    return ("import", "contacts", "in.csv", "--job", "job", "--engine", engine, *QUIET)


@pytest.fixture
def before(tmp_path: Path, forks: subprocess.Popen[str]) -> Path:
    """The account before all, as a file."""
    (tmp_path / "in.csv").write_text(f"{HEADER}\n{BEFORE}")
    with Served(tmp_path / "before", switches=SWITCHES) as served:
        code, _out, err = Place(tmp_path, served, forks).run("import", "contacts", "in.csv", *QUIET)
        assert code == 0, err
    return served.path


def placed(folder: Path, before: Path) -> Served:
    (folder / "served").mkdir(parents=True)
    shutil.copy(before, folder / "served" / "sandbox.sqlite")
    (folder / "in.csv").write_text(f"{HEADER}\n{AFTER}")
    return Served(folder / "served", latency=0.002, switches=SWITCHES)


def killed(place: Place, chance: random.Random, most: int) -> int:
    """Import to the end, killed up to `most` times; gives how often."""
    kills = 0
    while True:
        line = GO_ON if (place.job / "job.json").exists() else imported("batch")
        after, later = chance.randint(0, 60), chance.choice((0.0, chance.uniform(0, 8)))
        dies = kills < most
        code, _out, err = place.run(
            *line, number=signal.SIGKILL, after=after if dies else None, later=later if dies else 0.0
        )
        if code in (0, 1):
            return kills
        assert dies, f"{err}{report(place.job, 'failed.csv')}"
        assert code == -signal.SIGKILL, err
        kills += 1
        place.served.wait_until_quiet()


@pytest.mark.skipif(not LONG, reason="each waits for the importer by a real clock")
def test_batches_that_were_killed_and_gone_on_with_end_as_single_requests(
    tmp_path: Path, before: Path, forks: subprocess.Popen[str]
):
    chance = random.Random("batches")
    with placed(tmp_path / "single", before) as served:
        place = Place(tmp_path / "single", served, forks)
        place.run(*imported("single"))
        expected = reports_left(place.job), account(served.path)
    kills, job = 0, 0
    while kills < KILLS:
        job += 1
        folder = tmp_path / f"killed {job}"
        with placed(folder, before) as served:
            place = Place(folder, served, forks)
            times = killed(place, chance, min(EACH, KILLS - kills))
            with closing(sqlite3.connect(served.path)) as db:
                batches = db.execute("SELECT count(*) FROM imports").fetchone()[0]
            assert batches <= 1 + times, "a batch goes again only if its answer was lost"
            assert (reports_left(place.job), account(served.path)) == expected
        kills += max(times, 1)
