"""A process that has many accounts of a fleet in hand: `python -m bulk.fleet.worker FOLDER NUMBER`.

It reads the names of accounts, a line each, begins each as it comes, and prints a line of JSON whenever one of them
stands otherwise. It ends once its input has ended and nothing is in hand. Ctrl-C, SIGTERM and an empty line (on Windows
nobody can send a process a signal that it hears) let its jobs stop cleanly.
Most of a job is waiting, so that many go on in one process, by one event loop and with one TLS context.
"""

from __future__ import annotations

import gc
import json
import sys
from dataclasses import asdict
from pathlib import Path

import anyio

from bulk.fleet.cores import leave_when_crowded, take_core
from bulk.fleet.fleet_folder import AccountState, FleetFolder
from bulk.fleet.on_account import OnAccount, accounts_of_fleet, limit_threads
from bulk.runtime.signals import stopping_signals

_LOOK, _LATE = 0.01, 0.002  # seconds of sleep, and too late by so many the loop has other things to do
_LOOKS = 50  # before another account is begun all the same
_GARBAGE = (20_000, 20, 1_000)  # a search through all that many accounts hold takes 0.2 s, and all of them wait for it


def main() -> None:
    """Work until there is nothing more."""
    gc.freeze()  # what is loaded by now stays
    gc.set_threshold(*_GARBAGE)
    cores = take_core(int(sys.argv[2]))
    anyio.run(work, FleetFolder(Path(sys.argv[1])), cores)


async def work(folder: FleetFolder, cores: frozenset[int]) -> None:
    """Take accounts in hand until the input ends. `cores`: others than its own, to go to once that is crowded."""
    record = folder.record()
    config = accounts_of_fleet(record)
    stop = anyio.Event()
    limit_threads()

    async with anyio.create_task_group() as signals:
        signals.start_soon(_stop_on_signal, stop)
        signals.start_soon(leave_when_crowded, cores)
        async with anyio.create_task_group() as accounts, anyio.wrap_file(sys.stdin) as names:
            async for line in names:
                if name := line.strip():
                    accounts.start_soon(OnAccount.of(record, config, folder, name, _tell, stop).work)
                    await _breath()
                else:
                    stop.set()
        signals.cancel_scope.cancel()


async def _breath() -> None:
    """Wait until the loop is calm: to begin takes many times what a request does, and would hold up all at work."""
    for _look in range(_LOOKS):
        due = anyio.current_time() + _LOOK
        await anyio.sleep(_LOOK)
        if anyio.current_time() - due < _LATE:
            return


async def _stop_on_signal(stop: anyio.Event) -> None:
    with stopping_signals() as received:
        async for _number in received:
            stop.set()


def _tell(state: AccountState) -> None:
    sys.stdout.write(json.dumps(asdict(state), ensure_ascii=True) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
