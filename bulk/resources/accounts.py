"""Accounts: companies, by name, with their custom fields."""

from __future__ import annotations

from typing import Final

from bulk.resources import references, titles
from bulk.resources.kinds import ID, TEXT
from bulk.resources.spec import Column, Resource

ACCOUNTS: Final = Resource(
    name="accounts",
    singular="account",
    key="name",
    keys=("name", "id"),
    modes=("upsert", "create", "update", "delete"),
    called="name",
    custom="accountCustomFieldMeta",
    search="search",
    matched_by=("search", "name"),
    about="Companies, by name, with their custom fields.",
    columns=(
        Column("id", ID, writable=False),
        Column("name", TEXT, required=True, example="Analytical Engines", titles=titles.ACCOUNT),
        Column("accountUrl", TEXT, example="https://www.example.com", titles=titles.WEB_ADDRESS),
        *references.owner(),
        Column("createdTimestamp", TEXT, writable=False),
        Column("updatedTimestamp", TEXT, writable=False),
    ),
)
