"""Walking all contacts: none is lost, whatever order pages come in and whatever changes meanwhile."""

from __future__ import annotations

import math
import random
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk.errors import AbortedError
from bulk.planning.pages.collections import PAGE
from bulk.planning.pages.keyset import TOP, Ask, Walk
from tests.scale import tries

Ids = list[int]
LAWS = settings(max_examples=tries(75, 1_000), deadline=None, derandomize=True)


@dataclass
class Account:
    """Contacts by id, as the list with `id_greater` and `id_less` gives them; and what may be odd about it."""

    ids: Ids
    chance: random.Random
    tells_total: bool = True
    short: float = 0.0  # the part of pages that are shorter than asked
    empty: float = 0.0  # the part of pages that are empty without a reason, never twice in a row
    changes: float = 0.0  # the part of pages after which contacts are deleted and added
    told: int | None = None  # a wrong total
    deleted: set[int] = field(default_factory=set)
    pages: int = 0
    _was_empty: bool = False

    def page(self, ask: Ask) -> tuple[Ids, int | None]:
        self.pages += 1
        size = self.chance.randint(1, PAGE) if self.chance.random() < self.short else PAGE
        if not self._was_empty and self.chance.random() < self.empty:
            size = 0
        self._was_empty = size == 0
        if ask.upwards:
            start = bisect_right(self.ids, ask.cursor)
            result = self.ids[start : start + size]
        else:
            end = bisect_left(self.ids, ask.cursor)
            result = self.ids[max(0, end - size) : end]
        total = len(self.ids) if self.told is None else self.told
        return result, total if self.tells_total else None

    def live(self) -> None:
        if self.ids and self.chance.random() < self.changes:
            for identity in self.chance.sample(self.ids, min(len(self.ids), self.chance.randint(0, 9))):
                self.ids.remove(identity)
                self.deleted.add(identity)
            top = max(self.ids, default=0)
            self.ids += range(top + 1, top + 1 + self.chance.randint(0, 9))


@dataclass
class Reader:
    """Reads an account as an export does: a few pages at a time, in any order, kept by the range they cover."""

    account: Account
    in_flight: int = 4
    got: Ids = field(default_factory=list)
    ranges: list[tuple[int, int, int]] = field(default_factory=list)
    total: int | None = None
    drawn: set[int] = field(default_factory=set)

    def read(self, pages: float = math.inf) -> bool:
        """Read on, at most so many pages; whether all is read."""
        count = sum(count for _first, _last, count in self.ranges)
        walk = Walk(self.total, [(first, last) for first, last, _count in self.ranges], count)
        asks: list[tuple[Ask, Ids, int | None]] = []
        while not walk.done:
            while len(asks) < self.in_flight and (ask := walk.claim()) is not None:
                asks.append((ask, *self.account.page(ask)))
                self.account.live()
            assert asks, "not done, and nothing to wait for"
            if pages <= 0:
                return False
            pages -= 1
            ask, ids, total = asks.pop(self.account.chance.randrange(len(asks)))
            covered = walk.take(ask, ids, total)
            self.total = walk.total
            if covered is not None:
                inside = [identity for identity in ids if covered[0] <= identity <= covered[1]]
                self.got += inside
                self.ranges.append((*covered, len(inside)))
            assert self.account.pages < 5 * len(self.account.ids) + 2000, "asks for ever"
        return True


