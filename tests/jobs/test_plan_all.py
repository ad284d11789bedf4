"""A plan of a whole folder: its parts one after another, each as the account will be by then; and carried out."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from filelock import FileLock

from bulk.errors import UnfinishedError, UsageError
from bulk.library.plans import Plan
from bulk.library.results import Result
from bulk.sandbox.faults import Fault
from tests.jobs.samples import files_of, given
from tests.jobs.test_everything import Rows, folder, other, rows_in, table, told  # noqa: F401 - fixtures among them
from tests.planned import cut_off
from tests.planned_all import check, check_killed
from tests.scale import tries
from tests.undone import kept, people, undone
from tests.world import World, crashing, report

Lines = list[dict[str, str]]
PARTS = (
    ("fields", "title,type,options", [("Shoe size", "text", ""), ("Grade", "dropdown", "A,B")]),
    ("tags", "tag,description", [("Gold", "Pays by invoice")]),
    ("dealGroups", "title,currency,stages", [("Repairs", "eur", "New,Done"), ("Loans", "eur", "")]),
    ("dealStages", "pipeline_title,title,color", [("Repairs", "New", "ff0000"), ("Loans", "To Contact", "19CCA3")]),
    ("contacts", "email,firstName,tags,lists,account,Shoe size,Grade",
     [("ada@example.com", "Augusta", "Gold", "Newsletter", "Acme", "40", "A"),
      ("new@example.com", "New", "Gold,Silver", "", "", "", "B")]),
    ("contactLists", "contact_email,list_name,status",
     [("new@example.com", "Newsletter", "1"), ("ada@example.com", "Newsletter", "2")]),
    ("accountContacts", "account_name,contact_email,jobTitle", [("Acme", "ada@example.com", "Countess")]),
    ("deals", "title,contact_email,account_name,value,currency,pipeline_title,stage_title,owner_email",
     [("Loom", "new@example.com", "Acme", "12.00", "eur", "Repairs", "Done", "sandbox@example.com"),
      ("Mill", "ada@example.com", "", "1.00", "eur", "Loans", "Follow Up", "sandbox@example.com")]),
    ("notes", "note,reltype,contact_email,deal_title,account_name",
     [("On her", "contact", "new@example.com", "", ""), ("On it", "deal", "", "Loom", ""),
      ("On them", "account", "", "", "Acme")]),
)  # fmt: skip


@pytest.fixture
def files(world: World) -> Path:
    """An account with Ada, and a folder whose later files name what the earlier ones make."""
    world.ask("POST contacts", {"contact": {"email": "ada@example.com", "firstName": "Ada"}})
    place = world.folder / "files"
    place.mkdir()
    for name, header, rows in PARTS:
        world.csv(rows, header, f"files/{name}.csv")
    return place


def lines(world: World, file: str = "") -> Lines:
    return [line for line in report(world.job.path, "plan.csv") if not file or line["_file"] == f"{file}.csv"]


def sums(world: World) -> dict[str, object]:
    return json.loads((world.job.path / "plan.json").read_text())


def failed(world: World) -> dict[tuple[str, str], str]:
    return {
        (part.parent.name, line["_row"]): line["_code"]
        for part in world.job.path.glob("*/failed.csv")
        for line in report(part.parent, "failed.csv")
    }


# ---- what it says


def test_later_parts_know_what_earlier_ones_would_make(world: World, files: Path):
    before = world.account()
    result = world.plan_all(files)
    assert (result.error, result.summary.state) == (None, "planned")
    assert world.steps() == []
    assert world.account() == before
    assert failed(world) == {}
    rows = {name: part["rows"] for name, part in sums(world)["resources"].items()}
    assert rows == {
        "fields": {"create": 2}, "tags": {"create": 1}, "dealGroups": {"create": 2}, "dealStages": {"update": 2},
        "contacts": {"create": 1, "update": 1}, "contactLists": {"update": 2}, "accountContacts": {"update": 1},
        "deals": {"create": 2}, "notes": {"create": 3},
    }  # fmt: skip
    (ada,) = {line["_id"] for line in lines(world, "contacts") if line["_row"] == "2"}
    told = [tuple(line[name] for name in ("_row", "_id", "_action", "column", "before", "after"))
            for line in lines(world, "contactLists") + lines(world, "accountContacts")]  # fmt: skip
    assert told == [
        ("2", "", "subscribe", "lists", "", "Newsletter"),
        ("3", ada, "unsubscribe", "unsubscribe_lists", "Newsletter: subscribed", "Newsletter"),
        ("2", ada, "update", "account", "Acme", "Acme (Countess)"),
    ]
    on = {line["_row"]: line["after"] for line in lines(world, "notes") if line["column"] == "relid"}
    assert on == {"2": "contacts.csv row 3", "3": "deals.csv row 2", "4": "Acme"}


def test_the_sums_are_those_of_the_parts(world: World, files: Path):
    world.plan_all(files)
    said = sums(world)
    assert said["new_names"] == {"accounts": ["Acme"], "tags": ["Silver"]}
    assert said["requests"]["single"] == sum(part["requests"]["single"] for part in said["resources"].values())
    assert said["changes"] == Counter(line["_action"] for line in lines(world))
    assert said["rows"] == {"create": 11, "update": 6}
    assert said["automations"] == ["Birthday Greetings", "Welcome"]
    assert said["unknown"] == {"stage_values": 2}
    assert [line[0] for line in said["first"]] == ["fields.csv"] * 6 + ["tags.csv"] * 3 + ["dealGroups.csv"]


def test_what_was_emptied_and_is_missing_is_summed_over_all_that_were_exports(world: World):
    """Of an account that was exported, contacts lose a name and a row, tags a description and two rows."""
    people = [(f"{name}@example.com", "Ada", "Gold") for name in ("a", "b", "c")]
    tags = [(name, "Pays by invoice") for name in ("Bronze", "Iron", "Tin")]
    for name, header, rows in (("contacts", "email,firstName,tags", people), ("tags", "tag,description", tags)):
        world.start(world.csv(rows, header), name)
        shutil.rmtree(world.job.path)
    world.export_all(world.folder / "files")
    world.job.path.rename(world.job.path.with_name("out"))
    for name, emptied in (("contacts", "firstName"), ("tags", "description")):
        first, second, *_missing = reversed(table(world.folder / "files" / f"{name}.csv"))
        first[emptied] = ""
        world.csv([tuple(first.values()), tuple(second.values())], ",".join(first), f"files/{name}.csv")
    world.csv([("Acme",)], "name", "files/accounts.csv")
    world.plan_all(world.folder / "files")
    said = sums(world)
    of_each = {name: (part.get("emptied"), part.get("missing")) for name, part in said["resources"].items()}
    assert of_each["contacts"] == (1, 1)
    assert of_each["tags"] == (1, 2)
    assert of_each["accounts"] == (None, None)
    assert (said["emptied"], said["missing"], said["baseline"]) == (2, 3, "out")


def test_for_programs_a_plan_of_a_folder_is_a_plan(world: World, files: Path):
    plan = Plan.of(Result.of(world.plan_all(files)))
    assert not plan.is_nothing
    assert plan.resources["deals"] == {"create": 2}
    assert plan.unknown == {"stage_values": 2}
    told = [(line.file, line.row, line.column, line.after) for line in plan.lines()]
    assert told[:2] == [("fields.csv", 2, "title", "Shoe size"), ("fields.csv", 2, "type", "text")]
    assert len(told) == len(lines(world))


def test_what_an_earlier_part_does_not_make_is_not_there_for_later_ones(world: World, files: Path):
    world.csv([("not an address", "New", "", "", "", "", "")], PARTS[4][1], "files/contacts.csv")
    world.plan_all(files)
    assert failed(world) == {
        ("contacts", "2"): "email_invalid", ("contactLists", "2"): "not_found", ("deals", "2"): "not_found",
        ("notes", "2"): "not_found", ("notes", "3"): "unknown_name",
    }  # fmt: skip
    assert sums(world)["reasons"] == {"email_invalid": 1, "not_found": 3, "unknown_name": 1}


def test_a_file_that_only_the_account_does_not_understand_is_refused_and_leaves_no_job(world: World, files: Path):
    (files / "fields.csv").unlink()
    with pytest.raises(UsageError, match=r"contacts\.csv: (.|\n)*Shoe size(.|\n)*Nothing was sent"):
        world.plan_all(files)
    assert not world.job.path.exists()


# ---- carried out


def test_a_plan_of_a_folder_is_carried_out_to_its_last_line(world: World, files: Path):
    world.plan_all(files)
    world.sent.clear()
    result = world.apply_all()
    assert (result.error, result.summary.state, failed(world)) == (None, "finished", {})
    account = world.account()
    assert account["contacts"] == {
        "ada@example.com": {
            "firstName": "Augusta", "lastName": "", "phone": "", "tags": {"Gold"}, "lists": {"Newsletter": "2"},
            "account": ["Acme"], "fields": {"Shoe size": "40", "Grade": "A"},
        },
        "new@example.com": {
            "firstName": "New", "lastName": "", "phone": "", "tags": {"Gold", "Silver"}, "lists": {"Newsletter": "1"},
            "account": [], "fields": {"Grade": "B"},
        },
    }  # fmt: skip
    notes = {note["note"]: note["reltype"] for note in world.ask("GET notes").body["notes"]}
    assert notes == {"On her": "Subscriber", "On it": "Deal", "On them": "CustomerAccount"}
    kept(world, "applied")
    world.plan_all(files)
    assert {(line["_file"], line["_action"]) for line in lines(world) if line["_action"] != "unchanged"} == {
        ("contacts.csv", "opted_out"),  # whom contactLists.csv unsubscribes
    }


def test_right_after_an_import_of_a_folder_there_is_nothing_to_do(other: World, folder: Path):  # noqa: F811
    other.import_all(folder)
    shutil.rmtree(other.job.path)
    other.sent.clear()
    other.plan_all(folder)
    assert {line["_action"] for line in lines(other)} == {"unchanged"}
    assert (sums(other)["requests"], sums(other)["changes"]) == ({"single": 0}, {})
    assert other.steps() == []
    other.sent.clear()
    assert other.apply_all().summary.rows["unchanged"] == len(lines(other))
    assert len(other.sent) == 1, "who the account is"


def test_an_account_is_planned_into_an_empty_one_and_carried_out(other: World, folder: Path):  # noqa: F811
    """Its files have the ids of another account, which mean rows of the files here."""
    other.plan_all(folder)
    assert {line["_id"] for line in lines(other)} == {""}, "nothing of it is there yet"
    assert failed(other) == {}
    result = other.apply_all()
    assert (result.error, result.summary.complete) == (None, True), told(other)
    shutil.rmtree(other.job.path)
    other.export_all(other.folder / "out")
    assert rows_in(other.folder / "out") == rows_in(folder)


def test_what_was_deleted_is_planned_anew_with_all_that_names_it(world: World, full: Path, folder: Path):  # noqa: F811
    """The files have this account's ids; what is made anew will have others."""
    shutil.copytree(full, world.folder / "account")
    for name in ("notes", "deals", "contacts", "accounts", "lists", "tags", "fields"):
        rows = table(folder / f"{name}.csv")
        for line in rows if name == "deals" else rows[:2]:
            assert world.ask(f"DELETE {name}/{line['id']}").status == 200
    world.plan_all(folder)
    assert failed(world) == {}
    result = world.apply_all()
    assert (result.error, result.summary.complete) == (None, True), told(world)
    shutil.rmtree(world.job.path)
    world.export_all(world.folder / "out")
    assert rows_in(world.folder / "out") == rows_in(folder)


