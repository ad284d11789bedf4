"""Rows of what belongs to contacts, end to end: who may be subscribed, what is never done twice, what is refused."""

from __future__ import annotations

import shutil
import time

import pytest

from bulk.jobs.summary import JobResult
from bulk.sandbox.faults import Fault
from tests.world import World, check_reports, crashing, report

PEOPLE = tuple(f"p{number}@example.com" for number in range(1, 9))  # whose ids are 1 to 8
LISTS = "contact_email,list_name,status"
ENROLS = "contact_email,automation_name"
EMPLOYS = "contact_email,account_name,jobTitle"
OFTEN, ONCE = "Welcome", "Birthday Greetings"  # whose ids are 1 and 2; the latter may be entered once


@pytest.fixture
def peopled(world: World) -> World:
    for email in PEOPLE:
        assert world.ask("POST contacts", {"contact": {"email": email}}).status == 201
    return world


def imported(world: World, resource: str, header: str, *rows: tuple[str, ...], **options: object) -> JobResult:
    world.sent.clear()
    shutil.rmtree(world.job.path, ignore_errors=True)
    job_result = world.start(world.csv(rows, header), resource, **options)
    check_reports(world.job.path, header)
    return job_result


def links(world: World, plural: str, *attributes: str) -> list[tuple[str, ...]]:
    """All links of a family, by what they say."""
    records = world.ask(f"GET {plural}", query=(("limit", "100"),)).body[plural]
    return sorted(tuple(str(record[name]) for name in attributes) for record in records)


def failures(world: World) -> list[tuple[str, str, str]]:
    return [(line["_row"], line["_status"], line["_code"]) for line in report(world.job.path, "failed.csv")]


def entire(plan: str) -> tuple[int, str]:
    """How many rows there are so that the account is read before them, or is not."""
    return {"read": (len(PEOPLE), "the account is read first"), "asked": (3, "each contact is asked for")}[plan]


READ = pytest.mark.parametrize("plan", ["read", "asked"])


# ---- who may be subscribed


@READ
def test_who_left_or_bounced_is_subscribed_only_when_asked_for(peopled: World, plan: str):
    count, why = entire(plan)
    rows = [(email, "Newsletter", ("2", "3", "1")[n % 3]) for n, email in enumerate(PEOPLE[:count])]
    assert imported(peopled, "contactLists", LISTS, *rows).summary.rows["succeeded"] == count
    read = [r for r, _reply in peopled.sent if "fieldValues" in dict(r.query).get("include", "")]
    assert bool(read) == (plan == "read"), why
    again = [(email, name, "1") for email, name, _status in rows]
    job_result = imported(peopled, "contactLists", LISTS, *again)
    away = [str(n + 2) for n in range(count) if n % 3 != 2]
    assert failures(peopled) == [(row, "failed", "opted_out") for row in away]
    assert job_result.summary.rows["unchanged"] == count - len(away)
    assert peopled.steps() == []
    job_result = imported(peopled, "contactLists", LISTS, *again, resubscribe=True)
    assert job_result.summary.rows["succeeded"] == len(away)
    assert {status for _contact, status in links(peopled, "contactLists", "contact", "status")} == {"1"}


def test_a_retry_asks_anew_who_may_be_subscribed(peopled: World):
    peopled.faults = (Fault("status", status=422, method="POST", path="contactLists"),)
    imported(peopled, "contactLists", LISTS, (PEOPLE[0], "Newsletter", "1"))
    peopled.faults = ()
    peopled.ask("POST contactLists", {"contactList": {"contact": "1", "list": "1", "status": 2}})
    peopled.resume(retry=True)
    assert failures(peopled) == [("2", "failed", "opted_out")]
    assert links(peopled, "contactLists", "contact", "status") == [("1", "2")]


# ---- what may not be sent twice


