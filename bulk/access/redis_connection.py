"""The Redis that jobs of several machines share: where it is, and what is said when it is not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from bulk.errors import UsageError

Answer = TypeVar("Answer")

REDIS: Final = "BULK_REDIS_URL"  # the variable that says where it is
WAIT: Final = 2.0  # seconds for an answer of the Redis
RETRIES: Final = 2  # before it is said that nobody answers: jobs that all begin at once keep a machine busy
KEPT: Final = 30 * 24 * 3600  # seconds after its last use that something is kept in it
PREFIX: Final = "activecampaign-bulk:"  # of all keys there


def connected(url: str, *, ask: bool = True) -> tuple[Any, type[Exception]]:
    """A Redis, and what it raises. `ask`: whether it has to answer now.

    Raises `UsageError` if the address is none, nobody answers there, or the package for it is missing.
    """
    try:
        import redis  # noqa: PLC0415 - an extra
    except ImportError:
        how = "pip install 'activecampaign-bulk[redis]'"
        raise UsageError("redis_not_installed", variable=REDIS, how=how) from None
    try:
        opened = redis.Redis.from_url(url, socket_timeout=WAIT, socket_connect_timeout=WAIT)
        if ask:
            asked_again(opened.ping)
    except ValueError:
        raise UsageError("redis_address_invalid", variable=REDIS) from None
    except redis.RedisError as error:
        raise UsageError("redis_not_usable", variable=REDIS, kind=type(error).__name__) from None
    return opened, redis.RedisError


def asked_again(ask: Callable[[], Answer]) -> Answer:
    """What a Redis answers to a question that changes nothing, asked `RETRIES` times more if none comes."""
    from redis.backoff import NoBackoff  # noqa: PLC0415 - an extra
    from redis.retry import Retry  # noqa: PLC0415

    return Retry(NoBackoff(), RETRIES).call_with_retry(ask, lambda _error: None)


def told(error: Exception) -> str:
    """What is wrong with it, without its address: that may hold a password."""
    return f"the Redis of {REDIS} does not answer ({type(error).__name__})"
