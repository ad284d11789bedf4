"""What the ids in a whole account's files are in the account that they are imported into.

Rows name each other by ids that meant something where they come from, or when they were taken out. Once a row is
imported, its old id and its new one are known, and the rows after it are put right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bulk.model import Row
from bulk.resources.spec import Column, Resource


@dataclass(slots=True)
class Translations:
    """Old and new `ids`, by resource. `own`: the files are this very account's, whose ids change only if made anew."""

    own: bool = False
    ids: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def foreign(self) -> bool:
        """Whether the files are of another account."""
        return bool(self.ids) and not self.own

    def of(self, resource: str) -> dict[str, str]:
        """Those of one resource, to read or to add to; from now on its ids in the files count as old ones."""
        return self.ids.setdefault(resource, {})


def translated(row: Row, resource: Resource, translations: Translations) -> Row:
    """The row with ids of the account at hand.

    Where an id is known, the name beside it no longer counts; where it is not, the name does and the id goes. What
    points to a resource of which nothing was imported stays as it is; an id that cannot be put right goes. Of the own
    account, what is not known to have changed stays.
    """
    ids, own = translations.ids, translations.own
    values = dict(row.values)
    for attribute in {column.names for column in resource.columns if column.names and column.names in values}:
        column = _named_by(resource, attribute, values)
        if column is None:  # what the id points to is no resource of ours, so nothing says what it is here
            foreign = not own and any(c.of in ids for c in resource.columns if c.names == attribute)
            values[attribute] = "" if foreign else values[attribute]
            continue
        old = values[attribute].strip()
        if column.of not in ids or not old or (own and old not in ids[column.of]):
            continue
        new = ids[column.of].get(old, "")
        values[attribute] = new
        if new and column.attribute in values:
            values[column.attribute] = ""
    return replace(row, values=values, id=row.id if own else "")


def _named_by(resource: Resource, attribute: str, values: Mapping[str, str]) -> Column | None:
    """The column of names that counts for this row."""
    for column in resource.columns:
        if column.names == attribute:
            when, value = column.when
            if not when or resource.column(when).read(values.get(when, "")) == value:
                return column
    return None
