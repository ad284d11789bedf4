"""A worker of a fleet: where it runs."""

from __future__ import annotations

from bulk.fleet.worker import core_of


def test_workers_of_one_fleet_take_the_cores_in_turn():
    taken = [core_of(number, 17, (2, 3, 5)) for number in range(4)]
    assert set(taken[:3]) == {2, 3, 5}
    assert taken[3] == taken[0]
    assert core_of(0, 18, (2, 3, 5)) != taken[0]
