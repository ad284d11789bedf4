"""Nobody who left a list or bounced is subscribed by what was known too long ago, and knowing it costs few requests."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bulk.errors import UnfinishedError, UsageError
from bulk.jobs import estimate
from bulk.model import Lost, Reply, Request
from bulk.sandbox.faults import Fault
from bulk.wording import FrontEnd
from tests.world import World, check_reports, crashing, report

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


def left(world: World, contact: int, mailing: str = "1", when: str = "") -> None:
    """A contact leaves a list; written beside the API, for it happens in the middle of a job too."""
    with contextlib.closing(sqlite3.connect(world.folder / world.sandbox / "sandbox.sqlite")) as db, db:
        db.execute(
            "INSERT INTO contactLists (contact, list, status, udate, sourceid, created, updated)"
            " VALUES (?, ?, 2, ?, 4, '', '') ON CONFLICT (contact, list) DO UPDATE SET status = 2, udate = ?",
            (contact, mailing, when, when),
        )


def rows(name: str = "Ada") -> list[tuple[str, str, str]]:
    return [(str(n + 1), name, "Newsletter") for n in range(PEOPLE)]


def opted_out(world: World) -> set[int]:
    lines = check_reports(world.job.path, HEADER)
    return {int(line["id"]) for line in lines.values() if line.get("_code") == "opted_out"}


def readings(world: World) -> tuple[int, int]:
    """How often many people were read at once, and how often one by itself."""
    steps = world.steps("GET")
    return steps.count("standings"), steps.count("standing")


def when(world: World, number: int, do: Callable[[], None]) -> None:
    """Do something when the job is about to send so many requests that subscribe or read who may be."""
    seen = 0

    def count(request: Request) -> None:
        nonlocal seen
        seen += request.path == "contactLists" or request.step == "standings"
        if seen == number:
            do()

    world.on_send = count


def test_who_left_is_read_by_pages_and_not_subscribed(listed: World):
    job_result = listed.start(listed.csv(rows(), HEADER), **UNREAD)
    assert opted_out(listed) == set(GONE)
    assert job_result.summary.codes == {"opted_out": len(GONE)}
    assert job_result.summary.rows["succeeded"] == PEOPLE - len(GONE)
    assert readings(listed) == (1, 0)
    people = listed.account()["contacts"]
    assert [people[f"p{n - 1}@example.com"]["lists"]["Newsletter"] for n in GONE] == ["2"] * len(GONE)
    assert {person["firstName"] for person in people.values()} == {"Ada"}  # the rest of their rows is done


def test_resubscribe_subscribes_them_saying_so(listed: World):
    assert listed.start(listed.csv(rows(), HEADER), **UNREAD, resubscribe=True).summary.complete
    links = [r.body["contactList"] for r, _ in listed.sent if r.path == "contactLists"]
    assert {int(link["contact"]) for link in links if link.get("sourceid") == 4} == set(GONE)
    assert {int(link["contact"]) for link in links} == set(GONE), "who is on the list already is not sent"
    assert {person["lists"]["Newsletter"] for person in listed.account()["contacts"].values()} == {"1"}


@pytest.mark.some(2)
@pytest.mark.parametrize("fault", ["html", "status", "empty"])
def test_where_the_pages_cannot_be_had_each_is_asked_for(listed: World, fault: str):
    listed.faults = (Fault(fault, status=500, method="GET", path="contacts"),)
    listed.start(listed.csv(rows(), HEADER), **UNREAD)
    assert opted_out(listed) == set(GONE)
    assert readings(listed)[1] == PEOPLE


def test_who_cannot_be_read_at_all_is_not_subscribed(listed: World):
    wide = [(number, name, "Newsletter,Customers") for number, name, _lists in rows()]
    listed.faults = (
        Fault("empty", method="GET", path="contacts"), Fault("status", status=404, method="GET", path="contacts/*")
    )  # fmt: skip
    job_result = listed.start(listed.csv(wide, HEADER), **UNREAD)
    assert job_result.summary.codes == {"http_404": PEOPLE}
    assert [request for request, _reply in listed.sent if request.path == "contactLists"] == []


def test_who_leaves_during_a_long_job_is_seen_when_it_is_read_anew(listed: World):
    """Each send is a second apart, so what was read of one person cannot serve for all."""
    wide = [(number, name, "Customers") for number, name, _lists in rows()]
    late = 47
    when(listed, 20, lambda: left(listed, late, "2"))
    job_result = listed.start(listed.csv(wide, HEADER), **UNREAD, rate=1, concurrency=1)
    assert opted_out(listed) == {late}
    assert job_result.summary.rows["succeeded"] == PEOPLE - 1
    many, one = readings(listed)
    assert many + one <= PEOPLE // 7, "at one a second, eight can leave in the window of a reading"


@pytest.mark.parametrize("fault", ["lost_before", "lost_after", "empty"])
def test_who_leaves_between_two_attempts_stays_off_the_list(listed: World, fault: str):
    listed.faults = (Fault(fault, method="POST", path="contactLists", nth=1),)
    listed.after = lambda request, _reply: left(listed, 5, "2") if request.path == "contactLists" else None
    job_result = listed.start(listed.csv([("5", "Ada", "Customers")], HEADER), key="id")
    assert (job_result.summary.codes, opted_out(listed)) == ({"opted_out": 1}, {5})
    assert listed.account()["contacts"]["p4@example.com"]["lists"]["Customers"] == "2"


@pytest.mark.parametrize(("kind", "status"), [("lost_after", 0), *(("status", status) for status in (502, 503, 504))])
def test_a_subscription_whose_answer_was_lost_is_found_done(listed: World, kind: str, status: int):
    listed.faults = (Fault(kind, status=status, applied=True, method="POST", path="contactLists", nth=1),)
    job_result = listed.start(listed.csv([("5", "Customers")], "id,lists"), key="id")
    assert job_result.summary.actions == {"updated": 1}
    assert listed.steps("POST").count("list Customers") == 1


@pytest.mark.some(1)
@pytest.mark.parametrize("status", [429, 503])
def test_who_leaves_during_a_pause_stays_off_the_list(listed: World, status: int):
    listed.faults = (Fault("status", status=status, retry_after="3600", method="POST", path="contactLists", nth=2),)

    def leave(request: Request, reply: Reply | Lost) -> None:
        if isinstance(reply, Reply) and reply.status == status:
            for number in range(4, 49):
                left(listed, number, "2")

    listed.after = leave
    wide = [(number, name, "Customers") for number, name, _lists in rows()]
    listed.start(listed.csv(wide, HEADER), **UNREAD, rate=5)
    subscribed = [p for p in listed.account()["contacts"].values() if p["lists"].get("Customers") == "1"]
    assert len(subscribed) <= 3


def test_a_resumed_job_reads_them_anew(listed: World):
    wide = [(number, name, "Customers") for number, name, _lists in rows()]
    with crashing(listed, "contactLists", after=3):
        listed.start(listed.csv(wide, HEADER), **UNREAD, concurrency=1)
    for number in range(1, 49):
        left(listed, number, "2")
    before = len(listed.sent)
    assert not listed.resume(rate=0).summary.complete
    assert [request for request, _reply in listed.sent[before:] if request.path == "contactLists"] == []


def test_who_left_after_the_job_began_is_not_subscribed_even_if_asked_for(listed: World):
    away = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    left(listed, 3, "1", away)
    listed.start(listed.csv(rows(), HEADER), **UNREAD, resubscribe=True)
    assert opted_out(listed) == {3}


def test_a_rate_at_which_nobody_can_be_subscribed_is_refused_before_anything_is_sent(listed: World):
    people = listed.csv([("5", "Ada", "Customers")], HEADER)
    with pytest.raises(UsageError, match=r"smallest rate that works is 0\.2"):
        listed.start(people, key="id", rate=0.19)
    assert listed.steps() == []
    assert not listed.job.path.exists()
    assert listed.start(listed.csv([("5", "Ada", "")], HEADER), key="id", rate=0.1).summary.complete, "nobody"
    listed.job.discard()
    assert listed.start(people, key="id", rate=0.2).summary.complete


def test_at_a_pace_too_slow_for_it_nobody_is_subscribed_and_the_job_says_so(
    listed: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(estimate, "SLOWEST", 0.0)  # as where other jobs leave so little
    job_result = listed.start(listed.csv([("5", "Ada", "Customers")], HEADER), key="id", rate=0.1)
    assert isinstance(job_result.error, UnfinishedError)
    assert "--rate" in job_result.error.words(FrontEnd.COMMAND_LINE)
    assert [request for request, _reply in listed.sent if request.path == "contactLists"] == []
    assert listed.resume(rate=1).summary.complete


def test_the_estimate_counts_the_readings(listed: World):
    wide = [(number, name, "Customers") for number, name, _lists in rows()]
    listed.start(listed.csv(wide, HEADER), **UNREAD, rate=5)
    read = [request.method for request, _reply in listed.sent].index("PUT")  # before the first row
    for_rows = 2 * PEOPLE + 3
    assert f"≈ {read + for_rows} requests" in " ".join(listed.told.lines), (
        "two to see how they stand, one to read back what was done"
    )


@pytest.mark.parametrize("resubscribe", [False, True])
def test_who_is_on_the_exclusion_list_is_put_on_no_list(listed: World, resubscribe: bool):
    with contextlib.closing(sqlite3.connect(listed.folder / listed.sandbox / "sandbox.sqlite")) as db, db:
        rules = [("P4@example.com", "exact"), ("@example.org", "end")]
        db.executemany("INSERT INTO exclusions (matchPhrase, matchType) VALUES (?, ?)", rules)
    rows = [("p4@example.com", "Customers"), ("p5@example.com", "Customers"), ("new@example.org", "Newsletter")]
    job_result = listed.start(listed.csv(rows, "email,lists"), on_duplicate="all", resubscribe=resubscribe)
    assert job_result.summary.codes == {"excluded": 2}
    people = listed.account()["contacts"]
    assert "Customers" not in people["p4@example.com"]["lists"]
    assert people["new@example.org"]["lists"] == {}
    assert people["p5@example.com"]["lists"]["Customers"] == "1"


@pytest.mark.parametrize("status", [403, 404])
def test_a_key_that_may_not_read_the_exclusion_list_subscribes_without_it(listed: World, status: int):
    listed.faults = (Fault("status", status=status, method="GET", path="lists/exclusions"),)
    assert listed.start(listed.csv([("5", "Ada", "Customers")], HEADER), key="id").summary.complete


@pytest.mark.parametrize("engine", ["single", "batch"])
@pytest.mark.parametrize("times", [3, 1_000_000])
def test_an_account_that_says_it_holds_people_and_shows_none_is_not_taken_for_empty(
    listed: World, engine: str, times: int
):
    shown = 0

    def nobody(request: Request, reply: Reply | Lost) -> Reply | Lost:
        nonlocal shown
        if request.path != "contacts" or "email" in dict(request.query) or shown == times:
            return reply
        shown += 1
        assert isinstance(reply, Reply)
        return replace(reply, body=reply.body | {"contacts": []})

    listed.instead = nobody
    people = [(f"p{n}@example.com", "Bob", "Newsletter") for n in range(PEOPLE)]
    listed.start(listed.csv(people, "email,firstName,lists"), engine=engine)
    lines = report(listed.job.path, "succeeded.csv")
    assert [line["_action"] for line in lines] == ["updated"] * (PEOPLE - len(GONE))
    assert {line["_code"] for line in report(listed.job.path, "failed.csv")} == {"opted_out"}


def test_people_who_are_deleted_while_all_are_read_leave_no_doubt_of_who_is_new(listed: World):
    def one_more(request: Request, reply: Reply | Lost) -> Reply | Lost:
        if request.path != "contacts" or not isinstance(reply, Reply):
            return reply
        listed.instead = lambda _request, reply: reply
        return replace(reply, body=reply.body | {"meta": reply.body["meta"] | {"total": str(PEOPLE + 1)}})

    listed.instead = one_more
    listed.start(listed.csv([(f"n{n}@example.com", "Ada") for n in range(20)], "email,firstName"), engine="batch")
    assert [request.path for request, _reply in listed.sent].count("import/bulk_import") == 1
    assert len(report(listed.job.path, "succeeded.csv")) == 20
