"""What ACTIVECAMPAIGN-API.md says of the custom fields of deals and their values: §1.3, §1.4, §1.6, §7.2."""

from __future__ import annotations

import pytest
from sandbox_desk import Desk, Exactly, Line, sandbox_at

from bulk.sandbox.switches import Switches

HOST = "https://sandbox.example.com/api/3"
UTC = "2026-05-28T08:05:54+00:00"  # NOW, as these resources alone write it
MISSING = Exactly({"errors": [{"status": 404, "title": "Not Found"}]})


def metum(**values: object) -> dict[str, object]:
    return {"dealCustomFieldMetum": values}


def datum(**values: object) -> dict[str, object]:
    return {"dealCustomFieldDatum": values}


def deal(**more: object) -> dict[str, object]:
    return {"deal": {"title": "Big", "value": 1, "currency": "usd", "contact": "1", "group": "1", **more}}


DEALS = (("POST deals", deal()), ("POST deals", deal()))

META = (
    Line("§7.2 list, no meta", "GET dealCustomFieldMeta", None, 200,
         {"dealCustomFieldMeta": [
             {"id": "1", "fieldLabel": "Forecasted Close Date", "fieldType": "date", "fieldOptions": None,
              "personalization": "DEAL_FORECASTED_CLOSE_DATE"},
             {"id": "2", "fieldType": "dropdown", "fieldOptions": ["Web", "Referral", "Fair"]},
             {"fieldType": "multiselect"}, {"fieldType": "checkbox"}, {"fieldType": "radio"},
             {"fieldType": "currency", "fieldDefaultCurrency": "usd"}, {"fieldType": "number"},
             {"fieldType": "datetime"}, {"fieldType": "text"}, {"fieldType": "textarea"}, {"fieldType": "hidden"}]},
         ("meta",)),
    Line("§1.4 limit", "GET dealCustomFieldMeta?limit=2", None, 200, {"dealCustomFieldMeta": [dict, dict]}),
    Line("§7.2 POST, 201", "POST dealCustomFieldMeta",
         metum(fieldLabel="title", fieldType="dropdown", fieldOptions=["option1", "option2", "option3"],
               fieldDefault="option2", fieldDefaultCurrency=None, isFormVisible=True, isRequired=True,
               displayOrder=1), 201,
         Exactly(metum(
             id="12", fieldLabel="title", fieldType="dropdown", fieldOptions=["option1", "option2", "option3"],
             fieldDefault="option2", fieldDefaultCurrency=None, isFormVisible=1, isRequired=1, displayOrder=1,
             personalization="DEAL_TITLE_1", knownFieldId=None, hideFieldFlag=0, createdTimestamp=UTC,
             updatedTimestamp=UTC,
             links={"dealCustomFieldData": f"{HOST}/dealCustomFieldMeta/12/dealCustomFieldData"}))),
    Line("§11 its status, switch", "POST dealCustomFieldMeta", metum(fieldLabel="t", fieldType="text"), 200,
         metum(fieldOptions=None, fieldDefault=None, isFormVisible=0, displayOrder=12),
         switches=Switches(new_deal_field=200)),
    Line("§1.6 code is a number", "POST dealCustomFieldMeta", metum(fieldLabel="t"), 422,
         Exactly({"errors": [{"title": "The field type field is required.", "detail": "", "code": 422}]})),
    Line("§7.2 one", "GET dealCustomFieldMeta/1", None, 200, metum(id="1", isRequired=0)),
    Line("§8 PUT", "PUT dealCustomFieldMeta/1", metum(fieldLabel="Due", isRequired=1), 200,
         metum(id="1", fieldLabel="Due", fieldType="date", isRequired=1)),
    Line("§7.2 DELETE", "DELETE dealCustomFieldMeta/1", None, 200,
         Exactly({"message": "DealCustomFieldMeta deleted."})),
    Line("its values go too", "GET dealCustomFieldData", None, 200, {"meta": {"total": 0}},
         after=(*DEALS, ("POST dealCustomFieldData", datum(dealId=1, customFieldId=1, fieldValue="2026-01-31")),
                ("DELETE dealCustomFieldMeta/1", None))),
    *(Line("§1.6 missing", f"{method} dealCustomFieldMeta/99", body, 404, MISSING)
      for method, body in (("GET", None), ("PUT", metum(fieldLabel="x")), ("DELETE", None))),
)  # fmt: skip

RECORDS_READ = ("POST dealCustomFieldData", datum(dealId="1", customFieldId="2", fieldValue="bogus value"))
OTHER = ("POST dealCustomFieldData", datum(dealId=2, customFieldId=9, fieldValue="N-7"))
BOTH = (*DEALS, RECORDS_READ, OTHER)
LINKS = {name: f"{HOST}/dealCustomFieldData/1/{name}" for name in ("deal", "dealCustomFieldMetum")}
RECORD = {"id": "1", "dealCustomFieldMetumId": 2, "dealId": 1, "customFieldId": 2, "createdTimestamp": UTC,
          "updatedTimestamp": UTC, "fieldValue": "bogus value"}  # fmt: skip
