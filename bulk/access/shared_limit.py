"""One request budget for all who work on an account: jobs at the same time share its limit, none has it to itself.

What a `RateLimit` knows lies where all of them reach it, in a file of this machine or in a Redis. The engine asks only
what is known here; what that is, the runner brings from the book, ahead and off the event loop: leases of starts, or
the budget alone for a moment where nobody else is at work (`shared_limit_book`, `shared_limit_share`).

One account is reached by several ways: through connections, directly, with other keys. Until a job knows whose account
it is, that may be any: so its first requests are counted in every budget, and wait for room in all of them.

How soon the others know of a refusal: whoever was refused writes it down at once, and everybody who sends looks into
the book every `LOOK_AGAIN` seconds at the latest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread

from bulk.access.clocks import slept
from bulk.access.fence import Fence
from bulk.access.redis_connection import REDIS
from bulk.access.shared_limit_book import LOOK, Asked, Granted, exchange
from bulk.access.shared_limit_file import FileStore
from bulk.access.shared_limit_redis import RedisStore
from bulk.access.shared_limit_rows import About, BudgetStore, Unreachable
from bulk.access.shared_limit_share import Me, Share
from bulk.errors import UnfinishedError
from bulk.storage.processes import new_name

PATIENCE: Final = 60.0  # seconds for which nobody sends while the budget cannot be reached; then the job stops
REST: Final = 1.0  # seconds after a refusal
AGAIN: Final = 1.0  # seconds until it is tried again
NAP: Final = 0.01  # seconds that a machine sleeps at least: less is how clocks are read


# wide: what the engine, the runner and the account each say to one limit, in a word for each
class SharedLimit:
    """The pace of one job among others on its account; a `bulk.engine.pace.Pace` and `bulk.runtime.runner.Leased`.

    `name` says by which way the account is reached, until `settle` says which it is. `on_others` is called once, when
    others are first seen. `exchange` runs in a thread; all else is the loop's.
    """

    def __init__(
        self,
        store: BudgetStore,
        rate: float,
        name: str,
        on_others: Callable[[], None],
        asleep: Callable[[], float] = slept,
    ) -> None:
        """`asleep`: for how many seconds the machine has slept so far, in which the loop's clock stands still."""
        self._store = store
        self._asleep = asleep
        self._slept = self._slept_when_asked = asleep()
        self._on_others = on_others
        self._told = False
        self._failing: float | None = None
        self._error: UnfinishedError | None = None
        self._me = Me(new_name(), _digest(name), rate)
        self._share = Share(rate)
        self._account = ""  # which it is, to be noted in the book

    # ---- for the engine

    def ready_at(self, now: float) -> float:
        """When the next request may start. Raises `UnfinishedError` if nobody can say any more."""
        if self._error is not None:
            raise self._error
        self._wake_up()
        return self._share.ready_at(now)

    def planned_at(self, now: float) -> float:
        """When the next request may start, if that is sure by now; infinity if it has to be asked again."""
        return self._share.planned_at(now)

    def spend(self, now: float) -> None:
        """Count a request that starts now."""
        self._share.spend(now)

    @property
    def place_at(self) -> float:
        """When the request that was counted last has left at the latest, as it is counted."""
        return self._share.place_at

    @property
    def place_until(self) -> float:
        """Until when a request may leave by the place that was taken last."""
        return self._share.place_until

    def may_leave(self, start: float, until: float, now: float) -> bool:
        """Whether a request may leave now that was counted at `start`, by a place that is its own until then."""
        self._wake_up()
        return self._share.may_leave(start, until, now)

    def _wake_up(self) -> None:
        """Forget what was granted before the machine slept: by the loop's clock it would be good yet."""
        asleep = self._asleep()
        if asleep > self._slept + NAP:
            self._slept = asleep
            self._share.lose_all()

    def delayed(self, start: float, now: float) -> None:
        """Count a request that was held up after its start as leaving now."""
        self._share.learn("delayed", start, now)

    def left(self, start: float, now: float) -> None:
        """Count a request that was counted at `start` as leaving now, over a connection that is made."""
        self._share.learn("left", start, now)

    def pause(self, until: float) -> None:
        """Let nobody start before `until`, whichever job."""
        self._share.hold(until)
        self._share.learn("pause", until, 0.0)

    def accepted(self, sent_at: float, now: float) -> None:
        """Learn from an answer other than 429."""
        self._share.learn("accepted", sent_at, now)

    def refused(self, sent_at: float, now: float) -> None:
        """Learn from a 429."""
        self._share.hold(now + REST)
        self._share.learn("refused", sent_at, now)

    # ---- for the runner

    def is_due(self, now: float) -> bool:
        """Whether to `renew`."""
        return self._share.is_due(now)

    async def renew(self) -> None:
        """Tell the book what happened, and take what may be sent next."""
        asked = self._asked(anyio.current_time())
        with anyio.CancelScope(shield=True):  # what was granted is known, whoever leaves
            granted = await anyio.to_thread.run_sync(self._exchange, asked)
        self._take(asked, granted, anyio.current_time())

    async def turn(self) -> None:
        """Wait until a request may start, and count it, for who has no engine."""
        while True:
            now = anyio.current_time()
            at = self.ready_at(now)
            if at <= now:
                self.spend(now)
                return
            if self.is_due(now):
                await self.renew()
            else:
                await anyio.sleep(min(at - now, LOOK))

    def guard(self, fence: Fence) -> None:
        """Have nothing granted unless what the fence holds is its own; only where other machines share the limit."""
        if isinstance(self._store, RedisStore):
            self._store.fence = fence

    def settle(self, account: str) -> None:
        """Say which account it is: whoever reaches it by another way has the same budget from the next `renew` on."""
        self._account = _digest(account)
        self._share.leave_alone()

    async def close(self) -> None:
        """Leave: the others have it to themselves."""
        if isinstance(self._store, RedisStore):
            self._store.fence = None  # whatever it holds or not
        asked = self._asked(anyio.current_time(), leaves=True)
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._exchange, asked)
            await anyio.to_thread.run_sync(self._store.close)

    # ---- one exchange

    def _asked(self, now: float, *, leaves: bool = False) -> Asked:
        self._slept_when_asked = self._asleep()
        return self._share.asked(self._me, now, self._account, leaves=leaves)

    def _exchange(self, asked: Asked) -> Granted | Unreachable:
        try:
            return self._store.change(asked.now, About(asked.way, asked.account), partial(exchange, asked))
        except Unreachable as error:
            return error

    def _take(self, asked: Asked, granted: Granted | Unreachable, now: float) -> None:
        if isinstance(granted, Granted) and self._asleep() > self._slept_when_asked + NAP:
            self._share.take_nothing(now)  # it was granted before the machine slept
            return
        if isinstance(granted, Unreachable):
            self._failing = asked.now if self._failing is None else self._failing
            if asked.now - self._failing > PATIENCE:
                self._error = UnfinishedError("shared_limit_unreachable", reason=str(granted))
            self._share.take_nothing(now + AGAIN)
            return
        self._failing = None
        if self._account == asked.account:
            self._account = ""
        self._share.take(asked, granted, now)
        if granted.others and granted.known and not self._told:
            self._told = True
            self._on_others()


def store_of(
    path: Path, environment: Mapping[str, str], now: float, clock: Callable[[], float] | None = None
) -> BudgetStore:
    """Where the book lies: in the Redis of the environment, else in a file. `clock`: the machine's, to be read now.

    Raises `UsageError` if neither can be used.
    """
    url = environment.get(REDIS, "").strip()
    if not url:
        return FileStore(path, now, clock)
    return RedisStore(url, now, clock)


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32]
