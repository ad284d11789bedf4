"""What the first account of a sandbox comes with: lists, custom fields, automations, campaigns, a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bulk.sandbox.additions import add_field, add_option, add_pipeline, add_relation
from bulk.sandbox.store import Store

_USERS: Final = (("mira", "Mira", "Sales"), ("tomas", "Tomáš", "Support"))
_LISTS: Final = (("Newsletter", "newsletter"), ("Customers", "customers"), ("Product News", "product-news"))
_FIELDS: Final[tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]] = (
    ("Company Size", "dropdown", (("1-10", ""), ("11-50", ""), ("51-200", ""), ("200+", ""))),
    ("Interests", "checkbox", (("Mail", ""), ("Phone", ""), ("Events", ""))),
    ("Birthday", "date", ()),
    ("Next Call", "datetime", ()),
    ("Lifetime Value", "number", ()),
    ("Notes", "textarea", ()),
    ("City", "text", ()),
    ("Country", "text", ()),
    ("Preferred Language", "radio", (("en", "English"), ("de", "German"), ("fr", "French"))),
    ("Channels", "listbox", (("Web", ""), ("Shop", ""), ("Fair", ""))),
    ("Source Code", "hidden", ()),
)
_ACCOUNT_FIELDS: Final = (
    ("Industry", "dropdown", '["Software", "Retail", "Other"]', None),
    ("Services", "multiselect", '["Hosting", "Training", "Support"]', None),
    ("Annual Revenue", "currency", "null", "usd"),
    ("Renewal", "date", "null", None),
)
_DEAL_FIELDS: Final = (
    ("Forecasted Close Date", "date", "null", None),
    ("Source", "dropdown", '["Web", "Referral", "Fair"]', None),
    ("Products", "multiselect", '["Hosting", "Training", "Support"]', None),
    ("Papers", "checkbox", '["NDA", "SLA"]', None),
    ("Priority", "radio", '["Low", "High"]', None),
    ("Discount", "currency", "null", "usd"),
    ("Seats", "number", "null", None),
    ("Kickoff", "datetime", "null", None),
    ("Contract Number", "text", "null", None),
    ("Agreed", "textarea", "null", None),
    ("Source Key", "hidden", "null", None),
)
# name, status (1 active, 2 inactive), whether one contact may enter it more than once
_AUTOMATIONS: Final = (("Welcome", "1", "1"), ("Birthday Greetings", "1", "0"), ("Win Back", "2", "1"))
_SENT: Final = "2026-01-15T09:00:00-06:00"
_CAMPAIGNS: Final[tuple[Mapping[str, Any], ...]] = (
    {"name": "New Year News", "status": "5", "sdate": _SENT, "ldate": _SENT, "send_amt": 120, "opens": 90,
     "uniqueopens": 61, "linkclicks": 34, "uniquelinkclicks": 20, "unsubscribes": 2},
    {"name": "Welcome Aboard", "status": "1", "seriesid": 1},  # what the first automation mails
)  # fmt: skip


def _add_list(store: Store, name: str, stringid: str, more: Mapping[str, Any] | None = None) -> int:
    """Add a list."""
    now = store.now()
    values = {
        "name": name, "stringid": stringid, "sender_url": "https://www.example.com", "channel": "email",
        "sender_reminder": "You signed up on our site.", "description": "", "cdate": now, "udate": now,
    }  # fmt: skip
    return store.insert("lists", values | dict(more or {}))


def _add_user(store: Store, username: str, email: str, more: Mapping[str, Any]) -> int:
    """Add a user; `more` has the names."""
    now = store.now()
    values = {
        "username": username,
        "username_key": store.fold(username),
        "email": email,
        "email_key": store.fold(email),
    }
    return store.insert("users", {**values, "cdate": now, "udate": now, **more})


def furnish(store: Store) -> None:
    """Put it into an account that is new."""
    for username, first, last in _USERS:
        _add_user(store, username, f"{username}@example.com", {"firstName": first, "lastName": last})
    for name, stringid in _LISTS:
        _add_list(store, name, stringid)
    for title, kind, options in _FIELDS:
        field = add_field(store, title, kind)
        add_relation(store, field, 0)
        for order, (value, label) in enumerate(options, 1):
            add_option(store, field, value, label or value, order)
    for name, status, again in _AUTOMATIONS:
        times = dict.fromkeys(("cdate", "mdate"), store.now())
        more = {"description": f"{name}, an example", "multientry": again}
        store.insert("automations", {"name": name, "status": status, **more, **times})
    for campaign in _CAMPAIGNS:
        store.insert("campaigns", {"type": "single", "cdate": store.now(), "mdate": store.now(), **campaign})
    add_pipeline(store, "Sales", "usd", {"autoassign": 1, "allusers": 1})
    times = dict.fromkeys(("createdTimestamp", "updatedTimestamp"), "2026-01-01T06:00:00+00:00")
    for table, tag, fields in (
        ("accountCustomFieldMeta", "ACCT", _ACCOUNT_FIELDS), ("dealCustomFieldMeta", "DEAL", _DEAL_FIELDS)
    ):  # fmt: skip
        for order, (label, kind, choices, currency) in enumerate(fields, 1):
            store.insert(table, {
                "fieldLabel": label, "fieldType": kind, "fieldOptions": choices, "fieldDefaultCurrency": currency,
                "displayOrder": order, "personalization": f"{tag}_{'_'.join(label.upper().split())}", **times,
            })  # fmt: skip
