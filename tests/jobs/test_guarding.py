"""Nobody who left a list or bounced is subscribed again by mistake, and finding that out costs few requests."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from typing import Any

import pytest

from bulk.jobs.guarding import ANEW
from bulk.model import Request
from bulk.sandbox.faults import Fault
from tests.world import World, check_reports

PEOPLE = 48
GONE = (3, 7, 20)  # contacts who left the newsletter
HEADER = "id,firstName,lists"
UNREAD: dict[str, Any] = {"key": "id", "on_duplicate": "all"}  # for rows of one key nothing is read before


@pytest.fixture
def listed(world: World) -> World:
    """A world with people on a list, which some have left."""
    world.start(world.csv([(f"p{n}@example.com", "Newsletter") for n in range(PEOPLE)], "email,lists"))
    shutil.rmtree(world.job.path)
    for number in GONE:
        left(world, number)
    world.sent.clear()
    return world


def left(world: World, contact: int) -> None:
    """A contact leaves the list; written beside the API, for it happens in the middle of a job too."""
    with contextlib.closing(sqlite3.connect(world.folder / world.sandbox / "sandbox.sqlite")) as db, db:
        changed = db.execute("UPDATE contactLists SET status = 2 WHERE contact = ? AND list = 1", (contact,))
        assert changed.rowcount == 1


def rows(name: str = "Ada") -> list[tuple[str, str, str]]:
    return [(str(n + 1), name, "Newsletter") for n in range(PEOPLE)]


def opted_out(world: World) -> set[int]:
    lines = check_reports(world.job.path, HEADER)
    return {int(line["id"]) for line in lines.values() if line.get("_code") == "opted_out"}


def looked_up(world: World) -> int:
    return sum(request.path.endswith("/contactLists") for request, _reply in world.sent)


def pages(world: World) -> list[str]:
    return [step for step in world.steps("GET") if step.startswith("gone ")]


def test_who_left_is_read_by_pages_and_not_subscribed(listed: World):
    ending = listed.start(listed.csv(rows(), HEADER), **UNREAD)
    assert opted_out(listed) == set(GONE)
    assert ending.summary.codes == {"opted_out": len(GONE)}
    assert ending.summary.rows["succeeded"] == PEOPLE - len(GONE)
    assert (looked_up(listed), len(pages(listed))) == (0, 2)
    people = listed.account()["contacts"]
    assert [people[f"p{n - 1}@example.com"]["lists"]["Newsletter"] for n in GONE] == ["2"] * len(GONE)
    assert {person["firstName"] for person in people.values()} == {"Ada"}  # the rest of their rows is done


def test_resubscribe_subscribes_them_saying_so(listed: World):
    assert listed.start(listed.csv(rows(), HEADER), **UNREAD, resubscribe=True).summary.complete
    links = [r.body["contactList"] for r, _ in listed.sent if r.path == "contactLists"]
    assert {int(link["contact"]) for link in links if link.get("sourceid") == 4} == set(GONE)
    assert looked_up(listed) == 0
    assert {person["lists"]["Newsletter"] for person in listed.account()["contacts"].values()} == {"1"}


def test_for_few_rows_each_is_asked_for(listed: World):
    few = rows()[:7]
    listed.start(listed.csv(few, HEADER), **UNREAD)
    assert opted_out(listed) == {3, 7}
    assert (looked_up(listed), pages(listed)) == (7, [])


@pytest.mark.parametrize("fault", ["html", "status", "empty"])
def test_where_the_pages_cannot_be_had_each_is_asked_for(listed: World, fault: str):
    listed.faults = (Fault(fault, status=500, method="GET", path="contacts"),)
    listed.start(listed.csv(rows(), HEADER), **UNREAD)
    assert opted_out(listed) == set(GONE)
    assert looked_up(listed) == PEOPLE


def test_who_leaves_during_a_long_job_is_seen_when_it_is_read_anew(listed: World):
    """Two requests a row at one in five seconds: at row 40 the people are read a second time."""
    late = 46

    def leave(request: Request) -> None:
        if request.path == "contacts/10":
            left(listed, late)

    listed.on_send = leave
    listed.start(listed.csv(rows(), HEADER), **UNREAD, rate=0.1, concurrency=1)
    assert opted_out(listed) == {*GONE, late}
    assert len(pages(listed)) > 2
    assert looked_up(listed) == 0


def test_what_is_read_anew_in_vain_is_not_gone_by(listed: World):
    """The pages fail while the job runs: once what was read is too old, each contact is asked for."""
    late = 47
    listed.faults = (Fault("status", status=400, method="GET", path="contacts", skip=2),)

    def leave(request: Request) -> None:
        if request.path == "contacts/10":
            left(listed, late)

    listed.on_send = leave
    listed.start(listed.csv(rows(), HEADER), **UNREAD, rate=0.1, concurrency=1)
    assert opted_out(listed) == {*GONE, late}
    assert looked_up(listed) > 0


def test_a_resumed_job_reads_them_anew(listed: World):
    listed.start(listed.csv(rows(), HEADER), **UNREAD, max_duration=100.0, rate=0.2, concurrency=1)
    assert listed.job.path.exists()
    left(listed, 45)
    assert not listed.resume(rate=0).summary.complete
    assert opted_out(listed) == {*GONE, 45}
    assert looked_up(listed) == 0


def test_it_is_read_anew_before_it_is_too_old():
    assert 0 < ANEW < 600
