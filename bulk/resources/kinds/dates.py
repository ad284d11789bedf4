"""Dates and moments, as ActiveCampaign documents them for custom fields."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

from bulk.model import Json
from bulk.resources.kinds.date_forms import Dates
from bulk.resources.kinds.kind import Kind, Options, Problem
from bulk.resources.kinds.texts import same_text, write_text

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_AS_IT_IS: Final = Dates()
_FARTHEST: Final = timedelta(hours=14)  # a time zone from UTC


def _read_date(text: str, _options: Options, _separator: str) -> Json | Problem:
    stripped = text.strip()
    if _DAY.fullmatch(stripped):
        try:
            return date.fromisoformat(stripped).isoformat()
        except ValueError:
            pass
    return Problem("date_invalid", "This is no date of the form YYYY-MM-DD.", "Write it like 2026-05-28.")


def _read_datetime(text: str, _options: Options, _separator: str) -> Json | Problem:
    stripped = text.strip()
    hint = "Write it with its offset from UTC, like 2026-05-28T03:05:54-05:00."
    try:
        moment = datetime.fromisoformat(stripped)
    except ValueError:
        return Problem("datetime_invalid", "This is no date and time.", hint)
    if moment.tzinfo is None:
        return Problem("datetime_without_offset", "This time does not say its offset from UTC.", hint)
    return stripped


def day_told(text: str) -> str:
    """The day that a text can only be, in ISO form; the text itself where it is none, or may be two."""
    day = _AS_IT_IS.day(text)
    return text if isinstance(day, Problem) else day


def _same_date(a: Json, b: Json) -> bool:
    """An account may hold what is a date as people write it: that is the same day."""
    return same_text(a, b) or (bool(a and b) and day_told(str(a)) == day_told(str(b)))


def _same_datetime(a: Json, b: Json) -> bool:
    try:
        return datetime.fromisoformat(str(a)) == datetime.fromisoformat(str(b))
    except (TypeError, ValueError):  # TypeError: one has an offset, the other has none
        return same_text(a, b)


def _same_moment(current: str, sent: str) -> bool:
    """Whether what is found may be the day or the moment that was sent, where one of them tells no time zone."""
    try:
        one, other = datetime.fromisoformat(current), datetime.fromisoformat(sent)
    except ValueError:
        return False
    if (one.tzinfo is None) == (other.tzinfo is None):
        return one == other
    utc, local = (one, other) if other.tzinfo is None else (other, one)
    return abs(utc - local.replace(tzinfo=UTC)) <= _FARTHEST


DATE: Final = Kind("date", "YYYY-MM-DD", "1990-05-28", _read_date, write_text, _same_date, alike=_same_moment)
DATETIME: Final = Kind("datetime", "ISO 8601 with offset", "2026-05-28T09:30:00+00:00", _read_datetime, write_text,
                       _same_datetime, alike=_same_moment)  # fmt: skip


def in_iso(kind: Kind, text: str, dates: Dates) -> str | Problem:
    """A text of a file in the form that cells of a kind have; as it is where the kind is none of dates, or reads it."""
    if kind not in (DATE, DATETIME) or not isinstance(kind.read(text, None, ","), Problem):
        return text
    return dates.day(text) if kind is DATE else dates.moment(text)
