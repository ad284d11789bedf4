"""Switches: each does what its line says, is set by name, and stands in the documentation."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from sandbox_desk import Desk, Line, sandbox_at

from bulk.errors import UsageError
from bulk.sandbox.faults import Fault
from bulk.sandbox.reference import WHEN, faults_as, switches_as
from bulk.sandbox.switches import Switches, switched, table

DOCS = Path(__file__).parents[2] / "docs" / "sandbox.md"
CONTACT = {"contact": {"email": "ada@example.com"}}
LEFT = ("POST contactLists", {"contactList": {"list": 1, "contact": 1, "status": 2}})
BACK = {"contactList": {"list": 1, "contact": 1, "status": 1}}
FIELD = {"field": {"title": "Shoe size", "type": "text", "perstag": "CITY"}}
LIST = {"list": {"name": "N", "stringid": "n", "sender_url": "https://www.example.com", "sender_reminder": "r"}}
PIPELINE = {"dealGroup": {"title": "Sales", "currency": "usd"}}


def line(section: str, request: str, body: Any, status: int, has: Any = None, *lacks: str, **more: Any) -> Line:
    after = more.pop("after", ())
    return Line(section, request, body, status, has, lacks, after, Switches(**more))


LINES = (
    line("§11 duplicate contact", "POST contacts", CONTACT, 422,
         {"errors": [{"title": "Email address already exists in the system.", "code": "duplicate"}]}),
    line("§11 duplicate contact", "POST contacts", CONTACT, 422,
         {"errors": [{"title": "Email address already exists in the system", "detail": "", "code": "duplicate"}]},
         duplicate_contact="documented"),
    line("§11 include", "GET contacts?include=contactTags", None, 200, {"contactTags": list}),
    line("§11 include", "GET contacts?include=contactTags", None, 200, None, "contactTags", include=False),
    line("§11 include", "GET contacts/1?include=contactTags", None, 200, None, "contactTags", include=False),
    line("§11 missing", "GET fieldValues/99", None, 404),
    line("§11 missing", "GET fieldValues/99", None, 403, missing_link=403),
    line("§11 missing", "DELETE lists/99", None, 403, missing_link=403),
    line("§11 missing", "GET tags/99", None, 404, missing_link=403),
    line("§12 resubscribe", "POST contactLists", BACK, 200, after=(LEFT,)),
    line("§12 resubscribe", "POST contactLists", BACK, 422, after=(LEFT,), resubscribe="wants sourceid"),
    line("§12 resubscribe", "POST contactLists", {"contactList": BACK["contactList"] | {"sourceid": 4}}, 200,
         after=(LEFT,), resubscribe="wants sourceid"),
    line("§11 POST /fields", "POST fields", FIELD, 201, {"fields": [{"title": "Shoe size"}]}, "field",
         new_field="list"),
    line("§12 perstag", "POST fields", FIELD, 201, {"field": {"perstag": "CITY"}}),
    line("§12 perstag", "POST fields", FIELD, 201, {"field": {"perstag": "CITY_2"}}, perstag_taken="numbered"),
    line("§11 201", "POST lists", LIST, 201),
    line("§11 200", "POST lists", LIST, 200, new_record=200),
    line("§11 200", "POST dealGroups", PIPELINE, 200, new_record=200),
    line("§11 200", "POST dealStages", {"dealStage": {"title": "Won", "group": "1"}}, 200, new_record=200,
         after=(("POST dealGroups", PIPELINE),)),
    *(line("§11 totals", f"GET {plural}", None, 200, {"meta": {"total": kind}}, crm_totals=how)
      for plural in ("notes", "dealGroups", "dealStages") for how, kind in (("number", int), ("string", str))),
)  # fmt: skip


@pytest.mark.parametrize("line", LINES, ids=str)
def test_statement(hold, line: Line) -> None:
    hold(line)


def test_a_wrong_token_and_a_refusal_by_the_switch() -> None:
    with sandbox_at(switches=Switches(bad_token=401, refusal_text="Slow down"), rate=1) as sandbox:
        desk = Desk(sandbox)
        assert [desk.ask("GET tags").status_code for _ in range(2)] == [200, 429]
        assert desk.ask("GET tags").json() == {"message": "Slow down"}


def test_switches_are_set_by_name() -> None:
    assert switched([]) == Switches()
    given = [
        "synced=201",
        "Import-seconds = 0.5",
        "include=no",
        "resubscribe=Wants sourceid",
    ]
    assert switched(given) == Switches(synced=201, import_seconds=0.5, include=False, resubscribe="wants sourceid")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("syncd=201", "Nearest: synced"), ("nothing like it=1", "bulk sandbox switches lists them."),
        ("synced", "set as NAME=VALUE"), ("synced=500", "it can be 200 or 201."),
        ("most_per_page=many", "it can be a number, like 100."), ("include=perhaps", "it can be yes or no."),
    ],
)  # fmt: skip
def test_what_cannot_be_set_is_told_with_what_can(text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        switched([text])
    assert said in str(raised.value)


def test_the_documentation_has_every_switch_and_every_fault() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert switches_as(markdown=True) in text, "bulk sandbox switches --markdown"
    assert faults_as(markdown=True) in text, "bulk sandbox faults --markdown"
    assert [row[0] for row in table()] == [one.name for one in fields(Switches)]
    assert {name for name, _default, _about in WHEN} == {one.name for one in fields(Fault)} - {"kind"}
