"""Walking all contacts by id, side by side, without losing one. Owns which ids are read and which page comes next.

Every gap of unread ids is walked from both its ends, upwards by `id_greater` and downwards by `id_less`; only where the
two meet may a page overlap. Whoever finds no free end splits the gap that is expected to hold most, for ids are bunched
in old accounts. Contacts added or deleted meanwhile shift nothing: a page begins at an id, not at a count.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bulk.errors import AbortedError
from bulk.planning.pages.ends import PAGE, is_last

DOUBTS: Final = 2  # how often an empty page is asked for again where contacts are known to be
TOP: Final = 2**63 - 1  # above every id
WORTH_A_PAGE: Final = 0.4 * PAGE  # contacts expected beyond what is on its way, for one more page at a free end
WORTH_SPLITTING: Final = 1.5 * PAGE  # and for two more ends, which will overlap by half a page
WORTH_A_GUESS: Final = 10 * PAGE  # and for them where only one end is known, which tells little of the other
GUESSES: Final = 4  # how often that is done: at the beginning, when there is nothing better to ask for


@dataclass(slots=True, eq=False)
class Gap:
    """Ids above `low` and below `high` that are not read. `up`, `down`: a page is on its way at that end."""

    low: int
    high: int
    low_density: float = math.nan  # contacts for each id, as the page below tells
    high_density: float = math.nan
    up: bool = False
    down: bool = False
    doubts: int = 0

    @property
    def span(self) -> int:
        """How many ids it has."""
        return self.high - self.low - 1

    @property
    def settled(self) -> bool:
        """Whether both ends are contacts that were read, so that its density is known and no hole hides in an end."""
        return not math.isnan(self.low_density + self.high_density)

    @property
    def density(self) -> float:
        """Contacts for each id as its ends tell; nan if neither does."""
        known = [d for d in (self.low_density, self.high_density) if not math.isnan(d)]
        return sum(known) / len(known) if known else math.nan


@dataclass(frozen=True, slots=True)
class Ask:
    """A page to read: the contacts next to `cursor`, upwards or downwards."""

    upwards: bool
    cursor: int
    gap: Gap

    @property
    def name(self) -> str:
        """The page's name within the job."""
        return f"ids {'above' if self.upwards else 'below'} {self.cursor}"

    @property
    def counts_all(self) -> bool:
        """Whether the page has no bound, so that the total it tells is that of all contacts."""
        return self.cursor in (0, TOP)

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """The page's place, as query parameters; the lowest and the topmost page need no bound."""
        order = ("orders[id]", "ASC" if self.upwards else "DESC")
        if self.counts_all:
            return (order,)
        return (order, ("id_greater" if self.upwards else "id_less", str(self.cursor)))


