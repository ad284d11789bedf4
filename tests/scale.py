"""How much of what has no end is tried: a little in every run, more in the long suite (`BULK_LONG=1 pytest tests`).

`tries` says how many random games are played. A test that plays one game for each of many cases carries the mark
`some(n)`: so many of its cases are in every run, the same each time and of all kinds, all of them in the long suite.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final, TypeVar

import pytest

LONG = os.environ.get("BULK_LONG") == "1"
Case = TypeVar("Case")
_ONE_BY_ONE: Final = "::"  # in what is asked for: a test by its name, which is to be run as a whole

long_suite: Final = pytest.mark.skipif(not LONG, reason="for the long suite: BULK_LONG=1")


def tries(usual: Case, long: Case) -> Case:
    """How many examples to try, or which."""
    return long if LONG else usual


def some(cases: Iterable[Case], usual: int, *, long: bool = LONG) -> list[Case]:
    """So many of the cases, by chance, the same in every run; all of them in the long suite."""
    every = list(cases)
    if long or len(every) <= usual:
        return every
    return [every[at] for at in sorted(random.Random(len(every)).sample(range(len(every)), usual))]


class Some:
    """A pytest plugin that leaves out cases of tests with the mark `some`, and tells them as deselected."""

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "some(n): n of the cases in every run, all of them in the long suite")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        if LONG or any(_ONE_BY_ONE in argument for argument in config.args):
            return
        gone = left_out(items)
        if gone:
            items[:] = [case for case in items if case not in gone]
            config.hook.pytest_deselected(items=list(gone))


def left_out(cases: Sequence[pytest.Item]) -> dict[pytest.Item, None]:
    """The cases that are for the long suite, in their order."""
    result: dict[pytest.Item, None] = {}
    for name, group in groupby(cases, lambda case: case.nodeid.partition("[")[0]):
        of_one = list(group)
        mark = of_one[0].get_closest_marker("some")
        if mark is not None and len(of_one) > mark.args[0]:
            chosen = various([_values(case) for case in of_one], mark.args[0], random.Random(name))
            result |= {case: None for at, case in enumerate(of_one) if at not in chosen}
    return result


def various(cases: Sequence[Mapping[str, str]], count: int, chance: random.Random) -> set[int]:
    """The places of so many cases, in which each value of each parameter stands if there is room for it."""
    left = chance.sample(range(len(cases)), len(cases))
    seen: set[tuple[str, str]] = set()
    result: set[int] = set()
    while len(result) < min(count, len(cases)):
        best = max(left, key=lambda at: len(cases[at].items() - seen))
        left.remove(best)
        seen |= cases[best].items()
        result.add(best)
    return result


def _values(case: pytest.Item) -> dict[str, str]:
    spec: Any = getattr(case, "callspec", None)
    return {name: repr(value) for name, value in spec.params.items()} if spec else {}
