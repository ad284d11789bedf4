"""What the page did is in the job's folder exactly as after the command line: the same options, equal reports."""

from __future__ import annotations

import json
import re
from pathlib import Path

from bulk.__main__ import run as run_command
from bulk.library.jobs import Job, jobs_in
from tests.app.visitor import Visitor

PEOPLE = (
    "Email,First Name,Tags\nada@example.com,Ada,VIP\ngrace@example.com,Grace,\nnot an address,Nobody,\n"
)  # fmt: skip
REPORTS = ("succeeded.csv", "failed.csv", "plan.csv", "undo.csv")
TIMES = re.compile(r'"(seconds|requests_per_second|rate_achieved|made_at|read_at|job|retries|requests)": [^,}]+,?')


def page_and_terminal(folder: Path, page: str, terminal: str) -> tuple[Job, Job]:
    """Jobs by their names."""
    jobs = {job.name: job for job in jobs_in(folder)}
    return jobs[page], jobs[terminal]


def assert_same(ours: Job, theirs: Job) -> None:
    """Two jobs that did the same to two accounts."""
    assert ours.record.kind == theirs.record.kind
    assert ours.record.resource == theirs.record.resource
    assert ours.record.options == theirs.record.options
    assert ours.state == theirs.state
    assert ours.rows == theirs.rows
    told = [(job.summary or {}).get("actions") for job in (ours, theirs)]
    assert told[0] == told[1]
    kept = [{path.name for path in job.path.iterdir()} for job in (ours, theirs)]
    assert kept[0] == kept[1], "the same files"
    for name in REPORTS:
        if (ours.path / name).exists():
            assert (ours.path / name).read_bytes() == (theirs.path / name).read_bytes(), name


def rehearsed(name: str) -> tuple[str, ...]:
    """The options of a command at an account of its own."""
    return ("--sandbox", "-q", "--rate", "0", "--job", name)


def test_a_plan_its_import_and_its_undo_are_as_by_commands(visitor: Visitor, monkeypatch):
    draft = visitor.give("people.csv", PEOPLE.encode())
    visitor.check(draft)
    plan = visitor.post(f"{draft}/plan")
    visitor.wait(plan)
    ours = plan.rpartition("/")[2]
    Path("people.csv").write_text(PEOPLE)
    monkeypatch.setenv("BULK_SANDBOX_DIR", "other-sandbox")
    assert run_command(["plan", "contacts", "people.csv", "--undoable", *rehearsed("theirs")]) == 0
    both = page_and_terminal(visitor.jobs, ours, "theirs")
    assert_same(*both)
    plans = [TIMES.sub("", (job.path / "plan.json").read_text()) for job in both]
    assert plans[0] == plans[1]

    visitor.post(f"{plan}/apply")
    assert "Done, but for 1 row" in visitor.wait(plan)
    assert run_command(["apply", "theirs", "-q"]) == 1
    both = page_and_terminal(visitor.jobs, ours, "theirs")
    assert both[0].record.account == both[1].record.account
    assert_same(*both)

    visitor.post(f"{plan}/undo/plan")
    visitor.wait(f"{plan}/undo")
    undo = visitor.post(f"{plan}/undo")
    assert "<h1>Done</h1>" in visitor.wait(undo)
    assert run_command(["undo", "theirs", "-q", "--yes", "--rate", "0", "--job", "undone"]) == 0
    ours_undo, theirs_undo = page_and_terminal(visitor.jobs, undo.rpartition("/")[2], "undone")
    options = [{**job.record.options, "yes": False} for job in (ours_undo, theirs_undo)]  # nobody was asked there
    assert options[0] == options[1]
    assert ours_undo.rows == theirs_undo.rows
    assert (ours_undo.path / "undo.csv").read_bytes() == (theirs_undo.path / "undo.csv").read_bytes()


def test_an_import_with_many_contacts_a_request_is_as_by_a_command(visitor: Visitor, monkeypatch):
    people = "Email,First Name\n" + "".join(f"p{n}@example.com,P{n}\n" for n in range(20))
    draft = visitor.give("people.csv", people.encode())
    visitor.check(draft, **{"set-lists": "Newsletter"})
    plan = visitor.post(f"{draft}/plan")
    visitor.wait(plan)
    place = visitor.post(f"{plan}/apply", {"engine": "batch"})
    assert "<h1>Done</h1>" in visitor.wait(place)
    Path("people.csv").write_text(people)
    monkeypatch.setenv("BULK_SANDBOX_DIR", "other-sandbox")
    said = ("--undoable", "--engine", "batch", "--set", "lists=Newsletter")
    assert run_command(["import", "contacts", "people.csv", *said, *rehearsed("theirs")]) == 0
    assert_same(*page_and_terminal(visitor.jobs, place.rpartition("/")[2], "theirs"))


def test_an_export_is_as_by_a_command(visitor: Visitor):
    place = visitor.post("/exports", {"resource": "lists", "form": "csv"})
    visitor.wait(place)
    assert run_command(["export", "lists", "theirs.csv", *rehearsed("theirs")]) == 0
    ours, theirs = page_and_terminal(visitor.jobs, place.rpartition("/")[2], "theirs")
    assert_same(ours, theirs)
    assert Path(ours.record.output).read_bytes() == Path("theirs.csv").read_bytes()


def test_deleting_is_as_by_a_command_and_said_in_so_many_words(visitor: Visitor, monkeypatch):
    Path("people.csv").write_text(PEOPLE)
    gone = "Email\nada@example.com\n"
    Path("gone.csv").write_text(gone)
    assert run_command(["import", "contacts", "people.csv", *rehearsed("before")]) == 1
    draft = visitor.give("gone.csv", gone.encode())
    assert "No problems found" in visitor.check(draft, mode="delete")
    plan = visitor.post(f"{draft}/plan")
    page = visitor.wait(plan)
    assert '<button class="danger">Delete 1 record in the sandbox</button>' in page
    visitor.post(f"{plan}/apply")
    assert "<h1>Done</h1>" in visitor.wait(plan)
    monkeypatch.setenv("BULK_SANDBOX_DIR", "other-sandbox")
    assert run_command(["import", "contacts", "people.csv", *rehearsed("there")]) == 1
    said = ("--mode", "delete", "--undoable")
    assert run_command(["plan", "contacts", "gone.csv", *said, *rehearsed("theirs")]) == 0
    assert run_command(["apply", "theirs", "-q", "--yes"]) == 0
    both = page_and_terminal(visitor.jobs, plan.rpartition("/")[2], "theirs")
    assert json.loads((both[0].path / "summary.json").read_text())["actions"] == {"deleted": 1}
    assert_same(*both)
