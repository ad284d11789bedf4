"""How records look on the wire: database rows -> the JSON that was recorded. Ids are strings on reading."""

from __future__ import annotations

import hashlib
from typing import Any, Final

Row = tuple[Any, ...]
Json = dict[str, Any]

CONTACT: Final = "id, email, firstName, lastName, phone, bounced, cdate, udate"
_CONTACT_LINKS: Final = (
    "bounceLogs", "contactAutomations", "contactData", "contactGoals", "contactLists", "contactLogs", "contactTags",
    "contactDeals", "deals", "fieldValues", "geoIps", "notes", "organization", "plusAppend", "trackingLogs",
    "scoreValues", "accountContacts", "automationEntryCounts",
)  # fmt: skip


class Shapes:
    """Shapes of one account; `host` is in every link."""

    def __init__(self, host: str) -> None:
        self._root = f"https://{host}/api/3"

    def links(self, path: str, *names: str) -> dict[str, str]:
        """Absolute links below a record."""
        return {name: f"{self._root}/{path}/{name}" for name in names}

    def contact(self, row: Row, *, listed: bool = False) -> Json:
        """A full contact; `listed` adds what only lists show."""
        identity, email, first, last, phone, bounced, cdate, udate = row
        local, _, domain = email.partition("@")
        extra: Json = {"scoreValues": [], "accountContacts": []} if listed else {}
        return {
            "cdate": cdate, "email": email, "phone": phone, "firstName": first, "lastName": last, "orgid": "0",
            "orgname": "", "segmentio_id": "", "bounced_hard": str(bounced), "bounced_soft": "0", "bounced_date": None,
            "ip": "0", "ua": None, "hash": hashlib.md5(email.encode(), usedforsecurity=False).hexdigest(),
            "socialdata_lastcheck": None, "email_local": local, "email_domain": domain, "sentcnt": "0",
            "rating_tstamp": None, "gravatar": "0", "deleted": "0", "anonymized": "0", "adate": None, "udate": udate,
            "edate": None, "deleted_at": None, "created_utc_timestamp": _stamp(cdate),
            "updated_utc_timestamp": _stamp(udate), "created_timestamp": _stamp(cdate),
            "updated_timestamp": _stamp(udate), "created_by": None, "updated_by": None, "mpp_tracking": "0",
            **({"last_click_date": None, "last_open_date": None, "last_mpp_open_date": None} if listed else {}),
            "best_send_hour": None, "sms_consent": "0", "sms_consent_updated_at": None, **extra,
            "links": self.links(f"contacts/{identity}", *_CONTACT_LINKS), "id": str(identity), "organization": None,
        }  # fmt: skip

    def contact_echo(self, row: Row, sent: Json) -> Json:
        """What a create answers: what was sent, and what was generated."""
        identity, email, _first, _last, _phone, _bounced, cdate, udate = row
        return {
            **{name: sent[name] for name in ("email", "firstName", "lastName", "phone") if name in sent},
            "email": email, "cdate": cdate, "udate": udate, "phone": sent.get("phone", ""), "orgid": "0",
            "orgname": "", "links": self.links(f"contacts/{identity}", *_CONTACT_LINKS), "id": str(identity),
            "organization": None,
        }  # fmt: skip

    def tag(self, row: Row) -> Json:
        """A tag: id, tagType, tag, description, cdate."""
        identity, kind, tag, description, cdate = row
        return {
            "tagType": kind, "tag": tag, "description": description, "subscriber_count": "0", "cdate": cdate,
            "created_timestamp": _stamp(cdate), "updated_timestamp": _stamp(cdate), "created_by": None,
            "updated_by": None, "deleted": "0",
            "links": self.links(f"tags/{identity}", "contactGoalTags", "templateTags"), "id": str(identity),
        }  # fmt: skip

    def contact_tag(self, row: Row, *, full: bool = True) -> Json:
        """A contact's tag: id, contact, tag, cdate; `full` False on creation."""
        identity, contact, tag, cdate = row
        times: Json = {
            "created_timestamp": _stamp(cdate), "updated_timestamp": _stamp(cdate), "created_by": None,
            "updated_by": None,
        } if full else {}  # fmt: skip
        return {
            "contact": str(contact), "tag": str(tag), "cdate": cdate, **times,
            "links": self.links(f"contactTags/{identity}", "tag", "contact"), "id": str(identity),
        }  # fmt: skip

    def mailing_list(self, row: Row) -> Json:
        """A list: id, name, stringid, sender_url, sender_reminder, cdate, udate."""
        identity, name, stringid, url, reminder, cdate, udate = row
        return {
            "stringid": stringid, "userid": "1", "name": name, "cdate": cdate, "p_use_tracking": "1",
            "p_embed_image": "1", "p_use_captcha": "1", "send_last_broadcast": "0", "private": "0", "carboncopy": "",
            "subscription_notify": "", "unsubscription_notify": "", "optinoptout": "1", "to_name": "Subscriber",
            "sender_url": url, "sender_reminder": reminder, "deletestamp": None, "udate": udate,
            "created_timestamp": _stamp(cdate), "updated_timestamp": _stamp(udate), "created_by": None,
            "updated_by": None, "channel": "email", "description": "",
            "links": self.links(f"lists/{identity}", "contactGoalLists", "user", "addressLists"),
            "id": str(identity), "user": "1",
        }  # fmt: skip

    def contact_list(self, row: Row) -> Json:
        """A contact's list: id, contact, list, status, sdate, udate, sourceid, created, firstName, lastName."""
        identity, contact, listed, status, sdate, udate, source, created, first, last = row
        return {
            "contact": str(contact), "list": str(listed), "form": None, "seriesid": "0", "sdate": sdate,
            "udate": udate, "status": str(status), "responder": "1", "sync": "0", "unsubreason": "", "campaign": None,
            "message": None, "first_name": first, "last_name": last, "ip4Sub": "0", "sourceid": str(source),
            "autosyncLog": None, "ip4_last": "0", "ip4Unsub": "0", "created_timestamp": _stamp(created),
            "updated_timestamp": _stamp(created), "created_by": None, "updated_by": None,
            "unsubscribeAutomation": None, "channel": "email",
            "links": self.links(
                f"contactLists/{identity}", "automation", "list", "contact", "form", "autosyncLog", "campaign",
                "unsubscribeAutomation", "message",
            ),
            "id": str(identity), "automation": None,
        }  # fmt: skip

    def field(self, row: Row, options: list[str], relations: list[str]) -> Json:
        """A custom field: id, title, type, perstag, descript, isrequired, visible, ordernum, cdate, udate."""
        identity, title, kind, perstag, descript, required, visible, order, cdate, udate = row
        return {
            "title": title, "descript": descript, "type": kind, "isrequired": str(required), "perstag": perstag,
            "defval": None, "show_in_list": "0", "rows": "0", "cols": "0", "visible": str(visible), "service": None,
            "ordernum": str(order), "cdate": cdate, "udate": udate, "created_timestamp": _stamp(cdate),
            "updated_timestamp": _stamp(udate), "created_by": None, "updated_by": None, "options": options,
            "relations": relations, "links": self.links(f"fields/{identity}", "options", "relations"),
            "id": str(identity),
        }  # fmt: skip

    def option(self, row: Row) -> Json:
        """A field's option: id, field, value, label, orderid, isdefault, cdate."""
        identity, field, value, label, order, default, cdate = row
        return {
            "field": str(field), "orderid": str(order), "value": value, "label": label, "isdefault": str(default),
            "cdate": cdate, "udate": cdate, "links": self.links(f"fieldOptions/{identity}", "field"),
            "id": str(identity),
        }  # fmt: skip

    @staticmethod
    def relation(row: Row) -> Json:
        """A field's relation: id, field, relid, cdate."""
        identity, field, relid, cdate = row
        return {
            "field": str(field), "relid": str(relid), "dorder": "0", "cdate": cdate, "links": [], "id": str(identity)
        }  # fmt: skip

    def field_value(self, row: Row) -> Json:
        """A contact's value of a custom field: id, contact, field, value, cdate, udate."""
        identity, contact, field, value, cdate, udate = row
        return {
            "contact": str(contact), "field": str(field), "value": value, "cdate": cdate, "udate": udate,
            "created_by": None, "updated_by": None, "links": self.links(f"fieldValues/{identity}", "owner", "field"),
            "id": str(identity), "owner": str(contact),
        }  # fmt: skip

    def account(self, row: Row) -> Json:
        """An account: id, name, accountUrl, createdTimestamp, updatedTimestamp."""
        identity, name, url, created, updated = row
        return {
            "name": name, "accountUrl": url, "createdTimestamp": created, "updatedTimestamp": updated, "owner": "1",
            "contactCount": "0", "dealCount": "0",
            "links": self.links(
                f"accounts/{identity}", "notes", "accountCustomFieldData", "accountContacts", "emailActivities",
                "contactEmails", "owner",
            ),
            "id": str(identity),
        }  # fmt: skip

    def account_contact(self, row: Row) -> Json:
        """A contact in an account: id, account, contact, jobTitle, createdTimestamp, updatedTimestamp."""
        identity, account, contact, title, created, updated = row
        return {
            "account": str(account), "contact": str(contact), "jobTitle": title, "createdTimestamp": created,
            "updatedTimestamp": updated, "links": self.links(f"accountContacts/{identity}", "account", "contact"),
            "id": str(identity),
        }  # fmt: skip

    def user(self) -> Json:
        """The one user."""
        return {
            "username": "sandbox", "firstName": "Sandbox", "lastName": "User", "email": "sandbox@example.com",
            "phone": "", "signature": None, "links": self.links("users/1", "lists", "userGroup", "configs"), "id": "1",
        }  # fmt: skip


def _stamp(moment: str) -> str:
    return moment[:19].replace("T", " ")
