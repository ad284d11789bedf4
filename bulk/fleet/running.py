"""The processes of a fleet: each has accounts in hand, gets another for each that ends, and is replaced if it dies."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from subprocess import PIPE
from typing import Final

import anyio
import anyio.abc
import anyio.to_thread
from anyio.streams.buffered import BufferedByteReceiveStream

from bulk.fleet.at_work import settle
from bulk.fleet.fleet_folder import RUNNING, AccountState, FleetFolder, too_many_failed
from bulk.runtime.signals import stopping_signals
from bulk.storage.job_folder import JobFolder

STOP: Final = b"\n"  # what lets a worker stop, on every system
_DIED: Final = "The process that had it in hand has died."  # of a kill, mostly, or for want of memory
_LONGEST: Final = 1_000_000  # characters of what a worker says at once
Told = Callable[[AccountState], None]


# wide: what is asked for, and what is under way of it
@dataclass(slots=True)
class FleetRun:
    """One run of a fleet over some of its accounts. `told` hears of each account whenever it stands otherwise."""

    folder: FleetFolder
    accounts: Sequence[str]
    processes: int
    at_once: int
    max_failures: int | None
    told: Told
    states: dict[str, AccountState] = field(default_factory=dict)
    lost: int = 0  # workers that died
    _waiting: deque[str] = field(default_factory=deque)
    _workers: list[anyio.abc.Process] = field(default_factory=list)
    stopped_by: int = 0  # the number of the signal that ended it early

    async def run(self, *, signals: bool) -> dict[str, AccountState]:
        """Work until all are done or a reason to stop; how each account stands.

        Raises `UnfinishedError` while another run has the fleet.
        """
        with JobFolder(self.folder.path).locked():
            self._waiting.extend(self.accounts)
            for account in self.accounts:  # that workers of other machines had in hand, and were lost
                await anyio.to_thread.run_sync(settle, self.folder.place_of(account))
            async with anyio.create_task_group() as watchers:
                if signals:
                    watchers.start_soon(self._stop_on_signal)
                async with anyio.create_task_group() as workers:
                    for number in range(min(self.processes, len(self.accounts))):
                        workers.start_soon(self._worker, number)
                watchers.cancel_scope.cancel()
        return self.states

    def _next(self) -> str | None:
        """Another account, unless no more are to be begun."""
        over = self.stopped_by or too_many_failed(self.states.values(), self.max_failures)
        return None if over or not self._waiting else self._waiting.popleft()

    async def _worker(self, number: int) -> None:
        while await self._one_process(number):
            self.lost += 1

    async def _one_process(self, number: int) -> bool:
        """Keep a process at work until there is nothing more; whether it died, so that another is to go on."""
        command = (sys.executable, "-m", "bulk.fleet.worker", str(self.folder.path), str(number))
        in_hand: set[str] = set()
        async with await anyio.open_process(command, stdin=PIPE, stdout=PIPE, stderr=None) as process:
            self._workers.append(process)
            assert process.stdin is not None  # noqa: S101 - as it was opened
            assert process.stdout is not None  # noqa: S101
            lines = BufferedByteReceiveStream(process.stdout)
            await self._fill(process.stdin, in_hand)
            while in_hand:
                try:
                    line = await lines.receive_until(b"\n", _LONGEST)
                except (anyio.IncompleteRead, anyio.EndOfStream):
                    break  # it died
                state = AccountState.of_json(json.loads(line))
                self._note(state)
                if state.state != RUNNING:
                    in_hand.discard(state.account)
                    await self._fill(process.stdin, in_hand)
            with _gone():
                await process.stdin.aclose()
            await process.wait()
            self._workers.remove(process)
        for account in in_hand:
            self._note(self.folder.lost(account, _DIED))
        return bool(in_hand) and bool(self._waiting) and not self.stopped_by

    async def _fill(self, stdin: anyio.abc.ByteSendStream, in_hand: set[str]) -> None:
        while len(in_hand) < self.at_once and (name := self._next()) is not None:
            in_hand.add(name)
            with _gone():
                await stdin.send(f"{name}\n".encode())

    def _note(self, state: AccountState) -> None:
        self.states[state.account] = state
        self.told(state)

    async def _stop_on_signal(self) -> None:
        with stopping_signals() as received:
            async for number in received:
                self.stopped_by = number
                for worker in self._workers:
                    with _gone():
                        assert worker.stdin is not None  # noqa: S101 - as it was opened
                        await worker.stdin.send(STOP)


class _gone:  # noqa: N801 - it is used as a word
    """What a process that is gone no longer takes is no error: that it is gone is seen by its output."""

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> bool:
        return kind is not None and issubclass(kind, (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError))
