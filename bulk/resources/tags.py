"""Tags: names that contacts carry."""

from __future__ import annotations

from typing import Final

from bulk.resources.kinds import ID, OPTION, TEXT, Option
from bulk.resources.spec import Column, Resource

TAGS: Final = Resource(
    name="tags",
    singular="tag",
    key="tagType+tag",
    keys=("tagType+tag", "id"),
    modes=("upsert", "create", "update", "delete"),
    called="tag",
    search="search",
    matched_by=("search", "tag"),
    about="Tags, by type and name.",
    columns=(
        Column("id", ID, writable=False),
        Column("tag", TEXT, required=True, example="VIP", about="its name"),
        Column("tagType", OPTION, options=(Option("contact"), Option("template")), default="contact",
               example="contact", about="what it is for; contact if not said"),
        Column("description", TEXT, example="Pays by invoice"),
        Column("subscriber_count", TEXT, writable=False, about="how many contacts carry it"),
        Column("cdate", TEXT, writable=False, about="when it was created"),
    ),
    notes=("Deleting a tag takes it off everyone who carries it.",),
)  # fmt: skip
