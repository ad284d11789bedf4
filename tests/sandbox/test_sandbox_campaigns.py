"""What ACTIVECAMPAIGN-API.md says of campaigns: §7.5, §1.1, §1.4, §1.6."""

from __future__ import annotations

import pytest
from sandbox_desk import NOW, Desk, Exactly, Line, sandbox_at

NONE = Exactly({"message": "No Result found for Campaign with id 99"})
MADE = ("POST campaign", {"name": "Campaign Name", "type": "single", "canSplitContent": False})
NEWS = {"id": "1", "type": "single", "name": "New Year News", "status": "5", "sdate": "2026-01-15T09:00:00-06:00",
        "ldate": "2026-01-15T09:00:00-06:00", "send_amt": "120", "total_amt": "120", "opens": "90",
        "uniqueopens": "61", "linkclicks": "34", "uniquelinkclicks": "20", "subscriberclicks": "20",
        "unsubscribes": "2", "seriesid": "0", "user": "1", "automation": None}  # fmt: skip
WELCOME = {"id": "2", "name": "Welcome Aboard", "status": "1", "sdate": None, "seriesid": "1", "automation": "1"}

CAMPAIGNS = (
    Line("§7.5 list", "GET campaigns", None, 200, {"campaigns": [NEWS, WELCOME], "meta": {"total": "2"}}),
    Line("§7.5 one", "GET campaigns/1", None, 200, {"campaign": NEWS}),
    Line("§1.4 pages", "GET campaigns?limit=1&offset=1", None, 200, {"campaigns": [{"id": "2"}]}),
    *(Line("§7.5 orders", f"GET campaigns?orders[{name}]={way}", None, 200,
           {"campaigns": [{"id": first}, {"id": last}]})
      for name in ("sdate", "ldate") for way, first, last in (("ASC", "2", "1"), ("desc", "1", "2"))),
    *(Line("§7.5 filter", f"GET campaigns?filters[seriesid]={number}", None, 200,
           {"campaigns": [{"id": one} for one in ids], "meta": {"total": str(len(ids))}})
      for number, ids in ((1, "2"), (3, ""))),
    Line("§7.5 POST, no wrapper, a number for id", *MADE, 200,
         Exactly({"id": 3, "name": "Campaign Name", "type": "single", "canSplitContent": False})),
    Line("§7.5 POST", "POST campaign", {"name": "n", "type": "split", "canSplitContent": True, "shoe": 1}, 200,
         Exactly({"id": 3, "name": "n", "type": "split", "canSplitContent": True})),
    Line("§7.5 made", "GET campaigns/3", None, 200,
         {"campaign": {"id": "3", "name": "Campaign Name", "type": "single", "status": "0", "sdate": None,
                       "cdate": NOW, "created_timestamp": "2026-05-28 03:05:54", "send_amt": "0"}}, after=(MADE,)),
    *(Line("§1.6 POST", "POST campaign", body, 400, Exactly({"errors": errors}))
      for body, errors in (
          ({"type": 5}, ["Field name is required", "Field type must be of type string"]),
          ({"name": "n"}, ["Field type is required"]),
          ({"campaign": {"name": "n", "type": "single"}}, ["Field name is required", "Field type is required"]),
          ([], ["Field name is required", "Field type is required"]),
          ({"name": ["n"], "type": "single"}, ["Field name must be of type string"]))),
    Line("§7.5 PUT edit", "PUT campaigns/2/edit",
         {"name": "Aboard", "segmentId": 7, "addressId": 4, "publicCampaignArchive": False, "recurring": True}, 200,
         {"id": 2, "name": "Aboard", "type": "single"}),
    Line("§7.5 edited", "GET campaigns/2", None, 200,
         {"campaign": {"name": "Aboard", "segmentid": "7", "addressid": "4", "public": "0", "status": "1"}},
         after=(("PUT campaigns/2/edit",
                 {"name": "Aboard", "segmentId": 7, "addressId": 4, "publicCampaignArchive": False}),)),
    Line("§7.5 PUT edit", "PUT campaigns/2/edit", {"name": 5}, 400,
         Exactly({"errors": ["Field name must be of type string"]})),
    *(Line("§1.1 PATCH ignores the name", "PATCH campaigns/1", body, 200, {"campaign": NEWS})
      for body in ({"name": "x"}, {"campaign": {"name": "x"}}, None)),
    Line("§1.1 PATCH ignored the name", "GET campaigns/1", None, 200, {"campaign": NEWS},
         after=(("PATCH campaigns/1", {"campaign": {"name": "x"}}),)),
    Line("§7.5 copy", "POST campaigns/1/copy", None, 200,
         Exactly({"succeeded": 1, "message": "Campaign draft copied.", "newCampaignId": 3})),
    Line("§7.5 copied: a draft", "GET campaigns/3", None, 200,
         {"campaign": {"name": "New Year News", "status": "0", "sdate": None, "send_amt": "0", "cdate": NOW}},
         after=(("POST campaigns/1/copy", None),)),
    Line("§7.5 delete", "DELETE campaigns/1/delete", None, 200,
         Exactly({"succeeded": 1, "message": "Campaign deleted."})),
    Line("§7.5 deleted", "GET campaigns", None, 200, {"campaigns": [{"id": "2"}], "meta": {"total": "1"}},
         after=(("DELETE campaigns/1/delete", None),)),
    Line("§7.5 200 with 0 on failure", "DELETE campaigns/99/delete", None, 200, {"succeeded": 0, "message": str}),
    *(Line("§1.6 missing", request, body, 404, NONE)
      for request, body in (("GET campaigns/99", None), ("PATCH campaigns/99", {"name": "x"}),
                            ("PUT campaigns/99/edit", {"name": "x"}), ("POST campaigns/99/copy", None))),
    *(Line("§8 not so", request, {"campaign": {"name": "n", "type": "single"}}, 404)
      for request in ("POST campaigns", "PUT campaigns/1", "DELETE campaigns/1")),
)  # fmt: skip


