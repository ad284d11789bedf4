"""Pictures of a job as SVG: static, a few lines each, drawn in the page's colours by their classes.

What a picture shows stands beside it in words or a table too, so each is hidden from readers that speak.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from markupsafe import Markup

from bulk.runtime.course import Sample

WIDTH: Final = 720  # of every picture, in its own units
BARS: Final = 90  # of the picture over time, at most
_LINE = Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>')
_BAR = Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>')
_TEXT = Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>')


def _drawing(height: float, *parts: Markup) -> Markup:
    opening = Markup('<svg viewBox="0 0 {} {:.0f}" aria-hidden="true" focusable="false">').format(WIDTH, height)
    return opening + Markup("").join(parts) + Markup("</svg>")


def shares(counts: Mapping[str, int], names: Sequence[str]) -> Markup:
    """One bar, divided as the counts of these names are; each part has the class `is-` and its name."""
    total = sum(counts.get(name, 0) for name in names)
    parts, at = [], 0.0
    for name in names:
        if count := counts.get(name, 0):
            width = max(2.0, WIDTH * count / total)
            parts.append(_BAR.format(f"is-{name}", at, 0, min(width, WIDTH - at), 28, f"{name}: {count:,}"))
            at += width
    return _drawing(28, *parts)


def over_time(course: Sequence[Sample], rate: float) -> Markup:
    """Requests a second over the time of a job, refused ones on top, beside the limit; `rate` 0: there was none."""
    bars = _bars(course)
    if not bars:
        return Markup("")
    height, left = 150.0, 34.0
    seconds = bars[-1][1]
    most = max(0.1, rate * 1.2, *(sent / (end - begin) for begin, end, sent, _refused in bars))
    across, up = (WIDTH - left) / seconds, (height - 20) / most
    parts = []
    for begin, end, sent, refused in bars:
        each, again = sent / (end - begin), refused / (end - begin)
        x, width = left + begin * across, max(1.0, (end - begin) * across - 1)
        told = f"{_clock(begin)}: {each:.1f} a second" + (f", {refused:,} refused" if refused else "")
        parts.append(_BAR.format("sent", x, height - 16 - each * up, width, each * up, told))
        if refused:
            parts.append(_BAR.format("refused", x, height - 16 - again * up, width, max(2.0, again * up), told))
    parts.append(_LINE.format("axis", left, height - 16, WIDTH, height - 16))
    parts.append(_TEXT.format("small", left, height - 3, "0:00"))
    parts.append(_TEXT.format("small end", WIDTH, height - 3, _clock(seconds)))
    if rate:
        y = height - 16 - rate * up
        parts += [_LINE.format("limit", left, y, WIDTH, y), _TEXT.format("small", 0, y + 4, f"{rate:g}/s")]
    return _drawing(height, *parts)


def _bars(course: Sequence[Sample]) -> list[tuple[float, float, int, int]]:
    """The samples as begin, end, requests and refused ones: `BARS` of about one length at most."""
    if len(course) < 2 or course[-1].seconds <= 0:
        return []
    least, end = max(course[-1].seconds / BARS, 0.5), course[-1].seconds
    bars: list[tuple[float, float, int, int]] = []
    before = course[0]
    for one in course[1:]:
        rest = end - one.seconds  # so little of it belongs to this bar: a burst is no pace
        if (one.seconds - before.seconds >= least and rest >= least) or (not rest and one.seconds > before.seconds):
            sent, refused = one.requests - before.requests, one.retries - before.retries
            bars.append((before.seconds, one.seconds, max(0, sent), max(0, refused)))
            before = one
    return bars


def part_of(amount: float, most: float) -> Markup:
    """One bar, as long as an amount is beside the most."""
    return _drawing(24, _BAR.format("sent", 0, 2, max(1.0, WIDTH * amount / (most or 1)), 20, ""))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
