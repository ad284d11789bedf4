"""An export beside a plain loop, in one run: `python -m benchmarks.side_by_side [--quick] [--import] [WINDOW ...]`.

At the same time, each from a served sandbox of its own at 5 requests a second: `bulk export`, and a loop of httpx over
one connection that reads page after page by offset, as anybody would write it. Beside both, what the limit allows by
arithmetic. Real seconds on loopback ports; the whole processes are timed, their start and the file included.

WINDOW is how the sandbox counts, `sliding` and `fixed` by default; `jitter` adds a line on which each way takes up to
40 ms more. `--columns` compares five plain columns with a loop that asks for nothing beside the contacts. `--import`
sends 1,000 new contacts instead, one request each, beside nothing but the limit.
"""

from __future__ import annotations

import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from benchmarks.export import export, job, served

RATE, PAGE = 5, 100
INCLUDE = {"include": "fieldValues,contactTags.tag,contactLists,accountContacts"}
COLUMNS = ("--columns", "id,email,firstName,lastName,phone")


def plain_loop(environment: dict[str, str], more: dict[str, str]) -> tuple[float, int, int]:
    """Read all contacts page by page; seconds, contacts, and requests that were refused."""
    began, contacts, offset, refused = time.perf_counter(), 0, 0, 0
    headers = {"Authorization": f"Bearer {environment['MATON_API_KEY']}"}
    url = f"{environment['BULK_BASE_URL']}/active-campaign/api/3/contacts"
    with httpx.Client(headers=headers, timeout=60) as client:
        while True:
            response = client.get(url, params={"limit": str(PAGE), "offset": str(offset), **more})
            if response.status_code == 429:
                refused += 1
                time.sleep(float(response.headers.get("Retry-After", "1")))
                continue
            page = response.json()["contacts"]
            contacts, offset = contacts + len(page), offset + PAGE
            if len(page) < PAGE:
                return time.perf_counter() - began, contacts, refused


def ours(environment: dict[str, str], folder: Path, *options: str) -> tuple[float, dict[str, Any]]:
    """Run one export; seconds from start to end of the process, and its summary."""
    began = time.perf_counter()
    summary = export(environment, folder, *options)
    return time.perf_counter() - began, summary


def compare(folder: Path, contacts: int, latency: float, serving: tuple[str, ...], *, columns: bool) -> str:
    """Both at once; what there is to say of it."""
    serving = ("--latency", str(latency), *serving)
    with (
        served(folder / "ours", contacts, skewed=False, options=serving) as mine,
        served(folder / "plain", contacts, skewed=False, options=serving) as theirs,
        ThreadPoolExecutor(1) as beside,
    ):
        plain = beside.submit(plain_loop, theirs, {} if columns else INCLUDE)
        took, summary = ours(mine, folder / "ours", *(COLUMNS if columns else ()))
        plain_took, plain_contacts, plain_refused = plain.result()
    assert summary["rows"]["succeeded"] == plain_contacts == contacts, summary
    requests, seconds = summary["requests"], summary["seconds"]
    arithmetic = (contacts / PAGE - RATE) / RATE + latency
    return (
        f"{latency * 1000:5,.0f} ms {' '.join(serving[2:]):28} "
        f"ours {took:6.1f} s, plain {plain_took:6.1f} s, limit {arithmetic:5.1f} s: "
        f"{took / plain_took:.3f} x the plain loop, {requests / seconds / RATE:.3f} of the limit, "
        f"{requests} requests, {summary['retries']} refused (plain: {plain_refused})"
    )


def send(folder: Path, rows: int, latency: float, serving: tuple[str, ...]) -> str:
    """Import so many new contacts, one request each; what there is to say of it."""
    file = folder / "rows.csv"
    file.write_text("email,firstName\n" + "".join(f"n{n}@example.com,N{n}\n" for n in range(rows)))
    serving = ("--latency", str(latency), *serving)
    with served(folder / "ours", 0, skewed=False, options=serving) as environment:
        summary = job(environment, "import", "contacts", str(file), "--engine", "single")
    requests, seconds = summary["requests"], summary["seconds"]
    assert summary["rows"]["succeeded"] == rows, summary
    return (
        f"{latency * 1000:5,.0f} ms {' '.join(serving[2:]):28} {seconds:6.1f} s, "
        f"{requests / seconds / RATE:.3f} of the limit, {requests} requests, {summary['retries']} refused"
    )


def main() -> None:
    """Print a line for each way of counting and each latency."""
    quick, columns, imports = ("--" + word in sys.argv for word in ("quick", "columns", "import"))
    contacts = 1_000 if imports else 2_000 if quick else 20_000
    windows = [word for word in sys.argv[1:] if not word.startswith("--")] or ["sliding", "fixed"]
    what = "sent" if imports else "five columns" if columns else "whole contacts"
    print(f"{contacts:,} contacts, {what}, {RATE} requests a second (goals: 1.01 at 200 ms, 0.22 at 1,000 ms; 0.975)")
    with tempfile.TemporaryDirectory() as name:
        for window in windows:
            serving = ("--jitter", "0.04") if window == "jitter" else ("--window", window)
            for latency in (0.2, 1.0) if window == "sliding" else (0.2,):
                place = Path(name) / f"{window} {latency}"
                place.mkdir()
                if imports:
                    print(send(place, contacts, latency, serving), flush=True)
                else:
                    print(compare(place, contacts, latency, serving, columns=columns), flush=True)


if __name__ == "__main__":
    main()
