"""What an undo takes: what is read of many contacts is read by hundreds, and how much it is was said before."""

from __future__ import annotations

import re

import pytest

from bulk.jobs import undo
from bulk.jobs.options import ImportOptions
from bulk.jobs.summary import JobResult
from bulk.jobs.undo_lanes import Lanes
from bulk.model import Aspect, Edit, Lost, Reply, Request
from bulk.planning.undo.reversals import Reversal
from bulk.sandbox.faults import Fault
from bulk.storage.job_folder import JobFolder
from tests.jobs.samples import given
from tests.jobs.test_undo import errors, failed
from tests.undone import kept, undone
from tests.virtual import run
from tests.world import World

PEOPLE = [f"p{n:03}@example.com" for n in range(120)]


def paced(world: World, job: JobFolder) -> tuple[int, int]:
    """Undo a job at five requests a second; how many requests were said, and how many it took."""
    world.told.lines.clear()
    world.sent.clear()

    async def start() -> JobResult:
        return await undo.start(job, ImportOptions(rate=5), world.setting)

    run(start)
    assert (failed(world), errors(world)) == ({}, "")
    said = next(match for line in world.told.lines if (match := re.search(r"≈ ([\d,]+) requests", line)))
    return int(said[1].replace(",", "")), len(world.sent)


def created(world: World) -> JobFolder:
    world.start(world.csv([(email, "A", "VIP", "Newsletter") for email in PEOPLE], "email,firstName,tags,lists"))
    return kept(world, "created")


def test_who_was_created_is_looked_at_with_a_hundred_others_before_they_go(world: World):
    said, took = paced(world, created(world))
    assert abs(said - took) <= 0.05 * took, (said, took)
    assert took <= 2 * len(PEOPLE) + 40
    assert world.account()["contacts"] == {}


@pytest.mark.some(1)
@pytest.mark.parametrize(
    ("header", "rows", "options"),
    [
        ("email,firstName,tags", [(email, "B", "Gold") for email in PEOPLE], {"undoable": True}),
        ("email,unsubscribe_lists", [(email, "Newsletter") for email in PEOPLE], {"undoable": True}),
        ("email", [(email,) for email in PEOPLE], {"undoable": True, "mode": "delete"}),
    ],
    ids=["changed", "unsubscribed", "deleted"],
)
def test_what_it_takes_was_said_before(
    world: World, header: str, rows: list[tuple[str, ...]], options: dict[str, object]
):
    created(world)
    world.start(world.csv(rows, header), **options)
    said, took = paced(world, kept(world, "changed"))
    assert abs(said - took) <= 0.05 * took, (said, took)


@pytest.mark.some(1)
@pytest.mark.parametrize("mode", ["create", "upsert", "delete"])
def test_what_it_takes_of_deals_was_said_before(world: World, mode: str):
    given(world)
    header = "title,contact_email,value,currency,pipeline_title,stage_title"
    rows = [(f"Deal {n}", "ada@example.com", "1.00", "usd", "Sales", "To Contact") for n in range(40)]
    world.start(world.csv(rows, header), "deals")
    job = kept(world, "created")
    if mode != "create":
        rows = [(title, email, "2.00", *more) for title, email, _value, *more in rows]
        world.start(world.csv(rows, header), "deals", mode=mode, undoable=True)
        job = kept(world, "changed")
    said, took = paced(world, job)
    assert abs(said - took) <= 0.05 * took, (said, took)


@pytest.mark.parametrize("told", [True, False], ids=["told with the contact", "include is passed over"])
def test_who_has_a_deal_by_now_is_kept(world: World, told: bool):
    rows = [(email, "A") for email in PEOPLE[:3]]
    world.start(world.csv(rows, "email,firstName"))
    job = kept(world, "created")
    contact = world.ask("GET contacts", query=(("email", PEOPLE[1]),)).body["contacts"][0]["id"]
    deal = {"title": "Big", "contact": contact, "value": 5, "currency": "usd", "group": "1"}
    assert world.ask("POST deals", {"deal": deal}).status < 300

    def silent(request: Request, reply: Reply | Lost) -> Reply | Lost:
        if not told and isinstance(reply, Reply) and request.method == "GET" and "contacts" in reply.body:
            for contact in reply.body["contacts"]:
                contact.pop("deals", None)
        return reply

    world.instead = silent
    undone(world, job)
    assert failed(world) == {"delete": "changed_since"}
    assert "no deals" in errors(world)
    assert set(world.account()["contacts"]) == {PEOPLE[1]}


# ---- which lines wait for one another


def line(record: str, left: str, back: str, of: str = "email", resource: str = "contacts") -> Reversal:
    return Reversal(2, resource, record, Edit(Aspect.VALUE, of, left, back))


def test_addresses_wait_only_for_those_that_hand_them_on():
    handed = [line("1", "B@example.com", "a@example.com"), line("2", "c@example.com", "b@example.com")]
    other = line("3", "e@example.com", "d@example.com")
    name = line("1", "Ada", "Augusta", "firstName")
    alone = line("4", "Ada", "Augusta", "firstName")
    lanes = Lanes([*handed, other, name, alone])
    first, second, third, own, last = (lanes.lane_of(one) for one in (*handed, other, name, alone))
    assert first == second == own
    assert len({first, third, last}) == 3


def test_where_both_halves_of_a_name_change_all_wait():
    lines = [line("1", "A", "B", "title", "dealStages"), line("2", "1", "2", "group", "dealStages")]
    lanes = Lanes(lines)
    assert len({lanes.lane_of(one) for one in lines}) == 1


def test_a_long_row_of_addresses_that_were_handed_on_is_one_lane():
    lines = [line(str(n), f"p{n + 1}@example.com", f"p{n}@example.com") for n in range(3000)]
    for some in (lines, lines[::-1]):
        lanes = Lanes(some)
        assert len({lanes.lane_of(one) for one in some}) == 1


def test_addresses_go_back_at_the_pace_of_other_rows(world: World):
    """With an answer that takes a second, as many are under way at a time as the rate lets."""
    world.start(world.csv([(email, "A") for email in PEOPLE[:60]], "email,firstName"))
    kept(world, "created")
    contacts = world.ask("GET contacts", query=(("limit", "100"),)).body["contacts"]
    rows = [(contact["id"], f"new-{contact['email']}") for contact in contacts]
    world.start(world.csv(rows, "id,email"), key="id", undoable=True)
    job = kept(world, "renamed")
    world.faults = (Fault("slow", method="PUT", seconds=1.0),)

    async def start() -> JobResult:
        return await undo.start(job, ImportOptions(rate=5), world.setting)

    result = run(start)
    assert result.summary.rows["succeeded"] == len(rows)
    assert result.summary.totals.seconds < 0.5 * len(rows)
