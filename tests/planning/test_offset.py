"""Reading by offset, side by side: nothing is lost whatever comes and goes meanwhile, and few pages are read twice."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bulk.errors import UnfinishedError
from bulk.planning.pages.collections import PAGE
from bulk.planning.pages.offset import BLIND, OVERLAP, OffsetAsk, Offsets
from tests.scale import tries


@dataclass
class Collection:
    """Records by offset, `page` of them at a time; with each request some may be deleted or made."""

    records: list[int]
    page: int = PAGE
    tells: bool = True
    deleted: float = 0.0
    made: float = 0.0
    in_front: bool = False
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    requests: int = 0

    def __post_init__(self) -> None:
        self.always = set(self.records)
        self._new = max(self.records, default=0) + 1

    def answer(self, ask: OffsetAsk) -> tuple[list[int], int | None]:
        self.requests += 1
        if self.records and self.chance.random() < self.deleted:
            self.always.discard(self.records.pop(self.chance.randrange(len(self.records))))
        if self.chance.random() < self.made:
            self.records.insert(0 if self.in_front else len(self.records), self._new)
            self._new += 1
        return self.records[ask.offset : ask.offset + self.page], len(self.records) if self.tells else None


def read(collection: Collection, walk: Offsets | None = None, *, in_flight: int = 5, most: int = 3_000) -> list[int]:
    """Read it all with so many requests in flight, answered in any order; the ids as they came."""
    walk = walk or Offsets(None)
    result: list[int] = []
    flying: list[tuple[OffsetAsk, list[int], int | None]] = []
    while True:
        while len(flying) < in_flight and (ask := walk.claim()):
            flying.append((ask, *collection.answer(ask)))
        if not flying:
            break
        ask, ids, total = flying.pop(collection.chance.randrange(len(flying)))
        result += ids
        walk.take(ask, ids, total)
        assert collection.requests < most, "asks for ever"
    assert walk.done
    return result


@pytest.mark.parametrize("count", [0, 1, 19, 20, 50, 98, 99, 100, 101, 102, 198, 200, 1_000, 20_000])
@pytest.mark.parametrize("tells", [True, False])
def test_every_record_is_read_with_hardly_more_requests_than_pages(count, tells):
    collection = Collection(list(range(1, count + 1)), tells=tells)
    assert set(read(collection)) == collection.always
    assert collection.requests <= 1.05 * count / PAGE + BLIND + 2


@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize("page", [20, 50])
def test_pages_that_are_shorter_than_asked_are_read_on_from_their_ends(page, tells):
    collection = Collection(list(range(1, 701)), page=page, tells=tells)
    assert set(read(collection)) == collection.always


@settings(max_examples=tries(100, 5_000))
@example(count=195, deleted=0.0, made=0.5, in_front=False, in_flight=3, seed=1)  # the end is reached from further back
@example(count=30, deleted=0.5, made=0.5, in_front=False, in_flight=2, seed=984)  # there were more when it began
@given(
    count=st.integers(0, 2_500), deleted=st.sampled_from([0.0, 0.1, 0.5]), made=st.sampled_from([0.0, 0.5]),
    in_front=st.booleans(), in_flight=st.integers(1, 8), seed=st.integers(0, 2**32),
)  # fmt: skip
def test_what_is_there_from_beginning_to_end_is_read(count, deleted, made, in_front, in_flight, seed):
    collection = Collection(
        list(range(1, count + 1)), deleted=deleted, made=made, in_front=in_front, chance=random.Random(seed)
    )
    assert collection.always <= set(read(collection, in_flight=in_flight))


@settings(max_examples=tries(100, 5_000))
@example(count=150, deleted=0.5, in_flight=3, page=50, seed=1571846635)  # the total falls to what was read before
@example(count=11, deleted=0.1, in_flight=8, page=10, seed=886569108)
@given(
    count=st.integers(0, 400), deleted=st.sampled_from([0.1, 0.5]), in_flight=st.integers(1, 8),
    page=st.sampled_from([10, 20, 50]), seed=st.integers(0, 2**32),
)  # fmt: skip
def test_a_total_that_falls_to_what_was_read_does_not_make_it_whole(count, deleted, in_flight, page, seed):
    collection = Collection(
        list(range(1, count + 1)), page=page, deleted=deleted, made=deleted, in_front=True, chance=random.Random(seed)
    )
    try:
        result = read(collection, in_flight=in_flight)
    except UnfinishedError:
        return  # said to be unfinished, where nobody can know
    assert collection.always <= set(result)


@pytest.mark.parametrize("deleted", [1, 3, 30, 99, 150])
def test_deletions_before_the_place_that_is_read_lose_nothing(deleted):
    records = list(range(1, 991))
    walk = Offsets(None)
    result: set[int] = set()
    for turn in range(100):
        ask = walk.claim()
        if ask is None:
            break
        ids = records[ask.offset : ask.offset + PAGE]
        result |= set(ids)
        walk.take(ask, ids, len(records))
        if turn == 3:
            del records[:deleted]
    assert walk.done
    assert set(records) <= result


def test_a_resume_reads_what_is_missing_and_no_more():
    records = list(range(1, 1_001))
    step = PAGE - OVERLAP
    before = [(n * step, records[n * step : n * step + PAGE]) for n in (0, 1, 2, 5, 6)]
    collection = Collection(records)
    result = read(collection, Offsets(len(records), before))
    assert set(result) | {identity for _offset, ids in before for identity in ids} == set(records)
    assert collection.requests <= 8


def test_a_total_that_is_never_reached_is_not_read_for_ever():
    class Short(Collection):
        def answer(self, ask: OffsetAsk) -> tuple[list[int], int | None]:
            return super().answer(ask)[0], 250

    collection = Short(list(range(240)))
    assert set(read(collection)) == collection.always
    assert collection.requests <= 10


def test_pages_without_records_where_there_should_be_some_do_not_fit():
    class Dry(Collection):
        def answer(self, ask: OffsetAsk) -> tuple[list[int], int | None]:
            ids, total = super().answer(ask)
            return ids if ask.offset == 0 else [], total

    with pytest.raises(UnfinishedError, match="says it has 240 records but gives 100"):
        read(Dry(list(range(240))))


@settings(max_examples=tries(80, 5_000))
@given(
    count=st.integers(0, 2_500), page=st.sampled_from([20, 50, 100]), in_flight=st.integers(1, 8),
    told=st.integers(0, 3_000) | st.just(10**18), moved=st.booleans(), seed=st.integers(0, 2**32),
)  # fmt: skip
def test_a_wrong_total_loses_nothing_and_is_not_read_for_ever(count, page, in_flight, told, moved, seed):
    class Wrong(Collection):
        def answer(self, ask: OffsetAsk) -> tuple[list[int], int | None]:
            ids, _total = super().answer(ask)
            return ids, self.chance.choice([told, count]) if moved else told

    collection = Wrong(list(range(1, count + 1)), page=page, chance=random.Random(seed))
    try:
        result = read(collection, in_flight=in_flight, most=4 * (count // page) + 200)
    except UnfinishedError:
        assert count == 0, "nothing came where something should be"
        return
    assert set(result) == collection.always


def test_a_server_that_passes_over_the_offset_is_not_asked_for_ever():
    walk = Offsets(None)
    for _ in range(20):
        ask = walk.claim()
        if ask is None:
            break
        walk.take(ask, list(range(100)), None)
    assert walk.done


def test_a_page_that_is_given_back_is_asked_for_again():
    walk = Offsets(None)
    first = walk.claim()
    assert first
    walk.release(first)
    assert walk.claim() == first


@pytest.mark.parametrize("records", [0, 1, 99, 100, 101, 197, 198, 199, 450, 5_000, 20_000])
def test_without_a_total_no_more_pages_are_for_nothing_than_brought_something(records: int):
    collection = Collection(list(range(1, records + 1)), tells=False)
    assert sorted(set(read(collection, in_flight=7))) == collection.records
    needed = max(1, math.ceil((records - OVERLAP) / (PAGE - OVERLAP)))
    assert collection.requests <= needed + min(needed, 7) + 1 + BLIND


def test_without_a_total_pages_are_read_side_by_side():
    walk = Offsets(None)
    collection = Collection(list(range(1, 5_001)), tells=False)
    rounds = 0
    while not walk.done:
        rounds += 1
        for ask in list(iter(walk.claim, None)):
            walk.take(ask, *collection.answer(ask))
    assert rounds < 10
