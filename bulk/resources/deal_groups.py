"""dealGroups: pipelines, by title, with the stages they begin with."""

from __future__ import annotations

from typing import Final

from bulk.resources.kinds import CURRENCY, FLAG, ID, OPTION, TEXT, VALUES, Option
from bulk.resources.spec import Column, Resource

DEAL_GROUPS: Final = Resource(
    name="dealGroups",
    singular="dealGroup",
    key="title",
    keys=("title", "id"),
    modes=("upsert", "create", "update", "delete"),
    matched_by=("filters[title]", "title"),
    called="title",
    filters={"title": "filters[title]", "have_stages": "filters[have_stages]"},
    about="Pipelines, by title, with their stages.",
    columns=(
        Column("id", ID, writable=False),
        Column("title", TEXT, required=True, example="Sales"),
        Column("currency", CURRENCY, required=True, example="usd"),
        Column("stages", VALUES, beside=True, example="To Contact,In Contact,Won",
               about="titles of its stages, in order; those that are missing are added"),
        Column("allgroups", FLAG, example="1", about="all groups of users see it"),
        Column("allusers", FLAG, example="1", about="deals go to all users in turn"),
        Column("autoassign", OPTION, options=(Option("0"), Option("1"), Option("2")), example="0"),
        Column("cdate", TEXT, writable=False),
        Column("udate", TEXT, writable=False),
    ),
    notes=("ActiveCampaign gives a new pipeline three stages; with a stages column it gets exactly those named.",),
)  # fmt: skip
