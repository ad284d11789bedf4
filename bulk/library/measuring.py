"""What a job spends its time and its requests on, for who asks: by kind of request, before and after its first row.

It looks on from outside: at what is sent through `opened`, and at what the progress is told.
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
from bulk.runtime.progress import CHECKING, Progress, Snapshot
from bulk.runtime.runner import Send
from bulk.wording import counted

_ID: Final = re.compile(r"(?<=/)\d+(?=/|$)")
_KINDS: Final = 8  # kinds of requests that are listed
_WORDS: Final = {
    "planning": "deciding",
    "sending": "sending",
    "deleting": "deleting",
    "undoing": "putting back",
    "reading": "reading",
}


class Measures:
    """Counts and times of one job. `opened` is given to its `Setting`, `watching` its progress."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._phases: list[tuple[str, float, int]] = []  # each with when it began, and how many requests were before it
        self._kinds: Counter[str] = Counter()
        self._waited: Counter[str] = Counter()  # milliseconds for answers, by kind
        self._refused: Counter[str] = Counter()
        self._flying = 0
        self._since = 0.0
        self._busy = 0.0  # seconds in which at least one answer was waited for
        self._paused = 0.0  # the longest pause that a server asked for

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

    def watching(self, progress: Progress) -> Progress:
        """The same progress, from which it is seen what the job does when."""
        return _Watched(self, progress)

    def note(self, snapshot: Snapshot) -> None:
        """Take note of what the job does now."""
        self._paused = max(self._paused, snapshot.paused_for)
        word = _WORDS.get(snapshot.phase, "")
        if snapshot.phase != CHECKING and word and (not self._phases or self._phases[-1][0] != word):
            self._phases.append((word, self._clock(), self._kinds.total()))

    def lines(self) -> Iterator[str]:
        """What it took, a line each."""
        now, total = self._clock(), self._kinds.total()
        starts = [("before the first row", self._began, 0), *self._phases]
        ends = [*((at, before) for _word, at, before in starts[1:]), (now, total)]
        for (word, began, before), (ended, after) in zip(starts, ends, strict=True):
            yield f"{word}: {ended - began:.1f} s, {counted(after - before, 'request')}"
        if total:
            yield f"answers were waited for: {self._busy:.1f} s; the rest is the pace, and work on this machine"
        if self._paused:
            yield f"the server asked for pauses, of {self._paused:.0f} s at most"
        if self._refused:
            yield "sent again: " + ", ".join(f"{count:,} after {what}" for what, count in self._refused.most_common())
        listed = self._kinds.most_common(_KINDS)
        for kind, count in listed:
            yield f"{count:>7,}  {kind}  ({self._waited[kind] / count:.0f} ms each)"
        if rest := total - sum(count for _kind, count in listed):
            yield f"{rest:>7,}  others"


class _Watched:
    """Progress that is looked at on its way."""

    def __init__(self, measures: Measures, progress: Progress) -> None:
        self._measures = measures
        self._progress = progress

    def update(self, snapshot: Snapshot) -> None:
        """Take note of where the job stands."""
        self._measures.note(snapshot)
        self._progress.update(snapshot)

    def say(self, line: str) -> None:
        """Take note of something that a person should read."""
        self._progress.say(line)

    def close(self) -> None:
        """Finish what is drawn."""
        finish: Callable[[], None] = getattr(self._progress, "close", lambda: None)
        finish()
