"""What a title that is not known might be: the columns that are called nearly so, in any language. None is guessed.

Stricter than other suggestions, since what is suggested here stands in a command that people paste.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bulk.resources.identity import loose_key
from bulk.resources.likeness import likeness
from bulk.resources.presets.consent_titles import looks_like_consent
from bulk.resources.spec import Column
from bulk.resources.titles import EMPTY_WORDS, is_full_name, title_key, unnumbered

FLOOR: Final = 0.79  # one slip in five letters; below it a title is another word
_SHORT: Final = 4  # letters of a title up to which a slip makes another word
_MIDDLING: Final = 6  # and up to which a slip is not in the first
_SLIP_OF_TEN: Final = 0.9  # one slip in ten letters
_TAKEN_APART: Final = 0.9  # of several words that would be one: `Form Name` is no `Forename`
_WORDS_ALIKE: Final = 0.55  # of each word: `Last Date` is no `Last Name`
_RIVAL: Final = 0.95  # a title that may be meant, not one that is
_MUCH_LESS: Final = 0.04  # by which the next is worse than one that is sure
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|[^\W\d_a-zA-Z]+")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A column that a title might mean, and how much like it is, from `FLOOR` to 1."""

    column: Column
    score: float


class Suggestions:
    """Suggests among columns, each known by all that people call it."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._known = [
            (key, _words(title), column, worth)
            for column in columns
            if column.writable
            for title, worth in _titles_of(column)
            if (key := title_key(title))
        ]

    def of(self, title: str) -> list[Suggestion]:
        """The columns that a title might mean, the likeliest first; none where none is like it."""
        if looks_like_consent(title) or is_full_name(title):
            return []
        best: dict[str, Suggestion] = {}
        for suggestion in self._like(title):
            known = best.get(suggestion.column.attribute)
            if known is None or known.score < suggestion.score:
                best[suggestion.column.attribute] = suggestion
        return sorted(best.values(), key=lambda one: -one.score)

    def _like(self, title: str) -> Iterator[Suggestion]:
        key, words = title_key(title), _words(title)
        bare = "".join(word for word in words if word not in EMPTY_WORDS)
        for known, known_words, column, worth in self._known:
            if key == known:
                yield Suggestion(column, worth)
            elif known in (bare, unnumbered(key)):
                yield Suggestion(column, worth * _RIVAL)
            elif worth == 1 and _may_be_slip(key, known):
                score = likeness(key, known, FLOOR)
                floor = _TAKEN_APART if len(words) > len(known_words) else FLOOR
                if score >= floor and _alike_by_word(words, known_words, lenient=score >= _SLIP_OF_TEN):
                    yield Suggestion(column, score)


def _may_be_slip(key: str, known: str) -> bool:
    """Whether a title is long enough for a slip to leave it what it was; `Città` is no `Ditta`."""
    short = min(len(key), len(known))
    return short >= _SHORT and abs(len(key) - len(known)) <= 3 and (short > _MIDDLING or key[0] == known[0])


def sure(suggestions: Sequence[Suggestion]) -> Suggestion | None:
    """The first of them, if it is far before the next."""
    if not suggestions or (len(suggestions) > 1 and suggestions[0].score - suggestions[1].score < _MUCH_LESS):
        return None
    return suggestions[0]


def _titles_of(column: Column) -> Iterator[tuple[str, float]]:
    names: Iterable[str] = (column.header, column.attribute, *column.aliases)
    if column.field_id:
        names = [name for name in names if name != column.attribute]
    yield from ((name, 1.0) for name in dict.fromkeys(names))
    yield from ((name, 1.0) for name in column.titles.own)
    yield from ((name, _RIVAL) for name in column.titles.rivals)


def _words(title: str) -> list[str]:
    parted = unicodedata.normalize("NFKD", title)
    plain = "".join(char for char in parted if not unicodedata.combining(char))
    return [loose_key(word) for word in _WORD.findall(plain)]


def _alike_by_word(one: Sequence[str], other: Sequence[str], *, lenient: bool) -> bool:
    """Whether each word of a title is like that of the other; where one has more, they may be written together.

    `lenient`: what joins words, like `de`, is not looked at.
    """
    if len(one) != len(other) or len(one) < 2:
        return True
    pairs = zip(one, other, strict=True)
    return all(_is_slip(*pair) for pair in pairs if not lenient or min(map(len, pair)) >= _SHORT)


def _is_slip(word: str, other: str) -> bool:
    """Whether a word may have become the other by a slip of the hand; of two short ones `size` and `site` did not."""
    if word != other and len(word) == len(other) <= _SHORT:
        return sorted(word) == sorted(other)
    return likeness(word, other) >= _WORDS_ALIKE
