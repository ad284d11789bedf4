"""What ACTIVECAMPAIGN-API.md says of contactTags, contactLists, fieldValues and accountContacts: §3, §4.3, §7.1."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from sandbox_desk import NOW, Desk, Exactly, Line

from bulk.sandbox.app import Sandbox, SandboxOptions
from bulk.sandbox.switches import Switches

NO_CONTACT = Exactly({"errors": [{"status": 404, "title": "Not Found", "detail": "Contact not found"}]})


def tagged(**values: object) -> dict[str, object]:
    return {"contactTag": values}


def listed(**values: object) -> dict[str, object]:
    return {"contactList": values}


def value(**values: object) -> dict[str, object]:
    return {"fieldValue": values}


def joined(**values: object) -> dict[str, object]:
    return {"accountContact": values}


def missing(model: str) -> Exactly:
    return Exactly({"message": f"No Result found for {model} with id 99"})


def attribute(name: str) -> Exactly:
    pointer = {"pointer": f"/data/attributes/{name}"}
    return Exactly({"errors": [{"status": 422, "title": "Missing attribute", "source": pointer}]})


CONTACT_TAGS = (
    Line("§3.3 first", "POST contactTags", tagged(contact="2", tag="1"), 201,
         {"contacts": [{"id": "2", "email": "grace@example.com", "deleted": "0"}],
          "contactTag": {"contact": "2", "tag": "1", "cdate": NOW, "id": "2",
                         "links": {"tag": re.compile(r".*/contactTags/2/tag"), "contact": str}}},
         ("contactTag.created_timestamp",)),
    Line("§3.3 again", "POST contactTags", tagged(contact="1", tag="1"), 200,
         {"contactTag": {"contact": "1", "tag": "1", "id": "1", "created_timestamp": str, "updated_timestamp": str,
                         "created_by": None, "updated_by": None}}, ("contacts",)),
    Line("§1.2 echo keeps types", "POST contactTags", tagged(contact=2, tag=1), 201,
         {"contactTag": {"contact": 2, "tag": 1, "id": "2"}}),
    Line("§1.2 then strings", "GET contactTags/2", None, 200, {"contactTag": {"contact": "2", "tag": "1"}},
         after=(("POST contactTags", tagged(contact=2, tag=1)),)),
    Line("§11 switch", "POST contactTags", tagged(contact="2", tag="1"), 200, {"contacts": list},
         switches=Switches(new_contact_tag=200)),
    Line("§1.6 attribute missing", "POST contactTags", tagged(tag="1"), 422, attribute("contact")),
    Line("§1.6 attribute missing", "POST contactTags", tagged(contact="1"), 422, attribute("tag")),
    Line("§1.6 unknown contact", "POST contactTags", tagged(contact="99", tag="1"), 404, NO_CONTACT),
    Line("§1.6 a name for an id", "POST contactTags", tagged(contact="1", tag="VIP"), 422,
         {"errors": [{"title": "No tag id provided"}]}),
    Line("§3.3 all", "GET contactTags", None, 200, {"contactTags": [{"id": "1"}], "meta": {"total": "1"}}),
    Line("§3.3 delete", "DELETE contactTags/1", None, 200, Exactly({})),
    Line("§3.3 delete again", "DELETE contactTags/1", None, 404,
         Exactly({"message": "No Result found for SubscriberTag with id 1"}), after=(("DELETE contactTags/1", None),)),
    Line("§1.6 model", "GET contactTags/99", None, 404, missing("SubscriberTag")),
    Line("§1.6 empty id", "DELETE contactTags/", None, 404,
         Exactly({"message": "No Result found for SubscriberTag with id 0"})),
)  # fmt: skip

CONTACT_LISTS = (
    Line("§3.1 first, 200", "POST contactLists", listed(list="2", contact="1", status="1"), 200,
         {"contacts": [{"id": "1"}],
          "contactList": {"list": "2", "contact": "1", "status": "1", "id": "2", "sdate": NOW, "udate": None,
                          "sourceid": "4", "first_name": "Ada", "last_name": "Lovelace"}}),
    Line("§1.2 echo keeps types", "POST contactLists", listed(list=2, contact=1, status=1), 200,
         {"contactList": {"list": 2, "contact": 1, "status": 1}}),
    Line("§3.1 same status again", "POST contactLists", listed(list="1", contact="1", status="1"), 200,
         {"contactList": {"id": "1", "status": "1"}}, ("contacts",)),
    Line("§3.1 in place, same id", "POST contactLists", listed(list="1", contact="1", status=2), 200,
         {"contacts": [{"id": "1"}], "contactList": {"id": "1", "status": 2, "udate": NOW, "sdate": NOW}}),
    Line("§3.1 resubscribing works", "POST contactLists", listed(list=1, contact=1, status=1, sourceid=4), 200,
         {"contacts": [dict], "contactList": {"id": "1", "status": 1}},
         after=(("POST contactLists", listed(list=1, contact=1, status=2)),)),
    *(Line("§3.1 0..3 accepted", "POST contactLists", listed(list="2", contact="1", status=status), 200,
           {"contactList": {"status": status}}) for status in (0, 1, 2, 3)),
    *(Line("§1.6 bad status", "POST contactLists", listed(list="1", contact="1", status=status), 422,
           {"errors": [{"title": "The value you selected is not a valid choice."}]}) for status in (4, -1, "x", None)),
    Line("§1.6 model", "POST contactLists", listed(list="99", contact="1", status="1"), 404, missing("_List")),
    Line("§3.1 no DELETE", "DELETE contactLists/1", None, 404),
    Line("§3.1 all", "GET contactLists", None, 200,
         {"contactLists": [{"id": "1", "status": "1", "channel": "email"}], "meta": {"total": "1"}}),
    Line("§3.1 the contact's current names", "GET contacts/1/contactLists", None, 200,
         {"contactLists": [{"first_name": "Augusta"}]},
         after=(("PUT contacts/1", {"contact": {"firstName": "Augusta"}}),)),
)  # fmt: skip

FIELD_VALUES = (
    Line("§4.3 new", "POST fieldValues", value(contact="2", field="7", value="Rome"), 201,
         {"contacts": [{"id": "2"}],
          "fieldValue": {"contact": "2", "field": "7", "value": "Rome", "cdate": NOW, "udate": NOW, "owner": "2",
                         "id": "2", "links": {"owner": str, "field": str}}}),
    Line("§4.3 in place, same id", "POST fieldValues", value(contact="1", field="7", value="Rome"), 200,
         {"fieldValue": {"id": "1", "value": "Rome"}}),
    Line("§1.2 echo keeps types", "POST fieldValues", value(contact=2, field=5, value=10000), 201,
         {"fieldValue": {"contact": 2, "field": 5, "value": 10000}}),
    Line("§1.2 then strings", "GET fieldValues/2", None, 200,
         {"fieldValue": {"contact": "2", "field": "5", "value": "10000", "created_by": None, "owner": "2"}},
         after=(("POST fieldValues", value(contact=2, field=5, value=10000)),)),
    Line("§11 switch", "POST fieldValues", value(contact="2", field="7", value="R"), 200, None,
         switches=Switches(new_field_value=200)),
    Line("§1.6 unknown field", "POST fieldValues", value(contact="1", field="99", value="x"), 422,
         {"errors": [{"title": "Field id not valid"}]}),
    Line("§1.6 no envelope", "POST fieldValues", {"contact": "1", "field": "7", "value": "x"}, 403),
    Line("§4.1 datetime in the account's zone", "POST fieldValues",
         value(contact="1", field="4", value="2026-05-28T09:30:00+00:00"), 201,
         {"fieldValue": {"value": "2026-05-28T04:30:00-05:00"}}),
    Line("§4.1 datetime, by sync too", "POST contact/sync",
         {"contact": {"email": "ada@example.com", "fieldValues": [{"field": 4, "value": "2026-05-28T09:30:00Z"}]}},
         200, {"fieldValues": [{"value": "2026-05-28T04:30:00-05:00"}]}),
    Line("§4.1 date as it is", "POST fieldValues", value(contact="1", field="3", value="1990-05-28"), 201,
         {"fieldValue": {"value": "1990-05-28"}}),
    Line("§4.1 several options", "POST fieldValues", value(contact="1", field="2", value="||Mail||Phone||"), 201,
         {"fieldValue": {"value": "||Mail||Phone||"}}),
    Line("§12 an option not listed, stored", "POST fieldValues", value(contact="1", field="1", value="1000"), 201,
         {"fieldValue": {"value": "1000"}}),
    Line("§12 switch", "GET contacts/1/fieldValues", None, 200, {"fieldValues": [{"field": "7"}]},
         after=(("POST contact/sync", {"contact": {"email": "ada@example.com", "fieldValues": [
             {"field": "1", "value": "1000"}]}}),), switches=Switches(option_not_listed="dropped")),
    Line("§12 switch, listed", "POST fieldValues", value(contact="1", field="2", value="||Mail||Phone||"), 201, None,
         switches=Switches(option_not_listed="dropped")),
    *(Line("§12 switch, a lone value is refused", request, value(contact=1, field=1, value=one), status, has,
           after=(("POST fieldValues", value(contact=1, field=1, value="1-10")),),
           switches=Switches(option_not_listed="dropped"))
      for request in ("POST fieldValues", "PUT fieldValues/2") for one, status, has in (
          ("1000", 422, {"errors": [{"source": {"pointer": "/data/attributes/value"}}]}),
          ("200+", 200, {"fieldValue": {"id": "2", "value": "200+"}}), ("", 200, {"fieldValue": {"value": ""}}))),
    Line("§1.2 sent type", "PUT fieldValues/1", value(value=5), 200, {"fieldValue": {"value": 5}}),
    Line("§4.3 PUT", "PUT fieldValues/1", value(value="Bern"), 200, {"fieldValue": {"id": "1", "value": "Bern"}}),
    Line("§4.3 filters[fieldid]", "GET fieldValues?filters[fieldid]=7", None, 200, {"fieldValues": [{"id": "1"}]}),
    Line("§4.3 filters[fieldid]", "GET fieldValues?filters[fieldid]=8", None, 200,
         {"fieldValues": [], "meta": {"total": "0"}}),
    Line("§4.3 filters[val]", "GET fieldValues?filters[val]=London", None, 200, {"fieldValues": [{"id": "1"}]}),
    Line("§4.3 delete", "DELETE fieldValues/1", None, 200, Exactly({})),
    Line("§11 404, not 403", "GET fieldValues/99", None, 404, missing("FieldValue")),
    Line("§4.3 never set, no row", "GET contacts/2/fieldValues", None, 200, Exactly({"fieldValues": []})),
)  # fmt: skip

ACCOUNT_CONTACTS = (
    Line("§7.1 new", "POST accountContacts", joined(account="2", contact="2", jobTitle="CTO"), 201,
         {"accountContact": {"account": "2", "contact": "2", "jobTitle": "CTO", "createdTimestamp": NOW, "id": "2"}}),
    Line("§1.2 echo keeps types", "POST accountContacts", joined(account=2, contact=2), 201,
         {"accountContact": {"account": 2, "contact": 2, "id": "2"}}),
    Line("§7.1 one account a contact", "POST accountContacts", joined(account="2", contact="1"), 422,
         {"errors": [{"code": "field_invalid", "source": {"pointer": "/data/attributes/account,contact"}}]}),
    Line("§7.1 twice", "POST accountContacts", joined(account="1", contact="1"), 422,
         {"errors": [{"code": "field_invalid"}]}),
    *(Line("§7.1 required", "POST accountContacts", joined(**{name: "2"}), 422,
           {"errors": [{"code": "field_missing", "source": {"pointer": f"/data/attributes/{other}"}}]})
      for name, other in (("account", "contact"), ("contact", "account"))),
    Line("§7.1 PUT", "PUT accountContacts/1", joined(jobTitle="CEO"), 200, {"accountContact": {"jobTitle": "CEO"}}),
    Line("§7.1 filters[contact]", "GET accountContacts?filters[contact]=1", None, 200,
         {"accountContacts": [{"id": "1"}], "meta": {"total": "1"}}),
    Line("§7.1 filters[contact]", "GET accountContacts?filters[contact]=2", None, 200,
         {"accountContacts": [], "meta": {"total": "0"}}),
    Line("§7.1 filters[account]", "GET accountContacts?filters[account]=1", None, 200, {"meta": {"total": "1"}}),
    Line("§7.1 delete", "DELETE accountContacts/1", None, 200, Exactly({})),
    Line("§1.6 model", "GET accountContacts/99", None, 404, missing("CustomerAccountSubscriber")),
    Line("§1.6 model", "POST accountContacts", joined(account="99", contact="2"), 404, missing("CustomerAccount")),
)  # fmt: skip


@pytest.mark.parametrize("line", [*CONTACT_TAGS, *CONTACT_LISTS, *FIELD_VALUES, *ACCOUNT_CONTACTS], ids=str)
def test_statement(hold, line: Line) -> None:
    hold(line)


@pytest.mark.parametrize(
    ("request_", "body", "moved"),
    [
        ("POST contactTags", tagged(contact="1", tag="2"), True),
        ("POST contactTags", tagged(contact="1", tag="1"), False),
        ("DELETE contactTags/1", None, True),
        ("POST contactLists", listed(list="1", contact="1", status="2"), True),
        ("POST contactLists", listed(list="1", contact="1", status="1"), False),
        ("POST fieldValues", value(contact="1", field="7", value="Rome"), True),
        ("PUT fieldValues/1", value(value="Rome"), True),
        ("DELETE fieldValues/1", None, True),
        ("POST contact/sync", {"contact": {"email": "ada@example.com"}}, True),
        ("PUT contacts/1", {"contact": {"phone": "1"}}, True),
        ("GET contacts/1", None, False),
    ],
)
def test_what_changes_a_contact_moves_its_udate_and_never_its_cdate(request_, body, moved) -> None:
    moment = [datetime.fromisoformat(NOW)]
    with Sandbox(None, SandboxOptions(rate=0), clock=lambda: moment[0]) as sandbox:
        desk = Desk(sandbox)
        desk.given()
        moment[0] += timedelta(hours=1)
        assert desk.ask(request_, body).status_code < 300
        contact = desk.ask("GET contacts/1").json()["contact"]
        assert contact["cdate"] == NOW
        assert contact["udate"] == ("2026-05-28T04:05:54-05:00" if moved else NOW)


def test_subscribing_sets_sdate_and_unsubscribing_udate_whenever_they_happen() -> None:
    moment = [datetime.fromisoformat(NOW)]
    seen = []
    with Sandbox(None, SandboxOptions(rate=0), clock=lambda: moment[0]) as sandbox:
        desk = Desk(sandbox)
        desk.given()
        for status in (2, 1, 0, 1):
            moment[0] += timedelta(hours=1)
            desk.ask("POST contactLists", listed(list=1, contact=1, status=status))
            record = desk.ask("GET contactLists/1").json()["contactList"]
            seen.append((record["sdate"][11:13], record["udate"][11:13], record["updated_timestamp"][11:13]))
    assert seen == [("03", "04", "04"), ("05", "04", "05"), ("05", "04", "06"), ("07", "04", "07")]


KEYS = {
    "contactLists": """contact list form seriesid sdate udate status responder sync unsubreason campaign message
        first_name last_name ip4Sub sourceid autosyncLog ip4_last ip4Unsub created_timestamp updated_timestamp
        created_by updated_by unsubscribeAutomation channel links id automation""",
    "contactTags": "contact tag cdate created_timestamp updated_timestamp created_by updated_by links id",
    "fieldValues": "contact field value cdate udate created_by updated_by links id owner",
    "accountContacts": "account contact jobTitle createdTimestamp updatedTimestamp links id",
}


@pytest.mark.parametrize("plural", KEYS)
def test_the_keys_of_a_record_are_those_of_the_recordings_in_their_order(desk, plural) -> None:
    assert list(desk.ask(f"GET {plural}").json()[plural][0]) == KEYS[plural].split()


def test_the_answer_to_a_subscription_does_not_name_the_channel(desk) -> None:
    answer = desk.ask("POST contactLists", listed(list=2, contact=1, status=1)).json()
    assert list(answer["contactList"]) == [key for key in KEYS["contactLists"].split() if key != "channel"]
