"""A file's header, understood as its preset, the user and the titles themselves say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bulk.files.adapted import Adapted
from bulk.files.column_names import ColumnNames, position
from bulk.files.given import Given
from bulk.files.joined import Joined
from bulk.files.matching import Match, Needs, match_header
from bulk.files.noted import Noted, noted_of
from bulk.files.own_titles import own_titles
from bulk.files.set_columns import check_sets
from bulk.files.source import Source
from bulk.resources.presets import NONE
from bulk.resources.spec import Column, normalise


def understood(
    source: Source, columns: Sequence[Column], given: Given, needs: Needs, *, ignore_unknown: bool, open_ended: bool,
) -> Match:  # fmt: skip
    """What each column of a file is. Raises `UsageError` for what is not understood.

    `open_ended`: the custom fields are not known. A preset goes before titles, a map before both.
    """
    how = source.adaptation if isinstance(source, Adapted) else None
    names = ColumnNames(columns)
    told: dict[str, str] = {}
    if how is not None and how.given.noted is not None:
        maps: Mapping[str, str] = how.given.noted.maps(names, open_ended=open_ended)
    else:
        maps = given.maps if how is None else how.maps_of(names, open_ended=open_ended)
        if how is not None and not open_ended:
            check_sets(given.sets, how.header[: how.own], names, maps)
        own = set(map(normalise, source.header))
        maps = {title: to for title, to in maps.items() if (of := normalise(title)) in own or of not in given.others}
        told = {} if how is not None and how.preset is not None else _told(source.header, columns, names, maps)
    match = match_header(
        source.header, columns, maps={**maps, **told}, ignore_unknown=ignore_unknown, needs=needs,
        open_ended=open_ended,
    )  # fmt: skip
    match = replace(match, read_as=told)
    return source.used_as(match) if isinstance(source, Adapted) else match


def notes_on(source: Source, match: Match) -> list[Noted]:
    """What each table of a file was understood as, for the job when it goes on."""
    if isinstance(source, Joined):
        return [_noted(member, own) for member, own in zip(source.members, source.matches, strict=True)]
    return [_noted(source, match)] if isinstance(source, Adapted) else []


def _noted(source: Adapted, match: Match) -> Noted:
    how = source.adaptation
    preset = NONE if how.preset is None else how.preset.name
    split = "" if how.split is None else how.header[how.split.at].strip()
    return noted_of(match, how.own, how.told, preset, split)


def _told(
    header: Sequence[str], columns: Sequence[Column], names: ColumnNames, maps: Mapping[str, str]
) -> dict[str, str]:  # fmt: skip
    """What columns are as far as only their titles tell, by title."""
    said = {at: target for title, target in maps.items() if (at := position(header, title)) is not None}
    return {header[at].strip(): to for at, to in own_titles(header, columns, names, said).items()}
