"""Import of 100,000 and of 1,000,000 rows, limit off, sandbox in process: `python -m benchmarks.scale [SMALL LARGE]`.

One request a row. Prints time a row and peak memory of both, and their ratios (goals: 1.2 and 1.3).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path


def run(folder: Path, rows: int, checkout: Path | None = None) -> tuple[float, float]:
    """Import so many rows in a process of its own; seconds a row and peak memory in MiB.

    `checkout` is the working tree whose `bulk` is run, None: that of the environment.
    """
    folder.mkdir()
    source = folder / "contacts.csv"
    with source.open("w", encoding="utf-8") as file:
        file.write("email,firstName,lastName,phone\n")
        file.writelines(f"p{row}@example.com,Ada,Lovelace {row},+1 202-555-0143\n" for row in range(rows))
    environment = os.environ | {"BULK_SANDBOX_DIR": str(folder / "box"), "BULK_JOBS_DIR": str(folder / "jobs")}
    command = (
        sys.executable,
        "-m",
        "bulk",
        "import",
        "contacts",
        str(source),
        "--sandbox",
        "--rate",
        "0",
        "--json",
        "-q",
    )
    process = subprocess.Popen(command, env=environment, cwd=checkout, stdout=subprocess.PIPE, text=True)
    text = process.stdout.read() if process.stdout else ""
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    summary = json.loads(text)
    assert process.returncode == 0, summary
    assert summary["rows"]["succeeded"] == rows, summary
    return (usage.ru_utime + usage.ru_stime) / rows, usage.ru_maxrss / 1024


def main() -> None:
    """Print the ratios."""
    small, large = (int(text) for text in sys.argv[1:3]) if len(sys.argv) > 2 else (100_000, 1_000_000)
    with tempfile.TemporaryDirectory() as name:
        result = {}
        for rows in (small, large):
            result[rows] = run(Path(name) / str(rows), rows)
            each, memory = result[rows]
            print(f"{rows:9,} rows: {each * 1e6:5.0f} µs of CPU a row, peak {memory:4.0f} MiB", flush=True)
    print(f"time a row x {result[large][0] / result[small][0]:.2f} (goal 1.2), "
          f"memory x {result[large][1] / result[small][1]:.2f} (goal 1.3)")  # fmt: skip


if __name__ == "__main__":
    main()
