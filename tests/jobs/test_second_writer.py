"""Somebody else writes to the account between a plan and its end: what they wrote is not overwritten.

Whether a record is as planned is looked at shortly before it is written. What is written by somebody else in that
window cannot be seen; how long it is, the test measures.
"""

from __future__ import annotations

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


@pytest.mark.parametrize("seed", range(tries(2, 40)))
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
