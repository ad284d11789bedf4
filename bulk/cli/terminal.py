"""Writing to standard output and standard error, whatever becomes of them; the only writer to them but for tqdm.

The reader may go away, the disk be full, a stream closed before the start or unable to encode a sign. None of it ends a
job, whose exit code tells of the job.

What a terminal would obey instead of showing, in a name or in a server's words, is shown by its number.

What is written after the first error goes nowhere. Whether standard output took everything is asked at the end.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import re
import sys
import textwrap
from typing import IO, Any, Final
from unicodedata import combining, east_asian_width

from bulk.cli.machine import wanted
from bulk.errors import ReaderGoneError, UsageError

ALTERNATIVES: Final = {"→": "->", "…": "...", "≈": "~", "·": "-"}
ERRORS: Final = "bulk.alternatives"  # the name under which codecs know what becomes of signs that do not fit
NOT_WRITTEN: Final = 2
_BELOW: Final = "    "  # before what follows a line
_COMMAND: Final = "bulk "
WIDTH: Final = 80  # columns of a terminal that lines of ours keep within
FILLED: Final = WIDTH - 1  # columns that a paragraph fills
# control characters but for tabs and line ends, other ends of lines, and what turns the direction of a text
_OBEYED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_LINE_ENDS: Final = re.compile("[\r\n]")
_OVERWRITTEN: Final = re.compile("\r(?!\n)")  # a bar begins so, a line does not


def alternative(error: UnicodeError) -> tuple[str, int]:
    """What is written for signs that an encoding lacks: what looks like them, else their number."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    told = [ALTERNATIVES.get(sign) or sign.encode("ascii", "backslashreplace").decode() for sign in signs]
    return "".join(told), error.end


codecs.register_error(ERRORS, alternative)


def visible(text: str) -> str:
    r"""Write by its number whatever a terminal would obey instead of showing: `\x1b`."""
    return _OBEYED.sub(lambda result: _number(result[0]), text)


def one_line(text: str) -> str:
    """Write line ends by their numbers too: what others have named or said makes no line of ours."""
    return _LINE_ENDS.sub(lambda result: _number(result[0]), text)


def _number(sign: str) -> str:
    return f"\\x{ord(sign):02x}" if ord(sign) < 0x100 else f"\\u{ord(sign):04x}"


class Output(io.TextIOWrapper):
    """Standard output or error that never raises; `failure` is the first error of writing to it.

    The bytes below it, `buffer`, do raise: what is written there is a file's content, and it has to be whole.
    """

    failure: OSError | None = None
    was_closed = False  # before the start

    def write(self, text: str) -> int:
        """Write text, or nothing after an error."""
        if self.failure is None:
            try:
                super().write(visible(text))
            except (OSError, ValueError) as error:  # ValueError: it was closed meanwhile
                self.give_up(error)
        return len(text)

    def flush(self) -> None:
        """Pass on what was written."""
        try:
            super().flush()
        except (OSError, ValueError) as error:
            self.give_up(error)

    def give_up(self, error: Exception) -> None:
        """Write nothing more; what waits in a buffer goes nowhere either, so that the interpreter's end is quiet."""
        if self.failure is None:
            self.failure = error if isinstance(error, OSError) else OSError(errno.EBADF, os.strerror(errno.EBADF))
            with contextlib.suppress(ValueError):  # it is closed: nothing waits
                _point_nowhere(self.fileno())


def prepare() -> None:
    """Make the streams of this process safe to write to. Called once, before anything else is opened.

    A closed descriptor is opened on nothing: else the next file to be opened, a checkpoint, would be standard error.
    """
    closed = [number for number in (0, 1, 2) if not _is_open(number)]
    for number in closed:
        _point_nowhere(number)
    if sys.stdin is None:  # so it is where it was closed
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = _safe(sys.stdout, 1, was_closed=1 in closed)
    sys.stderr = _safe(sys.stderr, 2, was_closed=2 in closed)


