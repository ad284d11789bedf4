"""The numbers that a command of the tests is called with; `--help`, and what is no number, print what it is."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def numbers(about: str | None, defaults: Sequence[int | None], given: Sequence[str] | None = None) -> list[int]:
    """The numbers in their order, a default where one is missing; without a default (None) it has to be given."""
    words = list(sys.argv[1:] if given is None else given)
    known = words[: len(defaults)]
    missing = [default for default in defaults[len(known) :] if default is not None]
    if not all(word.isdecimal() for word in known) or len(known) + len(missing) < len(defaults):
        print(about)
        sys.exit(0 if known[:1] in (["-h"], ["--help"]) else 2)
    return [*map(int, known), *missing]
