"""Two machines on one account by a Redis, at the limit's real pace; `python -m tests.two_machines` plays many."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import two_machines
from tests.redis_server import redis_server
from tests.scale import LONG, tries

FEW = 0 if LONG else 4  # arrivals too many, in a usual run beside other tests: a busy machine is late
STOPPED = (4.0, 0.0, 30.0)


@pytest.fixture(scope="module", autouse=True)
def _starters() -> Iterator[None]:
    two_machines.STARTERS.extend(two_machines.Starter() for _machine in "ab")
    yield
    for starter in two_machines.STARTERS:
        starter.process.kill()
        starter.process.communicate()
    two_machines.STARTERS.clear()


@pytest.mark.parametrize("number", range(tries(1, 12)))
def test_the_limit_is_kept_and_nothing_is_made_twice_also_when_one_is_stopped(tmp_path: Path, number: int):
    with redis_server(tmp_path) as redis:
        came = two_machines.play(number, STOPPED[number % len(STOPPED)], 0, tmp_path / "play", redis)
    assert (came.lost, came.doubled) == (0, 0)
    assert came.refused <= FEW
    assert came.most <= two_machines.RATE + FEW
    assert not came.wrong or (came.refused <= FEW and all(line[:1].isdigit() for line in came.wrong))
