"""Errors that stop a job or a command. Nothing about single rows: those are values (`Issue`, `Failure`).

Each carries its exit code; they are raised anywhere, caught once, in `bulk.__main__`.
"""

from __future__ import annotations

from typing import Any


class BulkError(Exception):
    """The command cannot go on. `str(error)` is for the user: what happened, where, and the next step."""

    exit_code = 2
    job: Any = None  # the folder of the job that it stopped, where there was one


class UsageError(BulkError):
    """Wrong option, configuration, header or file. Nothing was sent. Exit code 2."""


class AbortedError(BulkError):
    """The job was given up: key or connection refused, too many errors, `--on-invalid stop`. Exit code 3."""

    exit_code = 3


class UnfinishedError(BulkError):
    """The job stopped and can go on: network gone, time limit, another run holds it. Exit code 4."""

    exit_code = 4


class ReaderGoneError(BulkError):
    """Who read our output has left, like `head`. Nothing is wrong, and nothing is said. Exit code 128 + SIGPIPE."""

    exit_code = 141


class AccountingError(BulkError):
    """The report does not add up. A defect of ours, never hidden. Exit code 3."""

    exit_code = 3


class InterruptedJobError(BulkError):
    """Ctrl-C or SIGTERM, after what was in flight was written down. Exit code 128 + the signal's number."""

    def __init__(self, message: str, signal_number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number
