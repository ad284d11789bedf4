"""What ACTIVECAMPAIGN-API.md says of pipelines and their stages: §1.4, §1.6, §7.2."""

from __future__ import annotations

import pytest
from sandbox_desk import NOW, Desk, Exactly, Line, sandbox_at

from bulk.sandbox.switches import Switches

HOST = "https://sandbox.example.com/api/3"
GROUP = ("POST dealGroups", {"dealGroup": {"title": "Renewals", "currency": "eur"}})
DEAL = ("POST deals", {"deal": {"title": "Big", "value": 100, "currency": "usd", "contact": "1", "group": "1"}})


def missing(model: str) -> Exactly:
    return Exactly({"message": f"No Result found for {model} with id 99"})


def group(**values: object) -> dict[str, object]:
    return {"dealGroup": values}


def stage(**values: object) -> dict[str, object]:
    return {"dealStage": values}


def refused(code: str, attribute: str) -> dict[str, object]:
    return {"errors": [{"code": code, "source": {"pointer": f"/data/attributes/{attribute}"}}]}


def first_stages(group_id: str, *ids: str) -> list[dict[str, object]]:
    """The stages that the API makes by itself, as they were recorded."""
    named = (("To Contact", "19CCA3"), ("In Contact", "5487FF"), ("Follow Up", "FBD965"))
    return [
        {"group": group_id, "title": title, "color": color, "order": str(at), "width": "280",
         "dealOrder": "next-action DESC", "cardRegion1": "title", "cardRegion2": "next-action",
         "cardRegion3": "show-avatar", "cardRegion4": "contact-fullname-acctname", "cardRegion5": "value",
         "cdate": None, "udate": None, "links": {"group": f"{HOST}/dealStages/{identity}/group"}, "id": identity}
        for at, (identity, (title, color)) in enumerate(zip(ids, named, strict=True), 1)
    ]  # fmt: skip


LINKS = {name: f"{HOST}/dealGroups/2/{name}"
         for name in ("stages", "dealGroupUsers", "dealGroupGroups", "winProbabilityFeatures")}  # fmt: skip

