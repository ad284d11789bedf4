"""What an undo makes anew is made once, whatever becomes of the answers, and of whichever resource it is."""

from __future__ import annotations

import pytest

from bulk.model import Lost, Reply, Request
from tests.jobs.samples import SAMPLES, given
from tests.jobs.test_undo import errors, failed
from tests.undone import kept, undone
from tests.world import World, report


def losing(path: str, answers: int = 1) -> object:
    """The answers to so many requests that make something there are lost; it is made all the same."""
    left = [answers]

    def lost(request: Request, reply: Reply | Lost) -> Reply | Lost:
        if (request.method, request.path) == ("POST", path) and left[0]:
            left[0] -= 1
            return Lost("the answer was lost")
        return reply

    return lost


@pytest.mark.parametrize("name", ["deals", "notes", "webhooks", "dealGroups", "lists"])
def test_a_record_whose_answer_was_lost_is_made_anew_once(world: World, name: str):
    """There are more contacts than such records, so an id says nothing of when a record was made."""
    given(world)
    world.people((f"p{number}@example.com", "") for number in range(40))
    sample = SAMPLES[name]
    world.start(world.csv(sample.rows[:2], sample.header), name)
    kept(world, "made")
    before = world.ask(f"GET {name}", query=(("limit", "100"),)).body[name]
    world.start(world.csv(sample.rows[:1], sample.header), name, mode="delete")
    job = kept(world, "deleted")
    world.instead = losing(name)
    undone(world, job)
    world.instead = lambda _request, reply: reply
    assert (failed(world), errors(world)) == ({}, "")
    after = world.ask(f"GET {name}", query=(("limit", "100"),)).body[name]
    assert len(after) == len(before)


def test_an_enrolment_whose_answer_was_lost_is_taken_back(world: World):
    given(world)
    enrolments = SAMPLES["contactAutomations"]
    world.instead = losing("contactAutomations")
    world.start(world.csv(enrolments.rows, enrolments.header), "contactAutomations")
    world.instead = lambda _request, reply: reply
    undone(world, kept(world, "enrolled"))
    assert (failed(world), errors(world)) == ({}, "")
    assert world.ask("GET contactAutomations").body["contactAutomations"] == []
    assert not any("taken out of" in line for line in world.told.lines)


def test_a_row_that_has_found_another_of_its_address_has_created_nothing(world: World):
    """The answer was lost, and a look has shown who had the address before the job."""
    world.people([("ada@example.com", "Ada")])
    world.instead = losing("contacts")
    rows = [("ada@example.com", "Augusta"), ("grace@example.com", "Grace")]
    world.start(world.csv(rows, "email,firstName"), mode="create", concurrency=1)
    world.instead = lambda _request, reply: reply
    undone(world, kept(world, "created"))
    assert not any("cannot be undone" in line for line in world.told.lines), world.told.lines
    assert [*world.account()["contacts"]] == ["ada@example.com"]


def test_a_row_of_the_address_of_whom_another_row_has_created_has_created_nobody(world: World):
    """The answer to the second of them was lost, and a look has shown whom the first had made, with other values."""
    rows = [("ada@example.com", "Ada"), (" ADA@example.com", "Augusta")]
    path = world.csv(rows, "email,firstName")
    seen: list[Request] = []

    def lost(request: Request, reply: Reply | Lost) -> Reply | Lost:
        if (request.method, request.path) != ("POST", "contacts"):
            return reply
        seen.append(request)
        return reply if len(seen) == 1 else Lost("the answer was lost")

    world.instead = lost
    world.start(path, mode="create", on_duplicate="all", undoable=True)
    world.instead = lambda _request, reply: reply
    assert len(seen) == 2
    assert [line["_status"] for line in report(world.job.path, "failed.csv")] == ["in_doubt"]
    undone(world, kept(world, "created"))
    assert not any("cannot be undone" in line for line in world.told.lines), world.told.lines
    assert (failed(world), [*world.account()["contacts"]]) == ({}, [])
