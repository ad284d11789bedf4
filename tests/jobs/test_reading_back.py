"""What was acknowledged counts as done only if it is found so when it is read back."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bulk.model import Lost, Reply, Request
from bulk.sandbox.faults import Fault
from tests.acknowledged import wrong
from tests.jobs.samples import IMPORTED, SAMPLES
from tests.scale import tries
from tests.world import Crash, World, check_reports, crashing, report

HEADER = "email,firstName,tags,lists"


def people(count: int) -> list[tuple[str, ...]]:
    return [(f"p{n}@example.com", f"Name {n}", "VIP", "Newsletter") for n in range(count)]


def codes(world: World) -> dict[str, tuple[str, str]]:
    return {line["_row"]: (line["_step"], line["_code"]) for line in report(world.job.path, "failed.csv")}


def read_backs(world: World) -> list[Request]:
    return [request for request, _reply in world.sent if request.step.startswith("read back")]


@pytest.mark.parametrize("seed", range(tries(8, 300)))
def test_nothing_counts_as_done_that_was_acknowledged_in_vain(seed: int):
    assert wrong(seed) == ""


@pytest.mark.parametrize("name", [resource.name for resource in IMPORTED])
def test_rows_of_every_resource_that_are_acknowledged_in_vain_fail(world: World, small: Path, name: str):
    shutil.copytree(small, world.folder / "account")
    sample = SAMPLES[name]
    posts = {"contacts": "contact/sync"}.get(name, name)
    world.faults = (Fault("unapplied", "POST", posts),)
    ending = world.start(world.csv(sample.rows[:2], sample.header), name)
    lines = check_reports(world.job.path, sample.header)
    assert {line["_file"] for line in lines.values()} == {"failed.csv"}
    assert {code for _step, code in codes(world).values()} == {"not_confirmed"}, "also where later steps are refused"
    assert ending.summary.codes == {"not_confirmed": 2}
    error = report(world.job.path, "failed.csv")[0]["_error"]
    assert error.startswith("Acknowledged, but not found so when read: ")
    world.faults = ()
    ending = world.resume(retry=True)
    assert ending.summary.rows["failed"] == 0, report(world.job.path, "failed.csv")


@pytest.mark.parametrize(
    ("method", "path", "step"),
    [("POST", "contact/sync", "contact"), ("POST", "contactTags", "tag New"),
     ("POST", "contactLists", "list Customers"),
     ("DELETE", "contactTags/*", "remove tag VIP"), ("POST", "accountContacts", "account Firm")],
)  # fmt: skip
def test_each_step_of_a_contact_is_read_back(world: World, method: str, path: str, step: str):
    world.start(world.csv(people(3), HEADER))
    shutil.rmtree(world.job.path)
    rows = [(f"p{n}@example.com", "Other", "New", "VIP", "Customers", "Firm") for n in range(3)]
    world.faults = (Fault("unapplied", method, path, nth=2),)
    ending = world.start(world.csv(rows, "email,firstName,tags,remove_tags,lists,account"))
    assert ending.summary.rows["failed"] == 1
    assert list(codes(world).values()) == [(step, "not_confirmed")]


def test_deletes_are_read_back(world: World):
    world.start(world.csv(people(4), HEADER))
    shutil.rmtree(world.job.path)
    world.sent.clear()
    world.faults = (Fault("unapplied", "DELETE", "contacts/2"),)
    rows = [(f"p{n}@example.com",) for n in range(4)]
    ending = world.start(world.csv(rows, "email"), mode="delete", yes=True)
    assert (ending.summary.rows["succeeded"], ending.summary.rows["failed"]) == (3, 1)
    assert codes(world) == {"3": ("delete", "not_confirmed")}
    assert [request.path for request in read_backs(world)] == ["contacts", "contacts/2"], (
        "all of them at once, and who is still there alone"
    )


def test_a_page_that_leaves_some_out_confirms_no_delete(world: World):
    world.start(world.csv(people(4), HEADER))
    shutil.rmtree(world.job.path)
    world.faults = (Fault("unapplied", "DELETE", "contacts/2"), Fault("empty_page", "GET", "contacts", skip=1))
    rows = [(f"p{n}@example.com",) for n in range(4)]
    ending = world.start(world.csv(rows, "email"), mode="delete", yes=True)
    assert ending.summary.rows["failed"] == 1


@pytest.mark.parametrize("kind", ["no_include", "no_filter", "no_total"])
def test_a_server_that_passes_over_what_is_asked_is_asked_one_by_one(world: World, kind: str):
    world.faults = (Fault(kind, "GET", "contacts*"), Fault("unapplied", "POST", "contactTags", nth=2))
    ending = world.start(world.csv(people(5), HEADER))
    assert (ending.summary.rows["succeeded"], ending.summary.rows["failed"]) == (4, 1)


def test_of_rows_of_one_contact_the_last_word_counts(world: World):
    rows = [("a@example.com", "One", "2"), ("b@example.com", "B", ""), ("a@example.com", "Two", "3"),
            ("A@example.com", "Last", "")]  # fmt: skip
    ending = world.start(world.csv(rows, "email,firstName,phone"), on_duplicate="all")
    assert ending.summary.rows["succeeded"] == 4
    world.faults = (Fault("unapplied", "POST", "contact/sync", body="Final"),)
    shutil.rmtree(world.job.path)
    rows = [("a@example.com", "Next", ""), ("a@example.com", "Final", "")]
    ending = world.start(world.csv(rows, "email,firstName,phone"), on_duplicate="all")
    assert codes(world) == {"3": ("contact", "not_confirmed")}


def test_what_was_not_read_back_before_a_kill_is_read_when_the_job_goes_on(world: World):
    world.faults = (Fault("unapplied", "POST", "contactTags", nth=2),)

    def crash(request: Request) -> None:
        if request.step.startswith("read back"):
            raise Crash

    with crashing(world, ""):
        world.on_send = crash
        world.start(world.csv(people(5), HEADER))
    world.faults = ()
    world.sent.clear()
    ending = world.resume()
    assert ending.summary.state == "finished"
    assert (ending.summary.rows["succeeded"], ending.summary.rows["failed"]) == (4, 1)
    assert {code for _step, code in codes(world).values()} == {"not_confirmed"}
    assert not world.steps()


NAMES = [(f"p{n}@example.com", f"Name {n}") for n in range(5)]


def test_what_cannot_be_read_back_now_leaves_the_job_unfinished(world: World):
    world.faults = (
        Fault("status", "GET", "contacts", status=500, skip=1), Fault("status", "GET", "contacts/*", status=500)
    )  # fmt: skip
    ending = world.start(world.csv(NAMES, "email,firstName"), concurrency=1)
    assert ending.error is not None
    assert (ending.summary.state, ending.error.exit_code) == ("unfinished", 4)
    world.faults = ()
    ending = world.resume()
    assert (ending.error, ending.summary.rows["succeeded"]) == (None, 5)


def test_what_the_api_does_not_let_be_read_is_told(world: World):
    world.faults = (
        Fault("status", "GET", "contacts", status=422, skip=1), Fault("status", "GET", "contacts/*", status=405)
    )  # fmt: skip
    ending = world.start(world.csv(NAMES, "email,firstName"))
    assert (ending.error, ending.summary.rows["succeeded"]) == (None, 5)
    assert json.loads((world.job.path / "summary.json").read_text())["not_read_back"] == 5


def test_a_page_of_somebody_between_is_no_refusal(world: World):
    world.faults = (
        Fault("proxy", "GET", "contacts", status=404, skip=1), Fault("proxy", "GET", "contacts/*", status=404)
    )  # fmt: skip
    ending = world.start(world.csv(NAMES, "email,firstName"), concurrency=1)
    assert ending.error is not None
    assert ending.summary.state == "unfinished"
    world.faults = ()
    assert world.resume().summary.rows["succeeded"] == 5


def test_a_failing_server_is_noticed_while_the_rows_run(world: World):
    world.faults = (Fault("unapplied", "POST", "contactTags"),)
    ending = world.start(world.csv(people(600), HEADER), max_errors="50")
    assert ending.error is not None
    assert ending.error.exit_code == 3
    assert ending.summary.rows["unprocessed"] > 300


def test_reading_back_costs_a_request_in_a_hundred_rows(world: World):
    ending = world.start(world.csv(people(tries(300, 1000)), HEADER))
    assert ending.summary.complete
    assert len(read_backs(world)) <= tries(300, 1000) / 100 + 1
    assert len(read_backs(world)) <= 0.02 * len(world.sent)


def test_what_somebody_has_changed_meanwhile_is_said_with_both_values(world: World):
    world.start(world.csv(people(2), HEADER))
    shutil.rmtree(world.job.path)

    def meddle(request: Request, _reply: Reply | Lost) -> None:
        if request.path == "contact/sync":
            world.after = lambda _request, _reply: None
            sandbox = world.folder / "account" / "sandbox.sqlite"
            with closing(sqlite3.connect(sandbox)) as db, db:
                db.execute("UPDATE contacts SET firstName = 'Meddled' WHERE email = 'p0@example.com'")

    world.after = meddle
    ending = world.start(world.csv([("p0@example.com", "Other")], "email,firstName"))
    error = report(world.job.path, "failed.csv")[0]["_error"]
    assert "'Other'" in error
    assert "'Meddled'" in error
    assert ending.summary.codes == {"not_confirmed": 1}
