"""The registry: every resource that `bulk` moves, in one explicit tuple. Adding one is a file and a line here."""

# hub: the list of a family, one line a member

from __future__ import annotations

from typing import Final

from bulk.errors import UsageError
from bulk.messages import Part
from bulk.resources.account_contacts import ACCOUNT_CONTACTS
from bulk.resources.accounts import ACCOUNTS
from bulk.resources.automations import AUTOMATIONS, CONTACT_AUTOMATIONS
from bulk.resources.campaigns import CAMPAIGNS
from bulk.resources.contact_lists import CONTACT_LISTS
from bulk.resources.contact_tags import CONTACT_TAGS
from bulk.resources.contacts import CONTACTS
from bulk.resources.custom_fields import ACCOUNT_FIELDS, DEAL_FIELDS
from bulk.resources.deal_groups import DEAL_GROUPS
from bulk.resources.deal_stages import DEAL_STAGES
from bulk.resources.deals import DEALS
from bulk.resources.field_values import FIELD_VALUES
from bulk.resources.fields import FIELDS
from bulk.resources.likeness import nearest
from bulk.resources.lists import LISTS
from bulk.resources.notes import NOTES
from bulk.resources.spec import Resource, normalise
from bulk.resources.tags import TAGS
from bulk.resources.users import USERS
from bulk.resources.webhooks import WEBHOOKS

# What others name comes before them: in this order a whole account is written.
RESOURCES: Final[tuple[Resource, ...]] = (
    USERS, FIELDS, TAGS, LISTS, DEAL_GROUPS, DEAL_STAGES, ACCOUNT_FIELDS, DEAL_FIELDS, ACCOUNTS, CONTACTS, CONTACT_TAGS,
    CONTACT_LISTS, FIELD_VALUES, ACCOUNT_CONTACTS, AUTOMATIONS, CONTACT_AUTOMATIONS, DEALS, NOTES, WEBHOOKS, CAMPAIGNS,
)  # fmt: skip


def find(name: str) -> Resource | None:
    """The resource of that name; case, `-` and `_` do not matter."""
    return next((resource for resource in RESOURCES if normalise(resource.name) == normalise(name)), None)


def named(name: str) -> Resource:
    """The resource of exactly that name; `KeyError` if there is none."""
    for resource in RESOURCES:
        if resource.name == name:
            return resource
    raise KeyError(name)


def nearest_names(name: str) -> list[str]:
    """The names of resources most like `name`."""
    return nearest(name, [resource.name for resource in RESOURCES])


def known(name: str) -> Resource:
    """The resource of that name, as a user writes it. Raises `UsageError` with the nearest if there is none."""
    resource = find(name)
    if resource is None:
        close = nearest_names(name)
        there = ", ".join(resource.name for resource in RESOURCES)
        hint = Part.of("nearest", names=close) if close else Part.of("resources_there_are", names=there)
        raise UsageError("resource_unknown", name=name, hint=hint)
    return resource
