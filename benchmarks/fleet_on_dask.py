"""A fleet on 1, 2 and 4 Dask workers of this machine: `python -m benchmarks.fleet_on_dask [ACCOUNTS [ROWS]]`.

So many sandboxed accounts for each worker, each with so many new contacts, one request each at 5 requests a second:
accounts wait, and the cores are not full. Prints rows a second from the first account's begin to the last one's end,
and how far that is from so many times what one worker does (goal: within 10 %). The sandboxes are in the workers.
"""

from __future__ import annotations

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
    alone = 0.0
    for workers in WORKERS:
        took, cpu = one(each * workers, rows, workers)
        pace = each * workers * rows / took
        alone = alone or pace
        print(
            f"{workers} workers, {each * workers} accounts x {rows} rows: {took:.1f} s, {pace:.1f} rows/s,"
            f" {pace / alone / workers:.3f} of linear, {cpu / took:.2f} cores with the start of the workers",
            flush=True,
        )


def one(accounts: int, rows: int, workers: int) -> tuple[float, float]:
    """Seconds of a fleet of so many accounts on so many workers, and seconds of CPU that the workers had in all."""
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
        return heard[-1] - heard[0], _used() - before


def _used() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
