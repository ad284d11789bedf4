"""`bulk undo`: what it shows, what it asks, and its exit codes."""

from __future__ import annotations

from tests.cli.conftest import SAMPLE, Shell
from tests.cli.test_plan_commands import file, people
from tests.world import report


def test_what_a_job_has_changed_is_shown_and_put_back(bulk: Shell):
    bulk.sandbox("import", file(bulk, "ada@example.com,Ada,VIP"), "--job", "first")
    before = people(bulk)
    bulk.sandbox(
        "import", file(bulk, "ada@example.com,Augusta,Gold", "new@example.com,New,"), "--job", "second", "--undoable"
    )
    imported = people(bulk)
    result = bulk("undo", "second", "-n", "--rate", "0")
    assert result.code == 0
    assert "update firstName: Augusta → Ada" in result.err
    assert "delete new@example.com, New" in result.err
    assert people(bulk) == imported
    result = bulk("undo", "second", "--yes", "--rate", "0", "--job", "back")
    assert (result.code, result.out.splitlines()[0]) == (0, "4 rows: 2 deleted, 2 updated")
    assert people(bulk) == before
    assert [line["action"] for line in report(bulk.job("back"), "succeeded.csv")] == [
        "remove_tag", "update", "delete", "delete",
    ]  # fmt: skip
    assert "back" in bulk("jobs").out
    assert "nothing" in bulk("resume", "back").out.lower()
    assert bulk("undo", "back", "--yes", "--rate", "0").code == 0
    assert people(bulk) == imported


def test_what_changed_since_is_named_and_nothing_is_asked_for_by_itself(bulk: Shell):
    bulk.sandbox("import", file(bulk, "ada@example.com,Ada,"))
    bulk.sandbox("import", file(bulk, "ada@example.com,Augusta,"), "--job", "second", "--undoable")
    bulk.sandbox("import", file(bulk, "ada@example.com,Ada K.,"))
    assert bulk("undo", "second").code == 2
    result = bulk("undo", "second", "--yes", "--rate", "0", "--job", "back")
    assert result.code == 1
    assert "The job left: 'Augusta'. Now: 'Ada K.'" in result.out
    assert "bulk import" not in result.out
    assert people(bulk)["ada@example.com"]["firstName"] == "Ada K."


def test_what_cannot_be_undone_says_so(bulk: Shell):
    bulk.sandbox("import", SAMPLE)
    assert bulk("export", "contacts", bulk.folder / "out.csv", "--sandbox", "--job", "out").code == 0
    assert "is an export" in bulk("undo", "out", "--yes").err
    assert "no job" in bulk("undo", "nothing").err.lower()
