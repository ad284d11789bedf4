"""An undo puts back what a job has changed, as far as nobody changed it since."""

from __future__ import annotations

from functools import partial

import pytest

from bulk.errors import DeclinedError, UsageError
from bulk.model import Lost, Reply, Request
from tests.jobs.samples import IMPORTED, SAMPLES, files_of, given
from tests.undone import gone_on, kept, people, undone
from tests.world import World, check_reports, crashing, report

HEADER = "email,firstName,phone,tags,remove_tags,lists,unsubscribe_lists,account,Company size"
COLUMNS = ("row", "resource", "id", "action", "column", "expected now", "back to")
BEFORE = [
    ("ada@example.com", "Ada", "", "VIP", "", "Newsletter", "", "Acme", "1-10"),
    ("grace@example.com", "Grace", "202-555-0143", "Trial,VIP", "", "", "", "", ""),
    ("mary@example.com", "Mary", "", "", "", "Customers", "", "Other", "11-50"),
]
AFTER = [
    ("ada@example.com", "Augusta", "202-555-0100", "Gold", "VIP", "Customers", "", "Other", "11-50"),
    ("grace@example.com", "Grace H.", "#N/A", "Gold", "Trial", "Newsletter", "", "New Place", "1-10"),
    ("mary@example.com", "Mary", "", "VIP", "", "", "Customers", "#N/A", "#N/A"),
    ("new@example.com", "New", "202-555-0101", "Gold,VIP", "", "Newsletter", "", "Acme", "1-10"),
]


def prepared(world: World) -> None:
    world.start(world.csv(BEFORE, HEADER))
    kept(world, "before")


def failed(world: World) -> dict[str, str]:
    return {line["column"] or line["action"]: line["_code"] for line in report(world.job.path, "failed.csv")}


def errors(world: World) -> str:
    return "\n".join(line["_error"] for line in report(world.job.path, "failed.csv"))


def test_the_account_is_as_before_and_undone_again_as_imported(world: World):
    prepared(world)
    before = people(world)
    assert world.start(world.csv(AFTER, HEADER)).summary.rows["succeeded"] == len(AFTER)
    job, imported = kept(world, "imported"), people(world)
    result = undone(world, job)
    assert (failed(world), errors(world)) == ({}, "")
    assert result.summary.complete
    assert people(world) == before
    check_reports(world.job.path, COLUMNS)
    again = undone(world, kept(world, "undone"))
    assert (failed(world), errors(world)) == ({}, "")
    assert again.summary.complete
    assert people(world) == imported
    undone(world, kept(world, "undone again"))
    assert (failed(world), errors(world)) == ({}, "")
    assert people(world) == before


@pytest.mark.some(5)
@pytest.mark.parametrize("name", [resource.name for resource in IMPORTED])
def test_what_was_created_is_deleted(world: World, name: str):
    given(world)
    sample = SAMPLES[name]
    before = world.ask(f"GET {name}", query=(("limit", "100"),)).body
    accounts = people(world)
    world.start(world.csv(sample.rows, sample.header), name)
    result = undone(world, kept(world, "imported"))
    assert (failed(world), errors(world)) == ({}, "")
    assert result.summary.complete
    after = world.ask(f"GET {name}", query=(("limit", "100"),)).body
    if name not in ("contactLists", "fieldValues"):  # who was on no list is unsubscribed, and a value is empty
        assert [one["id"] for one in after.get(name, ())] == [one["id"] for one in before.get(name, ())]
    assert people(world) == accounts


@pytest.mark.some(3)
@pytest.mark.parametrize("name", ["deals", "notes", "accounts", "tags", "fields"])
def test_changed_records_are_as_before(world: World, name: str):
    given(world)
    sample = SAMPLES[name]
    world.start(world.csv(sample.rows, sample.header), name)
    kept(world, "made")
    before = _values(world, name)
    attribute, cell = sample.change
    at = sample.columns.index(attribute)
    key = next(iter(sample.rows))
    world.start(world.csv([[*key[:at], cell, *key[at + 1 :]]], sample.header), name)
    undone(world, kept(world, "changed"))
    assert (failed(world), errors(world)) == ({}, "")
    assert _values(world, name) == before


