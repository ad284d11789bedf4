"""What the served sandbox can do on one core: `python -m benchmarks.sandbox [SECONDS]`.

Requests a second with the limit off, from plain sockets beside it that keep their connections open; then a page of
contacts by `id_greater` in an account of 1,000 and in one of 100,000, as a ratio. Beside them contacts a second of the
importer in process, made and then changed, with two tags, five fields and a list each.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.export import BULK, environment_of
from bulk.sandbox.account import Account
from bulk.sandbox.app import Sandbox, SandboxOptions
from bulk.sandbox.shapes.wire import Shapes

GOAL, MOST = 1_500, 1.2
AT_ONCE = 8
Ask = tuple[str, str, object]


def requests() -> Iterator[Ask]:
    """What an import does to an account, one request after the other, for ever."""
    for number in itertools.count(1):
        contact = {"email": f"load{number % 500}@example.com", "firstName": "Ada", "phone": "202-555-0143"}
        yield "POST", "contact/sync", {"contact": contact}
        yield "POST", "contactTags", {"contactTag": {"contact": 1 + number % 400, "tag": 1 + number % 6}}
        yield "GET", f"contacts/{1 + number % 400}/contactTags", None
        yield "GET", "tags?limit=20", None


def packed(host: str, ask: Ask) -> bytes:
    """A request as it goes over the line."""
    method, path, body = ask
    content = b"" if body is None else json.dumps(body).encode()
    head = (
        f"{method} /api/3/{path} HTTP/1.1\r\nHost: {host}\r\nApi-Token: sandbox\r\nContent-Length: {len(content)}\r\n"
    )
    return head.encode() + b"Content-Type: application/json\r\n\r\n" + content


async def talk(address: str, asks: Iterator[Ask], going_on: Callable[[], bool]) -> int:
    """Ask one after the other over one connection; how many were answered well."""
    place = urlsplit(address)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    answered = 0
    while going_on():
        writer.write(packed(place.netloc, next(asks)))
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        await reader.readexactly(int(head.partition("content-length: ")[2].split("\r\n")[0]))
        status = int(head.split(" ", 2)[1])
        assert status < 300, head
        answered += 1
    writer.close()
    return answered


async def load(address: str, seconds: float) -> float:
    """Requests a second, of several connections at once."""
    until = time.perf_counter() + seconds
    asks = requests()
    began = time.perf_counter()
    counts = await asyncio.gather(*(talk(address, asks, lambda: time.perf_counter() < until) for _ in range(AT_ONCE)))
    return sum(counts) / (time.perf_counter() - began)


async def page(address: str, most: int, pages: int = 200) -> float:
    """The median seconds of a page of a hundred contacts somewhere in the account."""
    took: list[float] = []

    def asks() -> Iterator[Ask]:
        for number in itertools.count():
            took.append(time.perf_counter())
            yield "GET", f"contacts?orders[id]=ASC&limit=100&id_greater={number * 7919 % (most - 200)}", None

    await talk(address, asks(), lambda: len(took) <= pages)
    return statistics.median(b - a for a, b in itertools.pairwise(took))


def served(contacts: int, work: Callable[[str], float]) -> float:
    """Run some work against a sandbox process with so many contacts, on a core of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = os.environ | {"BULK_SANDBOX_DIR": name}
        subprocess.run([*BULK, "sandbox", "seed", "--contacts", str(contacts)], env=environment, check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
        with environment_of(folder, ("--rate", "0", "--key", "sandbox")) as given:
            return work(given["BULK_BASE_URL"])


def batch(number: int) -> bytes:
    """A full batch of contacts."""
    people = [
        {"email": f"batch{number}.{at}@example.com", "first_name": f"First {at}", "last_name": "Last",
         "tags": ["VIP", f"Batch {number % 50}"], "subscribe": [{"listid": 1}],
         "fields": [{"id": one, "value": f"value {at}"} for one in (1, 3, 7, 8, 10)]}
        for at in range(250)
    ]  # fmt: skip
    return json.dumps({"contacts": people}).encode()


def imported(batches: int) -> list[float]:
    """Contacts a second that the importer makes, and then changes."""
    bodies = [batch(number) for number in range(batches)]
    moment = datetime.now(UTC)
    rates: list[float] = []
    with Sandbox(None, SandboxOptions(rate=0), lambda: moment) as sandbox:
        account = Account(sandbox.store, Shapes(sandbox.options.host), sandbox.options.switches)
        for _ in range(2):
            began = time.perf_counter()
            for body in bodies:
                status, told = account.answer("POST", "import/bulk_import", (), body)
                assert status == 200, told
                moment += timedelta(seconds=7)
                _status, told = account.answer("GET", "import/info", (("batchId", told["batchId"]),), b"")
                assert len(told["success"]) == 250, told
            rates.append(250 * batches / (time.perf_counter() - began))
    return rates


def main() -> None:
    """Print all of it."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    for _ in range(3):
        rate = served(500, lambda address: asyncio.run(load(address, seconds)))
        print(f"{rate:,.0f} requests a second on one core (goal {GOAL:,})", flush=True)
    made, changed = imported(80)
    print(f"{made:,.0f} contacts a second imported when new, {changed:,.0f} when there", flush=True)
    few, many = (served(n, lambda address, n=n: asyncio.run(page(address, n))) for n in (1_000, 100_000))
    print(f"a page of 100 by id_greater: {few * 1000:.1f} ms of 1,000 contacts, {many * 1000:.1f} ms of 100,000:"
          f" x {many / few:.2f} (at most {MOST})")  # fmt: skip


if __name__ == "__main__":
    main()
