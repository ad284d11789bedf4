"""What ACTIVECAMPAIGN-API.md says of accounts and their custom fields: §1.6, §7.1, §7.2."""

from __future__ import annotations

import pytest
from sandbox_desk import NOW, Desk, Exactly, Line, sandbox_at

from bulk.sandbox.switches import Switches

UTC = "2026-05-28T08:05:54+00:00"  # NOW, as these resources alone write it
MISSING = Exactly({"errors": [{"status": 404, "title": "Not Found"}]})


def missing(model: str) -> Exactly:
    return Exactly({"message": f"No Result found for {model} with id 99"})


def metum(**values: object) -> dict[str, object]:
    return {"accountCustomFieldMetum": values}


def datum(**values: object) -> dict[str, object]:
    return {"accountCustomFieldDatum": values}


ACCOUNTS = (
    Line("§7.1 create", "POST accounts", {"account": {"name": "Hooli", "accountUrl": "https://example.com"}}, 201,
         {"account": {"name": "Hooli", "accountUrl": "https://example.com", "createdTimestamp": NOW, "id": "3",
                      "fields": [], "customFieldSaveStatus": {"status": "success"}}}),
    Line("§1.1 unknown attributes", "POST accounts", {"account": {"name": "Hooli", "shoe": 40}}, 201, None,
         ("account.shoe",)),
    Line("§7.1 PATCH", "PATCH accounts/1", {"account": {"accountUrl": "https://example.com"}}, 200,
         {"account": {"name": "Acme", "accountUrl": "https://example.com"}}),
    Line("§1.2 sent type", "PUT accounts/1", {"account": {"name": 7}}, 200, {"account": {"name": 7, "id": "1"}}),
    Line("§1.2 then strings", "GET accounts/1", None, 200, {"account": {"name": "7"}},
         after=(("PUT accounts/1", {"account": {"name": 7}}),)),
    Line("§1.6 no name", "POST accounts", {"account": {"accountUrl": "x"}}, 422,
         {"errors": [{"title": "The account name was not provided.", "code": "field_missing"}]}),
    Line("§1.6 name taken", "POST accounts", {"account": {"name": "Acme"}}, 422,
         {"errors": [{"title": 'An account named "Acme" already exists. Please choose a new name.',
                      "code": "duplicate", "source": {"pointer": "/data/attributes/name"}}]}),
    Line("§7.1 list", "GET accounts", None, 200,
         {"accounts": [{"name": "Acme", "contactCount": "0", "dealCount": "0"}, dict], "meta": {"total": "2"}}),
    Line("§7.1 counted", "GET accounts?count_deals=true", None, 200,
         {"accounts": [{"name": "Acme", "contactCount": "1"}, {"contactCount": "0"}]}),
    Line("§7.1 one, no counts", "GET accounts/1", None, 200, {"account": {"name": "Acme"}},
         ("account.contactCount", "account.dealCount")),
    Line("§7.1 search", "GET accounts?search=acm", None, 200, {"accounts": [{"id": "1"}], "meta": {"total": "1"}}),
    Line("§7.1 PUT", "PUT accounts/1", {"account": {"name": "ACME"}}, 200, {"account": {"name": "ACME"}}),
    Line("§7.1 PUT, name taken", "PUT accounts/1", {"account": {"name": "initech"}}, 422,
         {"errors": [{"code": "duplicate"}]}),
    Line("§7.1 owner", "POST accounts", {"account": {"name": "Hooli", "owner": 2}}, 201, {"account": {"owner": 2}}),
    Line("§7.1 owner, ours unless said", "POST accounts", {"account": {"name": "Hooli"}}, 201,
         {"account": {"owner": "1"}}, ("account.accountUrl",)),
    Line("§1.2 then strings", "GET accounts/3", None, 200, {"account": {"owner": "2", "accountUrl": None}},
         after=(("POST accounts", {"account": {"name": "Hooli", "owner": 2}}),)),
    Line("§7.1 PATCH owner", "PATCH accounts/1", {"account": {"owner": "3"}}, 200,
         {"account": {"owner": "3", "name": "Acme", "fields": [], "customFieldSaveStatus": {"status": "success"}}}),
    Line("an owner that is nobody", "PATCH accounts/1", {"account": {"owner": "99"}}, 404, missing("User")),
    Line("what somebody owned who left", "GET accounts/1", None, 200, {"account": {"owner": "1"}},
         after=(("PATCH accounts/1", {"account": {"owner": "3"}}), ("DELETE users/3", None))),
    Line("§7.1 bulk delete", "DELETE accounts/bulk_delete?ids[]=1&ids[]=2&ids[]=99", None, 200,
         Exactly({"meta": {"success": True}})),
    Line("§7.1 bulk deleted", "GET accounts", None, 200, {"accounts": [{"id": "2"}], "meta": {"total": "1"}},
         after=(("DELETE accounts/bulk_delete?ids[]=1", None),)),
    Line("§7.1 cascades", "GET accountContacts", None, 200, {"meta": {"total": "0"}},
         after=(("DELETE accounts/bulk_delete?ids[]=1", None),)),
    Line("§7.1 delete", "DELETE accounts/1", None, 200, Exactly({})),
    Line("§7.1 cascades", "GET accountContacts", None, 200, {"accountContacts": [], "meta": {"total": "0"}},
         after=(("DELETE accounts/1", None),)),
    Line("§1.6 model", "GET accounts/99", None, 404, missing("CustomerAccount")),
)  # fmt: skip

