"""What ACTIVECAMPAIGN-API.md says of contacts, §1 and §2, statement by statement."""

from __future__ import annotations

import re

import pytest
from sandbox_desk import NOW, Exactly, Line

from bulk.sandbox.switches import Switches

NEW = {"email": "new@example.com"}
SYNC = "POST contact/sync"
TAKEN = {"errors": [{"title": re.compile(r"Email address already exists in the system\.?"), "code": "duplicate",
                     "source": {"pointer": "/data/attributes/email"}}]}  # fmt: skip
MALFORMED = Exactly({"errors": [{"title": "Contact Email Address is not valid.", "detail": "", "code": "email_invalid",
                                 "error": "must_be_valid_email_address",
                                 "source": {"pointer": "/data/attributes/email"}}]})  # fmt: skip
NO_CONTACT = Exactly({"message": "No Result found for Subscriber with id 99"})


def contact(**values: object) -> dict[str, object]:
    return {"contact": values}


CREATING = (
    Line("§2 create", "POST contacts", contact(**NEW), 201,
         {"contact": {"email": "new@example.com", "cdate": NOW, "udate": NOW, "phone": "", "orgid": "0", "orgname": "",
                      "id": "3", "organization": None, "links": dict}},
         ("contact.firstName", "contact.lastName", "contact.fieldValues", "fieldValues", "contact.deleted")),
    Line("§1.2 echo keeps types", "POST contacts", contact(**NEW, firstName=7, phone=5), 201,
         {"contact": {"firstName": 7, "phone": 5}}),
    Line("§1.2 then strings", "GET contacts/3", None, 200, {"contact": {"id": "3", "firstName": "7", "phone": "5"}},
         after=(("POST contacts", contact(**NEW, firstName=7, phone=5)),)),
    Line("§2 create", "POST contacts", contact(**NEW, fieldValues=[{"field": "7", "value": "Oslo"}]), 201,
         {"fieldValues": [{"contact": "3", "field": "7", "value": "Oslo", "id": "2"}],
          "contact": {"fieldValues": ["2"]}}),
    Line("§1.6 exists", "POST contacts", contact(email="ada@example.com"), 422, TAKEN),
    Line("§2 case aside", "POST contacts", contact(email="ADA@Example.com"), 422, TAKEN),
    Line("§2 trap", "POST contacts/sync", contact(email="ada@example.com"), 422, TAKEN),
    Line("§2 trap", "POST contacts/sync", contact(**NEW), 201, {"contact": {"id": "3"}}),
    Line("§1.6 malformed", "POST contacts", contact(email="no-at.example.com"), 422, MALFORMED),
    Line("§1.6 malformed", SYNC, contact(email="no-at.example.com"), 422, MALFORMED),
    Line("§6.4 rule", SYNC, contact(email="a@nodot"), 422, MALFORMED),
    Line("§6.4 rule", SYNC, contact(email="a@example.c"), 422, MALFORMED),
    Line("§6.4 rule", SYNC, contact(email="a(b)@example.com"), 422, MALFORMED),
    Line("§6.4 rule", SYNC, contact(email="@example.com"), 422, MALFORMED),
    Line("§1.1 unknown attributes", "POST contacts", contact(**NEW, shoe="40"), 201, None, ("contact.shoe",)),
)  # fmt: skip

