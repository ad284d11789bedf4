"""A name that the account refuses fails the rows that need it; two jobs at once make a name once."""

from __future__ import annotations

from dataclasses import replace

import anyio
import pytest

from bulk.jobs import import_
from bulk.jobs.options import ImportOptions
from bulk.resources import named
from bulk.sandbox.faults import Fault
from tests.virtual import run
from tests.world import World, check_reports

HEADER = "email,firstName,tags,account"
ROWS = (
    ("ana@example.com", "Ana", "Résumé,Größe,VIP", ""),
    ("bob@example.com", "Bob", "VIP", ""),
    ("cyn@example.com", "Cyn", "", "Acme"),
)


@pytest.mark.parametrize(("path", "rows"), [("tags", {2}), ("accounts", {4})])
def test_a_refused_name_fails_only_the_rows_that_need_it(world: World, path: str, rows: set[int]):
    world.ask("POST tags", {"tag": {"tag": "VIP", "tagType": "contact", "description": ""}})
    world.faults = (Fault("status", method="POST", path=path, status=422),)
    job_result = world.start(world.csv(ROWS, HEADER))
    assert job_result.summary.state == "finished"
    lines = check_reports(world.job.path, HEADER)
    assert {number for number, line in lines.items() if line["_file"] == "failed.csv"} == rows
    for number in rows:
        assert lines[number]["_status"] == "failed"
        assert "could not be created" in lines[number]["_error"]
    people = world.account()["contacts"]
    assert {email: (person["firstName"], person["tags"]) for email, person in people.items()} == {
        "ana@example.com": ("Ana", {"VIP"} if rows == {2} else {"Résumé", "Größe", "VIP"}),
        "bob@example.com": ("Bob", {"VIP"}),
        "cyn@example.com": ("Cyn", set()),
    }

    world.faults = ()
    again = world.resume(retry=True)
    assert again.summary.complete
    people = world.account()["contacts"]
    assert people["ana@example.com"]["tags"] == {"Résumé", "Größe", "VIP"}
    assert people["cyn@example.com"]["account"] == ["Acme"]


def test_of_two_jobs_that_need_a_name_one_makes_it_and_the_other_finds_it(world: World):
    """Each looks for what is missing right before it makes it, and meanwhile nobody else makes any."""
    started = []

    async def both() -> None:
        async with anyio.create_task_group() as tasks:
            for name in ("one", "two"):
                setting = replace(world.setting, name=name)
                source = world.csv([(f"{name}@example.com", "New")], "email,tags", f"{name}.csv")
                tasks.start_soon(import_.start, named("contacts"), source, ImportOptions(rate=0), setting)

    world.latency = 1.0
    world.on_send = lambda request: started.append((request.method, request.path))
    run(both)
    assert started.count(("POST", "tags")) == 1
    people = world.account()["contacts"]
    assert [person["tags"] for person in people.values()] == [{"New"}, {"New"}]


DEALS = "title,contact_email,account_name,value,currency,pipeline_title,stage_title,owner_email"
DEAL = ("Sail", "ana@example.com", "Acme", "1.00", "usd", "Sales", "To Contact", "mira@example.com")


def but(row: tuple[str, ...], **cells: str) -> tuple[str, ...]:
    return tuple(cells.get(name, cell) for name, cell in zip(DEALS.split(","), row, strict=True))


@pytest.mark.parametrize(
    "cells",
    [
        {"owner_email": "nobody@example.com"},
        {"stage_title": "None such"},
        {"pipeline_title": "None such"},
        {"contact_email": "gone@example.com"},
        {"title": "#NAME?"},
    ],
)
def test_what_only_rows_name_that_are_refused_is_not_made(world: World, cells: dict[str, str]):
    for number in range(4):
        world.ask("POST contacts", {"contact": {"email": f"{('ana', 'b', 'c', 'd')[number]}@example.com"}})
    bad = [but(DEAL, **{"title": f"T{n}", "account_name": f"New {n}"} | cells) for n in range(4)]
    job_result = world.start(world.csv([*bad, DEAL], DEALS), "deals", allow_damaged=False)
    assert job_result.summary.actions == {"created": 1}
    assert world.account()["accounts"] == ["Acme"]


@pytest.mark.parametrize(
    ("rows", "options"),
    [
        ([("a@example.com", "#NAME?", "New")], {"allow_damaged": False}),
        ([("new@example.com", "N", "New")], {"mode": "update"}),
    ],
)
def test_tags_that_only_refused_people_would_have_are_not_made(
    world: World, rows: list[tuple[str, ...]], options: dict[str, object]
):
    people = [(f"{name}@example.com", "N", "VIP") for name in "abcd"]
    world.start(world.csv(people, "email,firstName,tags"))
    world.job.path.rename(world.folder / "jobs" / "before")
    job_result = world.start(world.csv([*rows, *people[1:]], "email,firstName,tags"), **options)
    assert not job_result.summary.complete
    assert world.account()["tags"] == ["VIP"]


def test_a_tag_beside_somebody_elses_id_is_not_made(world: World):
    people = [(f"{name}@example.com", "N", "VIP") for name in "abcd"]
    world.start(world.csv(people, "email,firstName,tags"))
    world.job.path.rename(world.folder / "jobs" / "before")
    rows = [(str(at + 1), *person) for at, person in enumerate(people)]
    rows[0] = (rows[0][0], "changed@example.com", "N", "New")
    job_result = world.start(world.csv(rows, "id,email,firstName,tags"))
    assert job_result.summary.rows["rejected"] == 1
    assert world.account()["tags"] == ["VIP"]