META = (
    Line("§7.1 list, no meta", "GET accountCustomFieldMeta", None, 200,
         {"accountCustomFieldMeta": [
             {"id": "1", "fieldLabel": "Industry", "fieldType": "dropdown", "isFormVisible": 0, "displayOrder": 1,
              "fieldOptions": ["Software", "Retail", "Other"]},
             {"id": "2", "fieldType": "multiselect"},
             {"id": "3", "fieldType": "currency", "fieldDefaultCurrency": "usd", "fieldOptions": None},
             {"id": "4", "fieldType": "date", "personalization": "ACCT_RENEWAL"}]}, ("meta",)),
    Line("§7.1 one", "GET accountCustomFieldMeta/1", None, 200, metum(id="1", fieldLabel="Industry", isRequired=0)),
    Line("§7.2 create", "POST accountCustomFieldMeta",
         metum(fieldLabel="title", fieldType="dropdown", fieldOptions=["option1", "option2"], fieldDefault="option2",
               fieldDefaultCurrency=None, isFormVisible=True, isRequired=True, displayOrder=1), 201,
         Exactly(metum(
             id="5", fieldLabel="title", fieldType="dropdown", fieldOptions=["option1", "option2"],
             fieldDefault="option2", fieldDefaultCurrency=None, isFormVisible=1, isRequired=1, displayOrder=1,
             personalization="ACCT_TITLE", knownFieldId=None, hideFieldFlag=0, createdTimestamp=UTC,
             updatedTimestamp=UTC, links={"accountCustomFieldData":
                 "https://sandbox.example.com/api/3/accountCustomFieldMeta/5/accountCustomFieldData"}))),
    Line("§8 its status, switch", "POST accountCustomFieldMeta", metum(fieldLabel="t", fieldType="text"), 200,
         metum(fieldOptions=None, fieldDefault=None, isFormVisible=0, displayOrder=5),
         switches=Switches(new_account_field=200)),
    Line("§7.2 a tag of its own", "POST accountCustomFieldMeta", metum(fieldLabel="Name", fieldType="text"), 201,
         metum(personalization="ACCT_NAME_1")),
    Line("§7.2 a tag of its own", "POST accountCustomFieldMeta", metum(fieldLabel="industry", fieldType="text"), 201,
         metum(personalization="ACCT_INDUSTRY_1")),
    *(Line("§7.2 types", "POST accountCustomFieldMeta", metum(fieldLabel="t", fieldType=kind), 201,
           metum(fieldType=kind))
      for kind in ("text", "textarea", "date", "datetime", "dropdown", "multiselect", "radio", "checkbox", "hidden",
                   "currency", "number")),
    Line("§1.6 code is a number", "POST accountCustomFieldMeta", metum(fieldLabel="t"), 422,
         Exactly({"errors": [{"title": "The field type field is required.", "detail": "", "code": 422}]})),
    Line("§1.6 code is a number", "POST accountCustomFieldMeta", metum(fieldType="text"), 422,
         {"errors": [{"code": 422}]}),
    *(Line("§7.2 types", "POST accountCustomFieldMeta", metum(fieldLabel="t", fieldType=kind), 422,
           {"errors": [{"code": 422}]}) for kind in ("listbox", ["text"], {})),
    Line("§7.1 PUT", "PUT accountCustomFieldMeta/4",
         metum(fieldLabel="Due", fieldDefault="2026-12-31", isRequired=1, displayOrder=9), 200,
         metum(id="4", fieldLabel="Due", fieldType="date", fieldDefault="2026-12-31", isRequired=1, displayOrder=9)),
    Line("§7.1 PUT leaves the rest", "PUT accountCustomFieldMeta/1", metum(isFormVisible=1), 200,
         metum(fieldLabel="Industry", fieldOptions=["Software", "Retail", "Other"], isFormVisible=1)),
    Line("§7.1 PUT, not its type", "PUT accountCustomFieldMeta/1", metum(fieldType="text"), 200,
         metum(fieldType="dropdown")),
    Line("§1.1 delete", "DELETE accountCustomFieldMeta/1", None, 200,
         Exactly({"message": "AccountCustomFieldMeta deleted."})),
    Line("§1.1 its values go too", "GET accountCustomFieldData", None, 200,
         {"accountCustomFieldData": [], "meta": {"total": 0}},
         after=(("POST accountCustomFieldData", datum(customerAccountId=1, customFieldId=1, fieldValue="Retail")),
                ("DELETE accountCustomFieldMeta/1", None))),
    *(Line("§1.6 missing", f"{method} accountCustomFieldMeta/99", body, 404, MISSING)
      for method, body in (("GET", None), ("PUT", metum(fieldLabel="x")), ("DELETE", None))),
)  # fmt: skip

