"""Two processes at once on one account, at the limit's real pace: together they stay under it, also when one dies."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.scale import tries
from tests.served import KEY, Served
from tests.started import PYTHONPATH
from tests.world import account

ROWS = 14
RATE = 5
FEW = 2  # arrivals too many, in a usual run beside other tests: a busy machine is late by more than the room between


def started(folder: Path, served: Served, name: str) -> subprocess.Popen[bytes]:
    source = folder / f"{name}.csv"
    source.write_text("email,firstName\n" + "".join(f"{name}{n}@example.com,Ada\n" for n in range(ROWS)))
    environment = {
        **os.environ, "MATON_API_KEY": KEY, "BULK_BASE_URL": served.address, "NO_PROXY": "127.0.0.1",
        "XDG_STATE_HOME": str(folder / "state"), "PYTHONPATH": PYTHONPATH,
    }  # fmt: skip
    line = (sys.executable, "-m", "bulk", "import", "contacts", str(source), "--job", name, "-q")
    return subprocess.Popen(line, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def most_in_a_second(arrivals: list[float]) -> int:
    return max(sum(start <= other < start + 1.0 for other in arrivals) for start in arrivals)


@pytest.mark.some(1)
@pytest.mark.parametrize("number", range(tries(2, 50)))
def test_together_they_stay_under_the_limit(tmp_path: Path, number: int):
    arrivals: list[float] = []
    doomed = random.Random(number).randint(4, 16) if number % 2 else 0
    with Served(tmp_path / "served", rate=RATE) as served:

        def arrived(seen: int) -> None:
            if served.log[-1][1] != "connections":  # those are the gateway's, no account's
                arrivals.append(time.monotonic())
            if seen == doomed:
                one.kill()

        served.on_request = arrived
        one, two = (started(tmp_path, served, name) for name in ("a", "b"))
        codes = one.wait(), two.wait()
        refused = sum(status == 429 for _method, _path, status in served.log)
        people = account(served.path)["contacts"]
    assert codes == (-9 if doomed else 0, 0)
    assert sum(name.startswith("b") for name in people) == ROWS
    assert doomed or sum(name.startswith("a") for name in people) == ROWS
    busy = [after - before for before, after in pairwise(sorted(arrivals))]
    assert sum(busy) / len(busy) < 1.6 / RATE, "none waits for the other in vain"
    assert refused <= tries(FEW, 0)
    assert most_in_a_second(arrivals) <= RATE + tries(FEW, 0)
