"""How tags and lists look on the wire. §3.2, §3.4."""

from __future__ import annotations

from typing import Final

from bulk.sandbox.shapes.wire import Json, Row, Shapes, times

TAG: Final = "id, tagType, tag, description, cdate, udate"
COUNTED_TAG: Final = f"{TAG}, (SELECT count(*) FROM contactTags c WHERE c.tag = tags.id)"
LIST: Final = (
    "id, name, stringid, sender_url, sender_reminder, channel, description, send_last_broadcast, carboncopy,"
    " subscription_notify, unsubscription_notify, cdate, udate"
)


def tag_shape(shapes: Shapes, row: Row) -> Json:
    """A row of `TAG`, or of `COUNTED_TAG`, which tells how many contacts have it."""
    identity, kind, tag, description, cdate, udate, *counted = row
    return {
        "tagType": kind, "tag": tag, "description": description, "subscriber_count": str(*counted or (0,)),
        "cdate": cdate, **times(cdate, udate), "deleted": "0",
        "links": shapes.links(f"tags/{identity}", "contactGoalTags", "templateTags"), "id": str(identity),
    }  # fmt: skip


def list_shape(shapes: Shapes, row: Row, *, counts: Row | None = None) -> Json:
    """A row of `LIST`; in lists with the counts of subscribers that are not deleted, and of active ones."""
    identity, name, stringid, url, reminder, channel, description, last, copy, joined, left, cdate, udate = row
    counted = {"non_deleted_subscribers": str(counts[0]), "active_subscribers": str(counts[1])} if counts else {}
    return {
        "stringid": stringid, "userid": "1", "name": name, "cdate": cdate, "p_use_tracking": "1",
        "p_use_analytics_read": "0", "p_use_analytics_link": "0", "p_use_twitter": "0", "p_use_facebook": "0",
        "p_embed_image": "1", "p_use_captcha": "1", "send_last_broadcast": last, "private": "0",
        "analytics_domains": None, "analytics_source": "", "analytics_ua": "", "twitter_token": "",
        "twitter_token_secret": "", "facebook_session": None, "carboncopy": copy, "subscription_notify": joined,
        "unsubscription_notify": left, "require_name": "0", "get_unsubscribe_reason": "0",
        "to_name": "Subscriber", "optinoptout": "1", "sender_name": "", "sender_addr1": "", "sender_addr2": "",
        "sender_city": "", "sender_state": "", "sender_zip": "", "sender_country": "", "sender_phone": "",
        "sender_url": url, "sender_reminder": reminder, "fulladdress": "", "optinmessageid": "0",
        "optoutconf": "0", "deletestamp": None, "udate": udate, **times(cdate, udate), "channel": channel,
        "description": description, **counted,
        "links": shapes.links(f"lists/{identity}", "contactGoalLists", "user", "addressLists"),
        "id": str(identity), "user": "1",
    }  # fmt: skip
