"""What a job says at its end of its own undoing is what an undo of it finds."""

from __future__ import annotations

import pytest

from bulk.jobs.summary import JobResult
from bulk.jobs.undo_plan import reversible_in
from bulk.model import Reply
from tests.jobs.samples import IMPORTED, SAMPLES, files_of, given
from tests.undone import kept, undone
from tests.world import World


def said(job_result: JobResult) -> tuple[bool, int]:
    """What a job has said, once it is seen that an undo finds just that."""
    reversible, summary = reversible_in(job_result.folder), job_result.summary
    is_there = bool(reversible.reversals or any(reversible.names.values()))  # beside what only stays as it is
    assert (summary.undoable, summary.not_undoable) == (is_there, len(reversible.untold))
    told = summary.to_json()
    assert (told.get("undoable", False), told.get("not_undoable", 0)) == (summary.undoable, summary.not_undoable)
    return summary.undoable, summary.not_undoable


@pytest.mark.some(6)
@pytest.mark.parametrize("name", [resource.name for resource in IMPORTED])
def test_of_every_resource_new_rows_the_same_again_and_their_undo(world: World, name: str):
    given(world)
    path = world.csv(SAMPLES[name].rows, SAMPLES[name].header)
    assert said(world.start(path, name)) == (True, 0)
    job = kept(world, "made")
    again = said(world.start(path, name))
    assert again[1] == 0
    kept(world, "again")
    there_and_back = name != "contactAutomations"  # who was taken out of an automation is not put in anew
    assert said(undone(world, job)) == (there_and_back, 0)
    assert said(undone(world, kept(world, "undone"))) == (there_and_back, 0)


def test_who_was_changed_unread_cannot_be_put_back_and_who_was_read_can(world: World):
    given(world)
    path = world.csv([("ada@example.com", "Augusta")], "email,firstName")
    assert said(world.start(path)) == (False, 1)
    kept(world, "unread")
    path = world.csv([("ada@example.com", "Ada")], "email,firstName")
    assert said(world.start(path, undoable=True)) == (True, 0)
    kept(world, "read")
    path = world.csv([("ada@example.com", "Augusta"), ("new@example.com", "New")], "email,firstName")
    assert said(world.start(path)) == (True, 1)


def test_who_was_changed_unread_is_told_also_where_more_than_cells_was_written(world: World):
    given(world)
    rows = [(f"p{n}@example.com", "First", "VIP", "Newsletter") for n in range(2)]
    world.start(world.csv(rows, "email,firstName,tags,lists"))
    kept(world, "made")
    rows = [(f"p{n}@example.com", "Changed", "Gold", "Newsletter") for n in range(2)]
    assert said(world.start(world.csv(rows, "email,firstName,tags,lists"))) == (True, 2)  # the tag Gold is new


def test_of_what_is_refused_there_is_nothing_to_take_back(world: World):
    refusal = Reply(422, {"errors": [{"title": "no", "code": "no"}]})
    world.instead = lambda request, reply: refusal if request.method == "POST" else reply
    assert said(world.start(world.csv([("new@example.com", "New")], "email,firstName"))) == (False, 0)


def test_a_whole_account_says_it_of_all_its_parts_and_a_plan_once_it_is_carried_out(world: World):
    given(world)
    folder = files_of(world, "contacts", "deals")
    world.plan_all(folder)
    assert said(world.apply_all()) == (True, 0)
    kept(world, "applied")
    assert said(world.import_all(folder)) == (False, 0)
