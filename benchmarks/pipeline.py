"""The whole import pipeline beside bare httpx, on one sandbox in process: `python -m benchmarks.pipeline [N]`.

Both send the same requests: one contact/sync and two contactTags a row. The pipeline reads, checks, plans, paces
(limit off), writes intents and receipts to disk and reports; bare httpx only sends, eight at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import anyio
import httpx

from bulk.__main__ import run
from bulk.sandbox.app import Sandbox, SandboxOptions

GOAL = 0.6
AT_ONCE = 8


def bare(rows: int) -> float:
    """Requests a second of httpx alone."""

    async def run() -> float:
        with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder) / "s.sqlite", SandboxOptions(rate=0)) as box:
            transport = httpx.ASGITransport(box.app)
            headers = {"Api-Token": "sandbox"}
            async with httpx.AsyncClient(transport=transport, base_url="http://test/api/3/", headers=headers) as client:
                tags = [
                    (await client.post("tags", json={"tag": {"tag": name, "tagType": "contact"}})).json()["tag"]["id"]
                    for name in ("A", "B")
                ]
                left = iter(range(rows))

                async def work() -> None:
                    for row in left:
                        contact = {"email": f"p{row}@example.com", "firstName": "Ada", "phone": "+1 202-555-0143"}
                        reply = await client.post("contact/sync", json={"contact": contact})
                        identity = reply.json()["contact"]["id"]
                        for tag in tags:
                            link = {"contactTag": {"contact": identity, "tag": tag}}
                            (await client.post("contactTags", json=link)).json()

                began = time.perf_counter()
                await asyncio.gather(*(work() for _ in range(AT_ONCE)))
                return rows * 3 / (time.perf_counter() - began)

    return anyio.run(run)


def pipeline(rows: int) -> float:
    """Requests a second of a whole import, from the file to the reports."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        source = place / "contacts.csv"
        lines = (f'p{row}@example.com,Ada,+1 202-555-0143,"A,B"\n' for row in range(rows))
        source.write_text("email,firstName,phone,tags\n" + "".join(lines), encoding="utf-8")
        os.environ |= {"BULK_SANDBOX_DIR": str(place / "box"), "BULK_JOBS_DIR": str(place / "jobs")}
        command = ["import", "contacts", str(source), "--sandbox", "--rate", "0", "--job", "bench", "--quiet", "--json"]
        began = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            assert run(command) == 0
        seconds = time.perf_counter() - began
        return float(json.loads((place / "jobs/bench/summary.json").read_text())["requests"]) / seconds


def main() -> None:
    """Print the ratio."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 3_000
    pipeline(10)  # imports are not what is measured
    for _ in range(3):
        alone, entire = bare(rows), pipeline(rows)
        print(f"bare httpx {alone:8,.0f}/s   pipeline {entire:8,.0f}/s   ratio {entire / alone:.2f} (goal {GOAL})")


if __name__ == "__main__":
    main()
