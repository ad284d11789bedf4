"""The one error border: runs the command line, turns errors into a message and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Final

import click

from bulk.cli import display, machine, terminal
from bulk.cli.command import in_order
from bulk.cli.header_command import with_full_command
from bulk.cli.main import bulk
from bulk.cli.progress import end_of_command
from bulk.errors import BulkError, ReaderGoneError
from bulk.wording import FrontEnd

# the commands that are jobs, whose end their exit code tells
JOBS: Final = ("import", "export", "resume", "retry", "apply", "undo", "fleet run", "fleet resume")


def main() -> None:
    """Run `bulk` and exit with the codes of docs/exit-codes.md."""
    terminal.prepare()
    arguments = in_order(sys.argv[1:], bulk)
    code = run(arguments)
    sys.exit(terminal.last_code(code, of_job=is_job(arguments)))


def is_job(arguments: list[str]) -> bool:
    """Whether a command line is of a job."""
    return not {*arguments[:1], " ".join(arguments[:2])}.isdisjoint(JOBS)


def run(arguments: list[str]) -> int:
    """Run one command line; its exit code."""
    try:
        machine.begin()
        arguments = in_order(arguments, bulk)
        code = bulk.main(arguments, prog_name="bulk", standalone_mode=False, obj=tuple(arguments)) or 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show(sys.stderr)
        return 2
    except ReaderGoneError as error:
        if isinstance(sys.stdout, terminal.Output):
            sys.stdout.give_up(BrokenPipeError())
        return error.exit_code
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the border
        text, code = _told(error)
        if isinstance(error, BulkError):
            text = with_full_command(error, text, arguments)
        _tell(error, _without_secrets(text), code)
        return code
    end_of_command("", code)  # where there was nothing to do, no job has told of its end
    return code


def _tell(error: BaseException, text: str, code: int) -> None:
    """Tell an error: people on standard error, a program that wants JSON on standard output and among its events.

    Where standard error is for events only, the words for people stand on standard output.
    """
    wanted, known = machine.wanted(), error if isinstance(error, BulkError) else None
    end_of_command("" if known is None else known.code, code)
    if wanted.as_json and code and known is not None:
        display.show_json({"error": {**machine.error_json(known), "message": text}, "exit_code": code})
    terminal.tell(f"bulk: {text}", err=wanted.events is None or wanted.as_json)


def _told(error: BaseException) -> tuple[str, int]:
    """What a person is told of an error, and the exit code."""
    if isinstance(error, BulkError):
        return error.words(FrontEnd.COMMAND_LINE), error.exit_code
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return "interrupted at once. What a job has done is safe, and 'bulk resume' goes on with it.", 130
    if isinstance(error, OSError):
        return f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), 2
    if os.environ.get("BULK_DEBUG"):
        terminal.echo(_without_secrets("".join(traceback.format_exception(error))), err=True, nl=False)
    told = f"a defect of bulk: {type(error).__name__}. Run it again with BULK_DEBUG=1 and report what it prints;"
    return f"{told}\nwhat a job has done is safe in its folder, and 'bulk resume' goes on with it.", 3


def _without_secrets(text: str) -> str:
    """The text without a key or a password of this environment: what libraries raise may quote one."""
    from bulk.api.redaction import Redaction, secrets_in  # noqa: PLC0415 - for who has an error

    return Redaction(*secrets_in(os.environ)).text(text)


if __name__ == "__main__":
    main()
