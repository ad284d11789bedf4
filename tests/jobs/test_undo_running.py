"""An undo while it runs: contacts are read a hundred a request, it says what it takes, and it can be stopped."""

from __future__ import annotations

import os
import re
import signal

from bulk.errors import InterruptedJobError
from bulk.jobs import undo
from bulk.jobs.options import ImportOptions
from bulk.jobs.summary import JobResult
from bulk.model import Lost, Reply, Request
from bulk.sandbox.faults import Fault
from bulk.storage.job_folder import JobFolder
from tests.jobs.samples import given
from tests.jobs.test_undo import AFTER, HEADER, errors, failed, prepared
from tests.undone import gone_on, kept, people, undone
from tests.virtual import run
from tests.world import World, report

PEOPLE = [f"p{n:03}@example.com" for n in range(120)]
BEFORE = [(email, "Before", "") for email in PEOPLE]
CHANGED = [(email, "After", "VIP") for email in PEOPLE]


def changed(world: World) -> JobFolder:
    """A job that has changed the name and the tags of everybody."""
    world.start(world.csv(BEFORE, "email,firstName,tags"))
    kept(world, "before")
    world.start(world.csv(CHANGED, "email,firstName,tags"))
    return kept(world, "changed")


def test_contacts_are_read_a_hundred_a_request(world: World):
    job = changed(world)
    world.sent.clear()
    undone(world, job)
    assert (failed(world), errors(world)) == ({}, "")
    read = [request for request, _reply in world.sent if request.method == "GET" and "contacts/" in request.path]
    assert len(read) <= 2, read
    assert len(world.sent) <= 2 * len(PEOPLE) + 30
    assert {person["firstName"] for person in people(world)["contacts"].values()} == {"Before"}


def test_what_was_read_too_long_ago_is_read_again(world: World):
    """At a request a second a hundred lines take longer than how they were read says anything."""
    job = changed(world)
    world.sent.clear()

    async def start() -> JobResult:
        return await undo.start(job, ImportOptions(rate=1, concurrency=1), world.setting)

    run(start)
    many = [at for at, (request, _reply) in enumerate(world.sent) if request.step == "read back" and request.query]
    lines = [at for at, (request, _reply) in enumerate(world.sent) if request.method in ("PUT", "DELETE")]
    assert len(lines) == 2 * len(PEOPLE) + 1
    *lines, _tag = lines
    for at in lines:
        assert min(at - before for before in many if before < at) <= 25


def test_a_line_of_which_another_has_changed_the_account_reads_it_itself(world: World):
    """From one account to another: two lines of one contact, of which the second hangs on the first."""
    header = "email,firstName,account"
    world.start(world.csv([("a@example.com", "A", "Acme"), ("b@example.com", "B", "Acme")], header))
    kept(world, "before")
    before = people(world)
    world.start(world.csv([("a@example.com", "A", "Other"), ("b@example.com", "B", "Other")], header), undoable=True)
    undone(world, kept(world, "moved"))
    assert (failed(world), errors(world)) == ({}, "")
    assert people(world) == before


def test_what_it_takes_is_told_before_it_is_asked_about(world: World):
    prepared(world)
    world.start(world.csv(AFTER, HEADER), undoable=True)
    job = kept(world, "imported")
    told: list[str] = []

    def agreed(_question: str) -> bool:
        told.extend(world.told.lines)
        return True

    world.confirm = agreed
    world.sent.clear()
    undone(world, job)
    estimate = next(match for line in reversed(told) if (match := re.search(r"≈ ([\d,]+) requests", line)))
    assert abs(int(estimate[1]) - len(world.sent)) <= 0.25 * len(world.sent), (estimate[0], len(world.sent))


def test_ctrl_c_leaves_it_to_be_gone_on_with(world: World):
    job = changed(world)
    before = dict.fromkeys(PEOPLE, "Before")
    first = len(world.sent)
    pressed: list[int] = []

    def press(_request: Request) -> None:
        if len(world.sent) - first >= 40 and not pressed:
            pressed.append(len(world.sent))
            os.kill(os.getpid(), signal.SIGINT)

    world.on_send, world.signals = press, True
    world.faults = (Fault("slow", method="PUT", seconds=1.0),)
    result = undone(world, job)
    world.on_send, world.signals, world.faults = lambda _request: None, False, ()
    assert isinstance(result.error, InterruptedJobError)
    assert result.error.exit_code == 130
    assert result.summary.rows["unprocessed"] > 0
    names = {email: person["firstName"] for email, person in people(world)["contacts"].items()}
    assert set(names.values()) == {"Before", "After"}
    result = gone_on(world)
    assert result.summary.complete
    names = {email: person["firstName"] for email, person in people(world)["contacts"].items()}
    assert names == before


def test_a_retry_reads_the_lines_of_each_resource_back_as_what_they_are(world: World):
    """What could not be read back of contacts and of deals: each is read where it is, not all as contacts."""
    given(world)
    folder = world.folder / "files"
    folder.mkdir()
    world.csv([("grace@example.com", "Grace")], "email,firstName", "files/contacts.csv")
    deals = "title,contact_email,value,currency,pipeline_title,stage_title"
    world.csv([("Big", "ada@example.com", "100.00", "usd", "Sales", "To Contact")], deals, "files/deals.csv")
    world.import_all(folder)
    kept(world, "before")
    world.csv([("grace@example.com", "Changed")], "email,firstName", "files/contacts.csv")
    world.csv([("Big", "ada@example.com", "250.00", "usd", "Sales", "To Contact")], deals, "files/deals.csv")
    world.import_all(folder, undoable=True)
    job = kept(world, "changed")
    wrote: set[str] = set()

    def unread(request: Request, reply: Reply | Lost) -> Reply | Lost:
        """Nothing can be read of what was written."""
        if request.method == "PUT":
            wrote.add(request.path)
        return Reply(200, {}) if request.method == "GET" and request.path in wrote else reply

    world.instead = unread
    undone(world, job)
    for _time in range(12):
        if world.job.state == "finished":
            break
        gone_on(world)
    assert {line["_code"] for line in report(world.job.path, "failed.csv")} == {"not_read_back"}
    assert {line["resource"] for line in report(world.job.path, "failed.csv")} == {"contacts", "deals"}
    world.instead = lambda _request, reply: reply
    grace = next(str(at) for at, email in enumerate(world.account()["contacts"], 1) if email.startswith("grace"))
    world.ask(f"PUT contacts/{grace}", {"contact": {"firstName": "Somebody's"}})
    gone_on(world, retry=True)
    assert {line["resource"]: line["_code"] for line in report(world.job.path, "failed.csv")} == {
        "contacts": "not_confirmed"
    }
    assert [line["resource"] for line in report(world.job.path, "succeeded.csv")] == ["deals"]
