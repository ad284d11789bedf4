"""Contacts in batches: the same end as one request a step, every row read back, and nothing believed before."""

import json
import re
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from random import Random

import anyio
import pytest

from bulk.errors import UsageError
from bulk.model import Reply
from bulk.sandbox.faults import Fault
from bulk.sandbox.switches import Switches
from tests.scale import tries
from tests.world import World, check_reports, crashing, report

HEADER = "email,firstName,lastName,phone,tags,lists,account"


def rows_of(number, first=0):
    return [
        [f"p{n}@example.com", f"First {n}", f"Last {n}", f"555-01{n % 100:02}", "VIP,New" if n % 2 else "New",
         "Newsletter" if n % 3 else "", "Acme" if n % 5 == 0 else ""]
        for n in range(first, first + number)
    ]  # fmt: skip


def submits(world):
    return [request for request, _reply in world.sent if request.path == "import/bulk_import"]


def outcomes(world):
    """Status, action and code of each row."""
    lines = check_reports(world.folder / "jobs" / "job", HEADER)
    return {
        row: (line.get("_status", "done"), line.get("_action", ""), line.get("_code", ""))
        for row, line in lines.items()
    }


@pytest.fixture
def world(world: World):
    world.by_loop = True
    return world


@pytest.fixture
def other(tmp_path, monkeypatch):
    (tmp_path / "other").mkdir()
    return World(tmp_path / "other", monkeypatch)


def test_new_contacts_go_in_batches_and_end_as_one_by_one(world: World, other: World):
    count = tries(300, 600)
    for each, engine in ((world, "batch"), (other, "single")):
        result = each.start(each.csv(rows_of(count), HEADER), engine=engine)
        assert result.error is None
    assert len(submits(world)) == tries(2, 3)
    assert not submits(other)
    assert world.account() == other.account()
    assert outcomes(world) == outcomes(other)
    assert Counter(outcomes(world).values()) == {("done", "created", ""): count}
    assert len(world.sent) < 40


# ---- which batches there are


def refusing(*emails):
    """An importer that refuses these addresses at once, and names them."""

    def answer(request):
        if request.path != "import/bulk_import":
            return None
        wrong = [at for at, one in enumerate(request.body["contacts"], 1) if one["email"] in emails]
        reasons = [{"contact": at, "failureReason": "Field 'email' incorrect format"} for at in wrong]
        return Reply(400, {"success": 0, "message": "No.", "failureReasons": reasons}) if wrong else None

    return answer


def test_rows_that_are_refused_at_once_are_no_more_in_a_batch(world: World, other: World):
    world.before = refusing("p3@example.com", "p4@example.com")
    for each, engine in ((world, "batch"), (other, "single")):
        assert each.start(each.csv(rows_of(30), HEADER), engine=engine).error is None
    assert [len(one.body["contacts"]) for one in submits(world)] == [30, 28]
    assert outcomes(world) == outcomes(other)
    assert not [one for one, _reply in world.sent if one.step.startswith(("look up", "read back p"))]


def test_of_a_refused_batch_too_few_may_be_left_for_another(world: World, other: World):
    world.before = refusing("p3@example.com", "p4@example.com")
    for each, engine in ((world, "batch"), (other, "single")):
        assert each.start(each.csv(rows_of(11), HEADER), engine=engine).error is None
    assert [len(one.body["contacts"]) for one in submits(world)] == [11]
    assert outcomes(world) == outcomes(other)
    assert world.account() == other.account()


def test_who_is_new_goes_in_a_batch_also_where_empty_cells_clear(world: World, other: World):
    rows = [[*row[:2], "", "", *row[4:]] for row in rows_of(20)]
    for each, engine in ((world, "batch"), (other, "single")):
        assert each.start(each.csv(rows, HEADER), engine=engine, blank="clear").error is None
    assert len(submits(world)) == 1
    assert outcomes(world) == outcomes(other)
    assert world.account() == other.account()


# ---- cut off


def test_a_batch_is_known_after_a_kill_also_where_a_question_about_it_was_refused(world: World, other: World):
    world.faults = (Fault("status", "GET", "import/info", status=429, retry_after="1", first=1),)
    with crashing(world, "import/info", after=1):
        world.start(world.csv(rows_of(30), HEADER), engine="batch")
    world.faults = ()
    assert world.resume().error is None
    assert len(submits(world)) == 1
    other.start(other.csv(rows_of(30), HEADER), engine="single")
    assert outcomes(world) == outcomes(other)