@pytest.mark.parametrize("seed", range(tries(1, 300)))
def test_whatever_is_planned_of_a_folder_comes_to_be_what_an_import_of_it_does(world: World, seed: int):
    check(world, Random(seed))


# ---- somebody else


def test_what_somebody_changed_since_is_set_aside_and_what_needs_it_waits(world: World, files: Path):
    world.plan_all(files)
    world.ask("PUT contacts/1", {"contact": {"firstName": "Ada K."}})
    world.ask("POST contacts", {"contact": {"email": "new@example.com", "firstName": "Somebody"}})
    world.sent.clear()
    world.apply_all()
    assert failed(world) == {
        ("contacts", "2"): "changed_meanwhile", ("contacts", "3"): "changed_meanwhile",
        ("contactLists", "2"): "not_made", ("contactLists", "3"): "changed_meanwhile",
        ("accountContacts", "2"): "changed_meanwhile", ("deals", "2"): "not_made", ("notes", "2"): "not_made",
        ("notes", "3"): "not_made",
    }  # fmt: skip
    (said,) = {line["_error"] for line in report(world.job.file("deals"), "failed.csv")}
    assert said.startswith("What it needs was not made: contacts.csv row 3 says why. bulk retry sends both again")
    account = world.account()["contacts"]
    assert {email: person["firstName"] for email, person in account.items()} == {
        "ada@example.com": "Ada K.", "new@example.com": "Somebody",
    }  # fmt: skip
    assert not any(person["tags"] or person["lists"] for person in account.values())


