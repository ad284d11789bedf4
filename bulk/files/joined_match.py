"""What several headers that were understood come to: one column for each attribute. Knows no source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Final

from bulk.files.matching import Match
from bulk.resources.spec import Column

Layout = tuple[int | None, ...]  # where each column of a table stands among those of all; None: nowhere


class ColumnsOfAll:
    """The columns of several matches, one for each attribute, as they are put together."""

    def __init__(self) -> None:
        self.titles: list[str] = []
        self.places: dict[str, int] = {}
        self.columns: dict[int, Column] = {}

    def of(self, match: Match, width: int) -> Layout:
        """Take in the columns of a match; where each of its header stands here."""
        layout: list[int | None] = [None] * width
        for at, column in match.columns:
            layout[at] = self._place(column.attribute, match.header[at])
            self.columns.setdefault(self.places[column.attribute], column)
        for attribute, where in (("id", match.id_at), (_CONSENT, match.consent_at)):
            if where is not None and layout[where] is None:
                layout[where] = self._place(attribute, match.header[where])
        return tuple(layout)

    def _place(self, attribute: str, title: str) -> int:
        if attribute not in self.places:
            self.places[attribute] = len(self.titles)
            self.titles.append(title)
        return self.places[attribute]

    def match(self, matches: Sequence[Match]) -> Match:
        """What all come to."""
        parts = max(len(match.key_at) for match in matches)
        keys = [[match.key_at[part] for match in matches if part < len(match.key_at)] for part in range(parts)]
        return Match(
            tuple(self.titles),
            tuple(sorted(self.columns.items())),
            _all(matches, lambda match: match.dropped),
            _all(matches, lambda match: match.passed_over),
            _all(matches, lambda match: match.unchecked),
            tuple(
                tuple(
                    dict.fromkeys(
                        self._here(match, at) for match, ats in zip(matches, of_part, strict=False) for at in ats
                    )
                )
                for of_part in keys
            ),
            tuple(tuple(self._here(matches[0], at) for at in group) for group in matches[0].one_of),
            self.places.get("id"),
            tuple(any(match.addresses[part : part + 1] == (True,) for match in matches) for part in range(parts)),
            self.places.get(_CONSENT),
            unclear=_all(matches, lambda match: match.unclear),
        )

    def _here(self, match: Match, at: int) -> int:
        attribute = next((column.attribute for own, column in match.columns if own == at), "id")
        return self.places[attribute]


_CONSENT: Final = "\0consent"  # no attribute


def _all(matches: Sequence[Match], of: Callable[[Match], tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(title for match in matches for title in of(match)))


def numbered(header: Sequence[str]) -> Iterator[tuple[str, int]]:
    """The titles, and of those without a name which one it is."""
    nameless = count()
    for title in header:
        yield (title.strip(), 0) if title.strip() else ("", next(nameless))
