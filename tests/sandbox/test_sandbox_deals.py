"""What ACTIVECAMPAIGN-API.md says of deals and of their further contacts: §1.2, §1.4, §1.6, §2.3, §7.2."""

from __future__ import annotations

import pytest
from sandbox_desk import NOW, Desk, Exactly, Line

from bulk.sandbox.switches import Switches

HOST = "https://sandbox.example.com/api/3"
STUB = Exactly({"title": "Big", "status": "0", "id": "1", "isDisabled": True})
EURO = ("POST dealGroups", {"dealGroup": {"title": "Renewals", "currency": "eur"}})  # 2, with the stages 4, 5 and 6


def missing(model: str) -> Exactly:
    return Exactly({"message": f"No Result found for {model} with id 99"})


def deal(**values: object) -> dict[str, object]:
    return {"deal": values}


def refused(code: str, attribute: str) -> dict[str, object]:
    return {"errors": [{"code": code, "source": {"pointer": f"/data/attributes/{attribute}"}}]}


def big(**more: object) -> dict[str, object]:
    """A deal with what is required, and this."""
    values = {"title": "Big", "value": 10000, "currency": "usd", "contact": "1", "owner": "1", "group": "1", **more}
    return deal(**{name: value for name, value in values.items() if value is not ...})


BIG = ("POST deals", big())
SMALL = ("POST deals", big(title="Müller, small", value=5, contact="2", status=1, owner="2"))
EUROS = ("POST deals", big(title="Ärger", value=300, currency="eur", contact=..., account="2", group="2"))
THREE = (EURO, BIG, SMALL, EUROS)
LINKS = {name: f"{HOST}/deals/1/{name}" for name in (
    "dealActivities", "contact", "contactDeals", "group", "nextTask", "notes", "account", "customerAccount",
    "organization", "owner", "scoreValues", "stage", "tasks", "dealCustomFieldData")}  # fmt: skip
ECHO = {
    "cdate": NOW, "mdate": NOW, "description": "", "organization": None, "status": 0, "nextdate": None,
    "nextdealid": "0", "winProbability": None, "winProbabilityMdate": None, "links": LINKS, "fields": [],
    "customFieldSaveStatus": {"status": "success"}, "id": "1", "isDisabled": False, "account": None,
    "customerAccount": None,
}  # fmt: skip

