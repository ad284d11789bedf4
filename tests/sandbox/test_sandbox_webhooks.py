"""What ACTIVECAMPAIGN-API.md says of webhooks: §7.4, §1.2, §1.4, §1.6."""

from __future__ import annotations

import pytest
from sandbox_desk import NOW, Desk, Exactly, Line

from bulk.sandbox.switches import Switches

HOOK = {"name": "My Hook", "url": "http://example.com/my-hook", "events": ["subscribe", "unsubscribe", "sent"],
        "sources": ["public", "system"]}  # fmt: skip
OTHER = {**HOOK, "name": "My Hook 2", "url": "http://example.com/my-hook-2", "listid": "2"}
NONE = Exactly({"message": "No Result found for Webhook with id 99"})
EVENTS = """bounce click contact_tag_added contact_tag_removed deal_add deal_note_add deal_pipeline_add deal_stage_add
    deal_task_add deal_task_complete deal_tasktype_add deal_update forward list_add open reply sent share sms_reply
    sms_sent sms_unsub subscribe subscriber_note unsubscribe update"""


def hook(**values: object) -> dict[str, object]:
    return {"webhook": values}


def wrong(name: str, code: str) -> dict[str, object]:
    return {"errors": [{"code": code, "source": {"pointer": f"/data/attributes/{name}"}}]}


MADE = ("POST webhooks", hook(**HOOK))
MADE_OTHER = ("POST webhooks", hook(**OTHER))

WEBHOOKS = (
    Line("§7.4 none at first", "GET webhooks", None, 200, Exactly({"webhooks": [], "meta": {"total": "0"}})),
    Line("§7.4 POST", *MADE, 201, Exactly(hook(cdate=NOW, listid="0", **HOOK, links=[], id="1"))),
    Line("§7.4 one", "GET webhooks/1", None, 200, Exactly(hook(cdate=NOW, listid="0", **HOOK, links=[], id="1")),
         after=(MADE,)),
    Line("§7.4 list", "GET webhooks", None, 200,
         {"webhooks": [{"id": "1", "listid": "0"}, {"id": "2", "listid": "2"}], "meta": {"total": "2"}},
         after=(MADE, MADE_OTHER)),
    Line("§1.4 pages", "GET webhooks?limit=1&offset=1", None, 200, {"webhooks": [{"id": "2"}], "meta": {"total": "2"}},
         after=(MADE, MADE_OTHER)),
    Line("§1.2 echo keeps types", "POST webhooks", hook(**HOOK | {"listid": 2}), 201, hook(listid=2)),
    Line("§1.2 then strings", "GET webhooks/1", None, 200, hook(listid="2"),
         after=(("POST webhooks", hook(**HOOK | {"listid": 2})),)),
    Line("§1.1 unknown attributes", "POST webhooks", hook(**HOOK, shoe=40), 201, None, ("webhook.shoe",)),
    *(Line("§7.4 required", "POST webhooks", hook(**{key: value for key, value in HOOK.items() if key != name}), 422,
           wrong(name, "field_missing")) for name in HOOK),
    *(Line("§7.4 required", "POST webhooks", hook(**HOOK | {name: empty}), 422, wrong(name, "field_missing"))
      for name, empty in (("name", ""), ("url", None), ("events", []), ("sources", ""))),
    *(Line("§7.4 events and sources", "POST webhooks", hook(**HOOK | {name: value}), 422, wrong(name, "field_invalid"))
      for name, value in (("events", ["subscribe", "shoe"]), ("events", "subscribe"), ("events", [["subscribe"]]),
                          ("sources", ["web"]), ("sources", {"public": 1}))),
    Line("§7.4 events that the docs also name", "POST webhooks",
         hook(**HOOK | {"events": ["account_add", "account_contact_update", "contact_task_add"]}), 201),
    Line("a list that is none", "POST webhooks", hook(**HOOK | {"listid": 99}), 404,
         Exactly({"message": "No Result found for _List with id 99"})),
    *(Line("§7.4 of no list", "POST webhooks", hook(**HOOK | {"listid": none}), 201) for none in ("0", 0, "", None)),
    *(Line("§7.4 filters", f"GET webhooks?filters[{name}]={value}", None, 200,
           {"webhooks": [{"id": one} for one in ids], "meta": {"total": str(len(ids))}}, after=(MADE, MADE_OTHER))
      for name, value, ids in (
          ("name", "My Hook", "1"), ("name", "my hook 2", "2"), ("name", "Hook", ""), ("listid", "2", "2"),
          ("listid", "0", "1"), ("listid", "x2", "1"), ("url", "http://example.com/my-hook", "1"),
          ("url", "http://example.com", ""))),
    Line("§7.4 filters", "GET webhooks?filters[name]=My%20Hook&filters[listid]=2", None, 200, {"webhooks": []},
         after=(MADE, MADE_OTHER)),
    *(Line("§1.4 a filter that contains, switch", f"GET webhooks?filters[{name}]={value}", None, 200,
           {"webhooks": [{"id": one} for one in ids]}, after=(MADE, MADE_OTHER),
           switches=Switches(webhook_filter="contains"))
      for name, value, ids in (("name", "hook", "12"), ("url", "hook-2", "2"), ("listid", "2", "2"))),
    Line("§7.4 PUT", "PUT webhooks/1", hook(name="Ours", events=["bounce"]), 200,
         hook(id="1", name="Ours", url="http://example.com/my-hook", events=["bounce"], sources=["public", "system"]),
         after=(MADE,)),
    Line("§7.4 PUT its list", "PUT webhooks/1", hook(listid="3"), 200, hook(listid="3", name="My Hook"),
         after=(MADE,)),
    *(Line("§7.4 PUT", "PUT webhooks/1", hook(**{name: value}), 422, wrong(name, code), after=(MADE,))
      for name, value, code in (("name", "", "field_missing"), ("events", ["shoe"], "field_invalid"))),
    Line("§7.4 DELETE", "DELETE webhooks/1", None, 200, Exactly({}), after=(MADE,)),
    Line("§7.4 deleted", "GET webhooks", None, 200, {"meta": {"total": "0"}},
         after=(MADE, ("DELETE webhooks/1", None))),
    *(Line("§1.6 missing", f"{method} webhooks/99", body, 404, NONE)
      for method, body in (("GET", None), ("PUT", hook(name="x")), ("DELETE", None))),
    Line("§8 no PATCH", "PATCH webhooks/1", hook(name="x"), 404, after=(MADE,)),
    Line("§7.4 events", "GET webhook/events", None, 200,
         Exactly({"webhookEvents": EVENTS.split(), "meta": {"total": 25}})),
)  # fmt: skip


@pytest.mark.parametrize("line", WEBHOOKS, ids=str)
def test_statement(hold, line: Line) -> None:
    hold(line)


KEYS = "cdate listid name url events sources links id"


def test_the_keys_of_a_webhook_are_those_of_the_document_in_their_order(desk: Desk) -> None:
    desk.ask(*MADE)
    assert list(desk.ask("GET webhooks/1").json()["webhook"]) == KEYS.split()
