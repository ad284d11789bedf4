"""What makes two addresses, two names, two keys the same thing. Every comparison of them goes through here; pure.

Three questions, three answers. `address_key`: are these one mailbox? As narrow as can be: what only some server's way
of comparing makes alike is two. `name_key`: is this one name? What nobody sees does not count. `loose_key`: might
a server take the one for the other? As wide as databases compare; it says where to look, never what to act upon.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, TypeVar

Known = TypeVar("Known")

# Format characters, which are seen nowhere: zero width ones, soft hyphen, marks of direction, byte order mark; beside
# them what takes up no room although it counts as a letter or a mark. A joiner inside an emoji is none of a name's.
_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
# The characters that canonical composition replaces by others for good: a Kelvin sign is no K in an address
_PARTED: Final = re.compile("([\u0340-\u0344\u0374\u037e\u0387\u1f71-\u1ffd\u2000\u2001\u2126\u212a\u212b\u2329\u232a"
                            "\uf900-\ufaff\U0002f800-\U0002fa1f])")  # fmt: skip
_LETTERS: Final = str.maketrans(
    {
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ł": "l",
        "þ": "th",
        "\u0131": "i",
        "ħ": "h",
        "ŧ": "t",
        "ĸ": "k",
    }
)  # that some databases compare like plain ones, and that do not decompose


def address_key(text: str) -> str:
    """What two spellings of one e-mail address share: blanks around it, case and the way accents are composed.

    Case is that of single letters which have one lower and one upper form, so `straße` is not `strasse`, a ligature
    not its letters, a Kelvin sign no k, a long s no s, a capital I with a dot no i.
    """
    key = text.strip()
    if key.isascii():
        return key.lower()
    parts = _PARTED.split(key)  # every second one is a character by itself
    composed = (part if at % 2 else unicodedata.normalize("NFC", part) for at, part in enumerate(parts))
    return "".join(map(_lower, "".join(composed)))


def same_address(one: str, other: str) -> bool:
    """Whether two spellings are one address."""
    return one == other or address_key(one) == address_key(other)


def name_key(text: str) -> str:
    """What two spellings of one name share: case, composition, invisible characters, blanks of any kind and number.

    A name of which nothing can be seen is itself alone: else all of them would be one.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    return "".join(map(_lower, shown(text))) or text.strip()


def same_name(one: str, other: str) -> bool:
    """Whether two spellings are one name."""
    return one == other or name_key(one) == name_key(other)


def shown(text: str) -> str:
    """A name as it is seen: composed, without invisible characters, every run of blanks one blank, none around it."""
    return " ".join(unicodedata.normalize("NFC", without_invisible(text)).split())


def loose_key(text: str) -> str:
    """What two texts share that a database may take for one: case, accents, ligatures, width, invisible characters."""
    if text.isascii():
        return text.strip().lower()
    folded = unicodedata.normalize("NFKD", without_invisible(text)).casefold()
    folded = unicodedata.normalize("NFKD", folded).casefold()  # a sharp s, for one, is found by the first only
    return "".join(char for char in folded if not unicodedata.combining(char)).translate(_LETTERS).strip()


def invisible(text: str) -> str:
    """The first invisible character of a text, by its code and name; "" if it has none."""
    match = None if text.isascii() else _INVISIBLE.search(text)
    return "" if match is None else code_point(match[0])


def without_invisible(text: str) -> str:
    """The text without invisible characters."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def code_point(char: str) -> str:
    """A character as it can be told from all others: `U+200B ZERO WIDTH SPACE`."""
    return f"U+{ord(char):04X} {unicodedata.name(char, '')}".strip()


def chosen(name: str, known: Iterable[tuple[Known, str]]) -> list[Known]:
    """Of what is `known` by names that which is called `name`: exactly so, else as it is seen, else case aside.

    Several where the name says not which; none where nothing is called so.
    """
    alike = [(one, called) for one, called in known if same_name(called, name)]
    for same in (lambda called: called == name, lambda called: shown(called) == shown(name)):
        exact = [one for one, called in alike if same(called)]
        if exact:
            return exact
    return [one for one, _called in alike]


def is_respelt(name: str, called: str) -> bool:
    """Whether a name differs from what something is called in more than its case and blanks around it."""
    return name != called and name.strip().lower() != called.strip().lower()


def difference(one: str, other: str) -> str:
    """In what two texts that look alike differ, by code points; "" where one can see it."""
    if shown(one).casefold() != shown(other).casefold() and loose_key(one) != loose_key(other):
        return ""
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    here, there = (code_point(text[at]) if at < len(text) else "the end" for text in (one, other))
    return f"it has {here} where the other has {there}" if here != there else ""


def _lower(char: str) -> str:
    """The lower form of one letter, if that is one letter whose upper form it is again."""
    lower = char.lower()
    return lower if len(lower) == 1 and lower.upper() == char else char
