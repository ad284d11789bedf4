"""What was acknowledged counts as done only if it is found so when it is read back."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bulk.jobs.read_back import RUNS
from bulk.model import Lost, Reply, Request
from bulk.resources import named
from bulk.resources.spec import Writing
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


@pytest.mark.parametrize("seed", range(tries(3, 300)))
def test_nothing_counts_as_done_that_was_acknowledged_in_vain(seed: int):
    assert wrong(seed) == ""


@pytest.mark.some(5)
@pytest.mark.parametrize("name", [resource.name for resource in IMPORTED])
def test_rows_of_every_resource_that_are_acknowledged_in_vain_fail(world: World, small: Path, name: str):
    shutil.copytree(small, world.folder / "account")
    sample = SAMPLES[name]
    posts = {"contacts": "contact/sync"}.get(name, name)
    world.faults = (Fault("unapplied", "POST", posts),)
    job_result = world.start(world.csv(sample.rows[:2], sample.header), name)
    lines = check_reports(world.job.path, sample.header)
    assert {line["_file"] for line in lines.values()} == {"failed.csv"}
    assert {code for _step, code in codes(world).values()} == {"not_confirmed"}, "also where later steps are refused"
    assert job_result.summary.codes == {"not_confirmed": 2}
    error = report(world.job.path, "failed.csv")[0]["_error"]
    assert error.startswith("Acknowledged, but not found so when read: ")
    world.faults = ()
    job_result = world.resume(retry=True)
    assert job_result.summary.rows["failed"] == 0, report(world.job.path, "failed.csv")


# of each resource whose records are tables of their own, a column that somebody changes
ALTERED = {
    resource.name: SAMPLES[resource.name].change[0] for resource in IMPORTED if resource.writing is not Writing.LINK
}


def spoiling(world: World, name: str, column: str, value: str = "7") -> None:
    """From now on every record that is made is changed at once by somebody else."""

    table = "contacts" if name == "contact/sync" else name

    def spoil(request: Request, reply: Reply | Lost) -> None:
        if (request.method, request.path) == ("POST", name) and isinstance(reply, Reply) and reply.status < 300:
            identity = reply.body[named(table).singular]["id"]
            with closing(sqlite3.connect(world.folder / "account" / "sandbox.sqlite")) as db, db:
                db.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?", (value, identity))

    world.after = spoil


def count(world: World, name: str) -> int:
    with closing(sqlite3.connect(world.folder / "account" / "sandbox.sqlite")) as db:
        return int(db.execute(f"SELECT count(*) FROM {name}").fetchone()[0])


@pytest.mark.some(5)
@pytest.mark.parametrize(("name", "mode"), [(n, m) for n in ALTERED for m in ("create", "upsert")])
def test_what_a_row_has_made_and_was_not_found_so_is_put_right_and_not_made_twice(
    world: World, small: Path, name: str, mode: str
):
    shutil.copytree(small, world.folder / "account")
    sample = SAMPLES[name]
    before = count(world, name)
    synced = (name, mode) == ("contacts", "upsert")  # which is repeated, by the address
    spoiling(world, "contact/sync" if synced else name, ALTERED[name])
    world.start(world.csv(sample.rows[:2], sample.header), name, mode=mode)
    assert {code for _step, code in codes(world).values()} == {"not_confirmed"}
    assert (count(world, name) - before, len(codes(world))) == (2, 2)
    world.after = lambda _request, _reply: None
    world.sent.clear()
    job_result = world.resume(retry=True)
    assert job_result.summary.rows["failed"] == 0, report(world.job.path, "failed.csv")
    assert count(world, name) - before == 2
    assert job_result.summary.actions == {"created": 2}
    assert synced or not {"create", "contact"} & set(world.steps("POST"))
    check_reports(world.job.path, sample.header)


def test_an_id_that_another_record_has_by_now_is_no_record_of_the_row(world: World):
    """A server that acknowledges in vain gives the next record the same id."""
    world.faults = (Fault("unapplied", "POST", "tags", nth=1),)
    world.start(world.csv([("One",), ("Two",), ("Three",)], "tag"), "tags", mode="create", concurrency=1)
    assert list(codes(world)) == ["2"]
    world.faults = ()
    job_result = world.resume(retry=True)
    assert (job_result.summary.rows["failed"], job_result.summary.actions) == (0, {"created": 3})


def test_what_has_another_key_by_now_is_left_to_people(world: World):
    """It may be somebody else's; a second one is not made either."""
    spoiling(world, "tags", "tag", "Renamed")
    world.start(world.csv([("One",)], "tag"), "tags", mode="create")
    world.after = lambda _request, _reply: None
    made = count(world, "tags")
    for _again in range(2):
        world.sent.clear()
        world.resume(retry=True)
        assert (count(world, "tags"), world.steps()) == (made, [])
        assert codes(world) == {"2": ("read back", "not_confirmed")}
    error = report(world.job.path, "failed.csv")[0]["_error"]
    assert "no second one was made" in error


