"""Every fault at every step of every kind of job, in virtual time: `python -m tests.matrix [TURNS] [FAULT…]`.

A cell is a step (a kind of request that a job sends), met by a fault (of the line, of the server, or the end of the
process). The job is gone on with until it has ended, and then the account has to be what it is after an undisturbed
one. The command writes the table of docs/faults.md: how many whole jobs were played in each cell.
"""

from __future__ import annotations

import contextlib
import csv
import io
import multiprocessing
import os
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pytest

from bulk.errors import BulkError
from bulk.jobs.summary import JobResult
from bulk.model import Lost, Reply, Request
from bulk.resources import named
from bulk.sandbox.faults import Fault
from bulk.storage.database import Database
from tests.called_with import numbers
from tests.jobs.samples import SAMPLES, given
from tests.world import Crash, World, check_reports

DOCS: Final = Path(__file__).parents[1] / "docs" / "faults.md"
BETWEEN: Final = ("<!-- the table -->\n", "<!-- end of the table -->\n")
DAY: Final = 86_400.0
GOINGS: Final = 12  # how often a job is gone on with before it counts as hopeless

# ---- what may go wrong

SERVER: Final[Mapping[str, Fault]] = {
    "lost before": Fault("lost_before"),
    "lost after": Fault("lost_after"),
    "reset amid": Fault("reset"),
    "truncated": Fault("truncated"),
    "empty 200": Fault("empty"),
    "HTML page": Fault("html"),
    "slow": Fault("slow", seconds=40),
    "429": Fault("status", status=429),
    "429 seconds": Fault("status", status=429, retry_after="7"),
    "429 date": Fault("status", status=429, retry_after="date", seconds=5),
    "429 huge": Fault("status", status=429, retry_after="999999"),
    "500": Fault("status", status=500),
    "502": Fault("status", status=502),
    "503": Fault("status", status=503, retry_after="3"),
    "503 applied": Fault("status", status=503, applied=True),
    "504 applied": Fault("status", status=504, applied=True),
    "403 a while": Fault("status", status=403),
    "another record": Fault("another"),
    "page of a proxy": Fault("proxy"),
    "total too low": Fault("total", total="0"),
    "answered twice": Fault("twice"),
    "applied, not said": Fault("unsaid"),
    "said, not applied": Fault("unapplied"),
}
ENDS: Final = ("SIGKILL before", "SIGKILL after", "SIGTERM", "Ctrl-C", "disk full", "clock back")
FAULTS: Final = (*SERVER, *ENDS)


# ---- jobs


@dataclass(frozen=True)
class Scenario:
    """A job: what it does to which rows, and what the account needs before it. An export has no rows."""

    resource: str
    header: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    before: Callable[[World], None] = lambda _world: None


def _peopled(world: World) -> None:
    """Two more people, one of them on lists, with tags and in an account."""
    rows = [
        ("old@example.com", "Old", "VIP,Gone", "Newsletter,Customers", "Analytical Engines"),
        ("two@example.com", "", "", "", ""),
    ]
    world.start(world.csv(rows, "email,firstName,tags,lists,account", "before.csv"))
    shutil.rmtree(world.job.path)


def _dealt(world: World) -> None:
    sample = SAMPLES["deals"]
    world.start(world.csv(sample.rows[:2], sample.header, "before.csv"), "deals")
    shutil.rmtree(world.job.path)


def _first(resource: str, count: int = 2) -> tuple[str, tuple[tuple[str, ...], ...]]:
    return SAMPLES[resource].header, SAMPLES[resource].rows[:count]


CONTACT: Final = "email,firstName,tags,remove_tags,lists,unsubscribe_lists,account,City"
SCENARIOS: Final[Mapping[str, Scenario]] = {
    "contacts": Scenario(
        "contacts", CONTACT,
        (("old@example.com", "Older", "VIP,New", "Gone", "Product News", "Customers", "New firm", "Bath"),
         ("new@example.com", "New", "VIP,New", "", "Newsletter", "", "New firm", "Bath")),
        before=_peopled,
    ),
    "contacts, created": Scenario(
        "contacts", "email,firstName,lists", (("n1@example.com", "N", "Newsletter"), ("n2@example.com", "N", "")),
        {"mode": "create"},
    ),
    "contacts, by id": Scenario(
        "contacts", "id,email,phone", (("1", "other@example.com", "5"), ("2", "", "6")), {"key": "id"}
    ),
    "contacts, deleted": Scenario(
        "contacts", "email", (("old@example.com",), ("two@example.com",)), {"mode": "delete"}, _peopled
    ),
    **{name: Scenario(name, *_first(name)) for name in (
        "tags", "lists", "fields", "dealGroups", "dealStages", "dealCustomFieldMeta", "accounts", "deals", "notes",
        "webhooks", "contactTags", "contactLists", "fieldValues", "accountContacts", "contactAutomations")},
    "deals, changed": Scenario("deals", SAMPLES["deals"].header, tuple(
        (*row[:3], "9.99", *row[4:]) for row in SAMPLES["deals"].rows[:2]), before=_dealt),
    "deals, deleted": Scenario("deals", "title,contact_email,account_name", tuple(
        row[:3] for row in SAMPLES["deals"].rows[:2]), {"mode": "delete"}, _dealt),
    "contacts, exported": Scenario("contacts", before=_peopled),
    "deals, exported": Scenario("deals", before=_dealt),
}  # fmt: skip
KNOWN: Final[dict[str, Scenario]] = {**SCENARIOS}  # by name, those of other searches too


