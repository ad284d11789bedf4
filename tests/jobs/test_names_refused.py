"""A name that the account refuses fails the rows that need it; two jobs at once make a name once."""

from __future__ import annotations

from dataclasses import replace

import anyio
import pytest

from bulk.jobs import importing
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
    ending = world.start(world.csv(ROWS, HEADER))
    assert ending.summary.state == "finished"
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
                tasks.start_soon(importing.start, named("contacts"), source, ImportOptions(rate=0), setting)

    world.latency = 1.0
    world.on_send = lambda request: started.append((request.method, request.path))
    run(both)
    assert started.count(("POST", "tags")) == 1
    people = world.account()["contacts"]
    assert [person["tags"] for person in people.values()] == [{"New"}, {"New"}]
