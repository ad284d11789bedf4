"""What one job tells and takes in one change of the book of budgets. Does no I/O and reads no clock.

A budget is the limit of one account. Whoever is alone at work on it has it *alone* for a moment (`LEASE`), and counts
its starts by itself; who comes then waits until that is told, or over. Several take *leases*, each a start at its time,
a few ahead. Nobody holds anything beyond that: what a killed job had passes away by time, and is counted as used.

A lease in the book: when the request starts, what it is counted as, whose it is, when it was to start at first.

Budgets are JSON; their times are those of the book's own clock, `there`. Whoever asks has another one, `now`.
"""

# long: what is told and what is granted is one exchange, of one budget

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from bulk.access.shared_limit_rows import UNKNOWN, Book, Budget
from bulk.engine.limit import RateLimit
from bulk.storage.processes import all_gone

LEASE: Final = 1.0  # seconds for which a budget is had alone, and ahead to which starts are leased
LATE: Final = 0.04  # seconds by which a leased start may be missed; then it is handed back
ROOM: Final = 0.08  # seconds kept free beside each window among others: starts of two processes lie where they may
LOOK: Final = 0.1  # seconds until it is asked again where nothing can be leased
AT_WORK: Final = 10.0  # seconds for which whoever has asked counts as being at work
FORGET: Final = 60.0  # seconds of quiet after which the rate of a budget is that of who comes next
DAY: Final = 24 * 3600.0
EXACT: Final = 1e-6  # seconds by which sums of times may be wrong

# and what a `RateLimit` is told
Lesson = tuple[Literal["accepted", "refused", "pause", "delayed", "left"], float, float]


# wide: one exchange with the book in one value, since it is carried out in one go
@dataclass(frozen=True, slots=True)
class Asked:
    """What a job tells and asks for. Times are its own, except those of leases, which are the book's."""

    me: str
    way: str  # by which it reaches the account
    rate: float
    now: float
    own: RateLimit  # its own starts, a copy: where others may do more, it counts too
    not_before: float  # what the job was refused concerns it alone while nobody knows whose account it is
    most: int  # leases that it could use
    takes: float  # seconds that an exchange takes
    account: str = ""  # which it is, if that became known
    lessons: tuple[Lesson, ...] = ()
    waiting: frozenset[float] = frozenset()  # leases that it still has
    used: tuple[tuple[float, float], ...] = ()  # leases, and when they were used
    unused: tuple[float, ...] = ()  # leases that are handed back
    alone: Mapping[str, Any] | None = None  # the limit as it stands, if it was had alone
    stays: bool = False  # whether the job goes on having it alone meanwhile
    leaves: bool = False


class LeasedStart(NamedTuple):
    """A start that a job may have."""

    at: float  # by the job's own clock
    there: float  # by the book's
    connecting: float  # seconds later that it is counted, for a connection that has to be made


@dataclass(frozen=True, slots=True)
class Granted:
    """What it gets. Times are its own."""

    ahead: float
    known: bool  # whose account it is
    others: bool  # whether others are at work on it
    rate: float  # of the budget
    leases: tuple[LeasedStart, ...] = ()
    alone: Mapping[str, Any] | None = None  # the limit, in the book's times, if it is had alone from now on
    until: float = -math.inf  # how long it is had alone
    not_before: float = -math.inf  # leases before that are void: somebody was refused
    again_at: float = -math.inf  # when to ask again if nothing was granted


def exchange(asked: Asked, book: Book, there: float) -> Granted:
    """Note what a job tells, and grant what it may have."""
    budgets, name = book.budgets, book.name
    for each in [each for each, budget in budgets.items() if not -FORGET < there - budget["at"] < DAY]:
        del budgets[each]  # long idle; or noted before this machine was started, by another clock
    named = {one for budget in budgets.values() for one in _named(budget)}
    gone = all_gone(named - {asked.me})
    for budget in budgets.values():
        _pass_away(budget, asked, there, gone)
    budget = _budget(asked, book, there)
    if asked.alone is not None and _has_alone(budget, asked.me):
        budget |= {"limit": dict(asked.alone), "alone": budget["alone"] if asked.stays else None}
    for one in budgets.values():
        _note_leases(one, asked)
    if name != UNKNOWN:
        _learn(budget, asked, there - asked.now)
    else:  # all that it has are leases, which stand in each of them
        for one in budgets.values():
            _count_again(one, asked, there - asked.now)
    if asked.account:
        _settle(asked, book, there)
        budget = _budget(asked, book, there)
    if asked.leaves:
        budget["who"].pop(asked.me, None)
        return Granted(there - asked.now, book.name != UNKNOWN, others=False, rate=budget["rate"])
    return _grant(asked, budgets, book.name, there)


# ---- what is told