STAGES = {"Services, big": ["Won", "Lost"], "=1+1": ["One", "Two, three", "Four", "Five"]}  # of the sample


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [("fields", "POST", "fieldRels"), ("dealGroups", "PUT", "dealStages/*"), ("dealGroups", "DELETE", "dealStages/*"),
     ("dealGroups", "POST", "dealStages")],
)  # fmt: skip
def test_what_belongs_to_a_new_record_is_read_back_and_put_right(
    world: World, small: Path, name: str, method: str, path: str
):
    shutil.copytree(small, world.folder / "account")
    sample = SAMPLES[name]
    world.faults = (Fault("unapplied", method, path),)
    world.start(world.csv(sample.rows[:2], sample.header), name)
    assert {code for _step, code in codes(world).values()} == {"not_confirmed"}
    world.faults = ()
    job_result = world.resume(retry=True)
    assert (job_result.summary.complete, job_result.summary.actions) == (True, {"created": 2})
    with closing(sqlite3.connect(world.folder / "account" / "sandbox.sqlite")) as db:
        for title, *_more in sample.rows[:2]:
            shown = "SELECT relid FROM fieldRels JOIN fields ON fields.id = field WHERE title = ?"
            stages = "SELECT s.title FROM dealStages s JOIN dealGroups g ON g.id = dealGroup WHERE g.title = ?"
            own = [value for (value,) in db.execute(shown if name == "fields" else stages, (title,))]
            assert sorted(own) == ([0] if name == "fields" else sorted(STAGES[title]))


def test_a_stage_that_somebody_has_added_to_a_new_pipeline_stays(world: World):
    world.faults = (Fault("unapplied", "DELETE", "dealStages/*"),)
    world.start(world.csv([("New", "usd", "Won,Lost")], "title,currency,stages"), "dealGroups")
    assert codes(world) == {"2": ("create", "not_confirmed")}
    with closing(sqlite3.connect(world.folder / "account" / "sandbox.sqlite")) as db, db:
        ((group,),) = db.execute("SELECT id FROM dealGroups WHERE title = 'New'").fetchall()
        values = (group, "Ours", "2999-01-01T00:00:00-05:00")
        db.execute("INSERT INTO dealStages (dealGroup, title, color, ordernum, cdate) VALUES (?, ?, '', 9, ?)", values)
    world.faults = ()
    job_result = world.resume(retry=True)
    assert job_result.summary.complete
    with closing(sqlite3.connect(world.folder / "account" / "sandbox.sqlite")) as db:
        cursor = db.execute("SELECT title FROM dealStages WHERE dealGroup = ? ORDER BY ordernum", (group,))
        assert [title for (title,) in cursor] == ["Won", "Lost", "Ours"]


def test_a_deletion_that_was_acknowledged_in_vain_is_sent_again_with_its_row(world: World):
    world.start(world.csv([("p0@example.com", "Old firm")], "email,account", "before.csv"))
    shutil.rmtree(world.job.path)
    world.faults = (Fault("unapplied", "DELETE", "accountContacts/*"),)
    world.start(world.csv([("p0@example.com", "New firm")], "email,account"))
    assert codes(world) == {"2": ("account New firm", "field_invalid")}, "a contact has one account only"
    world.faults = ()
    job_result = world.resume(retry=True)
    assert (job_result.summary.complete, job_result.summary.actions) == (True, {"updated": 1})
    assert count(world, "accountContacts") == 1


