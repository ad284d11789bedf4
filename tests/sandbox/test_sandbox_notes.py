"""What ACTIVECAMPAIGN-API.md says of notes: §1.4, §1.6, §2.3, §7.1, §7.2, §7.3."""

from __future__ import annotations

import pytest
from sandbox_desk import NOW, Desk, Exactly, Line

HOST = "https://sandbox.example.com/api/3"
DEAL = ("POST deals", {"deal": {"title": "Big", "value": 1, "currency": "usd", "contact": "1", "group": "1"}})
LINKS = {name: f"{HOST}/notes/1/{name}" for name in ("activities", "user", "mentions", "notes", "owner")}


def missing(model: str, identity: int = 99) -> Exactly:
    return Exactly({"message": f"No Result found for {model} with id {identity}"})


def note(words: object = "Called — twice", **values: object) -> dict[str, object]:
    return {"note": {"note": words, **values}}


def refused(code: str, attribute: str) -> dict[str, object]:
    return {"errors": [{"code": code, "source": {"pointer": f"/data/attributes/{attribute}"}}]}


CONTACTS = ("POST notes", note(reltype="Subscriber", relid=1))
DEALS = ("POST notes", note("of a deal", reltype="Deal", relid="1"))
ACCOUNTS = ("POST notes", note("of an account", reltype="CustomerAccount", relid="2"))
THREE = (DEAL, CONTACTS, DEALS, ACCOUNTS)
RECORD = {
    "relid": "1", "reltype": "Subscriber", "userid": "1", "is_draft": "0", "cdate": NOW, "mdate": NOW,
    "note": "Called — twice", "links": LINKS, "id": "1", "user": "1", "owner": {"type": "contact", "id": "1"},
}  # fmt: skip

NOTES = (
    Line("§7.3 POST, 201", *CONTACTS, 201, {
        "contacts": [{"email": "ada@example.com", "id": "1"}],
        "note": Exactly({"note": "Called — twice", "cdate": NOW, "mdate": NOW, "reltype": "Subscriber", "relid": 1,
                         "userid": "1", "links": LINKS, "owner": {"type": "contact", "id": 1}, "is_draft": "",
                         "id": "1", "user": "1"})}),
    Line("§7.3 of a deal", *DEALS, 201, {"note": {"relid": "1", "owner": {"type": "deal", "id": "1"}}}, ("contacts",),
         after=(DEAL,)),
    Line("§7.3 of an account", *ACCOUNTS, 201, {"note": {"owner": {"type": "account", "id": "2"}}}),
    Line("§7.3 one", "GET notes/1", None, 200, Exactly({"note": RECORD}), after=(CONTACTS,)),
    Line("§7.3 the total is a number", "GET notes", None, 200,
         {"notes": [{"owner": {"type": "contact", "id": "1"}}, {"owner": {"type": "deal", "id": "1"}},
                    {"owner": {"type": "account", "id": "2"}}], "meta": Exactly({"total": 3})}, after=THREE),
    Line("§1.4 pages", "GET notes?limit=1&offset=2", None, 200, {"notes": [{"id": "3"}], "meta": {"total": 3}},
         after=THREE),
    Line("§7.3 note is required", "POST notes", note("", reltype="Subscriber", relid=1), 422,
         refused("field_missing", "note")),
    Line("§7.3 reltype is required", "POST notes", note(relid=1), 422, refused("field_missing", "reltype")),
    Line("§7.3 relid is required", "POST notes", note(reltype="Deal"), 422, refused("field_missing", "relid")),
    Line("§7.3 types", "POST notes", note(reltype="Contact", relid=1), 422, refused("field_invalid", "reltype")),
    *(Line("§1.6 related record", "POST notes", note(reltype=reltype, relid=99), 404, missing(reltype))
      for reltype in ("Activity", "Deal", "DealTask", "Subscriber", "CustomerAccount")),
    Line("§1.6 related record", "POST notes", note(reltype="Deal", relid="x"), 404, {"message": str}),
    Line("§7.3 PUT", "PUT notes/1", note("new"), 200,
         {"note": {"note": "new", "relid": "1", "reltype": "Subscriber", "is_draft": "0", "id": "1"}},
         after=(CONTACTS,)),
    Line("§7.3 PATCH", "PATCH notes/1", {"note": {"relid": 2}}, 200,
         {"note": {"note": "Called — twice", "relid": 2, "owner": {"type": "contact", "id": "2"}}}, after=(CONTACTS,)),
    Line("§7.3 PATCH", "PATCH notes/1", {"note": {"reltype": "CustomerAccount", "relid": "2"}}, 200,
         {"note": {"reltype": "CustomerAccount", "owner": {"type": "account", "id": "2"}}}, after=(CONTACTS,)),
    Line("§1.6 PUT with a missing contact", "PUT notes/1", note("x", relid=99), 404, missing("Subscriber"),
         after=(CONTACTS,)),
    Line("§7.3 note is required", "PUT notes/1", note(None), 422, refused("field_missing", "note"), after=(CONTACTS,)),
    Line("§7.3 DELETE", "DELETE notes/1", None, 200, Exactly({}), after=(CONTACTS,)),
    Line("§7.3 DELETE", "GET notes/1", None, 404, missing("Note", 1), after=(CONTACTS, ("DELETE notes/1", None))),
    *(Line("§1.6 model", f"{method} notes/99", body, 404, missing("Note"))
      for method, body in (("GET", None), ("PUT", note("x")), ("PATCH", note("x")), ("DELETE", None))),
)  # fmt: skip