CREATED = (
    Line("§7.2 POST, 201", "POST deals", big(stage="1"), 201, {
        "contacts": [{"email": "ada@example.com", "id": "1"}],
        "dealGroups": [{"title": "Sales", "id": "1"}], "dealStages": [{"title": "To Contact", "id": "1"}],
        "deal": {"title": "Big", "value": 10000, "currency": "usd", "contact": "1", "owner": "1", "group": "1",
                 "stage": "1", **ECHO}}, ("deal.percent", "deal.activitycount", "deal.edate")),
    Line("§1.2 sent types", "POST deals", big(contact=1, owner=2, group=1, stage=2, percent=50, status=2), 201,
         deal(contact=1, owner=2, group=1, stage=2, percent=50, status=2)),
    Line("§1.1 unknown attributes", "POST deals", big(name="Bogus", dealUrl="https://example.com"), 201, None,
         ("deal.name", "deal.dealUrl")),
    Line("§7.2 the first stage, generated", "POST deals", big(stage=None), 201, deal(group="1", stage=1)),
    Line("§7.2 the group of the stage", "POST deals", big(group=..., stage="5"), 201,
         {"dealGroups": [{"id": "2"}], "deal": {"stage": "5"}}, after=(EURO,)),
    Line("§7.2 the group of the stage", "GET deals/1", None, 200, deal(group="2", stage="5"),
         after=(EURO, ("POST deals", big(group=..., stage="5")))),
    Line("§7.2 a stage of another group", "POST deals", big(group="1", stage="5"), 422,
         {"errors": [{"title": "Invalid attribute", "status": 422}]}, after=(EURO,)),
    Line("§7.2 a fraction of a cent", "POST deals", big(value=156.24), 201, deal(value=156.24)),
    Line("§7.2 a fraction of a cent, stored", "GET deals/1", None, 200, deal(value="156"),
         after=(("POST deals", big(value=156.24)),)),
    Line("§7.2 an account", "POST deals", big(contact=..., account="1"), 201,
         deal(account="1", organization="1", customerAccount="1"), ("contacts", "deal.contact")),
    Line("§7.2 an account, read", "GET deals/1", None, 200,
         deal(contact=None, account="1", organization="1", customerAccount="1"),
         after=(("POST deals", big(contact=..., account=1)),)),
    *(Line(f"§7.2 {name} is required", "POST deals", big(**{name: ...}), 422, refused("field_missing", name))
      for name in ("title", "value", "currency", "contact", "group")),
    Line("§7.2 owner is required", "POST deals", big(owner=..., group="2"), 422, refused("field_missing", "owner"),
         after=(EURO,)),
    Line("§7.2 but where it is assigned", "POST deals", big(owner=...), 201, deal(owner=1)),
    Line("§7.2 assigned in turn", "POST deals", big(owner=...), 201, deal(owner=2), after=(BIG,)),
    Line("§7.2 assigned by value", "POST deals", big(owner=..., group="2"), 201, deal(owner=3),
         after=(("POST dealGroups", {"dealGroup": {"title": "x", "currency": "usd", "autoassign": 2,
                                                   "users": [2, 3]}}),
                ("POST deals", big(group="2", owner="3", value=5)), ("POST deals", big(group="2", owner="2")))),
    *(Line("§7.2 value is 0 or more", "POST deals", big(value=value), 422, refused("field_invalid", "value"))
      for value in (-1, "-5", "ten", [1], {}, 10**30, 1e300)),
    Line("§7.2 value", "POST deals", big(value=0), 201, deal(value=0)),
    Line("§7.2 value", "GET deals/1", None, 200, deal(value="4500"), after=(("POST deals", big(value="4500")),)),
    Line("§7.2 currency is lower-case", "GET deals/1", None, 200, deal(currency="usd"),
         after=(("POST deals", big(currency="USD")),)),
    *(Line("§7.2 currency is ISO 4217", "POST deals", big(currency=value), 422, refused("field_invalid", "currency"))
      for value in ("dollars", "$", 840)),
    *(Line("§7.2 status is 0, 1 or 2", "POST deals", big(status=value), 422, refused("field_invalid", "status"))
      for value in (3, "open", True)),
    *(Line(f"§1.6 no such {name}", "POST deals", big(**{name: "99"}), 422, refused("related_missing", name))
      for name in ("contact", "account", "group", "stage", "owner")),
)  # fmt: skip