PIPELINES = (
    Line("§7.2 POST, 201", *GROUP, 201, Exactly({
        "dealStages": first_stages("2", "4", "5", "6"),
        "dealGroup": {"title": "Renewals", "currency": "eur", "source": "", "cdate": NOW, "udate": NOW,
                      "autoassign": "0", "links": LINKS, "stages": ["4", "5", "6"], "id": "2"}})),
    Line("§1.2 sent types", "POST dealGroups",
         group(title="New", currency="eur", allgroups=1, allusers=0, autoassign=2), 201,
         group(allgroups=1, allusers=0, autoassign=2, id="2")),
    Line("§7.2 users[] and groups[]", "POST dealGroups",
         group(title="New", currency="eur", users=["2", 3], groups=[3]), 201,
         {"dealGroupUsers": [{"dealGroup": "2", "user": "2", "cdate": None, "id": "1"}, {"user": "3", "id": "2"}],
          "dealGroupGroups": [{"d_groupid": "2", "groupid": "3", "dealGroup": "2", "group": "3", "id": "1"}],
          "dealGroup": {"dealGroupUsers": ["1", "2"], "dealGroupGroups": ["1"]}}, ("dealGroup.users",)),
    Line("§7.2 users[], of whom one is nobody", "POST dealGroups", group(title="New", currency="eur", users=[99]),
         422, refused("related_missing", "users")),
    Line("§7.2 then strings", "GET dealGroups/2", None, 200, Exactly({
        "dealStages": first_stages("2", "4", "5", "6"),
        "dealGroup": {"title": "Renewals", "currency": "eur", "autoassign": "0", "allusers": "0", "allgroups": "1",
                      "win_probability_initialize_date": None, "cdate": NOW, "udate": NOW, "source": "",
                      "stages": ["4", "5", "6"], "links": LINKS, "id": "2"}}), after=(GROUP,)),
    Line("§7.2 a title is required", "POST dealGroups", group(currency="eur"), 422, refused("field_missing", "title")),
    Line("§7.2 a currency is required", "POST dealGroups", group(title="New"), 422,
         refused("field_missing", "currency")),
    Line("§7.2 autoassign is 0, 1 or 2", "POST dealGroups", group(title="New", currency="eur", autoassign=3), 422,
         refused("field_invalid", "autoassign")),
    Line("§1.4 the total is a number", "GET dealGroups", None, 200,
         {"dealStages": [{"id": "1"}, {"id": "2"}, {"id": "3"}, {"id": "4"}, {"id": "5"}, {"id": "6"}],
          "dealGroups": [{"title": "Sales", "count": "0", "stages": ["1", "2", "3"], "id": "1"},
                         {"title": "Renewals", "count": "0", "stages": ["4", "5", "6"], "id": "2"}],
          "meta": {"total": 2}}, after=(GROUP,)),
    Line("§7.2 filters[title] contains", "GET dealGroups?filters[title]=NEW", None, 200,
         {"dealGroups": [{"title": "Renewals"}], "meta": {"total": 1}}, after=(GROUP,)),
    Line("§7.2 orders[title]", "GET dealGroups?orders[title]=asc", None, 200,
         {"dealGroups": [{"title": "Renewals"}, {"title": "Sales"}]}, after=(GROUP,)),
    Line("§7.2 orders[popular]", "GET dealGroups?orders[popular]=DESC", None, 200,
         {"dealGroups": [{"id": "2", "count": "1"}, {"id": "1", "count": "0"}]},
         after=(GROUP, ("POST deals", {"deal": {"title": "B", "value": 1, "currency": "eur", "contact": "1",
                                                "group": "2", "owner": "1"}}))),
    Line("§7.2 have_stages", "GET dealGroups?filters[have_stages]=true", None, 200,
         {"dealGroups": [{"id": "1"}], "meta": {"total": 1}},
         after=(GROUP, *((f"DELETE dealStages/{at}", None) for at in (4, 5, 6)))),
    Line("§7.2 have_stages", "GET dealGroups?filters[have_stages]=false", None, 200,
         {"dealStages": [], "dealGroups": [{"id": "2", "stages": []}], "meta": {"total": 1}},
         after=(GROUP, *((f"DELETE dealStages/{at}", None) for at in (4, 5, 6)))),
    Line("§1.4 pages", "GET dealGroups?limit=1&offset=1", None, 200,
         {"dealGroups": [{"id": "2"}], "meta": {"total": 2}}, after=(GROUP,)),
    Line("§8 PUT", "PUT dealGroups/1", group(title="Deals", autoassign=0), 200,
         group(title="Deals", currency="usd", autoassign=0, allusers="1", id="1")),
    Line("§7.2 PATCH", "PATCH dealGroups/1", group(users=[2]), 200,
         {"dealGroupUsers": [{"user": "2"}], "dealGroup": {"title": "Sales", "dealGroupUsers": ["1"]}}),
    Line("§1.1 DELETE", "DELETE dealGroups/1", None, 200, Exactly({})),
    *(Line("§1.6 model", f"{method} dealGroups/99", body, 404, missing("DealGroup"))
      for method, body in (("GET", None), ("PUT", group(title="x")), ("DELETE", None))),
    Line("§1.6 empty id", "PUT dealGroups/", group(title="x"), 404,
         Exactly({"message": "No Result found for DealGroup with id 0"})),
    Line("a pipeline that is gone", "GET dealGroups", None, 200,
         {"dealStages": [], "dealGroups": [], "meta": {"total": 0}}, after=(("DELETE dealGroups/1", None),)),
    Line("a pipeline that is gone", "GET dealGroups/1", None, 404, None, after=(("DELETE dealGroups/1", None),)),
    Line("a pipeline that is gone, its stages", "GET dealStages", None, 200, {"meta": {"total": 3}},
         after=(("DELETE dealGroups/1", None),)),
    Line("a pipeline that is gone, its deals", "GET deals", None, 200,
         {"deals": [Exactly({"title": "Big", "status": "0", "id": "1", "isDisabled": True})], "meta": {"total": 1}},
         after=(DEAL, ("DELETE dealGroups/1", None))),
    Line("a pipeline that is gone, switch", "GET deals", None, 200, {"deals": [], "meta": {"total": 0}},
         after=(DEAL, ("DELETE dealGroups/1", None)), switches=Switches(deleted_pipeline="takes")),
    Line("a pipeline that is gone, switch", "GET dealStages", None, 200, {"dealStages": [], "meta": {"total": 0}},
         after=(("DELETE dealGroups/1", None),), switches=Switches(deleted_pipeline="takes")),
    Line("a pipeline with deals, switch", "DELETE dealGroups/1", None, 422, {"errors": [{"code": "field_invalid"}]},
         after=(DEAL,), switches=Switches(deleted_pipeline="refused")),
    Line("a pipeline without, switch", "DELETE dealGroups/1", None, 200, Exactly({}),
         switches=Switches(deleted_pipeline="refused")),
)  # fmt: skip

