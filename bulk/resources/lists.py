"""Lists: what contacts subscribe to."""

from __future__ import annotations

from typing import Final

from bulk.resources.kinds import FLAG, ID, OPTION, TEXT, Option
from bulk.resources.spec import Column, Resource

LISTS: Final = Resource(
    name="lists",
    singular="list",
    key="stringid",
    keys=("stringid", "id"),
    modes=("upsert", "create", "update", "delete"),
    matched_by=("filters[name]", "name"),
    called="name",
    also_called="stringid",
    filters={"name": "filters[name]"},
    about="Mailing lists, by stringid.",
    columns=(
        Column("id", ID, writable=False),
        Column("name", TEXT, required=True, example="Newsletter"),
        Column("stringid", TEXT, required=True, example="newsletter", about="its name in addresses of pages"),
        Column("sender_url", TEXT, required=True, example="https://www.example.com", about="your site"),
        Column("sender_reminder", TEXT, required=True, example="You subscribed on our site.",
               about="why people get its mails"),
        Column("channel", OPTION, options=(Option("email"), Option("sms")), example="email"),
        Column("description", TEXT),
        Column("send_last_broadcast", FLAG, example="0", about="new subscribers get the last campaign"),
        Column("carboncopy", TEXT, about="who gets a copy of each mail"),
        Column("subscription_notify", TEXT, about="who hears of new subscribers"),
        Column("unsubscription_notify", TEXT, about="who hears of those who leave"),
        Column("active_subscribers", TEXT, writable=False),
        Column("cdate", TEXT, writable=False, about="when it was created"),
    ),
    notes=("A list made by the API is not visible to groups of users until you give it to them in ActiveCampaign.",),
)  # fmt: skip
