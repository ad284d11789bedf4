"""The sandbox's page for a person's browser: what is in it, how fast it is asked, what went wrong. Says, does nothing.

One plain page without scripts that loads itself anew; it shows paths and counts, never what is in a record.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Final

from bulk.resources import RESOURCES

SECONDS: Final = 60  # that the picture of the pace goes back
LATEST: Final = 12  # requests shown
ERRORS: Final = 12  # refusals and errors shown
_REFRESH: Final = 2  # seconds
COUNTED: Final = tuple(resource.name for resource in RESOURCES if not resource.name.endswith("CustomFieldMeta"))


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as the log and the page know it: when, method, path below the door, status (0: dropped)."""

    clock: datetime
    method: str
    path: str
    status: int


@dataclass(slots=True)
class Memory:
    """The requests of late, and how many each second had."""

    latest: deque[Seen] = field(default_factory=lambda: deque(maxlen=LATEST))
    errors: deque[Seen] = field(default_factory=lambda: deque(maxlen=ERRORS))
    _served: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=SECONDS + 1))

    def note(self, seen: Seen, now: float) -> None:
        """A request was answered, or dropped."""
        self.latest.appendleft(seen)
        if not 200 <= seen.status < 400:
            self.errors.appendleft(seen)
        second = int(now)
        if self._served and self._served[-1][0] == second:
            self._served[-1] = second, self._served[-1][1] + 1
        else:
            self._served.append((second, 1))

    def pace(self, now: float) -> list[int]:
        """Requests in each of the last seconds, oldest first; the second that runs is left out."""
        counts = dict(self._served)
        return [counts.get(second, 0) for second in range(int(now) - SECONDS, int(now))]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the page says. `accounts`: each account's name and its counts; `limit` 0: none."""

    requests: int
    refused: int
    observed_max: int
    limit: float
    window: str
    pace: Sequence[int]
    latest: Sequence[Seen]
    errors: Sequence[Seen]
    accounts: Mapping[str, Mapping[str, int]]


_STYLE: Final = """
:root { color-scheme: light dark; --ground: #f6f7f9; --card: #fff; --ink: #1b2330; --quiet: #525d6e; --line: #d5dae2;
--bad: #a61b1b; --good: #1d4fc4; --place: #0b5d56; --place-ground: #d9f2ee }
@media (prefers-color-scheme: dark) { :root { --ground: #12161d; --card: #1b212b; --ink: #e9edf4; --quiet: #a9b4c4;
--line: #343d4b; --bad: #ff9d9d; --good: #8fb2ff; --place: #8ae6db; --place-ground: #10332f } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; background: var(--ground); color: var(--ink) }
main, .place { padding-inline: max(1rem, calc((100% - 60rem) / 2)) } main { padding-bottom: 3rem }
.place { margin: 0; padding-block: .5rem; background: var(--place-ground); color: var(--place);
border-bottom: 3px dashed }
.place b { letter-spacing: .06em }
h1 { font-size: 1.7rem; margin: 1.5rem 0 .5rem } h2 { font-size: 1.1rem; margin: 1.6rem 0 .5rem }
.facts { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1rem 0 }
.facts div { background: var(--card); border: 1px solid var(--line); border-top-width: 4px; border-radius: .6rem;
padding: .6rem .9rem; min-width: 8rem }
.facts b { display: block; font-size: 1.3rem; font-variant-numeric: tabular-nums }
.bad { color: var(--bad) } svg { width: 100%; height: 5rem; background: var(--card); border-radius: .6rem }
table { border-collapse: collapse; width: 100%; font-size: .9rem } td, th { text-align: left; padding: .3rem .8rem;
border-bottom: 1px solid var(--line) } td.n { text-align: right; font-variant-numeric: tabular-nums }
td.path { font-family: ui-monospace, monospace; word-break: break-all }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .6rem }
p { color: var(--quiet) } .place { color: var(--place) }
"""


def page(facts: Facts) -> str:
    """The whole page."""
    limit = f"{facts.limit:g} a second ({facts.window})" if facts.limit else "none"
    now = facts.pace[-1] if facts.pace else 0
    tiles = (
        ("requests", f"{facts.requests:,}", ""), ("last second", f"{now:,}", ""), ("limit", limit, ""),
        ("most in a second", f"{facts.observed_max:,}", ""),
        ("refused", f"{facts.refused:,}", "bad" if facts.refused else ""),
    )  # fmt: skip
    shown = "".join(f'<div>{name}<b class="{kind}">{escape(value)}</b></div>' for name, value, kind in tiles)
    accounts = "".join(_account(name, counts) for name, counts in facts.accounts.items())
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>bulk sandbox</title>'
        f'<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="{_REFRESH}">'
        f"<style>{_STYLE}</style></head>\n<body>\n"
        '<header><p class="place"><b>SANDBOX</b> Nothing here reaches ActiveCampaign.</p></header>\n'
        "<main>\n<h1>bulk sandbox</h1>\n"
        f'<p>A local stand-in for ActiveCampaign. This page loads itself anew.</p>\n<div class="facts">{shown}</div>\n'
        f"<h2>Requests in each of the last {SECONDS} seconds</h2>\n{_picture(facts.pace, facts.limit)}\n"
        f"<h2>Refusals and errors</h2>\n{_requests(facts.errors, 'None so far.')}\n{accounts}"
        f"<h2>Latest requests</h2>\n{_requests(facts.latest, 'None so far.')}\n</main>\n</body>\n</html>\n"
    )


def _picture(pace: Sequence[int], limit: float) -> str:
    """Bars, and a line where the limit is."""
    top = max([*pace, limit * 1.25, 1])
    width = 600 / max(1, len(pace))
    bars = "".join(
        f'<rect x="{at * width:.1f}" y="{100 - 100 * count / top:.1f}" width="{width * 0.8:.1f}"'
        f' height="{100 * count / top:.1f}" fill="var(--{"bad" if limit and count > limit else "good"})"/>'
        for at, count in enumerate(pace) if count
    )  # fmt: skip
    y = 100 - 100 * limit / top
    line = f'<line x1="0" x2="600" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor" stroke-dasharray="4"/>'
    label = f"at most {max(pace, default=0)} in a second"
    return (
        f'<svg viewBox="0 0 600 100" preserveAspectRatio="none" role="img" aria-label="{label}">'
        f"{bars}{line if limit else ''}</svg>"
    )


def _requests(seen: Sequence[Seen], none: str) -> str:
    if not seen:
        return f"<p>{none}</p>"
    rows = "".join(
        f"<tr><td>{one.clock.astimezone():%H:%M:%S}</td><td>{escape(one.method)}</td>"
        f'<td class="path">{escape(one.path)}</td>'
        f'<td class="n{" bad" if not 200 <= one.status < 400 else ""}">{one.status or "dropped"}</td></tr>'
        for one in seen
    )
    return f'<div class="scroll"><table>{rows}</table></div>'


def _account(name: str, counts: Mapping[str, int]) -> str:
    cells = "".join(f'<tr><td>{table}</td><td class="n">{count:,}</td></tr>' for table, count in counts.items())
    return f"<h2>{escape(name)}</h2>\n<table>{cells}</table>\n"
