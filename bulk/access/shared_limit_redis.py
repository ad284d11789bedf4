"""The book of budgets in a Redis: jobs on several machines share the limit of an account. Its clock is the Redis's."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from typing import Any, Final

from bulk.access.shared_limit_file import Book, Change, Result, Unreachable
from bulk.errors import UsageError

REDIS: Final = "BULK_REDIS_URL"  # the variable that says where it is
KEY: Final = "activecampaign-bulk:budgets"
KEPT: Final = 30 * 24 * 3600  # seconds after its last use
DRIFT: Final = 1.01  # by which a comparison of clocks is worth less each time
WAIT: Final = 2.0  # seconds for an answer of the Redis


class RedisStore:
    """The book under one key, changed by one at a time."""

    def __init__(self, url: str, now: float, clock: Callable[[], float] | None = None) -> None:
        """`now` is the time of the clock that the callers go by, `clock` the machine's.

        Raises `UsageError` if the address is none, nobody answers there, or the package for it is missing.
        """
        self._ours = (clock or time.monotonic)() - now  # how far that is ahead; before the import: it takes
        try:
            import redis  # noqa: PLC0415 - an extra
        except ImportError:
            how = "pip install 'activecampaign-bulk[redis]'"
            raise UsageError("redis_not_installed", variable=REDIS, how=how) from None
        self._error = redis.RedisError
        self._ahead = 0.0  # how far the Redis's is, of which nobody is told without a delay; the least one tells best
        self._delay = math.inf
        try:
            self._redis: Any = redis.Redis.from_url(url, socket_timeout=WAIT, socket_connect_timeout=WAIT)
            self._redis.ping()
        except ValueError:
            raise UsageError("redis_address_invalid", variable=REDIS) from None
        except redis.RedisError as error:
            kind = type(error).__name__
            raise UsageError("redis_not_usable", variable=REDIS, kind=kind) from None

    def change(self, now: float, change: Change[Result]) -> Result:
        """Let one alone read and write the book: whoever finds it changed meanwhile reads it again."""

        def attempt(pipe: Any) -> Result:
            self._compare_clocks(pipe)
            text = pipe.get(KEY)
            book: Book = json.loads(text) if text else {}
            result = change(book, now + self._ahead)
            pipe.multi()
            pipe.set(KEY, json.dumps(book), ex=KEPT)
            return result

        try:
            changed: Result = self._redis.transaction(attempt, KEY, value_from_callable=True)
        except self._error as error:
            raise Unreachable(f"the Redis of {REDIS} does not answer ({type(error).__name__})") from error
        return changed

    def _compare_clocks(self, pipe: Any) -> None:
        before = time.monotonic()
        seconds, micros = pipe.time()  # answers at once, for the key is watched
        delay = time.monotonic() - before
        self._delay *= DRIFT
        if delay <= self._delay:
            self._delay = delay
            self._ahead = seconds + micros / 1e6 - (before + delay / 2) + self._ours

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()
