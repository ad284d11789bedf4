"""Columns whose titles people write in their own words, and what they are: read by themselves where that is certain.

Only one column can feed an attribute so, and only where nothing else feeds it or might be meant to. Consent is never
among them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from bulk.files.column_names import ColumnNames
from bulk.resources.presets.consent_titles import looks_like_consent
from bulk.resources.spec import Column
from bulk.resources.titles import title_key, unnumbered


def own_titles(
    header: Sequence[str], columns: Sequence[Column], names: ColumnNames, said: Mapping[int, str]
) -> dict[int, str]:  # fmt: skip
    """The attributes of columns by index, as far as only their titles tell.

    `said` are the targets of columns of which a map or a preset speaks. A title that is a column's own name, or that of
    a custom field, is none of these.
    """
    fed, open_titles = _parted(header, names, said)
    claims: dict[str, list[int]] = defaultdict(list)
    disputed: set[str] = set()
    partners: dict[str, str] = {}  # attributes that a title feeds beside another only
    for column in columns:
        if not column.writable or column.field_id or column.attribute in fed:
            continue
        own = set(map(title_key, (column.header, column.attribute, *column.titles.own)))
        beside = set(map(title_key, column.titles.beside))
        rivals = set(map(title_key, column.titles.rivals))
        for at, key in open_titles.items():
            if key in own or key in beside:
                claims[column.attribute].append(at)
                if key not in own:
                    partners[column.attribute] = column.titles.partner
            elif _may_be_meant(key, own | rivals, column):
                disputed.add(column.attribute)
    result = {}
    for attribute, ats in claims.items():
        alone = len(ats) == 1 and attribute not in disputed
        if alone and _beside(partners.get(attribute, ""), fed, claims):
            result[ats[0]] = attribute
    return result


def _may_be_meant(key: str, known: Collection[str], column: Column) -> bool:
    """Whether a title may be meant for a column, although it is none of its own."""
    return key in known or unnumbered(key) in known or any(word in key for word in column.titles.words)


def _parted(header: Sequence[str], names: ColumnNames, said: Mapping[int, str]) -> tuple[set[str], dict[int, str]]:
    """The attributes that are fed by name, and the titles that name nothing, by index."""
    fed: set[str] = set()
    open_titles: dict[int, str] = {}
    for at, title in enumerate(header):
        target = said.get(at, title.strip())
        if not target or (at not in said and target.startswith("_")):
            continue
        if (column := names.find(target)) is not None:
            fed.add(column.attribute)
        elif at not in said and not looks_like_consent(title):
            open_titles[at] = title_key(title)
    return fed, open_titles


def _beside(partner: str, fed: Collection[str], claims: Collection[str]) -> bool:
    """Whether the attribute that a title stands beside is fed."""
    return not partner or partner in fed or partner in claims