def _budget(asked: Asked, book: Book, there: float) -> Budget:
    """The budget of the way by which it comes, with the job among those who are at work on it."""
    if book.name not in book.budgets:
        book.budgets[book.name] = _new(asked, book, there)
    budget = book.budgets[book.name]
    rate = asked.rate if there - budget["at"] > FORGET else max(budget["rate"], asked.rate)
    budget |= {"at": there, "rate": rate}
    if not asked.leaves:
        budget["who"][asked.me] = there
    return budget


def _new(asked: Asked, book: Book, there: float) -> Budget:
    """A new budget: what was sent to nobody knows whom may have gone there."""
    new = {"at": there, "rate": asked.rate, "who": {}, "leases": [], "alone": None}
    _count_in(new, book.budgets.get(UNKNOWN, {}))
    return new


def _named(budget: Budget) -> Iterator[str]:
    """Who stands in a budget."""
    yield from budget["who"]
    yield from (lease[2] for lease in budget["leases"])
    if budget["alone"] is not None:
        yield budget["alone"][0]


def _pass_away(budget: Budget, asked: Asked, there: float, gone: frozenset[str]) -> None:
    """Forget who is gone; what they had alone counts as used up, at the last moment, and leases long past as used."""
    budget["who"] = {one: at for one, at in budget["who"].items() if there - at < AT_WORK and one not in gone}
    limit = _limit_of(budget)
    alone = budget["alone"]
    mine = alone is not None and alone[0] == asked.me
    if alone is not None and (asked.alone is None if mine else there >= alone[1] or alone[0] in gone):
        last = alone[1] if mine else min(there, alone[1])  # no start was later; of its own some are ahead
        for _start in range(limit.window[0]):
            limit.count(last, max(last, limit.newest))
        budget["alone"] = None
    past = there - limit.window[1] - 2 * LATE - LEASE
    for at, newest, *_whose in budget["leases"]:
        if at < past:
            limit.count(at, newest)
    soon = there + asked.takes
    budget["leases"] = [
        lease for lease in budget["leases"] if lease[0] >= past and not (lease[0] > soon and lease[2] in gone)
    ]  # the dead start nothing more
    budget["limit"] = limit.given_over()


def _note_leases(budget: Budget, asked: Asked) -> None:
    """Note what became of the job's leases. An idle one that was not told of is about to pass away."""
    used, kept = dict(asked.used), []
    for lease in budget["leases"]:
        at, newest, who, granted = lease
        if who == asked.me and granted in used:
            kept.append([used[granted], newest + used[granted] - at, who, granted])
        elif who != asked.me or (granted not in asked.unused and not (asked.leaves and granted in asked.waiting)):
            kept.append(lease)
    budget["leases"] = sorted(kept)


def _learn(budget: Budget, asked: Asked, ahead: float) -> None:
    if not asked.lessons and "limit" in budget:
        return
    limit = _limit_of(budget)
    for what, first, second in asked.lessons:
        if what == "pause":
            limit.pause(first + ahead)
        elif what in ("accepted", "refused"):
            getattr(limit, what)(first + ahead, second + ahead)
    _count_again(budget, asked, ahead, limit)
    budget["limit"] = limit.given_over()


def _count_again(budget: Budget, asked: Asked, ahead: float, limit: RateLimit | None = None) -> None:
    """Count what left at another moment than was known: leases, else starts that a limit has counted."""
    for what, first, second in asked.lessons:
        if what not in ("delayed", "left"):
            continue
        start, now = first + ahead, second + ahead
        own = sorted((abs(one[0] - start), at) for at, one in enumerate(budget["leases"]) if one[2] == asked.me)
        if own and own[0][0] < LATE / 4:
            lease = budget["leases"][own[0][1]]
            lease[:2] = [now, now + (0.0 if what == "left" else lease[1] - lease[0])]
            budget["leases"].sort()
        elif limit is not None:
            getattr(limit, what)(start, now)


def _settle(asked: Asked, book: Book, there: float) -> None:
    """Note which account it is: whoever reaches it by another way has the same budget from now on."""
    before, book.name, budgets = book.name, asked.account, book.budgets
    if before == asked.account or before not in budgets:
        return
    first = budgets[before]
    first["who"].pop(asked.me, None)
    if asked.account not in budgets:
        budgets[asked.account] = _new(asked, book, there)
    if before != UNKNOWN:  # no start is forgotten; what nobody knew whose it is stands in every budget
        _count_in(budgets[asked.account], first)


