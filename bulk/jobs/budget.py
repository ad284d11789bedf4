"""One request budget for all who work on an account: jobs at the same time share its limit, none has it to itself.

What a `RateLimit` knows lies where all of them reach it, in a file of this machine or in a Redis, and each start is
counted there before it happens. Nobody holds anything meanwhile, so whoever is killed leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from bulk.engine.limit import RateLimit
from bulk.errors import UnfinishedError, UsageError
from bulk.jobs.processes import is_gone, new_name

COMPANY: Final = 10.0  # seconds for which whoever has asked counts as being at work
ROOM: Final = 0.08  # seconds kept free beside each window in company: starts of two processes lie where they may
COURTESY: Final = 0.02  # seconds for which whoever has had its share lets others go first
FORGET: Final = 60.0  # seconds of quiet after which the rate of a budget is that of who comes next
PATIENCE: Final = 60.0  # seconds for which nobody sends while the budget cannot be reached; then the job stops
AGAIN: Final = 1.0  # seconds until it is tried again
DAY: Final = 24 * 3600.0
NAMES: Final = 500  # that are kept
REDIS: Final = "BULK_REDIS_URL"
Result = TypeVar("Result")
Book = dict[str, Any]  # "names": name -> budget; "budgets": what is known of each
Change = Callable[[Book, float], Result]  # is given the book and the time of its clock


class Unreachable(Exception):  # noqa: N818 - says what is so, as the others
    """The budget cannot be reached just now."""


class Shelf(Protocol):
    """Where the book of budgets lies."""

    def change(self, now: float, change: Change[Result]) -> Result:
        """Let one alone read and write the book; `now` is the caller's time. Raises `Unreachable`."""

    def close(self) -> None:
        """Let go of it."""


