"""Sends that may not be repeated blindly: after a lost answer the account is read for exactly what was sent."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Final

SENDS: Final = 2  # of a step that may not be repeated blindly, in one run, each settled by reading


def again_and_again(step: str) -> Iterator[str]:
    """Names for the sends of a step that may not be repeated blindly."""
    yield step
    yield f"{step} again"
    yield from (f"{step} again {number}" for number in count(2))
