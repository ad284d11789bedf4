"""A fleet on 1, 2 and 4 Dask workers of this machine: `python -m benchmarks.fleet_on_dask [ACCOUNTS [ROWS]]`.

So many sandboxed accounts for each worker, each with so many new contacts, one request each at 5 requests a second:
accounts wait, and the cores are not full. Prints rows a second from the first account's begin to the last one's end,
and how far that is from so many times what one worker does (goal: within 10 %). The sandboxes are in the workers.

The begin of an account costs a second of CPU in each worker, and all begin at once: on fewer cores than workers that is
in the time above. So the requests a second of the accounts' own jobs stand beside it, from the first word with an
account to its last report, likewise as part of linear. Each durable point is synced on the disk of TMPDIR: to see what
that costs, put TMPDIR into memory.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import anyio

from benchmarks.fleet import laid_out
from bulk.fleet.dask_place import dask_place
from bulk.fleet.dask_run import DaskRun
from bulk.fleet.fleet_folder import DONE, AccountState

WORKERS = (1, 2, 4)


def main() -> None:
    """Run the three fleets and print what they took."""
    each, rows = (int(word) for word in (*sys.argv[1:], *("8", "50")[len(sys.argv) - 1 :]))
    alone = alone_each = 0.0
    for workers in WORKERS:
        took, cpu, rates = one(each * workers, rows, workers)
        pace = each * workers * rows / took
        alone, alone_each = alone or pace, alone_each or sum(rates)
        of_each = f"{min(rates):.2f} to {max(rates):.2f} requests/s, {sum(rates) / alone_each / workers:.3f} of linear"
        print(
            f"{workers} workers, {each * workers} accounts x {rows} rows: {took:.1f} s, {pace:.1f} rows/s,"
            f" {pace / alone / workers:.3f} of linear, {cpu / took:.2f} cores with the start of the workers;"
            f" an account's own job: {of_each}",
            flush=True,
        )


def one(accounts: int, rows: int, workers: int) -> tuple[float, float, list[float]]:
    """What a fleet of so many accounts on so many workers took.

    In seconds, in seconds of CPU that the workers had in all, and the requests a second of each account's job.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = laid_out(Path(name), accounts, rows)
        names = folder.record().accounts
        heard: list[float] = []  # when

        def told(_state: AccountState) -> None:
            heard.append(time.monotonic())

        run = DaskRun(folder, names, dask_place("dask", workers, -(-accounts // workers), 1), None, told, print)

        async def work() -> None:
            states = await run.run(signals=False)
            assert {state.state for state in states.values()} == {DONE}, states
            assert all(state.rows["succeeded"] == rows for state in states.values())

        before = _used()
        anyio.run(work)
        jobs = [folder.place_of(name) / folder.record().steps[0].job_name(1) / "summary.json" for name in names]
        rates = [json.loads(job.read_text())["requests_per_second"] for job in jobs]
        return heard[-1] - heard[0], _used() - before, rates


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
