"""A worker of a fleet: where it runs."""

from __future__ import annotations

import os
import sys

import pytest

from bulk.fleet import worker


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process choose its cores")
def test_workers_of_one_fleet_take_the_cores_in_turn(monkeypatch: pytest.MonkeyPatch):
    taken: list[set[int]] = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {2, 3, 5})
    monkeypatch.setattr(os, "sched_setaffinity", lambda _process, cores: taken.append(set(cores)))
    for number in range(4):
        worker._stay_on_one_core(number)
    assert set().union(*taken[:3]) == {2, 3, 5}
    assert taken[3] == taken[0]
    assert all(len(cores) == 1 for cores in taken)
