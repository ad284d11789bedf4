"""The checkpoint under harm: a full disk, a journal cut at any place."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from bulk.errors import UnfinishedError, UsageError
from bulk.model import Outcome, Receipt, Request, RowStatus, Verdict
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint, new_checkpoint, opened_checkpoint
from bulk.storage.database import Database
from bulk.storage.snapshot import ADDRESSES, ALIKE, NAMES, PEOPLE, RECORDS
from tests.scale import tries
from tests.virtual import run
from tests.world import Crash, World, check_reports

HEADER = "email,firstName,tags"
ROWS = [(f"p{n}@example.com", f"N {n}", "VIP") for n in range(150)]


def test_a_full_disk_stops_the_job_with_all_that_is_known_kept(world: World, monkeypatch: pytest.MonkeyPatch):
    prepare = Database._prepare

    def small(self: Database, *, new: bool) -> None:
        prepare(self, new=new)
        pages = self._db.execute("PRAGMA page_count").fetchone()[0]
        self._db.execute(f"PRAGMA max_page_count = {pages}")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "_prepare", small)
        with pytest.raises(UnfinishedError, match=r"full\. Make room"):
            world.start(world.csv(ROWS, HEADER))
    sent = len(world.steps())
    assert sent > 0
    job_result = world.resume()
    assert job_result.summary.complete
    assert len(world.account()["contacts"]) == len(ROWS)
    check_reports(world.job.path, HEADER)


def test_a_journal_cut_anywhere_gives_a_prefix_of_what_was_written(tmp_path: Path):
    path = tmp_path / "whole" / "checkpoint.sqlite"
    path.parent.mkdir()

    async def write() -> None:
        with new_checkpoint(path) as checkpoint:
            for row in range(2, 12):
                checkpoint.rows.settle(row, Outcome(RowStatus.SUCCEEDED, "created", str(row)))
                await checkpoint.durable()
            shutil.copytree(path.parent, tmp_path / "running")  # as a kill leaves it

    run(write)
    journal = (tmp_path / "running" / "checkpoint.sqlite-wal").read_bytes()
    result = set()
    for size in range(0, len(journal), tries(509, 13)):
        folder = tmp_path / "cut"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copy(tmp_path / "running" / "checkpoint.sqlite", folder)
        (folder / "checkpoint.sqlite-wal").write_bytes(journal[:size])

        async def read(file: Path) -> list[int]:
            with opened_checkpoint(file) as checkpoint:
                return [row.number for row in checkpoint.rows.settled_rows()]

        try:
            rows = run(read, folder / "checkpoint.sqlite")
        except Exception as error:  # noqa: BLE001 - told apart below
            assert "empty" in str(error), "before the tables were there"  # noqa: PT017
            continue
        assert rows == list(range(2, 2 + len(rows)))
        result.add(len(rows))
    assert result >= set(range(10))


def written(path: Path) -> bytes:
    """A sound checkpoint of some rows that have ended and some that were cut off."""
    path.parent.mkdir()

    async def write() -> None:
        with new_checkpoint(path) as checkpoint:
            for row in range(2, 200):
                checkpoint.journal.intend(row, Request("contact", "POST", "contact/sync"), 1)
                if row % 3:
                    checkpoint.rows.settle(row, Outcome(RowStatus.SUCCEEDED, "created", str(row)))
            await checkpoint.durable()

    run(write)
    return path.read_bytes()


def refused(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught, opened_checkpoint(path):
        pass
    assert path.read_bytes() == content, "left as it is"
    return str(caught.value)


def test_what_a_refusal_said_is_there_again_when_the_job_goes_on(tmp_path: Path):
    reasons = [{"contact": 230, "failureReason": "Field 'email' incorrect format"}, "Invalid or unparsable json"]
    refused = Receipt("submit", Verdict.REJECT, 400, reasons, "http_400", "No.")

    async def write() -> None:
        with new_checkpoint(tmp_path / "checkpoint.sqlite") as checkpoint:
            checkpoint.journal.intend(2, Request("submit", "POST", "import/bulk_import"), 1)
            checkpoint.journal.receive(2, "POST", refused)
            await checkpoint.durable()

    run(write)
    with opened_checkpoint(tmp_path / "checkpoint.sqlite") as checkpoint:
        assert checkpoint.journal.open_between(1, 9)[2].known == {"submit": refused}
        assert list(checkpoint.journal.written()) == [], "it has changed nothing"


def test_a_checkpoint_cut_at_any_byte_is_refused_and_left_as_it_is(tmp_path: Path):
    entire = written(tmp_path / "whole" / "checkpoint.sqlite")
    sizes = {*range(0, len(entire), tries(487, 1)), *range(len(entire) - 40, len(entire))}
    for size in sizes:
        assert "so the job cannot go on" in refused(tmp_path / "checkpoint.sqlite", entire[:size]), size


@pytest.mark.parametrize("harm", [b"\0", b"\xff", b"?"])
def test_a_checkpoint_with_a_page_of_something_else_is_refused(tmp_path: Path, harm: bytes):
    entire = written(tmp_path / "whole" / "checkpoint.sqlite")
    for at in range(0, len(entire), 4096):
        content = entire[:at] + harm * 4096 + entire[at + 4096 :]
        refused(tmp_path / "checkpoint.sqlite", content)


def test_a_job_whose_checkpoint_is_cut_sends_nothing(world: World):
    rows = ROWS[:20]
    path = world.csv(rows, HEADER)

    def crash(_request: object) -> None:
        if len(world.sent) > 30:
            raise Crash

    world.on_send = crash
    with pytest.raises(Crash):
        world.start(path)
    world.on_send = lambda _request: None
    world.sent.clear()
    checkpoint = world.job.file("checkpoint.sqlite")
    entire = checkpoint.read_bytes()
    checkpoint.write_bytes(entire[:-1])
    with pytest.raises(UsageError, match="its end is missing"):
        world.resume()
    assert world.sent == []
    checkpoint.write_bytes(entire)
    assert world.resume().summary.complete
    assert len(world.account()["contacts"]) == len(rows)


def test_a_fact_is_read_as_it_was_noted_last_written_or_not(tmp_path: Path):
    with new_checkpoint(tmp_path / "checkpoint.sqlite") as checkpoint:

        async def write() -> None:
            await checkpoint.durable()

        assert checkpoint.fact(facts.CONFIRMED) is False
        checkpoint.note(facts.CONFIRMED, True)
        assert checkpoint.fact(facts.CONFIRMED) is True
        run(write)
        checkpoint.note(facts.CONFIRMED, False)
        assert checkpoint.fact(facts.CONFIRMED) is False, "a question that was answered is asked once more"
        run(write)
        assert checkpoint.fact(facts.CONFIRMED) is False


def test_a_family_of_facts_is_read_as_it_was_noted_last_written_or_not(tmp_path: Path):
    with new_checkpoint(tmp_path / "checkpoint.sqlite") as checkpoint:

        async def write() -> None:
            await checkpoint.durable()

        family = facts.perhaps_of("7")
        checkpoint.note(family.of(3), {"tags": {"1": "VIP"}})
        checkpoint.note(facts.perhaps_of("70").of(4), {})
        assert checkpoint.facts(family) == {3: {"tags": {"1": "VIP"}}}
        run(write)
        checkpoint.note(family.of(3), {})
        checkpoint.note(family.of(5), {"tags": {}})
        assert checkpoint.facts(family) == {3: {}, 5: {"tags": {}}}
        run(write)
        assert checkpoint.facts(family) == {3: {}, 5: {"tags": {}}}


def test_what_is_forgotten_does_not_come_back_by_a_write_that_was_queued_before(tmp_path: Path):
    async def main() -> None:
        with new_checkpoint(tmp_path / "c.sqlite") as checkpoint:
            checkpoint.note(facts.CONFIRMED, value=True)  # the agreement to delete, and not on disk yet
            checkpoint.note(facts.TOTAL, 7)
            checkpoint.forget_questions()
            assert not checkpoint.fact(facts.CONFIRMED)
            assert checkpoint.fact(facts.TOTAL) == 7
            await checkpoint.durable()
            assert not checkpoint.fact(facts.CONFIRMED)
            checkpoint.note(facts.CONFIRMED, value=True)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(checkpoint.durable)
                await anyio.lowlevel.checkpoint()
                await anyio.lowlevel.checkpoint()  # a thread has taken it
                checkpoint.forget_questions()
            assert not checkpoint.fact(facts.CONFIRMED)
        with opened_checkpoint(tmp_path / "c.sqlite") as checkpoint:
            assert not checkpoint.fact(facts.CONFIRMED)

    run(main)


def test_facts_that_are_on_disk_take_no_memory(tmp_path: Path):
    async def main() -> None:
        with new_checkpoint(tmp_path / "c.sqlite") as checkpoint:
            for row in range(1_000):
                checkpoint.note(facts.CREATED_BY.of(row), str(row))
                if row % 10 == 9:
                    await checkpoint.durable()
            assert len(checkpoint._facts._waiting) < 50
            assert len(checkpoint.facts(facts.CREATED_BY)) == 1_000

    run(main)


def test_no_two_facts_go_by_one_name():
    """A name on disk is one fact's; of the families only one begins as another, and no id begins with a word."""
    declared = [one for one in vars(facts).values() if isinstance(one, facts.Fact | facts.Family)]
    names = [one.name if isinstance(one, facts.Fact) else one.prefix for one in declared]
    assert len(set(names)) == len(names) > 30
    within = [(a, b) for a in names for b in names if a != b and a.endswith(" ") and b.startswith(a)]
    assert within == [("enrolment ", "enrolment of ")]


