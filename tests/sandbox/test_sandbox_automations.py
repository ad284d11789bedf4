"""What ACTIVECAMPAIGN-API.md says of automations and of who is in them: §1.2, §1.4, §1.6, §2, §7.5."""

from __future__ import annotations

import pytest
from sandbox_desk import NOW, Desk, Exactly, Line, sandbox_at

IMPOSSIBLE = Exactly({"message": "Could not create SubscriberSeries"})


def missing(model: str) -> Exactly:
    return Exactly({"message": f"No Result found for {model} with id 99"})


def enrolled(**values: object) -> dict[str, object]:
    return {"contactAutomation": values}


ADA = ("POST contactAutomations", enrolled(contact="1", automation="1"))
ADA_AGAIN = ("POST contactAutomations", enrolled(contact=1, automation=1))
ADA_ONCE = ("POST contactAutomations", enrolled(contact=1, automation=2))
GRACE = ("POST contactAutomations", enrolled(contact=2, automation=1))
RECORD = {
    "contact": "1", "seriesid": "1", "startid": "0", "status": "1", "batchid": None, "adddate": NOW, "lastdate": NOW,
    "completedElements": "0", "totalElements": "1", "completed": 0, "completeValue": 0, "id": "1", "automation": "1",
}  # fmt: skip

AUTOMATIONS = (
    Line("§7.5 list", "GET automations", None, 200,
         {"automations": [{"name": "Welcome", "status": "1", "id": "1", "entered": "0", "exited": "0",
                           "multientry": "1", "defaultscreenshot": str, "screenshot": str},
                          {"name": "Birthday Greetings", "status": "1", "multientry": "0"},
                          {"name": "Win Back", "status": "2"}],
          "meta": Exactly({"total": "3", "starts": [
              {"id": "1", "series": "1", "type": "none", "dealfield": False},
              {"id": "2", "series": "2", "type": "none", "dealfield": False},
              {"id": "3", "series": "3", "type": "none", "dealfield": False}], "filtered": False, "smsLogs": []})}),
    Line("§1.4 pages", "GET automations?limit=1&offset=2", None, 200,
         {"automations": [{"id": "3"}], "meta": {"total": "3", "starts": [{"id": "3"}]}}),
    Line("§7.5 entered", "GET automations/1", None, 200, {"automation": {"id": "1", "entered": "2", "userid": "1"}},
         ("automation.screenshot", "automation.defaultscreenshot"), after=(ADA, GRACE)),
    Line("§1.6 missing", "GET automations/99", None, 404),
    *(Line("§8 read-only", f"{method} automations{path}", {"automation": {"name": "x"}}, 404)
      for method, path in (("POST", ""), ("PUT", "/1"), ("PATCH", "/1"), ("DELETE", "/1"))),
)  # fmt: skip

