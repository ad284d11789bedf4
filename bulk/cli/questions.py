"""What a person is asked before anything is deleted, put back or made. Raises where nobody can answer, naming --yes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bulk.cli import terminal
from bulk.cli.machine import wanted
from bulk.errors import UsageError


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks a person: `unanswerable` makes what is raised where nobody can answer, `unanswered` where nobody does."""

    unanswerable: Callable[[], UsageError]
    unanswered: Callable[[], UsageError]

    def check(self) -> None:
        """Raise `UsageError` if nobody can answer."""
        if not sys.stdin.isatty() or wanted().events is not None:  # the question would not be seen
            raise self.unanswerable()

    def __call__(self, question: str) -> bool:
        """What a person answers. Raises `UsageError` if nobody can, or does."""
        self.check()
        return answered(question, self.unanswered)


TO_DELETE: Final = Asking(lambda: UsageError("delete_unanswerable"), lambda: UsageError("delete_unanswered"))
TO_CREATE: Final = Asking(lambda: UsageError("fields_unanswerable"), lambda: UsageError("fields_unanswered"))
TO_UNDO: Final = Asking(lambda: UsageError("undo_unanswerable"), lambda: UsageError("undo_unanswered"))


def to_apply(command: str) -> Asking:
    """Asks before a plan is carried out that deletes, by this command."""
    return Asking(
        lambda: UsageError("apply_unanswerable", command=command),
        lambda: UsageError("apply_unanswered", command=command),
    )


def confirmation(*, deletes: bool, creates: bool, yes: bool) -> Asking | None:
    """What asks a person before anything is deleted, or fields are created; None if nobody needs to be.

    `UsageError` if nobody can be.
    """
    if yes or not (deletes or creates):
        return None
    asking = TO_DELETE if deletes else TO_CREATE
    asking.check()
    return asking


def answered(question: str, unanswered: Callable[[], UsageError] = TO_DELETE.unanswered) -> bool:
    """What is answered to a question. Raises what `unanswered` makes where standard input ends instead."""
    while True:
        shown = terminal.fitted(f"{question} [y/N]:", terminal.width_of(sys.stderr))
        terminal.echo(f"{shown} ", err=True, nl=False)
        line = sys.stdin.readline()
        if not line:
            terminal.echo(err=True)
            raise unanswered()
        said = line.strip().lower()
        if said in ("y", "yes"):
            return True
        if said in ("", "n", "no"):
            return False
