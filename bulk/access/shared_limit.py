"""One request budget for all who work on an account: jobs at the same time share its limit, none has it to itself.

What a `RateLimit` knows lies where all of them reach it, in a file of this machine or in a Redis, and each start is
counted there before it happens. Nobody holds anything meanwhile, so whoever is killed leaves nothing behind.

One account is reached by several ways: through connections, directly, with other keys. Until a job knows whose account
it is, that may be any: so its first requests are counted in every budget, and wait for room in all of them.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from bulk.access.shared_limit_file import Book, BudgetStore, FileStore, Unreachable
from bulk.access.shared_limit_redis import REDIS, RedisStore
from bulk.engine.limit import RateLimit
from bulk.errors import UnfinishedError
from bulk.storage.processes import is_gone, new_name

AT_WORK: Final = 10.0  # seconds for which whoever has asked counts as being at work
ROOM: Final = 0.08  # seconds kept free beside each window in company: starts of two processes lie where they may
YIELD: Final = 0.02  # seconds for which whoever has had its share lets others go first
FORGET: Final = 60.0  # seconds of quiet after which the rate of a budget is that of who comes next
PATIENCE: Final = 60.0  # seconds for which nobody sends while the budget cannot be reached; then the job stops
REST: Final = 1.0  # seconds after a refusal
AGAIN: Final = 1.0  # seconds until it is tried again
DAY: Final = 24 * 3600.0
NAMES: Final = 500  # that are kept
UNKNOWN: Final = ""  # the budget that all share who do not know yet whose account it is
EXACT: Final = 1e-6  # seconds by which sums of times may be wrong
LATE: Final = 0.04  # seconds by which a reserved start may be missed


class SharedLimit:
    """The pace of one job among others on its account; a `bulk.engine.dispatch.Pace`.

    `name` says by which way the account is reached, until `settle` says which it is. `on_company` is called once, when
    others are first seen.
    """

    def __init__(self, store: BudgetStore, rate: float, name: str, on_others: Callable[[], None]) -> None:
        self._store = store
        self._rate = rate
        self._name = _digest(name)
        self._on_others = on_others
        self._me = new_name()
        self._limit = RateLimit(rate)
        self._own = RateLimit(rate)  # which counts where others on the account may do more
        self._now = self._ready = 0.0
        self._failing: float | None = None
        self._told = False
        self._known = False  # whose account it is
        self._reserved = -math.inf  # the start of the next request until that is known, by the book's clock
        self._not_before = -math.inf  # what was refused until then concerns nobody else yet

    def claim(self, now: float) -> float:
        """Count a request that starts now, if one may; when it may. Raises `UnfinishedError` if nobody can say."""
        self._now = now
        if now < self._ready:  # nobody makes it earlier
            return self._ready
        try:
            self._ready = self._store.change(now, self._claim)
        except Unreachable as error:
            self._failing = now if self._failing is None else self._failing
            if now - self._failing > PATIENCE:
                raise UnfinishedError("shared_limit_unreachable", reason=str(error)) from error
            return now + AGAIN
        self._failing = None
        return self._ready

    def delayed(self, start: float, now: float) -> None:
        """Count a request that was held up after its start as leaving now."""
        self._now = now
        self._tell(lambda limit, ahead: limit.delayed(start + ahead, now + ahead))

    def pause(self, until: float) -> None:
        """Let nobody start before `until`, whichever job."""
        if not self._known:
            self._not_before = max(self._not_before, until)
        self._tell(lambda limit, ahead: limit.pause(until + ahead))

    def accepted(self, sent_at: float, now: float) -> None:
        """Learn from an answer other than 429."""
        self._now = now
        self._tell(lambda limit, ahead: limit.accepted(sent_at + ahead, now + ahead))

    def refused(self, sent_at: float, now: float) -> None:
        """Learn from a 429."""
        self._now = now
        if not self._known:
            self._not_before = max(self._not_before, now + REST)
        self._tell(lambda limit, ahead: limit.refused(sent_at + ahead, now + ahead))

    def settle(self, account: str, now: float) -> None:
        """Say which account it is: whoever reaches it by another way has the same budget from now on."""

        def settle(book: Book, there: float) -> None:
            names, budgets = book.setdefault("names", {}), book.setdefault("budgets", {})
            before, name = names.get(self._name, UNKNOWN), _digest(account)
            names[self._name] = name
            while len(names) > NAMES:
                del names[next(iter(names))]
            if before == name or before not in budgets:
                return
            first = budgets[before]
            first["who"].pop(self._me, None)
            if name not in budgets:
                budgets[name] = self._new(book, there)
            _count_in(budgets[name], first)  # no start is forgotten

        with contextlib.suppress(Unreachable):  # it is said again by the next run
            self._store.change(now, settle)
            self._known = True
        self._ready = 0.0
        if self._not_before > now:
            self.pause(self._not_before)

    def close(self, now: float) -> None:
        """Leave: the others have it to themselves."""
        with contextlib.suppress(Unreachable):
            self._store.change(now, lambda book, there: self._of(book, there)["who"].pop(self._me, None))
        self._store.close()

    # ---- in the book

    def _claim(self, book: Book, there: float) -> float:
        now, budget = self._now, self._of(book, there)
        if not self._known:
            return self._claim_first(book, there)
        at = self._limit.ready_at(there)
        shares: list[str] = budget["shares"]
        budget["who"][self._me] = there
        if shares.count(self._me) * len(budget["who"]) > len(shares) > 0:
            at = max(there, self._limit.ready_at(-math.inf) + YIELD, at)
        at += now - there
        if budget["rate"] > self._rate:
            at = max(at, self._own.ready_at(now))
        if at <= now:
            self._limit.spend(there)
            self._own.spend(now)
            shares.append(self._me)
            del shares[: -max(math.ceil(budget["rate"]), len(budget["who"]) - 1)]  # of many, each has its turn
        budget["limit"] = self._limit.given_over()
        return at

    def _claim_first(self, book: Book, there: float) -> float:
        """Reserve the start of a request to an account that may be any: counted in every budget, once all have room."""
        ahead = there - self._now
        if there - self._reserved > LATE:  # there is none, or it was missed
            book["budgets"][UNKNOWN]["who"][self._me] = there
            may = max(self._own.ready_at(self._now), self._not_before)
            self._reserved = self._reserve(book, max(there, may + ahead))
        if self._reserved - there > EXACT:
            return self._reserved - ahead
        self._reserved = -math.inf
        self._own.spend(self._now)
        return self._now

    def _reserve(self, book: Book, at: float) -> float:
        """Count a start in every budget, at the earliest time at which all have room; the time."""
        others = []
        for name, budget in book["budgets"].items():
            if name != UNKNOWN and "limit" in budget:
                limit = RateLimit(budget["rate"])
                limit.take_over(budget["limit"])
                limit.least_margin = ROOM
                at = limit.ready_at(at)
                others.append((budget, limit))
        at = self._limit.ready_at(at)
        self._limit.spend(at)
        book["budgets"][UNKNOWN]["limit"] = self._limit.given_over()
        for budget, limit in others:
            limit.count(self._limit.newest)
            budget["limit"] = limit.given_over()
        return at

    def _tell(self, learn: Callable[[RateLimit, float], None]) -> None:
        def tell(book: Book, there: float) -> None:
            budget = self._of(book, there)
            if self._known:
                learn(self._limit, there - self._now)
                budget["limit"] = self._limit.given_over()

        with contextlib.suppress(Unreachable):  # what it would teach is little
            self._store.change(self._now, tell)
        self._ready = 0.0

    def _of(self, book: Book, there: float) -> Book:
        """The budget as it stands, and the limit brought to where it stands."""
        budgets = book.setdefault("budgets", {})
        for other in [name for name, old in budgets.items() if not -FORGET < there - old["at"] < DAY]:
            del budgets[other]  # long idle; or noted before this machine was started, by another clock
        name = book.setdefault("names", {}).get(self._name, UNKNOWN)
        self._known = name != UNKNOWN
        if name not in budgets:
            budgets[name] = self._new(book, there)
        budget: Book = budgets[name]
        rate = self._rate if there - budget["at"] > FORGET else max(budget["rate"], self._rate)
        budget |= {"at": there, "rate": rate}
        if self._limit.rate != rate:
            self._limit = RateLimit(rate)
        if "limit" in budget:
            self._limit.take_over(budget["limit"])
        budget["who"] = {
            one: at
            for one, at in budget["who"].items()
            if there - at < AT_WORK and (one == self._me or not is_gone(one))
        }
        others = any(one != self._me for one in budget["who"])
        if not others:
            budget["shares"] = []
        self._limit.least_margin = ROOM if others or (not self._known and len(budgets) > 1) else 0.0
        if others and self._known and not self._told:
            self._told = True
            self._on_others()
        return budget

    def _new(self, book: Book, there: float) -> Book:
        """A new budget: what was sent to nobody knows whom may have gone there."""
        new = {"at": there, "rate": self._rate, "who": {}, "shares": []}
        _count_in(new, book["budgets"].get(UNKNOWN, {}))
        return new


def store_of(path: Path, environment: Mapping[str, str], now: float) -> BudgetStore:
    """Where the book lies: in the Redis of the environment, else in a file.

    Raises `UsageError` if neither can be used.
    """
    url = environment.get(REDIS, "").strip()
    if not url:
        return FileStore(path, now)
    return RedisStore(url)


def _count_in(budget: Book, more: Book) -> None:
    """Count the starts of one budget in another as well."""
    both = [one["limit"] for one in (budget, more) if "limit" in one]
    if not both:
        return
    count = max(len(limit["_starts"]) for limit in both)
    starts = sorted({start for limit in both for start in limit["_starts"]} - {-math.inf})[-count:]
    pause = {"_not_before": budget["limit"]["_not_before"] if "limit" in budget else -math.inf}
    budget["limit"] = both[0] | pause | {"_starts": starts, "_last": max(limit["_last"] for limit in both)}


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32]
