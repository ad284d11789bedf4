"""How the rows of several tables stand in one report: a column for each thing that the tables have, as they were read.

What the tables call differently and mean as one is one column, so that a report is a file that can be imported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

from bulk.files.joined_match import Layout, numbered
from bulk.files.noted import Noted
from bulk.resources.presets import NONE
from bulk.resources.spec import normalise

_TITLE, _FEEDS, _SPLIT = range(3)
_Role = tuple[int, str]  # what a column is there for, and its title or what it feeds
_OURS: Final = "_"  # such a column is passed over when the report is imported


def laid_out(headers: Iterable[Sequence[str]], noted: Sequence[Noted]) -> tuple[tuple[str, ...], tuple[Layout, ...]]:
    """The titles of all tables together, and where each column of each stands among them.

    A column keeps its title where all that feed the same are called so; else it is called as the account has it, which
    needs no map. What feeds nothing stands under its own title, behind a `_` where that would be taken for another.
    """
    tables = [_roles(header, one) for header, one in zip(headers, noted, strict=True)]
    titles: dict[_Role, list[str]] = {}
    for roles in tables:
        for role, title in roles:
            titles.setdefault(role, []).append(title)
    called = {(_FEEDS, to): name for one in noted for to, name in one.columns.values() if to and one.preset == NONE}
    alike = {role: {normalise(title) for title in of_tables} for role, of_tables in titles.items()}
    claims = Counter(chain.from_iterable(alike.values()))  # how many would be called so
    claims.update(of for role in titles if (of := normalise(called.get(role, ""))) not in alike[role])
    names: dict[_Role, str] = {}
    for role, (title, *_others) in titles.items():
        if role[0] != _TITLE:
            keeps = len(alike[role]) == 1 == max(claims[text] for text in alike[role])
            names[role] = title if keeps else called.get(role, title)
    used = {normalise(name) for name in names.values()}
    taken = {title for (kind, title) in titles if kind == _TITLE}
    for role, (title, *_others) in titles.items():
        if role[0] == _TITLE:
            names[role] = _OURS + title if title and not title.startswith(_OURS) and normalise(title) in used else title
            while names[role] != title and names[role] in taken:
                names[role] = _OURS + names[role]
    places = {role: at for at, role in enumerate(titles)}
    layouts = tuple(tuple(places[role] for role, _title in roles) for roles in tables)
    return tuple(names[role] for role in titles), layouts


def _roles(header: Sequence[str], noted: Noted) -> list[tuple[_Role, str]]:
    result: list[tuple[_Role, str]] = []
    for title, nth in numbered(header):
        feeds, _called = noted.columns.get(title, ("", ""))
        if feeds:
            result.append(((_FEEDS, feeds), title))
        elif title and title == noted.split:
            result.append(((_SPLIT, ""), title))
        else:
            result.append(((_TITLE, title or f"\0{nth}"), title))
    return result
