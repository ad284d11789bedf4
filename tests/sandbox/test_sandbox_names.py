"""What ACTIVECAMPAIGN-API.md says of tags, lists and the custom fields of contacts: §3.2, §3.4, §4."""

from __future__ import annotations

import re

import pytest
from sandbox_desk import NOW, Exactly, Line

from bulk.sandbox.switches import Switches

LIST = {"name": "Press", "stringid": "press", "sender_url": "https://example.com", "sender_reminder": "You asked."}
BULK_WRONG = Exactly({"errors": "Bulk operation failed. Request must contain an array of fieldOption objects."})


def missing(model: str) -> Exactly:
    return Exactly({"message": f"No Result found for {model} with id 99"})


def tag(**values: object) -> dict[str, object]:
    return {"tag": values}


def field(**values: object) -> dict[str, object]:
    return {"field": values}


TAGS = (
    Line("§3.2 create", "POST tags", tag(tag="New", tagType="contact", description="d"), 201,
         Exactly({"tag": {"tag": "New", "description": "d", "tagType": "contact", "cdate": NOW, "id": "3", "links": {
             "contactGoalTags": "https://sandbox.example.com/api/3/tags/3/contactGoalTags",
             "templateTags": "https://sandbox.example.com/api/3/tags/3/templateTags"}}})),
    Line("§11 duplicate", "POST tags", tag(tag="VIP", tagType="contact"), 422, Exactly(
        {"message": "Could not process request", "error": "Duplicate entry 'contact-VIP' for key 'typetag'"})),
    Line("§3.2 case aside", "POST tags", tag(tag="vip", tagType="contact"), 422,
         {"error": "Duplicate entry 'contact-vip' for key 'typetag'"}),
    Line("§3.2 the name is required", "POST tags", tag(tagType="contact"), 422,
         {"errors": [{"code": "field_missing", "source": {"pointer": "/data/attributes/tag"}}]}),
    Line("§3.2 without a type", "POST tags", tag(tag="VIP"), 201, {"tag": {"id": "3", "tag": "VIP"}}, ("tag.tagType",)),
    Line("§3.2 without a type it is not shown", "GET tags", None, 200, {"tags": [{"id": "1"}, {"id": "2"}],
         "meta": {"total": "2"}}, after=(("POST tags", tag(tag="New")),)),
    Line("§1.2 sent type", "PUT tags/2", tag(tag=7, description=None), 200,
         {"tag": {"tag": 7, "description": None, "tagType": "contact", "id": "2"}}),
    Line("§1.2 then strings", "GET tags/2", None, 200, {"tag": {"tag": "7", "description": ""}},
         after=(("PUT tags/2", tag(tag=7, description=None)),)),
    Line("§3.2 by type", "POST tags", tag(tag="VIP", tagType="template"), 201, {"tag": {"id": "3"}}),
    Line("§11 switch", "POST tags", tag(tag="vip", tagType="contact"), 200, {"tag": {"id": "1", "tag": "VIP"}},
         switches=Switches(duplicate_tag="existing")),
    Line("§3.2 list", "GET tags", None, 200,
         {"tags": [{"tag": "VIP", "tagType": "contact", "subscriber_count": "1", "deleted": "0", "id": "1"},
                   {"tag": "Trial", "subscriber_count": "0", "id": "2"}], "meta": {"total": "2"}}),
    Line("§3.2 search contains", "GET tags?search=ia", None, 200, {"tags": [{"tag": "Trial"}]}),
    Line("§3.2 search, case aside", "GET tags?search=vip", None, 200, {"tags": [{"tag": "VIP"}]}),
    *(Line("§1.4 filters[search][op]", f"GET tags?filters[search][{operator}]={text}", None, 200,
           {"tags": [{"tag": name} for name in names]}) for operator, text, names in (
        ("eq", "VIP", ["VIP"]), ("eq", "VI", []), ("neq", "VIP", ["Trial"]), ("contains", "ri", ["Trial"]),
        ("starts_with", "Tr", ["Trial"]), ("starts_with", "ri", []), ("gt", "Trial", ["VIP"]),
        ("gte", "Trial", ["VIP", "Trial"]), ("lt", "VIP", ["Trial"]), ("lte", "VIP", ["VIP", "Trial"]))),
    Line("§3.2 orders[search]", "GET tags?orders[search]=asc", None, 200, {"tags": [{"tag": "Trial"}, {"tag": "VIP"}]}),
    Line("§3.2 rename keeps the id", "PUT tags/1", tag(tag="Gold"), 200, {"tag": {"id": "1", "tag": "Gold"}}),
    Line("§3.2 rename keeps memberships", "GET contacts/1/contactTags", None, 200, {"contactTags": [{"tag": "1"}]},
         after=(("PATCH tags/1", tag(tag="Gold")),)),
    Line("§3.2 rename to another's", "PUT tags/1", tag(tag="trial"), 422, {"message": "Could not process request"}),
    Line("§3.2 delete", "DELETE tags/1", None, 200, Exactly({})),
    Line("§3.2 deleted", "GET tags/1", None, 404, Exactly({"message": "No Result found for Tag with id 1"}),
         after=(("DELETE tags/1", None),)),
    Line("§3.2 memberships go too", "GET contactTags", None, 200, {"contactTags": [], "meta": {"total": "0"}},
         after=(("DELETE tags/1", None),)),
    Line("§1.6 model", "GET tags/99", None, 404, missing("Tag")),
)  # fmt: skip

