"""The texts of errors: one table of code -> text, made of one file for each group of rooms.

A text says what happened, where, and the next step. `{name}` is a parameter of the error, `⟦option=value⟧` what each
front end says its own way (`wording.py`). A part is a piece of a text that is said only sometimes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, Final, Protocol

from bulk.messages import access, app, cli, files, fleet, jobs, sandbox, storage
from bulk.wording import MARK, FrontEnd, counted, duration, in_words_of, marked

GROUPS: Final = (access, storage, files, jobs, sandbox, fleet, cli, app)
PARTS: Final[Mapping[str, str]] = {code: text for group in GROUPS for code, text in group.PARTS.items()}
_ERRORS: Final = {code: text for group in GROUPS for texts in group.TEXTS.values() for code, text in texts.items()}
_TEXTS: Final[Mapping[str, str]] = {**PARTS, **_ERRORS}
_NOUN: Final = re.compile("[a-z]+s?")


class Worded(Protocol):
    """What has words of its own: an error, or a part."""

    def words(self, front_end: FrontEnd) -> str:
        """Its text, as a front end says it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text, as the parameter of an error."""

    code: str
    parameters: Mapping[str, object]

    @classmethod
    def of(cls, code: str, /, **parameters: object) -> Part:
        """The part of this code."""
        return cls(code, parameters)

    def words(self, front_end: FrontEnd) -> str:
        """Its text, as a front end says it."""
        return words(self.code, self.parameters, front_end)

    def __str__(self) -> str:
        return self.words(FrontEnd.LIBRARY)


def words(code: str, parameters: Mapping[str, object], front_end: FrontEnd) -> str:
    """The text of a code with its parameters, as a front end says it."""
    text = _TEXTS.get(code)
    if text is None:
        return code
    formatter = _Words(front_end)
    pieces = MARK.split(text)  # texts and marks by turns; a parameter that looks like a mark is none
    pieces = [formatter.vformat(piece, (), parameters) for piece in pieces]
    pieces[1::2] = [marked(piece, front_end) for piece in pieces[1::2]]
    return "".join(pieces)


class _Words(Formatter):
    """Puts parameters into texts.

    `{rows:row}` is `3 rows`, `{seconds:duration}` `4 min`; several values are listed; `{reason:marked}` may have marks.
    """

    def __init__(self, front_end: FrontEnd) -> None:
        self._front_end = front_end

    def convert_field(self, value: Any, conversion: Any) -> Any:
        """As Python does; of several each."""
        if isinstance(value, (tuple, list)) and conversion:
            return ", ".join(super(_Words, self).convert_field(one, conversion) for one in value)
        return super().convert_field(value, conversion)

    def format_field(self, value: Any, format_spec: str) -> str:
        """As Python does, and as above."""
        if hasattr(value, "words"):
            return str(value.words(self._front_end))
        if isinstance(value, (tuple, list)):
            return ", ".join(map(str, value))
        if format_spec == "marked":
            return in_words_of(self._front_end, str(value))
        if format_spec == "duration":
            return duration(value)
        if _NOUN.fullmatch(format_spec) and len(format_spec) > 1:
            return counted(value, format_spec)
        return str(super().format_field(value, format_spec))
