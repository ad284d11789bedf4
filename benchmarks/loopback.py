"""An import over a real loopback socket against a strict sliding limit: `python -m benchmarks.loopback`.

300 ms latency at 50 requests a second (ten times the real pace), and 2 s latency at 5: requests a second, from the
first row's request to the last answer, against the limit.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from benchmarks.export import BULK, served

CASES = ((50, 0.3, 1500, 0.97), (5, 2.0, 300, 0.95))


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        for rate, latency, requests, goal in CASES:
            folder = Path(name) / str(rate)
            options = ("--rate", str(rate), "--latency", str(latency))
            with served(folder, 1, skewed=False, options=options) as environment:
                source = folder / "contacts.csv"
                rows = "".join(f"new{n}@example.com,VIP,Newsletter\n" for n in range(requests // 3))
                source.write_text("email,tags,lists\n" + rows, encoding="utf-8")
                command = (*BULK, "import", "contacts", str(source), "--json", "-q", "--rate", str(rate))
                done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            summary = json.loads(done.stdout)
            reached = summary["requests_per_second"] / rate
            print(f"rate {rate:2}, {latency:.1f} s latency, {summary['requests']:,} requests: "
                  f"{reached:.3f} of the limit (goal {goal}), {summary['retries']} refused or repeated", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