FIELDS = [{"customFieldId": 2, "fieldValue": "Web"}, {"customFieldId": "6", "fieldValue": 5500, "fieldCurrency": "EUR"}]


def misfit(value: str, kind: str) -> Exactly:
    detail = f"The custom field value `{value}` could not be saved to the custom field of type `{kind}`."
    return Exactly({"errors": [{"detail": detail}]})


DATA = (
    Line("§7.2 POST, 200, no such option", *RECORDS_READ, 200, Exactly(datum(**RECORD, originalValue="", links=LINKS)),
         after=DEALS),
    Line("§7.2 read", "GET dealCustomFieldData/1", None, 200, Exactly(datum(**RECORD, links=LINKS)), after=BOTH),
    Line("§1.4 the total is a number", "GET dealCustomFieldData", None, 200,
         Exactly({"dealCustomFieldData": [
             {**RECORD, "links": LINKS},
             {"id": "2", "dealCustomFieldMetumId": 9, "dealId": 2, "customFieldId": 9, "createdTimestamp": UTC,
              "updatedTimestamp": UTC, "fieldValue": "N-7",
              "links": {name: f"{HOST}/dealCustomFieldData/2/{name}" for name in LINKS}}],
             "meta": {"total": 2}}), after=BOTH),
    Line("§7.2 filters[dealId]", "GET dealCustomFieldData?filters[dealId]=2", None, 200,
         {"dealCustomFieldData": [{"dealId": 2}], "meta": {"total": 1}}, after=BOTH),
    Line("§7.2 below a deal, no meta", "GET deals/2/dealCustomFieldData", None, 200,
         {"dealCustomFieldData": [{"dealId": 2}]}, ("meta",), after=BOTH),
    Line("§1.6 model", "GET deals/99/dealCustomFieldData", None, 404,
         Exactly({"message": "No Result found for Deal with id 99"})),
    Line("§1.4 pages", "GET dealCustomFieldData?limit=1&offset=1", None, 200,
         {"dealCustomFieldData": [{"id": "2"}], "meta": {"total": 2}}, after=BOTH),
    Line("§8 in place, with the value before", "POST dealCustomFieldData",
         datum(dealId=1, customFieldId=2, fieldValue="Fair"), 200,
         datum(id="1", fieldValue="Fair", originalValue="bogus value"), after=BOTH),
    Line("§7.2 several are an array", "POST dealCustomFieldData",
         datum(dealId=1, customFieldId=3, fieldValue=["Hosting", "Support"]), 200,
         datum(fieldValue=["Hosting", "Support"]), ("dealCustomFieldDatum.fieldCurrency",), after=DEALS),
    Line("§7.2 money in cents", "POST dealCustomFieldData",
         datum(dealId=1, customFieldId=6, fieldValue=10050, fieldCurrency="EUR"), 200,
         datum(fieldValue="10050", fieldCurrency="EUR"), after=DEALS),
    Line("§7.2 money in the field's own currency", "POST dealCustomFieldData",
         datum(dealId=1, customFieldId=6, fieldValue=10050), 200, datum(fieldCurrency="usd"), after=DEALS),
    Line("§1.6 misfit", "POST dealCustomFieldData", datum(dealId=1, customFieldId=1, fieldValue="abc"), 422,
         misfit("abc", "date"), after=DEALS),
    Line("§1.6 misfit", "PUT dealCustomFieldData/1", datum(fieldValue="many"), 422, misfit("many", "number"),
         after=(*DEALS, ("POST dealCustomFieldData", datum(dealId=1, customFieldId=7, fieldValue=5)))),
    *(Line("§1.6 missing", "POST dealCustomFieldData", datum(**{"dealId": 1, "customFieldId": 2, name: 99}), 404,
           MISSING, after=DEALS) for name in ("dealId", "customFieldId")),
    *(Line("§7.2 required", "POST dealCustomFieldData", datum(**{"dealId": 1, "customFieldId": 2, name: ""}), 422,
           {"errors": [{"code": 422}]}, after=DEALS) for name in ("dealId", "customFieldId")),
    Line("§8 PUT", "PUT dealCustomFieldData/1", datum(dealId="1", customFieldId="2", fieldValue="awesome value"), 200,
         datum(id="1", fieldValue="awesome value", originalValue="bogus value"), after=BOTH),
    Line("§7.2 DELETE", "DELETE dealCustomFieldData/1", None, 200,
         Exactly({"message": "DealCustomFieldData deleted."}), after=BOTH),
    *(Line("§1.6 missing", f"{method} dealCustomFieldData/99", body, 404, MISSING)
      for method, body in (("GET", None), ("PUT", datum(fieldValue="x")), ("DELETE", None))),
    Line("§7.2 bulkCreate", "POST dealCustomFieldData/bulkCreate",
         [{"dealId": "1", "customFieldId": "2", "fieldValue": "x"}, {"dealId": 2, "customFieldId": 7, "fieldValue": 9}],
         200, Exactly({"message": "The bulk insert was successful."}), after=DEALS),
    Line("§7.2 bulkCreate, all or none", "GET dealCustomFieldData", None, 200, {"meta": {"total": 2}},
         after=(*DEALS, ("POST dealCustomFieldData/bulkCreate",
                         [{"dealId": "1", "customFieldId": "2", "fieldValue": "x"},
                          {"dealId": 2, "customFieldId": 7, "fieldValue": 9}]))),
    Line("§7.2 bulkUpdate", "PATCH dealCustomFieldData/bulkUpdate", [{"id": "1", "fieldValue": "Awesome Sauce"}], 200,
         Exactly({"message": "DealCustomFieldDatas with ID(s): 1 successfully bulk updated."}), after=BOTH),
    Line("§7.2 bulkUpdate, then", "GET dealCustomFieldData/1", None, 200, datum(fieldValue="Awesome Sauce"),
         after=(*BOTH, ("PATCH dealCustomFieldData/bulkUpdate", [{"id": "1", "fieldValue": "Awesome Sauce"}]))),
    *(Line("§7.2 raw arrays", f"{method} dealCustomFieldData/{bulk}", {"dealCustomFieldData": []}, 422,
           {"errors": [{"code": 422}]}) for method, bulk in (("POST", "bulkCreate"), ("PATCH", "bulkUpdate"))),
    Line("§7.2 fields of a POST", "POST deals", deal(fields=FIELDS), 201, {"deal": {
        "fields": [{"customFieldId": 2, "fieldValue": "Web", "dealId": "1"},
                   {"customFieldId": "6", "fieldValue": 5500, "fieldCurrency": "EUR", "dealId": "1"}],
        "customFieldSaveStatus": {"status": "success"}}}),
    Line("§7.2 fields of a POST are kept", "GET dealCustomFieldData?filters[dealId]=1", None, 200,
         {"dealCustomFieldData": [{"customFieldId": 2, "fieldValue": "Web"},
                                  {"customFieldId": 6, "fieldValue": "5500", "fieldCurrency": "EUR"}]},
         after=(("POST deals", deal(fields=FIELDS)),)),
    Line("§7.2 fields of a PUT", "PUT deals/1", {"deal": {"fields": [{"customFieldId": 2, "fieldValue": "Fair"}]}},
         200, {"deal": {"title": "Big", "fields": [{"customFieldId": 2, "fieldValue": "Fair", "dealId": "1"}]}},
         after=BOTH),
    Line("§7.2 fields of a PUT, in place", "GET deals/1/dealCustomFieldData", None, 200,
         {"dealCustomFieldData": [{"id": "1", "fieldValue": "Fair"}]},
         after=(*BOTH, ("PUT deals/1", {"deal": {"fields": [{"customFieldId": 2, "fieldValue": "Fair"}]}}))),
    Line("an unknown one is passed over", "POST deals", deal(fields=[{"customFieldId": 99, "fieldValue": "x"}]), 201,
         {"deal": {"fields": []}}),
    Line("§1.6 misfit", "POST deals", deal(fields=[{"customFieldId": 1, "fieldValue": "abc"}]), 422,
         misfit("abc", "date")),
    Line("values go with their deal", "GET dealCustomFieldData", None, 200, {"meta": {"total": 1}},
         after=(*BOTH, ("DELETE deals/1", None))),
)  # fmt: skip


@pytest.mark.parametrize("line", [*META, *DATA], ids=str)
def test_statement(hold, line: Line) -> None:
    hold(line)


WRITTEN = ("id dealCustomFieldMetumId dealId customFieldId createdTimestamp updatedTimestamp fieldValue originalValue"
           " links")  # fmt: skip


def test_the_keys_of_a_value_are_those_of_the_recordings_in_their_order(desk: Desk) -> None:
    desk.ask(*DEALS[0])
    assert list(desk.ask(*RECORDS_READ).json()["dealCustomFieldDatum"]) == WRITTEN.split()


def test_a_refused_field_leaves_no_deal_behind(desk: Desk) -> None:
    assert desk.ask("POST deals", deal(fields=[{"customFieldId": 1, "fieldValue": "abc"}])).status_code == 422
    assert desk.ask("GET deals").json()["meta"]["total"] == 0


def test_an_empty_account_has_no_custom_fields_of_deals() -> None:
    with sandbox_at(demo=False) as sandbox:
        assert Desk(sandbox).ask("GET dealCustomFieldMeta").json() == {"dealCustomFieldMeta": []}