READ = (
    Line("§7.2 one", "GET deals/1", None, 200, {"deal": {
        "owner": "1", "contact": "1", "organization": None, "group": "1", "stage": "1", "title": "Big",
        "description": "", "percent": "0", "cdate": NOW, "mdate": NOW, "nextdate": None, "nexttaskid": None,
        "value": "10000", "currency": "usd", "winProbability": None, "winProbabilityMdate": None, "status": "0",
        "activitycount": "1", "nextdealid": "1", "edate": None, "links": LINKS, "id": "1", "isDisabled": False,
        "account": None, "customerAccount": None}}, after=(BIG,)),
    Line("§1.6 model", "GET deals/99", None, 404, missing("Deal")),
    Line("§1.4 no deals", "GET deals", None, 200, Exactly({"deals": [], "meta": {"currencies": [], "total": 0}})),
    Line("§1.4 meta", "GET deals", None, 200, {"deals": [{"id": "1"}, {"id": "2"}, {"id": "3"}], "meta": Exactly({
        "currencies": {"EUR": {"total": "1", "value": "300", "currency": "EUR", "isDisabled": False},
                       "USD": {"total": "2", "value": "10005", "currency": "USD", "isDisabled": False}},
        "total": 3})}, after=THREE),
    Line("§1.4 pages", "GET deals?limit=1&offset=1", None, 200, {"deals": [{"id": "2"}], "meta": {"total": 3}},
         after=THREE),
    *(Line("§7.2 filters", f"GET deals?filters[{query}", None, 200,
           {"deals": [{"id": identity} for identity in ids], "meta": {"total": len(ids)}}, after=THREE)
      for query, ids in (
          ("title]=müller", "2"), ("title]=big", "1"), ("stage]=4", "3"), ("group]=1", "12"), ("status]=1", "2"),
          ("status]=0", "13"), ("owner]=2", "2"), ("organization]=1", "1"), ("organization]=2", "3"),
          ("minimum_value]=3", "13"), ("maximum_value]=3", "23"), ("minimum_value]=3.01", "1"),
          ("minimum_value]=0.05&filters[maximum_value]=3", "23"), ("created_after]=2026-05-28T03:05:54-05:00", "123"),
          ("created_before]=2026-05-28T03:05:54-05:00", ""), ("created_before]=2027-01-01", "123"),
          ("updated_after]=1970-01-01T00:00:00.000Z", "123"), ("updated_after]=2027-01-01", ""),
          ("updated_before]=2026-05-28T08:05:55Z", "123"), ("search]=small&filters[search_field]=title", "2"),
          ("search]=lovelace&filters[search_field]=contact", "1"), ("search]=acme&filters[search_field]=org", "1"),
          ("search]=initech&filters[search_field]=org", "3"), ("search]=small&filters[search_field]=contact", ""),
          ("search]=GRACE&filters[search_field]=all", "2"), ("search]=big", "1"), ("tag]=vip", "1"),
          ("score]=1:5", ""), ("tasktype]=1", ""), ("stage]=x", ""), ("minimum_value]=x", "123"),
          ("maximum_value]=inf", ""), ("nonsense]=1", "123"), ("title]=", "123"))),
    Line("§7.2 filters[title], switch", "GET deals?filters[title]=bi", None, 200, {"deals": []}, after=THREE,
         switches=Switches(deal_title="equals")),
    Line("§7.2 filters[title], switch", "GET deals?filters[title]=BIG", None, 200, {"deals": [{"id": "1"}]},
         after=THREE, switches=Switches(deal_title="equals")),
    Line("§1.1 a bare ?search", "GET deals?search", None, 200, {"meta": {"total": 3}}, after=THREE),
    Line("§1.4 the meta is of what is filtered", "GET deals?filters[group]=2", None, 200,
         {"meta": {"currencies": Exactly({"EUR": {"total": "1", "value": "300", "currency": "EUR",
                                                  "isDisabled": False}})}}, after=THREE),
    *(Line("§7.2 orders", f"GET deals?orders[{query}", None, 200, {"deals": [{"id": at} for at in ids]}, after=THREE)
      for query, ids in (("title]=ASC", "123"), ("title]=desc", "321"), ("value]=ASC", "231"), ("value]=DESC", "132"),
                         ("cdate]=DESC", "123"), ("contact_name]=DESC", "213"), ("contact_orgname]=DESC", "312"),
                         ("currency]=ASC", "123"), ("next-action]=DESC", "123"),
                         ("cdate]=ASC&orders[value]=ASC", "231"))),
)  # fmt: skip

