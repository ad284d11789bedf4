"""One account that is first reached by four ways at once, through three connections and directly: its limit holds.

Real processes at the limit's real pace. `BULK_LONG=1` makes 50 runs of it; `-s` shows what each saw.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.jobs.test_two_jobs import FEW, most_in_a_second
from tests.scale import tries
from tests.served import KEY, Served
from tests.started import PYTHONPATH

ROWS = 5
RATE = 5
WAYS = ("one", "two", "three", "")  # connections of one account; "": directly


def started(folder: Path, served: Served, way: str) -> subprocess.Popen[bytes]:
    name = way or "direct"
    source = folder / f"{name}.csv"
    source.write_text("email,firstName\n" + "".join(f"{name}{n}@example.com,Ada\n" for n in range(ROWS)))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MATON_", "AC_", "BULK_"))}
    environment |= {"XDG_STATE_HOME": str(folder / "state"), "PYTHONPATH": PYTHONPATH}
    if way:
        environment |= {"MATON_API_KEY": KEY, "BULK_BASE_URL": served.address, "MATON_CONNECTION": way}
    else:
        environment |= {"AC_API_TOKEN": KEY, "AC_API_URL": served.address}
    line = (sys.executable, "-m", "bulk", "import", "contacts", str(source), "--job", name, "-q")
    return subprocess.Popen(line, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("number", range(tries(1, 50)))
def test_together_they_stay_under_the_limit(tmp_path: Path, number: int):
    arrivals: list[float] = []
    ways: set[bytes] = set()

    def arrived(scope: dict[str, Any]) -> None:
        """Note it, and let every connection open the one account."""
        if not scope["path"].endswith("/connections"):  # those are the gateway's, no account's
            arrivals.append(time.monotonic())
        headers = dict(scope["headers"])
        ways.add(headers.pop(b"maton-connection", b""))
        scope["headers"] = list(headers.items())

    with Served(tmp_path / "served", rate=RATE) as served:
        served.on_arrival = arrived
        processes = [started(tmp_path, served, way) for way in WAYS[number % 4 :] + WAYS[: number % 4]]
        assert [process.wait() for process in processes] == [0] * len(WAYS)
        refused = sum(status == 429 for _method, _path, status in served.log)
    assert ways == {way.encode() for way in WAYS}
    assert len(arrivals) > len(WAYS) * ROWS
    most = most_in_a_second(arrivals)
    sys.stdout.write(f"run {number}: {len(arrivals)} arrivals, at most {most} in a second, {refused} refused\n")
    assert most <= RATE + tries(FEW, 0)
    assert refused <= tries(FEW, 0)
