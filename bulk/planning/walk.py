"""Walking all contacts by id, side by side, without losing one. Owns which ids are read and which page comes next.

Every gap of unread ids is walked from both its ends: upwards by `id_greater`, downwards by `id_less`. The two meet
somewhere and only there a page may overlap. A walker that finds no gap of its own splits the largest one left, by the
number of contacts expected in it, for ids are bunched in old accounts. Contacts that are added or deleted meanwhile
shift nothing: a page begins at an id, not at a count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bulk.errors import UnfinishedError
from bulk.planning.collections import PAGE, RETRY_HINT

WORTH_SPLITTING: Final = 3 * PAGE  # a smaller gap is read sooner than a third walker would help
OPEN: Final = None  # a gap's upper end that is not known yet


@dataclass(slots=True)
class Gap:
    """Ids above `low` and below `high` that are not read. `high` None: nobody knows where the ids end."""

    low: int
    high: int | None
    density: float = 0.0  # contacts for each id, as the neighbouring pages tell
    up: bool = False  # a walker is reading upwards from `low`
    down: bool = False  # a walker is reading downwards from `high`
    doubted: bool = False  # an empty page came where a contact was expected

    @property
    def expected(self) -> float:
        """About how many contacts it holds."""
        return 0.0 if self.high is None else (self.high - self.low - 1) * self.density


@dataclass(frozen=True, slots=True)
class Ask:
    """The next page to read: contacts after `cursor` upwards, or before it downwards (None: from the top)."""

    upwards: bool
    cursor: int | None
    gap: Gap

    @property
    def query(self) -> tuple[tuple[str, str], ...]:
        """The page's place as query parameters."""
        order = ("orders[id]", "ASC" if self.upwards else "DESC")
        if self.cursor is None:
            return (order,)
        return (order, ("id_greater" if self.upwards else "id_less", str(self.cursor)))


class Walk:
    """The ids of one collection, and what of them is read.

    `read` are the ranges that an earlier run has read (both ends included), for a resume. `total` is what the account
    says it holds, from a page without bounds; None while it is not known.
    """

    def __init__(self, read: Iterable[tuple[int, int]] = (), *, page: int = PAGE) -> None:
        self._page = page
        self.total: int | None = None
        self.pages = 0
        self._gaps: list[Gap] = []
        low = 0
        for first, last in sorted(read):
            if first - low > 1:
                self._gaps.append(Gap(low, first))
            low = max(low, last)
        self._gaps.append(Gap(low, OPEN))

    @property
    def done(self) -> bool:
        """Whether every id is read."""
        return not self._gaps

    def claim(self) -> Ask | None:
        """Give the next page to ask for; None while all that is left is being read by others."""
        for gap in self._gaps:
            if not gap.up and (gap.high is not OPEN or not gap.down):
                gap.up = True
                return Ask(upwards=True, cursor=gap.low, gap=gap)
        for gap in self._gaps:
            if not gap.down and gap.up and gap.high is OPEN and self._worth_two(gap):
                gap.down = True
                return Ask(upwards=False, cursor=None, gap=gap)
        largest = max((g for g in self._gaps if g.high is not OPEN), key=lambda g: g.expected, default=None)
        if largest is None or largest.high is None:
            return None
        if not largest.down and (largest.expected > self._page or not largest.density):
            largest.down = True
            return Ask(upwards=False, cursor=largest.high, gap=largest)
        if largest.up and largest.down and largest.expected > WORTH_SPLITTING and largest.high - largest.low > 2:
            return self._split(largest)
        return next(
            (self._down(gap) for gap in self._gaps if gap.high is not OPEN and not gap.down and gap.expected > self._page),
            None,
        )

    def _worth_two(self, gap: Gap) -> bool:
        return self.total is None or gap.low == 0 or self.total > self._page

    @staticmethod
    def _down(gap: Gap) -> Ask:
        gap.down = True
        return Ask(upwards=False, cursor=gap.high, gap=gap)

    def _split(self, gap: Gap) -> Ask:
        """Halve a gap that both its walkers are reading; the new walker reads upwards from the middle."""
        assert gap.high is not None  # noqa: S101 - the caller chose a bounded gap
        middle = (gap.low + gap.high) // 2
        upper = Gap(middle, gap.high, gap.density, up=True, down=gap.down)
        gap.high, gap.down = middle + 1, False
        self._gaps.insert(self._gaps.index(gap) + 1, upper)
        return Ask(upwards=True, cursor=middle, gap=upper)
