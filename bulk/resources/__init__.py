"""The registry: every resource that `bulk` moves, in one explicit tuple. Adding one is a file and a line here."""

from __future__ import annotations

from typing import Final

from bulk.resources.contacts import CONTACTS
from bulk.resources.kinds import nearest
from bulk.resources.spec import Resource, normalise

RESOURCES: Final[tuple[Resource, ...]] = (CONTACTS,)


def find(name: str) -> Resource | None:
    """The resource of that name; case, `-` and `_` do not matter."""
    return next((resource for resource in RESOURCES if normalise(resource.name) == normalise(name)), None)


def nearest_names(name: str) -> list[str]:
    """The names of resources most like `name`."""
    return nearest(name, [resource.name for resource in RESOURCES])
