"""An import is as fast as the limit allows, its questions and its end included; in virtual time, the answers' too."""

from __future__ import annotations

import pytest

from tests.scale import LONG
from tests.world import World

ROWS = 1_000 if LONG else 150
RATE = 5
AROUND = 3.0  # seconds before the rows and after them, beside the latency of some questions in turn


@pytest.mark.some(2)
@pytest.mark.parametrize(
    ("window", "latency", "jitter", "share"),
    [
        ("sliding", 0.2, 0.0, 0.975), ("sliding", 1.0, 0.0, 0.975), ("fixed", 0.2, 0.0, 0.975),
        ("sliding", 0.16, 0.04, 0.95),
    ],
)  # fmt: skip
def test_an_import_takes_hardly_longer_than_the_limit_allows(
    world: World, window: str, latency: float, jitter: float, share: float
):
    world.latency, world.counting = latency, {"rate": RATE, "window": window, "jitter": jitter}
    path = world.csv([[f"p{n}@example.com", "A", "VIP"] for n in range(ROWS)], "email,firstName,tags")
    totals = world.start(path, rate=RATE).summary.totals
    assert totals.retries <= (2 * totals.requests / 1_000 if jitter else 0)
    around = 0.0 if LONG else AROUND + 4 * latency
    assert totals.requests / RATE / (totals.seconds - around) >= share
