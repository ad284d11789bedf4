"""A plan says what an import would do, row by row, and sends nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from bulk.errors import UsageError
from bulk.model import Reply, Request
from tests.jobs.samples import IMPORTED, SAMPLES, given
from tests.planned import Play, check, check_killed, reasons
from tests.scale import tries
from tests.world import World, crashing, report

HEADER = "email,firstName,tags,remove_tags,lists,unsubscribe_lists,account"
DEALS = "title,contact_email,value,currency,pipeline_title,stage_title,owner_email"
TAKEN = Reply(422, {"errors": [{"title": "Email address already exists in the system", "code": "duplicate"}]})
PEOPLE = [
    ("ada@example.com", "Ada", "VIP", "", "Newsletter", "", "Acme"),
    ("grace@example.com", "Grace", "", "", "", "", ""),
]
CHANGED = [
    ("ada@example.com", "Augusta", "Gold,VIP", "", "", "Newsletter", "Acme"),
    ("grace@example.com", "Grace", "", "", "Newsletter", "", ""),
    ("new@example.com", "New", "VIP", "", "", "", ""),
    ("no address", "X", "", "", "", "", ""),
]
REFUSED = (
    "email_invalid: email: 'no address': This is no e-mail address that ActiveCampaign accepts. Write it as"
    ' name@domain.tld, without blanks and without any of ( ) , : ; < > [ \\ ] " in it.'
)


def lines(world: World) -> list[tuple[str, ...]]:
    return [tuple(line.values()) for line in report(world.job.path, "plan.csv")]


def sums(world: World) -> dict[str, object]:
    return json.loads((world.job.path / "plan.json").read_text())


def writes(world: World, since: int) -> list[str]:
    return [request.step for request, _reply in world.sent[since:] if request.method != "GET"]


def make(world: World, rows: Sequence[Sequence[str]], header: str = HEADER, resource: str = "contacts") -> None:
    world.start(world.csv(rows, header), resource)
    world.job.path.rename(world.folder / "jobs" / f"before {len(world.sent)}")


def test_a_plan_has_a_line_for_each_cell_and_link_that_changes(world: World):
    make(world, PEOPLE)
    before, sent = world.account(), len(world.sent)
    result = world.plan(world.csv(CHANGED, HEADER))
    assert writes(world, sent) == []
    assert world.account() == before
    assert result.summary.state == "planned"
    ids = {person: str(at) for at, person in enumerate(before["contacts"], 1)}
    ada, grace = ids["ada@example.com"], ids["grace@example.com"]
    assert lines(world) == [
        ("2", "ada@example.com", ada, "update", "firstName", "Ada", "Augusta"),
        ("2", "ada@example.com", ada, "add_tag", "tags", "", "Gold"),
        ("2", "ada@example.com", ada, "unsubscribe", "unsubscribe_lists", "Newsletter: subscribed", "Newsletter"),
        ("3", "grace@example.com", grace, "subscribe", "lists", "", "Newsletter"),
        ("4", "new@example.com", "", "create", "email", "", "new@example.com"),
        ("4", "new@example.com", "", "create", "firstName", "", "New"),
        ("4", "new@example.com", "", "add_tag", "tags", "", "VIP"),
        ("5", "no address", "", "reject", "", REFUSED, ""),
    ]
    said = sums(world)
    assert said["rows"] == {"update": 2, "create": 1, "reject": 1}
    assert said["reasons"] == {"email_invalid": 1}
    assert said["new_names"] == {"tags": ["Gold"]}
    assert said["writes"]["single"] == 7


def test_each_line_of_what_is_not_done_says_why_and_the_sums_agree(world: World):
    make(world, [("ada@example.com", "Ada", "", "", "", "Newsletter", "", "")])
    world.csv([("ada@example.com", "Ada", "", "", "Newsletter", "", "")], HEADER)
    with (world.folder / "in.csv").open("a", newline="") as file:
        file.write("new@example,N,,,Nowhere,,\r\n")
        file.write("Ada@Example.com,Again,,,,,\r\n")
        file.write("short@example.com,S\r\n")
    world.plan(world.folder / "in.csv")
    refused = report(world.job.path, "plan.csv")
    assert [(line["_row"], line["_key"], line["_action"], line["before"].split(":")[0]) for line in refused] == [
        ("2", "ada@example.com", "opted_out", "opted_out"),
        ("3", "new@example", "reject", "email_invalid"),
        ("3", "new@example", "reject", "unknown_name"),
        ("4", "ada@example.com", "reject", "duplicate_key"),
        ("5", "short@example.com", "reject", "too_few_cells"),
    ]  # fmt: skip
    assert (refused[0]["column"], refused[0]["after"]) == ("lists", "Newsletter")
    assert "--resubscribe" in refused[0]["before"], "in the words of who is told"
    assert sums(world)["reasons"] == reasons(refused)
    assert sums(world)["rows"] == {"reject": 4}


def test_a_refusal_that_is_said_otherwise_by_then_is_no_change_of_the_account(world: World):
    make(world, [("ada@example.com", "Ada", "", "", "", "Newsletter", "", "")])
    world.plan(world.csv([("ada@example.com", "Augusta", "", "", "Newsletter", "", "")], HEADER))
    assert "opted_out" in sums(world)["reasons"]
    unsubscribed = world.ask("GET contacts/1/contactLists").body["contactLists"][0]
    body = {"contactList": {"list": unsubscribed["list"], "contact": "1", "status": "3"}}
    assert world.ask("POST contactLists", body).status in (200, 201)
    world.apply()
    assert "bounced on 'Newsletter'" in report(world.job.path, "failed.csv")[0]["_error"]
    assert failed(world) == {"2": "opted_out"}
    assert world.account()["contacts"]["ada@example.com"]["firstName"] == "Augusta"


def test_a_plan_of_what_is_there_says_that_nothing_is_to_be_done(world: World):
    make(world, PEOPLE)
    world.plan(world.csv(PEOPLE, HEADER))
    assert {line[3] for line in lines(world)} == {"unchanged"}
    assert sums(world)["requests"]["single"] == 0


@pytest.mark.some(6)
@pytest.mark.parametrize("name", [resource.name for resource in IMPORTED])
def test_right_after_an_import_there_is_nothing_to_do(world: World, name: str):
    given(world)
    sample = SAMPLES[name]
    make(world, sample.rows, sample.header, name)
    sent = len(world.sent)
    result = world.plan(world.csv(sample.rows, sample.header), name)
    assert result.summary.state == "planned"
    assert {line[3] for line in lines(world)} == {"unchanged"}
    assert writes(world, sent) == []


@pytest.mark.some(6)
@pytest.mark.parametrize("name", [resource.name for resource in IMPORTED])
def test_what_is_planned_is_what_an_import_does(world: World, name: str):
    """Rows by action, of records that are new."""
    given(world)
    sample = SAMPLES[name]
    path: Path = world.csv(sample.rows, sample.header)
    world.plan(path, name)
    planned = {line[0]: line[3] for line in reversed(lines(world))}
    world.job.path.rename(world.folder / "jobs" / "plan")
    world.start(path, name)
    done = {line["_row"]: line["_action"] for line in report(world.job.path, "succeeded.csv")}
    assert set(done) == {row for row, action in planned.items() if action != "reject"}


# ---- carried out


def failed(world: World) -> dict[str, str]:
    return {line["_row"]: line["_code"] for line in report(world.job.path, "failed.csv")}


@pytest.mark.some(6)
@pytest.mark.parametrize("name", [resource.name for resource in IMPORTED])
def test_an_applied_plan_sends_what_it_says_and_an_import_has_nothing_left_to_do(world: World, name: str):
    given(world)
    sample = SAMPLES[name]
    path = world.csv(sample.rows, sample.header)
    world.plan(path, name)
    planned = sums(world)
    sent = len(world.sent)
    result = world.apply()
    assert result.summary.complete
    assert result.summary.rows["succeeded"] == len(sample.rows)
    beside = {"fields": ("show", "options"), "dealGroups": ("stage",)}.get(name, ())  # several writes for one change
    if not beside:
        assert planned["writes"]["single"] == len(writes(world, sent))
        assert planned["requests"]["single"] == len(world.sent) - sent
    world.job.path.rename(world.folder / "jobs" / "applied")
    again = world.start(path, name)
    assert set(again.summary.actions) == {"unchanged"}


def test_an_applied_plan_of_people_does_each_change(world: World):
    make(world, PEOPLE)
    world.plan(world.csv(CHANGED, HEADER))
    sent = len(world.sent)
    result = world.apply()
    assert result.summary.rows["succeeded"] == 3
    assert failed(world) == {"5": "email_invalid"}
    assert len(writes(world, sent)) == sums(world)["writes"]["single"]
    people = world.account()["contacts"]
    assert people["ada@example.com"]["firstName"] == "Augusta"
    assert people["ada@example.com"]["lists"] == {"Newsletter": "2"}
    assert people["new@example.com"]["tags"] == {"VIP"}


def test_what_somebody_changed_since_is_set_aside(world: World):
    make(world, PEOPLE)
    world.plan(world.csv(CHANGED, HEADER))
    ids = {person: str(at) for at, person in enumerate(world.account()["contacts"], 1)}
    world.ask(f"PUT contacts/{ids['ada@example.com']}", {"contact": {"firstName": "Ada K."}})
    world.ask("POST contacts", {"contact": {"email": "new@example.com", "firstName": "Somebody"}})
    sent = len(world.sent)
    result = world.apply()
    assert failed(world) == {"2": "changed_meanwhile", "4": "changed_meanwhile", "5": "email_invalid"}
    errors = {line["_row"]: line["_error"] for line in report(world.job.path, "failed.csv")}
    assert "'Ada' → 'Augusta'" in errors["2"]
    assert "'Ada K.' → 'Augusta'" in errors["2"]
    assert result.summary.rows["succeeded"] == 1
    assert [step for step in writes(world, sent) if "list" in step or step == "contact"] == ["list Newsletter"]
    people = world.account()["contacts"]
    assert (people["ada@example.com"]["firstName"], people["new@example.com"]["firstName"]) == ("Ada K.", "Somebody")


def test_what_the_account_has_by_then_as_it_was_planned_is_nothing_to_do(world: World):
    make(world, PEOPLE)
    world.plan(world.csv(CHANGED, HEADER))
    plan = world.job.path.rename(world.folder / "plan")
    make(world, CHANGED[:3])
    plan.rename(world.job.path)
    sent = len(world.sent)
    result = world.apply()
    assert failed(world) == {"5": "email_invalid"}
    assert result.summary.actions == {"unchanged": 3}
    assert writes(world, sent) == []
    assert not result.summary.undoable


def test_of_what_is_so_by_then_what_was_refused_is_refused_still(world: World):
    make(world, [("ada@example.com", "Ada", "", "", "Newsletter", "", "")])
    world.ask("POST contactLists", {"contactList": {"contact": "1", "list": "1", "status": "2"}})
    world.plan(world.csv([("ada@example.com", "Augusta", "", "", "Newsletter", "", "")], HEADER))
    assert {line[3] for line in lines(world)} == {"update", "opted_out"}
    world.ask("PUT contacts/1", {"contact": {"firstName": "Augusta"}})
    world.apply()
    assert failed(world) == {"2": "opted_out"}


@pytest.mark.parametrize("key", ["email", "id"])
def test_who_is_gone_by_then_was_to_be_deleted(world: World, key: str):
    make(world, PEOPLE)
    ids = {person: str(at) for at, person in enumerate(world.account()["contacts"], 1)}
    cell = "ada@example.com" if key == "email" else ids["ada@example.com"]
    world.plan(world.csv([(cell,)], key), mode="delete", key=key)
    world.ask(f"DELETE contacts/{ids['ada@example.com']}")
    assert world.apply().summary.actions == {"unchanged": 1}
    assert failed(world) == {}


def test_who_goes_by_another_address_by_then_is_not_gone(world: World):
    make(world, PEOPLE)
    ids = {person: str(at) for at, person in enumerate(world.account()["contacts"], 1)}
    world.plan(world.csv([("ada@example.com",)], "email"), mode="delete")
    world.ask(f"PUT contacts/{ids['ada@example.com']}", {"contact": {"email": "ada@example.org"}})
    world.apply()
    assert failed(world) == {"2": "changed_meanwhile"}
    assert "ada@example.org" in world.account()["contacts"]


def test_a_record_that_is_as_planned_by_then_or_gone_is_nothing_to_do(world: World):
    given(world)
    rows = [
        (f"Loom {n}", "ada@example.com", "10.00", "usd", "Sales", "In Contact", "tomas@example.com") for n in (1, 2)
    ]
    make(world, rows, DEALS, "deals")
    first = max(world.ask("GET deals").body["deals"], key=lambda one: int(one["id"]))
    changed = [(*row[:2], "25.00", *row[3:]) for row in rows if row[0] == first["title"]]
    world.plan(world.csv(changed, DEALS), "deals", mode="update")
    world.ask(f"PUT deals/{first['id']}", {"deal": {"value": 2500}})
    assert world.apply().summary.actions == {"unchanged": 1}
    world.job.discard()
    world.plan(world.csv([changed[0][:2]], "title,contact_email"), "deals", mode="delete")
    world.ask(f"DELETE deals/{first['id']}")
    assert world.apply().summary.actions == {"unchanged": 1}


def test_a_cell_that_is_kept_by_the_users_choice_is_not_as_planned(world: World):
    """Where the account counts, a cell that it changed after the plan is no edit any more."""
    make(world, PEOPLE)
    out = world.folder / "out.csv"
    world.export(out)
    export = world.job.path.rename(world.folder / "jobs" / "out")
    sheet = world.folder / "sheet.csv"
    sheet.write_text(out.read_text("utf-8-sig").replace('"Ada"', '"Augusta"'), "utf-8")
    world.plan(sheet, on_conflict="account", baseline=str(export.name))
    ids = {person: str(at) for at, person in enumerate(world.account()["contacts"], 1)}
    world.ask(f"PUT contacts/{ids['ada@example.com']}", {"contact": {"firstName": "Countess"}})
    world.apply()
    assert set(failed(world).values()) == {"changed_meanwhile"}


def test_what_changed_besides_does_not_matter(world: World):
    make(world, PEOPLE)
    world.plan(world.csv(CHANGED, HEADER))
    ids = {person: str(at) for at, person in enumerate(world.account()["contacts"], 1)}
    world.ask(f"PUT contacts/{ids['ada@example.com']}", {"contact": {"phone": "202-555-0143"}})
    world.apply()
    assert failed(world) == {"5": "email_invalid"}
    assert world.account()["contacts"]["ada@example.com"]["phone"] == "202-555-0143"


def test_somebody_made_just_before_their_row_is_sent_is_not_changed(world: World):
    """After the account was read, and before the request leaves."""
    world.plan(world.csv(CHANGED[2:3], HEADER))

    def make_them(request: Request) -> None:
        if request.path == "contacts" and request.method == "POST" and request.step == "contact":
            world.on_send = lambda _request: None
            made.append(request.step)

    made: list[str] = []
    world.on_send = make_them
    world.instead = lambda request, reply: TAKEN if request.step == "contact" else reply
    world.apply()
    assert made == ["contact"]
    assert failed(world) == {"2": "changed_meanwhile"}


def test_a_record_changed_since_is_set_aside(world: World):
    given(world)
    make(
        world,
        [("Loom 1", "ada@example.com", "10.00", "usd", "Sales", "In Contact", "tomas@example.com")],
        DEALS,
        "deals",
    )
    world.plan(
        world.csv([("Loom 1", "ada@example.com", "25.00", "usd", "Sales", "In Contact", "tomas@example.com")], DEALS),
        "deals",
        mode="update",
    )
    deal = max(world.ask("GET deals").body["deals"], key=lambda one: int(one["id"]))
    assert [line[3:] for line in lines(world)] == [("update", "value", "10.00", "25.00")]
    world.ask(f"PUT deals/{deal['id']}", {"deal": {"value": 1700}})
    world.apply()
    assert failed(world) == {"2": "changed_meanwhile"}
    assert world.ask(f"GET deals/{deal['id']}").body["deal"]["value"] == "1700"


def test_a_plan_that_waits_is_not_resumed_and_an_old_one_not_applied(world: World):
    world.plan(world.csv(PEOPLE, HEADER))
    with pytest.raises(UsageError, match="waits for being carried out"):
        world.resume()
    with pytest.raises(UsageError, match="too old to go by"):
        world.apply(max_age=-1)


@pytest.mark.some(2)
@pytest.mark.parametrize("after", [0, 1, 2, 4])
def test_an_apply_that_is_cut_off_goes_on(world: World, after: int):
    make(world, PEOPLE)
    world.plan(world.csv(CHANGED, HEADER))
    planned = sums(world)["writes"]
    sent = len(world.sent)
    with crashing(world, "contactTags", after):
        world.apply()
    result = world.resume()
    assert result.summary.rows["succeeded"] == 3
    assert {"single": len(writes(world, sent))} == planned


@pytest.mark.parametrize("seed", range(tries(6, 2_000)))
def test_whatever_is_planned_comes_to_be(world: World, seed: int):
    check(world, Play.of(Random(seed)))


@pytest.mark.parametrize("seed", range(tries(4, 500)))
def test_a_plan_and_its_carrying_out_that_are_killed_come_to_the_same(world: World, seed: int):
    chance = Random(-seed - 1)
    check_killed(world, Play.of(chance), chance)


def test_rows_of_one_key_are_not_planned_one_after_another(world: World):
    with pytest.raises(UsageError, match="each row by itself"):
        world.plan(world.csv(PEOPLE, HEADER), on_duplicate="all")


def test_a_plan_of_an_account_as_large_as_the_file_costs_its_pages(world: World):
    """And the ends of the walk; nothing is asked about rows one by one."""
    people = [(f"p{n}@example.com", f"N {n}") for n in range(2_000)]
    world.people(people)
    changed = [(email, f"{name}!") for email, name in people]
    sent = len(world.sent)
    world.plan(world.csv(changed, "email,firstName"))
    pages = [request for request, _reply in world.sent[sent:] if request.path == "contacts"]
    assert len(pages) <= 20 + 3
    assert sums(world)["writes"]["single"] == 2_000
    assert sums(world)["requests"]["single"] == 2_000 + 2 + 8 * 3 + 20, "names, looks at 250 each, what is read back"


@pytest.mark.parametrize(
    ("name", "made", "changed", "called"),
    [
        ("contacts", "email,phone\nada@example.com,1\n", "id,phone\n1,2\n", "ada@example.com"),
        ("tags", "tag\nVIP\n", "id,description\n1,Very\n", "VIP"),
        ("accounts", "name\nAcme\n", "id,accountUrl\n1,https://www.example.com\n", "Acme"),
    ],
)
def test_where_the_file_has_only_ids_a_plan_says_what_people_know(
    world: World, name: str, made: str, changed: str, called: str
):
    path = world.folder / "in.csv"
    path.write_text(made)
    world.start(path, name)
    world.job.path.rename(world.folder / "jobs" / "made")
    path.write_text(changed)
    world.plan(path, name, key="id")
    assert [line[1:4] for line in lines(world)] == [(called, "1", "update")]
    assert world.apply().summary.complete


def test_who_is_called_otherwise_by_then_is_no_other(world: World):
    make(world, PEOPLE)
    world.plan(world.csv([("1", "Augusta")], "id,firstName"), key="id")
    assert world.ask("PUT contacts/1", {"contact": {"email": "ada.k@example.com"}}).status == 200
    assert world.apply().summary.complete


def test_of_unchanged_rows_of_an_export_too_a_plan_says_the_address(world: World):
    make(world, PEOPLE)
    out = world.folder / "out.csv"
    world.export(out)
    world.job.path.rename(world.folder / "jobs" / "out")
    world.plan(out, key="id")
    assert {line[1] for line in lines(world)} == {"ada@example.com", "grace@example.com"}
