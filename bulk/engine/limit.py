"""When the next request may start: one `RateLimit` for one account's budget.

It owns the pace and nothing else: it reads no clock, draws no chance, and knows replies only as refused or accepted.

The law. The last `n` starts are remembered, and the next one waits until the oldest of them lies a whole window back.
So no second ever holds more than `n` starts, whatever is learned, after an idle hour or a pause too.

The plan. Each start has its place in a plan, a whole window plus a *margin* after the place of the `n`th before it. Who
leaves late, since a timer or the work between was late, keeps its place as far as the margin makes up for it: what
comes after is not late as well. So lateness does not add up, and the law holds all the same. Of a small margin half is
there for that, of a wide one a millisecond or less: travel needs the rest.

The learning. The server counts arrivals, not starts, and the way there takes longer one time than the next. What
avoids a 429 then depends on how it counts, which nobody tells:

- In fixed windows (a counter cleared every second) it takes short bursts, one each second exactly, that lie well
  inside the server's second. A margin is no help: it makes the bursts drift over the boundary again and again.
- Over the second just past, or by a bucket of tokens, it is all the same where bursts lie. Only a margin as wide as
  travel times differ helps, and even spacing.

Before anything is refused, the margin is as wide as the times are apart that answers take, within reason: they hold the
travel, and the work of the server too. Where that is too little, both are tried, since both refuse alike. On the first
refusals the margin grows a little, which settles a quiet line.
When more follow, or once the line is quiet again, the limit *locks*: bursts, no margin, and for each refusal a turn of
a third of a second against the server's clock. Refused at every turn, the server has no fixed windows: the starts
spread evenly, and the margin gallops until quiet returns, then creeps back to just above the largest one refused.
Neither belief is final: the margin creeps on below that, faster the longer the quiet, and locking is tried again.

What this reaches on which server is printed by `python -m benchmarks.pacing`.
"""

# long: the law, the plan and the learning are of the same few starts

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from bulk.engine.scatter import FIRST_MARGIN, Scatter

_REST = 1.0  # seconds nobody starts after a 429, so that the server's second is empty however it counts
_AT_ONCE = 0.005  # seconds after one that had waited in which the next had too
_LEAST_MARGIN = 0.0001  # seconds; more than a float's rounding, too little to drift across a second within an hour
_MOST_MARGIN = 1.0  # seconds; half the pace. Whoever is still refused shares the account: more would starve the job
_FIRST_STEP = 0.020  # seconds the margin grows on a refusal; doubled while refusals keep coming
_ROOM = 0.010  # seconds the margin settles above the largest one refused ...
_ROOM_SHARE = 0.08  # ... or this share of it: the wider travel times scatter, the rarer the widest is seen
_CREEP = 0.0002  # seconds a spell, for each spell of quiet: a refusal in thousands, yet 0.5 s are forgotten in hours
_COLD = 0.25  # seconds that the first requests may take longer than all later ones: connections are made for them
_IDLE = 5.0  # seconds without a start after which servers and clients have closed their connections
_SAME = 0.01  # seconds by which two tellings of one start may differ, where the clock is another machine's
_EXACT = 0.0001  # seconds by which they may by rounding
_TURN = 2 / 3  # of a window later is a third earlier, away from a boundary that starts drift into by being late
_TURNS = 2  # three phases a third apart find every free stretch that is longer than a third
_BURST = 0.15  # of a period, how long a burst takes: short, so that what arrives late is still inside its second
_EVEN = 0.9  # the same once bursts are of no use; not 1, or every late start would delay all after it
_SPELL_SENDS, _SPELL_WINDOWS = 400, 20  # together a spell: what lasts one without a refusal is believed for now
_CHEAP = 0.06  # seconds; a smaller margin costs less than the refusals of a try to lock, unless the job is a long one
_SPELLS_TO_DOUBT = 3  # in which most is given up of a margin that answers told and no refusal
_LONG = 3  # spells of quiet that make it one
_SPELLS_TO_RETRY = 36  # about an hour at 5 a second; a failed try costs a handful of refusals