# ---- consent


@pytest.mark.parametrize(("there", "new"), [(1, 15), (150, 0), (150, 100)])
def test_who_is_there_is_read_shortly_before_a_batch_subscribes_them(world: World, there: int, new: int):
    world.people([(f"p{n}@example.com", "Ada") for n in range(there)])
    read: dict[str, float] = {}
    ages: list[float] = []

    def after(request, reply):
        if request.step.startswith("as now"):
            read.update((contact["email"], anyio.current_time()) for contact in contacts_of(reply))

    def on_send(request):
        if request.path == "import/bulk_import":
            names = [one["email"] for one in request.body["contacts"] if one.get("subscribe")]
            ages.extend(anyio.current_time() - read[name] for name in names if int(name[1:].partition("@")[0]) < there)

    world.after, world.on_send = after, on_send
    rows = [[*row[:5], "Newsletter", ""] for row in rows_of(there + new)]
    assert world.start(world.csv(rows, HEADER), engine="batch", rate=5.0).error is None
    assert [len(one.body["contacts"]) for one in submits(world)] == [there + new]
    assert len(ages) == there
    assert max(ages) <= 10


def contacts_of(reply):
    return reply.body.get("contacts") or [reply.body["contact"]]


STANDS = (
    "INSERT OR REPLACE INTO contactLists (contact, list, status, sourceid, created, updated)"
    " SELECT id, 1, {}, 0, '', '' FROM contacts WHERE email = ?"
)
LEAVING = {
    "left": (STANDS.format(2), "opted_out"),
    "bounced on the list": (STANDS.format(3), "opted_out"),
    "unconfirmed": (STANDS.format(0), "unconfirmed"),
    "bounced": ("UPDATE contacts SET bounced = 1 WHERE email = ?", "opted_out"),
}


@pytest.mark.some(3)
@pytest.mark.parametrize("how", LEAVING)
@pytest.mark.parametrize("moment", ["as now", "submit"])
def test_who_leaves_before_a_batch_is_not_subscribed(world: World, how: str, moment: str):
    if moment == "submit" and how in ("unconfirmed", "bounced on the list"):
        pytest.skip("between the reading and the batch lie 10 seconds at most, and the importer takes these people")
    world.people([(f"p{n}@example.com", "Ada") for n in range(30)])
    sql, code = LEAVING[how]
    left: list[str] = []

    def on_send(request):
        if request.step.startswith(moment) and not left:
            left.append("p7@example.com")
            with closing(sqlite3.connect(world.folder / "account" / "sandbox.sqlite")) as db, db:
                db.execute(sql, left)

    world.on_send = on_send
    rows = [[*row[:5], "Newsletter", ""] for row in rows_of(30)]
    assert world.start(world.csv(rows, HEADER), engine="batch", rate=5.0).error is None
    assert left
    assert len(submits(world)) == 1
    assert world.account()["contacts"]["p7@example.com"]["lists"].get("Newsletter") != "1"
    assert [(line["email"], line["_code"]) for line in report(world.job.path, "failed.csv")] == [(left[0], code)]


def test_a_batch_that_cannot_leave_in_time_is_read_again(world: World):
    world.people([(f"p{n}@example.com", "Ada") for n in range(30)])
    world.faults = (Fault("quota", "POST", "import/bulk_import", until=25.0),)
    rows = [[*row[:5], "Newsletter", ""] for row in rows_of(30)]
    assert world.start(world.csv(rows, HEADER), engine="batch", rate=5.0).error is None
    readings = [one.step for one, _reply in world.sent if one.step.startswith("as now")]
    assert len(readings) > 1
    assert len([one for one, reply in world.sent if one.path == "import/bulk_import" and reply.status == 200]) == 1
    assert Counter(outcomes(world).values()) == {("done", "updated", ""): 30}


# ---- what the importer drops


