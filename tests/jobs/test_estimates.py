"""The requests that are told before the rows are about those that the job takes, its readings among them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bulk.jobs.summary import JobResult
from tests.jobs.samples import SAMPLES, files_of, given
from tests.scale import LONG, tries
from tests.world import World, crashing

SAMPLE = Path(__file__).parents[2] / "samples" / "contacts.csv"
PEOPLE = [(f"p{n}@example.com", f"N {n}", ("VIP", "VIP,Trial")[n % 2], "Newsletter") for n in range(120)]
HEADER = "email,firstName,tags,lists"
Run = Callable[[], JobResult]


@pytest.fixture
def told(world: World) -> list[str]:
    world.by_loop = True  # else no batch comes to its end
    return world.told.lines


def check(world: World, told: list[str], run: Run) -> None:
    """Run a job; what it says that it will take is within a tenth of what it takes."""
    del told[:]
    before = len(world.sent)
    run()
    taken = len(world.sent) - before
    said = [int(result[1].replace(",", "")) for line in told if (result := re.search(r"≈ ([\d,]+) request", line))]
    assert len(said) == 1
    assert abs(said[0] - taken) <= max(1, taken / 10), f"{said[0]} said, {taken} taken"


def afresh(world: World) -> None:
    """Make room for another job of this world."""
    world.job.path.rename(world.folder / "jobs" / f"job-{len(world.sent)}")


def test_the_sample_of_the_readme(world: World, told: list[str]):
    check(world, told, lambda: world.start(SAMPLE, rate=5))
    afresh(world)
    check(world, told, lambda: world.start(SAMPLE, rate=5))


@pytest.mark.some(2)
@pytest.mark.parametrize(
    ("rows", "rate"),
    [(rows, rate) for rows in (10, 40, 120) for rate in (1, 5, 0) if LONG or rows < 120 or rate == 5],
)
def test_people_who_are_new_who_are_there_and_who_get_more(world: World, told: list[str], rows: int, rate: float):
    people = PEOPLE[:rows]
    check(world, told, lambda: world.start(world.csv(people, HEADER), rate=rate))
    more = [(email, name, f"{tags},Gold", "Newsletter,Customers") for email, name, tags, _lists in people]
    for changed in (more, [row[:3] for row in people], [(*row[:2], "VIP,Silver", "Newsletter") for row in people]):
        afresh(world)
        header = ",".join(HEADER.split(",")[: len(changed[0])])
        check(world, told, lambda: world.start(world.csv(changed, header), rate=rate))  # noqa: B023 - it is called here


@pytest.mark.some(2)
@pytest.mark.parametrize("there", [0, 60, 120])
def test_a_plan_says_of_an_import_at_once_what_that_says_and_takes(world: World, told: list[str], there: int):
    world.people((f"p{n}@example.com", "") for n in range(there))
    path = world.csv(PEOPLE, HEADER)
    world.plan(path, rate=5, engine="single")
    plan = json.loads((world.job.path / "plan.json").read_text("utf-8"))
    afresh(world)
    del told[:]
    before = len(world.sent)
    world.start(path, rate=5, engine="single")
    (said,) = [int(result[1]) for line in told if (result := re.search(r"≈ (\d+) request", line))]
    assert abs(plan["requests"]["import"] - said) <= said / 50
    assert abs(plan["requests"]["import"] - (len(world.sent) - before)) <= said / 50
    assert plan["seconds"]["import"] == plan["requests"]["import"] / 5
    assert plan["requests"]["import"] <= plan["requests"]["single"] + 2


@pytest.mark.some(2)
@pytest.mark.parametrize("mode", ["upsert", "update", "create"])
def test_few_rows_of_a_large_account(world: World, told: list[str], mode: str):
    world.people((f"x{n}@example.com", "") for n in range(2_000))
    people = (
        PEOPLE[:12] if mode == "create" else [(f"x{n}@example.com", *rest) for n, (_e, *rest) in enumerate(PEOPLE[:12])]
    )
    check(world, told, lambda: world.start(world.csv(people, HEADER), mode=mode, rate=5))


@pytest.mark.some(3)
@pytest.mark.parametrize("there", [120, 1_500])
@pytest.mark.parametrize("rows", [10, 40])
@pytest.mark.parametrize("key", ["email", "id"])
def test_people_who_are_deleted(world: World, told: list[str], key: str, rows: int, there: int):
    world.people((f"p{n}@example.com", "") for n in range(there))
    path = world.csv([(f"p{n}@example.com" if key == "email" else str(n + 1),) for n in range(rows)], key)
    check(world, told, lambda: world.start(path, rate=5, mode="delete", yes=True, key=key))


@pytest.mark.parametrize("rows", [10, 40])
def test_people_who_leave_and_lose_tags(world: World, told: list[str], rows: int):
    check(world, told, lambda: world.start(world.csv(PEOPLE[:rows], HEADER), rate=5))
    afresh(world)
    left = [(email, "VIP", "Newsletter") for email, *_rest in PEOPLE[:rows]]
    path = world.csv(left, "email,remove_tags,unsubscribe_lists")
    check(world, told, lambda: world.start(path, rate=5, undoable=True))


@pytest.mark.some(3)
@pytest.mark.parametrize("mode", ["", "delete"])
@pytest.mark.parametrize("name", ["fields", "dealGroups", "fieldValues"])
def test_what_has_more_beside_it(world: World, told: list[str], name: str, mode: str):
    given(world)
    sample = SAMPLES[name]
    path = world.csv(sample.rows, sample.header)
    check(world, told, lambda: world.start(path, name, rate=5))
    if mode:
        afresh(world)
        check(world, told, lambda: world.start(path, name, rate=5, mode=mode, yes=True))


@pytest.mark.some(3)
@pytest.mark.parametrize("name", ["tags", "lists", "accounts", "contacts", "deals", "notes"])
def test_other_resources(world: World, told: list[str], name: str):
    given(world)
    sample = SAMPLES[name]
    check(world, told, lambda: world.start(world.csv(sample.rows, sample.header), name, rate=5))


@pytest.mark.parametrize("name", ["contactTags", "contactLists"])
def test_what_belongs_to_people(world: World, told: list[str], name: str):
    world.people(row[:2] for row in PEOPLE)
    header, cells = {"contactTags": ("contact_email,tag_name", ("VIP",))}.get(
        name, ("contact_email,list_name,status", ("Newsletter", "1"))
    )
    for rows in (12, 100):
        if world.sent:
            afresh(world)
        given_rows = [(email, *cells) for email, *_rest in PEOPLE[:rows]]
        check(world, told, lambda: world.start(world.csv(given_rows, header), name, rate=5))  # noqa: B023


@pytest.mark.some(1)
@pytest.mark.parametrize("after", [3, 30, 70])
def test_a_resume_does_not_count_what_is_sent_already(world: World, told: list[str], after: int):
    with crashing(world, "contactTags", after):
        world.start(world.csv(PEOPLE[:60], HEADER), rate=5, concurrency=8, engine="single")
    check(world, told, world.resume)


# ---- plans: exactly what carrying them out takes, where nothing goes wrong


def check_plan(world: World, told: list[str], path: Path, name: str = "contacts", **options: object) -> None:
    """Plan a file and carry it out; the plan, and who carries it out, say all requests that are sent then."""
    if world.sent:
        afresh(world)
    world.plan(path, name, rate=0, **options)
    plan = json.loads((world.job.path / "plan.json").read_text())
    del told[:]
    before = len(world.sent)
    assert world.apply().summary.complete
    sent = [request for request, _reply in world.sent[before:]]
    said = [int(result[1].replace(",", "")) for line in told if (result := re.search(r"≈ ([\d,]+) request", line))]
    assert said == [len(sent)]
    assert plan["requests"]["single"] == len(sent)
    assert plan["writes"]["single"] == sum(request.method != "GET" for request in sent)


@pytest.mark.parametrize("rows", [3, 30, *tries([], [12, 260])])
def test_a_plan_of_people_who_are_new_who_get_more_and_who_are_renamed(world: World, told: list[str], rows: int):
    people = [(f"x{n}@example.com", f"N {n}", ("VIP", "VIP,Trial")[n % 2], "Newsletter") for n in range(rows)]
    check_plan(world, told, world.csv(people, HEADER))
    more = [(email, name, f"{tags},Gold", "Newsletter,Customers") for email, name, tags, _lists in people]
    check_plan(world, told, world.csv(more, HEADER))
    check_plan(world, told, world.csv([(row[0], f"{row[1]} II") for row in people], "email,firstName"))


@pytest.mark.some(2)
@pytest.mark.parametrize("mode", ["upsert", "update", "create", "delete"])
def test_a_plan_of_few_rows_of_a_large_account(world: World, told: list[str], mode: str):
    world.people((f"x{n}@example.com", "") for n in range(2_000))
    there = (
        PEOPLE[:12] if mode == "create" else [(f"x{n}@example.com", f"N {n}", "VIP", "Customers") for n in range(12)]
    )
    check_plan(world, told, world.csv(there, HEADER), mode=mode)


@pytest.mark.some(3)
@pytest.mark.parametrize("name", ["tags", "accounts", "deals", "notes", "webhooks", "contactTags", "contactLists"])
def test_a_plan_of_other_resources_that_are_new_and_changed(world: World, told: list[str], name: str):
    given(world)
    sample = SAMPLES[name]
    check_plan(world, told, world.csv(sample.rows, sample.header), name)
    attribute, cell = sample.change
    if attribute:
        at, row = sample.columns.index(attribute), sample.rows[0]
        check_plan(world, told, world.csv([[*row[:at], cell, *row[at + 1 :]]], sample.header), name)


def test_a_plan_that_takes_long_looks_at_people_again_by_the_hundred(world: World, told: list[str]):
    world.people((f"x{n}@example.com", "") for n in range(400))
    path = world.csv([(f"x{n}@example.com", f"N {n}") for n in range(400)], "email,firstName")
    world.plan(path, rate=5)
    plan = json.loads((world.job.path / "plan.json").read_text())
    before = len(world.sent)
    world.apply()
    taken = len(world.sent) - before
    assert abs(plan["requests"]["single"] - taken) <= 2
    assert plan["seconds"]["single"] == plan["requests"]["single"] / 5


@pytest.mark.some(1)
@pytest.mark.parametrize("sample", [True, False])
def test_a_plan_of_a_folder_is_within_a_tenth(world: World, sample: bool):
    if not sample:
        given(world)
    world.plan_all(SAMPLE.parent / "account" if sample else files_of(world, "contacts", "deals", "notes", "tags"))
    plan = json.loads((world.job.path / "plan.json").read_text())
    before = len(world.sent)
    world.apply_all()
    taken = len(world.sent) - before
    assert abs(plan["requests"]["single"] - taken) <= taken / 10


def test_what_a_run_takes_is_told_apart_from_all_runs_of_its_job(world: World):
    world.plan(world.csv(PEOPLE[:5], HEADER), rate=0)
    planned = len(world.sent)
    totals = world.apply().summary.totals
    assert (totals.requests, totals.earlier_requests) == (len(world.sent), planned)
    said = json.loads((world.job.path / "summary.json").read_text())
    assert (said["requests"], said["last_run"]["requests"]) == (len(world.sent), len(world.sent) - planned)
    afresh(world)
    first = world.start(world.csv(PEOPLE[:5], HEADER), rate=0).summary
    assert (first.totals.earlier_requests, "last_run" in first.to_json()) == (0, False)