SYNCING = (
    Line("§2.2 created", SYNC, contact(**NEW, firstName="Nia"), 201,
         {"contact": {"email": "new@example.com", "firstName": "Nia", "hash": re.compile("[0-9a-f]{32}"), "id": "3"}}),
    Line("§2.2 updated", SYNC, contact(email="ada@example.com", firstName="Augusta"), 200,
         {"contact": {"id": "1", "email": "ada@example.com", "firstName": "Augusta", "lastName": "Lovelace"}}),
    Line("§2.2 key, case aside", SYNC, contact(email="ADA@EXAMPLE.COM"), 200, {"contact": {"id": "1"}}),
    Line("§12 the address stays as it was first sent", "GET contacts/1", None, 200,
         {"contact": {"email": "ada@example.com"}}, after=((SYNC, contact(email="ADA@EXAMPLE.COM")),)),
    Line("§2 delete counts", "GET contacts", None, 200, {"contacts": [{"id": "2"}], "meta": {"total": "1"}},
         after=(("DELETE contacts/1", None),)),
    Line("§2.2 omitted", "GET contacts/1", None, 200,
         {"contact": {"firstName": "Ada", "lastName": "Byron", "phone": "202-555-0143"}},
         after=((SYNC, contact(email="ada@example.com", lastName="Byron")),)),
    Line("§2.2 null overwrites", "GET contacts/1", None, 200, {"contact": {"firstName": "", "lastName": "Lovelace"}},
         after=((SYNC, contact(email="ada@example.com", firstName=None)),)),
    Line("§2.2 empty overwrites", "GET contacts/1", None, 200, {"contact": {"phone": ""}},
         after=((SYNC, contact(email="ada@example.com", phone="")),)),
    Line("§2.2 a value clears", "GET fieldValues/1", None, 200, {"fieldValue": {"value": "", "id": "1"}},
         after=((SYNC, contact(email="ada@example.com", fieldValues=[{"field": 7, "value": ""}])),)),
    Line("§2.2 fieldValues", SYNC, contact(email="ada@example.com", fieldValues=[{"field": 7, "value": "Rome"}]), 200,
         {"fieldValues": [{"id": "1", "field": "7", "value": "Rome"}], "contact": {"id": "1"}}),
    Line("§2.2 field id int", SYNC, contact(**NEW, fieldValues=[{"field": 8, "value": "IT"}]), 201,
         {"fieldValues": [{"field": "8", "value": "IT"}]}),
    Line("§2.2 unknown field", SYNC, contact(email="ada@example.com", fieldValues=[{"field": "99", "value": "x"}]),
         200, {"fieldValues": []}),
    Line("§2.2 perstag for id", SYNC, contact(**NEW, fieldValues=[{"field": "CITY", "value": "x"}]), 201,
         {"fieldValues": []}),
    Line("§2.2 lists", "GET contacts/1/contactLists", None, 200, {"contactLists": [{"status": "2"}]},
         after=(("POST contactLists", {"contactList": {"list": 1, "contact": 1, "status": 2}}),
                (SYNC, contact(email="ada@example.com", firstName="A")))),
    Line("§2.2 new on no list", "GET contacts/3/contactLists", None, 200, Exactly({"contactLists": []}),
         after=((SYNC, contact(**NEW)),)),
    Line("§1.6 no e-mail", SYNC, contact(firstName="Ada"), 400, Exactly({"errors": [
        {"status": 400, "title": "Bad Request", "detail": "Contact email must be provided for sync"}]})),
    Line("§11 switch", SYNC, contact(email="ada@example.com"), 201, None, switches=Switches(synced=201)),
    Line("§12 e-mail as sent", SYNC, contact(email="New@Example.com"), 201, {"contact": {"email": "New@Example.com"}}),
    Line("§12 switch", SYNC, contact(email="New@Example.com"), 201, {"contact": {"email": "new@example.com"}},
         switches=Switches(email="lower")),
    Line("§12 blanks around", SYNC, contact(email=" new@example.com"), 422, MALFORMED),
)  # fmt: skip

