"""How records look on the wire: database rows -> the JSON that was recorded. Ids are strings on reading.

Nothing here asks the store; what a shape needs is in the row. Keys stand in the order of the recordings: columns, ids
of what is included, links, id, aliases.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

Row = tuple[Any, ...]
Json = dict[str, Any]

CONTACT: Final = "id, email, firstName, lastName, phone, bounced, cdate, udate"
TAG: Final = "id, tagType, tag, description, cdate, udate"
CONTACT_TAG: Final = "id, contact, tag, cdate"
LIST: Final = (
    "id, name, stringid, sender_url, sender_reminder, channel, description, send_last_broadcast, carboncopy,"
    " subscription_notify, unsubscription_notify, cdate, udate"
)
CONTACT_LIST: Final = (
    "id, contact, list, status, sdate, udate, sourceid, created, updated,"
    " (SELECT firstName FROM contacts c WHERE c.id = contact), (SELECT lastName FROM contacts c WHERE c.id = contact)"
)
FIELD: Final = (
    "id, title, type, perstag, descript, isrequired, visible, defval, show_in_list, rows, cols, service, ordernum,"
    " cdate, udate"
)
OPTION: Final = "id, field, value, label, orderid, isdefault, cdate"
RELATION: Final = "id, field, relid, cdate"
FIELD_VALUE: Final = "id, contact, field, value, cdate, udate"
ACCOUNT: Final = "id, name, accountUrl, createdTimestamp, updatedTimestamp, owner"
ACCOUNT_CONTACT: Final = "id, account, contact, jobTitle, createdTimestamp, updatedTimestamp"
USER: Final = "id, username, firstName, lastName, email, phone, signature, localZoneid, cdate, udate"

_CONTACT_LINKS: Final = (
    ("bounceLogs", "bounceLogs"),
    ("contactAutomations", "contactAutomations?limit=2500&orders%5Blastdate%5D=DESC"),
    *((name, name) for name in (
        "contactData", "contactGoals", "contactLists", "contactLogs", "contactTags", "contactDeals", "deals",
        "fieldValues", "geoIps", "notes", "organization", "plusAppend", "trackingLogs", "scoreValues",
        "accountContacts", "automationEntryCounts",
    )),
)  # fmt: skip


class Shapes:
    """Shapes of one account; `host` is in every link."""

    def __init__(self, host: str) -> None:
        self.host = host
        self._root = f"https://{host}/api/3"

    def links(self, path: str, *names: str) -> dict[str, str]:
        """Absolute links below a record."""
        return {name: f"{self._root}/{path}/{name}" for name in names}

    def _contact_links(self, identity: int) -> dict[str, str]:
        root = f"{self._root}/contacts/{identity}/"
        return {name: root + path for name, path in _CONTACT_LINKS}

    def contact(self, row: Row, *, listed: bool = False, related: Mapping[str, list[str]] | None = None) -> Json:
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
        contact["links"] = self._contact_links(identity)
        contact["id"] = str(identity)
        contact["organization"] = None
        return contact

    @staticmethod
    def contact_datum(row: Row) -> Json:
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

    def contact_echo(self, row: Row, sent: Json, *, synced: bool) -> Json:
        """What a create answers: what was sent, in the type it was sent in, and what was generated."""
        identity, _email, _first, _last, _phone, _bounced, cdate, udate = row
        return {
            **{name: sent[name] for name in ("email", "firstName", "lastName") if name in sent},
            "cdate": cdate, "udate": udate, "phone": sent.get("phone", ""), "orgid": "0", "orgname": "",
            **({"hash": _hash(identity)} if synced else {}),
            "links": self._contact_links(identity), "id": str(identity), "organization": None,
        }  # fmt: skip

    def tag(self, row: Row, *, subscribers: int = 0) -> Json:
        """A row of `TAG`, and how many contacts have it."""
        identity, kind, tag, description, cdate, udate = row
        return {
            "tagType": kind, "tag": tag, "description": description, "subscriber_count": str(subscribers),
            "cdate": cdate, **_times(cdate, udate), "deleted": "0",
            "links": self.links(f"tags/{identity}", "contactGoalTags", "templateTags"), "id": str(identity),
        }  # fmt: skip

    def contact_tag(self, row: Row, *, new: bool = False) -> Json:
        """A row of `CONTACT_TAG`; the answer to its creation has no times but cdate."""
        identity, contact, tag, cdate = row
        return {
            "contact": str(contact), "tag": str(tag), "cdate": cdate, **({} if new else _times(cdate, cdate)),
            "links": self.links(f"contactTags/{identity}", "tag", "contact"), "id": str(identity),
        }  # fmt: skip

    def mailing_list(self, row: Row, *, counts: Row | None = None) -> Json:
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
            "optoutconf": "0", "deletestamp": None, "udate": udate, **_times(cdate, udate), "channel": channel,
            "description": description, **counted,
            "links": self.links(f"lists/{identity}", "contactGoalLists", "user", "addressLists"),
            "id": str(identity), "user": "1",
        }  # fmt: skip

    def contact_list(self, row: Row, *, new: bool = False) -> Json:
        """A row of `CONTACT_LIST`; the answer to a POST does not name the channel."""
        identity, contact, listed, status, sdate, udate, source, created, updated, first, last = row
        return {
            "contact": str(contact), "list": str(listed), "form": None, "seriesid": "0", "sdate": sdate,
            "udate": udate, "status": str(status), "responder": "1", "sync": "0", "unsubreason": "", "campaign": None,
            "message": None, "first_name": first, "last_name": last, "ip4Sub": "0", "sourceid": str(source),
            "autosyncLog": None, "ip4_last": "0", "ip4Unsub": "0", **_times(created, updated),
            "unsubscribeAutomation": None, **({} if new else {"channel": "email"}),
            "links": self.links(
                f"contactLists/{identity}", "automation", "list", "contact", "form", "autosyncLog", "campaign",
                "unsubscribeAutomation", "message",
            ),
            "id": str(identity), "automation": None,
        }  # fmt: skip

    def field(self, row: Row, options: list[str], relations: list[str]) -> Json:
        """A row of `FIELD`, with the ids of its options and relations."""
        identity, title, kind, perstag, descript, required, visible, defval, shown, rows, cols, service, *times = row
        order, cdate, udate = times
        return {
            "title": title, "descript": descript, "type": kind, "isrequired": required, "perstag": perstag,
            "defval": defval, "show_in_list": shown, "rows": rows, "cols": cols, "visible": visible, "service": service,
            "ordernum": str(order), "cdate": cdate, "udate": udate, **_times(cdate, udate), "options": options,
            "relations": relations, "links": self.links(f"fields/{identity}", "options", "relations"),
            "id": str(identity),
        }  # fmt: skip

    def option(self, row: Row) -> Json:
        """A row of `OPTION`."""
        identity, field, value, label, order, default, cdate = row
        return {
            "field": str(field), "orderid": str(order), "value": value, "label": label, "isdefault": str(default),
            "cdate": cdate, "udate": cdate, "links": self.links(f"fieldOptions/{identity}", "field"),
            "id": str(identity),
        }  # fmt: skip

    @staticmethod
    def relation(row: Row) -> Json:
        """A row of `RELATION`."""
        identity, field, relid, cdate = row
        return {
            "field": str(field), "relid": str(relid), "dorder": "0", "cdate": cdate, "links": [], "id": str(identity)
        }  # fmt: skip

    def field_value(self, row: Row) -> Json:
        """A row of `FIELD_VALUE`."""
        identity, contact, field, value, cdate, udate = row
        return {
            "contact": str(contact), "field": str(field), "value": value, "cdate": cdate, "udate": udate,
            "created_by": None, "updated_by": None, "links": self.links(f"fieldValues/{identity}", "owner", "field"),
            "id": str(identity), "owner": str(contact),
        }  # fmt: skip

    def account(self, row: Row, *, counts: tuple[int, int] | None = None) -> Json:
        """A row of `ACCOUNT`; in lists with how many contacts and deals it has."""
        identity, name, url, created, updated, owner = row
        return {
            "name": name, "accountUrl": url or None, "createdTimestamp": created, "updatedTimestamp": updated,
            "owner": str(owner),
            **({} if counts is None else {"contactCount": str(counts[0]), "dealCount": str(counts[1])}),
            "links": self.links(
                f"accounts/{identity}", "notes", "accountCustomFieldData", "accountContacts", "emailActivities",
                "contactEmails", "owner",
            ),
            "id": str(identity),
        }  # fmt: skip

    def account_contact(self, row: Row) -> Json:
        """A row of `ACCOUNT_CONTACT`."""
        identity, account, contact, title, created, updated = row
        return {
            "account": str(account), "contact": str(contact), "jobTitle": title, "createdTimestamp": created,
            "updatedTimestamp": updated, "links": self.links(f"accountContacts/{identity}", "account", "contact"),
            "id": str(identity),
        }  # fmt: skip

    def user(self, row: Row) -> Json:
        """A row of `USER`."""
        identity, username, first, last, email, phone, signature, zone, cdate, udate = row
        return {
            "username": username, "firstName": first, "lastName": last, "email": email, "phone": phone,
            "signature": signature, "localZoneid": zone, "password_updated_utc_timestamp": None, "cdate": cdate,
            "udate": udate, "mfaEnabled": "0",
            "links": self.links(
                f"users/{identity}", "lists", "userGroup", "dealGroupTotals", "dealGroupUsers", "configs",
                "dealConnection", "userConversationsPermission", "seatUser",
            ),
            "id": str(identity),
        }  # fmt: skip

    def group(self, row: Row) -> Json:
        """A group: its id, title and description."""
        identity, title, description = row
        return {
            "title": title, "descript": description, "p_admin": "1",
            "links": self.links(
                f"groups/{identity}", "userGroups", "groupLimit", "dealGroupGroups", "listGroups", "addressGroups",
                "automationGroups",
            ),
            "id": str(identity),
        }  # fmt: skip

    def group_limit(self, row: Row) -> Json:
        """What a group may do, which is anything; `row` begins with its id."""
        identity = str(row[0])
        return {
            "groupid": identity, "limitMail": "0", "limitMailType": "month", "limitContact": "0", "limitList": "0",
            "limitCampaign": "0", "limitCampaignType": "month", "limitAttachment": "-1", "limitUser": "0",
            "abuseRatio": "4", "forceSenderInfo": "0", "links": self.links(f"groupLimits/{identity}", "group"),
            "id": identity, "group": identity,
        }  # fmt: skip


def _hash(identity: int) -> str:
    return hashlib.md5(str(identity).encode(), usedforsecurity=False).hexdigest()


def stamp(moment: str) -> str:
    """A moment as the columns have it whose names say timestamp. §1.3."""
    return moment[:19].replace("T", " ")


def _times(created: str, updated: str) -> Json:
    return {
        "created_timestamp": stamp(created), "updated_timestamp": stamp(updated), "created_by": None,
        "updated_by": None,
    }  # fmt: skip