ENROLMENTS = (
    Line("§7.5 POST", *ADA, 201,
         {"contacts": [{"id": "1", "email": "ada@example.com", "deleted": "0"}],
          "contactAutomation": {"contact": "1", "automation": "1", "seriesid": "1", "id": "1", "completed": 0,
                                "completeValue": 0}}),
    Line("§1.2 echo keeps types", *ADA_AGAIN, 201, enrolled(contact=1, automation=1)),
    Line("§1.2 then strings, but for two", "GET contactAutomations/1", None, 200, enrolled(**RECORD),
         after=(ADA_AGAIN,)),
    *(Line("§1.6 impossible", "POST contactAutomations", enrolled(**sent), 403, IMPOSSIBLE)
      for sent in ({"contact": 99, "automation": 1}, {"contact": 1, "automation": 99}, {"contact": 1},
                   {"automation": 1}, {"contact": None, "automation": None},
                   {"contact": "ada@example.com", "automation": "Welcome"})),
    Line("again, if it may be entered again", *ADA_AGAIN, 201, enrolled(id="2"), after=(ADA,)),
    Line("not again, if it may be entered once", *ADA_ONCE, 403, IMPOSSIBLE, after=(ADA_ONCE,)),
    Line("again, once one has left", *ADA_ONCE, 201, enrolled(id="2"),
         after=(ADA_ONCE, ("DELETE contactAutomations/1", None))),
    Line("§1.4 list", "GET contactAutomations", None, 200,
         {"contactAutomations": [RECORD, {"contact": "2", "id": "2"}],
          "meta": Exactly({"total": "2", "showcase_stats": []})}, after=(ADA, GRACE)),
    Line("§1.4 pages", "GET contactAutomations?limit=1&offset=1", None, 200,
         {"contactAutomations": [{"id": "2"}], "meta": {"total": "2"}}, after=(ADA, GRACE)),
    Line("§7.5 DELETE", "DELETE contactAutomations/1", None, 200, Exactly({}), after=(ADA,)),
    Line("§7.5 deleted", "GET contactAutomations", None, 200, {"contactAutomations": [], "meta": {"total": "0"}},
         after=(ADA, ("DELETE contactAutomations/1", None))),
    Line("§1.6 model", "GET contactAutomations/99", None, 404, missing("SubscriberSeries")),
    Line("§1.6 404 rather than 403", "DELETE contactAutomations/99", None, 404, missing("SubscriberSeries")),
    Line("§2 they go with their contact", "GET contactAutomations", None, 200, {"meta": {"total": "0"}},
         after=(ADA, ("DELETE contacts/1", None))),
    Line("§2.3 below", "GET contacts/1/contactAutomations?limit=2500&orders%5Blastdate%5D=DESC", None, 200,
         {"contactAutomations": [RECORD]}, ("meta",), after=(ADA, GRACE)),
    Line("§2.3 missing", "GET contacts/99/contactAutomations", None, 404, missing("Subscriber")),
    Line("§2 one, unasked", "GET contacts/1", None, 200,
         {"contactAutomations": [RECORD], "contact": {"contactAutomations": ["1"]}}, after=(ADA, GRACE)),
    Line("§5 include", "GET contacts?include=contactAutomations.automation", None, 200,
         {"contactAutomations": [{"id": "1", "contact": "1"}, {"id": "2", "contact": "2"}],
          "automations": [{"id": "1", "name": "Welcome"}],
          "contacts": [{"contactAutomations": ["1"]}, {"contactAutomations": ["2"]}]}, after=(ADA, GRACE)),
    Line("§2.1 seriesid", "GET contacts?seriesid=1", None, 200,
         {"contacts": [{"id": "2"}], "meta": {"total": "1", "page_input": {"seriesid": 1}}}, after=(GRACE,)),
    Line("§2.1 seriesid, each contact once", "GET contacts?seriesid=1&id_greater=0", None, 200,
         {"contacts": [{"id": "1"}], "meta": {"total": "1"}}, after=(ADA, ADA_AGAIN)),
    Line("§2.1 seriesid of none", "GET contacts?seriesid=3", None, 200, {"contacts": [], "meta": {"total": "0"}},
         after=(ADA,)),
)  # fmt: skip


@pytest.mark.parametrize("line", [*AUTOMATIONS, *ENROLMENTS], ids=str)
def test_statement(hold, line: Line) -> None:
    hold(line)


COMMON = """name cdate mdate userid status entered exited hidden entitlements_violation source description
    exit_on_unsubscribe exit_on_conversion multientry"""
KEYS = """contact seriesid startid status batchid adddate remdate timespan lastblock lastlogid lastdate in_als
    completedElements totalElements completed completeValue links id automation"""


def test_the_keys_are_those_of_the_recordings_in_their_order(desk: Desk) -> None:
    listed = desk.ask("GET automations").json()["automations"][0]
    assert list(listed) == [*COMMON.split(), "defaultscreenshot", "screenshot", "links", "id"]
    assert list(desk.ask("GET automations/1").json()["automation"]) == [*COMMON.split(), "links", "id"]
    desk.ask(*ADA)
    assert list(desk.ask("GET contactAutomations/1").json()["contactAutomation"]) == KEYS.split()


def test_an_empty_account_has_no_automations() -> None:
    with sandbox_at(demo=False) as sandbox:
        meta = {"total": "0", "starts": [], "filtered": False, "smsLogs": []}
        assert Desk(sandbox).ask("GET automations").json() == {"automations": [], "meta": meta}
