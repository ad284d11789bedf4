"""What ids of one account are in another.

Rows of a whole account's files name each other by ids that meant something where they come from. Once a row is
imported, its old id and its new one are known, and the rows after it are put right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bulk.model import Row
from bulk.resources.spec import Column, Resource

Translations = dict[str, dict[str, str]]  # resource -> old id -> new id


def translated(row: Row, resource: Resource, translations: Mapping[str, Mapping[str, str]]) -> Row:
    """The row with ids of the account at hand.

    Where an id is known, the name beside it no longer counts; where it is not, the name does and the id goes. What
    points to a resource of which nothing was imported stays as it is; an id that cannot be put right goes.
    """
    values = dict(row.values)
    for attribute in {column.names for column in resource.columns if column.names and column.names in values}:
        column = _named_by(resource, attribute, values)
        if column is None:  # what the id points to is no resource of ours, so nothing says what it is here
            foreign = any(c.of in translations for c in resource.columns if c.names == attribute)
            values[attribute] = "" if foreign else values[attribute]
            continue
        if column.of not in translations or not values[attribute].strip():
            continue
        new = translations[column.of].get(values[attribute].strip(), "")
        values[attribute] = new
        if new and column.attribute in values:
            values[column.attribute] = ""
    return replace(row, values=values)


def _named_by(resource: Resource, attribute: str, values: Mapping[str, str]) -> Column | None:
    """The column of names that counts for this row."""
    for column in resource.columns:
        if column.names == attribute:
            when, value = column.when
            if not when or resource.column(when).read(values.get(when, "")) == value:
                return column
    return None