CHANGING = (
    Line("§2 update", "PUT contacts/1", contact(firstName="Augusta"), 200,
         {"contact": {"id": "1", "firstName": "Augusta", "lastName": "Lovelace", "deleted": "0"}}),
    Line("§1.1 PATCH", "PATCH contacts/1", contact(firstName="Augusta"), 200, {"contact": {"firstName": "Augusta"}}),
    Line("§1.2 sent type", "PATCH contacts/1", contact(phone=5), 200, {"contact": {"phone": 5, "firstName": "Ada"}}),
    Line("§2 e-mail taken", "PUT contacts/1", contact(email="grace@example.com"), 422, TAKEN),
    Line("§2 own e-mail", "PUT contacts/1", contact(email="Ada@example.com"), 200,
         {"contact": {"email": "Ada@example.com"}}),
    Line("§2 e-mail changed", SYNC, contact(email="countess@example.com"), 200, {"contact": {"id": "1"}},
         after=(("PUT contacts/1", contact(email="countess@example.com")),)),
    Line("§1.6 missing", "PUT contacts/99", contact(firstName="A"), 404, NO_CONTACT),
    Line("§1.6 missing", "GET contacts/99", None, 404, NO_CONTACT),
    Line("§1.6 missing", "DELETE contacts/99", None, 404, NO_CONTACT),
    Line("§1.1 delete", "DELETE contacts/1", None, 200, Exactly({})),
    Line("§2 frees the e-mail, new id", "POST contacts", contact(email="ada@example.com"), 201,
         {"contact": {"id": "3"}}, after=(("DELETE contacts/1", None),)),
    Line("§1.6 empty id", "DELETE contacts/", None, 404,
         Exactly({"message": "No Result found for Subscriber with id 0"})),
    *(Line("§2 delete takes along", f"GET {plural}", None, 200, {plural: [], "meta": {"total": "0"}},
           after=(("DELETE contacts/1", None),))
      for plural in ("contactTags", "contactLists", "fieldValues", "accountContacts")),
)  # fmt: skip