class FileShelf:
    """The book in a file, for all processes of this machine. They have one clock, that of the machine."""

    def __init__(self, path: Path, now: float) -> None:
        """Open it, or make it; one that is damaged is made anew: it holds no more than the last seconds.

        `now` is the time of the clock that the callers go by.

        Raises `UsageError` if it cannot be written.
        """
        self._ahead = time.monotonic() - now
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=1.0)
            try:
                self._prepare()
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                self._db.close()
                path.write_bytes(b"")
                self._db = sqlite3.connect(path, isolation_level=None, timeout=1.0)
                self._prepare()
        except (OSError, sqlite3.OperationalError) as error:
            said = error.strerror if isinstance(error, OSError) else str(error)
            raise UsageError(f"{path} cannot be written: {said}. Set XDG_STATE_HOME elsewhere.") from error

    def _prepare(self) -> None:
        self._db.execute("PRAGMA synchronous = OFF")  # it has to outlive a process, not the machine
        self._db.execute("CREATE TABLE IF NOT EXISTS book (at INTEGER PRIMARY KEY CHECK (at = 1), text TEXT NOT NULL)")

    def change(self, now: float, change: Change[Result]) -> Result:
        """Let one alone read and write the book."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                found = self._db.execute("SELECT text FROM book").fetchone()
                book = json.loads(found[0]) if found else {}
                result = change(book, now + self._ahead)
                self._db.execute("INSERT OR REPLACE INTO book VALUES (1, ?)", (json.dumps(book),))
                self._db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise Unreachable(str(error)) from error
        return result

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class SharedLimit:
    """The pace of one job among others on its account; a `bulk.engine.dispatch.Pace`.

    `name` says by which way the account is reached, until `settle` says which it is. `on_company` is called once, when
    others are first seen.
    """

    def __init__(self, shelf: Shelf, rate: float, name: str, on_company: Callable[[], None]) -> None:
        self._shelf = shelf
        self._rate = rate
        self._name = _digest(name)
        self._on_company = on_company
        self._me = new_name()
        self._limit = RateLimit(rate)
        self._own = RateLimit(rate)  # which counts where others on the account may do more
        self._now = self._ready = 0.0
        self._failing: float | None = None
        self._told = False

    def claim(self, now: float) -> float:
        """Count a request that starts now, if one may; when it may. Raises `UnfinishedError` if nobody can say."""
        self._now = now
        if now < self._ready:  # nobody makes it earlier
            return self._ready
        try:
            self._ready = self._shelf.change(now, self._claim)
        except Unreachable as error:
            self._failing = now if self._failing is None else self._failing
            if now - self._failing > PATIENCE:
                raise UnfinishedError(
                    f"The requests of all jobs on this account cannot be counted together: {error}"
                ) from error
            return now + AGAIN
        self._failing = None
        return self._ready

    def delayed(self, start: float, now: float) -> None:
        """Count a request that was held up after its start as leaving now."""
        self._now = now
        self._tell(lambda limit, ahead: limit.delayed(start + ahead, now + ahead))

    def pause(self, until: float) -> None:
        """Let nobody start before `until`, whichever job."""
        self._tell(lambda limit, ahead: limit.pause(until + ahead))

    def accepted(self, sent_at: float, now: float) -> None:
        """Learn from an answer other than 429."""
        self._now = now
        self._tell(lambda limit, ahead: limit.accepted(sent_at + ahead, now + ahead))

    def refused(self, sent_at: float, now: float) -> None:
        """Learn from a 429."""
        self._now = now
        self._tell(lambda limit, ahead: limit.refused(sent_at + ahead, now + ahead))

    def settle(self, account: str, now: float) -> None:
        """Say which account it is: whoever reaches it by another way has the same budget from now on."""

        def settle(book: Book, _there: float) -> None:
            names, budgets = book.setdefault("names", {}), book.setdefault("budgets", {})
            before, name = names.get(self._name, self._name), _digest(account)
            names[self._name] = name
            while len(names) > NAMES:
                del names[next(iter(names))]
            if before == name or before not in budgets:
                return
            moved = budgets.pop(before)
            if name not in budgets:
                budgets[name] = moved
                return
            held = budgets[name]
            both = [book["limit"] for book in (held, moved) if "limit" in book]
            count = max((len(limit["_starts"]) for limit in both), default=0)
            if both:
                held["limit"] = both[0] | {
                    "_starts": sorted(start for limit in both for start in limit["_starts"])[-count:],
                    "_last": max(limit["_last"] for limit in both),
                }
            held["who"] |= moved["who"]

        with contextlib.suppress(Unreachable):  # it is said again by the next run
            self._shelf.change(now, settle)

    def close(self, now: float) -> None:
        """Leave: the others have it to themselves."""
        with contextlib.suppress(Unreachable):
            self._shelf.change(now, lambda book, there: self._of(book, there)["who"].pop(self._me, None))
        self._shelf.close()

    # ---- in the book

    def _claim(self, book: Book, there: float) -> float:
        now, budget = self._now, self._of(book, there)
        at = self._limit.ready_at(there)
        shares: list[str] = budget["shares"]
        budget["who"][self._me] = there
        if shares.count(self._me) * len(budget["who"]) > len(shares) > 0:
            at = max(there, self._limit.ready_at(-math.inf) + COURTESY, at)
        at += now - there
        if budget["rate"] > self._rate:
            at = max(at, self._own.ready_at(now))
        if at <= now:
            self._limit.spend(there)
            self._own.spend(now)
            shares.append(self._me)
            del shares[: -math.ceil(budget["rate"])]
        budget["limit"] = self._limit.given_over()
        return at

    def _tell(self, learn: Callable[[RateLimit, float], None]) -> None:
        def tell(book: Book, there: float) -> None:
            budget = self._of(book, there)
            learn(self._limit, there - self._now)
            budget["limit"] = self._limit.given_over()

        with contextlib.suppress(Unreachable):  # what it would teach is little
            self._shelf.change(self._now, tell)
        self._ready = 0.0

    def _of(self, book: Book, there: float) -> Book:
        """The budget as it stands, and the limit brought to where it stands."""
        budgets = book.setdefault("budgets", {})
        for other in [name for name, old in budgets.items() if not -FORGET < there - old["at"] < DAY]:
            del budgets[other]  # long idle; or noted before this machine was started, by another clock
        name = book.setdefault("names", {}).get(self._name, self._name)
        budget: Book = budgets.setdefault(name, {"at": there, "rate": self._rate, "who": {}, "shares": []})
        rate = self._rate if there - budget["at"] > FORGET else max(budget["rate"], self._rate)
        budget |= {"at": there, "rate": rate}
        if self._limit.rate != rate:
            self._limit = RateLimit(rate)
        if "limit" in budget:
            self._limit.take_over(budget["limit"])
        budget["who"] = {
            one: at
            for one, at in budget["who"].items()
            if there - at < COMPANY and (one == self._me or not is_gone(one))
        }
        company = any(one != self._me for one in budget["who"])
        if not company:
            budget["shares"] = []
        self._limit.least_margin = ROOM if company else 0.0
        if company and not self._told:
            self._told = True
            self._on_company()
        return budget


def shelf_of(path: Path, environment: Mapping[str, str], now: float) -> Shelf:
    """Where the book lies: in the Redis of the environment, else in a file.

    Raises `UsageError` if neither can be used.
    """
    url = environment.get(REDIS, "").strip()
    if not url:
        return FileShelf(path, now)
    from bulk.jobs.redis_shelf import RedisShelf  # noqa: PLC0415 - an extra, and not for everybody's start-up

    return RedisShelf(url)


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32]