@pytest.mark.some(1)
@pytest.mark.parametrize("known", [False, True])
def test_what_the_importer_drops_silently_is_seen_and_done(world: World, other: World, known: bool):
    cases, chance = tries(150, 1000), Random(known)
    header = f"{HEADER},City,Interests,unsubscribe_lists"
    rows = [
        [f"p{n}@example.com", "Ada", "Byron", f"555-01{n % 100:02}", "VIP,New", "Newsletter", "Acme", "Oslo",
         "Mail,Phone", "Customers"]
        for n in range(cases)
    ]  # fmt: skip
    dropped: Counter[str] = Counter()

    def without(contact):
        """A contact as an importer takes it that does not know a field or list, or clears a value, or loses all."""
        what = chance.choice([*contact])
        if what == "email":
            dropped["all"] += 1
            return None
        contact = dict(contact)
        if isinstance(contact[what], list) and len(contact[what]) > 1:
            at = chance.randrange(len(contact[what]))
            left = [one for number, one in enumerate(contact[what]) if number != at]
            blank = {**contact[what][at], "value": ""} if what == "fields" and chance.random() < 0.5 else None
            contact[what] = [*left, blank] if blank is not None else left
        elif chance.random() < 0.5 and isinstance(contact[what], str):
            contact[what] = ""
        else:
            del contact[what]
        dropped[what] += 1
        return contact

    def altered(request):
        if request.path != "import/bulk_import":
            return request
        left = [one for one in map(without, request.body["contacts"]) if one is not None]
        return replace(request, body={**request.body, "contacts": left})

    world.altered = altered
    for each, engine in ((world, "batch"), (other, "single")):
        if known:
            each.people([(row[0], "Grace") for row in rows])
        assert each.start(each.csv(rows, header), engine=engine).error is None
    assert dropped.total() == cases
    assert world.account() == other.account()
    lines, expected = (check_reports(each.job.path, header) for each in (world, other))
    assert {row: line["_action"] for row, line in lines.items()} == {
        row: line["_action"] for row, line in expected.items()
    }


# ---- without automations


def enrolled(world: World) -> int:
    with closing(sqlite3.connect(world.folder / "account" / "sandbox.sqlite")) as db:
        return int(db.execute("SELECT count(*) FROM contactAutomations").fetchone()[0])


@pytest.mark.some(6)
@pytest.mark.parametrize("heeded", ["both", "payload", "contact"])
@pytest.mark.parametrize("engine", ["auto", "batch"])
@pytest.mark.parametrize("number", [1, 3, 60])
def test_nobody_enters_an_automation_where_that_is_asked_for(world: World, heeded: str, engine: str, number: int):
    world.switches = Switches(import_enrols=True, import_excludes=heeded)
    world.people([(f"q{n}@example.com", "Ada") for n in range(500 if number == 1 else 5)])  # more pages than rows
    result = world.start(world.csv(rows_of(number), HEADER), engine=engine, no_automations=True)
    assert result.error is None
    (batch,) = submits(world)
    assert batch.body["exclude_automations"] is True
    assert all(one["exclude_automations"] is True for one in batch.body["contacts"])
    assert len(batch.body["contacts"]) == number
    assert set(outcomes(world).values()) == {("done", "created", "")}
    assert enrolled(world) == 0


def test_what_only_other_requests_could_do_is_not_done_without_automations(world: World):
    world.switches = Switches(import_enrols=True)
    world.people([("there@example.com", "Ada"), ("same@example.com", "Ada"), ("tagged@example.com", "Ada")])
    world.start(world.csv([["tagged@example.com", "VIP"]], "email,tags"), engine="single")
    shutil.rmtree(world.job.path)
    world.sent.clear()
    header = "email,firstName,phone,tags,remove_tags"
    rows = [
        ["new@example.com", "Eve", "", "New", ""], ["there@example.com", "Bob", "", "", ""],
        ["same@example.com", "Ada", "", "", ""], ["tagged@example.com", "Bob", "", "", "VIP"],
        ["o'neil@example.com", "Eve", "", "", ""],
    ]  # fmt: skip
    world.start(world.csv(rows, header), no_automations=True)
    lines = check_reports(world.job.path, header)
    ends = {line["email"]: (line.get("_action", ""), line.get("_code", "")) for line in lines.values()}
    assert ends == {
        "new@example.com": ("created", ""), "there@example.com": ("updated", ""), "same@example.com": ("unchanged", ""),
        "tagged@example.com": ("", "automations"), "o'neil@example.com": ("", "automations"),
    }  # fmt: skip
    errors = {line["email"]: line.get("_error", "") for line in lines.values()}
    assert "firstName, the tag 'VIP'" in errors["tagged@example.com"]
    assert "--no-automations" in errors["tagged@example.com"]
    assert "the contact" in errors["o'neil@example.com"]
    writes = {request.path for request, _reply in world.sent if request.method != "GET"}
    assert writes == {"import/bulk_import", "tags"}
    assert enrolled(world) == 0
    contacts = world.account()["contacts"]
    assert contacts["tagged@example.com"]["firstName"] == "Ada"
    assert "o'neil@example.com" not in contacts


