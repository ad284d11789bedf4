"""What a program that runs bulk asks of it: its result as JSON, what happens as lines of JSON. Writes nothing."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bulk.errors import BulkError
from bulk.wording import FrontEnd

if TYPE_CHECKING:
    from bulk.library.events import JsonLines


@dataclass(slots=True)
class Wanted:
    """What one command line is to give: `as_json` its result, `events` whoever writes what happens, if anybody does."""

    as_json: bool = False
    events: JsonLines | None = None


_WANTED: ContextVar[Wanted | None] = ContextVar("wanted", default=None)


def begin() -> None:
    """A new command line: nothing is known of it yet."""
    _WANTED.set(Wanted())


def wanted() -> Wanted:
    """What this command line is to give."""
    return _WANTED.get() or Wanted()


def error_json(error: BulkError) -> dict[str, str]:
    """An error for programs: its code, its words, and where more is said of it."""
    from bulk.messages.help import help_of  # noqa: PLC0415 - for who has an error

    return {"code": error.code, "message": error.words(FrontEnd.COMMAND_LINE), "help": help_of(error.code)}


def beside(error: BulkError | None, undo: str) -> dict[str, Any]:
    """What stands beside the figures of a job: why it stopped, and the command that undoes it, where there are such."""
    told = {} if error is None else {"error": error_json(error)}
    return told | ({"undo": undo} if undo else {})