def test_what_was_refused_is_sent_again_with_all_that_needs_it(world: World, files: Path):
    world.plan_all(files)
    world.faults = (Fault("status", "POST", "contacts", '"new@example.com"', status=422),)
    world.apply_all()
    assert {code for (part, _row), code in failed(world).items() if part != "contacts"} == {"not_made"}
    world.faults = ()
    result = world.resume_all(retry=True)
    assert (result.summary.complete, failed(world)) == (True, {})
    assert world.account()["contacts"]["new@example.com"]["lists"] == {"Newsletter": "1"}


def test_a_name_that_is_gone_since_the_plan_is_not_made_again(world: World):
    """It was there when the plan was made, so the plan does not say that it will be."""
    given(world)
    world.plan(world.csv([("ada@example.com", "VIP"), ("grace@example.com", "Gold")], "email,tags"))
    (vip,) = [tag["id"] for tag in world.ask("GET tags").body["tags"] if tag["tag"] == "VIP"]
    world.ask(f"DELETE tags/{vip}")
    world.apply()
    assert [(line["_row"], line["_code"]) for line in report(world.job.path, "failed.csv")] == [("2", "unknown_name")]
    assert world.account()["tags"] == ["Gold", "Smith, John"]


def test_a_plan_is_made_beside_another_job_and_not_carried_out_beside_it(world: World, files: Path):
    """Both would make deals, and neither would find the other's."""
    deal = world.csv(PARTS[7][2][1:], PARTS[7][1])
    with FileLock(world.setting.access.lock(world.host, "deals"), mode=0o600):
        world.plan_all(files)
        with pytest.raises(UnfinishedError, match="deals"):
            world.apply_all()
        shutil.rmtree(world.job.path)
        world.plan(deal, "deals")
        error = world.apply().error
    assert isinstance(error, UnfinishedError)
    assert "deals" in str(error)
    assert world.steps() == []


