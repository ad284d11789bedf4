"""How alike two names are, and which of those that are known come near to one that is not. Pure.

The one place where names are suggested from: of columns, tags, lists, options, resources, jobs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bulk.resources.identity import loose_key

FLOOR: Final = 0.6  # below it nothing is suggested: a far guess is worse than none


def likeness(one: str, other: str, floor: float = 0.0) -> float:
    """How alike two texts are, from 0 to 1; 0 below the floor.

    Two letters that changed places are one slip of the hand, as a letter too many is.
    """
    from rapidfuzz.distance import OSA  # noqa: PLC0415 - 25 ms, which `bulk --help` does without

    return OSA.normalized_similarity(one, other, score_cutoff=floor)


def nearest(word: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The known words most like `word`, best first; case and accents do not matter. None that is not like it."""
    from rapidfuzz import process  # noqa: PLC0415 - as above
    from rapidfuzz.distance import OSA  # noqa: PLC0415

    names = list(known)
    close = process.extract(
        loose_key(word), list(map(loose_key, names)), scorer=OSA.normalized_similarity, score_cutoff=FLOOR, limit=count
    )
    return [names[at] for _key, _score, at in close]