_SHARED: Final = (  # what one budget knows, whoever spends of it; whether connections are cold is each one's own matter
    "_margin", "_spread", "_last", "_not_before", "_too_small", "_step", "_refused_at", "_quiet", "_turns",
    "_spells_to_try",
)  # fmt: skip


# wide: the law and the learning act on the same starts and margin; apart, each would reach into the other
class RateLimit:
    """At most `rate` starts in any second; 0 or infinity means no limit (pauses still hold).

    A fractional rate keeps its average: 2.5 is three starts in any 1.2 s, 0.5 is one start in any 2 s.
    All times are seconds on one clock that never goes back. `least_margin` is kept free whatever is learned.
    """

    least_margin = 0.0

    def __init__(self, rate: float) -> None:
        if math.isnan(rate) or rate < 0:
            raise ValueError(f"a rate is 0 or more requests a second, not {rate}")
        self.rate = rate
        self._limited = 0 < rate < math.inf
        self._n = math.ceil(rate) if self._limited else 1
        self._window = self._n / rate if self._limited else 0.0
        self._margin = FIRST_MARGIN if self._limited else 0.0
        self._spread = _BURST  # the part of a period over which its n starts are spread at least
        self._starts = deque([-math.inf] * self._n, maxlen=self._n)
        self._places = deque([-math.inf] * self._n, maxlen=self._n)  # of the last starts in the plan, never later
        self._warm: set[float] = set()  # of the starts those that are surely counted as they were, and no later
        self._last = -math.inf  # the last place, without what a connection may take
        self._awaited_until = -math.inf  # who starts by then has waited for its place
        self._scatter = Scatter(self._n)
        self._own_last = -math.inf  # the last one that was not taken over
        self._cold = 0  # so many of the next starts find no connection
        self._not_before = -math.inf
        self._too_small = 0.0  # the largest margin refused, as far as still believed
        self._step = 0.0  # what the last refusal added to that; 0 while nothing was ever refused
        self._refused_at = -math.inf  # when the last refusal became known
        self._quiet = 0.0  # spells since
        self._spell_share = 1 / (_SPELL_SENDS + _SPELL_WINDOWS * self._n)  # what one answer adds to them
        self._turns: int | None = None  # turns made without a quiet spell between; None: not locked
        self._spells_to_try = 0.0  # until locking may be tried

    @property
    def margin(self) -> float:
        """Seconds kept free beside the window."""
        return max(self._margin, self.least_margin)

    @property
    def _made_up_for(self) -> float:
        """Seconds by which a start may be late and keep its place."""
        margin = self.margin
        return min(margin, FIRST_MARGIN**2 / margin) / 2 if margin else 0.0

    def ready_at(self, now: float) -> float:
        """The earliest time the next request may start: `now` means go."""
        if not self._limited:
            return max(now, self._not_before)
        at = max(self._starts[0] + self._window + _LEAST_MARGIN, self._next_place)
        if at > now:
            self._awaited_until = math.inf
        return max(now, at)

    @property
    def _next_place(self) -> float:
        """The place of the next start in the plan."""
        period = self._window + self.margin
        return max(self._places[0] + period, self._last + period * self._spread / self._n, self._not_before)

    def spend(self, now: float) -> None:
        """Count a request that starts then; one that must make its connection first counts as that much later."""
        if self._is_idle(now):
            self._cold = self._n if self._limited else 0
        later = _COLD if self._cold > 0 else 0.0
        awaited = now <= self._awaited_until
        self._awaited_until = now + _AT_ONCE if awaited else -math.inf
        planned = self._next_place if awaited else now
        self._last, self._own_last = planned, now
        self._warm.discard(self._starts[0])
        self._starts.append(now + later)
        if not later:
            self._warm.add(now)
        place = max(planned, now - self._made_up_for) + later
        if place < self._places[-1]:  # after one that was very late
            self._places = deque(sorted((*self._places, place)), maxlen=self._n)
        else:
            self._places.append(place)
        self._cold -= 1

    @property
    def window(self) -> tuple[int, float]:
        """So many starts in so many seconds are the limit."""
        return self._n, self._window

    def is_cold(self, now: float) -> bool:
        """Whether the next requests have to make their connections."""
        return self._cold > 0 or self._is_idle(now)

    def _is_idle(self, now: float) -> bool:
        return now - self._own_last > _IDLE + 2 * self._window

    @property
    def newest(self) -> float:
        """The last start that was counted, with what its connection may have taken."""
        return self._starts[-1]

    def count(self, start: float, newest: float) -> None:
        """Count a start of somebody else who spends of this budget; `newest` is what they counted it as."""
        self._remember(newest, warm=newest - start < _EXACT)
        self._places = deque(sorted((*self._places, newest)), maxlen=self._n)
        self._last = max(self._last, start)

    def remembers(self, start: float) -> bool:
        """Whether a start is among the last that are remembered; before that, others may have been let start for it."""
        return self._counted(start)[0] < _EXACT

    def _counted(self, start: float) -> tuple[float, int, float]:
        """How far off the start is that is most like it, which that is, and how much later it is counted."""
        return min(
            (abs(one - start - cold), at, cold)
            for at, one in enumerate(self._starts)
            for cold in ((0.0,) if one in self._warm else (0.0, _COLD))
        )

    def delayed(self, start: float, now: float) -> None:
        """Count a request that was held up after its start as leaving now: that is when the server sees it."""
        self._count_again(start, now, connected=False)

    def left(self, start: float, now: float) -> None:
        """Count a request that was let start at `start` as leaving now, over a connection that is made."""
        self._count_again(start, now, connected=True)

    def _count_again(self, start: float, now: float, *, connected: bool) -> None:
        off, at, cold = self._counted(start)
        if off >= _SAME:
            return
        later = 0.0 if connected else cold
        kept = now - start <= self._made_up_for and later == cold
        place = self._places[at] if kept else now + later
        del self._starts[at], self._places[at]
        self._remember(now + later, warm=not later)
        self._places = deque(sorted((*self._places, place)), maxlen=self._n)
        self._last = max(self._last, place - later)

    def _remember(self, start: float, *, warm: bool) -> None:
        self._starts = deque(sorted((*self._starts, start)), maxlen=self._n)
        self._warm = (self._warm | {start} if warm else self._warm).intersection(self._starts)

    def pause(self, until: float) -> None:
        """Let nobody start before `until`; of two pauses the later one holds."""
        self._not_before = max(self._not_before, until)
        if self._turns is not None and self._not_before > self._places[0] + self._window + self.margin:
            self._move_bursts(0.0)

    def accepted(self, sent_at: float, now: float) -> None:
        """Learn from an answer other than 429 to the request that started at `sent_at`."""
        if sent_at <= self._refused_at or not self._limited:
            return
        self._quiet += self._spell_share
        if self._quiet < 1.0 or self._turns is not None:
            if not self._step:
                self._scatter.note(now - sent_at)
                self._margin = self._scatter.margin
            return
        self._spells_to_try -= self._spell_share
        if self._step and self._spells_to_try <= 0.0 and (self._margin > _CHEAP or self._quiet > _LONG):
            self._lock(turns=0)
            return
        room = self._room()
        self._too_small = max(self._too_small - _CREEP * self._quiet * self._spell_share, _LEAST_MARGIN - room)
        aim = min(self._too_small + room, _MOST_MARGIN)
        self._margin += (aim - self._margin) * self._spell_share / (2 if self._step else _SPELLS_TO_DOUBT)

    def refused(self, sent_at: float, now: float) -> None:
        """Learn from a 429 to the request that started at `sent_at`, and let everyone rest for a second.

        What was under way when a refusal became known is part of the same event and teaches nothing new. A longer
        rest that the server asks for is a `pause`, best told after this.
        """
        if sent_at > self._refused_at and self._limited:
            again = self._quiet < 1.0
            self._refused_at, self._quiet = now, 0.0
            if self._turns is None:
                self._widen(again=again)
            else:
                self._turn(again=again)
        self.pause(now + _REST)

    # ---- one budget, several who spend of it

    def copied(self) -> RateLimit:
        """One that stands where this one stands, and counts for itself from now on."""
        other = RateLimit(self.rate)
        other.take_over(self.given_over(), self)
        return other

    def given_over(self) -> dict[str, Any]:
        """What whoever spends of the same budget has to know, as JSON."""
        shared = {name: getattr(self, name) for name in _SHARED}
        kept = {"_starts": list(self._starts), "_places": list(self._places), "_warm": sorted(self._warm)}
        return shared | kept

    def take_over(self, known: Mapping[str, Any], warm: RateLimit | None = None, ahead: float = 0.0) -> None:
        """Go on where another one stands, of whatever rate; with the connections of `warm`, and what answers told it.

        `ahead`: by how much this one's clock is ahead of that of `warm`.
        """
        for name in _SHARED:
            setattr(self, name, known[name])
        self._starts.extend([-math.inf] * self._n + known["_starts"])
        self._places.extend([-math.inf] * self._n + known["_places"])
        self._warm = set(known.get("_warm", ())).intersection(self._starts)  # a version before this one tells none
        if warm is not None:
            self._own_last = warm._own_last + ahead  # noqa: SLF001 - its own kind
            self._cold = min(warm._cold, self._n)  # noqa: SLF001
            self._scatter = warm._scatter.copied()  # noqa: SLF001
            self._margin = self._margin if self._step else max(self._margin, self._scatter.margin * self._limited)

    def _room(self) -> float:
        return max(_ROOM, _ROOM_SHARE * self._too_small)

    def _widen(self, *, again: bool) -> None:
        self._too_small = max(self._too_small, self._margin)
        told = not self._step and self._margin > FIRST_MARGIN  # by answers, about how wide it has to be
        self._step = max(2 * self._step, _FIRST_STEP) if again and not told else self._room()
        if self._step > 2 * _FIRST_STEP and self._spells_to_try <= 0.0:
            self._lock(turns=1)
        else:
            self._margin = min(self._too_small + self._step, _MOST_MARGIN)

    def _lock(self, *, turns: int) -> None:
        self._turns, self._quiet = turns, 0.0
        self._margin, self._spread = _LEAST_MARGIN, _BURST
        self._move_bursts(turns * _TURN * self._window)

    def _turn(self, *, again: bool) -> None:
        self._turns = (self._turns or 0) + 1 if again else 1
        if self._turns <= _TURNS:
            self._move_bursts(_TURN * self._window)
        else:
            self._turns, self._spells_to_try = None, _SPELLS_TO_RETRY
            self._spread = _EVEN
            self._widen(again=True)

    def _move_bursts(self, by: float) -> None:
        """Put the next burst later by `by`, then by whole windows until it is clear of a pause: that keeps the phase.

        Done by noting the last places as one burst that came later than they did, never earlier.
        """
        places, period = list(self._places), self._window + self.margin
        if places[0] == -math.inf:  # too few for a pattern
            return
        before = [places[-1] - period, *places]
        head = max(range(self._n), key=lambda i: places[i] - before[i])  # the longest gap parts the bursts
        first = places[head] + by
        first += max(0, math.ceil((self._not_before - first - period) / self._window)) * self._window
        gap = period * self._spread / self._n
        self._places.extend([max(place, first + i * gap) for i, place in enumerate(places)])
