"""Numbers as people say them, for messages."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Say how many: `1 row`, `12,400 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def agreeing(number: int, one: str, many: str) -> str:
    """The word that agrees with a number: `is` or `are`."""
    return one if number == 1 else many


def duration(seconds: float) -> str:
    """A duration as people say it: `12 s`, `4 min`, `1 h 43 min`, `2 days 3 h`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    days, hours = divmod(hours, 24)
    return f"{days} days {hours} h"
