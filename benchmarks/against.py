"""The same import by this checkout and by another one, in turn: `python -m benchmarks.against CHECKOUT [ROWS [TIMES]]`.

Sandbox in process, no limit, one request a row; both run with the packages of this environment. Prints the CPU time a
row and the peak memory of both (the least of TIMES runs), and this checkout's as parts of the other's. Make the other
with `git worktree add --detach FOLDER COMMIT`. Goals against commit e76a931 with 1,000,000 rows: 0.8 and 1.0.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.scale import run

HERE = Path(__file__).resolve().parent.parent


def main() -> None:
    """Print the ratios."""
    other = Path(sys.argv[1]).resolve()
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    times = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    seconds: dict[Path, list[float]] = {other: [], HERE: []}
    memory: dict[Path, list[float]] = {other: [], HERE: []}
    with tempfile.TemporaryDirectory() as name:
        for turn in range(times):
            for at, checkout in enumerate((other, HERE)):
                each, peak = run(Path(name) / f"{turn}-{at}", rows, checkout)
                seconds[checkout].append(each)
                memory[checkout].append(peak)
                print(f"{checkout.name:>12}: {each * 1e6:5.0f} µs of CPU a row, peak {peak:4.0f} MiB", flush=True)
    time_ratio, memory_ratio = (min(of[HERE]) / min(of[other]) for of in (seconds, memory))
    print(f"{rows:,} rows: time x {time_ratio:.2f} (goal 0.8), memory x {memory_ratio:.2f} (goal 1.0)")


if __name__ == "__main__":
    main()
