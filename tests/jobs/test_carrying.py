"""What became durable here is there, whatever happens next; and nobody writes there whose place another has taken."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk.errors import UnfinishedError
from bulk.storage.carrying import LOG, LONG, Carrier, NotCarriedError, carried
from bulk.storage.database import Database
from bulk.storage.job_folder import CHECKPOINT

PUT = "INSERT OR REPLACE INTO meta VALUES (?, ?)"


class Places:
    """A local folder and a kept one, with a job in each."""

    def __init__(self, folder: Path) -> None:
        self.local, self.kept = folder / "local", folder / "kept"
        (self.local / "job").mkdir(parents=True)
        self.kept.mkdir()
        self.database = self.local / "job" / CHECKPOINT

    def kept_now(self, scratch: Path) -> dict[str, str]:
        """What a worker would find that takes over now."""
        shutil.rmtree(scratch, ignore_errors=True)
        shutil.copytree(self.kept, scratch)
        with closing(sqlite3.connect(scratch / "job" / CHECKPOINT)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            return dict(database.execute("SELECT name, value FROM meta"))


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def written(database: Database, name: str, value: str) -> None:
    async def write() -> None:
        database.put(PUT, (name, value))
        await database.durable()

    anyio.run(write)


@given(st.lists(st.sampled_from(["write", "at once", "open again", "long", "take over"]), min_size=1, max_size=12))
def test_at_every_durable_point_the_kept_folder_says_the_same(tmp_path_factory, acts: list[str]):
    places = Places(tmp_path_factory.mktemp("carried"))
    expected: dict[str, str] = {}
    new = True
    with carried(places.local, places.kept) as carrier:
        database = Database(places.database, new=new)
        for number, act in enumerate(acts):
            name, value = f"n{number % 3}", f"{act} {number}"
            if act == "open again":
                database.close()
                database = Database(places.database)
            elif act == "take over":
                database.close()
                shutil.rmtree(places.local)
                places.local.mkdir()
                carrier.restore()
                database = Database(places.database)
            elif act == "at once":
                with database.at_once() as execute:
                    execute(PUT, (name, value))
                expected[name] = value
            else:
                value = value * (LONG // 4) if act == "long" else value
                written(database, name, value)
                expected[name] = value
            assert places.kept_now(places.local.parent / "seen") == expected
        database.close()
        carrier.finish()
    assert sorted(path.name for path in (places.kept / "job").iterdir()) == [CHECKPOINT]
    assert places.kept_now(places.local.parent / "seen") == expected


def test_a_long_log_is_moved_into_the_database_and_does_not_grow_for_ever(places: Places):
    with carried(places.local, places.kept), closing(Database(places.database, new=True)) as database:
        sizes = []
        for number in range(40):
            written(database, f"n{number % 4}", str(number) * (LONG // 16))
            sizes.append((places.kept / "job" / f"{CHECKPOINT}{LOG}").stat().st_size)
    assert max(sizes) < 4 * LONG
    assert any(later < before for before, later in pairwise(sizes))


def test_a_torn_end_costs_only_what_was_not_durable(places: Places, tmp_path: Path):
    with carried(places.local, places.kept), closing(Database(places.database, new=True)) as database:
        log = places.kept / "job" / f"{CHECKPOINT}{LOG}"
        written(database, "first", "1")
        durable = log.stat().st_size
        written(database, "second", "2")
        complete = log.read_bytes()
        for cut in range(durable, len(complete), 500):
            log.write_bytes(complete[:cut])
            assert places.kept_now(tmp_path / "seen") == {"first": "1"}


def test_a_kill_between_a_copy_of_the_database_and_its_log_changes_nothing(places: Places, tmp_path: Path):
    with carried(places.local, places.kept):
        with closing(Database(places.database, new=True)) as database:
            written(database, "a", "before")
            written(database, "a", "after")
        # it was closed, so all stands in the database; the log that is kept is the one before
        shutil.copy(places.database, places.kept / "job" / CHECKPOINT)
        assert (places.kept / "job" / f"{CHECKPOINT}{LOG}").stat().st_size
        assert places.kept_now(tmp_path / "seen") == {"a": "after"}


def test_whose_place_was_taken_over_calls_nothing_durable_any_more(places: Places):
    with carried(places.local, places.kept) as carrier:
        database = Database(places.database, new=True)
        written(database, "a", "1")
        places.kept.rename(places.kept.with_name("another"))
        for _try in range(2):
            with pytest.raises(UnfinishedError, match="taken over by another worker"):
                written(database, "a", "2")
        with pytest.raises(UnfinishedError), database.at_once() as execute:
            execute(PUT, ("a", "3"))
        database.close()
        places.kept.with_name("another").rename(places.kept)  # also if it comes back: the two may differ by now
        with pytest.raises(NotCarriedError):
            carrier.finish()
    assert places.kept_now(places.local.parent / "seen") == {"a": "1"}


def test_the_files_of_a_job_are_there_before_anything_of_it_is_durable(places: Places):
    (places.local / "job" / "job.json").write_text("{}")
    (places.local / "job" / "lock").touch()
    (places.local / "job" / ".input.csv.part").write_text("half")
    with carried(places.local, places.kept) as carrier, closing(Database(places.database, new=True)) as database:
        there = {path.name for path in (places.kept / "job").iterdir()}
        assert there == {"job.json", CHECKPOINT, f"{CHECKPOINT}{LOG}"}
        (places.local / "job" / "part").mkdir()
        (places.local / "job" / "part" / "input.csv").write_text("email\n")
        (places.local / "job" / "job.json").write_text('{"now": "another"}')
        written(database, "a", "1")
        assert "another" in (places.kept / "job" / "job.json").read_text()
        with closing(Database(places.local / "job" / "part" / CHECKPOINT, new=True)):
            assert (places.kept / "job" / "part" / "input.csv").read_text() == "email\n"
        (places.local / "job" / "part" / "input.csv").unlink()
    carrier.finish()
    assert [path.name for path in (places.kept / "job" / "part").iterdir()] == [CHECKPOINT]


def test_a_database_that_is_no_checkpoint_is_copied_as_it_was_committed(places: Places):
    with carried(places.local, places.kept), closing(Database(places.database, new=True)) as database:
        with closing(sqlite3.connect(places.local / "job" / "baseline.sqlite")) as beside:
            beside.execute("CREATE TABLE rows (id)")
            beside.commit()
            beside.execute("INSERT INTO rows VALUES (1)")  # in the middle of something
            written(database, "a", "1")
        with closing(sqlite3.connect(places.kept / "job" / "baseline.sqlite")) as copy:
            assert copy.execute("SELECT count(*) FROM rows").fetchone() == (0,)


def test_what_is_elsewhere_stays_where_it_is(places: Places, tmp_path: Path):
    with carried(places.local, places.kept), closing(Database(tmp_path / "other.sqlite", new=True)) as database:
        written(database, "a", "1")
    assert not list(places.kept.iterdir())


@pytest.mark.parametrize("change", [lambda path: path.unlink(), lambda path: path.write_text("others")])
def test_a_folder_that_is_full_or_gone_ends_the_carrying(tmp_path: Path, change: Callable[[Path], None]):
    places = Places(tmp_path)
    (places.kept / "job").write_text("a file where a folder is to be")
    change(places.kept / "job")
    carrier = Carrier(places.local, places.kept)
    (places.local / "job" / "job.json").write_text("{}")
    if (places.kept / "job").exists():
        with pytest.raises(NotCarriedError):
            carrier.finish()
        assert carrier.failed
    else:
        carrier.finish()
        assert (places.kept / "job" / "job.json").read_text() == "{}"
