"""What one check of the way to an account found, and what to do about it: a value, in the command line's words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bulk.errors import UsageError
from bulk.wording import FrontEnd, in_words_of

FRONT_END: Final = FrontEnd.COMMAND_LINE  # in whose words all is told here: only a command asks


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    PROBLEM = "problem"
    UNKNOWN = "unknown"  # it could not be made, which is no fault of the user's


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. `steps` are lines that say what to do; an indented one is a command.

    `blocks`: because of it nothing could be asked.
    """

    check: str
    state: State
    said: str
    steps: tuple[str, ...] = ()
    blocks: bool = False


def ok(check: str, said: str) -> Finding:
    """All is well there."""
    return Finding(check, State.OK, said)


def problem(check: str, said: str, *steps: str, blocks: bool = False) -> Finding:
    """Something is wrong there, and this is what to do about it."""
    return Finding(check, State.PROBLEM, said, tuple(in_words_of(FRONT_END, step) for step in steps), blocks)


def unknown(check: str, said: str) -> Finding:
    """It cannot be known."""
    return Finding(check, State.UNKNOWN, said)


def refused(check: str, error: UsageError) -> Finding:
    """Nothing can be asked because of this; the error says what, then what to do."""
    said, _, step = error.words(FRONT_END).partition(". ")
    return problem(check, f"{said.rstrip('.')}.", step, blocks=True)
