"""What an undo cannot put back is named: before, where that is known by then, else in its report."""

from __future__ import annotations

import pytest

from bulk.resources.spec import Writing
from tests.jobs.samples import IMPORTED, SAMPLES, given
from tests.jobs.test_undo import errors, failed
from tests.undone import kept, undone
from tests.world import World, report

FIELDS = "fieldLabel,fieldType"
DEAL = "title,contact_email,value,currency,pipeline_title,stage_title,Own"
BIG = ("Big", "ada@example.com", "1.00", "usd", "Sales", "To Contact", "x")


def test_a_contact_is_made_anew_without_the_values_of_a_field_that_is_gone(world: World):
    world.start(world.csv([("Own", "text")], "title,type"), "fields")
    kept(world, "field")
    world.start(world.csv([("ada@example.com", "x", "Oslo")], "email,Own,City"))
    kept(world, "contact")
    world.start(world.csv([("ada@example.com",)], "email"), mode="delete", undoable=True)
    job = kept(world, "deleted")
    field = next(
        one["id"] for one in world.ask("GET fields", query=(("limit", "100"),)).body["fields"] if one["title"] == "Own"
    )
    world.ask(f"DELETE fields/{field}")
    undone(world, job)
    assert failed(world) == {"create": "changed_since"}
    assert f"the field with the id {field}" in errors(world)
    assert world.account()["contacts"]["ada@example.com"]["fields"] == {"City": "Oslo"}


@pytest.mark.parametrize("mode", ["delete", "upsert"])
def test_the_value_of_a_deal_in_a_field_that_is_gone_is_named(world: World, mode: str):
    given(world)
    world.start(world.csv([("Own", "text")], FIELDS), "dealCustomFieldMeta")
    kept(world, "field")
    world.start(world.csv([BIG], DEAL), "deals")
    kept(world, "deal")
    world.start(world.csv([(*BIG[:-1], "y")], DEAL), "deals", mode=mode)
    job = kept(world, "changed")
    metas = world.ask("GET dealCustomFieldMeta", query=(("limit", "100"),)).body["dealCustomFieldMeta"]
    field = next(one["id"] for one in metas if one["fieldLabel"] == "Own")
    world.ask(f"DELETE dealCustomFieldMeta/{field}")
    undone(world, job)
    assert [line["_code"] for line in report(world.job.path, "failed.csv")] == ["changed_since"]
    assert field in errors(world)
    assert "Big" in {one["title"] for one in world.ask("GET deals").body["deals"]}


DELETED = [one.name for one in IMPORTED if "delete" in one.modes and one.writing is not Writing.LINK]


@pytest.mark.some(5)
@pytest.mark.parametrize("name", DELETED)
def test_what_went_along_with_a_deleted_record_is_told_first(world: World, name: str):
    given(world)
    sample = SAMPLES[name]
    world.start(world.csv(sample.rows[:1], sample.header), name)
    kept(world, "made")
    world.start(world.csv(sample.rows[:1], sample.header), name, mode="delete", undoable=True)
    undone(world, kept(world, "deleted"))
    stays = [line.strip() for line in world.told.lines if "Stays: " in line]
    assert len(stays) == (name not in ("notes", "webhooks")), stays
    assert all(line.endswith("(once).") for line in stays)
    world.told.lines.clear()
    undone(world, kept(world, "undone"))
    assert not any("Stays: " in line for line in world.told.lines)


def test_a_value_that_was_empty_before_is_as_it_was_once_its_field_is_gone(world: World):
    given(world)
    field = world.ask("POST fields", {"field": {"title": "Shoe size", "type": "text"}}).body["field"]["id"]
    world.start(world.csv([("ada@example.com", "40")], "email,Shoe size"), undoable=True)
    job = kept(world, "imported")
    world.ask(f"DELETE fields/{field}")
    result = undone(world, job)
    assert report(result.folder.path, "failed.csv") == []
    assert [line["_action"] for line in report(result.folder.path, "succeeded.csv")] == ["unchanged"]