RECORDS_READ = ("POST accountCustomFieldData", datum(customerAccountId="1", customFieldId="1", fieldValue="Retail"))
OTHER = ("POST accountCustomFieldData", datum(customerAccountId=2, customFieldId=1, fieldValue="Other"))
RECORD = {
    "id": "1", "accountCustomFieldMetumId": 1, "accountId": 1, "customFieldId": 1, "createdTimestamp": UTC,
    "updatedTimestamp": UTC, "fieldValue": "Retail",
    "links": {"account": "https://sandbox.example.com/api/3/accountCustomFieldData/1/account",
              "accountCustomFieldMetum":
                  "https://sandbox.example.com/api/3/accountCustomFieldData/1/accountCustomFieldMetum"},
}  # fmt: skip


def misfit(value: str, kind: str) -> Exactly:
    detail = f"The custom field value `{value}` could not be saved to the custom field of type `{kind}`."
    return Exactly({"errors": [{"detail": detail}]})


DATA = (
    Line("§7.1 POST, 200", *RECORDS_READ, 200, Exactly(datum(**RECORD))),
    Line("§1.2 numbers on reading", "GET accountCustomFieldData/1", None, 200, Exactly(datum(**RECORD)),
         after=(RECORDS_READ,)),
    Line("§7.1 list", "GET accountCustomFieldData", None, 200,
         {"accountCustomFieldData": [{"id": "1", "accountId": 1}, {"id": "2", "accountId": 2}], "meta": {"total": 2}},
         after=(RECORDS_READ, OTHER)),
    Line("§7.1 filters[customerAccountId]", "GET accountCustomFieldData?filters[customerAccountId]=2", None, 200,
         {"accountCustomFieldData": [{"accountId": 2}], "meta": {"total": 1}}, after=(RECORDS_READ, OTHER)),
    Line("§1.4 filters with another name", "GET accountCustomFieldData?filters[customerAccountid]=2", None, 200,
         {"meta": {"total": 2}}, after=(RECORDS_READ, OTHER)),
    Line("§1.4 pages", "GET accountCustomFieldData?limit=1&offset=1", None, 200,
         {"accountCustomFieldData": [{"id": "2"}], "meta": {"total": 2}}, after=(RECORDS_READ, OTHER)),
    Line("the same field again is in place", "POST accountCustomFieldData",
         datum(customerAccountId=1, customFieldId=1, fieldValue="Software"), 200,
         datum(id="1", fieldValue="Software"), after=(RECORDS_READ,)),
    Line("§7.2 several are an array", "POST accountCustomFieldData",
         datum(customerAccountId=1, customFieldId=2, fieldValue=["Hosting", "Support"]), 200,
         datum(fieldValue=["Hosting", "Support"]), ("accountCustomFieldDatum.fieldCurrency",)),
    Line("§7.2 several are an array", "POST accountCustomFieldData",
         datum(customerAccountId=1, customFieldId=2, fieldValue="||Hosting||Support||"), 200,
         datum(fieldValue=["Hosting", "Support"])),
    Line("§7.2 an option not listed", "POST accountCustomFieldData",
         datum(customerAccountId=1, customFieldId=1, fieldValue="bogus value"), 200, datum(fieldValue="bogus value")),
    Line("§7.2 cents", "POST accountCustomFieldData",
         datum(customerAccountId=1, customFieldId=3, fieldValue=9999, fieldCurrency="cad"), 200,
         datum(fieldValue="9999", fieldCurrency="cad")),
    Line("§7.2 the field's own currency", "POST accountCustomFieldData",
         datum(customerAccountId=1, customFieldId=3, fieldValue="9999"), 200, datum(fieldCurrency="usd")),
    Line("a currency stays", "PUT accountCustomFieldData/1", datum(fieldValue="1"), 200,
         datum(fieldValue="1", fieldCurrency="cad"),
         after=(("POST accountCustomFieldData",
                 datum(customerAccountId=1, customFieldId=3, fieldValue=9, fieldCurrency="cad")),)),
    *(Line("§1.6 misfit", "POST accountCustomFieldData",
           datum(customerAccountId=1, customFieldId=field, fieldValue=value), 422, misfit(shown, kind))
      for field, value, shown, kind in (
          (4, "abc", "abc", "date"), (4, ["2026-05-28"], '["2026-05-28"]', "date"), (3, "99.99", "99.99", "currency"),
          (3, 99.5, "99.5", "currency"), (3, "ten", "ten", "currency"))),
    *(Line("a value of nothing", "POST accountCustomFieldData",
           datum(customerAccountId=1, customFieldId=field, fieldValue=value), 200, datum(fieldValue=has))
      for field, value, has in ((1, "", ""), (2, "", []), (2, [], []), (3, None, ""), (4, "", ""))),
    Line("§7.1 POST, no such account", "POST accountCustomFieldData",
         datum(customerAccountId=99, customFieldId=1, fieldValue="x"), 404, MISSING),
    Line("§7.1 POST, no such field", "POST accountCustomFieldData",
         datum(customerAccountId=1, customFieldId=99, fieldValue="x"), 404, MISSING),
    *(Line("§7.1 required, and accountId is not its name", "POST accountCustomFieldData", datum(**sent), 422,
           {"errors": [{"code": 422}]})
      for sent in ({"customFieldId": 1, "fieldValue": "x"}, {"accountId": 1, "customFieldId": 1, "fieldValue": "x"},
                   {"customerAccountId": 1, "fieldValue": "x"})),
    Line("§7.1 PUT", "PUT accountCustomFieldData/1", datum(fieldValue="Other"), 200,
         datum(id="1", accountId=1, fieldValue="Other"), after=(RECORDS_READ,)),
    Line("§7.1 DELETE", "DELETE accountCustomFieldData/1", None, 200,
         Exactly({"message": "AccountCustomFieldData deleted."}), after=(RECORDS_READ,)),
    *(Line("§1.6 missing", f"{method} accountCustomFieldData/99", body, 404, MISSING)
      for method, body in (("GET", None), ("PUT", datum(fieldValue="x")), ("DELETE", None))),
    Line("§7.1 bulkCreate", "POST accountCustomFieldData/bulkCreate",
         [{"customerAccountId": "1", "customFieldId": "1", "fieldValue": "x"},
          {"customerAccountId": "2", "customFieldId": "2", "fieldValue": ["Hosting"]}], 200,
         Exactly({"message": "The bulk insert was successful."})),
    Line("§7.1 bulkCreate, then", "GET accountCustomFieldData", None, 200,
         {"accountCustomFieldData": [{"fieldValue": "x"}, {"fieldValue": ["Hosting"]}]},
         after=(("POST accountCustomFieldData/bulkCreate",
                 [{"customerAccountId": "1", "customFieldId": "1", "fieldValue": "x"},
                  {"customerAccountId": "2", "customFieldId": "2", "fieldValue": ["Hosting"]}]),)),
    *(Line("§7.1 bulkCreate wants an array", "POST accountCustomFieldData/bulkCreate", body, 422,
           {"errors": [{"code": 422}]}) for body in ({}, {"accountCustomFieldData": []}, [1], None)),
    Line("§7.1 bulkUpdate", "PATCH accountCustomFieldData/bulkUpdate",
         [{"id": "1", "fieldValue": "x"}, {"id": 2, "fieldValue": "y"}], 200,
         Exactly({"message": "AccountCustomFieldDatas with ID(s): 1, 2 successfully bulk updated."}),
         after=(RECORDS_READ, OTHER)),
    Line("§7.1 bulkUpdate, then", "GET accountCustomFieldData/2", None, 200, datum(fieldValue="y"),
         after=(RECORDS_READ, OTHER, ("PATCH accountCustomFieldData/bulkUpdate", [{"id": 2, "fieldValue": "y"}]))),
    Line("§7.1 bulkUpdate, unknown", "PATCH accountCustomFieldData/bulkUpdate", [{"id": "99", "fieldValue": "x"}],
         404, MISSING),
    Line("§7.1 fields of a POST", "POST accounts",
         {"account": {"name": "Hooli", "fields": [{"customFieldId": 1, "fieldValue": "Retail"},
                                                  {"customFieldId": 3, "fieldValue": 1234, "fieldCurrency": "GBP"}]}},
         201,
         {"account": {"fields": [{"customFieldId": 1, "fieldValue": "Retail", "accountId": "3"},
                                 {"customFieldId": 3, "fieldValue": 1234, "fieldCurrency": "GBP", "accountId": "3"}],
                      "customFieldSaveStatus": {"status": "success"}}}),
    Line("§7.1 fields of a POST are kept", "GET accountCustomFieldData?filters[customerAccountId]=3", None, 200,
         {"accountCustomFieldData": [{"accountId": 3, "customFieldId": 3, "fieldValue": "1234",
                                      "fieldCurrency": "GBP"}]},
         after=(("POST accounts", {"account": {"name": "Hooli", "fields": [
             {"customFieldId": 3, "fieldValue": 1234, "fieldCurrency": "GBP"}]}}),)),
    Line("§7.1 fields of a PUT", "PUT accounts/1",
         {"account": {"fields": [{"customFieldId": "1", "fieldValue": "Other"}]}}, 200,
         {"account": {"name": "Acme",
                      "fields": [{"customFieldId": "1", "fieldValue": "Other", "accountId": "1"}]}}),
    Line("§7.1 fields of a PUT, in place", "GET accountCustomFieldData", None, 200,
         {"accountCustomFieldData": [{"id": "1", "fieldValue": "Other"}]},
         after=(RECORDS_READ,
                ("PUT accounts/1", {"account": {"fields": [{"customFieldId": 1, "fieldValue": "Other"}]}}))),
    Line("an unknown one is passed over", "PUT accounts/1",
         {"account": {"fields": [{"customFieldId": 99, "fieldValue": "x"}, None, {}]}}, 200,
         {"account": {"fields": []}}),
    Line("§1.6 misfit", "POST accounts",
         {"account": {"name": "Hooli", "fields": [{"customFieldId": 4, "fieldValue": "soon"}]}}, 422,
         misfit("soon", "date")),
    Line("§7.1 values go with their account", "GET accountCustomFieldData", None, 200, {"meta": {"total": 0}},
         after=(RECORDS_READ, ("DELETE accounts/1", None))),
)  # fmt: skip


