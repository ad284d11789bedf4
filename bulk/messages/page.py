"""`docs/errors.md`, made of the tables: `python -m bulk.messages.page > docs/errors.md`. A test compares it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Final

from bulk.messages import GROUPS
from bulk.messages.rows import REFUSAL, ROWS
from bulk.wording import MARK, FrontEnd, in_words_of, marked

LINE: Final = FrontEnd.COMMAND_LINE
# each class of errors: its exit code, when it is raised, and what to do where its text does not say more
CLASSES: Final[Mapping[str, tuple[str, str, str]]] = {
    "UsageError": ("2", "An option, the configuration, a header or a file is wrong. Nothing was sent.", ""),
    "NothingToUndoError": ("0", "`bulk undo` of a job of which there is nothing to put back. No job was made.", ""),
    "AbortedError": ("3", "The job was given up. What it has done stands in its reports.", ""),
    "UnfinishedError": (
        "4",
        "The job stopped before its end. Where it has begun, the last line says the command that goes on with it.",
        "Go on with the job: `bulk resume`.",
    ),
    "RowsFailedError": ("1", "Only in a program: `raise_for_failures()` raises it for rows that are not done.", ""),
    "InterruptedJobError": ("130 or 143", "Ctrl-C or SIGTERM.", "Go on with the job: `bulk resume`."),
    "AccountingError": ("3", "The reports do not add up. A defect of bulk: please report it.", ""),
}
_SOMETIMES: Final = ("hint", "nearest", "after", "listed")  # parameters that are said only in some cases
REFUSALS: Final = "http"  # the place of `REFUSAL`: what stands in an address is plain ASCII
_FIRST: Final = re.compile(r"(?<=\.)\s+|(?<=[.:])\n")  # the end of what happened
_INTRODUCTION: Final = """# Errors

Every error has a code that stays the same, so that a program can go by it. This page is generated:
`python -m bulk.messages.page > docs/errors.md`.

In a program an error is a `BulkError` with `code` and `parameters`; its text names arguments instead of options.
What stands here in capitals is a parameter.
"""
_OF_ROWS: Final = """
## Rows

Rows that are not done stand in `failed.csv` with one of these codes in `_code` (in a program: `result.failed_rows()`).
"""


def page() -> str:
    """The page."""
    return "\n".join((_INTRODUCTION, *_errors(), _OF_ROWS, *_rows())) + "\n"


def _errors() -> Iterator[str]:
    for kind, (code, about, usual) in CLASSES.items():
        yield f"## {kind}, exit code {code}\n\n{about}\n\n| code | what happened | what to do |\n|---|---|---|"
        texts = {code: text for group in GROUPS for code, text in group.TEXTS.get(kind, {}).items()}
        for name, text in texts.items():
            what, *steps = _FIRST.split(_readable(text), 1)
            yield f"| {_anchored(name)} | {_cell(what)} | {_cell(''.join(steps) or usual)} |"
        yield ""


def _rows() -> Iterator[str]:
    errors = meanings()
    yield "| code | what it means | what to do |\n|---|---|---|"
    for code, texts in ROWS.items():
        meaning, step = (in_words_of(LINE, text) for text in texts)
        named = f"`{code}`" if code in errors else _anchored(code)  # what stops a job too has its place above
        yield f"| {named} | {_cell(meaning)} | {_cell(step)} |"


def meanings() -> dict[str, str]:
    """What each error is about, its parameters in capitals, by its code."""
    texts = {code: text for group in GROUPS for kind in group.TEXTS.values() for code, text in kind.items()}
    return {code: _FIRST.split(_readable(text), 1)[0] for code, text in texts.items()}


def place_of(code: str) -> str:
    """The place of a code on the page: its own; that of its family for one of many, as `http_422`.

    What is in none of our tables is a code that ActiveCampaign gave a refusal itself.
    """
    return code if code != REFUSAL and (code in ROWS or code in meanings()) else REFUSALS


def _anchored(code: str) -> str:
    """A code, and the place to which a link to it leads."""
    return f'<a id="{place_of(code)}"></a>`{code}`'


def _readable(text: str) -> str:
    """A text of the table as the command line says it, its parameters in capitals."""
    pieces = ["".join(_with_capitals(piece)) for piece in MARK.split(text)]
    pieces[1::2] = [_option(piece) if piece.startswith("OPTION=") else marked(piece, LINE) for piece in pieces[1::2]]
    return "".join(pieces)


def _option(piece: str) -> str:
    """An option that is a parameter itself."""
    return f"--{piece.replace('=', ' ', 1)}"


def _with_capitals(piece: str) -> Iterator[str]:
    for text, name, _spec, conversion in Formatter().parse(piece):
        yield text
        if name and name not in _SOMETIMES:
            yield f"'{name.upper()}'" if conversion else name.upper()


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").rstrip(":.") + "." * bool(text)


if __name__ == "__main__":
    sys.stdout.write(page())
