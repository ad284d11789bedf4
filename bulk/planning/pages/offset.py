"""Reading all records of a collection by offset, side by side, without losing one. Owns which page comes next.

An offset counts from the beginning, so whatever is deleted meanwhile moves all that comes after it, and a record can
slip between two pages. Therefore each page repeats the last records of the one before: where two neighbours share a
record, nothing lies between them. Where they do not, it is read again from further back. Records that come twice are
told apart by their ids, by whoever writes them.

What total the account tells is a hint, by which pages are asked for side by side. One that the pages have passed means
nothing; the end is where a page brings nothing new, or is surely shorter than the server gives.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from bulk.errors import UnfinishedError
from bulk.planning.pages.ends import FEW, PAGE, is_last

OVERLAP: Final = 2  # records that a page shares with the one before
BLIND: Final = 4  # pages asked for beyond the first before any told how many there are: a slow line is not waited for
STEPS_BACK: Final = (25, 50, 90)  # records by which it goes back where two pages do not meet, or the end is not reached
TAILS: Final = 25  # how often all that comes after such a place is read anew


@dataclass(frozen=True, slots=True)
class OffsetAsk:
    """A page to read: `limit` records from `offset` on. `turn` counts how often it was asked for before."""

    offset: int
    turn: int = 0

    @property
    def name(self) -> str:
        """The page's name within the job."""
        return f"from {self.offset}"

    def step(self, reading: str) -> str:
        """The name of its request among those of one reading."""
        return f"{reading} {self.offset}{f' again {self.turn}' if self.turn else ''}"

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """The page's place, as a query parameter."""
        return (("offset", str(self.offset)),)


@dataclass(frozen=True, slots=True)
class _Page:
    offset: int
    ids: tuple[int, ...]
    reached: bool = False  # the end, by what the account told with it: no record of that moment comes after it

    @property
    def end(self) -> int:
        return self.offset + len(self.ids)