# ---- cut off


@pytest.mark.parametrize("seed", range(tries(1, 100)))
def test_a_plan_of_a_folder_and_its_carrying_out_that_are_killed_come_to_the_same(world: World, seed: int):
    check_killed(world, Random(-seed - 1))


def test_a_plan_that_waits_is_not_resumed_and_an_old_one_not_applied(world: World, files: Path):
    world.plan_all(files)
    with pytest.raises(UsageError, match="waits for being carried out"):
        world.resume_all()
    with pytest.raises(UsageError, match="too old to go by"):
        world.apply_all(max_age=-1)
    assert world.job.state == "planned"


def test_a_plan_that_was_cut_off_is_planned_on_before_it_is_applied(world: World, files: Path):
    assert cut_off(world, 15, lambda: world.plan_all(files))
    with pytest.raises(UsageError, match="not planned to its end"):
        world.apply_all()
    result = world.resume_all()
    assert (result.summary.state, failed(world)) == ("planned", {})
    assert len(lines(world)) == sum(sums(world)["changes"].values())


def test_a_plan_that_is_carried_out_waits_no_more_wherever_it_is_cut_off(world: World, files: Path):
    world.plan_all(files)
    with crashing(world, "tags"):
        world.apply_all()
    assert world.job.state == "cut off"
    result = world.resume_all()
    assert (result.summary.state, failed(world)) == ("finished", {})


# ---- taken back


def test_a_plan_of_a_folder_that_was_carried_out_is_undone(world: World):
    given(world)
    start = people(world)
    world.plan_all(files_of(world, "contacts", "deals", "notes"))
    world.apply_all()
    assert people(world) != start
    undone(world, kept(world, "applied"))
    assert failed(world) == {}
    assert people(world) == start
    assert world.ask("GET notes").body["notes"] == []


# ---- what it costs


def test_a_plan_of_a_folder_reads_no_more_than_an_import_of_it(world: World):
    """Contacts are read once for all files, and so is what the account calls its records."""
    made = [(f"p{n}@example.com", f"N {n}") for n in range(250)]
    world.people(made)
    place = world.folder / "files"
    place.mkdir()
    world.csv([(email, f"{name}!", "VIP") for email, name in made], "email,firstName,tags", "files/contacts.csv")
    header = "contact_email,list_name,status"
    world.csv([(email, "Newsletter", "1") for email, _name in made], header, "files/contactLists.csv")
    world.csv([("Acme", email) for email, _name in made], "account_name,contact_email", "files/accountContacts.csv")
    rows = [("Hello", "contact", email) for email, _name in made]
    world.csv(rows, "note,reltype,contact_email", "files/notes.csv")
    world.plan_all(place)
    planned = [request.path for request, _reply in world.sent]
    pages = [path for path in planned if path == "contacts"]
    assert len(pages) <= 3 + 3
    assert max(Counter(path for path in planned if path in ("tags", "lists", "accounts", "fields")).values()) == 1
    assert sums(world)["rows"] == {"update": 500, "create": 500}
    kept(world, "planned")
    world.sent.clear()
    world.import_all(place)
    reads = [request.path for request, _reply in world.sent if request.method == "GET"]
    assert len(planned) < len(reads)
