"""The book of budgets in a Redis: jobs on several machines share the limit of an account. Its clock is the Redis's.

Who holds something of its account (`fence`) takes what it may send in the same step in which the Redis sees that the
lease is still its own: nothing is granted to whoever has lost it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from bulk.access.clocks import slept
from bulk.access.fence import Fence
from bulk.access.fence_redis import CHECK, keys_of, lost_lease
from bulk.access.redis_connection import KEPT, PREFIX, REDIS, WAIT, asked_again, connected, told
from bulk.access.shared_limit_rows import About, Change, Result, Unreachable, carried_out
from bulk.errors import UsageError
from bulk.storage.processes import new_name

ROWS: Final = f"{PREFIX}accounts"  # a hash: the budget of each account; "budgets" is an earlier version's
WAY: Final = f"{PREFIX}way:"  # begins the key of a way; there stands the name of the account
TURN: Final = f"{PREFIX}accounts:turn"  # who reads all rows just now: meanwhile nobody else changes one
TURNS: Final = 250  # milliseconds that it has for that
AGAIN: Final = 0.004  # seconds until somebody looks again
DRIFT: Final = 1.01  # by which a comparison of clocks is worth less each time
READINGS: Final = 4  # of the Redis's clock before it is gone by
SAME: Final = 0.01  # seconds by which two readings of one clock may differ
# What an exchange is about (`About.names`), and a sum of it; nothing while somebody else has the turn.
# KEYS: all rows, the way, the turn. ARGV: who asks, the account that it knows
ABOUT: Final = """
local function about()
  local turn = redis.call('GET', KEYS[3])
  if turn and turn ~= ARGV[1] then return end
  local name, rows = redis.call('GET', KEYS[2]) or '', {}
  if name == '' then
    rows = redis.call('HGETALL', KEYS[1])
  else
    for at, each in ipairs({name, '', ARGV[2]}) do
      local text = (at < 3 or each ~= name) and redis.call('HGET', KEYS[1], each)
      if text then rows[#rows + 1] = each rows[#rows + 1] = text end
    end
  end
  return name, rows, redis.sha1hex(name .. ' ' .. table.concat(rows, ' '))
end
"""
# ARGV: as above, the milliseconds of a turn
READ: Final = (
    ABOUT
    + """
local time = redis.call('TIME')
local name, rows, sum = about()
if name == '' then redis.call('SET', KEYS[3], ARGV[1], 'PX', ARGV[3]) end
if name then return {time, name, rows, sum} end
return {time}
"""
)
# KEYS: as above, then leases and their hashes. ARGV: as above, the sum of what was read, the account to which the way
# leads from now on, the seconds that things are kept, milliseconds of a lease, what stands in the leases; then rows
WRITE: Final = (
    CHECK
    + ABOUT
    + """
local lost = held(4, 7)
if lost then return lost end
local name, _, sum = about()
if sum ~= ARGV[3] then return {-1} end
renew(4, 7, ARGV[6], ARGV[5])
for at = 7 + (#KEYS - 3) / 2, #ARGV, 2 do
  if ARGV[at + 1] == '' then redis.call('HDEL', KEYS[1], ARGV[at])
  else redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1]) end
end
redis.call('EXPIRE', KEYS[1], ARGV[5])
if ARGV[4] ~= '' then redis.call('SET', KEYS[2], ARGV[4], 'EX', ARGV[5]) end
if name == '' then redis.call('DEL', KEYS[3]) end
return {}
"""
)
CLOCK: Final = "return {redis.call('TIME')}"
CHANGED: Final = [-1]


class RedisStore:
    """The book in a hash and a key for each way; each row is changed by one at a time."""

    def __init__(self, url: str, now: float, clock: Callable[[], float] | None = None) -> None:
        """`now` is the time of the clock that the callers go by, `clock` the machine's.

        Raises `UsageError` if the address is none, nobody answers there, or the package for it is missing.
        """
        self._ours = (clock or time.monotonic)() - now  # how far that is ahead; before the import: it takes
        self.fence: Fence | None = None  # what has to be held for a change to be made
        self._ahead = 0.0  # how far the Redis's is, of which nobody is told without a delay; the least one tells best
        self._delay = math.inf
        self._me = new_name()
        self._slept = slept()
        self._redis, self._error = connected(url)
        self._read, self._write = map(self._redis.register_script, (READ, WRITE))
        try:
            for _again in range(READINGS):
                asked_again(lambda: self._timed(lambda: self._redis.eval(CLOCK, 0)))
        except self._error as error:
            raise UsageError("redis_not_usable", variable=REDIS, kind=type(error).__name__) from None

    def change(self, now: float, about: About, change: Change[Result]) -> Result:
        """Let one alone read and write what it is about: whoever finds that changed meanwhile reads it again.

        Nothing is changed, and `Unreachable` raised, if something that has to be held is not.
        """
        try:
            while True:
                asked = self.fence.asked() if self.fence is not None else None
                name, texts, total = self._rows(about)
                result, written = carried_out(name, texts, now + self._ahead, change)
                leases = asked.leases if asked is not None else ()
                answer = self._write(
                    keys=[*self._keys(about), *keys_of(leases)],
                    args=[
                        self._me, about.account, total, written.name, KEPT,
                        round(1000 * asked.seconds) if asked is not None else 0,
                        *(lease.value for lease in leases), *(part for row in written.texts.items() for part in row),
                    ],
                )  # fmt: skip
                if answer == CHANGED:
                    time.sleep(AGAIN)
                    continue
                if asked is not None and self.fence is not None:
                    self.fence.note(asked, lost_lease(asked.leases, answer))
                if answer:
                    raise Unreachable("what this job holds of the account is not surely its own")
                return result
        except self._error as error:
            raise Unreachable(told(error)) from error

    def _keys(self, about: About) -> list[str]:
        return [ROWS, WAY + about.way, TURN]

    def _rows(self, about: About) -> tuple[str, dict[str, str], str]:
        """The account to which the way leads, the rows that it is about, and a sum of it; once nobody reads all."""
        read = partial(self._read, keys=self._keys(about), args=[self._me, about.account, TURNS])
        while not (rows := self._timed(read)):
            time.sleep(AGAIN)
        name, parts, total = rows
        texts = [part.decode(errors="replace") for part in parts]
        return name.decode(errors="replace"), dict(zip(texts[::2], texts[1::2], strict=True)), total.decode()

    def _timed(self, ask: Callable[[], list[Any]]) -> list[Any]:
        """What the Redis answers after the time, which comes first: by that the clocks are compared."""
        if slept() > self._slept + SAME:  # what was known of the clocks is wrong by as much
            self._slept, self._delay = slept(), math.inf
        while True:
            before = time.monotonic()
            (seconds, micros), *answer = ask()
            delay = time.monotonic() - before
            if delay < WAIT:  # else this process was stopped meanwhile, and nobody knows when
                break
        self._delay *= DRIFT
        if delay <= self._delay:
            self._delay = delay
            self._ahead = int(seconds) + int(micros) / 1e6 - (before + delay / 2) + self._ours
        return answer

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()
