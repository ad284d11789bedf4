"""Small random accounts and files: an undo leads back to where the account was, and an undo of it to where it went."""

from __future__ import annotations

import shutil
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bulk.errors import NothingToUndoError
from tests.scale import tries
from tests.undone import check, gone_on, kept, people, undone
from tests.world import Crash, World

HEADER = "email,firstName,tags,remove_tags,lists,unsubscribe_lists,account,Company size"
PEOPLE = [f"p{n}@example.com" for n in range(5)]
TAGS, LISTS, ACCOUNTS = ("VIP", "Gold", "Trial"), ("Newsletter", "Customers"), ("Acme", "Other")
SUBSCRIBING = [((), ()), (LISTS[:1], ()), (LISTS[1:], LISTS[:1]), ((), LISTS[1:]), (LISTS, ())]


@st.composite
def rows(draw: Any) -> list[tuple[str, ...]]:
    """Rows of a file, each of another person."""
    result = []
    for email in draw(st.lists(st.sampled_from(PEOPLE), unique=True, min_size=1)):
        tags = draw(st.permutations(TAGS))
        added, gone = draw(st.integers(0, 2)), draw(st.integers(0, 1))
        on, off = draw(st.sampled_from(SUBSCRIBING))
        name = draw(st.sampled_from(("", "Ada", "Grace", "#N/A")))
        account, size = draw(st.sampled_from(("", "#N/A", *ACCOUNTS))), draw(st.sampled_from(("", "1-10", "11-50")))
        cells = (",".join(tags[:added]), ",".join(tags[2 : 2 + gone]), ",".join(on), ",".join(off))
        result.append((email, name, *cells, account, size))
    return result


def employed(account: str) -> list[tuple[str, ...]]:
    return [(email, *[""] * 5, account, "") for email in PEOPLE[:2]]


@given(before=rows(), after=rows(), crash=st.integers(0, 60))
@example(before=employed("Acme"), after=employed("Other"), crash=9)
@settings(max_examples=tries(5, 400), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_undo_leads_back(world: World, before: Any, after: Any, crash: int):
    shutil.rmtree(world.folder / "jobs", ignore_errors=True)
    shutil.rmtree(world.folder / world.sandbox, ignore_errors=True)
    world.sent.clear()
    world.start(world.csv(before, HEADER), undoable=True)
    kept(world, "before")
    start = people(world)
    world.start(world.csv(after, HEADER), undoable=True)
    job, imported = kept(world, "imported"), people(world)
    sent, nothing = len(world.sent), False

    def die(_request: object) -> None:
        if len(world.sent) - sent >= crash:
            raise Crash

    world.on_send = die
    try:
        undone(world, job)
    except NothingToUndoError:
        assert imported == start
        nothing = True
    except (Crash, BaseExceptionGroup):
        world.on_send = lambda _request: None
        if world.job.path.exists():
            gone_on(world)
        else:
            undone(world, job)
    world.on_send = lambda _request: None
    assert people(world) == start
    if nothing:
        assert not world.job.path.exists()
        return
    try:
        again = undone(world, kept(world, "undone"))
    except NothingToUndoError:
        assert imported == start
    else:
        assert again.summary.complete
    assert people(world) == imported


@pytest.mark.parametrize("seed", range(tries(4, 400)))
def test_an_undo_of_anything_leads_back_and_leaves_what_others_changed(world: World, seed: int):
    """`python -m tests.undone N SEED` plays as many as one likes."""
    assert check(world, Random(seed)).wrong == []
