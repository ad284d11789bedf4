"""Pairs of columns that point to a record of another resource: its id under the API's name, and its name beside it."""

from __future__ import annotations

from bulk.resources import titles
from bulk.resources.kinds import EMAIL, ID, TEXT
from bulk.resources.spec import Column


def contact(*, required: bool = True) -> tuple[Column, Column]:
    """Columns that say which contact."""
    return (
        Column("contact", ID, required=required, of="contacts", example="", about="the contact's id"),
        Column(
            "contact_email", EMAIL, of="contacts", names="contact", example="ada@example.com", titles=titles.EMAIL,
            about="the contact, by e-mail",
        ),
    )  # fmt: skip


def tag() -> tuple[Column, Column]:
    """Columns that say which tag."""
    return (
        Column("tag", ID, required=True, of="tags", about="the tag's id"),
        Column("tag_name", TEXT, of="tags", names="tag", example="VIP", about="the tag, by name"),
    )


def mailing_list(attribute: str = "list", *, required: bool = True) -> tuple[Column, Column]:
    """Columns that say which list."""
    return (
        Column(attribute, ID, required=required, of="lists", about="the list's id"),
        Column(
            "list_name", TEXT, of="lists", names=attribute, example="Newsletter", about="the list, by name or stringid"
        ),
    )


def account(*, required: bool = True) -> tuple[Column, Column]:
    """Columns that say which account."""
    return (
        Column("account", ID, required=required, of="accounts", about="the account's id"),
        Column("account_name", TEXT, of="accounts", names="account", example="Analytical Engines",
               titles=titles.ACCOUNT, about="the account, by name"),
    )  # fmt: skip


def owner() -> tuple[Column, Column]:
    """Columns that say which user it belongs to."""
    return (
        Column("owner", ID, of="users", about="the owner's user id"),
        Column("owner_email", EMAIL, of="users", names="owner", example="sandbox@example.com",
               about="the owner, by e-mail"),
    )  # fmt: skip


def pipeline(*, required: bool = True) -> tuple[Column, Column]:
    """Columns that say which pipeline."""
    return (
        Column("group", ID, required=required, of="dealGroups", about="the pipeline's id"),
        Column(
            "pipeline_title",
            TEXT,
            of="dealGroups",
            names="group",
            example="Sales",
            titles=titles.PIPELINE,
            about="the pipeline, by title",
        ),
    )
