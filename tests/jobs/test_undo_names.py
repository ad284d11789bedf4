"""Names that only one record may have go back in an order in which they are free, both parts of a name together."""

from __future__ import annotations

import pytest

from bulk.sandbox.faults import Fault
from tests.jobs.samples import given
from tests.jobs.test_undo import errors, failed
from tests.undone import kept, people, undone
from tests.world import World, report


def test_addresses_that_were_handed_on_go_back(world: World):
    world.people([("a@example.com", "A"), ("b@example.com", "B"), ("c@example.com", "C")])
    before = people(world)
    rows = [("1", "d@example.com"), ("2", "a@example.com"), ("3", "b@example.com")]
    world.start(world.csv(rows, "id,email"), mode="update", key="id", undoable=True, concurrency=1)
    job, renamed = kept(world, "renamed"), people(world)
    assert {email: one["firstName"] for email, one in renamed["contacts"].items()} == {
        "d@example.com": "A", "a@example.com": "B", "b@example.com": "C"
    }  # fmt: skip
    world.faults = (Fault("status", method="PUT", path="contacts/3", status=500, first=1),)  # it goes once more, later
    undone(world, job)
    assert (failed(world), errors(world)) == ({}, "")
    assert people(world) == before
    undone(world, kept(world, "undone"))
    assert (failed(world), errors(world)) == ({}, "")
    assert people(world) == renamed


def test_both_parts_of_the_name_of_a_tag_go_back_together(world: World):
    tags = [("Trial", "contact"), ("Gold", "contact")]
    world.start(world.csv(tags, "tag,tagType"), "tags")
    kept(world, "before")
    world.start(world.csv([("1", "Gold", "template")], "id,tag,tagType"), "tags", mode="update", key="id")
    undone(world, kept(world, "renamed"))
    assert (failed(world), errors(world)) == ({}, "")
    assert [(one["tag"], one["tagType"]) for one in world.ask("GET tags").body["tags"]] == tags


def test_who_was_put_into_an_automation_twice_is_taken_out_twice(world: World):
    given(world)
    rows = [("ada@example.com", "Welcome")] * 2
    world.start(
        world.csv(rows, "contact_email,automation_name"), "contactAutomations", mode="create", on_duplicate="all"
    )
    assert len(world.ask("GET contactAutomations").body["contactAutomations"]) == 2
    undone(world, kept(world, "enrolled"))
    assert (failed(world), errors(world)) == ({}, "")
    assert world.ask("GET contactAutomations").body["contactAutomations"] == []


@pytest.mark.parametrize("undoable", [False, True])
def test_a_row_that_was_refused_has_changed_nothing_that_stays(world: World, undoable: bool):
    world.start(world.csv([("Trial", "tag 1"), ("Gold", "")], "tag,description"), "tags")
    kept(world, "before")
    rows = [("1", "Gold", ""), ("2", "", "other")]
    world.start(world.csv(rows, "id,tag,description"), "tags", mode="update", key="id", undoable=undoable)
    assert failed_rows(world) == 1
    undone(world, kept(world, "changed"))
    assert not any("cannot be undone" in line for line in world.told.lines)


def failed_rows(world: World) -> int:
    return len(report(world.job.path, "failed.csv"))
