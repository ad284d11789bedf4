"""A job is undone once: what is asked for again is said to be done, by which undo, and nothing is told that was not."""

from __future__ import annotations

import shutil
from contextlib import suppress

import pytest

from bulk.errors import DeclinedError, NothingToUndoError, UsageError
from bulk.jobs import undo
from bulk.jobs.undo_people import PeopleSeen
from bulk.model import Aspect, Edit, Lost, Reply, Request
from bulk.planning.state import ContactState
from bulk.planning.undo.reversals import Reversal
from bulk.storage.checkpoint import opened_checkpoint
from tests.jobs.test_undo import AFTER, HEADER, errors, failed, prepared
from tests.undone import gone_on, kept, people, undone
from tests.virtual import run
from tests.world import Crash, World, crashing, report


def test_what_was_there_again_is_not_told_as_created_nor_deleted_by_the_next_undo(world: World):
    """The folder of the undo that has made it anew is gone, so that nobody knows of it."""
    prepared(world)
    world.start(world.csv(AFTER, HEADER), undoable=True)
    undone(world, kept(world, "imported"))
    first = kept(world, "first")
    undone(world, first)
    made = people(world)
    shutil.rmtree(world.job.path)
    result = undone(world, first)
    ended = {line["resource"]: line["_action"] for line in report(world.job.path, "succeeded.csv")}
    assert (ended["tags"], ended["accounts"]) == ("unchanged", "unchanged")
    assert "created" not in result.summary.actions
    again = kept(world, "again")
    with pytest.raises(NothingToUndoError, match="has changed nothing"):
        undone(world, again)
    assert people(world) == made


@pytest.mark.parametrize("path", ["tags", "accounts", "contact/sync"])
def test_a_name_of_which_the_answer_was_lost_was_created(world: World, path: str):
    world.start(world.csv(AFTER, HEADER), undoable=True)
    imported = people(world)
    undone(world, kept(world, "imported"))
    job = kept(world, "undone")

    def answered(request: Request, _reply: Reply | Lost) -> None:
        """The process ends before the answer is written down."""
        if (request.method, request.path) == ("POST", path):
            raise Crash

    world.after = answered
    with suppress(BaseExceptionGroup, Crash):
        undone(world, job)
    world.after = lambda _request, _reply: None
    gone_on(world)
    assert (failed(world), errors(world)) == ({}, "")
    assert {line["_action"] for line in report(world.job.path, "succeeded.csv")} == {"created"}
    assert people(world) == imported


def test_who_left_one_account_may_be_in_another_when_it_is_read_back(world: World):
    """After a kill the other line may not say any more that it has put them there."""
    world.start(world.csv([("ada@example.com", "Acme")], "email,account"))
    kept(world, "before")
    world.start(world.csv([("ada@example.com", "Other")], "email,account"), undoable=True)
    job = kept(world, "imported")
    with crashing(world, "accountContacts"):
        undone(world, job)
    with opened_checkpoint(world.job.file("checkpoint.sqlite")) as checkpoint:
        (left,) = (one.wants for batch in checkpoint.unread.batches(100) for one in batch)
    accounts = {one["name"]: one["id"] for one in world.ask("GET accounts").body["accounts"]}
    assert left == {"left": accounts["Other"]}
    gone_on(world)
    assert (failed(world), errors(world)) == ({}, "")


def test_who_was_deleted_before_the_answer_was_written_down_was_deleted_by_the_undo(world: World):
    world.start(world.csv(AFTER, HEADER), undoable=True)
    job = kept(world, "imported")

    def answered(request: Request, _reply: Reply | Lost) -> None:
        if request.method == "DELETE" and request.path.startswith("contacts/"):
            raise Crash

    world.after = answered
    with suppress(BaseExceptionGroup, Crash):
        undone(world, job)
    world.after = lambda _request, _reply: None
    gone_on(world)
    ends = {line["_action"] for line in report(world.job.path, "succeeded.csv") if line["resource"] == "contacts"}
    assert ends == {"deleted"}


def test_a_place_in_an_account_is_not_looked_at_while_another_line_changes_it():
    """A line that goes on in a new run is under way as well: what was read with others may be from before it."""
    ada = ContactState("7", {}, {}, {}, {}, {"1": "5"})
    leaving, joining = Edit(Aspect.ACCOUNT, "1", "", None), Edit(Aspect.ACCOUNT, "2", None, "")
    seen = PeopleSeen({}, {"7": ada})
    assert seen.given(Reversal(2, "contacts", "7", leaving)) is False
    assert seen.state_for(Reversal(2, "contacts", "7", joining)) is None
    assert PeopleSeen({}, {"7": ada}).state_for(Reversal(2, "contacts", "7", joining)) is ada