@st.composite
def accounts(draw: st.DrawFn, most: int = 1500) -> Ids:
    """Ids as accounts have them: dense, thinned evenly, bunched at either end, with holes, or nearly none."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    count = draw(st.sampled_from([0, 1, 2, 99, 100, 101, 250, most]))
    span = draw(st.sampled_from([1, 2, 10, 1000]))
    start = draw(st.sampled_from([1, 2, 500, 10**9]))
    if draw(st.booleans()):
        bunched = draw(st.sampled_from([1, 4, 0.25]))
        result = {start + int(count * span * chance.random() ** bunched) for _ in range(count)}
    else:
        result, at = set(), start
        for _ in range(count):
            at += 1 if chance.random() < 0.995 else chance.randint(1, 100 * span)
            result.add(at)
    return sorted(result)


CHANCES = st.integers(0, 2**32).map(random.Random)


@given(accounts(), CHANCES, st.booleans(), st.integers(1, 12))
@LAWS
def test_each_contact_is_read_once_with_few_pages_more_than_needed(ids, chance, tells_total, in_flight):
    account = Account(list(ids), chance, tells_total=tells_total)
    reader = Reader(account, in_flight)
    assert reader.read()
    assert sorted(reader.got) == ids
    needed = math.ceil(len(ids) / PAGE)
    assert account.pages <= 1.35 * needed + in_flight + 6


@given(
    accounts(600), CHANCES, st.booleans(), st.integers(1, 8), st.sampled_from([0, 0.3, 1]), st.sampled_from([0, 0.2])
)
@LAWS
def test_who_is_there_from_beginning_to_end_is_read(ids, chance, tells_total, in_flight, short, empty):
    account = Account(list(ids), chance, tells_total, short, empty if tells_total else 0, changes=0.3)
    reader = Reader(account, in_flight)
    assert reader.read()
    assert len(reader.got) == len(set(reader.got))
    assert set(ids) - account.deleted <= set(reader.got)


@given(accounts(), CHANCES, st.booleans(), st.lists(st.integers(0, 12), max_size=4), st.sampled_from([0, 0.2]))
@LAWS
def test_a_walk_cut_anywhere_goes_on_from_its_ranges(ids, chance, tells_total, cuts, changes):
    account = Account(list(ids), chance, tells_total=tells_total, short=0.1, changes=changes)
    reader = Reader(account)
    for pages in (*cuts, math.inf):
        if reader.read(pages):
            break
    assert len(reader.got) == len(set(reader.got))
    assert set(ids) - account.deleted <= set(reader.got)
    before = account.pages
    reader.read()
    assert account.pages - before <= 0, "what is read whole is not read again"


def test_ranges_are_disjoint_and_cover_every_id():
    reader = Reader(Account(list(range(1, 3000, 2)), random.Random(3)), 6)
    reader.read()
    reader.ranges.sort()
    assert reader.ranges[0][0] == 1
    assert reader.ranges[-1][1] == TOP - 1
    assert all(a[1] + 1 == b[0] for a, b in zip(reader.ranges, reader.ranges[1:], strict=False))


def test_a_hundred_thousand_contacts_in_bunches_cost_few_pages_more():
    ids = [*range(1, 60_000), *range(10**6, 10**6 + 40_000), 10**8]
    account = Account(list(ids), random.Random(0))
    assert Reader(account, 8).read()
    assert account.pages < 1000 * 1.06


@LAWS
@given(accounts(), st.randoms(use_true_random=False), st.integers(0, 3_000) | st.just(10**18), st.integers(1, 9))
def test_a_wrong_total_loses_nobody(ids, chance, told, in_flight):
    account = Account(list(ids), chance, told=told)
    reader = Reader(account, in_flight)
    assert reader.read()
    assert sorted(reader.got) == ids


def test_a_small_account_is_one_page():
    account = Account(list(range(5, 90)), random.Random(0))
    assert Reader(account, 1).read()
    assert account.pages == 1


def test_a_page_that_was_given_back_is_asked_for_again():
    walk = Walk(None)
    ask = walk.claim()
    assert ask
    walk.release(ask)
    assert any(again == ask for again in (walk.claim(), walk.claim()))


@pytest.mark.parametrize("upwards", [True, False])
def test_a_server_that_passes_over_the_bound_ends_the_job_instead_of_asking_for_ever(upwards):
    walk = Walk(1000, [(1, 100)] if upwards else [(901, TOP - 1)], 100)
    while (ask := walk.claim()) is not None and ask.upwards is not upwards:
        pass
    assert ask
    with pytest.raises(AbortedError, match="other contacts than it was asked for"):
        walk.take(ask, range(1, 101) if upwards else range(901, 1001), None)