def test_a_batch_that_is_lost_is_no_reason_to_start_automations(world: World):
    world.switches = Switches(import_enrols=True)
    world.faults = (Fault("status", "POST", "import/bulk_import", status=500),)
    world.start(world.csv(rows_of(20), HEADER), no_automations=True)
    assert {request.path for request, _reply in world.sent if request.method != "GET"} <= {
        "import/bulk_import", "tags", "accounts"
    }  # fmt: skip
    assert set(outcomes(world).values()) == {("failed", "", "automations")}
    world.faults = ()
    world.resume(retry=True)
    assert set(outcomes(world).values()) == {("done", "created", "")}
    assert enrolled(world) == 0


@pytest.mark.parametrize("options", [{"mode": "create"}, {"on_duplicate": "all"}])
def test_rows_that_cannot_go_in_batches_are_refused_before_anything_is_made(world: World, options):
    with pytest.raises(UsageError):
        world.start(world.csv(rows_of(20), HEADER), no_automations=True, **options)
    assert {request.method for request, _reply in world.sent} == {"GET"}


# ---- by which engine


def test_few_rows_go_one_request_a_step_and_many_in_batches(world: World):
    assert world.start(world.csv(rows_of(12), HEADER), rate=5.0, engine="auto").error is None
    assert not submits(world)
    assert not any("batch" in line for line in world.told.lines)
    shutil.rmtree(world.job.path)
    assert world.start(world.csv(rows_of(300, first=100), HEADER), rate=5.0, engine="auto").error is None
    assert len(submits(world)) == 2
    (said,) = [line for line in world.told.lines if "batch" in line]
    assert said.startswith("300 rows go in 2 batches by ActiveCampaign's importer; --engine single would take about ")


def test_what_is_said_of_the_time_of_both_engines_is_about_right(world: World, other: World):
    other.by_loop = True
    took = {}
    for each, engine in ((world, "batch"), (other, "single")):
        moments: list[float] = []
        each.after = lambda _request, _reply, moments=moments: moments.append(anyio.current_time())
        each.start(each.csv(rows_of(tries(150, 300)), HEADER), engine=engine, rate=5.0)
        took[engine] = moments[-1]
    takes = [
        seconds_of(part) for line in world.told.lines for part in re.findall(r"(?:≈|about) (\d+ (?:s|min))\b", line)
    ]
    batch, single = takes
    assert abs(batch - took["batch"]) <= 10
    assert abs(single - took["single"]) <= max(30, took["single"] / 10)


def seconds_of(told: str) -> float:
    number, unit = told.split()
    return float(number) * {"s": 1, "min": 60, "h": 3600}[unit]


def test_who_asks_for_batches_is_told_where_there_are_none(world: World):
    assert world.start(world.csv(rows_of(4), HEADER), engine="batch").error is None
    assert not submits(world)
    assert any("fewer than 10 of these rows can go in a batch" in line for line in world.told.lines)


def test_a_plan_says_what_both_engines_take_and_is_carried_out_by_single_requests(world: World):
    path = world.csv(rows_of(tries(120, 300)), HEADER)
    world.plan(path, rate=5.0, engine="batch")
    plan = json.loads((world.job.path / "plan.json").read_text())
    assert plan["requests"]["batch"] < 20 < plan["requests"]["single"]
    assert plan["seconds"]["batch"] < 20 < plan["seconds"]["single"]
    world.told.lines.clear()
    assert world.apply().error is None
    assert not submits(world)
    assert "--engine batch: what a plan says is carried out one request a step." in world.told.lines
    with pytest.raises(UsageError):
        world.plan(path, no_automations=True)
