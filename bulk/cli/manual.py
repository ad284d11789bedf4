r"""The man page `docs/bulk.1`, of the same tables as `docs/commands.md`: `python -m bulk.cli.reference docs` writes it.

Own few lines, since what a page has to say is more than click knows: exit codes, variables, files. Every character
beyond ASCII is written as `\[uXXXX]`, so that any troff shows it without being told an encoding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bulk import __version__
from bulk.cli import facts
from bulk.cli.commands_page import all_commands, options_of, text_of, usage_of
from bulk.cli.main import SECTIONS

_EXAMPLES: Final = (
    ("Try it on the local stand-in, without a key:", "bulk import contacts people.csv --sandbox"),
    ("See what an import would do, then do exactly that:", "bulk plan contacts people.csv\nbulk apply"),
    ("Go on with what was stopped, or send again what failed:", "bulk resume\nbulk retry"),
    ("Take the whole account out:", "bulk export all my-account"),
)
_ABOUT: Final = (
    "Every row is checked before anything is sent, paced under the limit of the account, written down as it goes, and"
    " accounted for at the end. A job that is killed goes on where it stopped."
)


def manual() -> str:
    """The page, as `man -l` reads it."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield r".\" generated: python -m bulk.cli.reference docs"
    yield f'.TH BULK 1 "" "bulk {__version__}" "bulk manual"'
    yield from (".nh", ".ad l")  # no option and no address is broken, no blanks are widened
    yield from (".SH NAME", r"bulk \- move contacts, deals and all else between CSV files and ActiveCampaign")
    yield from (".SH SYNOPSIS", r".B bulk", r"COMMAND [\fIOPTIONS\fR] [\fIARGUMENTS\fR]")
    yield from (".SH DESCRIPTION", _text("Every row is checked before anything is sent, paced under the limit of"))
    yield _text(
        "the account, written down as it goes, and accounted for at the end. A job that is killed goes on where it"
    )
    yield from ("stopped.", ".SH COMMANDS")
    for heading, commands in SECTIONS.items():
        yield from (".PP", f"{_text(heading)}:", ".RS 4")
        for one in commands:
            yield from (".TP 14", rf"\fB{_text(str(one.name))}\fR", _text(one.get_short_help_str(200)))
        yield ".RE"
    for names, command in all_commands():
        yield f'.SH "{_text("bulk " + " ".join(names)).upper()}"'
        yield from (".nf", _text(usage_of(names, command)), ".fi")
        for paragraph in text_of(command):
            yield from (".PP", _text(paragraph))
        for heading, options in options_of(names, command).items():
            yield f".SS {_text(heading)}"
            for name, about in options:
                yield from (".TP", rf"\fB{_text(name)}\fR", _text(about))
    for title, table in (("EXIT STATUS", facts.EXIT_CODES), ("ENVIRONMENT", facts.ENVIRONMENT)):
        yield from _table(title, table)
    yield from _table("FILES OF A JOB", facts.JOB_FILES)
    yield from _table("BULK.TOML", facts.CONFIG_KEYS)
    yield ".SH EXAMPLES"
    for about, lines in _EXAMPLES:
        yield from (".PP", _text(about), ".RS 4", ".nf", *map(_text, lines.split("\n")), ".fi", ".RE")


def _table(title: str, rows: facts.Table) -> Iterator[str]:
    yield f".SH {title}"
    for name, about in rows:
        yield from (".TP", rf"\fB{_text(name)}\fR", _text(about))


def _text(text: str) -> str:
    """A text as troff shows it: marks of code bold, minus signs that can be copied, no line that is a request."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    pieces = escaped.split("`")
    pieces[1::2] = [rf"\fB{piece}\fR" for piece in pieces[1::2]]
    plain = "".join(pieces)
    shown = re.sub(r"[^\x00-\x7f]", lambda sign: rf"\[u{ord(sign[0]):04X}]", plain)
    return rf"\&{shown}" if shown[:1] in (".", "'") else shown
