"""Whether a job may send: what it holds of an account on all machines, and until when that is surely its own.

What a job makes it looks for first, so while it does nobody else may make the same. On several machines that is a
*lease* in a Redis (`fence_redis`), which is gone some seconds after its owner was last heard of. The account knows
nothing of leases, so the fence is here: `is_sure` is asked right before each request leaves, and is true only while a
lease cannot have ended yet, by a clock that nothing stops. Whoever was stopped for longer finds that out before it
sends; then the number of the lease tells whether anybody else has had it meanwhile. If nobody has, the job takes it
again and goes on; else what it knows is old, and it ends, to be resumed.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import anyio
import anyio.to_thread

from bulk.access.clocks import unstopped
from bulk.access.redis_connection import PREFIX
from bulk.access.shared_limit_rows import Unreachable
from bulk.errors import UnfinishedError
from bulk.storage.processes import is_gone, new_name

SECONDS: Final = 15.0  # after which the lease of an owner who is not heard of is gone
SURE: Final = 0.9  # of them, for which it is surely its own: the rest is for clocks, and for what is on its way
PATIENCE: Final = 60.0  # seconds for which nobody sends while the Redis does not answer; then the job stops
AGAIN: Final = 1.0  # seconds until it is asked again where it did not answer
LOOK: Final = 0.2  # seconds until somebody who waits looks again
EXACT: Final = 0.05  # seconds by which the end of a lease is known
_OTHER: Final = "another job"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a lease is: a process on a machine, and its job. `name` is like no other's."""

    name: str
    machine: str
    process: int
    job: str

    @classmethod
    def here(cls, job: str) -> Owner:
        """This process, at work on a job."""
        return cls(new_name(), socket.gethostname(), os.getpid(), job)

    def __str__(self) -> str:
        return f"the job {self.job} (process {self.process} on {self.machine})" if self.job else _OTHER


@dataclass(frozen=True, slots=True)
class Lease:
    """One lease: its key, and what stands there while it is its owner's: its number and who that is, as text."""

    key: str
    value: str
    resource: str = ""
    host: str = ""
    until: float = 0.0  # surely the owner's, by its own clock


@dataclass(frozen=True, slots=True)
class Occupied:
    """Somebody has it: what stands there, and the seconds for which it will if its owner is not heard of."""

    value: str
    left: float


class LeaseStore(Protocol):
    """Where leases lie. Each call is one step that nobody else's comes between; all raise `Unreachable`."""

    def take(self, key: str, owner: str, seconds: float, dead: str) -> str | Occupied:
        """Take a lease that is free, or whose owner's value is `dead`; what stands there from now on.

        Its number is greater than any that this key had.
        """

    def renew(self, leases: Sequence[Lease], seconds: float) -> LostLease | None:
        """Have them for so long from now on; also those that ended, if nobody has had them meanwhile.

        If one of them is not the owner's any more, nothing is done, and that is told.
        """

    def release(self, lease: Lease) -> None:
        """Leave it to others, if it is its owner's."""

    def close(self) -> None:
        """Close the connection."""


@dataclass(frozen=True, slots=True)
class LostLease:
    """A lease that is not its owner's any more: whose it is or was since, "" where that is not known."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Renewing:
    """What is told when leases are renewed: which, and when by the owner's clock that was asked for."""

    leases: tuple[Lease, ...]
    asked_at: float
    seconds: float