READING = (
    Line("§2 one, unasked", "GET contacts/1", None, 200,
         {"contactAutomations": [], "contactLists": [{"id": "1"}], "deals": [], "fieldValues": [{"id": "1"}],
          "geoIps": [], "accountContacts": [{"id": "1"}],
          "contact": {"contactAutomations": [], "contactLists": ["1"], "deals": [], "fieldValues": ["1"],
                      "geoIps": [], "accountContacts": ["1"]}},
         ("contactTags", "contact.contactTags")),
    Line("§2 include on one", "GET contacts/1?include=contactTags", None, 200,
         {"contactTags": [{"id": "1", "tag": "1"}], "contact": {"contactTags": ["1"]}}),
    Line("§1.4 list", "GET contacts", None, 200,
         {"scoreValues": [], "contacts": [{"id": "1"}, {"id": "2"}],
          "meta": {"total": "2", "sortable": True,
                   "page_input": {"segmentid": None, "formid": 0, "listid": 0, "tagid": 0, "limit": 20, "offset": 0,
                                  "search": None, "sort": None, "seriesid": 0, "waitid": 0, "status": -1,
                                  "forceQuery": 0, "cacheid": re.compile("[0-9a-f]{32}")}}}),
    Line("§1.2 ids are strings", "GET contacts?limit=1", None, 200,
         {"contacts": [{"id": "1", "cdate": NOW, "created_timestamp": "2026-05-28 03:05:54",
                        "created_utc_timestamp": "2026-05-28 03:05:54", "deleted": "0"}]}),
    Line("§1.4 limit, offset", "GET contacts?limit=1&offset=1", None, 200,
         {"contacts": [{"id": "2"}], "meta": {"total": "2", "page_input": {"limit": 1, "offset": 1}}}),
    Line("§1.4 unknown parameters", "GET contacts?shoe=40&search", None, 200, {"meta": {"total": "2"}}),
    Line("§1.4 orders", "GET contacts?orders[email]=desc", None, 200, {"contacts": [{"id": "2"}, {"id": "1"}]}),
    Line("§1.4 several orders", "GET contacts?orders[cdate]=ASC&orders[id]=DESC", None, 200,
         {"contacts": [{"id": "2"}, {"id": "1"}]}),
    Line("§2.1 ids[]", "GET contacts?ids[]=2&ids[]=99", None, 200, {"contacts": [{"id": "2"}], "meta": {"total": "1"}}),
    Line("§2.1 ids[], whatever their order", "GET contacts?ids[]=2&ids[]=1&ids[]=2", None, 200,
         {"contacts": [{"id": "1"}, {"id": "2"}], "meta": {"total": "2"}}),
    Line("§2.1 ids[], escaped, with what belongs to them", "GET contacts?ids%5B%5D=1&include=contactTags", None, 200,
         {"contactTags": [{"tag": "1"}], "contacts": [{"id": "1", "contactTags": ["1"]}]}),
    Line("§2.1 ids[] of none", "GET contacts?ids[]=99&ids[]=x", None, 200, {"contacts": [], "meta": {"total": "0"}}),
    Line("§2.1 ids[] and other conditions", "GET contacts?ids[]=1&ids[]=2&email_like=grace", None, 200,
         {"contacts": [{"id": "2"}], "meta": {"total": "1"}}),
    Line("§2.1 exclude", "GET contacts?exclude=1", None, 200, {"contacts": [{"id": "2"}], "meta": {"total": "1"}}),
    Line("§2.1 exclude under a keyset", "GET contacts?exclude=2&id_greater=1", None, 200,
         {"contacts": [], "meta": {"total": "1"}}),
    Line("§2.1 in_group_lists", "GET contacts?in_group_lists=true", None, 200, {"meta": {"total": "2"}}),
    Line("§2.1 status without a list", "GET contacts?status=2", None, 200,
         {"meta": {"total": "2", "page_input": {"status": 2}}}),
    Line("§2.1 a segment, of which there are none", "GET contacts?segmentid=7", None, 200,
         {"contacts": [], "meta": {"total": "0", "page_input": {"segmentid": "7"}}}),
    *(Line("§2.1 orders", f"GET contacts?orders[{name}]={way}", None, 200,
           {"contacts": [{"id": first}, {"id": last}]})
      for name in ("id", "email", "first_name", "name")
      for way, first, last in (("asc", "1", "2"), ("DESC", "2", "1"))),
    Line("§2.1 orders[last_name]", "GET contacts?orders[last_name]=desc", None, 200,
         {"contacts": [{"lastName": "Lovelace"}, {"lastName": ""}]}),
    Line("§2.1 orders[score], of which there are none", "GET contacts?orders[score]=desc&sortId=1", None, 200,
         {"contacts": [{"id": "1"}, {"id": "2"}]}),
    Line("§2.1 email", "GET contacts?email=ada@example.com", None, 200,
         {"contacts": [{"id": "1"}], "meta": {"total": "1"}}),
    Line("§2.1 email, case aside", "GET contacts?email=ADA@example.com", None, 200, {"contacts": [{"id": "1"}]}),
    Line("§2.1 filters[email]", "GET contacts?filters[email]=ada@example.com", None, 200, {"contacts": [{"id": "1"}]}),
    Line("§2.1 exact", "GET contacts?email=ada@example", None, 200, {"contacts": [], "meta": {"total": "0"}}),
    Line("§2.1 email_like", "GET contacts?email_like=race@", None, 200, {"contacts": [{"id": "2"}]}),
    Line("§2.1 search", "GET contacts?search=lovel", None, 200, {"contacts": [{"id": "1"}]}),
    Line("§2.1 phone starts", "GET contacts?phone=202", None, 200, {"contacts": [{"id": "1"}]}),
    Line("§2.1 phone starts", "GET contacts?phone=0143", None, 200, {"contacts": []}),
    Line("§2.1 listid", "GET contacts?listid=1", None, 200, {"contacts": [{"id": "1"}]}),
    Line("§2.1 listid, status", "GET contacts?listid=1&status=2", None, 200, {"contacts": []}),
    Line("§2.1 listid, any", "GET contacts?listid=1&status=-1", None, 200, {"contacts": [{"id": "1"}]}),
    Line("§2.1 filters[listid]", "GET contacts?filters[listid]=2", None, 200, {"contacts": []}),
    Line("§2.1 tagid", "GET contacts?tagid=1", None, 200, {"contacts": [{"id": "1"}], "meta": {"total": "1"}}),
    Line("§2.1 tagid of none", "GET contacts?tagid=2&id_greater=0", None, 200,
         {"contacts": [], "meta": {"total": "0"}}),
    *(Line("§2.1 of forms and automations, which are not kept", f"GET contacts?{name}={number}", None, 200,
           {"meta": {"total": total}})
      for name in ("formid", "seriesid", "waitid") for number, total in ((0, "2"), (1, "0"))),
    Line("§2.1 listid and tagid", "GET contacts?listid=1&tagid=2", None, 200, {"contacts": [], "meta": {"total": "0"}}),
    Line("§2.1 listid, status and keyset", "GET contacts?listid=1&status=1&id_greater=0", None, 200,
         {"contacts": [{"id": "1"}], "meta": {"total": "1"}}),
    Line("§5 total of a list under a keyset", "GET contacts?listid=1&id_greater=1", None, 200,
         {"contacts": [], "meta": {"total": "1"}}),
    Line("§2.1 email_like is of the address only", "GET contacts?email_like=LOVELACE", None, 200, {"contacts": []}),
    Line("§2.1 search, organisation", "GET contacts?search=acme", None, 200,
         {"contacts": [{"id": "1"}], "meta": {"total": "1"}}),
    Line("§2.1 search, first and last name", "GET contacts?search=ada%20love", None, 200, {"contacts": [{"id": "1"}]}),
    Line("§2.1 search, nobody's", "GET contacts?search=nobody", None, 200, {"contacts": [], "meta": {"total": "0"}}),
    Line("§2.1 search, phone", "GET contacts?search=0143", None, 200, {"contacts": [{"id": "1"}]}),
    Line("§2.1 created_after", "GET contacts?filters[created_after]=1970-01-01T00:00:00.000Z", None, 200,
         {"meta": {"total": "2"}}),
    Line("§2.1 updated_after, as instants", "GET contacts?filters[updated_after]=2026-05-28T08:05:53Z", None, 200,
         {"meta": {"total": "2"}}),
    Line("§2.1 updated_after, as instants", "GET contacts?filters[updated_after]=2026-05-28T08:05:55Z", None, 200,
         {"meta": {"total": "0"}}),
    *(Line("§2.1 before and after", f"GET contacts?filters[{name}]={moment}", None, 200, {"meta": {"total": total}})
      for name in ("created", "updated") for name, moment, total in (
          (f"{name}_after", "2026-05-27", "2"), (f"{name}_after", "2026-05-29", "0"),
          (f"{name}_before", "2026-05-27", "0"), (f"{name}_before", "2026-05-29", "2"))),
    Line("§2.1 between", "GET contacts?filters[created_after]=2026-05-27&filters[created_before]=2026-05-29&limit=1",
         None, 200, {"contacts": [{"id": "1"}], "meta": {"total": "2"}}),
    Line("§2.1 created_before a date", "GET contacts?filters[created_before]=2026-05-28", None, 200,
         {"meta": {"total": "0"}}),
    Line("§12 limit, switch", "GET contacts?limit=100", None, 200, {"contacts": [{"id": "1"}]},
         switches=Switches(most_per_page=1)),
    Line("§5 keyset", "GET contacts?orders[id]=ASC&id_greater=1&limit=100", None, 200, {"contacts": [{"id": "2"}]}),
    Line("§5 keyset", "GET contacts?orders[id]=DESC&id_less=2&limit=100", None, 200, {"contacts": [{"id": "1"}]}),
    Line("§5 total, switch", "GET contacts?id_greater=1", None, 200, {"meta": {"total": "2"}}),
    Line("§5 total, switch", "GET contacts?id_greater=1", None, 200, {"meta": {"total": "1"}},
         switches=Switches(keyset_total="rest")),
    Line("§5 include", "GET contacts?id_greater=0&include=fieldValues,contactTags.tag,contactLists,accountContacts",
         None, 200,
         {"fieldValues": [{"contact": "1", "field": "7", "value": "London", "id": "1", "owner": "1"}],
          "contactTags": [{"contact": "1", "tag": "1", "id": "1"}], "tags": [{"tag": "VIP", "id": "1"}],
          "contactLists": [{"contact": "1", "list": "1", "status": "1", "id": "1"}],
          "accountContacts": [{"account": "1", "contact": "1"}],
          "contacts": [{"fieldValues": ["1"], "contactTags": ["1"], "contactLists": ["1"], "accountContacts": ["1"]},
                       {"fieldValues": [], "contactTags": [], "contactLists": [], "accountContacts": []}]}),
    Line("§5 include a relation's own", "GET contacts?include=fieldValues.field,contactLists.list", None, 200,
         {"fields": [{"id": "7", "title": "City"}], "lists": [{"id": "1", "stringid": "newsletter"}]}),
    Line("§5 nothing unasked", "GET contacts", None, 200, None, ("fieldValues", "contactTags", "contactLists")),
    Line("§2.3 below", "GET contacts/1/contactTags", None, 200, {"contactTags": [{"tag": "1", "id": "1"}]}, ("meta",)),
    Line("§2.3 below", "GET contacts/1/fieldValues", None, 200, {"fieldValues": [{"value": "London"}]}, ("meta",)),
    Line("§2.3 below", "GET contacts/1/contactLists", None, 200, {"contactLists": [{"list": "1"}]}, ("meta",)),
    Line("§2.3 below", "GET contacts/1/accountContacts", None, 200, {"accountContacts": [{"account": "1"}]}, ("meta",)),
    Line("§2.3 missing", "GET contacts/99/contactTags", None, 404, NO_CONTACT),
)  # fmt: skip


