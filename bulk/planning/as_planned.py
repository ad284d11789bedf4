"""Whether what would be done to a row now is what its plan says: the lines of both, side by side. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from bulk.model import Failure
from bulk.planning.changes import UNCHANGED
from bulk.planning.plan_lines import NOT_DONE, Line
from bulk.wording import quoted

COMES_WITH: Final = "\0"  # for the id of what comes with a record that is made: which it is, the plan cannot say


def differing(planned: tuple[Line, ...], now: Iterable[Line]) -> Failure | None:
    """Why a row is not carried out: what would be done now is not what the plan says."""
    planned, current = (tuple(line.to_be_done for line in lines) for lines in (planned, now))
    if len(current) == len(planned) and all(map(_is_as_planned, planned, current)):
        return None
    if planned and planned[0].record == COMES_WITH and _is_within(current, planned):
        return None
    if planned and current and planned[0].record != current[0].record:
        who = ("nobody" if not lines[0].record else f"the id {lines[0].record}" for lines in (planned, current))
        return meanwhile(*(f"it was {one}" for one in who))
    gone = [line for line in planned if line not in current]
    new = [line for line in current if line not in planned]
    return meanwhile("; ".join(map(_told, gone)) or "nothing else", "; ".join(map(_told, new)) or "nothing to do")


def nothing_is_left(planned: tuple[Line, ...], now: tuple[Line, ...]) -> bool:
    """Whether nothing of what was planned is left to be done, and what was refused of it still is."""
    left = [line.to_be_done for line in now if line.action != UNCHANGED]
    refused = [replace(line.to_be_done, record=now[0].record) for line in planned if line.action in NOT_DONE]
    return bool(now) and len(refused) < len(planned) and left == refused


def _is_as_planned(planned: Line, now: Line) -> bool:
    """Whether a line says what it was planned to; any id will do for what comes with a record that was made."""
    if planned == now:
        return True
    any_id = (r"\d+".join(map(re.escape, cell.split(COMES_WITH))) for cell in planned.cells)
    return all(re.fullmatch(*pair) is not None for pair in zip(any_id, now.cells, strict=True))


def _is_within(current: tuple[Line, ...], planned: tuple[Line, ...]) -> bool:
    """Whether no more is to be done than was planned to what has come with another record: some may be so already."""
    after = {(line.action, line.column, line.after) for line in planned}
    return all(line.action == UNCHANGED or (line.action, line.column, line.after) in after for line in current)


def _told(line: Line) -> str:
    """A line, in the words of an error."""
    if not line.column:
        return line.action
    return f"{line.action} {line.column}: {quoted(line.before)} → {quoted(line.after)}"


def meanwhile(planned: str, now: str) -> Failure:
    """Why a row is left alone: what somebody changed, as it was planned and as it is now."""
    said = f"Somebody changed it since the plan was made, so nothing was done. Planned: {planned}. Now: {now}."
    return Failure("", "changed_meanwhile", f"{said} To go by how it is now, make a new plan: ⟦plan⟧.")