@pytest.mark.parametrize("line", CAMPAIGNS, ids=str)
def test_statement(hold, line: Line) -> None:
    hold(line)


COLUMNS = """type userid segmentid bounceid realcid sendid threadid seriesid formid basetemplateid basemessageid
    addressid source name cdate mdate sdate ldate send_amt total_amt opens uniqueopens linkclicks uniquelinkclicks
    subscriberclicks forwards uniqueforwards hardbounces softbounces unsubscribes unsubreasons updates socialshares
    replies uniquereplies status public mail_transfer mail_send mail_cleanup mailer_log_file tracklinks
    tracklinksanalytics trackreads trackreadsanalytics analytics_campaign_name tweet facebook survey embed_images
    htmlunsub textunsub htmlunsubdata textunsubdata recurring willrecur split_type split_content split_offset
    split_offset_type split_winner_messageid split_winner_awaiting responder_offset responder_type responder_existing
    reminder_field reminder_format reminder_type reminder_offset reminder_offset_type reminder_offset_sign
    reminder_last_cron_run activerss_interval activerss_url activerss_items ip4 laststep managetext schedule
    scheduleddate waitpreview deletestamp replysys created_timestamp updated_timestamp created_by updated_by ip
    series_send_lock_time can_skip_approval use_quartz_scheduler verified_opens verified_unique_opens predictive_send
    repair_timestamp has_outdated_translations hasTranslations repair_by_pydex additional_data moderation_status"""
LISTED = """numberOfMessages campaignIsText has_predictive_content campaign_message_id message_id format ed_version
    segmentname screenshot typeText statusToolTip statusString groupLimitViolation"""
ALONE = "segmentname has_predictive_content message_id campaign_message_id ed_version format screenshot"
END = "links id user automation"


@pytest.mark.parametrize(
    ("request_", "beside"),
    [
        ("GET campaigns", LISTED),
        ("GET campaigns/1", f"isDoubleOptInCampaign {ALONE}"),
        ("PATCH campaigns/1", ALONE),
    ],
)
def test_the_keys_of_a_campaign_are_those_of_the_recordings_in_their_order(desk: Desk, request_, beside) -> None:
    body = desk.ask(request_).json()
    record = body["campaign"] if "campaign" in body else body["campaigns"][0]
    assert list(record) == f"{COLUMNS} {beside} {END}".split()
    flags = {"groupLimitViolation", "isDoubleOptInCampaign", "links"}
    assert all(value is None or isinstance(value, str) for name, value in record.items() if name not in flags)


def test_an_empty_account_has_no_campaigns() -> None:
    with sandbox_at(demo=False) as sandbox:
        assert Desk(sandbox).ask("GET campaigns").json() == {"campaigns": [], "meta": {"total": "0"}}
