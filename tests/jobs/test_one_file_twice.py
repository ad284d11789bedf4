"""One file imported by two jobs, cut off anywhere, gone on with in any order: every record is made once.

`python -m tests.jobs.test_one_file_twice [JOBS] [SEED]` plays so many for each resource.
"""

from __future__ import annotations

import multiprocessing
import random
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bulk.model import Lost, Reply, Request
from bulk.resources import named
from tests.called_with import numbers
from tests.jobs.samples import IMPORTED, SAMPLES, given
from tests.scale import tries
from tests.world import Crash, World, check_reports

PASSING = ("date", "stamp", "hash", "id", "created", "updated", "cdate", "udate", "mdate")
ORDERS = ("first killed", "second killed too", "second goes on first", "killed again", "a copy goes on")
Rows = tuple[tuple[str, ...], ...]


def rows_of(name: str) -> Rows:
    """The sample's rows; where records may share a key, some of them stand twice in the file."""
    rows = SAMPLES[name].rows
    return rows if named(name).unique else (*rows, *rows[:2])


def tables(path: Path) -> dict[str, Counter[tuple[Any, ...]]]:
    """How often each record is in an account, ids and times aside."""
    with closing(sqlite3.connect(path)) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        result = {}
        for table in names:
            cursor = db.execute(f'SELECT * FROM "{table}"')
            places = [
                at for at, (title, *_rest) in enumerate(cursor.description)
                if not any(part in title.lower() for part in PASSING)
            ]  # fmt: skip
            result[table] = Counter(tuple(row[at] for at in places) for row in cursor)
        return result


def counts(path: Path) -> dict[str, int]:
    """How many records there are of each kind."""
    return {name: rows.total() for name, rows in tables(path).items() if name not in ("meta", "sqlite_sequence")}


class TwoJobs:
    """Jobs on one file, each in a folder of its own name; any of them can be cut off."""

    def __init__(self, world: World, name: str, rows: Rows | None = None, **options: Any) -> None:
        self.world, self.name, self.options = world, name, options
        self.header = SAMPLES[name].header
        self.path = world.csv(rows or rows_of(name), self.header)
        self.folders: list[str] = []

    def _run(self, folder: str, kill: int | None, *, answered: bool) -> None:
        """Start or go on with a job, to its end or until so many writes were sent (and `answered`)."""
        world, job = self.world, self.world.job.path
        place = job.parent / folder
        writes = 0

        def before(request: Request) -> None:
            nonlocal writes
            writes += request.method != "GET"
            if kill is not None and writes > kill and not answered:
                raise Crash

        def after(request: Request, _reply: Reply | Lost) -> None:
            if kill is not None and writes > kill and request.method != "GET":
                raise Crash

        world.on_send, world.after = before, after
        try:
            with suppress(BaseExceptionGroup, Crash):
                if place.exists():
                    place.rename(job)
                    world.resume()
                else:
                    world.start(self.path, self.name, **self.options)
        finally:
            world.on_send, world.after = (lambda _request: None), (lambda _request, _reply: None)
            if job.exists():
                job.rename(place)
                self.folders += [folder] * (folder not in self.folders)

    def run(self, folder: str, kill: int | None = None, *, answered: bool = False) -> None:
        self._run(folder, kill, answered=answered)

    def copy(self, folder: str, name: str) -> None:
        """The folder of a job as it is now, as a backup would have it."""
        jobs = self.world.job.path.parent
        if (jobs / folder).exists():
            shutil.copytree(jobs / folder, jobs / name)
            self.folders.append(name)

    def lines(self, folder: str) -> dict[int, dict[str, str]]:
        return check_reports(self.world.job.path.parent / folder, self.header)

    def left(self) -> str:
        """What is not done in the end, "" for nothing."""
        bad = [
            (folder, line) for folder in self.folders for line in self.lines(folder).values()
            if line["_file"] != "succeeded.csv"
        ]  # fmt: skip
        return str(bad[:2]) if bad else ""


def play(two: TwoJobs, order: str, chance: random.Random) -> None:
    """Two jobs on one file, and each goes on to its end."""
    writes = len(rows_of(two.name)) - 1

    def kill() -> int:
        return chance.randint(0, writes)

    def cut(folder: str) -> None:
        two.run(folder, kill(), answered=chance.random() < 0.5)

    cut("first")
    match order:
        case "first killed":
            two.run("second")
        case "second killed too":
            cut("second")
            two.run("first")
        case "second goes on first":
            cut("second")
            two.run("second")
        case "killed again":
            cut("second")
            cut("first")
            cut("second")
            cut("first")
        case "a copy goes on":
            two.copy("first", "copy")
            if chance.random() < 0.5:
                cut("first")
                two.copy("first", "later")
    for folder in [*two.folders, "second"]:
        two.run(folder)


