"""Somebody else writes to the account between a plan and its end: what they wrote is not overwritten.

Whether a record is as planned is looked at shortly before it is written. What is written by somebody else in that
window cannot be seen; how long it is, the test measures.
"""

from __future__ import annotations

import csv
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

import anyio
import pytest

from bulk.model import Request
from tests.scale import tries
from tests.world import World, report

PEOPLE = 300
WINDOW = 22.0  # seconds: contacts are read anew every 20 s, and a reading and a write take their time


def first_name(world: World, email: str, name: str) -> None:
    """Write a name past the job."""
    with closing(sqlite3.connect(world.folder / "account" / "sandbox.sqlite")) as db, db:
        db.execute("UPDATE contacts SET firstName = ? WHERE email = ?", (name, email))


def planned(world: World) -> Path:
    people = [(f"p{n}@example.com", f"N {n}") for n in range(PEOPLE)]
    world.people(people)
    path = world.csv([(email, f"{name}!") for email, name in people], "email,firstName")
    world.plan(path)
    return path


@pytest.mark.parametrize("seed", range(tries(1, 40)))
def test_what_somebody_else_writes_meanwhile_stays(world: World, seed: int):
    chance = Random(seed)
    world.latency = 0.3
    planned(world)
    before = {f"p{n}@example.com": f"before {n}" for n in chance.sample(range(PEOPLE), PEOPLE // 100)}
    for email, name in before.items():
        first_name(world, email, name)
    written: dict[str, float] = {}
    sent_at: dict[str, float] = {}

    def on_send(request: Request) -> None:
        now = anyio.current_time()
        if request.method != "GET" and request.body and "contact" in request.body:
            sent_at[request.body["contact"]["email"]] = now
        if chance.random() < 0.05:
            email = f"p{chance.randrange(PEOPLE)}@example.com"
            if email not in sent_at and email not in before and email not in written:
                written[email] = now
                first_name(world, email, f"meanwhile {email}")

    world.on_send = on_send
    world.apply(rate=5)
    failed = {line["email"]: line for line in report(world.job.path, "failed.csv")}
    people = world.account()["contacts"]
    for email, name in before.items():
        assert people[email]["firstName"] == name
        assert failed[email]["_code"] == "changed_meanwhile"
        assert name in failed[email]["_error"]
    assert written
    longest = 0.0
    for email, at in written.items():
        if people[email]["firstName"] == f"meanwhile {email}":
            assert failed[email]["_code"] == "changed_meanwhile"
        else:
            longest = max(longest, sent_at[email] - at)
    assert longest <= WINDOW
    done = PEOPLE - len(failed)
    assert sum(person["firstName"].endswith("!") for person in people.values()) == done


def edited_sheet(world: World, *, deletes: bool) -> Path:
    """An export of `PEOPLE` in which all first names were edited, or the last third of the rows was deleted."""
    world.people((f"p{n}@example.com", f"N {n}") for n in range(PEOPLE))
    path = world.folder / "out.csv"
    world.export(path, plain=True)
    world.job.path.rename(world.job.path.with_name("out"))
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    at = header.index("firstName")
    kept = [[*row[:at], row[at] if deletes else f"{row[at]}!", *row[at + 1 :]] for row in rows]
    if deletes:
        del kept[PEOPLE * 2 // 3 :]
    return world.csv(kept, ",".join(header), "sheet.csv")


@pytest.mark.parametrize("deletes", [False, True], ids=["edits", "deletions"])
@pytest.mark.parametrize("seed", range(tries(1, 20)))
def test_what_somebody_else_writes_during_an_import_of_edits_stays(world: World, seed: int, *, deletes: bool):
    chance = Random(seed)
    world.latency = 0.3
    path = edited_sheet(world, deletes=deletes)
    concerned = range(PEOPLE * 2 // 3 if deletes else 0, PEOPLE)
    contacts = world.ask("GET contacts", query=(("limit", "100"), ("offset", "0"))).body["contacts"]
    ids = {f"contacts/{int(contacts[0]['id']) + n}": f"p{n}@example.com" for n in range(PEOPLE)}
    written: dict[str, float] = {}
    sent_at: dict[str, float] = {}

    def on_send(request: Request) -> None:
        now = anyio.current_time()
        if request.method != "GET" and request.path in ids:
            sent_at[ids[request.path]] = now
        if chance.random() < (0.2 if deletes else 0.05):
            email = f"p{chance.choice(concerned)}@example.com"
            if email not in sent_at and email not in written:
                written[email] = now
                first_name(world, email, f"meanwhile {email}")

    world.on_send = on_send
    result = world.start(path, rate=5, delete_missing=deletes)
    failed = {line["email"]: line for line in report(world.job.path, "missing.csv" if deletes else "failed.csv")}
    failed = {email: line for email, line in failed.items() if line["_status"] == "failed"}
    people = world.account()["contacts"]
    assert written
    longest = 0.0
    for email, at in written.items():
        if email in people and people[email]["firstName"] == f"meanwhile {email}":
            assert failed[email]["_code"] == "conflict"
            assert f"meanwhile {email}" in failed[email]["_error"]
        else:
            longest = max(longest, sent_at[email] - at)
    assert longest <= WINDOW
    done = len(concerned) - len(failed)
    assert (result.summary.missing if deletes else result.summary.rows)["succeeded"] == done
    assert PEOPLE - len(people) == (done if deletes else 0)
    assert sum(person["firstName"].endswith("!") for person in people.values()) == (0 if deletes else done)


def test_a_deal_that_is_edited_meanwhile_is_not_overwritten(world: World):
    world.people([("ada@example.com", "Ada")])
    count, window = 150, 22.0
    deals = [(f"Deal {n}", "ada@example.com", "10.00", "usd", "To Contact") for n in range(count)]
    world.start(world.csv(deals, "title,contact_email,value,currency,stage_title"), "deals", baseline="none")
    shutil.rmtree(world.job.path)
    out = world.folder / "out.csv"
    world.export(out, "deals", plain=True)
    world.job.path.rename(world.job.path.with_name("out"))
    with out.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    at = header.index("title")
    path = world.csv([[*row[:at], f"{row[at]}!", *row[at + 1 :]] for row in rows], ",".join(header), "sheet.csv")
    chance = Random(1)
    written: dict[str, float] = {}
    sent_at: dict[str, float] = {}

    def on_send(request: Request) -> None:
        now = anyio.current_time()
        if request.method == "PUT":
            sent_at[request.path.removeprefix("deals/")] = now
        identity = chance.choice(rows)[header.index("id")]
        if chance.random() < 0.05 and identity not in sent_at and identity not in written:
            written[identity] = now
            with closing(sqlite3.connect(world.folder / "account" / "sandbox.sqlite")) as db, db:
                db.execute("UPDATE deals SET title = 'meanwhile' WHERE id = ?", (identity,))

    world.latency, world.on_send = 0.3, on_send
    result = world.start(path, "deals", rate=5)
    failed = {line["id"] for line in report(world.job.path, "failed.csv") if line["_code"] == "conflict"}
    assert written
    late = [sent_at[identity] - since for identity, since in written.items() if identity not in failed]
    assert max(late, default=0.0) <= window
    assert result.summary.rows["succeeded"] == count - len(failed)
    assert max(sent_at.values()) - min(sent_at.values()) > window  # else it proves nothing
