"""Dates and moments as files hold them, read into ISO form: in the order or by the codes that a file is said to have.

What can be read in one way only is read without being told. Nothing is guessed, and no time zone moves a day. Pure: a
zone is given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Final

from bulk.resources.kinds.kind import Problem

ORDERS: Final = ("DMY", "MDY", "YMD")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_MONTH: Final = {
    **{name: n for names in (_MONTHS, _LONG) for n, name in enumerate(names, 1)},
    "sept": 9,
}
_YEAR_FIRST: Final = re.compile(r"(?P<y>\d{4})([-/.])(?P<m>\d{1,2})\2(?P<d>\d{1,2})")
_YEAR_LAST: Final = re.compile(r"(?P<a>\d{1,2})([-/.])(?P<b>\d{1,2})\2(?P<y>\d{4})")
_SHORT_YEAR: Final = re.compile(r"\d{1,2}([-/.])\d{1,2}\1\d{2}")
_DAY_NAME: Final = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_DAY: Final = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?\.?"
_MONTH_NAME: Final = r"(?P<m>[a-z]{3,9})\.?"
_NAMED: Final = (
    re.compile(rf"{_DAY_NAME}{_DAY}[\s-]+{_MONTH_NAME},?[\s-]+(?P<y>\d{{4}})", re.IGNORECASE),
    re.compile(rf"{_DAY_NAME}{_MONTH_NAME}[\s-]+{_DAY},?[\s-]+(?P<y>\d{{4}})", re.IGNORECASE),
)
_TIME: Final = re.compile(
    r"(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2})(?P<f>\.\d{1,9})?)?(?:\s?(?P<half>[ap])\.?m\.?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_SAYS_UTC: Final = re.compile(r"(?:\b(?:UTC|GMT)|[\d ]Z)$", re.IGNORECASE)
_HOW: Final = "Write it like 2026-05-28, or say with ⟦date_format⟧ how dates stand in the file: DMY, MDY or YMD."
_SHORT: Final = "Write it like 2026-05-28, or say with ⟦date_format⟧ how it is read, like %d.%m.%y or %m/%d/%y."
_FITTING: Final = "Put the cell right, or say with ⟦date_format⟧ how dates stand in the file."
_WITH_OFFSET: Final = "Write it with its offset from UTC, like 2026-05-28T03:05:54-05:00"
_ZONE: Final = f"{_WITH_OFFSET}, or say with ⟦timezone⟧ where such times are meant."


@dataclass(frozen=True, slots=True)
class Dates:
    """How dates stand in a file.

    `form` is one of `ORDERS`, codes of `strptime`, or "": not said. `zone` is where times are meant that do not say
    so; None: not said. `known` are codes by which the program that wrote the file writes them.
    """

    form: str = ""
    zone: tzinfo | None = None
    known: tuple[str, ...] = ()

    def day(self, text: str) -> str | Problem:
        """The date in ISO form. One with a time loses that, wherever it is meant."""
        read = self._read(text.strip())
        if isinstance(read, Problem):
            return read
        return (read.date() if isinstance(read, datetime) else read).isoformat()

    def moment(self, text: str) -> str | Problem:
        """The moment in ISO form, with its offset from UTC. A date alone is the beginning of that day."""
        read = self._read(text.strip())
        if isinstance(read, Problem):
            return read
        if isinstance(read, datetime) and read.tzinfo is not None:
            return read.isoformat()
        if self.zone is None:
            return Problem("datetime_without_offset", "This time does not say its offset from UTC.", _ZONE)
        return _placed(read, self.zone)

    def plain(self, text: str) -> str:
        """The same for a column that is neither, as it was written where it is none that the program writes."""
        for form in self.known:
            read = read_by(text.strip(), form)
            if isinstance(read, datetime):
                return read.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
            if read is not None:
                return read.isoformat()
        return text

    def _read(self, text: str) -> date | datetime | Problem:
        ways = list(dict.fromkeys(self._ways(text)))
        if len(ways) == 1:
            return ways[0]
        if ways:
            return Problem("date_ambiguous", f"This can be {' or '.join(map(_told, ways))}.", _HOW)
        if self.form:
            return Problem("date_invalid", f"This is no date as {self.form} has it, nor one in ISO form.", _FITTING)
        if _SHORT_YEAR.fullmatch(text.split(maxsplit=1)[0] if text else ""):
            return Problem("date_invalid", "The year of this date has two digits.", _SHORT)
        return Problem("date_invalid", "This is no date that can be read.", _HOW)

    def _ways(self, text: str) -> Iterator[date | datetime]:
        """Each way in which a text can be read, in the order and by the codes that are said."""
        by_codes = "%" in self.form
        sure = [_iso(text), *(read_by(text, form) for form in ((self.form,) if by_codes else self._programs()))]
        read = next((way for way in sure if way is not None), None)
        if read is not None or by_codes:
            yield from () if read is None else (read,)
            return
        written, timed = _split(text)
        for day in _days(written, self.form):
            if timed is None:
                yield day
            elif (at := _time(timed)) is not None:
                yield datetime.combine(day, at)

    def _programs(self) -> tuple[str, ...]:
        """The codes of the program that wrote the file, unless the user says otherwise."""
        return () if self.form else self.known


def is_form(text: str) -> bool:
    """Whether a text says how dates stand: an order, or codes of `strptime` for a whole date."""
    if text in ORDERS:
        return True
    named = {code[-1] for code in re.findall(r"%[a-zA-Z]", text.replace("%%", ""))}
    suffices = {"c", "x"} & named or (
        named & {"y", "Y"} and (named & {"j"} or (named & {"d"} and named & {"m", "b", "B"}))
    )
    if not suffices:
        return False
    moment = datetime(2026, 5, 28, 9, 30, tzinfo=UTC)
    try:
        return datetime.strptime(moment.strftime(text), text).date() == moment.date()  # noqa: DTZ007 - only the day
    except (ValueError, re.error):
        return False


def read_by(text: str, form: str) -> date | datetime | None:
    """A text by codes of `strptime`; a date where these know no hours. None where it is no such date."""
    try:
        moment = datetime.strptime(text, form)  # noqa: DTZ007 - where it is meant is not known here
    except ValueError:
        return None
    if moment.tzinfo is None and _SAYS_UTC.search(text):
        moment = moment.replace(tzinfo=UTC)
    elif moment.tzinfo is None and "%Z" in form:  # which takes the names of this machine's zone too
        return None
    return moment if any(code in form for code in ("%H", "%I", "%c", "%X")) else moment.date()


def _iso(text: str) -> date | datetime | None:
    """A date or moment in ISO form, with its dashes."""
    if text[4:5] != "-" or text[7:8] != "-":
        return None
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return None


def _split(text: str) -> tuple[str, str | None]:
    """A date and the time after it; None where there is no time."""
    match = _TIME.search(text)
    if match is None or match.end() != len(text) or not text[: match.start()].strip(" ,T"):
        return text, None
    return text[: match.start()].rstrip(" ,T"), match[0]


def _days(text: str, form: str) -> Iterator[date]:
    """Each day that a text can be; with `form` only as that order has it, months by their names aside."""
    for named in _NAMED:
        if (match := named.fullmatch(text)) and (month := _MONTH.get(match["m"].lower())):
            yield from _day(match["y"], month, match["d"])
    if match := _YEAR_FIRST.fullmatch(text):
        yield from _day(match["y"], match["m"], match["d"])
    elif (match := _YEAR_LAST.fullmatch(text)) and form != "YMD":
        if form != "MDY":
            yield from _day(match["y"], match["b"], match["a"])
        if form != "DMY":
            yield from _day(match["y"], match["a"], match["b"])


def _day(year: str, month: str | int, day: str) -> Iterator[date]:
    try:
        yield date(int(year), int(month), int(day))
    except ValueError:
        return


def _time(text: str) -> time | None:
    """The time of day that a text says."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hour, half = int(match["h"]), (match["half"] or "").lower()
    if half and not 1 <= hour <= 12:
        return None
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    zone = (match["zone"] or "").upper()
    offset = "+00:00" if zone in ("Z", "UTC", "GMT") else zone
    try:
        return time.fromisoformat(f"{hour:02}:{match['m']}:{match['s'] or '00'}{(match['f'] or '')[:7]}{offset}")
    except ValueError:
        return None


def _placed(read: date, zone: tzinfo) -> str | Problem:
    """A moment where it is meant, and the beginning of a day there."""
    timed = isinstance(read, datetime)
    local = read if isinstance(read, datetime) else datetime.combine(read, time())
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    try:
        if first.utcoffset() == second.utcoffset():
            return first.isoformat()
        there = first.astimezone(UTC).astimezone(zone)
    except OverflowError:
        return Problem("date_invalid", "This time is out of the range of dates.", "Put the cell right.")
    if not timed:  # a day begins once, if later than at midnight
        return there.isoformat()
    never = there.replace(tzinfo=None, fold=0) != local
    said = "was never, the clocks being put forward" if never else "was twice, the clocks being put back"
    return Problem("datetime_unclear", f"In {zone} this time {said}.", f"{_WITH_OFFSET}.")


def _told(read: date) -> str:
    """A date as nobody mistakes it."""
    return f"{read.day} {_LONG[read.month - 1].capitalize()} {read.year}"
