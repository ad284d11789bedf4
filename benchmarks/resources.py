"""Export of each resource: `python -m benchmarks.resources [--memory] [--records N] [--latency S] [NAME…]`.

A served sandbox that holds so many records of one resource, a `bulk export` process beside it, real seconds: the share
of the limit of 5 requests a second that it reached, and its requests against the pages that there are. One resource of
20,000 records takes three quarters of a minute at each latency; without names, all of them.

With `--memory`, instead: the peak with so many records and with ten times as many, with the limit off.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.export import environment_of, export
from bulk.resources import RESOURCES, named
from bulk.resources.spec import Reading, Resource
from bulk.sandbox.app import Sandbox, SandboxOptions
from bulk.sandbox.seed import seed
from bulk.sandbox.store import Store

CONTACTS = 500  # that deals and notes are of
HANDFUL = 10  # requests beside the pages: the names that a row needs


def fill(store: Store, resource: Resource, records: int) -> None:
    """Make so many records of a resource, plain ones but for those of contacts."""
    if resource.reading is not Reading.PAGES:
        seed(store, records, skewed=False)
        return
    seed(store, CONTACTS, skewed=False)
    db = store.db
    db.execute("BEGIN")
    if resource.name in ("deals", "dealStages"):
        db.execute("INSERT INTO dealGroups (id, title, currency, cdate, udate) VALUES (900, 'Sales', 'usd', '', '')")
        db.execute("INSERT INTO dealStages (id, dealGroup, title, ordernum) VALUES (900, 900, 'First', 1)")
    columns = [row for row in store.rows(f"PRAGMA table_info({resource.name})") if row[1] != "id" and row[3]]
    wanted = [(name, kind) for _at, name, kind, _required, default, _key in columns if default is None]
    rows = ([_value(name, kind, n) for name, kind in wanted] for n in range(records - _current(store, resource.name)))
    marks = ", ".join("?" * len(wanted))
    names = ", ".join(name for name, _kind in wanted)
    db.executemany(f"INSERT INTO {resource.name} ({names}) VALUES ({marks})", rows)
    if resource.name == "deals":
        db.execute("UPDATE deals SET contact = 1 + id % ?", (CONTACTS,))
    db.execute("COMMIT")


def _current(store: Store, table: str) -> int:
    return store.count(f"SELECT count(*) FROM {table}")


def _value(name: str, kind: str, number: int) -> object:
    """A value for a column that must not be empty."""
    known: dict[str, object] = {
        "dealGroup": 900, "stage": 900, "events": '["subscribe"]', "sources": '["api"]', "reltype": "Subscriber",
        "relid": 1 + number % CONTACTS, "listid": 0, "type": "text", "tagType": "contact", "status": "1",
        "currency": "usd",
    }  # fmt: skip
    if name in known:
        return known[name]
    if name in ("cdate", "mdate", "udate", "createdTimestamp", "updatedTimestamp"):
        return "2026-01-01T00:00:00-06:00"
    return number if kind == "INTEGER" else f"{name} {number}"


def exported(resource: Resource, records: int, *served: str, rate: str = "5") -> dict[str, Any]:
    """Export so many records from a sandbox served with these options; the summary, with peak memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Sandbox(folder / "sandbox.sqlite", SandboxOptions()) as box:
            fill(box.store, resource, records)
        with environment_of(folder, ("--rate", rate, *served)) as environment:
            return export(environment, folder, "--rate", rate, resource=resource.name)


def measure(resource: Resource, records: int, latency: float) -> None:
    """Print one line of the table."""
    result = exported(resource, records, "--latency", str(latency))
    pages = records / 100
    print(
        f"{resource.name:20} {result['rows']['succeeded']:7,} rows at {latency * 1000:5,.0f} ms: "
        f"{result['requests_per_second'] / 5:.3f} of the limit (goal 0.95), {result['requests']:,} requests = "
        f"{result['requests'] / (pages + HANDFUL):.3f} x (pages + {HANDFUL}) (1.05), {result['retries']} refused",
        flush=True,
    )


def measure_memory(resource: Resource, records: int) -> None:
    """Print how much more ten times as many records take."""
    small, large = (exported(resource, count, rate="0")["memory"] for count in (records, 10 * records))
    print(f"{resource.name:20} {records:,} records: peak {small:.0f} MiB, {10 * records:,}: {large:.0f} MiB = "
          f"{large / small:.2f} x (goal 1.3)", flush=True)  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--latency", type=float, action="append")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    for resource in map(named, given.names) if given.names else RESOURCES:
        if given.memory:
            measure_memory(resource, given.records)
        for latency in () if given.memory else given.latency or (0.2, 1.0):
            measure(resource, given.records, latency)


if __name__ == "__main__":
    main()
