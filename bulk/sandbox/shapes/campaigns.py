"""How campaigns look on the wire: about a hundred columns, of which most say nothing here. §7.5."""

from __future__ import annotations

from typing import Any, Final

from bulk.sandbox.shapes.wire import Json, Row, Shapes, stamp

_STORED: Final = (
    "type", "name", "status", "segmentid", "addressid", "seriesid", "public", "sdate", "ldate", "send_amt", "opens",
    "uniqueopens", "linkclicks", "uniquelinkclicks", "unsubscribes", "cdate", "mdate",
)  # fmt: skip
CAMPAIGN: Final = f"id, {', '.join(_STORED)}"
_NUMBERS: Final = ("seriesid", "send_amt", "opens", "uniqueopens", "linkclicks", "uniquelinkclicks", "unsubscribes")
_NEVER: Final = "0000-00-00 00:00:00"
# all columns in their order; what is stored, or follows from it, is put in its place
_COLUMNS: Final[Json] = {
    "type": "", "userid": "1", "segmentid": "0", "bounceid": "-1", "realcid": "0", "sendid": "0", "threadid": "0",
    "seriesid": "0", "formid": "0", "basetemplateid": "0", "basemessageid": "0", "addressid": "0", "source": "web",
    "name": "", "cdate": "", "mdate": "", "sdate": None, "ldate": None, "send_amt": "0", "total_amt": "0",
    "opens": "0", "uniqueopens": "0", "linkclicks": "0", "uniquelinkclicks": "0", "subscriberclicks": "0",
    "forwards": "0", "uniqueforwards": "0", "hardbounces": "0", "softbounces": "0", "unsubscribes": "0",
    "unsubreasons": "0", "updates": "0", "socialshares": "0", "replies": "0", "uniquereplies": "0", "status": "0",
    "public": "1", "mail_transfer": "0", "mail_send": "0", "mail_cleanup": "0", "mailer_log_file": "0",
    "tracklinks": "all", "tracklinksanalytics": "0", "trackreads": "1", "trackreadsanalytics": "1",
    "analytics_campaign_name": "", "tweet": "0", "facebook": "0", "survey": "", "embed_images": "0",
    "htmlunsub": "0", "textunsub": "0", "htmlunsubdata": "", "textunsubdata": "", "recurring": "day1",
    "willrecur": "0", "split_type": "even", "split_content": "0", "split_offset": "2", "split_offset_type": "day",
    "split_winner_messageid": "0", "split_winner_awaiting": "0", "responder_offset": "0",
    "responder_type": "subscribe", "responder_existing": "0", "reminder_field": "sdate", "reminder_format": "",
    "reminder_type": "month_day", "reminder_offset": "0", "reminder_offset_type": "day", "reminder_offset_sign": "+",
    "reminder_last_cron_run": None, "activerss_interval": "day1", "activerss_url": "", "activerss_items": "10",
    "ip4": "0", "laststep": "type", "managetext": "0", "schedule": "0", "scheduleddate": None, "waitpreview": "0",
    "deletestamp": None, "replysys": "0", "created_timestamp": "", "updated_timestamp": "", "created_by": "0",
    "updated_by": "0", "ip": "0", "series_send_lock_time": _NEVER, "can_skip_approval": "0",
    "use_quartz_scheduler": "0", "verified_opens": "0", "verified_unique_opens": "0", "predictive_send": "0",
    "repair_timestamp": _NEVER, "has_outdated_translations": "0", "hasTranslations": "0", "repair_by_pydex": "0",
    "additional_data": "", "moderation_status": "0",
}  # fmt: skip
_LISTED: Final[Json] = {
    "numberOfMessages": "1", "campaignIsText": "0", "has_predictive_content": "0", "campaign_message_id": "",
    "message_id": "", "format": "mime", "ed_version": "3", "segmentname": "", "screenshot": "",
    "typeText": "One-Time", "statusToolTip": "", "statusString": "", "groupLimitViolation": False,
}  # fmt: skip
_ALONE: Final[Json] = {
    "isDoubleOptInCampaign": False, "segmentname": "", "has_predictive_content": "0", "message_id": "",
    "campaign_message_id": "", "ed_version": "3", "format": "mime", "screenshot": "",
}  # fmt: skip
_STATUS: Final = {"0": "Draft", "1": "Scheduled", "5": "Completed"}
_LINKS: Final = (
    "user", "automation", "campaignMessage", "campaignMessages", "links", "aggregateRevenues", "segment",
    "campaignLists",
)  # fmt: skip


def campaign_shape(shapes: Shapes, row: Row, *, listed: bool = False) -> Json:
    """A row of `CAMPAIGN`; lists show other things beside the columns than a single one does."""
    identity, *stored = row
    values: dict[str, Any] = dict(zip(_STORED, stored, strict=True))
    values |= {name: str(values[name]) for name in _NUMBERS}
    automation = None if values["seriesid"] == "0" else values["seriesid"]
    values |= {
        "total_amt": values["send_amt"], "subscriberclicks": values["uniquelinkclicks"],
        "created_timestamp": stamp(values["cdate"]), "updated_timestamp": stamp(values["mdate"]),
    }  # fmt: skip
    beside = (_LISTED if listed else _ALONE) | {"message_id": str(identity), "campaign_message_id": str(identity)}
    if listed:
        beside["statusString"] = "Automation" if automation else _STATUS.get(values["status"], "")
    return {
        **_COLUMNS, **values, **beside, "links": shapes.links(f"campaigns/{identity}", *_LINKS), "id": str(identity),
        "user": "1", "automation": automation,
    }  # fmt: skip
