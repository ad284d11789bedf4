"""Many accounts on one machine: `python -m benchmarks.fleet [ACCOUNTS [ROWS [PROCESSES]]]`.

So many sandboxed accounts, each with so many new contacts, one request each at 5 requests a second; real seconds. Each
process that works has its sandboxes in it too, whose answers cost about as much as the work. Prints the least share of
its limit that an account has had, how many accounts a core would carry, and the memory of an account.

The share is that of the account's own job: its requests by the seconds from the first word with the account to the last
report, as its summary has them. When it was begun is another matter, so the time of the whole fleet stands beside it.
It takes a disk that makes 5 commits a second and account durable; put TMPDIR there, and not in memory.

Each sandbox has a book of limits of its own; real accounts have one together. What an exchange with such a book costs,
with as many accounts as with one, stands in the last lines. `python -m benchmarks.book` measures that alone.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import anyio

from benchmarks import book
from bulk.fleet.fleet_folder import AccountState, FleetFolder, FleetRecord
from bulk.fleet.running import FleetRun
from bulk.fleet.steps import Step

RATE = 5.0


def main() -> None:
    """Run the fleet and print what it took."""
    accounts, rows, processes = (int(word) for word in (*sys.argv[1:], *("200", "200", "2")[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory() as name:
        folder = laid_out(Path(name), accounts, rows)
        names = folder.record().accounts
        least = 0.0

        def told(state: AccountState) -> None:
            nonlocal least
            least = max(least, _memory())
            if state.state not in ("running", "done"):
                print(state)

        run = FleetRun(folder, names, processes, -(-accounts // processes), None, told)
        began = time.monotonic()
        states = anyio.run(lambda: run.run(signals=False))
        took = time.monotonic() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = used.ru_utime + used.ru_stime
        shares = []
        for each in names:
            summary = json.loads((folder.place_of(each) / "1-import-contacts" / "summary.json").read_text())
            assert summary["rows"]["succeeded"] == rows, summary
            shares.append(summary["requests"] / summary["seconds"] / RATE)
        assert {state.state for state in states.values()} == {"done"}
    requests = sum(state.requests for state in states.values())
    share = requests / took / RATE / accounts
    print(
        f"{accounts} accounts x {rows} rows in {processes} processes: {took:.0f} s, {requests:,} requests: "
        f"{share:.3f} of all limits together, the start of the processes included"
    )
    mean, each = sum(shares) / accounts, least / accounts
    print(f"  the least share of its limit that an account had: {min(shares):.3f} (goal 0.95), the mean {mean:.3f}")
    each_request = f"{seconds / requests * 1000:.2f} ms a request"
    print(
        f"  {seconds:.0f} s of CPU, {each_request}: a core carries {accounts / (seconds / took):.0f} accounts, "
        "sandboxes included"
    )
    print(f"  {each:.1f} MiB an account, {least:.0f} MiB in all at the most")
    book.report([1, accounts])


def laid_out(place: Path, accounts: int, rows: int) -> FleetFolder:
    """A fleet of so many sandboxed accounts, each with a file of so many new contacts."""
    os.environ["XDG_STATE_HOME"] = str(place / "state")
    names = [f"account-{number:03}" for number in range(accounts)]
    (place / "bulk.toml").write_text("".join(f'[accounts.{each}]\nconnection = "{each}"\n' for each in names))
    for each in names:
        (place / each).mkdir()
        text = "".join(f"p{number}@example.com,N{number}\n" for number in range(rows))
        (place / each / "people.csv").write_text(f"email,firstName\n{text}")
    steps = (Step("import", "contacts", "{account}/people.csv", {"engine": "single"}),)
    record = FleetRecord(str(place / "f.toml"), tuple(names), steps, str(place / "bulk.toml"), str(place / "boxes"))
    return FleetFolder.create(place / "jobs", "f", record)


def _memory() -> float:
    """The memory that children of this process have by now, in MiB; 0.0 where the system does not tell."""
    total = 0.0
    for path in Path("/proc").glob("[0-9]*/status"):
        try:
            told = dict(line.split(":", 1) for line in path.read_text().splitlines() if ":" in line)
        except OSError:
            continue
        if told.get("PPid", "").strip() == str(os.getpid()) and "VmRSS" in told:
            total += int(told["VmRSS"].split()[0]) / 1024
    return total


if __name__ == "__main__":
    main()