STAGES = (
    Line("§7.2 POST, 201", "POST dealStages", stage(title="Won", group="1"), 201, Exactly({
        "dealGroups": [{
            "title": "Sales", "currency": "usd", "autoassign": "1", "allusers": "1", "allgroups": "1",
            "win_probability_initialize_date": None, "cdate": NOW, "udate": NOW, "source": "",
            "links": {name: f"{HOST}/dealGroups/1/{name}" for name in LINKS}, "id": "1"}],
        "dealStage": {
            "title": "Won", "group": "1", "cdate": NOW, "udate": NOW, "width": 280, "dealOrder": "next-action DESC",
            "cardRegion1": "title", "cardRegion2": "next-action", "cardRegion3": "show-avatar",
            "cardRegion4": "contact-fullname-acctname", "cardRegion5": "value", "color": "3f3f3f", "order": 4,
            "links": {"group": f"{HOST}/dealStages/4/group"}, "id": "4"}})),
    Line("§1.2 sent types", "POST dealStages",
         stage(title="Won", group=1, color="ffffff", order=1, width=360, cardRegion4="contact-fullname-orgname"), 201,
         stage(group=1, color="ffffff", order=1, width=360, cardRegion4="contact-fullname-orgname")),
    Line("§1.2 then strings", "GET dealStages/4", None, 200,
         stage(group="1", order="1", width="360", color="3f3f3f", cdate=NOW),
         after=(("POST dealStages", stage(title="Won", group=1, order=1, width=360)),)),
    Line("§7.2 a title is required", "POST dealStages", stage(group="1"), 422, refused("field_missing", "title")),
    Line("§7.2 a group is required", "POST dealStages", stage(title="Won"), 422, refused("field_missing", "group")),
    Line("§1.6 a group that there is not", "POST dealStages", stage(title="Won", group="99"), 422,
         refused("related_missing", "group")),
    Line("§1.4 the total is a number", "GET dealStages", None, 200,
         {"dealStages": first_stages("1", "1", "2", "3"), "meta": {"total": 3}}),
    Line("§7.2 filters[title] contains", "GET dealStages?filters[title]=contact", None, 200,
         {"dealStages": [{"title": "To Contact"}, {"title": "In Contact"}], "meta": {"total": 2}}),
    Line("§7.2 d_groupid", "GET dealStages?filters[d_groupid]=2", None, 200,
         {"dealStages": [{"id": "4"}, {"id": "5"}, {"id": "6"}], "meta": {"total": 3}}, after=(GROUP,)),
    Line("§1.4 orders[title]", "GET dealStages?orders[title]=DESC", None, 200,
         {"dealStages": [{"title": "To Contact"}, {"title": "In Contact"}, {"title": "Follow Up"}]}),
    Line("§7.2 reorder=1", "GET dealGroups/1", None, 200, {"dealGroup": {"stages": ["1", "4", "2", "3"]}},
         after=(("POST dealStages?reorder=1", stage(title="Won", group="1", order=2)),)),
    Line("§7.2 without reorder", "GET dealGroups/1", None, 200, {"dealGroup": {"stages": ["1", "2", "4", "3"]}},
         after=(("POST dealStages", stage(title="Won", group="1", order=2)),)),
    Line("§8 PUT", "PUT dealStages/1", stage(title="First", order=7), 200,
         {"dealGroups": [{"id": "1"}],
          "dealStage": {"group": "1", "title": "First", "color": "19CCA3", "order": 7, "width": "280", "cdate": None,
                        "udate": NOW, "id": "1"}}),
    Line("§7.2 PATCH", "PATCH dealStages/1", stage(width=300), 200, stage(title="To Contact", width=300)),
    Line("§1.1 DELETE", "DELETE dealStages/3", None, 200, Exactly({})),
    *(Line("§1.6 model", f"{method} dealStages/99", body, 404, missing("DealStage"))
      for method, body in (("GET", None), ("PUT", stage(title="x")), ("DELETE", None))),
    Line("a stage that is gone, its deals", "GET deals", None, 200, {"meta": {"total": 0}},
         after=(DEAL, ("DELETE dealStages/1", None))),
    Line("a stage with deals, switch", "DELETE dealStages/1", None, 422, {"errors": [{"code": "field_invalid"}]},
         after=(DEAL,), switches=Switches(deleted_stage="refused")),
    Line("§7.2 move all deals", "PUT dealStages/1/deals", {"deal": {"stage": "3"}}, 200,
         {"deals": [{"stage": "3", "id": "1"}, {"stage": "3", "id": "2"}]}, after=(DEAL, DEAL)),
    Line("§7.2 across pipelines", "PUT dealStages/1/deals", {"deal": {"stage": "4"}}, 422, Exactly(
        {"errors": [{"detail": "Target stage does not belong to same pipeline",
                     "source": {"pointer": "/data/attributes/stage"}, "status": 422, "title": "Invalid attribute"}]}),
         after=(DEAL, GROUP)),
    Line("a stage moves with its deals", "GET deals/1", None, 200, {"deal": {"group": "2", "stage": "1"}},
         after=(DEAL, GROUP, ("PUT dealStages/1", stage(group="2")))),
)  # fmt: skip