def test_what_a_row_has_made_and_is_gone_is_made_again(world: World):
    world.faults = (Fault("unapplied", "POST", "notes"),)
    world.start(world.csv(people(1), HEADER))
    shutil.rmtree(world.job.path)
    rows = [("Call her", "Subscriber", "p0@example.com"), ("Or him", "Subscriber", "p0@example.com")]
    world.start(world.csv(rows, "note,reltype,contact_email"), "notes", mode="create")
    assert len(codes(world)) == 2
    world.faults = ()
    job_result = world.resume(retry=True)
    assert (job_result.summary.actions, count(world, "notes")) == ({"created": 2}, 2)


@pytest.mark.some(1)
@pytest.mark.parametrize("name", ["notes", "contacts", "deals"])
def test_a_retry_that_is_cut_off_makes_nothing_twice(world: World, small: Path, name: str):
    sample = SAMPLES[name]
    for at in range(8):
        shutil.rmtree(world.folder / "account", ignore_errors=True)
        shutil.rmtree(world.folder / "jobs", ignore_errors=True)
        shutil.copytree(small, world.folder / "account")
        before = count(world, name)
        spoiling(world, name, ALTERED[name])
        world.start(world.csv(sample.rows[:2], sample.header), name, mode="create")
        assert len(codes(world)) == 2
        world.after = lambda _request, _reply: None
        with crashing(world, ""):
            left = [at]

            def crash(_request: Request, left: list[int] = left) -> None:
                left[0] -= 1
                if left[0] < 0:
                    raise Crash

            world.on_send = crash
            world.resume(retry=True)
        job_result = world.resume(retry=True)
        assert (job_result.summary.actions, count(world, name) - before) == ({"created": 2}, 2)


def test_an_enrolment_that_was_not_seen_at_first_is_not_made_twice(world: World):
    """It may send mail."""
    world.start(world.csv(people(2), HEADER))
    shutil.rmtree(world.job.path)
    sandbox = world.folder / "account" / "sandbox.sqlite"

    def turn(_request: Request | None = None, _reply: Reply | Lost | None = None) -> None:
        """Hide the enrolments there are, or show them again."""
        with closing(sqlite3.connect(sandbox)) as db, db:
            db.execute("UPDATE contactAutomations SET contact = -contact")

    def hide(request: Request, reply: Reply | Lost) -> None:
        if request.method == "POST" and isinstance(reply, Reply):
            turn()

    world.after = hide
    rows = [("p0@example.com", "Welcome")]
    world.start(world.csv(rows, "contact_email,automation_name"), "contactAutomations", mode="create")
    assert codes(world) == {"2": ("enrol", "not_confirmed")}
    world.after = lambda _request, _reply: None
    turn()
    job_result = world.resume(retry=True)
    assert (count(world, "contactAutomations"), job_result.summary.actions) == (1, {"created": 1})


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
    job_result = world.start(world.csv(rows, "email,firstName,tags,remove_tags,lists,account"))
    assert job_result.summary.rows["failed"] == 1
    assert list(codes(world).values()) == [(step, "not_confirmed")]


def test_deletes_are_read_back(world: World):
    world.start(world.csv(people(4), HEADER))
    shutil.rmtree(world.job.path)
    world.sent.clear()
    world.faults = (Fault("unapplied", "DELETE", "contacts/2"),)
    rows = [(f"p{n}@example.com",) for n in range(4)]
    job_result = world.start(world.csv(rows, "email"), mode="delete", yes=True)
    assert (job_result.summary.rows["succeeded"], job_result.summary.rows["failed"]) == (3, 1)
    assert codes(world) == {"3": ("delete", "not_confirmed")}
    assert [request.path for request in read_backs(world)] == ["contacts", "contacts/2"], (
        "all of them at once, and who is still there alone"
    )


def test_a_page_that_leaves_some_out_confirms_no_delete(world: World):
    world.start(world.csv(people(4), HEADER))
    shutil.rmtree(world.job.path)
    world.faults = (Fault("unapplied", "DELETE", "contacts/2"), Fault("empty_page", "GET", "contacts", skip=1))
    rows = [(f"p{n}@example.com",) for n in range(4)]
    job_result = world.start(world.csv(rows, "email"), mode="delete", yes=True)
    assert job_result.summary.rows["failed"] == 1


