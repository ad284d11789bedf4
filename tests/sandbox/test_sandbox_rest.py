"""What ACTIVECAMPAIGN-API.md says of groups, the account itself, and what the sandbox has none of: §2.3, §3.4, §7.5."""

from __future__ import annotations

import anyio
import pytest
from sandbox_desk import NOW, Desk, Exactly, Line, sandbox_at, send

ENROLLED = ("POST contactAutomations", {"contactAutomation": {"contact": 1, "automation": 1}})


def missing(model: str) -> Exactly:
    return Exactly({"message": f"No Result found for {model} with id 99"})


def group(**values: object) -> dict[str, object]:
    return {"group": values}


BELOW = (
    *(Line("§2.3 none, no meta", f"GET contacts/1/{relation}", None, 200, Exactly({relation: []}))
      for relation in ("bounceLogs", "contactGoals", "contactLogs", "geoIps", "scoreValues", "trackingLogs",
                       "automationEntryCounts")),
    *(Line("§2.3 an object", f"GET contacts/1/{relation}", None, 200, Exactly({relation: None}))
      for relation in ("organization", "plusAppend")),
    Line("§2.3 an object", "GET contacts/1/contactData", None, 200,
         {"contactDatum": {"contact": "1", "tstamp": NOW, "geoTstamp": None, "ga_times_visited": "0", "links": [],
                           "id": "1"}}),
    Line("§2.3 how often", "GET contacts/1/automationEntryCounts", None, 200, Exactly({"automationEntryCounts": [
        {"id": "1", "name": "Welcome", "status": "1", "hidden": "0", "contactEntryCount": "2"}]}),
         after=(ENROLLED, ENROLLED)),
    *(Line("§2.3 missing", f"GET contacts/99/{relation}", None, 404, missing("Subscriber"))
      for relation in ("bounceLogs", "contactData", "contactGoals", "contactLogs", "geoIps", "organization",
                       "plusAppend", "scoreValues", "trackingLogs", "automationEntryCounts")),
)  # fmt: skip

REST = (
    *(Line("§7.5 none", f"GET {plural}", None, 200, Exactly({plural: [], "meta": {"total": "0"}}))
      for plural in ("forms", "messages", "scores", "segments")),
    *(Line("§1.6 missing", f"GET {plural}/99", None, 404, missing(model))
      for plural, model in (("forms", "Form"), ("messages", "Message"), ("scores", "Score"), ("segments", "Segment"))),
    Line("§3.4 exclusions", "GET lists/exclusions", None, 200, Exactly({"exclusions": [], "meta": {"total": 0}})),
    Line("§3.4 exclusions", "GET lists/exclusions/99", None, 404, {"message": str}),
    Line("§7.5 groups", "GET groups", None, 200,
         {"groups": [{"title": "Admin", "p_admin": "1", "links": dict, "id": "3"}], "meta": {"total": "1"}}),
    Line("§7.5 POST", "POST groups", group(title="Awesome", descript="Really", shoe=4), 201,
         group(title="Awesome", descript="Really", p_admin=1, id="4", links=dict), ("group.shoe",)),
    Line("§7.5 made", "GET groups/4", None, 200, group(title="Awesome", descript="", p_admin="1"),
         after=(("POST groups", group(title="Awesome")),)),
    Line("a title is needed", "POST groups", group(descript="x"), 422, {"errors": [{"code": "field_missing"}]}),
    Line("§7.5 PUT", "PUT groups/3", group(title="Chiefs"), 200, group(title="Chiefs", id="3", descript=str)),
    Line("§1.1 DELETE", "DELETE groups/3", None, 200, Exactly({})),
    *(Line("§1.6 model", f"{method} groups/99", body, 404, missing("Group"))
      for method, body in (("GET", None), ("PUT", group(title="x")), ("DELETE", None))),
    Line("§7.5 limits", "GET groupLimits", None, 200,
         {"groupLimits": [{"groupid": "3", "limitMail": "0", "id": "3", "group": "3"}], "meta": {"total": "1"}}),
    Line("§3.4 listGroups", "POST listGroups", {"listGroup": {"listid": 1, "groupid": 3}}, 201,
         Exactly({"listGroup": {"list": 1, "group": 3, "id": "1", "links": {
             "list": "https://sandbox.example.com/api/3/listGroups/1/list",
             "group": "https://sandbox.example.com/api/3/listGroups/1/group"}}})),
    Line("§3.4 again", "POST listGroups", {"listGroup": {"listid": "1", "groupid": "3"}}, 201,
         {"listGroup": {"list": "1", "group": "3", "id": "1"}},
         after=(("POST listGroups", {"listGroup": {"listid": 1, "groupid": 3}}),)),
    *(Line("§3.4 of nothing", "POST listGroups", {"listGroup": sent}, 403, Exactly({"message": "Forbidden"}))
      for sent in ({"listid": 99, "groupid": 3}, {"listid": 1, "groupid": 99}, {"listid": 1}, {"groupid": 3})),
    Line("§7.5 the account itself", "GET settings/account", None, 200,
         {"account": "sandbox.example.com", "email": "sandbox@example.com", "first_name": "Sandbox",
          "last_name": "User", "cname": "", "status": str, "subscriber_limit": int, "subscriber_total": 2,
          "trial": False, "credits": None, "branding": False}),
)  # fmt: skip


@pytest.mark.parametrize("line", [*BELOW, *REST], ids=str)
def test_statement(hold, line: Line) -> None:
    hold(line)


def test_an_empty_account_has_the_group_of_those_who_run_it() -> None:
    with sandbox_at(demo=False) as sandbox:
        assert Desk(sandbox).ask("GET groups").json()["meta"] == {"total": "1"}


@pytest.mark.parametrize("headers", [{}, {"Api-Token": "wrong"}])
def test_the_account_itself_is_not_told_to_strangers(headers) -> None:
    with sandbox_at() as sandbox:
        response = anyio.run(lambda: send(sandbox, "GET settings/account", headers=headers))
    assert response.status_code == 403