CHANGED = (
    Line("§1.2 PUT, the whole record", "PUT deals/1", deal(title="Bigger", value=55555), 200, {
        "dealStages": [{"id": "1"}],
        "deal": {"owner": "1", "contact": "1", "group": "1", "stage": "1", "title": "Bigger", "value": 55555,
                 "currency": "usd", "status": 0, "activitycount": "1", "fields": [], "nextTask": None,
                 "customFieldSaveStatus": {"status": "success"}, "id": "1", "isDisabled": False, "account": None}},
         ("contacts", "dealGroups"), after=(BIG,)),
    Line("§1.2 PATCH", "PATCH deals/1", deal(status="1", percent=5), 200, deal(status=1, percent=5), after=(BIG,)),
    Line("§1.2 then strings", "GET deals/1", None, 200, deal(status="1", percent="5", title="Big"),
         after=(BIG, ("PATCH deals/1", deal(status="1", percent=5)))),
    Line("§7.2 another stage", "PUT deals/1", deal(stage="3"), 200,
         {"dealStages": [{"id": "3"}], "deal": {"group": "1", "stage": "3"}}, after=(BIG,)),
    Line("§7.2 a null stage stays", "PUT deals/1", deal(group="1", stage=None, contact="1"), 200,
         {"contacts": [{"id": "1"}], "deal": {"stage": "2"}}, after=(("POST deals", big(stage="2")),)),
    Line("§7.2 another pipeline", "PUT deals/1", deal(group="2"), 200, deal(group="2", stage="4"), after=(EURO, BIG)),
    Line("§7.2 a stage of another pipeline", "PUT deals/1", deal(stage="5"), 422,
         {"errors": [{"title": "Invalid attribute"}]}, after=(EURO, BIG)),
    Line("§7.2 with its pipeline", "PUT deals/1", deal(group="2", stage="5"), 200, deal(group="2", stage="5"),
         after=(EURO, BIG)),
    Line("§7.2 another owner", "PUT deals/1", deal(owner=2), 200, deal(owner=2), after=(BIG,)),
    Line("another contact", "PUT deals/1", deal(contact=2), 200, {"contacts": [{"id": "2"}], "deal": {"contact": 2}},
         after=(BIG,)),
    Line("an account in place of the contact", "GET deals/1", None, 200, deal(contact=None, account="2"),
         after=(BIG, ("PUT deals/1", deal(contact=None, account="2")))),
    Line("§7.2 one of them is required", "PUT deals/1", deal(contact=""), 422, refused("field_missing", "contact"),
         after=(BIG,)),
    *(Line("§7.2 required", "PUT deals/1", deal(**{name: ""}), 422, refused("field_missing", name), after=(BIG,))
      for name in ("title", "value", "currency")),
    *(Line(f"§1.6 no such {name}", "PUT deals/1", deal(**{name: 99}), 422, refused("related_missing", name),
           after=(BIG,)) for name in ("contact", "account", "group", "stage", "owner")),
    *(Line("§1.6 model", f"{method} deals/99", body, 404, missing("Deal"))
      for method, body in (("PUT", deal(title="x")), ("PATCH", deal(title="x")), ("DELETE", None))),
    Line("§1.1 DELETE", "DELETE deals/1", None, 200, Exactly({}), after=(BIG,)),
    Line("§1.1 DELETE", "GET deals/1", None, 404, None, after=(BIG, ("DELETE deals/1", None))),
    Line("§7.2 bulkUpdate", "PATCH deals/bulkUpdate",
         {"deals": [{"id": "1", "ownerId": "2"}, {"id": 2, "ownerId": 2}, {"id": "99", "ownerId": "2"}]}, 200,
         Exactly({"success": ["1"], "nochange": ["2"], "failed": ["99"]}), after=(BIG, SMALL)),
    Line("§7.2 bulkUpdate", "GET deals/1", None, 200, deal(owner="2"),
         after=(BIG, ("PATCH deals/bulkUpdate", {"deals": [{"id": "1", "ownerId": "2"}]}))),
    Line("§7.2 bulkUpdate, 422", "PATCH deals/bulkUpdate", {"deals": [{"id": "1"}]}, 422,
         Exactly({"errors": [{"status": 422, "title": "ownerId is required for a deal '1'."}]})),
    Line("§7.2 bulkUpdate, 422", "PATCH deals/bulkUpdate", {"deals": [{"id": "1", "ownerId": "999999"}]}, 422, Exactly(
        {"errors": [{"status": 422, "title": "Owner(user) with id '999999' was not found for a deal '1'."}]})),
    *(Line("§7.2 bulkUpdate, 422", "PATCH deals/bulkUpdate", body, 422) for body in ({}, {"deals": [1]}, [], None)),
)  # fmt: skip

