"""An export is as fast as the limit allows, on servers that count as they may; in virtual time, the answers' too."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from bulk.sandbox.app import Sandbox, SandboxOptions
from bulk.sandbox.seed import seed
from tests.scale import LONG
from tests.world import World

CONTACTS = 20_000 if LONG else 2_000
PAGES = CONTACTS // 100
RATE = 5
COLD = 0.25  # seconds for the connections of the first requests


def filled(world: World) -> None:
    (world.folder / world.sandbox).mkdir(exist_ok=True)
    with Sandbox(world.folder / world.sandbox / "sandbox.sqlite", SandboxOptions()) as sandbox:
        seed(sandbox.store, CONTACTS, skewed=False)


def export(world: World, path: Path) -> tuple[int, int, float]:
    """The requests of an export at the real pace, those that were refused, and its seconds."""
    totals = world.export(path, rate=RATE).summary.totals
    return totals.requests, totals.retries, totals.seconds


def allowed(requests: int) -> float:
    """The seconds from the first of so many requests to the last, by the limit alone."""
    return math.ceil(requests / RATE) - 1.0


@pytest.mark.some(2)
@pytest.mark.parametrize(("window", "latency"), [("sliding", 0.2), ("sliding", 1.0), ("fixed", 0.2), ("bucket", 0.1)])
def test_an_export_takes_hardly_longer_than_the_limit_allows(world: World, window: str, latency: float):
    filled(world)
    world.latency, world.counting = latency, {"rate": RATE, "window": window}
    requests, refused, seconds = export(world, world.folder / "out.csv")
    assert refused == 0
    assert requests <= PAGES + 8
    assert seconds <= allowed(requests) * 1.0103 + COLD + 0.2 + 2.0 * latency
    if LONG:
        assert requests / seconds / RATE >= 0.975 or latency == 1.0
        assert latency < 1.0 or seconds <= 0.22 * PAGES * latency


@pytest.mark.parametrize("seed", range(3 if LONG else 1))
def test_an_export_over_a_line_of_some_jitter_is_hardly_ever_refused(world: World, seed: int):
    filled(world)
    world.latency, world.seed, world.counting = 0.16, seed, {"rate": RATE, "window": "sliding", "jitter": 0.04}
    requests, refused, seconds = export(world, world.folder / "out.csv")
    assert refused <= 1
    assert seconds <= allowed(requests) * 1.045 + COLD + 0.4 + 1.3 * refused