LISTS = (
    Line("§3.4 demo", "GET lists", None, 200,
         {"lists": [{"name": "Newsletter", "stringid": "newsletter", "id": "1", "non_deleted_subscribers": "1",
                     "active_subscribers": "1", "user": "1"},
                    {"name": "Customers", "stringid": "customers"},
                    {"name": "Product News", "stringid": "product-news"}], "meta": {"total": "3"}}),
    Line("§3.4 create", "POST lists", {"list": LIST}, 201,
         {"list": {**LIST, "channel": "email", "description": "", "userid": "1", "cdate": NOW, "udate": NOW,
                   "links": {"contactGoalLists": str, "user": str, "addressLists": str}, "id": "4", "user": "1"}}),
    Line("§1.2 echo keeps types", "POST lists", {"list": {**LIST, "send_last_broadcast": 1, "carboncopy": None}}, 201,
         {"list": {"send_last_broadcast": 1, "carboncopy": None}}),
    Line("§3.4 optional ones are kept", "GET lists/4", None, 200,
         {"list": {"send_last_broadcast": "1", "carboncopy": "a@example.com", "subscription_notify": None}},
         after=(("POST lists", {"list": {**LIST, "send_last_broadcast": 1, "carboncopy": "a@example.com"}}),)),
    Line("§1.1 unknown attributes", "POST lists", {"list": {**LIST, "shoe": 40}}, 201, None, ("list.shoe",)),
    Line("§1.2 sent type", "PATCH lists/1", {"list": {"send_last_broadcast": True}}, 200,
         {"list": {"send_last_broadcast": True, "name": "Newsletter"}}),
    *(Line("§3.4 required", "POST lists", {"list": {key: value for key, value in LIST.items() if key != name}}, 422,
           {"errors": [{"code": "field_missing", "source": {"pointer": f"/data/attributes/{name}"}}]})
      for name in LIST),
    Line("§3.4 defaults", "GET lists/4", None, 200,
         {"list": {"p_use_tracking": "1", "p_embed_image": "1", "p_use_captcha": "1", "optinoptout": "1",
                   "to_name": "Subscriber"}},
         ("list.active_subscribers",), after=(("POST lists", {"list": LIST}),)),
    Line("§12 a second stringid", "POST lists", {"list": LIST}, 201, after=(("POST lists", {"list": LIST}),)),
    Line("§12 switch", "POST lists", {"list": LIST}, 422, {"errors": [{"code": "duplicate"}]},
         after=(("POST lists", {"list": LIST}),), switches=Switches(duplicate_list="refused")),
    Line("§3.4 PATCH", "PATCH lists/1", {"list": {"name": "News"}}, 200, {"list": {"name": "News", "id": "1"}}),
    Line("§3.4 filters[name][op]", "GET lists?filters[name][eq]=Customers", None, 200, {"lists": [{"id": "2"}]}),
    Line("§3.4 orders[name]", "GET lists?orders[name]=DESC&limit=1", None, 200, {"lists": [{"name": "Product News"}]}),
    Line("§3.4 delete", "DELETE lists/1", None, 200, Exactly({})),
    Line("§3.4 its memberships go", "GET contacts/1/contactLists", None, 200, Exactly({"contactLists": []}),
         after=(("DELETE lists/1", None),)),
    Line("§1.6 model", "GET lists/99", None, 404, missing("_List")),
    Line("§11 404, not 403", "DELETE lists/99", None, 404, missing("_List")),
)  # fmt: skip