@pytest.mark.parametrize("kind", ["no_include", "no_filter", "no_total"])
def test_a_server_that_passes_over_what_is_asked_is_asked_one_by_one(world: World, kind: str):
    world.faults = (Fault(kind, "GET", "contacts*"), Fault("unapplied", "POST", "contactTags", nth=2))
    job_result = world.start(world.csv(people(5), HEADER))
    assert (job_result.summary.rows["succeeded"], job_result.summary.rows["failed"]) == (4, 1)


def test_of_rows_of_one_contact_the_last_word_counts(world: World):
    rows = [("a@example.com", "One", "2"), ("b@example.com", "B", ""), ("a@example.com", "Two", "3"),
            ("A@example.com", "Last", "")]  # fmt: skip
    job_result = world.start(world.csv(rows, "email,firstName,phone"), on_duplicate="all")
    assert job_result.summary.rows["succeeded"] == 4
    world.faults = (Fault("unapplied", "POST", "contact/sync", body="Final"),)
    shutil.rmtree(world.job.path)
    rows = [("a@example.com", "Next", ""), ("a@example.com", "Final", "")]
    job_result = world.start(world.csv(rows, "email,firstName,phone"), on_duplicate="all")
    assert codes(world) == {"3": ("contact", "not_confirmed")}


ALIKE = [("a@example.com", "One", "New"), ("b@example.com", "B", "New"), ("a@example.com", "Two", "Other")]


@pytest.mark.some(4)
@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Fault("status", "POST", "tags", status=422, body="Other"), "failed"),
        (Fault("lost_after", "POST", "contactTags", skip=2), "in_doubt"),
        (Fault("status", "POST", "contactTags", status=422, skip=2), "failed"),
        (Fault("lost_after", "POST", "contact/sync", body="Two"), "in_doubt"),
    ],
)
@pytest.mark.parametrize("key", ["email", "id"])
def test_a_row_is_right_though_a_later_one_that_has_failed_has_changed_it(
    world: World, fault: Fault, status: str, key: str
):
    header, rows = "email,firstName,tags", ALIKE
    if key == "id":
        world.start(world.csv([(email, "", "") for email, *_rest in ALIKE[:2]], header))
        shutil.rmtree(world.job.path)
        header, rows = "id,firstName,tags", [(str(1 + (of[0] != "a")), *rest) for of, *rest in ALIKE]
        fault = replace(fault, method="PUT", path="contacts/*") if fault.path == "contact/sync" else fault
    world.faults = (fault,)
    job_result = world.start(world.csv(rows, header), on_duplicate="all", key=key)
    assert (job_result.summary.rows["succeeded"], job_result.summary.rows[status]) == (2, 1), (
        codes(world),
        job_result.summary,
    )
    assert list(codes(world)) == ["4"]


def test_a_row_that_was_acknowledged_in_vain_is_not_excused_by_a_later_one_that_has_failed(world: World):
    world.faults = (
        Fault("unapplied", "POST", "contact/sync"), Fault("status", "POST", "contactTags", status=422, skip=2)
    )  # fmt: skip
    world.start(world.csv([(f"{n}@example.com", "", "") for n in "ab"], "email,firstName,tags"))
    shutil.rmtree(world.job.path)
    world.start(world.csv(ALIKE, "email,firstName,tags"), on_duplicate="all")
    assert set(codes(world)) == {"2", "3", "4"}


def test_a_deal_is_right_though_a_later_row_that_has_failed_has_changed_it(world: World):
    world.start(world.csv([("a@example.com",)], "email"))
    shutil.rmtree(world.job.path)
    header = "title,contact_email,value,currency,pipeline_title,stage_title"
    world.start(world.csv([("Loom", "a@example.com", "1", "usd", "Sales", "In Contact")], header), "deals")
    identity = report(world.job.path, "succeeded.csv")[0]["_id"]
    shutil.rmtree(world.job.path)
    world.faults = (Fault("lost_after", "PUT", "deals/*", body="300"),)
    rows = [(identity, "2"), (identity, "3")]
    job_result = world.start(world.csv(rows, "id,value"), "deals", key="id", on_duplicate="all")
    assert (job_result.summary.rows["succeeded"], job_result.summary.rows["in_doubt"]) == (1, 1), codes(world)


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
    job_result = world.resume()
    assert job_result.summary.state == "finished"
    assert (job_result.summary.rows["succeeded"], job_result.summary.rows["failed"]) == (4, 1)
    assert {code for _step, code in codes(world).values()} == {"not_confirmed"}
    assert not world.steps()