class Fence:
    """The leases of one job. All but the calls of its store is the loop's."""

    def __init__(
        self, store: LeaseStore, owner: Owner, seconds: float = SECONDS, clock: Callable[[], float] = unstopped
    ) -> None:
        self.error: UnfinishedError | None = None  # why nothing may be sent any more
        self.seconds = seconds
        self._store = store
        self._owner = owner
        self._clock = clock
        self._leases: tuple[Lease, ...] = ()  # never changed, only replaced: another thread may be reading it
        self._heard: deque[tuple[Renewing, LostLease | None]] = deque()  # what other threads have told
        self._renewing = False
        self._failing: float | None = None
        self._again_at = 0.0

    # ---- before each request

    def is_sure(self) -> bool:
        """Whether all that it holds is surely its own at this moment."""
        self._hear()
        if self.error is not None:
            return False
        now = self._clock()
        return all(now < lease.until for lease in self._leases)

    def check(self) -> None:
        """Raise `UnfinishedError` if nothing may be sent any more."""
        self._hear()
        if self.error is not None:
            raise self.error

    # ---- taking and leaving

    async def take(self, resource: str, host: str, say: Callable[[str], None], patience: float | None = None) -> None:
        """Take a resource of an account; waits for who has it, for `patience` seconds if it is at work.

        None: only until it is known whether that owner is. Raises `UnfinishedError` if it does not become free.
        """
        key = f"{PREFIX}lease:{hashlib.sha256(f'{host} {resource}'.encode()).hexdigest()[:32]}"
        began, dead, told = self._clock(), "", False
        first, ends = "", 0.0
        while True:
            asked_at = self._clock()
            try:
                got = await anyio.to_thread.run_sync(self._store.take, key, _text(self._owner), self.seconds, dead)
            except Unreachable as error:
                if asked_at - began > PATIENCE:
                    raise UnfinishedError("fence_unreachable", reason=str(error)) from error
                await anyio.sleep(AGAIN)
                continue
            if isinstance(got, str):
                self.hold(Lease(key, got, resource, host), asked_at)
                return
            owner = owner_of(got.value)
            if owner.name == self._owner.name or is_gone(owner.name):  # ours, if the answer to it was lost
                dead = got.value
                continue
            first, ends = first or got.value, ends or self._clock() + got.left  # no later than that, if it is dead
            renewed = got.value != first or asked_at + got.left > ends + EXACT
            if (renewed and patience is None) or (patience is not None and asked_at - began > patience):
                raise UnfinishedError("resource_in_use_elsewhere", resource=resource, host=host, owner=owner)
            if not told:
                say(f"Waiting for {owner}, which makes {resource} in {host}.")
                told = True
            await anyio.sleep(LOOK)

    def hold(self, lease: Lease, asked_at: float) -> None:
        """Have a lease that was asked for at that moment of the own clock, and taken."""
        self._leases = (*self._leases, self._until(lease, asked_at))

    async def release(self, resource: str) -> None:
        """Leave a resource to others."""
        self._hear()
        left = [lease for lease in self._leases if lease.resource == resource]
        self._leases = tuple(lease for lease in self._leases if lease.resource != resource)
        with anyio.CancelScope(shield=True):
            for lease in left:
                try:
                    await anyio.to_thread.run_sync(self._store.release, lease)
                except Unreachable:  # then its time ends it
                    return

    async def close(self) -> None:
        """Leave all."""
        for lease in self._leases:
            await self.release(lease.resource)
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._store.close)

    # ---- keeping

    async def keep(self) -> None:
        """Renew what is held, as long as this runs, whatever else the job does."""
        while True:
            await anyio.sleep(self.seconds / 3)
            if self.is_due(self.seconds * SURE * 2 / 3):
                await self.renew()

    def is_due(self, left: float | None = None) -> bool:
        """Whether to `renew`: no more than `left` seconds are sure, a half where none are given."""
        self._hear()
        if not self._leases or self._renewing or self.error is not None:
            return False
        now = self._clock()
        least = self.seconds * SURE / 2 if left is None else left
        return now >= self._again_at and min(lease.until for lease in self._leases) - now <= least

    async def renew(self) -> None:
        """Renew what is held. What is wrong is told by `check`."""
        asked = self.asked()
        if asked is None or self._renewing:
            return
        self._renewing = True
        try:
            with anyio.CancelScope(shield=True):
                told = await anyio.to_thread.run_sync(self._renew, asked)
            self.take_in(asked, told)
        finally:
            self._renewing = False

    def _renew(self, asked: Renewing) -> LostLease | Unreachable | None:
        try:
            return self._store.renew(asked.leases, asked.seconds)
        except Unreachable as error:
            return error

    def asked(self) -> Renewing | None:
        """What is to be renewed, None if nothing is held. May be asked in any thread."""
        leases = self._leases
        return Renewing(leases, self._clock(), self.seconds) if leases and self.error is None else None

    def note(self, asked: Renewing, told: LostLease | None) -> None:
        """Note what came of a renewal, in any thread."""
        self._heard.append((asked, told))

    def _hear(self) -> None:
        while self._heard:
            self.take_in(*self._heard.popleft())

    def take_in(self, asked: Renewing, told: LostLease | Unreachable | None) -> None:
        """Take note of what came of a renewal."""
        if isinstance(told, Unreachable):
            self._failing = asked.asked_at if self._failing is None else self._failing
            self._again_at = self._clock() + AGAIN
            if asked.asked_at - self._failing > PATIENCE and not self.is_sure():
                self.error = self.error or UnfinishedError("fence_unreachable", reason=str(told))
            return
        self._failing = None
        if told is None:
            renewed = {(lease.key, lease.value) for lease in asked.leases}
            self._leases = tuple(
                self._until(lease, asked.asked_at) if (lease.key, lease.value) in renewed else lease
                for lease in self._leases
            )
            return
        for lease in self._leases:
            if lease.key == told.key and any(lease.value == one.value for one in asked.leases):
                whose = str(owner_of(told.value)) if told.value else _OTHER
                self.error = self.error or UnfinishedError(
                    "resource_taken", resource=lease.resource, host=lease.host, owner=whose
                )

    def _until(self, lease: Lease, asked_at: float) -> Lease:
        """The lease, sure from when it was asked for: it was granted later than that, and ends later."""
        return replace(lease, until=max(lease.until, asked_at + SURE * self.seconds))


def _text(owner: Owner) -> str:
    return json.dumps({"name": owner.name, "machine": owner.machine, "process": owner.process, "job": owner.job})


def owner_of(value: str) -> Owner:
    """Whose a lease is, by what stands there; of another version's text little may be known."""
    try:
        told = json.loads(value.partition(" ")[2])
        return Owner(str(told["name"]), str(told["machine"]), int(told["process"]), str(told["job"]))
    except (ValueError, KeyError, TypeError):
        return Owner("", "", 0, "")
