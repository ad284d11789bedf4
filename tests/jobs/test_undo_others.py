"""What others have made of a job's work since stays, and is named: also what only hangs on what the job created."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bulk.model import Lost, Reply, Request
from tests.jobs.samples import given
from tests.jobs.test_undo import errors, failed
from tests.undone import kept, people, undone
from tests.world import World, report

ROOT = Path(__file__).parents[2]
DEAL = "title,contact_email,value,currency,pipeline_title,stage_title"
NEW: dict[str, tuple[str, tuple[str, ...]]] = {
    "deals": (DEAL, ("New", "ada@example.com", "1.00", "usd", "Sales", "To Contact")),
    "accounts": ("name", ("New",)),
    "fields": ("title,type", ("New", "text")),
    "tags": ("tag", ("New",)),
    "lists": ("name,stringid,sender_url,sender_reminder", ("New", "new", "https://www.example.com", "You asked")),
    "dealCustomFieldMeta": ("fieldLabel,fieldType", ("New", "text")),
    "accountCustomFieldMeta": ("fieldLabel,fieldType", ("New", "text")),
}


def created(world: World, name: str) -> str:
    """The id of a record that a job has just created."""
    given(world)
    header, row = NEW[name]
    world.start(world.csv([row], header), name)
    return str(max(int(one["id"]) for one in world.ask(f"GET {name}", query=(("limit", "100"),)).body[name]))


@pytest.mark.some(4)
@pytest.mark.parametrize(
    ("name", "request_of", "body"),
    [
        ("deals", "POST notes", {"note": {"note": "Call them", "reltype": "Deal", "relid": "{}"}}),
        ("accounts", "POST notes", {"note": {"note": "Call them", "reltype": "CustomerAccount", "relid": "{}"}}),
        ("accounts", "POST deals",
         {"deal": {"title": "Big", "contact": "1", "account": "{}", "value": 5, "currency": "usd", "group": "1"}}),
        ("dealCustomFieldMeta", "PUT deals/1", {"deal": {"fields": [{"customFieldId": "{}", "fieldValue": "x"}]}}),
        ("accountCustomFieldMeta", "PUT accounts/1",
         {"account": {"fields": [{"customFieldId": "{}", "fieldValue": "x"}]}}),
        ("fields", "PUT fields/{}", {"field": {"defval": "x"}}),
        ("fields", "PUT fields/{}", {"field": {"descript": "x"}}),
        ("lists", "PUT lists/{}", {"list": {"carboncopy": "a@example.com"}}),
    ],
)  # fmt: skip
def test_what_the_job_created_and_others_use_is_kept(world: World, name: str, request_of: str, body: Any):
    identity = created(world, name)
    job = kept(world, "created")

    def of_it(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: of_it(one) for key, one in value.items()}
        if isinstance(value, list):
            return [of_it(one) for one in value]
        return identity if value == "{}" else value

    assert world.ask(request_of.format(identity), of_it(body)).status < 300
    undone(world, job)
    assert failed(world) == {"delete": "changed_since"}
    assert world.ask(f"GET {name}/{identity}").status == 200


def test_a_field_whose_values_are_empty_by_now_goes(world: World):
    """A value that an undo takes back leaves an empty one behind, which nobody misses."""
    given(world)
    folder = world.folder / "files"
    folder.mkdir()
    world.csv([("New", "text")], "title,type", "files/fields.csv")
    world.csv([("ada@example.com", "New", "x")], "contact_email,field_title,value", "files/fieldValues.csv")
    world.import_all(folder, undoable=True)
    undone(world, kept(world, "imported"))
    assert (failed(world), errors(world)) == ({}, "")
    assert "New" not in {one["title"] for one in world.ask("GET fields", query=(("limit", "100"),)).body["fields"]}


@pytest.mark.parametrize(
    ("left", "stands"), [("", "1"), ("2020-01-01T00:00:00-05:00", "1"), ("2099-01-01T00:00:00-05:00", "0")]
)
def test_who_was_made_unconfirmed_is_subscribed_again_unless_they_left_since(world: World, left: str, stands: str):
    """Who signs up again after having left is unconfirmed too: only the date of their leaving tells."""
    given(world)
    header = "contact_email,list_name,status"
    world.start(world.csv([("ada@example.com", "Newsletter", "1")], header), "contactLists")
    kept(world, "before")
    world.start(world.csv([("ada@example.com", "Newsletter", "0")], header), "contactLists", undoable=True)
    job = kept(world, "unconfirmed")

    def dated(request: Request, reply: Reply | Lost) -> Reply | Lost:
        if isinstance(reply, Reply) and request.path.endswith("/contactLists") and request.method == "GET":
            for link in reply.body["contactLists"]:
                link["udate"] = left
        return reply

    world.instead = dated
    undone(world, job)
    assert world.account()["contacts"]["ada@example.com"]["lists"] == {"Newsletter": stands}
    assert failed(world) == ({} if stands == "1" else {"lists": "changed_since"})


def test_who_was_confirmed_is_unconfirmed_again_also_where_the_address_has_bounced(world: World):
    """They get less mail by it, so no guard of consent is in the way."""
    given(world)
    header = "contact_email,list_name,status"
    world.start(world.csv([("ada@example.com", "Newsletter", "0")], header), "contactLists", undoable=True)
    kept(world, "before")
    world.start(world.csv([("ada@example.com", "Newsletter", "1")], header), "contactLists", resubscribe=True)
    job = kept(world, "confirmed")
    with closing(sqlite3.connect(world.folder / world.sandbox / "sandbox.sqlite")) as db, db:
        assert db.execute("UPDATE contacts SET bounced = 1 WHERE email = 'ada@example.com'").rowcount == 1
    undone(world, job)
    assert failed(world) == {}
    assert world.account()["contacts"]["ada@example.com"]["lists"] == {"Newsletter": "0"}


@pytest.mark.parametrize("again", [False, True], ids=["undo", "undo of the undo"])
@pytest.mark.parametrize(
    ("name", "header", "row", "more"),
    [
        ("fields", "title,type,options", ("Size of it", "dropdown", "A,B"), ("Size of it", "dropdown", "A,B,C")),
        ("dealGroups", "title,currency,stages", ("Upkeep", "usd", "One,Two"), ("Upkeep", "usd", "One,Two,Three")),
    ],
)
def test_what_was_added_to_what_is_gone_by_now_is_named(
    world: World, name: str, header: str, row: tuple[str, ...], more: tuple[str, ...], again: bool
):
    world.start(world.csv([row], header), name)
    kept(world, "made")
    world.start(world.csv([more], header), name, undoable=True)
    job = kept(world, "added")
    if again:
        undone(world, job)
        job = kept(world, "undone")
    identity = max(int(one["id"]) for one in world.ask(f"GET {name}", query=(("limit", "100"),)).body[name])
    assert world.ask(f"DELETE {name}/{identity}").status < 300
    undone(world, job)
    assert failed(world) == {"options" if name == "fields" else "stages": "changed_since"}
    assert "is gone" in errors(world)


def test_a_stage_is_put_back_where_it_stood(world: World):
    header = "title,currency,stages"
    world.start(world.csv([("Sales", "usd", "Before,To Contact,Between,In Contact")], header), "dealGroups")
    job, stages = kept(world, "added"), _stages(world)
    undone(world, job)
    assert _stages(world) == ["To Contact", "In Contact", "Follow Up"]
    undone(world, kept(world, "undone"))
    assert (failed(world), errors(world)) == ({}, "")
    assert _stages(world) == stages


def _stages(world: World) -> list[str]:
    stages = world.ask("GET dealStages", query=(("limit", "100"),)).body["dealStages"]
    return [stage["title"] for stage in sorted(stages, key=lambda one: (int(one["order"]), int(one["id"])))]


def test_an_undo_of_a_whole_account_does_not_take_its_own_lines_for_what_somebody_did(world: World):
    """People were subscribed and employed by files of their own, after they were made; they go as a whole."""
    world.ask("GET contacts")
    start = people(world)
    result = world.import_all(ROOT / "samples" / "account")
    assert result.summary.complete
    assert people(world) != start
    result = undone(world, kept(world, "imported"))
    assert [line["_error"] for line in report(result.folder.path, "failed.csv")] == []
    assert people(world) == start


def test_who_left_by_themselves_is_kept_also_where_a_line_would_have_taken_them_off(world: World):
    place = world.folder / "files"
    place.mkdir()
    world.csv([("grace@example.com", "Grace")], "email,firstName", "files/contacts.csv")
    rows = [("grace@example.com", "Newsletter", "1"), ("grace@example.com", "Customers", "1")]
    world.csv(rows, "contact_email,list_name,status", "files/contactLists.csv")
    assert world.import_all(place).summary.complete
    job = kept(world, "imported")
    contact = world.ask("GET contacts").body["contacts"][0]["id"]
    (mailing,) = [one["id"] for one in world.ask("GET lists").body["lists"] if one["name"] == "Customers"]
    body = {"contactList": {"list": mailing, "contact": contact, "status": "2"}}
    assert world.ask("POST contactLists", body).status in (200, 201)
    result = undone(world, job)
    assert ["left 'Customers'" in line["_error"] for line in report(result.folder.path, "failed.csv")] == [True]
    assert "grace@example.com" in people(world)["contacts"]


def contact_id(world: World, email: str) -> str:
    return str(world.ask("GET contacts", query=(("email", email),)).body["contacts"][0]["id"])


def test_a_cell_that_the_job_has_left_as_it_was_is_not_looked_at(world: World):
    """Two rows of one person: the second takes back what the first has done, and what others do since is theirs."""
    world.start(world.csv([("ada@example.com", "Augusta")], "email,firstName"))
    kept(world, "before")
    rows = [("ada@example.com", "Other", "1"), ("ada@example.com", "Augusta", "2")]
    world.start(world.csv(rows, "email,firstName,phone"), undoable=True, on_duplicate="all")
    job = kept(world, "there and back")
    world.ask(f"PUT contacts/{contact_id(world, 'ada@example.com')}", {"contact": {"firstName": "By others"}})
    undone(world, job)
    assert (failed(world), errors(world)) == ({}, "")
    assert [line["column"] for line in report(world.job.path, "succeeded.csv")] == ["phone"]
    assert world.account()["contacts"]["ada@example.com"]["firstName"] == "By others"


def test_a_deal_that_is_hidden_by_now_is_left_alone_and_not_said_to_be_empty(world: World):
    deal = created(world, "deals")
    job = kept(world, "created")
    pipeline = world.ask(f"GET deals/{deal}").body["deal"]["group"]
    world.ask(f"DELETE dealGroups/{pipeline}")
    assert world.ask(f"GET deals/{deal}").body["deal"]["isDisabled"] is True
    undone(world, job)
    assert failed(world) == {"delete": "changed_since"}
    assert "Now: hidden" in errors(world)
    assert world.ask(f"GET deals/{deal}").status == 200


def test_an_account_with_a_deal_that_is_hidden_stays(world: World):
    account = created(world, "accounts")
    job = kept(world, "created")
    deal = {"title": "Big", "account": account, "contact": "1", "value": 5, "currency": "usd", "group": "1"}
    assert world.ask("POST deals", {"deal": deal}).status < 300
    world.ask("DELETE dealGroups/1")
    undone(world, job)
    assert failed(world) == {"delete": "changed_since"}