def _count_in(budget: Budget, more: Budget) -> None:
    """Count the starts of one budget in another as well."""
    leases = {(lease[2], lease[3]): lease for one in (budget, more) for lease in one.get("leases", [])}
    budget["leases"] = sorted(list(lease) for lease in leases.values())
    both = [one["limit"] for one in (budget, more) if "limit" in one]
    if not both:
        return
    count = max(len(limit["_starts"]) for limit in both)
    starts = sorted({start for limit in both for start in limit["_starts"]} - {-math.inf})[-count:]
    pause = {"_not_before": budget["limit"]["_not_before"] if "limit" in budget else -math.inf}
    last = max(limit["_last"] for limit in both)
    budget["limit"] = both[0] | pause | {"_starts": starts, "_places": starts, "_last": last}


# ---- what is granted


def _grant(asked: Asked, budgets: Mapping[str, Budget], name: str, there: float) -> Granted:
    budget, known, ahead = budgets[name], name != UNKNOWN, there - asked.now
    others = len(budget["who"]) > 1
    strangers = known and any(one != asked.me for one in budgets.get(UNKNOWN, {}).get("who", {}))
    about = {"ahead": ahead, "known": known, "others": others, "rate": budget["rate"]}
    if _has_alone(budget, asked.me):  # and stays
        if not others and not strangers:
            budget["alone"][1] = there + LEASE
        return Granted(**about, until=budget["alone"][1] - ahead if not others and not strangers else -math.inf)
    alone = [one["alone"][1] for one in ([budget] if known else budgets.values()) if one["alone"] is not None]
    if alone:  # it is told there within half a lease that somebody has come
        return Granted(**about, again_at=min(max(alone), there + LOOK) - ahead)
    if known and not others and not strangers and all(lease[2] == asked.me for lease in budget["leases"]):
        limit, used = _limit_of(budget), _limit_of(budget)
        for at, newest, _whose, granted in budget["leases"]:
            limit.count(at, newest)
            if granted not in asked.waiting:  # those it counts by itself, as it uses them until this comes to it
                used.count(at, newest)
        budget |= {"leases": [], "alone": [asked.me, there + LEASE], "limit": limit.given_over()}
        return Granted(**about, alone=used.given_over(), until=there + LEASE - ahead)
    if asked.alone is not None:  # who had it all lets those who have come go first
        return Granted(**about, again_at=asked.now + 1.5 * LOOK)
    several = [budget] if known else list(budgets.values())
    anybody = {one for each in budgets.values() for one in each["who"]} - {asked.me}
    leases, again = _lease(asked, several, there, len(budget["who"]), ROOM if anybody else LATE)
    not_before = budget["limit"]["_not_before"] - ahead if known else -math.inf
    return Granted(**about, leases=leases, again_at=again, not_before=not_before)


def _lease(
    asked: Asked, budgets: list[Budget], there: float, share: int, room: float
) -> tuple[tuple[LeasedStart, ...], float]:
    """Lease starts in all these budgets, at the earliest times at which all have room; and when to ask again.

    All who are at work have as many ahead of them, so each has its turn. `room` is kept free beside each window.
    """
    ahead, own, limits = there - asked.now, asked.own, []
    for budget in budgets:
        limit = _limit_of(budget)
        limit.least_margin = room
        for at, newest, *_whose in budget["leases"]:
            limit.count(at, newest)
        limits.append(limit)
    slower = any(budget["rate"] > asked.rate for budget in budgets)
    waiting = sorted(lease[0] for lease in budgets[0]["leases"] if lease[2] == asked.me and lease[3] in asked.waiting)
    for at in waiting:
        own.spend(at - ahead)
    # whose connections are to be made yet makes them at once: one by one, each would cost everybody a part of a window
    most = min(asked.most, math.ceil(limits[0].window[0] / (1 if own.is_cold(asked.now) else share)))
    leases: list[LeasedStart] = []
    while len(waiting) + len(leases) < most:
        at = there + asked.takes
        for limit in limits:
            at = limit.ready_at(at)
        may = max(own.ready_at(at - ahead) if slower else -math.inf, asked.not_before) + ahead
        if may > at + EXACT:  # its own pace is slower: what it cannot use yet is left to others
            return tuple(leases), may - ahead
        window = limits[0].window[1]
        far = LEASE / 2 + window if waiting or leases else LEASE + 2 * window * share
        if at > there + far:
            return tuple(leases), at - LEASE - ahead
        own.spend(at - ahead)
        newest = max(at, own.newest + ahead)
        leases.append(LeasedStart(at - ahead, at, newest - at))
        for budget, limit in zip(budgets, limits, strict=True):
            limit.count(at, newest)
            budget["leases"].append([at, newest, asked.me, at])
    first = waiting[0] if waiting else leases[0].there  # nothing more until then
    return tuple(leases), max(asked.now + LOOK, first - ahead)


def _has_alone(budget: Budget, me: str) -> bool:
    return budget["alone"] is not None and budget["alone"][0] == me


def _limit_of(budget: Budget) -> RateLimit:
    limit = RateLimit(budget["rate"])
    if "limit" in budget:
        limit.take_over(budget["limit"])
    return limit