LINK = ("POST contactDeals", {"contactDeal": {"deal": "1", "contact": "2"}})
AROUND = (
    Line("§2.3 deals of a contact, no meta", "GET contacts/1/deals", None, 200, {"deals": [{"id": "1"}]}, ("meta",),
         after=THREE),
    Line("§2.3 missing", "GET contacts/99/deals", None, 404, missing("Subscriber")),
    Line("§2 one, side-loads deals", "GET contacts/1", None, 200,
         {"deals": [{"id": "1", "title": "Big"}], "contact": {"deals": ["1"]}}, after=THREE),
    Line("§5 include", "GET contacts?include=deals", None, 200,
         {"deals": [{"id": "1"}, {"id": "2"}], "contacts": [{"deals": ["1"]}, {"deals": ["2"]}]}, after=THREE),
    Line("§7.1 count_deals", "GET accounts?count_deals=true", None, 200,
         {"accounts": [{"contactCount": "1", "dealCount": "0"}, {"contactCount": "0", "dealCount": "1"}]}, after=THREE),
    Line("§7.1 uncounted", "GET accounts", None, 200, {"accounts": [{"dealCount": "0"}, {"dealCount": "0"}]},
         after=THREE),
    Line("§7.2 POST contactDeals, 200", *LINK, 200, {
        "deals": [{"id": "1", "contact": "1"}],
        "contactDeal": Exactly({"deal": "1", "contact": "2", "cdate": NOW, "links": {
            "deal": f"{HOST}/contactDeals/1/deal", "contact": f"{HOST}/contactDeals/1/contact"}, "id": "1"})},
         after=(BIG,)),
    Line("§1.2 sent types", "POST contactDeals", {"contactDeal": {"deal": 1, "contact": 2}}, 200,
         {"contactDeal": {"deal": 1, "contact": 2, "id": "1"}}, after=(BIG,)),
    Line("§7.2 twice", *LINK, 422, Exactly({"errors": [
        {"title": "The given contact is already associated to the deal", "detail": "", "code": "field_invalid",
         "source": {"pointer": "/data/attributes/contact"}}]}), after=(BIG, LINK)),
    Line("§7.2 the primary contact", "POST contactDeals", {"contactDeal": {"deal": "1", "contact": "1"}}, 422,
         refused("field_invalid", "contact"), after=(BIG,)),
    *(Line("§7.2 required", "POST contactDeals", {"contactDeal": sent}, 422,
           {"errors": [{"title": f"The contactDeal {name} was not provided.", "code": "field_missing"}]}, after=(BIG,))
      for name, sent in (("contact", {"deal": "1"}), ("deal", {"contact": "2"}))),
    *(Line("§1.6 related_missing", "POST contactDeals", {"contactDeal": {"deal": "1", "contact": "2", name: "99"}},
           422, refused("related_missing", name), after=(BIG,)) for name in ("contact", "deal")),
    Line("§7.2 list", "GET contactDeals", None, 200,
         {"contactDeals": [{"deal": "1", "contact": "2", "role": None, "cdate": NOW, "id": "1"}],
          "meta": {"total": "1"}}, after=(BIG, LINK)),
    Line("§7.2 one", "GET contactDeals/1", None, 200, {"contactDeal": {"deal": "1", "contact": "2"}},
         after=(BIG, LINK)),
    Line("§8 PUT", "PUT contactDeals/1", {"contactDeal": {"contact": 3}}, 200,
         {"deals": [{"id": "1"}], "contactDeal": {"deal": "1", "contact": 3, "id": "1"}},
         after=(("POST contacts", {"contact": {"email": "bo@example.com"}}), BIG, LINK)),
    Line("§8 PUT", "PUT contactDeals/1", {"contactDeal": {"contact": 1}}, 422, refused("field_invalid", "contact"),
         after=(BIG, LINK)),
    Line("§8 PUT", "PUT contactDeals/1", {"contactDeal": {"contact": 99}}, 422, Exactly({"errors": [
        {"title": "The related contact does not exist.", "detail": "", "code": "related_missing",
         "source": {"pointer": "/data/attributes/contact"}}]}), after=(BIG, LINK)),
    Line("§1.1 DELETE", "DELETE contactDeals/1", None, 200, Exactly({}), after=(BIG, LINK)),
    *(Line("§1.6 model", f"{method} contactDeals/99", body, 404, missing("SubscriberDeal"))
      for method, body in (("GET", None), ("PUT", {"contactDeal": {"contact": 1}}), ("DELETE", None))),
    Line("§2.3 of a contact, no meta", "GET contacts/2/contactDeals", None, 200,
         {"contacts": [{"id": "2"}], "deals": [{"id": "1"}], "contactDeals": [{"deal": "1", "contact": "2"}]},
         ("meta",), after=(BIG, LINK)),
    Line("§2.3 of a deal, no meta", "GET deals/1/contactDeals", None, 200, {"contactDeals": [{"contact": "2"}]},
         ("meta",), after=(BIG, LINK)),
    *(Line("§2.3 missing", f"GET {path}/99/contactDeals", None, 404, missing(model))
      for path, model in (("contacts", "Subscriber"), ("deals", "Deal"))),
    *(Line("what goes with a record", "GET contactDeals", None, 200, {"meta": {"total": "0"}},
           after=(BIG, LINK, (f"DELETE {gone}", None))) for gone in ("contacts/2", "deals/1")),
    Line("the deals of who is gone", "GET deals/1", None, 200, deal(contact=None, title="Big"),
         after=(BIG, ("DELETE contacts/1", None))),
    Line("the deals of who is gone", "GET deals/3", None, 200, deal(account=None, title="Ärger"),
         after=(*THREE, ("DELETE accounts/2", None))),
    Line("the deals of who is gone, switch", "GET deals", None, 200, {"deals": [{"id": "2"}]},
         after=(*THREE, ("DELETE contacts/1", None), ("DELETE accounts/bulk_delete?ids[]=2", None)),
         switches=Switches(deals_left="deleted")),
    Line("the deals of who left", "GET deals/2", None, 200, deal(owner="1"),
         after=(BIG, SMALL, ("DELETE users/2", None))),
)  # fmt: skip