BELOW = (
    Line("§7.2 POST, 201", "POST deals/1/notes", note("Bogus note"), 201, {
        "deals": [{"id": "1", "title": "Big", "activitycount": "1", "mdate": NOW}],
        "note": Exactly({"note": "Bogus note", "cdate": NOW, "mdate": NOW, "reltype": "Deal", "relid": "1",
                         "userid": "1", "links": LINKS, "owner": {"type": "deal", "id": "1"}, "is_draft": "",
                         "id": "1", "user": "1"})}, after=(DEAL,)),
    Line("§7.1 POST, 201", "POST accounts/2/notes", note(), 201,
         {"accounts": [{"name": "Initech", "id": "2"}],
          "note": {"reltype": "CustomerAccount", "relid": "2", "owner": {"type": "account", "id": "2"}}}),
    Line("§7.2 PUT, 200", "PUT deals/1/notes/2", note("Updated"), 200,
         {"deals": [{"id": "1"}], "note": {"note": "Updated", "reltype": "Deal", "id": "2"}}, after=THREE),
    Line("§7.1 PUT, 200", "PUT accounts/2/notes/3", note("Updated"), 200,
         {"accounts": [{"id": "2"}], "note": {"note": "Updated", "reltype": "CustomerAccount", "id": "3"}},
         after=THREE),
    Line("§7.2 of another record", "PUT deals/1/notes/1", note("x"), 404, missing("Note", 1), after=THREE),
    Line("§1.6 model", "PUT deals/1/notes/99", note("x"), 404, missing("Note"), after=THREE),
    *(Line("§2.3 no meta", f"GET {path}/notes", None, 200, {"notes": [{"id": identity}]}, ("meta",), after=THREE)
      for path, identity in (("contacts/1", "1"), ("deals/1", "2"), ("accounts/2", "3"))),
    Line("§2.3 none", "GET contacts/2/notes", None, 200, Exactly({"notes": []}), after=THREE),
    *(Line("§1.6 model", f"{method} {plural}/99/notes", body, 404, missing(model))
      for plural, model in (("deals", "Deal"), ("accounts", "CustomerAccount"))
      for method, body in (("GET", None), ("POST", note()))),
    Line("§1.6 model", "GET contacts/99/notes", None, 404, missing("Subscriber")),
    Line("§7.3 note is required", "POST deals/1/notes", {"note": {}}, 422, refused("field_missing", "note"),
         after=(DEAL,)),
    *(Line("notes go with their record", "GET notes", None, 200, {"meta": {"total": 2}},
           after=(*THREE, (f"DELETE {gone}", None))) for gone in ("contacts/1", "deals/1", "accounts/2")),
    Line("notes go with deals that go", "GET notes", None, 200, {"meta": {"total": 2}},
         after=(*THREE, ("DELETE dealStages/1", None))),
)  # fmt: skip


@pytest.mark.parametrize("line", [*NOTES, *BELOW], ids=str)
def test_statement(hold, line: Line) -> None:
    hold(line)


MADE = "note cdate mdate reltype relid userid links owner is_draft id user"


def test_the_keys_of_a_note_are_those_of_the_recordings_in_their_order(desk: Desk) -> None:
    assert list(desk.ask(*CONTACTS).json()["note"]) == MADE.split()
    assert list(desk.ask("GET notes").json()["notes"][0]) == list(RECORD)


def test_a_note_changes_what_it_is_about(desk: Desk) -> None:
    desk.sandbox.store.update("contacts", 1, {"udate": "2020-01-01T00:00:00-05:00"})
    assert desk.ask(*CONTACTS).json()["contacts"][0]["udate"] == NOW


def test_a_deal_counts_its_notes_as_activities(desk: Desk) -> None:
    desk.ask(*DEAL)
    desk.ask(*DEALS)
    assert desk.ask("GET deals/1").json()["deal"]["activitycount"] == "2"
