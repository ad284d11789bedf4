"""Limits that jobs share, driven by hand: no thread, and a time that the test says."""

from __future__ import annotations

import math

from bulk.access.shared_limit import SharedLimit


def renew(limit: SharedLimit, now: float) -> None:
    """Exchange with the book, at once."""
    asked = limit._asked(now)
    limit._take(asked, limit._exchange(asked), now)


def claim(limit: SharedLimit, now: float) -> float:
    """Start now, if one may; when to ask again, which is `now` if one may."""
    at = limit.ready_at(now)
    for _again in range(5):
        if not limit.is_due(now):
            break
        renew(limit, now)
        at = limit.ready_at(now)
    if at <= now:
        limit.spend(now)
        at = now
    assert at < math.inf, "nobody would ask again"
    return at


def settle(limit: SharedLimit, account: str, now: float) -> None:
    """Say which account it is, and let the book know."""
    limit.settle(account)
    renew(limit, now)


def close(limit: SharedLimit, now: float) -> None:
    """Leave."""
    limit._exchange(limit._asked(now, leaves=True))
    limit._store.close()