@pytest.mark.parametrize("line", [*CREATED, *READ, *CHANGED, *AROUND], ids=str)
def test_statement(hold, line: Line) -> None:
    hold(line)


MADE = ("title value currency contact owner group stage cdate mdate description organization status nextdate nextdealid"
        " hash winProbability winProbabilityMdate links fields customFieldSaveStatus id isDisabled account"
        " customerAccount")  # fmt: skip
FULL = ("hash owner contact organization group stage title description percent cdate mdate nextdate nexttaskid value"
        " currency winProbability winProbabilityMdate status activitycount nextdealid edate links id isDisabled account"
        " customerAccount")  # fmt: skip
WRITTEN = ("hash owner contact organization group stage title description percent cdate mdate nextdate nexttaskid value"
           " currency winProbability winProbabilityMdate status activitycount nextdealid edate links fields"
           " customFieldSaveStatus id isDisabled nextTask account customerAccount")  # fmt: skip


def test_the_keys_of_a_deal_are_those_of_the_recordings_in_their_order(desk: Desk) -> None:
    made = desk.ask("POST deals", big(stage="1")).json()
    assert list(made) == ["contacts", "dealGroups", "dealStages", "deal"]
    assert list(made["deal"]) == MADE.split()
    assert list(desk.ask("GET deals/1").json()["deal"]) == FULL.split()
    assert list(desk.ask("GET deals").json()["deals"][0]) == FULL.split()
    written = desk.ask("PATCH deals/1", deal(title="x")).json()
    assert list(written) == ["dealStages", "deal"]
    assert list(written["deal"]) == WRITTEN.split()
    assert len(made["deal"]["hash"]) == 8
    assert written["deal"]["hash"] == made["deal"]["hash"]


