"""Round trips of what belongs to contacts with the export that a sheet was made of: edits alone count there too."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import pytest

from bulk.jobs import undo
from bulk.jobs.options import ImportOptions
from bulk.jobs.summary import JobResult
from bulk.sandbox.faults import Fault
from bulk.storage.job_folder import JobFolder
from tests.jobs.test_baseline_of_records import Cells, exported, sheet
from tests.scale import tries
from tests.virtual import run
from tests.world import World, report

PEOPLE = [
    ("ada@example.com", "Gold,VIP", "Newsletter", "Acme", "11-50"),
    ("grace@example.com", "VIP", "Newsletter", "Acme", ""),
    ("alan@example.com", "Gold", "Newsletter", "", "1-10"),
]
HEADER = "email,tags,lists,account,Company Size"
LINKS = ["contactTags", "contactLists", "accountContacts", "fieldValues"]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    result = World(tmp_path, monkeypatch)
    result.start(result.csv(PEOPLE, HEADER), baseline="none")
    shutil.rmtree(result.job.path)
    return result


def people(world: World) -> dict[str, Any]:
    return world.account()["contacts"]


def at(rows: list[Cells], name: str) -> Cells:
    return next(row for row in rows if row["contact_email"] == f"{name}@example.com")


def link(world: World, plural: str, identity: str) -> Cells:
    return next(
        one for one in world.ask(f"GET {plural}", query=(("limit", "100"),)).body[plural] if one["id"] == identity
    )


@pytest.mark.parametrize("resource", LINKS)
def test_rows_that_are_as_they_were_send_nothing_whatever_the_account_did(world: World, resource: str):
    rows = exported(world, resource)
    before = people(world)["grace@example.com"]
    gone = next(one for one in rows if one["contact_email"] == "ada@example.com")
    if resource != "contactLists":
        world.ask(f"DELETE {resource}/{gone['id']}")
    result = world.start(sheet(world, rows), resource)
    assert result.summary.rows["unchanged"] == len(rows)
    assert world.steps() == []
    assert any(line.startswith("Baseline: out") for line in world.told.lines)
    assert people(world)["grace@example.com"] == before
    assert len(world.steps("GET")) < 10


def test_an_edited_status_is_an_edit_and_a_conflict_where_the_account_changed_it(world: World):
    rows = exported(world, "contactLists")
    for name in ("ada", "grace"):
        at(rows, name)["status"] = "2"
    at(rows, "alan")["status"] = "2"
    world.start(world.csv([("alan@example.com", "Newsletter")], "email,unsubscribe_lists", "m.csv"), baseline="none")
    shutil.rmtree(world.job.path)
    bounced = at(rows, "grace")
    world.ask(
        "POST contactLists", {"contactList": {"contact": bounced["contact"], "list": bounced["list"], "status": 0}}
    )
    world.sent.clear()
    result = world.start(sheet(world, rows), "contactLists")
    assert (result.summary.rows["succeeded"], result.summary.rows["unchanged"]) == (1, 1)
    (line,) = report(result.folder.path, "failed.csv")
    assert (line["contact_email"], line["_code"]) == ("grace@example.com", "conflict")
    assert all(value in line["_error"] for value in ("'1'", "'2'", "'0'"))
    assert people(world)["ada@example.com"]["lists"] == {"Newsletter": "2"}
    assert people(world)["grace@example.com"]["lists"] == {"Newsletter": "0"}
    assert len(world.steps()) == 1


@pytest.mark.parametrize(("resource", "column", "cell"), [
    ("accountContacts", "jobTitle", "Countess"), ("fieldValues", "value", "200+"),
])  # fmt: skip
def test_a_value_is_edited_and_kept_where_the_account_changed_it(world: World, resource: str, column: str, cell: str):
    rows = exported(world, resource)
    edited = at(rows, "ada")
    edited[column] = cell
    path = sheet(world, rows)
    assert world.start(path, resource).summary.rows["succeeded"] == 1
    assert link(world, resource, edited["id"])[column] == cell
    shutil.rmtree(world.job.path)
    edited[column] = "1-10" if resource == "fieldValues" else "Analyst"
    result = world.start(sheet(world, rows), resource)
    (line,) = report(result.folder.path, "failed.csv")
    assert line["_code"] == "conflict"
    shutil.rmtree(world.job.path)
    assert world.start(sheet(world, rows), resource, on_conflict="sheet").summary.rows["succeeded"] == 1


def test_who_changes_the_account_of_a_person_moves_them(world: World):
    rows = exported(world, "accountContacts")
    world.start(world.csv([("New Ltd",)], "name", "accounts.csv"), "accounts", baseline="none")
    shutil.rmtree(world.job.path)
    at(rows, "ada")["account_name"] = "New Ltd"
    assert world.start(sheet(world, rows), "accountContacts").summary.rows["succeeded"] == 1
    assert people(world)["ada@example.com"]["account"] == ["New Ltd"]


def test_an_added_row_is_added_and_a_missing_one_named_and_left(world: World):
    rows = exported(world, "contactTags")
    gone = next(row for row in rows if (row["contact_email"], row["tag_name"]) == ("ada@example.com", "Gold"))
    rows.remove(gone)
    rows.append({"contact_email": "alan@example.com", "tag_name": "VIP"})
    result = world.start(sheet(world, rows), "contactTags")
    assert (result.summary.rows["succeeded"], result.summary.rows["unchanged"]) == (1, len(rows) - 1)
    assert [line["id"] for line in report(result.folder.path, "missing.csv")] == [gone["id"]]
    assert people(world)["ada@example.com"]["tags"] == {"Gold", "VIP"}
    assert people(world)["alan@example.com"]["tags"] == {"Gold", "VIP"}


@pytest.mark.parametrize("resource", LINKS)
def test_what_the_sheet_has_no_more_is_taken_away_where_that_is_asked_for(world: World, resource: str):
    rows = exported(world, resource)
    gone = at(rows, "ada")
    rows.remove(gone)
    before = people(world)
    path = sheet(world, rows)
    world.plan(path, resource, delete_missing=True)
    lines = [line for line in report(world.job.path, "plan.csv") if line["_action"] != "unchanged"]
    assert [(line["_row"], line["_id"]) for line in lines] == [("", gone["contact"])]
    result = world.apply()
    assert result.summary.missing["succeeded"] == 1, report(result.folder.path, "missing.csv")
    assert len(world.steps()) == 1
    now = people(world)
    assert {name: now[name] for name in now if name != "ada@example.com"} == {
        name: before[name] for name in before if name != "ada@example.com"
    }
    ada = now["ada@example.com"]
    match resource:
        case "contactTags":
            assert ada["tags"] == {"Gold", "VIP"} - {gone["tag_name"]}
        case "contactLists":
            assert ada["lists"] == {"Newsletter": "2"}
        case "accountContacts":
            assert ada["account"] == []
        case _:
            assert ada["fields"] == {}
    assert len(report(result.folder.path, "deleted.csv")) == 1
    world.job.path.rename(world.job.path.with_name("first"))
    again = world.start(path, resource, delete_missing=True)
    assert again.summary.missing["unchanged"] == 1
    assert again.summary.complete


def test_a_link_that_was_changed_since_is_not_taken_away(world: World):
    rows = exported(world, "fieldValues")
    gone = at(rows, "ada")
    rows.remove(gone)
    world.ask("POST fieldValues", {"fieldValue": {"contact": gone["contact"], "field": gone["field"], "value": "200+"}})
    result = world.start(sheet(world, rows), "fieldValues", delete_missing=True)
    (line,) = report(result.folder.path, "missing.csv")
    assert (line["_status"], line["_code"]) == ("failed", "conflict")
    assert people(world)["ada@example.com"]["fields"] == {"Company Size": "200+"}


def test_a_link_that_still_stands_in_the_file_by_its_names_is_not_missing(world: World):
    rows = exported(world, "contactTags")
    for row in rows:
        row.update(id="", contact="", tag="") if row["contact_email"] == "ada@example.com" else None
    result = world.start(sheet(world, rows), "contactTags", delete_missing=True, baseline="out")
    assert not result.summary.missing
    assert people(world)["ada@example.com"]["tags"] == {"Gold", "VIP"}


def test_another_tag_in_a_row_is_another_link(world: World):
    rows = exported(world, "contactTags")
    edited = next(row for row in rows if (row["contact_email"], row["tag_name"]) == ("ada@example.com", "Gold"))
    edited["tag_name"] = "Silver"
    path = sheet(world, rows)
    assert world.start(path, "contactTags").summary.rows["succeeded"] == 1
    assert people(world)["ada@example.com"]["tags"] == {"Gold", "Silver", "VIP"}
    assert [line["id"] for line in report(world.job.path, "missing.csv")] == [edited["id"]]
    shutil.rmtree(world.job.path)
    world.start(path, "contactTags", delete_missing=True)
    assert people(world)["ada@example.com"]["tags"] == {"Silver", "VIP"}


def test_a_link_whose_row_was_made_another_one_that_is_refused_stays(world: World):
    """One letter too few in the name of a list does not unsubscribe anybody."""
    rows = exported(world, "contactLists")
    at(rows, "grace")["list_name"] = "Newsletr"
    at(rows, "grace")["list"] = ""
    before = people(world)
    result = world.start(sheet(world, rows), "contactLists", delete_missing=True)
    assert [line["_code"] for line in report(result.folder.path, "failed.csv")] == ["unknown_name"]
    assert world.steps() == []
    assert people(world) == before
    assert result.summary.missing == {}


def moved_to_nobody(world: World) -> Path:
    """A sheet in which the tags of Alan were given to a contact who is not there."""
    rows = exported(world, "contactTags")
    at(rows, "alan").update(contact="999", contact_email="")
    return sheet(world, rows)


@pytest.mark.parametrize("planned", [False, True])
@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_link_stays_whose_row_was_made_another_one_that_is_refused_when_it_is_sent(
    world: World, concurrency: int, *, planned: bool
):
    path, before = moved_to_nobody(world), people(world)
    if planned:
        world.plan(path, "contactTags", delete_missing=True, concurrency=concurrency)
        result = world.apply()
    else:
        result = world.start(path, "contactTags", delete_missing=True, concurrency=concurrency)
    assert result.summary.rows["failed"] == 1
    assert people(world) == before
    if planned and not result.summary.missing["failed"]:  # the plan knew
        return
    (line,) = report(result.folder.path, "missing.csv")
    assert (line["_status"], line["_code"]) == ("failed", "not_made")
    assert "stands instead of it, and was not done" in line["_error"]
    assert "changed_meanwhile" not in result.summary.codes


def test_a_retry_sends_what_stands_instead_before_the_old_link_goes(world: World):
    rows = exported(world, "contactTags")
    edited = at(rows, "alan")
    edited["tag_name"] = "Silver"
    edited["tag"] = ""
    path = sheet(world, rows)
    world.faults = (Fault("status", method="POST", path="contactTags", status=422),)
    result = world.start(path, "contactTags", delete_missing=True)
    assert (result.summary.rows["failed"], result.summary.missing["failed"]) == (1, 1)
    assert people(world)["alan@example.com"]["tags"] == {"Gold"}
    world.faults = ()
    result = world.resume(retry=True)
    assert (result.summary.rows["failed"], result.summary.missing["succeeded"]) == (0, 1)
    assert people(world)["alan@example.com"]["tags"] == {"Silver"}


def test_the_links_of_an_export_of_everything_have_their_baselines(world: World):
    world.export_all(world.folder / "all")
    world.job.path.rename(world.job.path.with_name("everything"))
    world.sent.clear()
    with (world.folder / "all" / "contactTags.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    world.start(sheet(world, rows[1:]), "contactTags")
    assert any(line.startswith("Baseline: everything") for line in world.told.lines)
    assert [line["id"] for line in report(world.job.path, "missing.csv")] == [rows[0]["id"]]


def test_a_large_round_trip_of_tags_reads_whom_it_edits(world: World):
    many = tries(300, 1_000)
    world.people((f"p{number}@example.com", "N") for number in range(many))
    world.start(
        world.csv([(f"p{n}@example.com", "VIP") for n in range(many)], "email,tags", "many.csv"), baseline="none"
    )
    shutil.rmtree(world.job.path)
    rows = exported(world, "contactTags")
    path = sheet(world, rows[:-50] + [{"contact": row["contact"], "tag_name": "Silver"} for row in rows[100:150]])
    result = world.start(path, "contactTags", delete_missing=True)
    assert result.summary.missing["succeeded"] == 50
    assert result.summary.rows["succeeded"] == 50
    assert len(world.steps()) == 100 + 1  # and the tag
    assert len(world.steps("GET")) <= 30


@pytest.mark.parametrize("resource", LINKS)
def test_what_was_taken_away_is_put_back_by_an_undo(world: World, resource: str):
    rows = exported(world, resource)
    before = people(world)
    world.start(sheet(world, [row for row in rows if row != at(rows, "ada")]), resource, delete_missing=True)
    assert people(world) != before
    done = JobFolder(world.job.path.rename(world.folder / "jobs" / "done"))
    result: JobResult = run(undo.start, done, ImportOptions(rate=0), world.setting)
    assert result.summary.complete, report(result.folder.path, "failed.csv")
    assert people(world) == before


def test_a_file_of_links_without_rows_has_nothing_to_do(world: World):
    rows = exported(world, "contactTags")
    path = world.csv([], ",".join(rows[0]), "empty.csv")
    result = world.start(path, "contactTags", baseline="out")
    assert result.summary.complete
    assert len(report(result.folder.path, "missing.csv")) == len(rows)
    assert world.steps() == []


def in_automations(world: World) -> set[tuple[str, str]]:
    body = world.ask("GET contactAutomations", query=(("limit", "100"),)).body
    return {(one["contact"], one["seriesid"]) for one in body["contactAutomations"]}


@pytest.mark.parametrize("planned", [False, True])
def test_who_is_missing_in_a_sheet_of_automations_is_taken_out_of_theirs_and_nobody_else(
    world: World, *, planned: bool
):
    rows = [
        ("ada@example.com", "Welcome"),
        ("grace@example.com", "Welcome"),
        ("grace@example.com", "Birthday Greetings"),
    ]
    made = world.start(world.csv(rows, "contact_email,automation_name"), "contactAutomations", baseline="none")
    assert made.summary.rows["succeeded"] == 3
    shutil.rmtree(world.job.path)
    exported_rows = exported(world, "contactAutomations")
    gone = next(row for row in exported_rows if (row["contact_email"], row["automation_name"]) == rows[1])
    path = sheet(world, [row for row in exported_rows if row is not gone])
    before = in_automations(world)
    if planned:
        world.plan(path, "contactAutomations", delete_missing=True)
        assert in_automations(world) == before
        result = world.apply()
    else:
        result = world.start(path, "contactAutomations", delete_missing=True)
    assert result.summary.missing["succeeded"] == result.summary.missing["read"] == 1
    assert in_automations(world) == before - {(gone["contact"], gone["automation"])}
    assert sum(request.method != "GET" for request, _reply in world.sent) == 1, (
        "nobody is enrolled, none taken out twice"
    )
    kept = world.job.path.rename(world.folder / "jobs" / "first")
    again = world.start(path, "contactAutomations", delete_missing=True, baseline="out")
    assert again.summary.missing["unchanged"] == 1, kept