def test_what_jobs_have_on_disk_is_declared():
    """What a job of an earlier version noted is read under the same names."""
    result = set()
    for path in (Path(__file__).parent / "formats").glob("*/*/checkpoint.sqlite"):
        with closing(sqlite3.connect(path)) as database:
            result |= {name for (name,) in database.execute("SELECT name FROM meta")}
    assert len(result) > 9
    assert result <= {one.name for one in vars(facts).values() if isinstance(one, facts.Fact)}


def test_each_kind_of_what_is_held_has_keys_of_its_own(tmp_path: Path):
    """On disk they are as they always were, so that jobs of earlier versions find what they have read."""
    path = tmp_path / "checkpoint.sqlite"
    with new_checkpoint(path) as checkpoint:
        snapshot = checkpoint.snapshot
        snapshot.hold(PEOPLE, "zoë@example.com", {"id": "7"})
        snapshot.hold(PEOPLE, "7", {"id": "70"})
        snapshot.hold(ADDRESSES, "7", "zoë@example.com")
        snapshot.hold(NAMES, ("contacts", "7"), "Zoë@example.com")
        snapshot.hold(ALIKE, "zoë@example.com", True)
        snapshot.hold(RECORDS, "7", {"title": "Loom"})

        async def write() -> None:
            await checkpoint.durable()

        run(write)
        assert snapshot.known(PEOPLE, ["zoë@example.com", "7", "8"]) == {
            "zoë@example.com": {"id": "7"},
            "7": {"id": "70"},
        }
        assert snapshot.known(ADDRESSES, ["7", "8"]) == {"7": "zoë@example.com"}
        assert snapshot.known(NAMES, [("contacts", "7"), ("deals", "7")]) == {("contacts", "7"): "Zoë@example.com"}
        both = ["zoe@example.com", "ZOE@example.com"]
        assert snapshot.known(ALIKE, [*both, "joe@example.com"]) == dict.fromkeys(both, True), "several may be alike"
        assert snapshot.known(RECORDS, ["7"]) == {"7": {"title": "Loom"}}
        checkpoint.forget_records()
        assert snapshot.known(RECORDS, ["7"]) == {}
        assert snapshot.known(PEOPLE, ["7"]) == {"7": {"id": "70"}}
    with closing(sqlite3.connect(path)) as database:
        keys = {key for (key,) in database.execute("SELECT key FROM held")}
    assert keys == {"zoë@example.com", "7", "contact 7", "contacts 7", "alike zoe@example.com"}


def test_the_journal_has_its_length_from_the_beginning_and_nothing_behind_its_last_entry_is_read(tmp_path: Path):
    path, journal = tmp_path / "c.sqlite", tmp_path / "c.sqlite-wal"
    checkpoint = Checkpoint(path, new=True)
    length = journal.stat().st_size
    checkpoint.note(facts.TOTAL, 7)
    anyio.run(checkpoint.durable)
    assert journal.stat().st_size == length > 1_000_000
    killed = tmp_path.with_name(f"{tmp_path.name}-killed")
    shutil.copytree(tmp_path, killed)  # as a kill leaves it
    checkpoint.close()
    assert not journal.exists()
    with closing(Checkpoint(killed / "c.sqlite")) as again:
        assert again.fact(facts.TOTAL) == 7