def _values(world: World, name: str) -> list[dict[str, object]]:
    dates = ("udate", "mdate", "updatedTimestamp", "updated_timestamp", "edate", "updated_utc_timestamp")
    records = world.ask(f"GET {name}", query=(("limit", "100"),)).body[name]
    return [{of: value for of, value in one.items() if of not in dates} for one in records]


def test_what_somebody_changed_since_stays_and_is_named(world: World):
    prepared(world)
    world.start(world.csv(AFTER, HEADER))
    job = kept(world, "imported")
    ids = {person: str(at) for at, person in enumerate(world.account()["contacts"], 1)}
    world.ask(f"PUT contacts/{ids['ada@example.com']}", {"contact": {"firstName": "Ada K."}})
    result = undone(world, job)
    assert failed(world) == {"firstName": "changed_since"}
    assert "'Augusta'" in errors(world)
    assert "'Ada K.'" in errors(world)
    assert result.summary.rows["failed"] == 1
    assert world.account()["contacts"]["ada@example.com"]["firstName"] == "Ada K."
    assert world.account()["contacts"]["ada@example.com"]["phone"] == ""


def test_whom_the_job_created_and_who_left_since_is_kept(world: World):
    prepared(world)
    world.start(world.csv(AFTER, HEADER))
    job = kept(world, "imported")
    _unsubscribe(world, "new@example.com")
    undone(world, job)
    assert failed(world)["delete"] == "changed_since"
    assert world.account()["contacts"]["new@example.com"]["lists"]["Newsletter"] == "2"


def test_who_leaves_just_before_they_would_be_deleted_is_kept(world: World):
    world.start(world.csv(AFTER[-1:], HEADER))
    job = kept(world, "imported")

    def left(request: Request, reply: Reply | Lost) -> Reply | Lost:
        """Between the look at them and the deletion they leave."""
        if isinstance(reply, Reply) and request.step.startswith("standing"):
            for link in reply.body["contactLists"]:
                link["status"] = "2"
        return reply

    world.instead = left
    undone(world, job)
    assert failed(world)["delete"] == "changed_since"
    assert "new@example.com" in world.account()["contacts"]


def _unsubscribe(world: World, email: str) -> None:
    contact = world.ask("GET contacts", query=(("email", email),)).body["contacts"][0]["id"]
    lists = {one["name"]: one["id"] for one in world.ask("GET lists").body["lists"]}
    world.ask("POST contactLists", {"contactList": {"list": lists["Newsletter"], "contact": contact, "status": 2}})


@pytest.mark.parametrize("date", ["2099-01-01T00:00:00-05:00", "2020-01-01T00:00:00-05:00", ""])
def test_whom_the_job_unsubscribed_and_who_left_by_themselves_stays_off(world: World, date: str):
    """The account dates it later than what the job has sent, or earlier: then they had left before."""
    prepared(world)
    world.start(world.csv(AFTER, HEADER))
    job = kept(world, "imported")
    world.instead = partial(_dated, date)
    undone(world, job)
    assert failed(world) == {"lists": "changed_since"}
    assert world.account()["contacts"]["mary@example.com"]["lists"]["Customers"] == "2"


def _dated(date: str, request: Request, reply: Reply | Lost) -> Reply | Lost:
    if isinstance(reply, Reply) and request.method == "GET" and request.path.endswith("/contactLists"):
        for link in reply.body["contactLists"]:
            link["udate"] = date
    return reply


def test_a_created_contact_that_somebody_gave_something_is_kept(world: World):
    world.start(world.csv(AFTER[-1:], HEADER))
    job = kept(world, "imported")
    contact = world.ask("GET contacts", query=(("email", "new@example.com"),)).body["contacts"][0]["id"]
    world.ask("POST notes", {"note": {"note": "Call them", "reltype": "Subscriber", "relid": contact}})
    undone(world, job)
    assert failed(world)["delete"] == "changed_since"
    assert "new@example.com" in world.account()["contacts"]