def test_it_is_said_by_which_undo_a_job_was_undone(world: World):
    prepared(world)
    world.start(world.csv(AFTER, HEADER), undoable=True)
    job, imported = kept(world, "imported"), people(world)
    undone(world, job)
    first = kept(world, "first")
    with pytest.raises(NothingToUndoError, match="imported was undone already, by first on 20"):
        undone(world, job)
    undone(world, first)
    kept(world, "second")
    with pytest.raises(UsageError, match="imported was undone by first, and that was taken back by second"):
        undone(world, job)
    assert not world.job.path.exists()
    assert people(world) == imported


def test_a_job_that_went_on_since_is_undone_again(world: World):
    prepared(world)
    before = people(world)
    with crashing(world, "contactTags", 2):
        world.start(world.csv(AFTER, HEADER), undoable=True)
    killed = kept(world, "killed")
    undone(world, killed)
    assert people(world) == before
    kept(world, "first")
    killed.path.rename(world.job.path)
    world.resume()
    assert people(world) != before
    undone(world, kept(world, "killed"))
    assert people(world)["contacts"].keys() == before["contacts"].keys()


def test_an_undo_that_is_not_finished_is_gone_on_with(world: World):
    prepared(world)
    world.start(world.csv(AFTER, HEADER), undoable=True)
    job = kept(world, "imported")
    with crashing(world, "contactTags", 1):
        undone(world, job)
    kept(world, "cut")
    with pytest.raises(UsageError, match="imported is being undone by cut, which is not finished"):
        undone(world, job)


def test_an_undo_that_was_not_agreed_to_is_none(world: World):
    prepared(world)
    before = people(world)
    world.start(world.csv(AFTER, HEADER), undoable=True)
    job = kept(world, "imported")
    undone(world, job, only_plan=True)
    undone(world, job)
    assert people(world) == before


def test_where_something_failed_it_is_to_be_tried_again(world: World):
    prepared(world)
    world.start(world.csv(AFTER, HEADER), undoable=True)
    job = kept(world, "imported")
    world.ask("PUT contacts/1", {"contact": {"firstName": "Ada K."}})
    undone(world, job)
    kept(world, "first")
    with pytest.raises(UsageError, match=r"but for what stands in its failed\.csv"):
        undone(world, job)


def test_a_plan_that_was_never_carried_out_has_nothing_to_undo(world: World):
    world.plan(world.csv(AFTER, HEADER))
    with pytest.raises(NothingToUndoError, match="never carried out"):
        undone(world, kept(world, "plan"))
    assert not world.job.path.exists()


def test_a_job_that_changed_nothing_has_nothing_to_undo(world: World):
    prepared(world)
    world.start(world.csv(BEFORE_AGAIN, HEADER), undoable=True)  # else nobody knows what was there before
    with pytest.raises(NothingToUndoError, match="has changed nothing"):
        undone(world, kept(world, "same"))
    assert not world.job.path.exists()


def test_an_undo_that_was_cut_off_before_it_was_agreed_to_asks_again(world: World):
    """As if the machine had gone out while the question stood there; what is resumed then must not just be done."""
    prepared(world)
    before = people(world)
    world.start(world.csv(AFTER, HEADER), undoable=True)
    job, imported = kept(world, "imported"), people(world)
    left = world.folder / "left"

    def asked(_question: str) -> bool:
        shutil.copytree(world.job.path, left)
        return False

    world.confirm = asked
    with pytest.raises(DeclinedError):
        undone(world, job)
    left.rename(world.job.path)
    world.confirm = lambda _question: False
    with pytest.raises(DeclinedError):
        run(undo.go_on, world.job, {}, world.setting)
    assert people(world) == imported
    assert not world.job.path.exists()
    world.confirm = None
    shutil.rmtree(left, ignore_errors=True)
    world.confirm = asked
    with pytest.raises(DeclinedError):
        undone(world, job)
    left.rename(world.job.path)
    assert gone_on(world).summary.complete
    assert people(world) == before


@pytest.mark.parametrize("files", [(), ("lock",), ("lock", "checkpoint.sqlite", ".job.json.part", "input.csv")])
def test_the_name_of_a_job_that_was_killed_before_it_began_is_free(world: World, files: tuple[str, ...]):
    world.job.path.mkdir(parents=True)
    for name in files:
        (world.job.path / name).write_text("")
    assert world.start(world.csv(AFTER, HEADER)).summary.complete
    (world.folder / "jobs" / "other").mkdir()
    (world.folder / "jobs" / "other" / "somebody's.txt").write_text("")
    world.job.path.rename(world.folder / "jobs" / "done")
    (world.folder / "jobs" / "other").rename(world.job.path)
    with pytest.raises(UsageError, match="There is a job named 'job' already"):
        world.start(world.csv(AFTER, HEADER))
    assert [one.name for one in world.job.path.iterdir()] == ["somebody's.txt"]


BEFORE_AGAIN = [("ada@example.com", "Ada", "", "VIP", "", "Newsletter", "", "Acme", "1-10")]
