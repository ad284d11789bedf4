"""What a job spends its requests on, for who asks: by kind of request, with how long their answers took.

It looks on from outside, at what is sent through `opened`.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Final

from bulk.access.account import Account, opened
from bulk.model import Lost, Reply, Request
from bulk.runtime.runner import Send

_ID: Final = re.compile(r"(?<=/)\d+(?=/|$)")
_KINDS: Final = 8  # kinds of requests that are listed


class Measures:
    """Counts and times of one job's requests. `opened` is given to its `Setting`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kinds: Counter[str] = Counter()
        self._waited: Counter[str] = Counter()  # milliseconds for answers, by kind
        self._refused: Counter[str] = Counter()
        self._flying = 0
        self._since = 0.0
        self._busy = 0.0  # seconds in which at least one answer was waited for

    @asynccontextmanager
    async def opened(self, access: Account, rate: float) -> AsyncIterator[Send]:
        """Open the way in, and count what goes through it."""
        async with opened(access, rate) as send:

            async def send_counted(request: Request) -> Reply | Lost:
                began = self._clock()
                self._since = began if not self._flying else self._since
                self._flying += 1
                kind = f"{request.method} {_ID.sub('ID', request.path)}"
                self._kinds[kind] += 1
                try:
                    reply = await send(request)
                finally:
                    self._flying -= 1
                    now = self._clock()
                    self._busy += 0.0 if self._flying else now - self._since
                    self._waited[kind] += round((now - began) * 1000)
                if isinstance(reply, Lost):
                    self._refused["no answer"] += 1
                elif reply.status == 429 or reply.status >= 500:
                    self._refused[str(reply.status)] += 1
                return reply

            yield send_counted

    def lines(self) -> Iterator[str]:
        """What it took, a line each."""
        total = self._kinds.total()
        if total:
            yield f"answers were waited for: {self._busy:.1f} s; the rest is the pace, and work on this machine"
        if self._refused:
            yield "sent again: " + ", ".join(f"{count:,} after {what}" for what, count in self._refused.most_common())
        listed = self._kinds.most_common(_KINDS)
        for kind, count in listed:
            yield f"{count:>7,}  {kind}  ({self._waited[kind] / count:.0f} ms each)"
        if rest := total - sum(count for _kind, count in listed):
            yield f"{rest:>7,}  others"