@pytest.mark.some(4)
@pytest.mark.parametrize("path", ["contacts/1", "contactTags", "contactLists", "accountContacts"])
@pytest.mark.parametrize("after", [0, 1, 3])
def test_an_undo_that_is_killed_goes_on(world: World, path: str, after: int):
    prepared(world)
    before = people(world)
    world.start(world.csv(AFTER, HEADER))
    job = kept(world, "imported")
    with crashing(world, path, after):
        undone(world, job)
    if not report(world.job.path, "succeeded.csv") and world.job.path.exists():
        gone_on(world)
    assert (failed(world), errors(world)) == ({}, "")
    assert people(world) == before


@pytest.mark.some(5)
@pytest.mark.parametrize("path", ["contact/sync", "contactTags", "contactLists", "accountContacts"])
@pytest.mark.parametrize("after", [0, 1, 2, 4])
def test_a_job_that_was_killed_is_undone(world: World, path: str, after: int):
    prepared(world)
    before = people(world)
    with crashing(world, path, after):
        world.start(world.csv(AFTER, HEADER))
    undone(world, kept(world, "killed"))
    assert (failed(world), errors(world)) == ({}, "")
    assert people(world) == before


def test_it_asks_first_and_a_plan_alone_changes_nothing(world: World):
    prepared(world)
    world.start(world.csv(AFTER, HEADER))
    job, imported = kept(world, "imported"), people(world)
    result = undone(world, job, only_plan=True)
    assert result.summary.state == "planned"
    assert not world.job.path.exists()
    world.confirm = lambda _question: False
    with pytest.raises(DeclinedError):
        undone(world, job)
    assert not world.job.path.exists()
    assert people(world) == imported
    said = "\n".join(world.told.lines)
    assert "will be unsubscribed" in said
    assert "will be subscribed again" in said


def test_an_export_has_nothing_to_undo(world: World):
    world.export(world.folder / "out.csv")
    with pytest.raises(UsageError, match="export"):
        undone(world, kept(world, "exported"))


def test_deleted_contacts_are_made_anew(world: World):
    prepared(world)
    before = people(world)
    world.start(world.csv([*((row[0],) for row in BEFORE), ("nobody@example.com",)], "email"), mode="delete")
    assert people(world) != before
    undone(world, kept(world, "deleted"))
    assert (failed(world), errors(world)) == ({}, "")
    assert people(world) == before


def test_a_plan_that_was_carried_out_is_undone(world: World):
    prepared(world)
    before = people(world)
    world.plan(world.csv(AFTER, HEADER))
    world.apply()
    undone(world, kept(world, "applied"))
    assert (failed(world), errors(world)) == ({}, "")
    assert people(world) == before


def test_what_was_not_read_before_it_went_is_told_first(world: World):
    prepared(world)
    world.start(world.csv([("ada@example.com",)], "email"), mode="delete")
    result = undone(world, kept(world, "deleted"))
    assert result.summary.rows["read"] == 0
    assert any("1 row cannot be undone, or not as a whole (2)" in line for line in world.told.lines)


@pytest.mark.some(2)
@pytest.mark.parametrize("after", [None, 0, 1])
def test_an_undoable_import_of_a_few_is_undone_as_a_whole(world: World, after: int | None):
    prepared(world)
    before = people(world)
    path = world.csv([AFTER[1], AFTER[3]], HEADER)
    if after is None:
        world.start(path, undoable=True)
    else:
        with crashing(world, "contactTags", after):
            world.start(path, undoable=True)
    undone(world, kept(world, "few"))
    assert (failed(world), errors(world)) == ({}, "")
    assert people(world) == before
    assert not any("cannot be undone" in line for line in world.told.lines)


@pytest.mark.some(4)
@pytest.mark.parametrize("path", ["contact/sync", "contactTags", "contactLists", "accountContacts"])
@pytest.mark.parametrize("planned", [False, True])
def test_a_job_that_has_read_first_and_was_cut_off_and_gone_on_with_is_undone_as_a_whole(
    world: World, path: str, planned: bool
):
    prepared(world)
    before = people(world)
    file = world.csv([AFTER[0], AFTER[2], AFTER[3]], HEADER)
    if planned:
        world.plan(file)
    with crashing(world, path, 1):
        if planned:
            world.apply()
        else:
            world.start(file, undoable=True)
    assert world.resume().summary.complete
    undone(world, kept(world, "resumed"))
    assert (failed(world), errors(world)) == ({}, "")
    assert people(world) == before
    assert not any("cannot be undone" in line for line in world.told.lines)


