"""Exact cells in jobs that are cut off: what goes was decided when the row began, and goes once the job goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count

import pytest

from bulk.model import Request
from tests.undone import kept, people, undone
from tests.world import Crash, World, crashing

HEADER = "email,firstName,tags,lists"
MANY = 120  # rows of which the contacts are read before, a hundred a request


def files(rows: int) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """What people have, and what a file says that they should have."""
    numbers = range(rows)
    before = [(f"p{n}@example.com", f"Name {n}", "A,B,C,D", "Newsletter,Customers") for n in numbers]
    return before, [(f"p{n}@example.com", f"Name {n}{'!' * (n % 2)}", "A,New", "Newsletter") for n in numbers]


def tags_and_lists(world: World) -> set[tuple[str, str]]:
    """What people have by now, each once."""
    return {
        (",".join(sorted(one["tags"])), ",".join(sorted(one["lists"]))) for one in people(world)["contacts"].values()
    }


@contextmanager
def crashing_at_removals(world: World, after: int) -> Iterator[None]:
    """The process ends when so many tags were taken off and another is to be."""
    removed = count()

    def crash(request: Request) -> None:
        if request.method == "DELETE" and next(removed) >= after:
            raise Crash

    world.on_send = crash
    with suppress(BaseExceptionGroup, Crash):
        yield
    world.on_send = lambda _request: None


@pytest.mark.some(2)
@pytest.mark.parametrize("rows", [3, MANY])
@pytest.mark.parametrize("after", [0, 1, 2, 5])
def test_a_job_that_is_cut_off_amid_removals_does_the_rest(world: World, rows: int, after: int):
    before, then = files(rows)
    world.start(world.csv(before, HEADER))
    kept(world, "before")
    had = people(world)
    with crashing_at_removals(world, after):
        world.start(world.csv(then, HEADER), exact_columns=("tags", "lists"))
    assert tags_and_lists(world) != {("A,New", "Newsletter")}
    assert world.resume().summary.complete
    assert tags_and_lists(world) == {("A,New", "Newsletter")}
    undone(world, kept(world, "exact"))
    assert people(world) == had


@pytest.mark.some(2)
@pytest.mark.parametrize("rows", [3, MANY])
@pytest.mark.parametrize(
    ("path", "after"), [("contactTags", 0), ("contactTags", 5), ("contactLists", 1), ("contact/sync", 1)]
)
def test_a_job_that_is_cut_off_removes_the_rest_when_it_goes_on(world: World, rows: int, path: str, after: int):
    before, then = files(rows)
    world.start(world.csv(before, HEADER))
    kept(world, "before")
    had = people(world)
    with crashing(world, path, after):
        world.start(world.csv(then, HEADER), exact_columns=("tags", "lists"))
    assert world.resume().summary.complete
    assert tags_and_lists(world) == {("A,New", "Newsletter")}
    undone(world, kept(world, "exact"))
    assert people(world) == had