@pytest.mark.parametrize(
    ("status", "told", "stands"),
    [
        ("0", "  1 subscription is new: it will be unsubscribed, since 'never there' cannot be had again.", "2"),
        ("1", "  1 subscription is new: it will be unsubscribed, since 'never there' cannot be had again.", "2"),
        ("2", "  Stays: somebody was unsubscribed from a list that they were never on, and stays so (once).", "2"),
    ],
)
def test_what_becomes_of_who_was_never_on_a_list_is_told_first(world: World, status: str, told: str, stands: str):
    given(world)
    rows = [("ada@example.com", "Newsletter", status)]
    world.start(world.csv(rows, "contact_email,list_name,status"), "contactLists", undoable=True)
    undone(world, kept(world, "subscribed"))
    assert told in world.told.lines
    assert failed(world) == {}
    assert world.account()["contacts"]["ada@example.com"]["lists"] == {"Newsletter": stands}


def test_who_is_put_on_a_list_again_is_told_by_what_they_will_be(world: World):
    given(world)
    header = "contact_email,list_name,status"
    people = ("ada@example.com", "grace@example.com")
    for email in people:
        world.ask("POST contacts", {"contact": {"email": email}})
    world.start(world.csv([(email, "Newsletter", "01"[at]) for at, email in enumerate(people)], header), "contactLists")
    kept(world, "before")
    rows = [(people[0], "Newsletter", "2"), (people[1], "Newsletter", "0")]
    world.start(world.csv(rows, header), "contactLists", undoable=True)
    undone(world, kept(world, "imported"))
    assert "  1 person will be subscribed again, where nobody touched that since." in world.told.lines
    assert "  1 person will be unconfirmed again, as before, where nobody touched that since." in world.told.lines


def test_a_line_fits_a_terminal_and_names_whom_it_is_about(world: World):
    long = "Maximiliane-Katharina von und zu Hohenstein-Oberwasser and all her relations"
    rows = [("ada@example.com", long, "Newsletter", "VIP")]
    world.start(world.csv(rows, "email,firstName,lists,tags"))
    kept(world, "before")
    rows = [("ada@example.com", f"Not {long}", "", "Gold")]
    source = world.csv(rows, "email,firstName,lists,tags")
    world.start(source, undoable=True)
    world.told.lines.clear()
    undone(world, kept(world, "changed"))
    lines = [line for line in world.told.lines if line.startswith("    ")]
    assert f"  Rows are those of {source}" in world.told.lines
    assert "    row 2  contacts ada@example.com  remove tag Gold" in lines
    assert any(line.startswith("    row 2  contacts ada@example.com  update firstName: Not") for line in lines)
    assert max(map(len, lines)) < 80
    job = kept(world, "undone")
    world.told.lines.clear()
    undone(world, job)
    assert f"  Rows are those of {job.file('undo.csv')}" in world.told.lines


def test_a_name_that_rows_needed_is_said_to_go_unless_others_use_it(world: World):
    world.start(world.csv([("ada@example.com", "Brand New")], "email,tags"))
    job = kept(world, "made")
    world.start(world.csv([("grace@example.com", "Brand New")], "email,tags"))
    kept(world, "used")
    world.told.lines.clear()
    undone(world, job)
    assert any(line.endswith("delete unless others use it by then: Brand New") for line in world.told.lines)
    assert "Brand New" in {one["tag"] for one in world.ask("GET tags", query=(("limit", "100"),)).body["tags"]}


def test_where_a_look_shows_a_few_lines_it_is_said_what_shows_all(world: World):
    world.start(world.csv([(f"p{n}@example.com",) for n in range(12)], "email"))
    job = kept(world, "made")
    world.told.lines.clear()
    undone(world, job, only_plan=True)
    assert any(line.startswith("    … and 2 more. All of them: ") for line in world.told.lines)