@pytest.mark.parametrize("line", [*CREATING, *SYNCING, *CHANGING, *READING], ids=str)
def test_statement(hold, line: Line) -> None:
    hold(line)


FULL = """cdate email phone firstName lastName orgid orgname segmentio_id bounced_hard bounced_soft bounced_date ip ua
    hash socialdata_lastcheck email_local email_domain sentcnt rating_tstamp gravatar deleted anonymized adate udate
    edate deleted_at created_utc_timestamp updated_utc_timestamp created_timestamp updated_timestamp created_by
    updated_by mpp_tracking"""
LISTED = "last_click_date last_open_date last_mpp_open_date"
TAIL = "best_send_hour sms_consent sms_consent_updated_at"
LISTED_TAIL = "whatsapp_id whatsapp_username scoreValues accountContacts"
END = "links id organization"
LINKS = """bounceLogs contactAutomations contactData contactGoals contactLists contactLogs contactTags contactDeals
    deals fieldValues geoIps notes organization plusAppend trackingLogs scoreValues accountContacts
    automationEntryCounts"""


def test_the_keys_of_a_contact_are_those_of_the_recordings_in_their_order(desk) -> None:
    alone = desk.ask("PUT contacts/1", contact()).json()["contact"]
    assert list(alone) == f"{FULL} {TAIL} {END}".split()
    listed = desk.ask("GET contacts").json()["contacts"][0]
    assert list(listed) == f"{FULL} {LISTED} {TAIL} {LISTED_TAIL} {END}".split()


