"""Errors that stop a job or a command. Nothing about single rows: those are values (`Issue`, `Failure`).

An error is a code of the table in `bulk.messages` and its parameters; its words are the front end's. Each has its exit
code. They are raised anywhere and caught once, in `bulk.__main__`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bulk import messages
from bulk.wording import FrontEnd


class BulkError(Exception):
    """The command cannot go on. `str(error)` is for people: what happened, where, and the next step.

    `code` is stable, docs/errors.md has all; `parameters` are what its text speaks of.
    """

    exit_code = 2
    job: Any = None  # the folder of the job that it stopped, where there was one

    def __init__(self, code: str, /, **parameters: object) -> None:
        super().__init__(code)
        self.code = code
        self.parameters: Mapping[str, object] = parameters

    def words(self, front_end: FrontEnd) -> str:
        """The text, as a front end says it."""
        return messages.words(self.code, self.parameters, front_end)

    def __str__(self) -> str:
        return self.words(FrontEnd.LIBRARY)


class UsageError(BulkError):
    """Wrong option, configuration, header or file. Nothing was sent. Exit code 2."""


class NothingToUndoError(UsageError):
    """A job is to be undone that has changed nothing, or whose changes were put back already. Exit code 0."""

    exit_code = 0


class TooSlowError(UsageError):
    """At this rate nobody can be subscribed, and rows ask for it; nothing of them was sent. Exit code 2."""


class AbortedError(BulkError):
    """The job was given up: key or connection refused, too many errors, `on_invalid="stop"`. Exit code 3."""

    exit_code = 3


class DeclinedError(AbortedError):
    """Somebody was asked, and said that nothing is to be done; or has to be. Nothing was. Exit code 3."""


class UnfinishedError(BulkError):
    """The job stopped and can go on: network gone, time limit, another run holds it. Exit code 4."""

    exit_code = 4


class ReaderGoneError(BulkError):
    """Who read our output has left, like `head`. Nothing is wrong, and nothing is said. Exit code 128 + SIGPIPE."""

    exit_code = 141

    def __init__(self) -> None:
        super().__init__("reader_gone")


class AccountingError(BulkError):
    """The report does not add up. A defect of ours, never hidden. Exit code 3."""

    exit_code = 3


class InterruptedJobError(BulkError):
    """Ctrl-C or SIGTERM, after what was in flight was written down. Exit code 128 + the signal's number."""

    def __init__(self, code: str, signal_number: int, /, **parameters: object) -> None:
        super().__init__(code, **parameters)
        self.exit_code = 128 + signal_number
