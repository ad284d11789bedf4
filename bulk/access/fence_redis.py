"""Leases in a Redis, each changed by one script, between whose steps nobody else's comes.

A lease is a key that ends by itself, and beside it a hash that stays: the number of the last owner, which only grows,
and what stood in the lease. By the latter somebody whose lease has ended sees whether anybody else has had it since.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from bulk.access.fence import Lease, LostLease, Occupied
from bulk.access.redis_connection import KEPT, connected, told
from bulk.access.shared_limit_rows import Unreachable

BESIDE: Final = ":last"  # ends the key of the hash
# KEYS: the lease, its hash. ARGV: the owner, milliseconds, what stands there if its owner is dead, seconds it is kept
TAKE: Final = """
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[3] then return {held, redis.call('PTTL', KEYS[1])} end
local value = redis.call('HINCRBY', KEYS[2], 'number', 1) .. ' ' .. ARGV[1]
redis.call('SET', KEYS[1], value, 'PX', ARGV[2])
redis.call('HSET', KEYS[2], 'value', value)
redis.call('EXPIRE', KEYS[2], ARGV[4])
return {value}
"""
# of leases and their hashes, from KEYS[first] on, and what stands in them, from ARGV[of] on; nothing is done by halves
CHECK: Final = """
local function held(first, of)
  for i = 0, (#KEYS - first + 1) / 2 - 1 do
    local now, last = redis.call('GET', KEYS[first + 2 * i]), redis.call('HGET', KEYS[first + 2 * i + 1], 'value')
    if now ~= ARGV[of + i] and (now or last ~= ARGV[of + i]) then
      return {i, now or last or ''}
    end
  end
end
local function renew(first, of, milliseconds, kept)
  for i = 0, (#KEYS - first + 1) / 2 - 1 do
    redis.call('SET', KEYS[first + 2 * i], ARGV[of + i], 'PX', milliseconds)
    redis.call('EXPIRE', KEYS[first + 2 * i + 1], kept)
  end
end
"""
# KEYS: leases and their hashes. ARGV: milliseconds, seconds that a hash is kept, what stands in the leases
RENEW: Final = (
    CHECK
    + """
local lost = held(1, 3)
if lost then return lost end
renew(1, 3, ARGV[1], ARGV[2])
return {}
"""
)
# KEYS: the lease, its hash. ARGV: what stands there
RELEASE: Final = """
if redis.call('HGET', KEYS[2], 'value') == ARGV[1] then redis.call('HSET', KEYS[2], 'value', '') end
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


class RedisLeases:
    """Leases by one connection."""

    def __init__(self, url: str, *, ask: bool = True) -> None:
        """Raises `UsageError` if the Redis cannot be used; only if it has to answer now (`ask`), whether it does."""
        self._redis, self._error = connected(url, ask=ask)
        self._take, self._renew, self._release = map(self._redis.register_script, (TAKE, RENEW, RELEASE))

    def take(self, key: str, owner: str, seconds: float, dead: str) -> str | Occupied:
        """Take a lease that is free, or whose owner's value is `dead`."""
        value, *left = self._run(self._take, [key, key + BESIDE], [owner, _milliseconds(seconds), dead, KEPT])
        return Occupied(value.decode(), left[0] / 1000) if left else value.decode()

    def renew(self, leases: Sequence[Lease], seconds: float) -> LostLease | None:
        """Have them for so long from now on."""
        values = [lease.value for lease in leases]
        return lost_lease(leases, self._run(self._renew, keys_of(leases), [_milliseconds(seconds), KEPT, *values]))

    def release(self, lease: Lease) -> None:
        """Leave it to others."""
        self._run(self._release, keys_of([lease]), [lease.value])

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()

    def _run(self, script: Any, keys: list[str], arguments: list[Any]) -> Any:
        try:
            return script(keys=keys, args=arguments)
        except self._error as error:
            raise Unreachable(told(error)) from error


def keys_of(leases: Sequence[Lease]) -> list[str]:
    """The keys of leases and of their hashes, as the scripts take them."""
    return [key for lease in leases for key in (lease.key, lease.key + BESIDE)]


def lost_lease(leases: Sequence[Lease], answer: list[Any]) -> LostLease | None:
    """What a script has said of leases of which one may not be held."""
    if not answer:
        return None
    lease = leases[answer[0]]
    value = answer[1].decode()
    return LostLease(lease.key, "" if value == lease.value else value)


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