def test_a_whole_account_that_was_imported_is_undone_part_by_part(world: World):
    given(world)
    start = people(world)
    result = world.import_all(files_of(world, "contacts", "deals", "notes"))
    assert result.summary.rows["failed"] == 0
    assert people(world) != start
    undone(world, kept(world, "imported"))
    assert (failed(world), errors(world)) == ({}, "")
    assert people(world) == start
    assert world.ask("GET notes").body["notes"] == []


def test_what_failed_is_tried_again(world: World):
    prepared(world)
    before = people(world)
    world.start(world.csv(AFTER, HEADER))
    job = kept(world, "imported")
    refusal = Reply(422, {"errors": [{"title": "not now", "code": "not_now"}]})
    world.instead = lambda request, reply: refusal if request.method == "DELETE" else reply
    world.on_send = lambda _request: None
    result = undone(world, job)
    assert result.summary.rows["failed"] > 0
    world.instead = lambda _request, reply: reply
    result = gone_on(world, retry=True)
    assert (failed(world), errors(world)) == ({}, "")
    assert result.summary.complete
    assert people(world) == before


@pytest.mark.parametrize(
    ("name", "header", "row", "more", "column"),
    [
        ("fields", "title,type,perstag,options", ("Size of it", "dropdown", "SIZE", "A,B"), "A,B,C,D", "options"),
        ("dealGroups", "title,currency,stages", ("Upkeep", "usd", "One,Two"), "One,Two,Three", "stages"),
    ],
)
def test_options_and_stages_that_were_added_to_what_was_there_go_and_come_again(
    world: World, name: str, header: str, row: tuple[str, ...], more: str, column: str
):
    world.start(world.csv([row], header), name)
    kept(world, "made")
    before = _beside(world, name)
    world.start(world.csv([(*row[:-1], more)], header), name, undoable=True)
    job, added = kept(world, "added"), _beside(world, name)
    assert added != before
    undone(world, job)
    assert (failed(world), errors(world)) == ({}, "")
    assert {line["column"] for line in report(world.job.path, "succeeded.csv")} == {column}
    assert not any("cannot be undone" in line for line in world.told.lines)
    assert _beside(world, name) == before
    undone(world, kept(world, "undone"))
    assert (failed(world), errors(world)) == ({}, "")
    assert _beside(world, name) == added


def _beside(world: World, name: str) -> list[tuple[str, str]]:
    body = world.ask(f"GET {name}", query=(("limit", "100"),)).body
    plural, called = ("fieldOptions", "value") if name == "fields" else ("dealStages", "title")
    return sorted((str(one.get("field") or one.get("group")), one[called]) for one in body[plural])


def test_an_option_that_somebody_chose_since_and_a_stage_with_a_deal_stay(world: World):
    given(world)
    fields = "title,type,perstag,options"
    world.start(world.csv([("Size of it", "dropdown", "SIZE", "A,B")], fields), "fields")
    kept(world, "made")
    world.start(world.csv([("Size of it", "dropdown", "SIZE", "A,B,C,D")], fields), "fields", undoable=True)
    job = kept(world, "added")
    world.start(world.csv([("ada@example.com", "C")], "email,Size of it"))
    kept(world, "chosen")
    undone(world, job)
    assert "fieldValues" in errors(world)
    assert report(world.job.path, "failed.csv")[0]["expected now"] == "C"
    assert [line["expected now"] for line in report(world.job.path, "succeeded.csv")] == ["D"]
    kept(world, "undone")
    world.start(world.csv([("Sales", "usd", "To Contact,Held")], "title,currency,stages"), "dealGroups", undoable=True)
    job = kept(world, "staged")
    deal = ("Big", "ada@example.com", "100.00", "usd", "Sales", "Held")
    header = "title,contact_email,value,currency,pipeline_title,stage_title"
    world.start(world.csv([deal], header), "deals")
    kept(world, "traded")
    undone(world, job)
    assert failed(world) == {"stages": "changed_since"}
    assert "deals" in errors(world)