@pytest.mark.some(4)
@pytest.mark.parametrize("mode", ["upsert", "create"])
@pytest.mark.parametrize("kind", ["lost_before", "lost_after", "truncated", "html"])
def test_an_enrolment_whose_answer_is_lost_is_made_once(peopled: World, mode: str, kind: str):
    peopled.faults = tuple(Fault(kind, status=200, method="POST", path="contactAutomations", nth=nth) for nth in (2, 3))
    job_result = imported(peopled, "contactAutomations", ENROLS, *((email, OFTEN) for email in PEOPLE), mode=mode)
    assert job_result.summary.rows["succeeded"] == len(PEOPLE), report(peopled.job.path, "failed.csv")
    enrolled = links(peopled, "contactAutomations", "contact")
    assert enrolled == [(str(number),) for number in range(1, 9)]


@pytest.mark.some(4)
@pytest.mark.parametrize("mode", ["upsert", "create"])
@pytest.mark.parametrize("applied", [True, False], ids=["applied", "not applied"])
@pytest.mark.parametrize("hours", [0, 1], ids=["at once", "hours later"])
def test_an_enrolment_cut_off_is_never_made_twice(peopled: World, mode: str, applied: bool, hours: int):
    path = peopled.csv([(email, OFTEN) for email in PEOPLE[:3]], ENROLS)
    peopled.sent.clear()
    with crashing(peopled, "contactAutomations", after=1):
        peopled.start(path, "contactAutomations", mode=mode, concurrency=1)
    if applied:  # the request had arrived, and only its answer had not
        peopled.ask("POST contactAutomations", {"contactAutomation": {"contact": "2", "automation": "1"}})
    if hours:
        peopled.clock = lambda: time.time() + hours * 3600.0
    job_result = peopled.resume()
    enrolled = links(peopled, "contactAutomations", "contact")
    assert enrolled == [("1",), ("2",), ("3",)]
    blind = mode == "create" and applied and hours
    assert job_result.summary.rows["in_doubt"] == bool(blind), "what was there before was forgotten: nobody can tell"
    assert job_result.summary.rows["succeeded"] == 3 - bool(blind)


@pytest.mark.parametrize("kind", ["lost_before", "lost_after"])
def test_who_moves_to_another_account_is_in_that_one_alone(peopled: World, kind: str):
    rows = [(email, "Acme", "Clerk") for email in PEOPLE]
    assert imported(peopled, "accountContacts", EMPLOYS, *rows).summary.actions == {"created": len(PEOPLE)}
    peopled.faults = (Fault(kind, path="accountContacts*", every=3),)
    job_result = imported(peopled, "accountContacts", EMPLOYS, *((email, "Other", "Head") for email in PEOPLE))
    assert job_result.summary.actions == {"updated": len(PEOPLE)}, report(peopled.job.path, "failed.csv")
    accounts = {r["id"]: r["name"] for r in peopled.ask("GET accounts").body["accounts"]}
    current = links(peopled, "accountContacts", "contact", "account", "jobTitle")
    assert [(who, accounts[at], title) for who, at, title in current] == [
        (str(n), "Other", "Head") for n in range(1, 9)
    ]
    peopled.faults = ()
    job_result = imported(peopled, "accountContacts", EMPLOYS, *((email, "other", "Boss") for email in PEOPLE))
    assert set(peopled.steps()) == {"job title"}


# ---- what was there, and what is by id alone


@READ
def test_rows_by_ids_alone_find_what_is_there(peopled: World, plan: str):
    count, _why = entire(plan)
    rows = [(str(n + 1), "1", "1") for n in range(count)]
    assert imported(peopled, "contactLists", "contact,list,status", *rows).summary.rows["succeeded"] == count
    job_result = imported(peopled, "contactLists", "contact,list,status", *rows)
    assert job_result.summary.rows["unchanged"] == count
    assert peopled.steps() == []