# wide: one walk: every counter tells another way in which a server may shift its pages
class Offsets:
    """The pages of one collection, and which of them are read.

    `pages` are offset and ids of what an earlier run has read. `total` is what the account says it holds; None: it does
    not say, and only a page without news ends the reading. `least` is the lowest total that was told.
    """

    def __init__(self, total: int | None, pages: Iterable[tuple[int, Sequence[int]]] = ()) -> None:
        self.total = total
        self.least = total
        self.done = False
        self._passed = False  # more came than there should be: the total means nothing
        self._longest = 0
        self._dry: float = math.inf  # an empty page came from there: no more are asked for beyond it at once
        self._ends_again = 0  # how often the last record came again, as the last one, on a page from elsewhere
        self._turns: Counter[int] = Counter()
        self._pages = sorted((self._page(offset, ids, total) for offset, ids in pages), key=lambda page: page.offset)
        self._short = False  # a page came not full, or without news: from then on each after a look at the one before
        self._asked: set[int] = set()
        self._again: list[int] = []  # offsets to be read again, before anything else
        self._tries: dict[int, int] = {}  # by the end of the page after which something is missing
        self._tails = 0
        self._step = PAGE - OVERLAP
        self._next = self._pages[-1].end - OVERLAP if self._pages else 0
        self._answered = bool(self._pages)
        if self._pages:
            self._look()

    @property
    def is_told(self) -> bool:
        """Whether a page has said how many records there are, and nothing speaks against it."""
        return self._answered and self._hint is not None

    @property
    def blind(self) -> bool:
        """Whether the next page would be asked for without knowing whether there is one."""
        return not self._answered and self._next > 0

    @property
    def count(self) -> int:
        """About how many records are read: those that pages share count once."""
        return max(0, sum(len(page.ids) for page in self._pages) - OVERLAP * max(0, len(self._pages) - 1))

    @property
    def distinct(self) -> int:
        """How many records are read."""
        return len({identity for page in self._pages for identity in page.ids})

    # ---- what to read next

    def claim(self) -> OffsetAsk | None:
        """Give the next page to ask for; None while another page would bring nothing that is not on its way."""
        if self.done:
            return None
        if self._again:
            offset = self._again.pop(0)
        elif self._ahead():
            offset = self._next
            self._next += self._step
        else:
            return None
        self._asked.add(offset)
        self._turns[offset] += 1
        return OffsetAsk(offset, self._turns[offset] - 1)

    def _ahead(self) -> bool:
        """Whether the next page in order is worth asking for."""
        if not self._answered:
            return self._next <= BLIND * self._step
        hint = self._hint
        if hint is None:  # as many ahead as have come, so that no more are for nothing than were for something
            return not self._short and len(self._asked) < len(self._pages)
        return self._next < self._dry and self._next + (OVERLAP if self._next else 0) < hint

    @property
    def _hint(self) -> int | None:
        """The total, as long as nothing speaks against it."""
        return None if self._passed else self.total

    # ---- what a page brought

    def take(self, ask: OffsetAsk, ids: Sequence[int], total: int | None) -> tuple[int, int] | None:
        """Note a page's ids in the order in which they came; the offsets that it covers, None if it brought nothing.

        Raises `UnfinishedError` if pages do not meet however often they are read.
        """
        self._asked.discard(ask.offset)
        first = not self._answered
        self._answered = True
        page = self._page(ask.offset, ids, total)
        if total is not None:
            self.total = total
            self.least = total if self.least is None else min(self.least, total)
            self._passed = self._passed or (bool(ids) and page.end > total)
        self._short = self._short or len(ids) < PAGE
        self._note_end(page)
        if first and ids and total is not None and page.end < total and len(ids) < PAGE:
            self._step = max(1, len(ids) - OVERLAP)  # the server gives fewer than it is asked for
            if not self._asked:
                self._next = self._step
        if ids:
            at = next((n for n, other in enumerate(self._pages) if other.offset > page.offset), len(self._pages))
            self._pages.insert(at, page)
            self._short = self._short or (at > 0 and set(ids) <= set(self._pages[at - 1].ids))  # no news
        self._look()
        return (page.offset, page.end - 1) if ids else None

    @staticmethod
    def _page(offset: int, ids: Sequence[int], total: int | None) -> _Page:
        return _Page(offset, tuple(ids), total is not None and offset + len(ids) >= total)

    def _note_end(self, page: _Page) -> None:
        """Note what a page tells about where the records end."""
        end = self._furthest
        if not page.ids:
            self._dry = min(self._dry, page.offset)
            return
        self._longest = max(self._longest, len(page.ids))
        if page.end > self._dry:
            self._dry = math.inf
        if page.end > end.end:
            self._ends_again = 0
        elif page.end == end.end and page.ids[-1] == end.ids[-1] and (page.offset != end.offset or not page.offset):
            self._ends_again += 1

    def release(self, ask: OffsetAsk) -> None:
        """Give back a page that was claimed and will not be read now."""
        self._asked.discard(ask.offset)
        self._turns[ask.offset] -= 1
        self._again.append(ask.offset)

    def _look(self) -> None:
        """Find out, once nothing is on its way, whether all pages meet and the last one reaches the end."""
        if self._asked or self._again or self._ahead():
            return
        for one, other in zip(self._pages, self._pages[1:], strict=False):
            short = other.offset >= one.end  # it was shorter than asked: read on from its end
            if short or not set(one.ids) & set(other.ids):
                self._mend(one, short=short)
                return
        if self._again:
            return
        if self._ends():
            self.done = True
        else:
            self._go_on(self._furthest)

    def _ends(self) -> bool:
        """Whether the last page that was read is the last there is."""
        hint, furthest = self._hint, self._furthest
        if hint is not None:
            if furthest.end < hint or (self._pages and not self._has_reached):
                return False
            if is_last(len(furthest.ids), self._longest):
                return True
        last = self._pages[-1] if self._pages else furthest
        no_news = len(self._pages) > 1 and set(last.ids) <= set(self._pages[-2].ids)
        return no_news or self._ends_again > 0 or (hint is None and len(last.ids) < FEW)

    @property
    def _has_reached(self) -> bool:
        """Whether a page came up to the end that was told with it; a total that is told later may have fallen since."""
        return any(page.reached for page in self._pages)

    @property
    def _furthest(self) -> _Page:
        """The page that reaches furthest; one that was read anew from further back may, when records were added."""
        return max(self._pages, key=lambda page: page.end, default=_Page(0, ()))

    def _go_on(self, last: _Page) -> None:
        """Read on from the last page; it was the last as far as was known."""
        tries = self._tries[last.end] = self._tries.get(last.end, 0) + 1
        if tries > len(STEPS_BACK):
            if self._hint is None or self._ends_again or self._has_reached:
                self.done = True  # nothing more came from any place near the end
                return
            raise UnfinishedError("total_differs", total=self.total, given=last.end)
        offset = max(0, last.end - OVERLAP - (STEPS_BACK[tries - 2] if tries > 1 else 0))
        self._again.append(offset)
        self._next = offset + self._step

    def _mend(self, page: _Page, *, short: bool) -> None:
        """The page and the next do not meet: read from further back, and if that does not help, the whole tail anew."""
        tries = self._tries[page.end] = self._tries.get(page.end, 0) + 1
        if tries <= len(STEPS_BACK):
            back = 0 if short and tries == 1 else STEPS_BACK[tries - 1]
            self._again.append(max(0, page.end - OVERLAP - back))
            return
        if self._tails == TAILS:
            raise UnfinishedError("records_move")
        self._tails += 1
        self._tries.clear()
        del self._pages[self._pages.index(page) :]
        self._again.append(max(0, page.offset - OVERLAP))
        self._next = self._again[0] + self._step
