"""A person's full name, taken apart into first and last name. Pure.

It is done only where it is asked for, since no rule is right for all: of two last names without a particle the first is
taken for a second first name.
"""

from __future__ import annotations

from typing import Final

from bulk.resources.escapes import CLEAR
from bulk.resources.identity import loose_key

# what stands before a last name and belongs to it, however it is written
_PARTICLES: Final = frozenset(
    {
        "van", "von", "vom", "de", "der", "den", "del", "della", "dello", "dei", "di", "da", "do", "dos", "das", "du",
        "des", "la", "le", "lo", "ter", "ten", "te", "'t", "zu", "zum", "zur", "af", "av", "san", "santa", "st", "bin",
        "ibn", "degli", "dalla", "op",
    }
)  # fmt: skip
_ONLY_SMALL: Final = frozenset({"al", "el", "y", "e", "i", "ben", "und", "in", "auf"})  # names too, written large
_JOINING: Final = ("y", "e", "i")  # `Ortega y Gasset` is one last name
_SUFFIXES: Final = frozenset(
    {"jr", "sr", "ii", "iii", "iv", "phd", "md", "esq", "dds", "mba", "msc", "bsc", "ma", "ba", "cpa", "rn", "jd"}
)


def split_full_name(text: str) -> tuple[str, str]:
    """First and last name of a cell: `Lovelace, Ada` is the last one first, a single word the first name."""
    if text.strip() == CLEAR:
        return CLEAR, CLEAR
    parts = [" ".join(part.split()) for part in text.split(",")]
    parts = [part for part in parts if part]
    while len(parts) > 1 and all(map(_is_suffix, parts[-1].split())):  # `John Smith, PhD`
        parts[-2:] = [f"{parts[-2]}, {parts[-1]}"]
        if len(parts) == 1:
            return _in_order(parts[0].split())
    if len(parts) > 1:
        return " ".join(parts[1:]), parts[0]
    if parts and text.rstrip().endswith(","):
        return "", parts[0]
    return _in_order(parts[0].split()) if parts else ("", "")


def _in_order(words: list[str]) -> tuple[str, str]:
    """First and last name of words in the order in which they are spoken."""
    if len(words) == 1:
        return words[0], ""
    end = len(words)
    while end > 2 and _is_suffix(words[end - 1]):
        end -= 1
    start = next((at for at in range(1, end - 1) if _is_particle(words[at])), end - 1)
    if words[start] in _JOINING and start > 1:
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])


def _is_particle(word: str) -> bool:
    key = loose_key(word).rstrip(".")
    return key in _PARTICLES or (key in _ONLY_SMALL and word[0].islower())


def _is_suffix(word: str) -> bool:
    return loose_key(word).replace(".", "").strip(",") in _SUFFIXES