@cache
def _small() -> Path:
    folder = Path(tempfile.mkdtemp())
    with pytest.MonkeyPatch.context() as patch:
        given(World(folder, patch))
    return folder / "account"


@cache
def _expected(name: str) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        world = World(Path(folder), patch)
        shutil.copytree(_small(), world.folder / "account")
        TwoJobs(world, name).run("once")
        return counts(world.folder / "account" / "sandbox.sqlite")


def wrong(name: str, seed: int) -> str:
    """Play one; what is wrong with it, "" for nothing."""
    chance = random.Random(f"{name} {seed}")
    order = chance.choice(ORDERS)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        world = World(Path(folder), patch, latency=chance.choice([0.0, 0.05]))
        shutil.copytree(_small(), world.folder / "account")
        two = TwoJobs(world, name)
        play(two, order, chance)
        made = counts(world.folder / "account" / "sandbox.sqlite")
        expected = _expected(name)
        more = {table: (made[table], expected[table]) for table in expected if made[table] != expected[table]}
        said = f"{name} {seed}, {order}"
        if more:
            return f"{said}: {more} are there, and should be"
        left = two.left()
        return f"{said}: not done: {left}" if left else ""


@pytest.mark.some(6)
@pytest.mark.parametrize("name", [resource.name for resource in IMPORTED])
def test_no_record_is_made_twice_whatever_is_cut_off_and_gone_on_with(name: str):
    for seed in range(tries(1, 40)):
        assert wrong(name, seed) == ""


@pytest.fixture
def small_world(world: World, small: Path) -> World:
    shutil.copytree(small, world.folder / "account")
    return world


def notes(world: World) -> int:
    return counts(world.folder / "account" / "sandbox.sqlite")["notes"]


NOTES: Rows = tuple((f"note {number % 15}", "Subscriber", "ada@example.com", "", "") for number in range(20))


def test_what_a_second_job_has_made_is_found_by_the_first_when_it_goes_on(small_world: World):
    before = notes(small_world)
    two = TwoJobs(small_world, "notes", NOTES)
    two.run("first", 8)
    made = notes(small_world) - before
    assert 0 < made < 20
    two.run("second")
    two.run("first")
    assert notes(small_world) - before == 20
    for folder in ("first", "second"):
        actions = Counter(line["_action"] for line in two.lines(folder).values())
        assert set(actions) <= {"created", "unchanged"}
        assert actions.total() == 20
        assert len({line["_id"] for line in two.lines(folder).values()}) == 20, "each record is one row's"
    assert Counter(line["_action"] for line in two.lines("second").values())["unchanged"] == made


@pytest.mark.some(3)
@pytest.mark.parametrize("name", ["notes", "deals", "webhooks", "contactAutomations", "tags", "lists"])
def test_what_was_asked_to_be_made_in_any_case_is_not_made_once_more_by_a_resume(small_world: World, name: str):
    two = TwoJobs(small_world, name, mode="create")
    path = small_world.folder / "account" / "sandbox.sqlite"
    two.run("first", 1, answered=True)
    two.run("second")
    made = counts(path)
    two.run("first")
    assert counts(path) == made
    ended = {line.get("_action") or line["_code"] for line in two.lines("first").values()}
    # of two rows alike the second is refused by an automation that lets nobody in twice, cut off or not
    assert ended <= {"created", "unchanged", "updated"} | ({"http_403"} if name == "contactAutomations" else set())


def _work(of: tuple[str, int]) -> str:
    try:
        return wrong(*of)
    except Exception as error:  # noqa: BLE001 - it is told, with its seed
        return f"{of}: {type(error).__name__}: {error}"


def main() -> None:
    """Play so many for each resource, and print those that went wrong."""
    each, first = numbers(__doc__, (40, 0))
    jobs = [(resource.name, seed) for seed in range(first, first + each) for resource in IMPORTED]
    bad = 0
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        for said in pool.imap_unordered(_work, jobs, chunksize=4):
            if said:
                bad += 1
                print(said, flush=True)
    print(f"{len(jobs):,} pairs of jobs on one file, cut off and gone on with in every order: {bad} wrong")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
