"""What a report says under faults is so, and what a resume goes by is not too old."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from bulk.api.client import Client
from bulk.api.credentials import SANDBOX
from bulk.errors import UnfinishedError
from bulk.files.csv.writer import CsvFile
from bulk.jobs.rows import Rows
from bulk.model import Outcome, Reply, Request
from bulk.sandbox.app import Sandbox, SandboxOptions
from bulk.sandbox.faults import Fault
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.database import Database
from bulk.storage.row_states import RowStates
from tests.virtual import run
from tests.world import World, crashing, report

HOURS = 3600.0


def people(count: int) -> list[tuple[str, str]]:
    return [(f"p{n}@example.com", "A") for n in range(count)]


def imported(world: World, rows: list[tuple[str, str]], header: str = "email,firstName") -> None:
    """Bring the account to this state, and leave no trace of how."""
    world.start(world.csv(rows, header))
    shutil.rmtree(world.job.path)
    world.sent.clear()


# ---- who left a list


def leave(world: World, list_id: str) -> None:
    """The only contact leaves a list, by itself."""

    async def ask() -> None:
        with Sandbox(world.folder / "account" / "sandbox.sqlite", SandboxOptions(rate=0, key=SANDBOX.key)) as sandbox:
            async with Client(SANDBOX, sandbox.app) as client:
                body = {"contactList": {"list": list_id, "contact": "1", "status": 2}}
                reply = await client.send(Request("leave", "POST", "contactLists", body=body))
                assert isinstance(reply, Reply)
                assert reply.status == 200

    run(ask)


def test_an_answer_grows_old_however_often_the_job_is_resumed(world: World):
    imported(world, [("p1@example.com", "Newsletter")], "email,lists")
    with crashing(world, "contactLists"):
        world.start(world.csv([("p1@example.com", "Customers")], "email,lists"))
    leave(world, "2")
    began = time.time()
    for attempt in range(1, 4):  # each nine minutes after the one before, and the network is gone
        world.clock = lambda later=attempt * 540: began + later
        world.faults = (Fault("lost_before"),)
        world.resume()
    world.faults = ()
    job_result = world.resume()
    assert job_result.summary.rows["failed"] == 1
    assert report(world.job.path, "failed.csv")[0]["_code"] == "opted_out"
    assert world.account()["contacts"]["p1@example.com"]["lists"]["Customers"] == "2"


# ---- exports


@pytest.mark.some(1)
@pytest.mark.parametrize("killed", [False, True])
def test_an_export_that_is_short_says_so_also_after_a_kill(world: World, killed: bool):
    imported(world, people(950))
    if killed:
        with crashing(world, "contacts", after=4):
            world.export(world.folder / "out.csv")
        world.faults = (Fault("empty_page", method="GET", path="contacts"),)
        job_result = world.resume_export()
    else:
        world.faults = (Fault("empty_page", method="GET", path="contacts", skip=4),)
        job_result = world.export(world.folder / "out.csv")
    rows = job_result.summary.rows
    assert rows["read"] == 950
    assert rows["succeeded"] < 950
    assert rows["succeeded"] + rows["failed"] + rows["unprocessed"] == 950
    assert not job_result.summary.complete


# ---- in doubt or not


def test_what_a_killed_run_took_is_not_forgotten(world: World):
    world.latency = 1.0
    with crashing(world, "contact/sync", after=9):
        world.start(world.csv(people(20), "email,firstName"), concurrency=1)
    before = len(world.sent)
    assert before >= 9
    totals = world.resume(concurrency=1).summary.totals
    assert len(world.sent) - 2 <= totals.requests <= len(world.sent), "all but those of the last seconds"


def test_what_was_only_refused_by_the_limit_is_not_in_doubt(world: World):
    world.faults = (Fault("status", status=429, retry_after="600", method="POST", path="contact/sync"),)
    job_result = world.start(world.csv(people(3), "email,firstName"), max_duration=30.0)
    assert (job_result.summary.rows["in_doubt"], job_result.summary.rows["unprocessed"]) == (0, 3)


def test_who_was_there_before_is_not_called_created_after_a_lost_answer(world: World):
    imported(world, people(2))
    world.faults = (Fault("lost_before", method="POST", path="contacts", first=2),)
    rows = [(email, name, "Bath") for email, name in people(3)]
    job_result = world.start(world.csv(rows, "email,firstName,City"), mode="create")
    assert job_result.summary.actions == {"created": 1}
    assert job_result.summary.codes == {"duplicate": 2}


def test_a_retry_leaves_the_last_of_the_rows_of_a_key_the_last(world: World):
    world.faults = (Fault("status", method="POST", path="contact/sync", status=422, nth=1),)
    rows = [("ada@example.com", "First"), ("bo@example.com", "Bo"), ("ADA@example.com", "Last")]
    job_result = world.start(world.csv(rows, "email,firstName"), on_duplicate="all", concurrency=1)
    assert job_result.summary.actions == {"created": 2}
    assert job_result.summary.rows["failed"] == 1
    world.faults = ()
    before = len(world.sent)
    with crashing(world, "contact/sync"):
        world.resume(retry=True, concurrency=1)
    job_result = world.resume(concurrency=1)
    assert job_result.summary.actions == {"created": 2, "updated": 1}
    assert [line["_action"] for line in report(world.job.path, "succeeded.csv")] == ["updated", "created", "created"]
    assert sorted(person["firstName"] for person in world.account()["contacts"].values()) == ["Bo", "Last"]
    assert sum(request.step == "contact" for request, _reply in world.sent[before:]) == 2


def test_what_was_in_doubt_stays_so_when_the_retry_is_turned_away(world: World):
    world.faults = (Fault("lost_after", method="POST", path="contactTags"),)
    job_result = world.start(world.csv([("p1@example.com", "VIP"), ("p2@example.com", "")], "email,tags"))
    assert job_result.summary.rows["in_doubt"] == 1
    world.faults = (Fault("status", status=401, method="POST", path="contactTags"),)
    job_result = world.resume(retry=True)
    assert (job_result.summary.rows["in_doubt"], job_result.summary.rows["unprocessed"]) == (1, 0)


def test_a_row_that_has_not_ended_shows_how_often_it_was_sent(world: World):
    world.faults = (Fault("lost_before", method="POST", path="contact/sync", first=3),)
    with crashing(world, "contact/sync", after=3):
        world.start(world.csv(people(1), "email,firstName"))
    with contextlib.closing(sqlite3.connect(world.job.file("checkpoint.sqlite"))) as db:
        ((attempts,),) = db.execute("SELECT attempts FROM steps WHERE method = 'POST'").fetchall()
    world.faults = (Fault("lost_before"),)
    world.resume()
    assert report(world.job.path, "failed.csv")[0]["_attempts"] == str(attempts)


def test_who_was_there_is_not_called_created_where_pages_came_without_all(world: World):
    imported(world, people(400))
    world.faults = (
        Fault("no_include", method="GET", path="contacts", skip=1),
        Fault("status", status=500, method="POST", path="contact/sync", every=2),
    )
    job_result = world.start(world.csv([(email, "B") for email, _name in people(400)], "email,firstName"))
    assert "created" not in job_result.summary.actions


# ---- rows that ask nothing


def test_unchanged_rows_are_written_down_as_they_end(world: World, monkeypatch: pytest.MonkeyPatch):
    world.people(people(1_000))
    sizes: list[int] = []
    commit = Database._commit

    def counting(self: Database) -> None:
        before = self.written
        commit(self)
        sizes.append(self.written - before)

    monkeypatch.setattr(Database, "_commit", counting)
    assert world.start(world.csv(people(1_000), "email,firstName")).summary.rows["unchanged"] == 1_000
    assert max(sizes) < 1_000, "two writes a row, of at most a few pages and rows at a time"


def test_unchanged_rows_can_be_interrupted(world: World, monkeypatch: pytest.MonkeyPatch):
    world.people(people(2_000))
    ended = Rows.ended
    count = 0

    def interrupting(self: Rows, row: int, outcome: Outcome, checkpoint: Checkpoint) -> None:
        nonlocal count
        count += 1
        if count == 10:
            os.kill(os.getpid(), signal.SIGINT)
        ended(self, row, outcome, checkpoint)

    monkeypatch.setattr(Rows, "ended", interrupting)
    world.signals = True
    job_result = world.start(world.csv(people(2_000), "email,firstName"))
    assert job_result.error is not None
    assert job_result.summary.rows["unprocessed"] > 0


# ---- reports


def test_a_report_can_be_fed_back_more_than_once(world: World):
    path = world.csv([("nobody", "Ada")], "email,firstName")
    for _ in range(3):
        world.start(path)
        path = shutil.copy(world.job.file("failed.csv"), world.folder / "again.csv")
        path = Path(path)
        shutil.rmtree(world.job.path)
    assert list(report(world.folder, "again.csv")[0]) == [
        "email", "firstName", "_row", "_status", "_step", "_code", "_error", "_attempts"
    ]  # fmt: skip


def test_a_disk_that_is_full_at_the_end_is_said(world: World, monkeypatch: pytest.MonkeyPatch):
    class Full:
        def write(self, _data: bytes) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        def flush(self) -> None:
            pass

        def close(self) -> None:
            pass

    monkeypatch.setattr(CsvFile, "_open", lambda self: setattr(self, "_file", Full()))
    with pytest.raises(UnfinishedError, match=r"cannot be written: No space left on device\. Make room"):
        world.start(world.csv(people(1), "email,firstName"))
    monkeypatch.undo()


def test_a_disk_that_is_full_during_the_checks_is_said(world: World, monkeypatch: pytest.MonkeyPatch):
    settle_now = RowStates.settle_now

    def full(self: RowStates, rows: object) -> None:
        self._database._db.execute("PRAGMA query_only = ON")
        settle_now(self, rows)

    monkeypatch.setattr(RowStates, "settle_now", full)
    with pytest.raises(UnfinishedError, match="Make room"):
        world.start(world.csv([("nobody", "A")], "email,firstName"))