def test_ids_of_what_is_included_stand_before_the_links(desk) -> None:
    keys = list(desk.ask("GET contacts?include=fieldValues").json()["contacts"][0])
    assert keys[-4:] == ["fieldValues", *END.split()]


def test_a_contact_has_eighteen_links_to_the_accounts_own_host(desk) -> None:
    links = desk.ask("GET contacts").json()["contacts"][0]["links"]
    assert list(links) == LINKS.split()
    assert links["deals"] == "https://sandbox.example.com/api/3/contacts/1/deals"
    assert links["contactAutomations"].endswith("/1/contactAutomations?limit=2500&orders%5Blastdate%5D=DESC")


def test_pages_hold_twenty_and_at_most_a_hundred(desk) -> None:
    for number in range(103):
        desk.ask(SYNC, contact(email=f"p{number}@example.com"))
    for query, count in (("", 20), ("?limit=50", 50), ("?limit=100", 100), ("?limit=1000", 100), ("?limit=0", 20)):
        page = desk.ask(f"GET contacts{query}").json()
        assert (len(page["contacts"]), page["meta"]["total"]) == (count, "105")


def test_non_ascii_is_written_as_escapes(desk) -> None:
    assert b"\\u00eb" in desk.ask(SYNC, contact(**NEW, firstName="Zoë")).content
