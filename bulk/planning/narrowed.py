"""What of a resource has to be read for some of its columns alone. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bulk.resources.spec import Resource, normalise


def narrowed(resource: Resource, chosen: Sequence[str]) -> Resource:
    """The resource with no more columns than those chosen need; all of it if none are chosen.

    `chosen` are attributes or headers. A name that is none of its own may be a custom field's; where there is no such
    name, its custom fields need not be read.
    """
    if not chosen:
        return resource
    exported = [column for column in reversed(resource.columns) if column.exported]
    by_name = {normalise(name): column for column in exported for name in (column.attribute, column.header)}
    own = [by_name[name] for name in map(normalise, chosen) if name in by_name]
    needed = {column.attribute for column in own}
    for column in own:
        needed |= {column.names, column.when[0]}
    return replace(
        resource,
        columns=tuple(column for column in resource.columns if column.attribute in needed),
        custom=resource.custom if any(normalise(name) not in by_name for name in chosen) else "",
    )
