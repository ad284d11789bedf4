"""Webhooks: addresses that ActiveCampaign calls."""

from __future__ import annotations

from typing import Final

from bulk.resources import references
from bulk.resources.kinds import ID, TEXT, VALUES, Option
from bulk.resources.spec import Column, Resource

SOURCES: Final = tuple(map(Option, ("public", "admin", "api", "system")))

WEBHOOKS: Final = Resource(
    name="webhooks",
    singular="webhook",
    key="name+url",
    keys=("name+url", "id"),
    unique=False,
    modes=("upsert", "create", "update", "delete"),
    called="name",
    filters={"name": "filters[name]", "url": "filters[url]", "listid": "filters[listid]"},
    matched_by=("filters[name]", "name"),
    about="Addresses that ActiveCampaign calls, by name and address.",
    columns=(
        Column("id", ID, writable=False),
        Column("name", TEXT, required=True, example="Shop"),
        Column("url", TEXT, required=True, example="https://www.example.com/hook"),
        Column("events", VALUES, required=True, example="subscribe,unsubscribe"),
        Column("sources", VALUES, required=True, options=SOURCES, example="public,admin,api,system"),
        *references.mailing_list("listid", required=False),
        Column("cdate", TEXT, writable=False),
    ),
)
