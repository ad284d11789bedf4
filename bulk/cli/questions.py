"""What a person is asked before anything is deleted, put back or made. Raises where nobody can answer, naming --yes."""

from __future__ import annotations

import sys
from collections.abc import Callable

from bulk.cli import terminal
from bulk.errors import UsageError


def confirmation(*, deletes: bool, creates: bool, yes: bool) -> Callable[[str], bool] | None:
    """What asks a person before anything is deleted, or fields are created; None if nobody needs to be.

    `UsageError` if nobody can be.
    """
    if yes or not (deletes or creates):
        return None
    if not deletes:
        if not sys.stdin.isatty():
            raise UsageError("fields_unanswerable")
        return ask_to_create
    _check_that_somebody_answers()
    return ask


def ask(question: str) -> bool:
    """What a person answers to a question before anything is deleted. Raises `UsageError` if nobody can."""
    _check_that_somebody_answers()
    return answered(question)


def answered(question: str) -> bool:
    """What is answered to a question. Raises `UsageError`, naming --yes, where standard input ends instead."""
    answer = answer_to(question)
    if answer is None:
        raise UsageError("delete_unanswered")
    return answer


def ask_to_create(question: str) -> bool:
    """What a person answers before fields are created. Raises `UsageError` if nobody does."""
    answer = answer_to(question)
    if answer is None:
        raise UsageError("fields_unanswered")
    return answer


def ask_to_apply(command: str, question: str) -> bool:
    """What a person answers before a plan is carried out that deletes. Raises `UsageError` if nobody can."""
    if not sys.stdin.isatty():
        raise UsageError("apply_unanswerable", command=command)
    answer = answer_to(question)
    if answer is None:
        raise UsageError("apply_unanswered", command=command)
    return answer


def ask_to_undo(question: str) -> bool:
    """What a person answers before anything is put back. Raises `UsageError` if nobody can."""
    if not sys.stdin.isatty():
        raise UsageError("undo_unanswerable")
    answer = answer_to(question)
    if answer is None:
        raise UsageError("undo_unanswered")
    return answer


def answer_to(question: str) -> bool | None:
    """What is answered to a question; None where standard input ends instead."""
    while True:
        shown = terminal.fitted(f"{question} [y/N]:", terminal.width_of(sys.stderr))
        terminal.echo(f"{shown} ", err=True, nl=False)
        line = sys.stdin.readline()
        if not line:
            terminal.echo(err=True)
            return None
        said = line.strip().lower()
        if said in ("y", "yes"):
            return True
        if said in ("", "n", "no"):
            return False


def _check_that_somebody_answers() -> None:
    if not sys.stdin.isatty():
        raise UsageError("delete_unanswerable")
