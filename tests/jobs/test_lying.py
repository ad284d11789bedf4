"""A server that is not to be believed: a few random jobs in each run, a thousand with BULK_LONG."""

from __future__ import annotations

import pytest

from tests.lying import play
from tests.scale import tries


@pytest.mark.parametrize("seed", range(1_000, tries(1_004, 2_000)))
def test_a_report_is_so_whatever_the_server_says(seed: int):
    assert play(seed) == ""
