"""A row counts as done by an answer that says so of its own record, or by reading; whoever else answers."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing

import pytest

from bulk.errors import AbortedError, UnfinishedError
from bulk.model import Lost, Reply, Request
from bulk.sandbox.faults import Fault
from tests.world import World, check_reports, report

HEADER = "email,firstName"
ROWS = [(f"r{n}@example.com", f"R{n}") for n in range(25)]


# ---- a page of a proxy


@pytest.mark.parametrize("status", [200, 401, 403, 404, 502])
def test_one_page_of_a_proxy_costs_one_more_request(world: World, status: int):
    world.faults = (Fault("html", method="POST", path="contact/sync", status=status, nth=5),)
    job_result = world.start(world.csv(ROWS, HEADER))
    assert job_result.summary.complete
    assert sum(request.path == "contact/sync" for request, _reply in world.sent) == 26


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_page_of_a_proxy_that_stays_stops_the_job_and_is_named(world: World, status: int):
    world.latency = 0.2
    world.faults = (Fault("html", status=status, skip=12),)
    job_result = world.start(world.csv(ROWS, HEADER), concurrency=2)
    assert isinstance(job_result.error, AbortedError)
    said = str(job_result.error)
    assert "A page of a proxy in front of ActiveCampaign, not the API's answer" in said
    assert f"HTTP {status}" in said
    assert "<" not in said
    assert "key" not in said
    assert job_result.summary.state == "unfinished"
    check_reports(world.job.path, HEADER)
    world.faults = ()
    assert world.resume().summary.complete


def test_an_export_goes_on_after_a_page_of_a_proxy(world: World):
    world.start(world.csv(ROWS, HEADER))
    world.job.path.rename(world.folder / "import")
    world.faults = (Fault("html", method="GET", path="contacts", status=403, nth=1),)
    assert world.export(world.folder / "out.csv").summary.complete


def test_the_key_is_refused_by_the_api_s_own_word_alone(world: World):
    world.faults = (Fault("status", method="POST", path="contact/sync", status=403, nth=5),)
    job_result = world.start(world.csv(ROWS, HEADER), concurrency=1)
    assert isinstance(job_result.error, AbortedError)
    assert "Check the key" in str(job_result.error)
    assert sum(isinstance(reply, Reply) and reply.status == 403 for _request, reply in world.sent) == 1


# ---- deletes


@pytest.mark.parametrize(
    "fault",
    [
        Fault("html", "DELETE", "contacts/*", status=404),
        Fault("empty", "DELETE", "contacts/*"),
        Fault("status", "DELETE", "contacts/*", status=404, applied=True),
    ],
)
def test_whether_it_is_gone_is_settled_by_reading_where_no_answer_says_so(world: World, fault: Fault):
    world.start(world.csv(ROWS[:3], HEADER))
    world.job.path.rename(world.folder / "import")
    world.faults = (fault,)
    job_result = world.start(world.csv([(email,) for email, _name in ROWS[:3]], "email"), mode="delete", yes=True)
    assert job_result.summary.actions == {"deleted": 3}
    assert not world.account()["contacts"]


def test_what_is_still_there_after_no_word_of_the_api_is_not_called_deleted(world: World):
    world.start(world.csv(ROWS[:3], HEADER))
    world.job.path.rename(world.folder / "import")
    world.faults = (Fault("status", "DELETE", "contacts/*", status=404),)
    job_result = world.start(world.csv([(email,) for email, _name in ROWS[:3]], "email"), mode="delete", yes=True)
    assert job_result.summary.rows["succeeded"] == job_result.summary.rows["unchanged"] == 0
    assert len(world.account()["contacts"]) == 3


# ---- totals


@pytest.mark.some(4)
@pytest.mark.parametrize("resource", ["contacts", "tags"])
@pytest.mark.parametrize("told", ["0", "75", "-1", "many"])
def test_an_export_is_whole_whatever_total_is_told(world: World, resource: str, told: str):
    tags = ",".join(f"T{n}" for n in range(151))
    world.start(world.csv([(f"p{n}@example.com", tags if not n else "") for n in range(151)], "email,tags"))
    world.job.path.rename(world.folder / "import")
    world.faults = (Fault("total", path=resource, total=told),)
    job_result = world.export(world.folder / "out.csv", resource)
    assert job_result.summary.complete
    assert job_result.summary.rows["succeeded"] == 151


@pytest.mark.parametrize("told", ["1e999", "NaN"])  # the sandbox writes what is no JSON: such a page is not believed
def test_an_export_of_pages_that_are_no_json_leaves_no_file(world: World, told: str):
    world.start(world.csv(ROWS, HEADER))
    world.job.path.rename(world.folder / "import")
    world.faults = (Fault("total", path="contacts", total=told),)
    with pytest.raises(UnfinishedError):
        world.export(world.folder / "out.csv")
    assert not (world.folder / "out.csv").exists()


@pytest.mark.parametrize("resource", ["contacts", "tags"])
def test_a_total_that_is_never_reached_is_told_beside_all_that_there_is(world: World, resource: str):
    tags = ",".join(f"T{n}" for n in range(151))
    world.start(world.csv([(f"p{n}@example.com", tags if not n else "") for n in range(151)], "email,tags"))
    world.job.path.rename(world.folder / "import")
    world.faults = (Fault("total", path=resource, total="160"),)
    job_result = world.export(world.folder / "out.csv", resource)
    assert not job_result.summary.complete, "a gap that cannot be explained"
    assert job_result.summary.rows["succeeded"] == 151
    assert "said it holds 160" in job_result.summary.reason
    assert (world.folder / "out.csv").exists()


def test_a_total_that_moved_while_pages_were_read_is_no_failure(world: World):
    world.start(world.csv([(f"p{n}@example.com", "") for n in range(400)], "email,tags"))
    world.job.path.rename(world.folder / "import")
    world.faults = (Fault("total", path="contacts", total="404", first=2),)
    job_result = world.export(world.folder / "out.csv")
    assert job_result.summary.complete, job_result.summary
    assert job_result.summary.rows["succeeded"] == 400


# ---- other people's records


@pytest.mark.parametrize("mode", ["update", "delete"])
def test_who_is_not_looked_for_by_address_is_not_said_to_be_missing(world: World, mode: str):
    world.start(world.csv(ROWS, HEADER))
    world.job.path.rename(world.folder / "import")
    world.faults = (Fault("no_filter", method="GET", path="contacts"),)
    job_result = world.start(world.csv([("r24@example.com", "New")], HEADER), mode=mode, yes=True)
    assert job_result.summary.rows["unchanged"] == 0
    assert not job_result.summary.complete
    assert "r24@example.com" in world.account()["contacts"]


@pytest.mark.some(4)
@pytest.mark.parametrize("kind", ["another", "twice"])
@pytest.mark.parametrize("path", ["contact/sync", "contactTags", "contactLists", "accountContacts"])
def test_an_answer_about_another_record_is_repeated_or_looked_up(world: World, kind: str, path: str):
    header = "email,firstName,tags,lists,account"
    rows = [(email, name, "VIP", "Newsletter", "Firm") for email, name in ROWS]
    world.start(world.csv(rows, header))
    expected = world.account()
    for old in (world.job.path, world.folder / "account"):
        old.rename(world.folder / f"before {old.name}")
    world.faults = (Fault(kind, method="POST", path=path, every=4),)
    job_result = world.start(world.csv(rows, header))
    assert job_result.summary.complete
    assert world.account() == expected


def test_an_answer_about_somebody_else_is_not_repeated_to_an_address(world: World):
    """The server may have changed whom it speaks of; whoever has the address is changed by the id."""
    world.faults = (Fault("another", method="POST", path="contact/sync"),)
    job_result = world.start(world.csv(ROWS, HEADER))
    assert job_result.summary.complete
    assert job_result.summary.actions == {"created": len(ROWS)}
    assert (world.steps().count("contact"), world.steps().count("contact by id")) == (len(ROWS), len(ROWS))


def test_what_was_sent_to_nobody_that_is_known_stays_in_doubt_and_a_retry_only_looks(world: World):
    def lose(request: Request, reply: Reply | Lost) -> None:
        if request.path == "contact/sync" and isinstance(reply, Reply):
            with closing(sqlite3.connect(world.folder / "account" / "sandbox.sqlite")) as db, db:
                db.execute("UPDATE contacts SET email = 'x@y.org', email_key = 'x@y.org' WHERE email LIKE 'r%'")

    world.faults = (Fault("another", "POST", "contact/sync"),)
    world.after = lose
    job_result = world.start(world.csv(ROWS[:1], HEADER))
    assert (job_result.summary.rows["in_doubt"], job_result.summary.codes) == (1, {"another_record": 1})
    assert "no contact r0@example.com" in report(world.job.path, "failed.csv")[0]["_error"]
    world.after = lambda _request, _reply: None
    world.faults = ()
    for _again in range(2):
        world.sent.clear()
        job_result = world.resume(retry=True)
        assert (job_result.summary.rows["in_doubt"], world.steps()) == (1, [])
    world.ask("POST contacts", {"contact": {"email": "r0@example.com"}})
    job_result = world.resume(retry=True)
    assert (job_result.summary.rows["succeeded"], world.steps()) == (1, ["contact by id"])


# ---- what this key may not read


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize(
    ("path", "gone"), [("accounts", {"account"}), ("lists", {"lists", "unsubscribe_lists"}), ("fields", {"City"})]
)
def test_an_export_leaves_out_what_may_not_be_read(world: World, status: int, path: str, gone: set[str]):
    rows = [(email, "VIP", "Newsletter", "Firm", "Bath") for email, _name in ROWS[:5]]
    world.start(world.csv(rows, "email,tags,lists,account,City"))
    world.job.path.rename(world.folder / "import")
    assert world.export(world.folder / "all.csv").summary.complete
    world.job.path.rename(world.folder / "export")
    world.faults = (Fault("status", method="GET", path=path, status=status),)
    assert world.export(world.folder / "out.csv").summary.complete
    with (world.folder / "all.csv").open(encoding="utf-8-sig") as file:
        before = list(csv.DictReader(file))
    with (world.folder / "out.csv").open(encoding="utf-8-sig") as file:
        after = list(csv.DictReader(file))
    left = set(before[0]) - set(after[0])
    assert gone <= left
    assert "tags" not in left
    assert [{name: row[name] for name in row if name not in left} for row in before] == after


def test_a_column_that_was_asked_for_is_not_left_out(world: World):
    world.start(world.csv(ROWS[:5], HEADER))
    world.job.path.rename(world.folder / "import")
    world.faults = (Fault("status", method="GET", path="accounts", status=404),)
    assert world.export(world.folder / "out.csv", columns=("email", "firstName")).summary.complete
    world.job.path.rename(world.folder / "export")
    job_result = world.export(world.folder / "out.csv", columns=("email", "account"))
    assert isinstance(job_result.error, AbortedError)
    assert "accounts may not be read with this key" in str(job_result.error)


def test_an_import_does_without_names_that_its_file_does_not_use(world: World):
    world.faults = (Fault("status", method="GET", path="lists", status=403),)
    assert world.start(world.csv(ROWS[:5], HEADER)).summary.complete
    world.job.path.rename(world.folder / "import")
    with pytest.raises(AbortedError):
        world.start(world.csv([("a@example.com", "Newsletter")], "email,lists"))
