"""Deals: what may be sold to whom, in the stages of pipelines."""

from __future__ import annotations

from typing import Final

from bulk.resources import references, titles
from bulk.resources.kinds import CURRENCY, ID, MONEY, NUMBER, OPTION, TEXT, TEXTAREA, Option
from bulk.resources.spec import Column, Resource

DEALS: Final = Resource(
    name="deals",
    singular="deal",
    key="title+contact+account",
    keys=("title+contact+account", "id"),
    unique=False,
    modes=("upsert", "create", "update", "delete"),
    matched_by=("filters[title]", "title"),
    called="title",
    custom="dealCustomFieldMeta",
    needs_one=(("contact", "account"), ("group", "stage")),
    filters={
        name: f"filters[{name}]"
        for name in (
            "title", "stage", "group", "status", "owner", "organization", "created_before", "created_after",
            "updated_before", "updated_after", "minimum_value", "maximum_value",
        )
    },
    search="search",
    order=(("orders[cdate]", "ASC"),),  # recorded without it: 10, 13, 14, 15, 9, 8, …
    about="Deals, by title and contact or account, with their custom fields.",
    columns=(
        Column("id", ID, writable=False),
        Column("title", TEXT, required=True, example="Difference engine", titles=titles.DEAL_TITLE),
        *references.contact(required=False),
        *references.account(required=False),
        Column("value", MONEY, required=True, example="156.24", titles=titles.DEAL_VALUE,
               about="in major units, two decimals"),
        Column("currency", CURRENCY, required=True, example="usd", titles=titles.CURRENCY),
        *references.pipeline(required=False),
        Column("stage", ID, of="dealStages", within="group", about="the stage's id"),
        Column("stage_title", TEXT, of="dealStages", names="stage", within="group", example="To Contact",
               titles=titles.STAGE, about="the stage, by title"),
        *references.owner(),
        Column("status", OPTION, options=(Option("0", "open"), Option("1", "won"), Option("2", "lost")), example="0",
               about="0 open, 1 won, 2 lost"),
        Column("percent", NUMBER, about="how likely it is"),
        Column("description", TEXTAREA, example="Brass, hand cranked"),
        Column("cdate", TEXT, writable=False),
        Column("mdate", TEXT, writable=False),
    ),
    notes=(
        "Deals have no name of their own: a row is taken for the deal of that title, contact and account.",
        "Deals in pipelines that the key may not see are counted and listed, not written.",
    ),
)  # fmt: skip
