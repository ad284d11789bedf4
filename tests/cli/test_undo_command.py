"""`bulk undo`: what it shows, what it asks, and its exit codes."""

from __future__ import annotations

import json

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
    assert result.out.splitlines() == ["Nothing was put back. To do it:", f"  bulk undo second --jobs-dir {bulk.jobs}"]
    assert "undo.csv" not in result.out + result.err, "it is not kept"
    assert "Rows are those of " in result.err
    result = bulk("undo", "second", "--yes", "--rate", "0", "--job", "back")
    assert (result.code, result.out.splitlines()[0]) == (0, "4 things: 2 deleted, 2 updated")
    assert f"  Each thing has a line in {bulk.job('back') / 'undo.csv'}" in result.err.splitlines()
    assert (bulk.job("back") / "undo.csv").exists()
    assert people(bulk) == before
    assert [line["action"] for line in report(bulk.job("back"), "succeeded.csv")] == [
        "remove_tag", "update", "delete", "delete",
    ]  # fmt: skip
    assert "back" in bulk("jobs").out
    assert "nothing" in bulk("resume", "back").out.lower()
    assert bulk("undo", "back", "--yes", "--rate", "0").code == 0
    assert people(bulk) == imported


def test_an_import_ends_with_the_line_that_takes_it_back(bulk: Shell):
    path = file(bulk, "ada@example.com,Ada,VIP")
    undo = f"bulk undo first --jobs-dir {bulk.jobs}"
    assert bulk.sandbox("import", path, "--job", "first").out.splitlines()[-2:] == ["To take it back:", f"  {undo}"]
    assert "take it back" not in bulk.sandbox("import", path).out, "all of it was there"
    bulk.sandbox("plan", file(bulk, "ada@example.com,Augusta,"), "--job", "p")
    applied = json.loads(bulk("apply", "p", "--rate", "0", "--json").out)
    assert (applied["undo"], applied["undoable"]) == (undo.replace("first", "p"), True)
    result = bulk("undo", "p", "--yes", "--rate", "0", "--job", "back")
    assert result.out.splitlines()[-1] == f"  {undo.replace('first', 'back')}"
    unread = bulk.sandbox("import", file(bulk, "ada@example.com,Augusta,"), "--job", "unread")
    assert unread.out.splitlines()[-1].startswith("1 row was changed unread, which cannot be taken back")
    assert "undo" not in json.loads(bulk.sandbox("import", file(bulk, "ada@example.com,Ada,"), "--json").out)


def test_a_job_that_is_to_go_on_ends_with_the_line_that_does(bulk: Shell):
    people = [f"p{number}@example.com,P," for number in range(40)]
    result = bulk("import", "contacts", file(bulk, *people), "--sandbox", "--job", "cut", "--max-duration", "1s")
    assert result.code == 4
    assert "take it back" not in result.out
    assert result.err.splitlines()[-1].startswith("  bulk resume cut")
    assert bulk("resume", "cut", "--rate", "0").out.splitlines()[-1].startswith("  bulk undo cut")


def test_what_changed_since_is_named_and_nothing_is_asked_for_by_itself(bulk: Shell):
    bulk.sandbox("import", file(bulk, "ada@example.com,Ada,"))
    bulk.sandbox("import", file(bulk, "ada@example.com,Augusta,"), "--job", "second", "--undoable")
    bulk.sandbox("import", file(bulk, "ada@example.com,Ada K.,"))
    refused = bulk("undo", "second")
    assert refused.code == 2
    assert "nobody can answer here" in refused.err
    assert "delete" not in refused.err.lower()
    assert "delete" not in bulk("undo", "--help").out.lower()
    result = bulk("undo", "second", "--yes", "--rate", "0", "--job", "back")
    assert result.code == 1
    assert "The job left: 'Augusta'. Now: 'Ada K.'" in result.out
    assert "    undo.csv row 2: " in result.out, "which is row 2 of the file by chance alone"
    assert "bulk import" not in result.out
    assert people(bulk)["ada@example.com"]["firstName"] == "Ada K."


def test_what_cannot_be_undone_says_so(bulk: Shell):
    bulk.sandbox("import", SAMPLE)
    assert bulk("export", "contacts", bulk.folder / "out.csv", "--sandbox", "--job", "out").code == 0
    assert "is an export" in bulk("undo", "out", "--yes").err
    assert "no job" in bulk("undo", "nothing").err.lower()


def test_a_program_is_told_what_would_be_put_back(bulk: Shell):
    bulk.sandbox("import", file(bulk, "ada@example.com,Ada,VIP"), "--job", "first")
    bulk.sandbox("import", file(bulk, "ada@example.com,Augusta,"), "--job", "second", "--undoable")
    result = bulk("undo", "second", "-n", "--json", "--rate", "0")
    told = json.loads(result.out)
    assert (result.code, told["undoes"], told["state"], told["changes"]) == (0, "second", "planned", {"update": 1})
    assert told["rows"]["read"] == told["rows"]["unprocessed"] == 1
    (line,) = told["lines"]
    assert (line["row"], line["column"], line["expected now"], line["back to"]) == ("2", "firstName", "Augusta", "Ada")
    assert (told["unsubscribed"], told["subscribed"], told["stays"], told["not_undoable"]) == (0, 0, {}, [])
    assert told["undo"] == f"bulk undo second --jobs-dir {bulk.jobs}"
    assert told["requests"] > 0
    assert "job" not in told, "none was made"
    assert "undo-" not in bulk("jobs").out


def test_a_program_is_told_that_there_is_nothing_to_put_back(bulk: Shell):
    path = file(bulk, "ada@example.com,Ada,VIP")
    bulk.sandbox("import", path)
    bulk.sandbox("import", path, "--undoable", "--job", "same")  # else nobody knows what was there before
    done = bulk("undo", "same", "--yes", "--json")
    told = json.loads(done.out)
    assert (done.code, told["undoes"], told["state"]) == (0, "same", "finished")
    assert set(told["rows"].values()) == {0}
    assert "has changed nothing" in told["reason"]
    planned = json.loads(bulk("undo", "same", "-n", "--json").out)
    assert (planned["state"], planned["changes"], planned["lines"]) == ("planned", {}, [])
    bulk.sandbox("import", file(bulk, "new@example.com,New,"), "--job", "new")
    bulk("undo", "new", "--yes", "--rate", "0")
    assert "undone already" in json.loads(bulk("undo", "new", "--yes", "--json").out)["reason"]