def test_a_deal_in_a_pipeline_that_the_key_may_not_see_is_a_stub_and_counts(desk: Desk) -> None:
    desk.ask(*BIG)
    desk.sandbox.store.update("dealGroups", 1, {"hidden": 1})
    stub = STUB.value
    listed = desk.ask("GET deals").json()
    assert listed["deals"] == [stub]
    assert listed["meta"] == {
        "currencies": {"USD": {"total": "1", "value": "10000", "currency": "USD", "isDisabled": False}}, "total": 1
    }  # fmt: skip
    assert desk.ask("GET deals/1").json() == {"deal": stub}
    assert desk.ask("GET contacts/1/deals").json() == {"deals": [stub]}
    contact = desk.ask("GET contacts/1").json()
    assert contact["deals"] == [stub]
    assert contact["contact"]["deals"] == ["1"]
    note = ("POST deals/1/notes", {"note": {"note": "x"}})
    for request, body in (("PUT deals/1", deal(title="x")), ("DELETE deals/1", None), LINK, note):
        assert desk.ask(request, body).status_code == 403, request
    given = desk.ask("PATCH deals/bulkUpdate", {"deals": [{"id": "1", "ownerId": "2"}]}).json()
    assert given == {"success": [], "nochange": [], "failed": ["1"]}


def test_a_pipeline_without_stages_takes_no_deals(desk: Desk) -> None:
    for stage in (1, 2, 3):
        desk.ask(f"DELETE dealStages/{stage}")
    response = desk.ask(*BIG)
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "field_missing")


@pytest.mark.parametrize(
    ("request_", "body", "status"),
    [
        ("POST deals", {"deal": {"title": ["a"], "value": "1.", "currency": "usd", "contact": {"b": 1}}}, 422),
        ("POST deals", big(fields={"customFieldId": 1}, description={"a": [1]}, percent=None), 201),
        ("POST deals", big(fields=[None, 1, {}, {"customFieldId": [1]}]), 201),
        ("POST deals", big(percent="1e5"), 422),
        ("POST deals", {"deal": []}, 403),
        ("POST deals", None, 403),
        ("PUT deals/1", deal(owner=10**30), 422),
        ("PUT deals/1", {}, 403),
        (f"GET deals/{'9' * 50}", None, 404),
        (f"GET deals?filters[stage]={'9' * 50}&filters[minimum_value]=1e999999999", None, 200),
        ("GET deals?filters[minimum_value]=nan&filters[maximum_value]=snan&filters[created_after]=soon", None, 200),
        ("GET deals?filters[]=1&filters=2&orders[]=ASC&orders[title]=up&filters[search_field]=nothing", None, 200),
        ("PATCH deals/bulkUpdate", {"deals": [{"id": [1], "ownerId": {}}]}, 422),
        ("POST contactDeals", {"contactDeal": {"deal": [1], "contact": 10**30}}, 422),
        ("POST dealGroups", {"dealGroup": {"title": ["x"], "currency": 5, "users": [None], "groups": {}}}, 422),
        ("POST dealStages", {"dealStage": {"title": 1, "group": [1]}}, 422),
        ("POST dealStages", {"dealStage": {"title": 1, "group": 1, "order": 10**30, "width": "wide"}}, 201),
        ("PUT dealStages/1/deals", {"deal": {"stage": [1]}}, 422),
        ("GET dealStages?filters[d_groupid]=x&filters[title][neq]=x&orders[title]=", None, 200),
        ("POST notes", {"note": {"note": {"a": 1}, "reltype": ["Deal"], "relid": 1}}, 422),
        ("POST notes", {"note": {"note": "x", "reltype": "Deal", "relid": [1]}}, 404),
        ("POST dealCustomFieldData", {"dealCustomFieldDatum": {"dealId": 10**30, "customFieldId": [1]}}, 404),
    ],
)
def test_odd_requests_are_answered_not_crashed_on(desk: Desk, request_, body, status) -> None:
    desk.ask(*BIG)
    response = desk.ask(request_, body)
    assert response.status_code == status, response.text
    response.json()