def _safe(output: Any, number: int, *, was_closed: bool) -> Output:
    if output is None:
        safe = Output(os.fdopen(number, "wb", closefd=False), "utf-8", ERRORS)
    else:
        raw = isinstance(output.buffer, io.RawIOBase)  # python -u: what it is given, it may take half of
        buffer = io.BufferedWriter(output.buffer) if raw else output.buffer
        safe = Output(buffer, output.encoding, ERRORS, line_buffering=output.line_buffering or number == 2)
    safe.was_closed = was_closed
    return safe


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _point_nowhere(number: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)


def echo(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Write a line, to standard error with `err`: not where that has events for programs."""
    if err and wanted().events is not None:
        return
    output: IO[str] = sys.stderr if err else sys.stdout
    said = _OVERWRITTEN.sub(lambda result: _number(result[0]), visible(str(text)))
    output.write(f"{said}\n" if nl else said)
    output.flush()


def write_event(line: str) -> None:
    """Write what happened for a program, on standard error."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def tell(text: object = "", *, err: bool = False) -> None:
    """Write what people read; on a terminal in lines that fit it, so that it breaks between words."""
    output: IO[str] = sys.stderr if err else sys.stdout
    echo(fitted(str(text), width_of(output)), err=err)


def two_columns(head: str, text: str, heads: int) -> str:
    """A head and a text beside it, within the width of a terminal; `heads` is how wide the first column is."""
    first = f"{head:{heads}} "
    rest = " " * (heads + 1)
    if len(first) > len(rest):
        return head + "\n" + textwrap.fill(text, FILLED, initial_indent=rest, subsequent_indent=rest)
    return textwrap.fill(text, FILLED, initial_indent=first, subsequent_indent=rest)


def width_of(output: IO[str]) -> int:
    """How many columns a terminal has; 0 of what is none."""
    try:
        return os.get_terminal_size(output.fileno()).columns if output.isatty() else 0
    except (OSError, ValueError):
        return 0


def fitted(text: str, width: int) -> str:
    """The text in lines of at most so many columns, what follows a line below it; 0: as it is.

    A command stays one line, so that it can be pasted, and so does what has no blank to break at.
    """
    return "\n".join(_broken(line, width) for line in text.split("\n")) if width else text


def _broken(line: str, width: int) -> str:
    bare = line.lstrip()
    if columns(line) <= width or bare.startswith(_COMMAND):
        return line
    indent = " " * (len(line) - len(bare))
    lines, current = [], indent
    for word in bare.split(" "):
        wider = f"{current} {word}" if current.strip() else f"{current}{word}"
        if columns(wider) <= width or not current.strip():
            current = wider
        else:
            lines.append(current)
            current = f"{indent}{_BELOW}{word}"
    return "\n".join((*lines, current))


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: a sign of Chinese two, an accent of its own none."""
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def write_file(content: bytes) -> None:
    """Write a file's content to standard output, whole.

    Raises `ReaderGoneError` where nobody reads it, and `UsageError` where it cannot be written.
    """
    if is_closed():
        raise UsageError("stdout_closed")
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError as error:
        raise ReaderGoneError from error
    except OSError as error:
        raise UsageError("stdout_not_written", reason=error.strerror) from error


def takes(text: str) -> bool:
    """Whether standard output can show all of a text as it is."""
    if visible(text) != text:
        return False
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def is_closed() -> bool:
    """Whether standard output was closed before the start, so that a file's content cannot go there."""
    return isinstance(sys.stdout, Output) and sys.stdout.was_closed


def last_code(code: int, *, of_job: bool) -> int:
    """The exit code of a command that ends with `code`, after all that it wrote was passed on.

    A job's code tells of the job. Of any other command, whose output is all that it is for, the code says where that
    output did not arrive.
    """
    if not isinstance(sys.stdout, Output):
        return code
    sys.stdout.flush()
    failure = sys.stdout.failure
    if failure is None:
        return code
    reader_gone = isinstance(failure, BrokenPipeError)
    if not reader_gone and code in (0, 1):  # else what was said last is the way on
        echo(f"bulk: standard output cannot be written: {failure.strerror or failure}.", err=True)
    if of_job:
        return code
    return code or (ReaderGoneError.exit_code if reader_gone else NOT_WRITTEN)
