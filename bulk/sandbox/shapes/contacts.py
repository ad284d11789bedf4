"""How contacts look on the wire, and what is generated of them. §2."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from bulk.sandbox.shapes.wire import Json, Row, Shapes, stamp

CONTACT: Final = "id, email, firstName, lastName, phone, bounced, cdate, udate"
_CONTACT_LINKS: Final = (
    ("bounceLogs", "bounceLogs"),
    ("contactAutomations", "contactAutomations?limit=2500&orders%5Blastdate%5D=DESC"),
    *((name, name) for name in (
        "contactData", "contactGoals", "contactLists", "contactLogs", "contactTags", "contactDeals", "deals",
        "fieldValues", "geoIps", "notes", "organization", "plusAppend", "trackingLogs", "scoreValues",
        "accountContacts", "automationEntryCounts",
    )),
)  # fmt: skip


def _contact_links(shapes: Shapes, identity: int) -> dict[str, str]:
    root = f"{shapes.root}/contacts/{identity}/"
    return {name: root + path for name, path in _CONTACT_LINKS}


def contact_shape(
    shapes: Shapes, row: Row, *, listed: bool = False, related: Mapping[str, list[str]] | None = None
) -> Json:
    """A full contact. `listed` adds what only lists show, `related` the ids of what is side-loaded."""
    identity, email, first, last, phone, bounced, cdate, udate = row
    local, _, domain = email.partition("@")
    created, updated = stamp(cdate), stamp(udate)
    contact: Json = {
        "cdate": cdate, "email": email, "phone": phone, "firstName": first, "lastName": last, "orgid": "0",
        "orgname": "", "segmentio_id": "", "bounced_hard": str(bounced), "bounced_soft": "0", "bounced_date": None,
        "ip": "0", "ua": None, "hash": _hash(identity), "socialdata_lastcheck": None, "email_local": local,
        "email_domain": domain, "sentcnt": "0", "rating_tstamp": None, "gravatar": "0", "deleted": "0",
        "anonymized": "0", "adate": None, "udate": udate, "edate": None, "deleted_at": None,
        "created_utc_timestamp": created, "updated_utc_timestamp": updated, "created_timestamp": created,
        "updated_timestamp": updated, "created_by": None, "updated_by": None, "mpp_tracking": "0",
    }  # fmt: skip
    if listed:
        contact |= {"last_click_date": None, "last_open_date": None, "last_mpp_open_date": None}
    contact |= {"best_send_hour": None, "sms_consent": "0", "sms_consent_updated_at": None}
    if listed:
        contact |= {"whatsapp_id": None, "whatsapp_username": None, "scoreValues": []}
    if related:
        contact |= related
    contact["links"] = _contact_links(shapes, identity)
    contact["id"] = str(identity)
    contact["organization"] = None
    return contact


def contact_datum_shape(_shapes: Shapes, row: Row) -> Json:
    """What is known of a contact's place and visits, which is nothing."""
    identity = str(row[0])
    return {
        "contact": identity, "tstamp": row[-1], "geoTstamp": None, "geoIp4": "0", "geoCountry2": "",
        "geo_country": "", "geoState": "", "geoCity": "", "geoZip": "", "geoArea": "0", "geoLat": "0.000000",
        "geoLon": "0.000000", "geoTz": "", "geoTzOffset": "0.00", "ga_campaign_source": "",
        "ga_campaign_name": "", "ga_campaign_medium": "", "ga_campaign_term": "", "ga_campaign_content": "",
        "ga_campaign_customsegment": "", "ga_first_visit": None, "ga_times_visited": "0", "fb_id": "0",
        "fb_name": "", "tw_id": "0", "created_timestamp": "0000-00-00 00:00:00",
        "updated_timestamp": "0000-00-00 00:00:00", "created_by": "0", "updated_by": "0", "links": [],
        "id": identity,
    }  # fmt: skip


def contact_echo(shapes: Shapes, row: Row, sent: Json, *, synced: bool) -> Json:
    """What a create answers: what was sent, in the type it was sent in, and what was generated."""
    identity, _email, _first, _last, _phone, _bounced, cdate, udate = row
    return {
        **{name: sent[name] for name in ("email", "firstName", "lastName") if name in sent},
        "cdate": cdate, "udate": udate, "phone": sent.get("phone", ""), "orgid": "0", "orgname": "",
        **({"hash": _hash(identity)} if synced else {}),
        "links": _contact_links(shapes, identity), "id": str(identity), "organization": None,
    }  # fmt: skip


def _hash(identity: int) -> str:
    return hashlib.md5(str(identity).encode(), usedforsecurity=False).hexdigest()
