"""One run of a fleet on Dask: a task for each account, as many at a time as the workers have in hand.

Whoever began it holds the fleet's folder, hands out accounts and hears of them. A worker that is lost costs nothing but
what it had in flight: Dask gives its tasks to others, which go on from what it has carried to the fleet's folder.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import anyio
import anyio.to_thread

from bulk.errors import BulkError, UnfinishedError
from bulk.fleet.at_work import lay_out, settle
from bulk.fleet.dask_place import DaskPlace, check_sight, connected, workers_of
from bulk.fleet.dask_task import begin_again, stop_all, topic_of, work_on
from bulk.fleet.fleet_folder import ENDED, RUNNING, AccountState, FleetFolder, FleetRecord, too_many_failed
from bulk.runtime.signals import stopping_signals
from bulk.storage.job_folder import JobFolder
from bulk.wording import FrontEnd

if TYPE_CHECKING:
    from distributed import Client

Told = Callable[[AccountState], None]
_LOOK_EVERY: Final = 1.0  # seconds
_RETRIES: Final = 3  # of an account whose task failed, as where the storage did not answer


# wide: what is asked for, and what is under way of it
@dataclass(slots=True)
class DaskRun:
    """One run of a fleet over some of its accounts. `told` hears of each account whenever it stands otherwise.

    `say` hears what there is to say of the place.
    """

    folder: FleetFolder
    accounts: Sequence[str]
    place: DaskPlace
    max_failures: int | None
    told: Told
    say: Callable[[str], None]
    states: dict[str, AccountState] = field(default_factory=dict)
    _waiting: deque[str] = field(default_factory=deque)
    _in_hand: set[str] = field(default_factory=set)
    stopped_by: int = 0  # the number of the signal that ended it early
    _leaving: anyio.CancelScope = field(init=False)
    _changed: anyio.Event = field(init=False)

    async def run(self, *, signals: bool) -> dict[str, AccountState]:
        """Work until all are done or a reason to stop; how each account stands.

        Raises `UnfinishedError` while another run has the fleet, and where there is nobody to do it; `UsageError` for
        workers that cannot.
        """
        with JobFolder(self.folder.path).locked():
            self._waiting.extend(self.accounts)
            self._leaving, self._changed = anyio.CancelScope(), anyio.Event()
            async with connected(self.place) as client:
                if said := await check_sight(client, self.place, self.folder.path.parent, self.folder.record()):
                    self.say(said)
                await client.run(begin_again, str(self.folder.path))
                client.subscribe_topic(topic_of(str(self.folder.path)), self._hear)
                async with anyio.create_task_group() as watchers:
                    if signals:
                        watchers.start_soon(self._stop_on_signal)
                    with self._leaving:
                        async with anyio.create_task_group() as accounts:
                            await self._hand_out(client, accounts)
                    watchers.cancel_scope.cancel()
            for account in self.accounts:  # of those that nobody has any more
                await anyio.to_thread.run_sync(settle, self.folder.place_of(account))
            for account in sorted(self._in_hand):
                self._lost(account, "It was left while a worker had it in hand.")
        return self.states

    # ---- accounts

    async def _hand_out(self, client: Client, accounts: anyio.abc.TaskGroup) -> None:
        """Begin accounts as there is room for them, until all are done or no more are to be begun."""
        alone_since = anyio.current_time()
        while self._in_hand or (self._waiting and self._goes_on):
            try:
                with anyio.fail_after(self.place.patience):
                    workers = await workers_of(client)
            except (OSError, TimeoutError) as error:
                self._leave(UnfinishedError("fleet_scheduler_lost", place=self.place.given, reason=str(error)))
                return
            if workers:
                alone_since = anyio.current_time()
            elif anyio.current_time() - alone_since > self.place.patience:
                seconds = round(self.place.patience)
                self._leave(UnfinishedError("fleet_workers_gone", place=self.place.given, seconds=seconds))
                return
            room = sum(worker["nthreads"] for worker in workers.values())
            while self._waiting and self._goes_on and len(self._in_hand) < room:
                account = self._waiting.popleft()
                self._in_hand.add(account)
                accounts.start_soon(self._account, client, account)
            if self.stopped_by:  # again and again, for a worker that comes in the place of a lost one
                await client.run(stop_all, str(self.folder.path), on_error="ignore")
            with anyio.move_on_after(_LOOK_EVERY):
                await self._changed.wait()
                self._changed = anyio.Event()

    async def _account(self, client: Client, account: str) -> None:
        await anyio.to_thread.run_sync(lay_out, self.folder.place_of(account))
        given = (str(self.folder.path), account, self.place.version)
        job = f"{self.folder.name}/{account}"
        task = client.submit(work_on, *given, key=job, pure=False, retries=_RETRIES)
        try:
            state = AccountState.of_json(await task)
        except CancelledError as error:  # the scheduler has forgotten it: it was begun anew, mostly
            self._lost(account, f"The scheduler has lost it: {error}")
        except Exception as error:  # noqa: BLE001 - whatever a task fails of is its account's matter
            self._lost(account, f"{type(error).__name__}: {error}")
        else:
            self._note(state)
        self._in_hand.discard(account)
        self._changed.set()

    @property
    def _goes_on(self) -> bool:
        """Whether further accounts are begun."""
        return not self.stopped_by and not too_many_failed(self.states.values(), self.max_failures)

    def _hear(self, event: tuple[float, Mapping[str, Any]]) -> None:
        """Hear that a worker has begun a step of an account. How it ends, its task says."""
        told = {name: value for name, value in event[1].items() if name != "worker"}
        state = AccountState.of_json(told)
        if state.account in self._in_hand and state.state == RUNNING:
            self._note(state)

    def _note(self, state: AccountState) -> None:
        self.states[state.account] = state
        self.told(state)

    def _lost(self, account: str, why: str) -> None:
        """Write down that an account is unfinished, with why, at the step that it came to.

        Unless it had come to its end by then: its worker writes that down before its task tells.
        """
        before = self.folder.state_of(account)
        self._note(before if before.state in ENDED else self.folder.lost(account, why))

    # ---- stopping

    def _leave(self, reason: BulkError) -> None:
        """Wait no longer for those that are in hand. What they have carried so far is kept."""
        why = reason.words(FrontEnd.COMMAND_LINE)
        self.say(why)
        for account in sorted(self._in_hand):
            self._lost(account, why)
        self._in_hand.clear()
        self._leaving.cancel()

    async def _stop_on_signal(self) -> None:
        with stopping_signals() as received:
            async for number in received:
                if self.stopped_by:  # once more: leave at once
                    self._leaving.cancel()
                    return
                self.stopped_by = number
                self._changed.set()


async def check_place(place: DaskPlace, jobs: Path, record: FleetRecord) -> None:
    """Whether a fleet can run there, before its folder is made. Raises as `DaskRun.run`."""
    if place.address:
        async with connected(place) as client:
            await check_sight(client, place, jobs, record)