@pytest.mark.parametrize("line", [*ACCOUNTS, *META, *DATA], ids=str)
def test_statement(hold, line: Line) -> None:
    hold(line)


LISTED = "name accountUrl createdTimestamp updatedTimestamp owner contactCount dealCount links id"
CREATED = "name createdTimestamp updatedTimestamp owner links customFieldSaveStatus fields id"


def test_the_keys_of_an_account_are_those_of_the_recordings_in_their_order(desk: Desk) -> None:
    assert list(desk.ask("GET accounts").json()["accounts"][0]) == LISTED.split()
    assert list(desk.ask("POST accounts", {"account": {"name": "Hooli"}}).json()["account"]) == CREATED.split()


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("datetime", "2026-05-28T09:30:00+00:00", "2026-05-28T04:30:00-05:00"),
        ("number", "100.99", "100.99"),
        ("number", 7, "7"),
        ("number", "1e5", None),
        ("number", "1_000", None),
        ("datetime", "soon", None),
        ("checkbox", "One", ["One"]),
        ("text", 5, "5"),
        ("textarea", "a\nb", "a\nb"),
        ("radio", "One", "One"),
        ("hidden", "Zoë", "Zoë"),
    ],
)
def test_a_value_is_kept_as_its_type_has_it(desk: Desk, kind, value, kept) -> None:
    desk.ask("POST accountCustomFieldMeta", metum(fieldLabel="f", fieldType=kind))
    answer = desk.ask("POST accountCustomFieldData", datum(customerAccountId=1, customFieldId=5, fieldValue=value))
    assert answer.status_code == (422 if kept is None else 200)
    result = desk.ask("GET accountCustomFieldData").json()["accountCustomFieldData"]
    assert [record["fieldValue"] for record in result] == ([] if kept is None else [kept])


