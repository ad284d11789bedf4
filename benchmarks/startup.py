"""How long `bulk --help` and a small import take, and what --help loads: `python -m benchmarks.startup`."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEAVY = ("polars", "pandera", "httpx", "tqdm", "uvicorn", "anyio", "sqlite3")


def seconds(command: tuple[str, ...], times: int, environment: dict[str, str]) -> float:
    """The median of several runs."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=environment)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = os.environ | {"BULK_SANDBOX_DIR": str(folder / "box"), "BULK_JOBS_DIR": str(folder / "jobs")}
        bare = seconds((sys.executable, "-c", ""), 11, environment)
        helped = seconds((sys.executable, "-m", "bulk", "--help"), 11, environment)
        print(f"bulk --help {helped * 1000:.0f} ms (goal 150), a bare start of Python {bare * 1000:.0f} ms")
        code = (
            "import sys; from bulk.__main__ import run; run(['--help']); "
            f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
        )
        loaded = subprocess.run((sys.executable, "-c", code), check=True, capture_output=True, text=True)
        print(f"heavy modules that --help loads: {loaded.stderr.strip()}")
        source = folder / "ten.csv"
        source.write_text("email\n" + "".join(f"p{n}@example.com\n" for n in range(10)), encoding="utf-8")
        command = (sys.executable, "-m", "bulk", "import", "contacts", str(source), "--sandbox", "--rate", "0")
        print(f"bulk import of 10 rows, limit off: {seconds(command, 5, environment):.2f} s (goal 2.5)")


if __name__ == "__main__":
    main()
