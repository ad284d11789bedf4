"""Contacts: people, by e-mail address, with their tags, lists, account and custom fields."""

from __future__ import annotations

from typing import Final

from bulk.resources import titles
from bulk.resources.kinds import EMAIL, ID, NAMES, TEXT
from bulk.resources.spec import Column, Reading, Resource, Writing

# columns of which one adds names and the other takes them away: no name may stand in both
TELLING: Final = ("firstName", "lastName", "phone")  # what tells one person from another, beside the address
OPPOSITES: Final = (("tags", "remove_tags"), ("lists", "unsubscribe_lists"))

CONTACTS: Final = Resource(
    name="contacts",
    singular="contact",
    key="email",
    keys=("email", "id"),
    modes=("upsert", "create", "update", "delete"),
    called="email",
    custom="fields",
    reading=Reading.KEYSET,
    writing=Writing.CONTACT,
    filters={
        "listid": "listid",
        "tagid": "tagid",
        "status": "status",
        "formid": "formid",
        "seriesid": "seriesid",
        "segmentid": "segmentid",
        "email_like": "email_like",
        "phone": "phone",
        "created_before": "filters[created_before]",
        "created_after": "filters[created_after]",
        "updated_before": "filters[updated_before]",
        "updated_after": "filters[updated_after]",
    },
    search="search",
    about="People, by e-mail address, with their tags, lists, account and custom fields.",
    columns=(
        Column("id", ID, writable=False, about="ActiveCampaign's id; used on import only with ⟦key=id⟧"),
        Column(
            "email",
            EMAIL,
            required=True,
            example="ada@example.com",
            titles=titles.EMAIL,
            about="identifies the contact; case aside",
        ),
        Column("firstName", TEXT, example="Ada", titles=titles.FIRST_NAME),
        Column("lastName", TEXT, example="Lovelace", titles=titles.LAST_NAME),
        Column("phone", TEXT, example="+1 202-555-0143", titles=titles.PHONE),
        Column(
            "tags",
            NAMES,
            example='VIP,"Smith, John"',
            titles=titles.TAGS,
            about="adds these tags; an unknown one is created once",
        ),
        Column("remove_tags", NAMES, exported=False, example="Trial", about="removes these tags"),
        Column(
            "lists",
            NAMES,
            example="Newsletter",
            titles=titles.LISTS,
            about="subscribes to these lists, by name or stringid",
        ),
        Column("unsubscribe_lists", NAMES, example="", about="unsubscribes from these lists"),
        Column(
            "account",
            TEXT,
            example="Analytical Engines",
            titles=titles.ACCOUNT,
            about="the company; an unknown one is created once",
        ),
        Column("cdate", TEXT, writable=False, about="when the contact was created"),
        Column("udate", TEXT, writable=False, about="when the contact last changed"),
    ),
)