class Walk:
    """The ids of all contacts, and what of them is read.

    `read` are ranges of ids that an earlier run has read, both ends included, and `count` the contacts in them.
    `total` is what the account says it holds; None: it does not say. It is a hint, by which pages are asked for side by
    side, and never ends the walk by itself. `least` is the lowest that was told.
    """

    def __init__(self, total: int | None, read: Iterable[tuple[int, int]] = (), count: int = 0) -> None:
        self.total = total
        self.least = total
        self.count = count
        self._longest = 0
        self._gaps: list[Gap] = []
        self._guesses = GUESSES
        ranges = sorted(read)
        low = 0
        for first, last in ranges:
            if first - low > 1:
                self._gaps.append(Gap(low, first))
            low = max(low, last)
        if TOP - low > 1:
            self._gaps.append(Gap(low, TOP))
        self._lowest, self._highest = (min(first for first, _last in ranges) if ranges else TOP), low

    @property
    def done(self) -> bool:
        """Whether every id is read."""
        return not self._gaps

    @property
    def distinct(self) -> int:
        """How many contacts are read."""
        return self.count

    # ---- what to read next

    def claim(self) -> Ask | None:
        """Give the next page to ask for; None while another page would bring nothing that is not on its way."""
        left = self._left()
        by_left = sorted(self._gaps, key=lambda gap: -left[id(gap)])
        for gap in by_left:
            if not gap.up and not gap.down:
                return self._begin(gap, upwards=gap.low > 0 or gap.high == TOP)
            if not (gap.up and gap.down) and left[id(gap)] > WORTH_A_PAGE:
                return self._begin(gap, upwards=not gap.up)
        for gap in by_left:
            if gap.settled and gap.span > 1 and left[id(gap)] > WORTH_SPLITTING:
                return self._split(gap)
        for gap in by_left:
            if self._guesses and gap.high != TOP and gap.span > 1 and left[id(gap)] > WORTH_A_GUESS:
                self._guesses -= 1
                return self._split(gap)
        return None

    def _begin(self, gap: Gap, *, upwards: bool) -> Ask:
        if upwards:
            gap.up = True
            return Ask(upwards=True, cursor=gap.low, gap=gap)
        gap.down = True
        return Ask(upwards=False, cursor=gap.high, gap=gap)

    def _split(self, gap: Gap) -> Ask:
        """Halve a gap whose two ends are being read; the page upwards from its middle comes next."""
        middle = (gap.low + gap.high) // 2
        upper = Gap(middle, gap.high, math.nan, gap.high_density, down=gap.down)
        gap.high, gap.high_density, gap.down = middle + 1, math.nan, False
        self._gaps.insert(self._gaps.index(gap) + 1, upper)
        return self._begin(upper, upwards=True)

    def _left(self) -> dict[int, float]:
        """About how many contacts each gap holds beyond the pages on their way: by span and density, and the total."""
        bounded = [gap for gap in self._gaps if gap.high != TOP]
        weights = {id(gap): gap.span * gap.density for gap in bounded if not math.isnan(gap.density)}
        entire = sum(weights.values())
        unread = math.inf if self.total is None else float(max(0, self.total - self.count))
        scale = unread / entire if entire and self.total is not None and len(bounded) == len(self._gaps) else 1.0
        left: dict[int, float] = {}
        for gap in self._gaps:
            current = unread if gap.high == TOP else min(unread, weights.get(id(gap), 0.0) * scale, gap.span)
            left[id(gap)] = current - PAGE * (gap.up + gap.down)
        return left

    # ---- what a page brought

    def take(self, ask: Ask, ids: Sequence[int], total: int | None) -> tuple[int, int] | None:
        """Note a page's ids, ascending; the range that is read by it, both ends included, None if nothing is.

        `total` is what the page says; under a bound the API may count the whole or a part, so only without is it sure.

        A page shorter than asked is no end; only the other end of the gap is, or an empty page that is not doubtful.
        Raises `AbortedError` for a page that begins elsewhere than at its cursor: the next one would too, for ever.
        """
        if ids and not (ids[0] > ask.cursor if ask.upwards else ids[-1] < ask.cursor):
            raise AbortedError("contacts_not_asked_for", page=ask.name)
        if total is not None and ask.counts_all:
            self.total = total
            self.least = total if self.least is None else min(self.least, total)
        self._longest = max(self._longest, len(ids))
        gap = self._holder(ask)
        if gap is None:
            return None
        before_low, before_high = gap.low, gap.high
        if ask.upwards:
            gap.up = False
        else:
            gap.down = False
        fresh = [identity for identity in ids if before_low < identity < before_high]
        self.count += len(fresh)
        if ids:
            self._lowest, self._highest = min(self._lowest, ids[0]), max(self._highest, ids[-1])
            gap.doubts = 0
        elif self._doubtful(ask) and gap.doubts < DOUBTS:
            gap.doubts += 1
            return None
        density = len(ids) / max(1, ids[-1] - ids[0] + 1) if ids else math.nan
        if ask.upwards:
            end = ids[-1] if ids else TOP
            gap.low, gap.low_density = min(end, gap.high - 1), density
        else:
            end = ids[0] if ids else 0
            gap.high, gap.high_density = max(end, gap.low + 1), density
        if gap.span <= 0 or self._all_here(gap, len(ids)):
            self._gaps.remove(gap)
            return (before_low + 1, before_high - 1)
        return (before_low + 1, gap.low) if ask.upwards else (gap.high, before_high - 1)

    def _holder(self, ask: Ask) -> Gap | None:
        """The gap in which the page's end now lies: the one it was asked for, or the part a split gave it to."""
        for gap in self._gaps:
            if (gap.up and gap.low == ask.cursor) if ask.upwards else (gap.down and gap.high == ask.cursor):
                return gap
        return None

    def _doubtful(self, ask: Ask) -> bool:
        """Whether an empty page contradicts what is known: contacts were seen beyond, or the total is not reached."""
        beyond = self._highest > ask.cursor if ask.upwards else self._lowest < ask.cursor
        return beyond or (self.total is not None and self.count < self.total)

    def _all_here(self, gap: Gap, length: int) -> bool:
        """Whether the open gap at the top needs no further page: the total and the length of this one agree on it."""
        return gap.high == TOP and not gap.down and self.count == self.total and is_last(length, self._longest)

    def release(self, ask: Ask) -> None:
        """Give back a page that was claimed and will not be read now."""
        gap = self._holder(ask)
        if gap is not None and ask.upwards:
            gap.up = False
        elif gap is not None:
            gap.down = False