FIELDS = (
    Line("§4.1 create", "POST fields", field(title="Shoe Size of a Person", type="text", visible=1), 201,
         {"field": {"title": "Shoe Size of a Person", "type": "text", "visible": 1, "created_by": None,
                    "updated_by": None, "cdate": NOW, "udate": NOW, "perstag": "SHOE_SIZE_OF_A_PERSON",
                    "ordernum": 12, "links": {"options": str, "relations": str}, "id": "12"}}),
    *(Line("§4.1 required", "POST fields", field(**{name: "text"}), 422,
           {"errors": [{"code": "field_missing", "source": {"pointer": f"/data/attributes/{other}"}}]})
      for name, other in (("title", "type"), ("type", "title"))),
    Line("§4.1 attributes are kept", "GET fields/12", None, 200,
         {"field": {"visible": "0", "isrequired": "1", "show_in_list": "1", "rows": "4", "cols": "40", "service": "s",
                    "defval": "d", "descript": "e"}},
         after=(("POST fields", field(title="T", type="text", visible=False, isrequired=True, show_in_list=1, rows=4,
                                      cols=40, service="s", defval="d", descript="e")),)),
    Line("§1.1 unknown attributes", "POST fields", field(title="T", type="text", shoe=40), 201, None,
         ("field.shoe",)),
    Line("§1.2 sent type", "PUT fields/7", field(visible=0), 200, {"field": {"visible": 0, "title": "City"}}),
    Line("§4.1 perstag given", "POST fields", field(title="T", type="text", perstag="Personalized Tag"), 201,
         {"field": {"perstag": "PERSONALIZEDTAG"}}),
    Line("§4.1 title taken", "POST fields", field(title="City", type="text"), 422,
         {"errors": [{"title": "There is already a field with this title", "detail": re.compile(".*City.*"),
                      "code": "duplicate"}]}, ("errors.source",)),
    Line("§4.1 one", "GET fields/1", None, 200,
         {"fieldOptions": [{"value": "1-10", "orderid": "1", "field": "1", "isdefault": "0"}, dict, dict, dict],
          "fieldRels": [{"field": "1", "relid": "0", "links": []}],
          "field": {"id": "1", "options": ["1", "2", "3", "4"], "relations": ["1"], "type": "dropdown"}}),
    Line("§4.1 twenty a page, §11", "GET fields?limit=2&offset=6", None, 200,
         {"fields": [{"title": "City", "perstag": "CITY"}, {"title": "Country"}],
          "meta": {"total": "11", "selected": None}}),
    Line("§11 page, switch", "GET fields", None, 200, {"fields": [dict] * 11}),
    Line("§11 page, switch", "GET fields", None, 200, {"fields": [dict] * 4}, switches=Switches(fields_per_page=4)),
    Line("§4.1 filters[perstag]", "GET fields?filters[perstag]=NEXT_CALL", None, 200,
         {"fields": [{"title": "Next Call", "type": "datetime"}], "meta": {"total": "1"}}),
    Line("§4.1 below", "GET fields/9/options", None, 200,
         {"fieldOptions": [{"value": "en", "label": "English"}, {"value": "de", "label": "German"},
                           {"value": "fr", "label": "French"}]}),
    Line("§4.1 below", "GET fields/7/relations", None, 200, {"fieldRels": [{"field": "7"}]}),
    Line("§4.1 PUT", "PUT fields/7", field(title="Town"), 200, {"field": {"id": "7", "title": "Town"}}),
    Line("§4.1 PUT, title taken", "PUT fields/7", field(title="country"), 422, {"errors": [{"code": "duplicate"}]}),
    Line("§4.1 delete", "DELETE fields/7", None, 200, Exactly({})),
    Line("§4.1 deleted", "GET fields/7", None, 404, Exactly({"message": "No Result found for Field with id 7"}),
         after=(("DELETE fields/7", None),)),
    Line("§4.1 its values go", "GET contacts/1/fieldValues", None, 200, Exactly({"fieldValues": []}),
         after=(("DELETE fields/7", None),)),
    Line("§4.1 relation", "POST fieldRels", {"fieldRel": {"field": "7", "relid": 1}}, 201,
         {"fieldRel": {"field": "7", "relid": 1, "dorder": "0", "cdate": NOW, "links": [], "id": "12"}}),
    Line("§8 relation", "DELETE fieldRels/1", None, 200, Exactly({})),
    Line("§1.6 model", "GET fieldRels/99", None, 404, missing("FieldRel")),
    Line("§4.2 options", "POST fieldOption/bulk", {"fieldOptions": [
        {"field": "1", "value": "5000+", "label": "Huge", "orderid": 5, "isdefault": 0}]}, 201,
         {"fieldOptions": [{"field": "1", "value": "5000+", "label": "Huge", "orderid": 5}]}),
    Line("§1.6 wrong body", "POST fieldOption/bulk", {"fieldOption": {"field": "1"}}, 422, BULK_WRONG),
    Line("§4.2 one", "GET fieldOptions/1", None, 200, {"fieldOption": {"id": "1", "value": "1-10"}}),
    Line("§4.2 delete: no body", "DELETE fieldOptions/1", None, 200, lacks=("message",)),
    Line("§1.6 model", "GET fields/99", None, 404, missing("Field")),
)  # fmt: skip