NAMES = [(f"p{n}@example.com", f"Name {n}") for n in range(5)]


def test_what_cannot_be_read_back_now_leaves_the_job_unfinished(world: World):
    world.faults = (
        Fault("status", "GET", "contacts", status=500, skip=1), Fault("status", "GET", "contacts/*", status=500)
    )  # fmt: skip
    job_result = world.start(world.csv(NAMES, "email,firstName"), concurrency=1)
    assert job_result.error is not None
    assert (job_result.summary.state, job_result.error.exit_code) == ("unfinished", 4)
    world.faults = ()
    job_result = world.resume()
    assert (job_result.error, job_result.summary.rows["succeeded"]) == (None, 5)


def test_what_the_api_does_not_let_be_read_is_told(world: World):
    world.faults = (
        Fault("status", "GET", "contacts", status=422, skip=1), Fault("status", "GET", "contacts/*", status=405)
    )  # fmt: skip
    job_result = world.start(world.csv(NAMES, "email,firstName"))
    assert (job_result.error, job_result.summary.rows["succeeded"]) == (None, 5)
    assert json.loads((world.job.path / "summary.json").read_text())["not_read_back"] == 5


def test_a_page_of_somebody_between_is_no_refusal(world: World):
    world.faults = (
        Fault("proxy", "GET", "contacts", status=404, skip=1), Fault("proxy", "GET", "contacts/*", status=404)
    )  # fmt: skip
    job_result = world.start(world.csv(NAMES, "email,firstName"), concurrency=1)
    assert job_result.error is not None
    assert job_result.summary.state == "unfinished"
    world.faults = ()
    assert world.resume().summary.rows["succeeded"] == 5


PAGE_OF_A_PROXY = Reply(404, None, "not JSON", text="<title>Not found</title>")
REFUSAL = Reply(405, {"message": "Method not allowed"})


def unread(world: World, reply: Reply, *paths: str, pages: str = "") -> None:
    """What reads back is answered so from now on: at these paths (default: all), also the pages of a collection."""
    world.sent.clear()

    def instead(request: Request, own: Reply | Lost) -> Reply | Lost:
        of_pages = request.method == "GET" and request.path == pages and world.steps()
        reads = of_pages or (request.step.startswith("read back") and (not paths or request.path in paths))
        return reply if reads else own

    world.instead = instead


def test_a_row_that_may_not_be_read_takes_no_other_with_it(world: World):
    world.faults = (Fault("unapplied", "POST", "contactTags", nth=2),)
    unread(world, REFUSAL, "contacts", "contacts/3")
    job_result = world.start(world.csv(people(5), HEADER), concurrency=1)
    assert job_result.error is None
    assert job_result.summary.not_read_back == 1, "the one that is refused"
    assert {code for _step, code in codes(world).values()} == {"not_confirmed"}, "the others are read"
    assert (job_result.summary.rows["succeeded"], job_result.summary.rows["failed"]) == (4, 1)


def test_a_row_that_is_read_after_a_retry_is_not_counted_as_unread_any_more(world: World):
    rows = [("a@example.com", "One", "VIP"), ("a@example.com", "Two", "New"), ("b@example.com", "B", "VIP")]
    world.faults = (Fault("status", "POST", "contactTags", status=422, first=1),)
    unread(world, REFUSAL)
    job_result = world.start(world.csv(rows, "email,firstName,tags"), on_duplicate="all", concurrency=1)
    assert (job_result.summary.rows["succeeded"], job_result.summary.rows["failed"]) == (2, 1)
    assert job_result.summary.not_read_back == 2, "the row that failed is not done"
    unread(world, REFUSAL, "nothing")
    world.faults = ()
    job_result = world.resume(retry=True)
    assert job_result.summary.rows["succeeded"] == 3
    assert job_result.summary.not_read_back == 1, "the two of one contact were sent again and read"