@pytest.mark.parametrize("line", [*PIPELINES, *STAGES], ids=str)
def test_statement(hold, line: Line) -> None:
    hold(line)


LISTED = ("title currency autoassign allusers allgroups win_probability_initialize_date cdate udate source count stages"
          " links id")  # fmt: skip
STAGE = ("group title color order width dealOrder cardRegion1 cardRegion2 cardRegion3 cardRegion4 cardRegion5 cdate"
         " udate links id")  # fmt: skip


def test_the_keys_of_a_pipeline_and_a_stage_are_those_of_the_recordings_in_their_order(desk: Desk) -> None:
    body = desk.ask("GET dealGroups").json()
    assert list(body) == ["dealStages", "dealGroups", "meta"]
    assert list(body["dealGroups"][0]) == LISTED.split()
    assert list(body["dealStages"][0]) == STAGE.split()


def test_a_pipeline_that_the_key_may_not_see_is_not_there_and_takes_no_deals(desk: Desk) -> None:
    desk.ask(*GROUP)
    desk.sandbox.store.update("dealGroups", 2, {"hidden": 1})
    assert desk.ask("GET dealGroups").json()["meta"] == {"total": 1}
    assert desk.ask("GET dealGroups/2").status_code == 404
    assert desk.ask("GET dealStages").json()["meta"] == {"total": 6}
    for place in ({"group": "2"}, {"stage": "4"}):
        deal = {"title": "Big", "value": 1, "currency": "usd", "contact": "1", "owner": "1", **place}
        response = desk.ask("POST deals", {"deal": deal})
        assert response.status_code == 422
        assert response.json()["errors"][0]["code"] == "related_missing"


def test_an_empty_account_has_no_pipelines() -> None:
    with sandbox_at(demo=False) as sandbox:
        assert Desk(sandbox).ask("GET dealGroups").json() == {"dealStages": [], "dealGroups": [], "meta": {"total": 0}}