@pytest.mark.parametrize("line", [*TAGS, *LISTS, *FIELDS], ids=str)
def test_statement(hold, line: Line) -> None:
    hold(line)


KEYS = {
    "tags": """tagType tag description subscriber_count cdate created_timestamp updated_timestamp created_by updated_by
        deleted links id""",
    "lists": """stringid userid name cdate p_use_tracking p_use_analytics_read p_use_analytics_link p_use_twitter
        p_use_facebook p_embed_image p_use_captcha send_last_broadcast private analytics_domains analytics_source
        analytics_ua twitter_token twitter_token_secret facebook_session carboncopy subscription_notify
        unsubscription_notify require_name get_unsubscribe_reason to_name optinoptout sender_name sender_addr1
        sender_addr2 sender_city sender_state sender_zip sender_country sender_phone sender_url sender_reminder
        fulladdress optinmessageid optoutconf deletestamp udate created_timestamp updated_timestamp created_by
        updated_by channel description non_deleted_subscribers active_subscribers links id user""",
    "fields": """title descript type isrequired perstag defval show_in_list rows cols visible service ordernum cdate
        udate created_timestamp updated_timestamp created_by updated_by options relations links id""",
}


@pytest.mark.parametrize("plural", KEYS)
def test_the_keys_of_a_record_are_those_of_the_recordings(desk, plural) -> None:
    assert list(desk.ask(f"GET {plural}").json()[plural][0]) == KEYS[plural].split()


def test_fields_come_with_their_options_and_relations_first(desk) -> None:
    assert list(desk.ask("GET fields").json()) == ["fieldOptions", "fieldRels", "fields", "meta"]


def test_deleting_an_option_answers_nothing(desk) -> None:
    response = desk.ask("DELETE fieldOptions/1")
    assert (response.status_code, response.content) == (200, b"")


def test_a_new_account_has_a_custom_field_of_every_type(desk) -> None:
    kinds = {field["type"] for field in desk.ask("GET fields?limit=100").json()["fields"]}
    assert kinds == {
        "dropdown", "checkbox", "date", "datetime", "number", "textarea", "text", "radio", "listbox", "hidden"
    }  # fmt: skip
