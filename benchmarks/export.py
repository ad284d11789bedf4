"""Export at the real pace, beside what the limit allows: `python -m benchmarks.export [--quick]`.

A served sandbox on a loopback port, a `bulk export` process beside it, real seconds: time against the limit's own,
requests against pages, with even and with skewed ids, at two latencies; then peak memory with the limit off.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bulk.sandbox.app import Sandbox, SandboxOptions
from bulk.sandbox.seed import seed

BULK = (sys.executable, "-m", "bulk")


@contextlib.contextmanager
def served(folder: Path, contacts: int, *, skewed: bool, options: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """A served sandbox with so many contacts, in a new folder; gives the environment that points at it."""
    folder.mkdir()
    with Sandbox(folder / "sandbox.sqlite", SandboxOptions()) as box:
        seed(box.store, contacts, skewed=skewed)
    with environment_of(folder, options) as environment:
        yield environment


@contextlib.contextmanager
def environment_of(folder: Path, options: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Serve the sandbox in a folder; gives the environment that points at it."""
    environment = os.environ | {"BULK_SANDBOX_DIR": str(folder), "XDG_STATE_HOME": str(folder / "state")}
    command = (*BULK, "sandbox", "serve", "--port", "0", "--quiet", *options)
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        for _ in range(2):
            name, _, value = server.stdout.readline().removeprefix("export ").strip().partition("=")
            environment[name] = value
        yield environment | {"BULK_JOBS_DIR": str(folder / "jobs")}
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


def export(environment: dict[str, str], folder: Path, *options: str, resource: str = "contacts") -> dict[str, Any]:
    """Run one export; its summary, with peak `memory` in MiB."""
    return job(environment, "export", resource, str(folder / "out.csv"), *options)


def job(environment: dict[str, str], *command: str) -> dict[str, Any]:
    """Run one job; its summary, with peak `memory` in MiB."""
    command = (*BULK, *command, "--json", "--quiet")
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    text = process.stdout.read() if process.stdout else ""
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, process.returncode
    return {**json.loads(text), "memory": usage.ru_maxrss / 1024}


def main() -> None:
    """Print the table."""
    contacts = 2_000 if "--quick" in sys.argv else 20_000
    allowed = contacts / 100 / 5
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for latency, goal in ((0.2, 1.05), (1.0, 1.10)):
            for skewed in (False, True):
                place = folder / f"{latency}-{skewed}"
                with served(place, contacts, skewed=skewed, options=("--latency", str(latency))) as environment:
                    result = export(environment, place)
                assert result["rows"]["succeeded"] == contacts, result
                print(
                    f"{contacts:,} contacts, {'skewed' if skewed else 'even'} ids, {latency * 1000:5,.0f} ms: "
                    f"{result['seconds']:5.1f} s = {result['seconds'] / allowed:.3f} x the limit's time (goal {goal}), "
                    f"{result['requests']} requests = {result['requests'] / (contacts / 100):.3f} x pages (1.03), "
                    f"{result['retries']} refused",
                    flush=True,
                )
        sizes = (2_000, 10_000) if "--quick" in sys.argv else (20_000, 100_000, 200_000)
        base = 0.0
        for size in sizes:
            place = folder / f"memory-{size}"
            with served(place, size, skewed=False, options=("--rate", "0")) as environment:
                result = export(environment, place, "--rate", "0")
            base = base or result["memory"]
            print(f"{size:,} contacts: peak {result['memory']:.0f} MiB = {result['memory'] / base:.2f} x the first "
                  f"(goal at 100,000: 130), {result['seconds']:.1f} s", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
