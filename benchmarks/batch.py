"""Contacts in batches at the documented limits, in virtual time: `python -m benchmarks.batch [ROWS]`.

So many contacts with five fields, two tags and a list (default: 100,000) go into an empty account, and into one that
holds every other of them. Prints the time on the loop's clock, the requests by kind beside what is needed at least,
what one request a step would take, and the peak of memory.
"""

from __future__ import annotations

import csv
import json
import math
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import anyio
import pytest

from bulk.jobs.summary import JobResult
from bulk.sandbox.account import Account as Office
from bulk.sandbox.app import Sandbox, SandboxOptions
from bulk.sandbox.shapes.wire import Shapes
from bulk.sandbox.switches import Switches
from bulk.wording import FrontEnd, in_words_of
from tests.world import World

FIELDS = tuple(f"Field {number}" for number in range(1, 6))
HEADER = ("email", "firstName", *FIELDS, "tags", "lists")
GOAL = 1.15


def file_of(folder: Path, rows: int, step: int = 1) -> Path:
    """A file of contacts, every `step`-th of so many."""
    path = folder / f"contacts-{step}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(0, rows, step):
            fields = [f"value {at} of {number}" for at in range(len(FIELDS))]
            writer.writerow([f"p{number}@example.com", f"First {number}", *fields, "Spring,Summer", "Newsletter"])
    return path


def account_of(folder: Path) -> Path:
    """An account that has the fields, and nobody."""
    path = folder / "account"
    path.mkdir()
    with Sandbox(path / "sandbox.sqlite", SandboxOptions()) as sandbox:
        office = Office(sandbox.store, Shapes("sandbox.example.com"), Switches())
        for title in FIELDS:
            field = {"title": title, "type": "text"}
            status, said = office.answer("POST", "fields", (), json.dumps({"field": field}).encode())
            assert status == 201, said
    return path


def play(name: str, world: World, path: Path, rows: int) -> JobResult:
    """Import a file, and print what it took."""
    shutil.rmtree(world.folder / "jobs", ignore_errors=True)
    world.sent.clear()
    world.told.lines.clear()
    seconds: list[float] = []
    kinds: Counter[str] = Counter()

    def count(request: object, _reply: object) -> None:
        kinds[f"{getattr(request, 'method', '')} {str(getattr(request, 'path', '')).split('?')[0]}"] += 1
        world.sent.clear()  # a hundred thousand of them would be the peak
        seconds.append(anyio.current_time())

    world.after = count
    began = time.monotonic()
    result = world.start(path, rate=5.0, engine="auto")
    took = time.monotonic() - began
    assert result.error is None, result.error
    assert result.summary.rows["succeeded"] + result.summary.rows["unchanged"] == rows, result.summary.rows
    batches, looks = kinds["POST import/bulk_import"], kinds["GET import/info"]
    needed = batches + looks + math.ceil(result.summary.rows["succeeded"] / 100)
    before = math.ceil(result.summary.rows["unchanged"] / 100)  # pages of those who are there, read to know that
    total = sum(kinds.values()) - before
    print(f"{name}: {seconds[-1] / 60:.2f} min of virtual time ({took:.0f} s here), {total + before:,} requests")
    print(f"  {batches} batches, {looks} looks, {needed - batches - looks} pages to read back: "
          f"x {total / needed:.3f} of these (goal {GOAL}), {before} pages read before")  # fmt: skip
    for line in world.told.lines:
        if "batch" in line or "≈" in line:
            print(f"  said: {in_words_of(FrontEnd.COMMAND_LINE, line)}")
    print(f"  {dict(kinds.most_common(8))}", flush=True)
    return result


def main() -> None:
    """Play both."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        for title, step in (("empty account", 0), ("half of them there", 2)):
            folder = Path(name) / str(step)
            folder.mkdir()
            account_of(folder)
            world = World(folder, pytest.MonkeyPatch())
            world.by_loop = True
            if step:
                play("  first every other", world, file_of(folder, rows, step), rows // step)
            play(title, world, file_of(folder, rows), rows)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory with the sandbox in the same process: {peak:.0f} MiB")


if __name__ == "__main__":
    main()
