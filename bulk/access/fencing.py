"""The fence of a job, where several machines share a Redis: opened with the job, and all is left with it."""

from __future__ import annotations

import math
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import anyio
import anyio.to_thread

from bulk.access.account import Account
from bulk.access.fence import SECONDS, Fence, Owner
from bulk.access.fence_redis import RedisLeases
from bulk.access.redis_connection import REDIS
from bulk.access.shared_limit import SharedLimit
from bulk.errors import UsageError

LEASE: Final = "BULK_LEASE_SECONDS"  # the variable that says how long a lease outlives the last sign of its owner
LEAST, MOST = 1.0, 3600.0  # seconds


@asynccontextmanager
async def fencing(access: Account, job: str, limit: SharedLimit | None) -> AsyncIterator[Fence | None]:
    """The fence of a job; None where nobody elsewhere can work on its account, or no Redis is named.

    Raises `UsageError` if the Redis cannot be used.
    """
    url = os.environ.get(REDIS, "").strip()
    if not url or access.sandbox_folder is not None:
        yield None
        return
    seconds = lease_seconds(os.environ)
    with anyio.CancelScope(shield=True):  # what was opened is closed, whoever leaves
        # who shares a limit has asked it already
        store = await anyio.to_thread.run_sync(partial(RedisLeases, url, ask=limit is None))
    fence = Fence(store, Owner.here(job), seconds)
    if limit is not None:
        limit.guard(fence)
    try:
        yield fence
    finally:
        await fence.close()


def lease_seconds(environment: Mapping[str, str]) -> float:
    """How long a lease is, by the environment. Raises `UsageError` for what is no such time."""
    text = environment.get(LEASE, "").strip()
    if not text:
        return SECONDS
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not LEAST <= seconds <= MOST:
        raise UsageError("lease_seconds_invalid", variable=LEASE, least=LEAST, most=MOST)
    return seconds
