"""What is said of the sandbox's switches and faults, on a terminal and in docs/sandbox.md; out of their own tables."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Final

from bulk.sandbox.faults import ENDS, KINDS
from bulk.sandbox.switches import table

WIDTH: Final = 78
WHEN: Final = (
    ("method", '"*"', "which requests, by method; `*` and `?` stand for any text and any letter"),
    ("path", '"*"', "by path, below `/api/3/`: `contact/sync`, `contactTags*`"),
    ("body", '""', "by a text that the body holds: `ada@example.com`"),
    ("after", "0", "from so many seconds after the first request on"),
    ("until", "0", "only so many seconds from it; 0: no end"),
    ("skip", "0", "not the first so many"),
    ("nth", "0", "only this one of those that are left"),
    ("every", "0", "only each so many"),
    ("first", "0", "only the first so many"),
    ("probability", "1.0", "by chance, the same for one run after the other"),
    ("status", "0", "what is answered; its body is as recorded"),
    ("applied", "false", "of a status: the request is applied all the same"),
    ("retry_after", '""', "of a status: the header, seconds or any text; `date`: `seconds` from now"),
    ("seconds", "1.0", "how slow, or how far away the date"),
    ("total", '""', "what a list tells: a number, or any text"),
    ("ends", '"failed"', f"of a batch: what becomes of it: {', '.join(f'`{end}`' for end in ENDS)}"),
    ("share", "0.0", "of a batch: how many of its contacts are applied, from the first on; 1: all"),
)
_SWITCHES: Final = ("switch", "default or other", "open in", "meaning")
_KINDS: Final = ("kind", "what happens")
_WHEN: Final = ("attribute", "default", "meaning")


def switches_as(*, markdown: bool) -> str:
    """The table of switches."""
    rows = [(f"`{name}`", choices, section, about) for name, choices, section, about in table()]
    if markdown:
        return _markdown(_SWITCHES, rows)
    return "\n".join(_entry(f"{name}={choices}", about) for name, choices, _section, about in table())


def faults_as(*, markdown: bool) -> str:
    """The tables of faults: what happens, and to which requests."""
    if markdown:
        kinds = _markdown(_KINDS, [(f"`{kind}`", about) for kind, about in KINDS.items()])
        return f"{kinds}\n\n{_markdown(_WHEN, [(f'`{name}`', default, about) for name, default, about in WHEN])}"
    kinds = "\n".join(_entry(kind, about) for kind, about in KINDS.items())
    when = "\n".join(_entry(f"{name} = {default}", about) for name, default, about in WHEN)
    return f"Each [[fault]] has one of these kinds:\n\n{kinds}\n\nand may have:\n\n{when}"


def _entry(name: str, about: str) -> str:
    lines = wrap(about.replace("`", ""), WIDTH - 6)
    return "\n".join([f"  {name}", *(f"      {line}" for line in lines)])


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)
