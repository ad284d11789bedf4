"""What every run tries of many cases: the same each time, and of all kinds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from random import Random
from types import SimpleNamespace
from typing import Any

from tests.scale import left_out, some, various


def test_of_a_matrix_each_value_is_tried():
    cases = [{"step": step, "kind": kind} for step, kind in product("abcde", "123456789")]
    for seed in range(20):
        chosen = [cases[at] for at in various(cases, 9, Random(seed))]
        assert len(chosen) == 9
        assert {case["kind"] for case in chosen} == set("123456789")
        assert {case["step"] for case in chosen} == set("abcde")


def test_it_is_the_same_in_every_run_and_never_more_than_there_are():
    cases = [{"name": str(number)} for number in range(40)]
    assert various(cases, 7, Random("name")) == various(cases, 7, Random("name"))
    assert various(cases[:3], 7, Random("name")) == {0, 1, 2}


def test_the_long_suite_tries_all():
    assert some(range(100), 5, long=False) == some(range(100), 5, long=False)
    assert len(some(range(100), 5, long=False)) == 5
    assert some(range(3), 5, long=False) == [0, 1, 2]
    assert some(range(100), 5, long=True) == list(range(100))


@dataclass(frozen=True)
class Played:
    """As much of a test as is looked at."""

    name: str
    number: int
    count: int | None

    @property
    def nodeid(self) -> str:
        return f"{self.name}[{self.number}]"

    @property
    def callspec(self) -> Any:
        return SimpleNamespace(params={"number": self.number})

    def get_closest_marker(self, name: str) -> Any:
        return SimpleNamespace(args=(self.count,)) if name == "some" and self.count is not None else None


def test_only_cases_of_tests_that_say_so_are_left_out():
    plain, few, many = ([Played(name, n, count) for n in range(9)] for name, count in (("a", None), ("b", 9), ("c", 4)))
    gone: Any = left_out([*plain, *few, *many])
    assert len(gone) == 5
    assert set(gone) < set(many)
    assert set(gone) == set(left_out(many))