def test_a_bulk_write_that_is_refused_leaves_nothing_behind(desk: Desk) -> None:
    good = {"customerAccountId": 1, "customFieldId": 1, "fieldValue": "x"}
    bad = {"customerAccountId": 99, "customFieldId": 1, "fieldValue": "x"}
    assert desk.ask("POST accountCustomFieldData/bulkCreate", [good, bad]).status_code == 404
    assert desk.ask("GET accountCustomFieldData").json()["meta"] == {"total": 0}


def test_all_fields_come_on_one_page_of_a_hundred(desk: Desk) -> None:
    for number in range(99):
        desk.ask("POST accountCustomFieldMeta", metum(fieldLabel=f"f{number}", fieldType="text"))
    assert len(desk.ask("GET accountCustomFieldMeta").json()["accountCustomFieldMeta"]) == 100
    assert len(desk.ask("GET accountCustomFieldMeta?limit=5").json()["accountCustomFieldMeta"]) == 5
    assert len(desk.ask("GET accountCustomFieldMeta?offset=100").json()["accountCustomFieldMeta"]) == 3


def test_an_empty_account_has_no_custom_fields_of_accounts() -> None:
    with sandbox_at(demo=False) as sandbox:
        assert Desk(sandbox).ask("GET accountCustomFieldMeta").json() == {"accountCustomFieldMeta": []}
