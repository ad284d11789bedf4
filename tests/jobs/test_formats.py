"""Jobs that an earlier version left behind go on to their end; those of a newer version are refused.

`formats` holds the folders of jobs that were cut off, as the versions wrote them that kept checkpoints of that format.
`python -m tests.jobs.test_formats FOLDER` writes such folders, as the version at hand makes them.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from bulk.errors import UsageError
from bulk.storage import formats
from bulk.storage.checkpoint import new_checkpoint, opened_checkpoint
from bulk.storage.job_folder import CHECKPOINT, INPUT_COPY, JOB
from bulk.storage.job_record import JobRecord
from tests.jobs.samples import SAMPLES, given
from tests.world import Crash, World, check_reports, report

FORMATS = Path(__file__).parent / "formats"
PLACES = ("place", "created", "output")  # of this machine and this moment, as `job.json` has them
CONTACTS = "email,firstName,tags,lists"
PEOPLE = [
    ("ada@example.com", "Ada", "", ""), ("grace@example.com", "Amazing", "VIP", ""),
    *((f"p{n}@example.com", f"N {n}", ("VIP", "New", "")[n % 3], ("Newsletter", "")[n % 2]) for n in range(14)),
]  # fmt: skip
MANY = [(f"p{n}@example.com", f"N {n}", "", "") for n in range(130)]


@dataclass(frozen=True)
class Case:
    """A job that ends when it has sent so many requests."""

    play: Callable[[World], object]
    requests: int
    header: str = ""
    before: Callable[[World], object] = lambda _world: None


def export(world: World) -> object:
    return world.export(world.folder / "out.csv")


def many(world: World) -> None:
    world.start(world.csv(MANY, CONTACTS))
    shutil.rmtree(world.job.path)


DEALS = SAMPLES["deals"]
FEW = [row for row in DEALS.rows if len(row[0]) < 50]
CASES = {
    "import-contacts": Case(lambda world: world.start(world.csv(PEOPLE, CONTACTS), concurrency=3), 24, CONTACTS),
    "import-deals": Case(
        lambda world: world.start(world.csv(FEW, DEALS.header), "deals", concurrency=2), 13, DEALS.header
    ),
    "export-contacts": Case(export, 4, before=many),
}


def cut_off(world: World, case: Case) -> None:
    """Play a job up to where the process ends."""
    given(world)
    case.before(world)
    before = len(world.sent)

    def crash(_request: object) -> None:
        if len(world.sent) - before >= case.requests:
            raise Crash

    world.on_send = crash
    with suppress(BaseExceptionGroup, Crash):
        case.play(world)
    world.on_send = lambda _request: None
    assert world.job.state == "cut off"


def left_behind(world: World, version: int, name: str) -> None:
    """Put the job folder of that version in the place of ours, which has come equally far."""
    ours, job = json.loads(world.job.file(JOB).read_text()), world.job.path
    shutil.rmtree(job)
    shutil.copytree(FORMATS / str(version) / name, job)
    theirs = json.loads((job / JOB).read_text())
    if theirs["input"]:
        theirs["input"]["path"] = ours["input"]["path"]
    theirs |= {name: ours[name] for name in PLACES}
    (job / JOB).write_text(json.dumps(theirs))


@pytest.mark.some(6)
@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("age", ["a moment", "months"])
@pytest.mark.parametrize("name", CASES)
def test_a_job_of_an_earlier_format_goes_on_to_its_end(world: World, version: int, name: str, age: str):
    case = CASES[name]
    cut_off(world, case)
    left_behind(world, version, name)
    with closing(sqlite3.connect(world.job.file(CHECKPOINT), isolation_level=None)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (version,)
        asked = time.time() - (1 if age == "a moment" else 1e7)
        database.execute("UPDATE meta SET value = ? WHERE name = 'asked since'", (asked,))
    sent = len(world.sent)
    if name.startswith("export"):
        assert world.resume_export().summary.complete
        pages = sum(request.path == "contacts" for request, _reply in world.sent[sent:])
        assert pages == 1, "only the page that was not read yet"
        assert [line["email"] for line in report(world.folder, "out.csv")] == [*world.account()["contacts"]]
        return
    assert world.resume().summary.complete
    lines = check_reports(world.job.path, case.header)
    assert {line["_file"] for line in lines.values()} == {"succeeded.csv"}
    after = world.account()
    shutil.rmtree(world.job.path)
    again = case.play(world)
    assert set(again.summary.actions) == {"unchanged"}, "everything is there, and once"
    assert world.account() == after


# ---- a newer version's


def newer_checkpoint(job: Path) -> None:
    with closing(sqlite3.connect(job / CHECKPOINT, isolation_level=None)) as database:
        database.execute(f"PRAGMA user_version = {formats.checkpoint_format() + 1}")


def newer_record(job: Path) -> None:
    data = json.loads((job / JOB).read_text()) | {"format": formats.record_format() + 1, "version": "9.1"}
    (job / JOB).write_text(json.dumps(data))


@pytest.mark.some(3)
@pytest.mark.parametrize("file", [CHECKPOINT, JOB])
@pytest.mark.parametrize("name", CASES)
def test_a_job_of_a_newer_version_is_refused_plainly_and_left_as_it_is(world: World, name: str, file: str):
    cut_off(world, CASES[name])
    (newer_checkpoint if file == CHECKPOINT else newer_record)(world.job.path)
    content, sent = world.job.file(file).read_bytes(), len(world.sent)
    said = rf"{file} .*made by a newer version of bulk.* Go on with the job by that version\."
    with pytest.raises(UsageError, match=said):
        world.resume_export() if name.startswith("export") else world.resume()
    assert world.job.file(file).read_bytes() == content
    assert len(world.sent) == sent


@pytest.mark.parametrize("number", [0, -1, "1", True, None])
def test_a_format_that_is_none_is_damage(number: object):
    data = json.loads((FORMATS / "4" / "import-contacts" / JOB).read_text())
    with pytest.raises(ValueError, match="format"):
        JobRecord.of(data | {"format": number})


# ---- the way from one format to the next


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """One of format 4, as the first versions of it left them."""
    path = tmp_path / CHECKPOINT
    shutil.copy(FORMATS / "4" / "import-contacts" / CHECKPOINT, path)
    with closing(sqlite3.connect(path)) as database:
        for table in ("unread", "given_up", "unreadable"):
            database.execute(f"DROP TABLE {table}")
        database.commit()
    return path


def tables(path: Path) -> tuple[int, set[str]]:
    """The format of a checkpoint and its tables."""
    with closing(sqlite3.connect(path)) as database:
        names = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return database.execute("PRAGMA user_version").fetchone()[0], names


def test_a_checkpoint_goes_through_all_formats_in_order(checkpoint: Path, monkeypatch: pytest.MonkeyPatch):
    def to_six(database: sqlite3.Connection) -> None:
        database.execute("ALTER TABLE unread RENAME TO waiting")

    def to_seven(database: sqlite3.Connection) -> None:
        database.execute("ALTER TABLE waiting RENAME TO unread")

    more = (*formats.CHECKPOINT_MIGRATIONS[:1], to_six, to_seven)
    monkeypatch.setattr(formats, "CHECKPOINT_MIGRATIONS", more)
    for _time in range(2):  # the second time nothing is left to do
        with opened_checkpoint(checkpoint) as opened:
            assert opened.unread.count() == 0
            assert opened.rows.counts() == {"succeeded": 4, "unchanged": 1}
        version, names = tables(checkpoint)
        assert version == 7
        assert names > {"unread", "given_up", "unreadable"}
    with new_checkpoint(checkpoint.with_name("new")):
        pass
    assert tables(checkpoint.with_name("new")) == (version, names), "a new one is made the same way"


def test_a_migration_that_is_cut_off_leaves_the_format_before_it(checkpoint: Path, monkeypatch: pytest.MonkeyPatch):
    def cut(database: sqlite3.Connection) -> None:
        database.execute("DROP TABLE rows")
        raise Crash

    first = formats.CHECKPOINT_MIGRATIONS[:1]
    with monkeypatch.context() as patch:
        patch.setattr(formats, "CHECKPOINT_MIGRATIONS", (*first, cut))
        with pytest.raises(Crash), opened_checkpoint(checkpoint):
            pass
    version, names = tables(checkpoint)
    assert (version, "rows" in names, "unread" in names) == (5, True, True)
    with opened_checkpoint(checkpoint) as opened:
        assert opened.rows.counts() == {"succeeded": 4, "unchanged": 1}


def test_a_record_of_an_earlier_format_is_read_as_todays(monkeypatch: pytest.MonkeyPatch):
    def renamed(data: formats.Record) -> formats.Record:
        return {("resource" if name == "what" else name): value for name, value in data.items()}

    data = json.loads((FORMATS / "4" / "import-contacts" / JOB).read_text())
    assert JobRecord.of(data).resource == "contacts"
    data["what"] = data.pop("resource")
    monkeypatch.setattr(formats, "RECORD_MIGRATIONS", (renamed,))
    assert JobRecord.of(data).resource == "contacts"
    assert JobRecord.of(data).format == 2


# ---- writing them


def write(folder: Path) -> None:
    """Write the folders of all cases."""
    for name, case in CASES.items():
        with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
            world = World(Path(place), patch)
            cut_off(world, case)
            data = json.loads(world.job.file(JOB).read_text())
            data |= {"place": "sandbox", "output": data["output"] and "out.csv"}
            if data["input"]:
                data["input"]["path"] = "in.csv"
            target = folder / name
            target.mkdir(parents=True)
            (target / JOB).write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n")
            for file in (CHECKPOINT, INPUT_COPY):
                if world.job.file(file).exists():
                    shutil.copy(world.job.file(file), target)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