def test_an_empty_value_is_left_alone(peopled: World):
    header = "contact_email,field_title,value"
    rows = [(email, "%CITY%", "Bath") for email in PEOPLE[:3]]
    assert imported(peopled, "fieldValues", header, *rows).summary.rows["succeeded"] == 3
    empty = [(email, "City", "") for email in PEOPLE[:3]]
    assert imported(peopled, "fieldValues", header, *empty).summary.rows["unchanged"] == 3
    assert links(peopled, "fieldValues", "value") == [("Bath",)] * 3
    assert imported(peopled, "fieldValues", header, *empty, blank="clear").summary.rows["succeeded"] == 3
    assert links(peopled, "fieldValues", "value") == [("",)] * 3


def test_new_names_are_made_once_and_only_where_they_may_be(peopled: World):
    rows = [(email, name) for email in PEOPLE[:2] for name in ("Brand New", "brand new ")]
    job_result = imported(peopled, "contactTags", "contact_email,tag_name", *rows[::2], (PEOPLE[2], "BRAND NEW"))
    assert job_result.summary.rows["succeeded"] == 3
    assert [step for step in peopled.steps() if step.startswith("create")] == ["create tag 'Brand New'"]
    header = "contact_email,automation_name"
    imported(peopled, "contactAutomations", header, (PEOPLE[0], "Brand New"), (PEOPLE[1], ONCE))
    assert failures(peopled) == [("2", "rejected", "unknown_name")]
    assert peopled.steps() == ["enrol"]


# ---- what is refused


def test_what_the_account_refuses_fails_its_row_alone(peopled: World):
    imported(peopled, "contactTags", "contact,tag_name", ("1", "VIP"), ("99", "VIP"), ("2", "VIP"))
    assert failures(peopled) == [("3", "failed", "http_404")]
    imported(peopled, "contactAutomations", ENROLS, (PEOPLE[0], ONCE), mode="create")
    imported(peopled, "contactAutomations", ENROLS, (PEOPLE[0], ONCE), (PEOPLE[1], ONCE), mode="create")
    assert failures(peopled) == [("2", "failed", "http_403")]
    assert "Could not create" in report(peopled.job.path, "failed.csv")[0]["_error"]
    header = "contact_email,field,value"
    imported(peopled, "fieldValues", header, (PEOPLE[0], "999", "x"), (PEOPLE[1], "1", "Bath"))
    assert failures(peopled) == [("2", "failed", "field_invalid"), ("3", "rejected", "unknown_option")]


def test_what_contradicts_itself_or_names_nobody_sends_nothing(peopled: World):
    header = "contact,contact_email,tag,tag_name"
    vip = peopled.ask("POST tags", {"tag": {"tag": "VIP", "tagType": "contact"}}).body["tag"]["id"]
    rows = [
        ("1", PEOPLE[0], vip, "VIP"), ("2", PEOPLE[2], vip, "VIP"), ("1", "", str(int(vip) + 1), "VIP"),
        ("", "nobody@example.com", vip, ""), ("", "", vip, ""), ("1", "", "", ""),
    ]  # fmt: skip
    imported(peopled, "contactTags", header, *rows)
    assert [(row, code) for row, _status, code in failures(peopled)] == [
        ("3", "contradiction"), ("4", "contradiction"), ("5", "not_found"), ("6", "required"), ("7", "required")
    ]  # fmt: skip
    assert len(peopled.steps()) == 1


@pytest.mark.parametrize("status", ["activ", "Subscribed", "-1", "10", "01", "unconfirmd", "opted out", "4"])
def test_the_advice_beside_a_refused_status_names_none_that_subscribes(peopled: World, status: str):
    job_result = imported(peopled, "contactLists", LISTS, (PEOPLE[0], "Newsletter", status))
    assert job_result.summary.rows["rejected"] == 1
    said = report(peopled.job.path, "failed.csv")[0]["_error"].replace(f"'{status}'", "")
    assert "2 (unsubscribed)" in said
    assert not {"0", "1", "active", "unconfirmed"} & set(
        said.replace(",", " ").replace("(", " ").replace(")", " ").split()
    )
