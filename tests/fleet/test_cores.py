"""The core of a fleet's worker: taken in turn, and left once others want it."""

from __future__ import annotations

import os
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk.fleet.cores import core_of, is_crowded, leave_core


@given(st.sets(st.integers(0, 300), min_size=1), st.integers(1, 100_000))
def test_workers_of_one_fleet_take_the_cores_in_turn(cores: set[int], parent: int):
    taken = [core_of(number, parent, cores) for number in range(len(cores) + 1)]
    assert set(taken[:-1]) == cores
    assert taken[-1] == taken[0]


@pytest.mark.parametrize(
    ("waited", "used", "crowded"),
    [
        (0.0, 0.1, False),  # accounts that wait for their limits
        (2.5, 5.0, False),  # its own threads: nobody else has had the core
        (2.5, 2.5, True),  # half of it went to somebody else
        (4.5, 0.4, True),
    ],
)
def test_a_core_is_crowded_where_one_waits_for_it_and_has_not_used_it_up(waited: float, used: float, crowded: bool):
    assert is_crowded(waited, used, 5.0) is crowded


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process choose its cores")
def test_who_leaves_a_core_takes_all_threads_along():
    cores = os.sched_getaffinity(0)
    pinned, left, taken = threading.Event(), threading.Event(), list[set[int]]()

    def stay() -> None:
        os.sched_setaffinity(0, {min(cores)})
        pinned.set()
        left.wait()
        taken.append(os.sched_getaffinity(0))

    thread = threading.Thread(target=stay)
    thread.start()
    pinned.wait()
    leave_core(cores)
    left.set()
    thread.join()
    assert taken == [cores]