ALWAYS = {
    "a page of somebody between": PAGE_OF_A_PROXY, "somebody else's word": Reply(404, {"message": "Not Found"}),
    "nothing at all": Reply(200, None, "empty"), "an empty object": Reply(200, {}),
    "an empty record": Reply(200, {"contact": {}, "deal": {}, "dealGroups": [{}]}),
}  # fmt: skip


@pytest.mark.some(5)
@pytest.mark.parametrize("reply", ALWAYS.values(), ids=ALWAYS)
@pytest.mark.parametrize("resource", ["contacts", "deals", "dealGroups"])
def test_what_can_never_be_read_back_ends_in_doubt(world: World, small: Path, resource: str, reply: Reply):
    shutil.copytree(small, world.folder / "account")
    sample = SAMPLES[resource]
    unread(world, reply, pages="" if resource == "contacts" else resource)
    for run in range(RUNS):
        job_result = world.resume() if run else world.start(world.csv(sample.rows[:2], sample.header), resource)
        if run < RUNS - 1:
            assert job_result.error is not None
            assert "could not be read back" in str(job_result.error)
            assert job_result.summary.state == "unfinished"
    assert (job_result.error, job_result.summary.state) == (None, "finished")
    lines = check_reports(world.job.path, sample.header)
    assert {(line["_status"], line["_code"]) for line in lines.values()} == {("in_doubt", "not_read_back")}
    assert all("could not be read back" in line["_error"] for line in lines.values())
    unread(world, reply, "nothing")
    job_result = world.resume(retry=True)
    assert job_result.summary.complete, "a retry reads it"
    assert not world.steps(), "and sends nothing of it again"


def test_a_resume_reads_no_collection_for_the_few_rows_that_are_left(world: World):
    def crash(request: Request) -> None:
        if request.step.startswith("read back"):
            raise Crash

    world.start(world.csv([(f"Tag {n}", "contact") for n in range(350)], "tag,tagType"), "tags")
    shutil.rmtree(world.job.path)
    with crashing(world, ""):
        world.on_send = crash
        world.start(world.csv([("Last", "contact")], "tag,tagType"), "tags")
    world.sent.clear()
    assert world.resume().summary.complete
    assert [request.path for request in read_backs(world)] == [f"tags/{351}"]
    assert sum(request.path == "tags" for request, _reply in world.sent) == 0


def test_a_resume_that_has_much_to_read_back_reads_by_pages(world: World):
    crashed = [(f"Tag {n}", "contact") for n in range(120)]

    def crash(request: Request) -> None:
        if request.path == "tags" and request.method == "GET" and world.steps():
            raise Crash

    with crashing(world, ""):
        world.on_send = crash
        world.start(world.csv(crashed, "tag,tagType"), "tags")
    world.sent.clear()
    assert world.resume().summary.complete
    assert not read_backs(world), "all came with the pages"


def test_a_failing_server_is_noticed_while_the_rows_run(world: World):
    world.faults = (Fault("unapplied", "POST", "contactTags"),)
    job_result = world.start(world.csv(people(600), HEADER), max_errors="50")
    assert job_result.error is not None
    assert job_result.error.exit_code == 3
    assert job_result.summary.rows["unprocessed"] > 300


def test_reading_back_costs_a_request_in_a_hundred_rows(world: World):
    job_result = world.start(world.csv(people(tries(300, 1000)), HEADER))
    assert job_result.summary.complete
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
    job_result = world.start(world.csv([("p0@example.com", "Other")], "email,firstName"))
    error = report(world.job.path, "failed.csv")[0]["_error"]
    assert "'Other'" in error
    assert "'Meddled'" in error
    assert job_result.summary.codes == {"not_confirmed": 1}


def test_links_that_may_not_be_read_apart_take_no_other_row_with_them(world: World):
    world.faults = (
        Fault("status", method="GET", path="contacts/1/contactTags", status=403),
        Fault("no_include", method="GET", path="contacts*"),
    )
    rows = [("a@example.com", "VIP"), ("b@example.com", "VIP"), ("c@example.com", "")]
    job_result = world.start(world.csv(rows, "email,tags"))
    assert job_result.error is None
    assert job_result.summary.rows["succeeded"] == 3
    assert job_result.summary.not_read_back == 1, "whose tags may not be read"
