"""The book of budgets in a Redis: jobs on several machines share the limit of an account. Its clock is the Redis's.

Who holds something of its account (`fence`) takes what it may send in the same step in which the Redis sees that the
lease is still its own: nothing is granted to whoever has lost it.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from hashlib import sha1
from typing import Final

from bulk.access.clocks import slept
from bulk.access.fence import Fence
from bulk.access.fence_redis import CHECK, keys_of, lost_lease
from bulk.access.redis_connection import KEPT, PREFIX, REDIS, WAIT, connected, told
from bulk.access.shared_limit_file import Book, Change, Result, Unreachable
from bulk.errors import UsageError

KEY: Final = f"{PREFIX}budgets"
DRIFT: Final = 1.01  # by which a comparison of clocks is worth less each time
READINGS: Final = 4  # of the Redis's clock before it is gone by
SAME: Final = 0.01  # seconds by which two readings of one clock may differ
READ: Final = "return {redis.call('TIME'), redis.call('GET', KEYS[1])}"
# KEYS: the book, then leases and their hashes. ARGV: the sum of the book that was read, the new one, the seconds that
# things are kept, milliseconds of a lease, what stands in the leases
WRITE: Final = (
    CHECK
    + """
local lost = held(2, 5)
if lost then return lost end
if redis.sha1hex(redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return {-1} end
renew(2, 5, ARGV[4], ARGV[3])
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return {}
"""
)
CHANGED: Final = [-1]


class RedisStore:
    """The book under one key, changed by one at a time."""

    def __init__(self, url: str, now: float, clock: Callable[[], float] | None = None) -> None:
        """`now` is the time of the clock that the callers go by, `clock` the machine's.

        Raises `UsageError` if the address is none, nobody answers there, or the package for it is missing.
        """
        self._ours = (clock or time.monotonic)() - now  # how far that is ahead; before the import: it takes
        self.fence: Fence | None = None  # what has to be held for a change to be made
        self._ahead = 0.0  # how far the Redis's is, of which nobody is told without a delay; the least one tells best
        self._delay = math.inf
        self._slept = slept()
        self._redis, self._error = connected(url)
        self._read, self._write = map(self._redis.register_script, (READ, WRITE))
        try:
            for _again in range(READINGS):  # the first one brings the script there
                self._book()
        except self._error as error:
            raise UsageError("redis_not_usable", variable=REDIS, kind=type(error).__name__) from None

    def change(self, now: float, change: Change[Result]) -> Result:
        """Let one alone read and write the book: whoever finds it changed meanwhile reads it again.

        Nothing is changed, and `Unreachable` raised, if something that has to be held is not.
        """
        try:
            while True:
                asked = self.fence.asked() if self.fence is not None else None
                text = self._book()
                book: Book = json.loads(text) if text else {}
                result = change(book, now + self._ahead)
                leases = asked.leases if asked is not None else ()
                answer = self._write(
                    keys=[KEY, *keys_of(leases)],
                    args=[
                        sha1(text, usedforsecurity=False).hexdigest(),  # as Redis has it
                        json.dumps(book), KEPT, round(1000 * asked.seconds) if asked is not None else 0,
                        *(lease.value for lease in leases),
                    ],
                )  # fmt: skip
                if answer == CHANGED:
                    continue
                if asked is not None and self.fence is not None:
                    self.fence.note(asked, lost_lease(asked.leases, answer))
                if answer:
                    raise Unreachable("what this job holds of the account is not surely its own")
                return result
        except self._error as error:
            raise Unreachable(told(error)) from error

    def _book(self) -> bytes:
        """The book as it stands; the clocks are compared by the way."""
        if slept() > self._slept + SAME:  # what was known of the clocks is wrong by as much
            self._slept, self._delay = slept(), math.inf
        while True:
            before = time.monotonic()
            (seconds, micros), text = self._read(keys=[KEY])
            delay = time.monotonic() - before
            if delay < WAIT:  # else this process was stopped meanwhile, and nobody knows when
                break
        self._delay *= DRIFT
        if delay <= self._delay:
            self._delay = delay
            self._ahead = int(seconds) + int(micros) / 1e6 - (before + delay / 2) + self._ours
        return text or b""

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()
