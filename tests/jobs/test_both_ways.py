"""Random files by both engines: what `tests.both_ways` plays, a few of it in every run."""

from __future__ import annotations

import pytest

from tests.both_ways import played
from tests.scale import tries


@pytest.mark.parametrize("seed", range(tries(5, 1000)))
def test_both_engines_come_to_the_same(seed: int):
    result = played(seed)
    assert not result.wrong, "\n".join(result.wrong)
