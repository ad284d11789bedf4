"""A file's header, understood as its preset, the user and the titles themselves say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from bulk.files.adaptation import Adaptation
from bulk.files.adapted import Adapted
from bulk.files.column_names import ColumnNames, position
from bulk.files.given import Given
from bulk.files.header_refusals import HeaderRefusal
from bulk.files.joined import Joined, as_read
from bulk.files.matching import Match, Needs, match_header
from bulk.files.noted import Noted, noted_of
from bulk.files.own_titles import own_titles
from bulk.files.set_columns import check_sets
from bulk.files.source import Source
from bulk.resources.presets import NONE
from bulk.resources.presets.consent_cells import cells_may_tell, says_of_consent
from bulk.resources.spec import Column, normalise

_LOOKED_AT: Final = 500  # rows
_LONG: Final = 60  # letters of a cell that tell it from a word or two


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
    cells = _Cells(source)
    match = match_header(
        source.header, columns, maps={**maps, **told}, ignore_unknown=ignore_unknown,
        needs=replace(needs, telling=cells.telling), open_ended=open_ended,
    )  # fmt: skip
    if how is not None and how.lists_at is not None and needs.mode != "delete" and how.given.noted is None:
        _refuse_left_out(how, match, columns, cells)
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


def _refuse_left_out(how: Adaptation, match: Match, columns: Sequence[Column], cells: _Cells) -> None:
    """Raise `UsageError` where a preset leaves out a column whose cells may tell who must not be mailed."""
    if how.preset is None:
        return
    read = {at for at, _signal in how.signals} | set(how.mapped)
    left = [
        title.strip() for at, title in enumerate(how.header[: how.own]) if at not in read and title in match.dropped
    ]
    unspoken = [title for title in left if not how.preset.speaks_of(title)]
    telling = cells.telling(unspoken) | {title for title in left if says_of_consent(cells.of(title))}
    consent = [title for title in left if title in telling]
    HeaderRefusal(how.header, columns, {column.attribute for _at, column in match.columns}, consent=consent).refuse()


@dataclass(slots=True)
class _Cells:
    """What stands in the first rows of a file, read once it is asked for."""

    source: Source
    _values: dict[str, set[str]] = field(default_factory=dict)

    def of(self, title: str) -> set[str]:
        """The different cells below a title, as they are in the file."""
        if not self._values:
            source = as_read(self.source)
            titles = [title.strip() for title in source.header]
            self._values = {title: set() for title in titles}
            for record in islice(source.records(), _LOOKED_AT):
                for each, cell in zip(titles, record.cells, strict=False):
                    self._values[each].add(cell[:_LONG])
        return self._values.get(title.strip(), set())

    def telling(self, titles: Sequence[str]) -> set[str]:
        """Those of the titles below which cells may tell who must not be mailed."""
        return {title for title in titles if cells_may_tell(title, self.of(title))}


def _told(
    header: Sequence[str], columns: Sequence[Column], names: ColumnNames, maps: Mapping[str, str]
) -> dict[str, str]:  # fmt: skip
    """What columns are as far as only their titles tell, by title."""
    said = {at: target for title, target in maps.items() if (at := position(header, title)) is not None}
    return {header[at].strip(): to for at, to in own_titles(header, columns, names, said).items()}