@dataclass(frozen=True)
class Cell:
    """One fault at one step of one scenario."""

    scenario: str
    step: str
    fault: str

    def __str__(self) -> str:
        return f"{self.scenario} | {self.step} | {self.fault}"


def step_of(request: Request) -> str:
    """A request as a kind: without the ids in its path."""
    return f"{request.method} {re.sub(r'/[0-9]+', '/*', request.path)}"


class Played(World):
    """A world in which signals count, the disk may be full, and the clock may go back."""

    database: Database | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        prepare = Database._prepare

        def prepared(database: Database, *, new: bool) -> None:
            prepare(database, new=new)
            self.database = database

        self.monkeypatch.setattr(Database, "_prepare", prepared)

    def fill_disk(self) -> None:
        """Let nothing more be written by this run."""
        if self.database is not None:
            self.database._db.execute("PRAGMA query_only = ON")

    def turn_clock_back(self) -> None:
        """Let it be yesterday from now on."""
        self.clock = lambda: time.time() - DAY


@contextlib.contextmanager
def stage(name: str) -> Iterator[Played]:
    """A world as the scenario finds it; a copy of one made before."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        world = Played(Path(folder), patch)
        kept = _prepared(name)
        shutil.copytree(kept, world.folder / world.sandbox)
        yield world


_made: dict[str, Path] = {}


def _prepared(name: str) -> Path:
    """The account that a scenario starts from, made once a process."""
    if name not in _made:
        folder = Path(tempfile.mkdtemp(prefix="matrix-"))
        with pytest.MonkeyPatch.context() as patch:
            world = World(folder, patch)
            given(world)
            KNOWN[name].before(world)
        _made[name] = folder / "account"
    return _made[name]


def begin(world: World, scenario: Scenario) -> JobResult:
    """Run the job from its beginning."""
    if not scenario.rows:
        return world.export(world.folder / "out.csv", scenario.resource)
    return world.start(world.csv(scenario.rows, scenario.header), scenario.resource, **scenario.options)


def go_on(world: World, scenario: Scenario, last: JobResult | None) -> JobResult:
    """Go on as a person would: anew if there is no job, else resume, else retry."""
    if not world.job.path.exists():
        return begin(world, scenario)
    if not scenario.rows:
        return world.resume_export()
    return world.resume(retry=last is not None and last.error is None)


def result(world: World, scenario: Scenario) -> object:
    """What is there in the end: the account without ids and dates, or the file."""
    if not scenario.rows:
        return (world.folder / "out.csv").read_text(encoding="utf-8-sig")
    return _dump(world.folder / world.sandbox / "sandbox.sqlite"), world.account()


_PASSING: Final = re.compile(r"id$|date|stamp|^created|^updated|^day$|^at$|^ordernum$")


def _dump(path: Path) -> dict[str, Counter[tuple[object, ...]]]:
    with contextlib.closing(sqlite3.connect(path)) as db:
        hits: dict[str, Counter[tuple[object, ...]]] = {}
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"):
            other = {row[3] for row in db.execute(f"PRAGMA foreign_key_list({table})")}
            names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            kept = [name for name in names if name not in other and not _PASSING.search(name)]
            hits[table] = Counter(db.execute(f"SELECT {', '.join(kept) or '1'} FROM {table}"))
        return hits


_undisturbed: dict[str, tuple[object, Counter[str]]] = {}


def undisturbed(name: str) -> tuple[object, Counter[str]]:
    """What a scenario comes to, and how often it takes each step."""
    if name not in _undisturbed:
        with stage(name) as world:
            job_result = begin(world, KNOWN[name])
            assert job_result.summary.complete, (name, job_result.summary)
            steps = Counter(step_of(request) for request, _reply in world.sent)
            _undisturbed[name] = result(world, KNOWN[name]), steps
    return _undisturbed[name]


def cells_of(name: str) -> list[Cell]:
    """Every cell of a scenario."""
    return [Cell(name, step, fault) for step in undisturbed(name)[1] for fault in FAULTS]


def play(cell: Cell, turn: int) -> None:
    """Play one whole job; `turn` says at which of its likes the step is met."""
    scenario = KNOWN[cell.scenario]
    expected, steps = undisturbed(cell.scenario)
    nth = 1 + turn % steps[cell.step]
    with stage(cell.scenario) as world:
        _arm(world, cell, nth)
        job_result: JobResult | None = None
        for _ in range(GOINGS):
            try:
                job_result = go_on(world, scenario, job_result)
            except (Crash, BaseExceptionGroup):
                job_result = None
            except BulkError:
                job_result = None  # it never began, or may not go on yet
            if job_result is not None and scenario.rows and world.job.path.exists():
                check_reports(world.job.path, scenario.header)
            if job_result is not None and _ended(job_result):
                break
            world.faults = ()  # it has been met
        assert job_result is not None, cell
        assert _ended(job_result), (str(cell), nth, job_result.summary, job_result.error)
        hits = result(world, scenario)
        if not scenario.rows:
            expected = _without_left_out(str(expected), world.told.lines)
            hits = _without_left_out(str(hits), ())
        assert hits == expected, (str(cell), nth)


def _without_left_out(text: str, said: Iterable[str]) -> list[list[str]]:
    """An exported file, but for the columns that were said to be left out: with this key they may not be read."""
    left = {header for line in said for header in line.partition("Columns left out: ")[2].rstrip(".").split(", ")}
    rows = list(csv.reader(io.StringIO(text)))
    if "those of custom fields" in left:
        declared = {column.header for name in ("contacts", "deals") for column in named(name).columns}
        left |= {header for header in rows[0] if header not in declared}
    kept = [at for at, header in enumerate(rows[0]) if header not in left]
    return [[row[at] for at in kept] for row in rows if row]


def _ended(job_result: JobResult) -> bool:
    """Whether every row is done, or told to be looked at by hand; that the account is right is asked elsewhere."""
    rows = job_result.summary.rows
    if job_result.summary.complete:
        return job_result.error is None
    return job_result.error is None and rows["succeeded"] + rows["unchanged"] + rows["in_doubt"] == rows["read"]


def _arm(world: Played, cell: Cell, nth: int) -> None:
    method, _, path = cell.step.partition(" ")
    if cell.fault in SERVER:
        world.faults = (replace(SERVER[cell.fault], method=method, path=path, nth=0 if "while" in cell.fault else nth,
                                skip=nth - 1 if "while" in cell.fault else 0),)  # fmt: skip
        return
    world.signals = cell.fault in ("SIGTERM", "Ctrl-C")
    number = signal.SIGTERM if cell.fault == "SIGTERM" else signal.SIGINT
    seen = 0

    def meet(request: Request) -> None:
        nonlocal seen
        seen += step_of(request) == cell.step
        if seen != nth or step_of(request) != cell.step:
            return
        seen += 1  # once
        if world.signals:
            os.kill(os.getpid(), number)
        elif cell.fault == "disk full":
            world.fill_disk()
        elif cell.fault in ("SIGKILL before", "clock back"):
            if cell.fault == "clock back":
                world.turn_clock_back()
            raise Crash
        else:
            world.after = crash

    def crash(_request: Request, _reply: Reply | Lost) -> None:
        world.after = lambda _request, _reply: None  # once
        raise Crash

    world.on_send = meet


# ---- the table


def _work(job: tuple[Cell, int]) -> tuple[Cell, str]:
    try:
        play(*job)
    except Exception as error:  # noqa: BLE001 - it is told, with its cell
        return job[0], f"{type(error).__name__}: {error}"
    return job[0], ""


def table(counts: Mapping[tuple[str, str], int]) -> str:
    """The table as markdown: a line a step, a column a fault, the jobs played in each cell."""
    steps = sorted({step for step, _fault in counts})
    lines = [f"| step | {' | '.join(FAULTS)} |", f"|---|{'---|' * len(FAULTS)}"]
    lines += [f"| `{step}` | {' | '.join(str(counts[step, fault]) for fault in FAULTS)} |" for step in steps]
    return "\n".join(lines) + "\n"


def counted() -> dict[tuple[str, str], int]:
    """The jobs played in each cell, as the table has them."""
    text = DOCS.read_text(encoding="utf-8").partition(BETWEEN[0])[2].partition(BETWEEN[1])[0]
    head, _rule, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines())
    return {
        (step.strip("`"), fault): int(count)
        for step, *counts in rows
        for fault, count in zip(head[1:], counts, strict=True)
    }


def main() -> None:
    """Play every cell so often, or those of some faults, and write the table."""
    (turns,) = numbers(__doc__, (1,))
    chosen = set(sys.argv[2:] or FAULTS)
    jobs = [
        (cell, turn) for name in SCENARIOS for cell in cells_of(name) if cell.fault in chosen for turn in range(turns)
    ]
    counts = Counter({cell: count for cell, count in counted().items() if cell[1] not in chosen})
    wrong = 0
    with multiprocessing.get_context("spawn").Pool() as pool:
        for cell, said in pool.imap_unordered(_work, jobs, chunksize=4):
            counts[cell.step, cell.fault] += not said
            if said:
                wrong += 1
                print(f"WRONG {cell}: {said}", flush=True)
    print(f"{len(jobs):,} jobs, {wrong} wrong")
    before, _, rest = DOCS.read_text(encoding="utf-8").partition(BETWEEN[0])
    after = rest.partition(BETWEEN[1])[2]
    DOCS.write_text(before + BETWEEN[0] + table(counts) + BETWEEN[1] + after, encoding="utf-8")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
