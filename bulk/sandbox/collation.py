"""Which spellings an account takes for one name: as a database's collation does. Which it has is not known."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

_EXPANDED: Final = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "\u0131": "i", "ħ": "h", "ŧ": "t"}
)


def _mysql(text: str) -> str:
    """About as utf8mb4_unicode_ci: accents, width, ligatures and what is passed over make no difference."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in plain if unicodedata.category(char) not in ("Mn", "Cf")).translate(_EXPANDED)


def _letters(text: str) -> str:
    """The case of single letters alone."""
    return "".join(char.lower() if len(char.lower()) == 1 else char for char in text)


COLLATIONS: Final[Mapping[str, Callable[[str], str]]] = {
    "casefold": str.casefold, "mysql": _mysql, "letters": _letters,
}  # fmt: skip
