"""What was read before the rows decides for ten minutes; after that a row is judged by what is so then."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bulk.model import Lost, Reply, Request
from bulk.sandbox.faults import Fault
from tests.jobs.samples import SAMPLES
from tests.world import World, report

HEADER = "email,firstName"
MANY = 320  # rows of the file, more than are looked at ahead


def people(count: int) -> list[tuple[str, ...]]:
    return [(f"p{n}@example.com", f"Name {n}") for n in range(count)]


def meddling(world: World, path: str, *statements: str) -> Callable[[Request, Reply | Lost], None]:
    """Somebody changes the account once a request to `path` was answered."""

    def after(request: Request, _reply: Reply | Lost) -> None:
        if request.path == path and request.method != "GET":
            world.after = lambda _request, _reply: None
            with closing(sqlite3.connect(world.folder / "account" / "sandbox.sqlite")) as db, db:
                for statement in statements:
                    db.execute(statement)

    return after


def test_rows_of_contacts_are_judged_by_a_new_reading_after_ten_minutes(world: World):
    rows = people(MANY)
    world.start(world.csv(rows, HEADER))
    shutil.rmtree(world.job.path)
    # the first rows take a quarter of an hour, and the others wait; meanwhile two are changed, and one goes
    world.faults = (Fault("slow", "POST", "contact/sync", seconds=150.0, first=6),)
    world.after = meddling(
        world, "contact/sync",
        "UPDATE contacts SET firstName = 'Changed' WHERE email IN ('p200@example.com', 'p310@example.com')",
        "DELETE FROM contacts WHERE email = 'p311@example.com'",
    )  # fmt: skip
    world.sent.clear()
    slow = [(email, "Another") for email, _name in rows[:8]] + rows[8:]
    job_result = world.start(world.csv(slow, HEADER), concurrency=1)
    assert job_result.summary.complete
    people_now = world.account()["contacts"]
    assert people_now["p310@example.com"]["firstName"] == "Name 310"
    assert people_now["p200@example.com"]["firstName"] == "Name 200"
    assert people_now["p311@example.com"]["firstName"] == "Name 311"
    assert job_result.summary.rows["unchanged"] == MANY - 11
    assert json.loads((world.job.path / "summary.json").read_text())["read_at"]


@pytest.mark.parametrize(("name", "table", "column"), [("notes", "notes", "note"), ("deals", "deals", "description")])
def test_a_record_that_was_as_wanted_is_looked_at_again(
    world: World, small: Path, monkeypatch: pytest.MonkeyPatch, name: str, table: str, column: str
):
    shutil.copytree(small, world.folder / "account")
    sample = SAMPLES[name]
    world.start(world.csv(sample.rows, sample.header), name)
    rows = report(world.job.path, "succeeded.csv")
    shutil.rmtree(world.job.path)
    monkeypatch.setattr("bulk.jobs.rows.STALE", 0.0)
    with closing(sqlite3.connect(world.folder / "account" / "sandbox.sqlite")) as db, db:
        count = db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    gone = rows[3]["_id"]

    def delete(request: Request, _reply: Reply | Lost) -> None:
        if request.path == f"{name}/{rows[0]['_id']}":
            world.after = lambda _request, _reply: None
            with closing(sqlite3.connect(world.folder / "account" / "sandbox.sqlite")) as db, db:
                db.execute(f"DELETE FROM {table} WHERE id = ?", (gone,))

    world.after = delete
    job_result = world.start(world.csv(sample.rows, sample.header), name, concurrency=1)
    assert job_result.summary.rows["unchanged"] == len(sample.rows) - 1
    assert [line["_code"] for line in report(world.job.path, "failed.csv")] == ["not_found"]
    job_result = world.resume(retry=True)
    assert job_result.summary.complete
    with closing(sqlite3.connect(world.folder / "account" / "sandbox.sqlite")) as db:
        assert db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == count
    assert column


def test_a_link_that_was_there_is_looked_at_again(world: World, monkeypatch: pytest.MonkeyPatch):
    names = [(f"p{n}@example.com", "VIP") for n in range(12)]
    world.start(world.csv(names, "email,tags"))
    shutil.rmtree(world.job.path)
    monkeypatch.setattr("bulk.jobs.rows.STALE", 0.0)
    done: list[str] = []

    def untag(request: Request) -> None:
        if request.step.startswith("read back") and not done:
            done.append(request.path)
            with closing(sqlite3.connect(world.folder / "account" / "sandbox.sqlite")) as db, db:
                db.execute("DELETE FROM contactTags WHERE contact = 9")

    world.on_send = untag
    job_result = world.start(world.csv(names, "contact_email,tag_name"), "contactTags", concurrency=1)
    assert done
    assert job_result.summary.actions == {"unchanged": 11, "created": 1}
    assert all("VIP" in person["tags"] for person in world.account()["contacts"].values())
