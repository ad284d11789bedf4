"""`docs/commands.md`: every command with its arguments and options, out of click's own commands."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import Final

import click

from bulk.cli.command import HEADINGS, OPTIONS
from bulk.cli.main import SECTIONS, bulk

_INTRODUCTION: Final = """# Commands and options

Every command of `bulk`, every argument and every option, out of the code itself. This page is generated:
`python -m bulk.cli.reference docs`. On a terminal `bulk help COMMAND` says the same.

Options may stand before or behind the command that they belong to. What is usual can be said once in a
[bulk.toml](bulk-toml.md).
"""
_HELP: Final = ("help", "version")  # what every command has
Option = tuple[str, str]  # how it is written, what it does


def commands_page() -> str:
    """The page of all commands."""
    lines = [_INTRODUCTION, "| command | does |", "|---|---|"]
    for commands in SECTIONS.values():
        lines += (
            f"| [`bulk {one.name}`](#bulk-{one.name}) | {_cell(one.get_short_help_str(200))} |" for one in commands
        )
    lines += ["", "`bulk` itself has:", "", *_table(list(_of_root())), ""]
    for names, command in all_commands():
        lines += _section(names, command)
    return "\n".join(lines).rstrip() + "\n"


def all_commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Each command by its words, groups before what they hold, in the order of the help."""
    for commands in SECTIONS.values():
        for command in commands:
            yield (str(command.name),), command
            if isinstance(command, click.Group):
                yield from (((str(command.name), name), one) for name, one in command.commands.items())


def usage_of(names: Sequence[str], command: click.Command) -> str:
    """How a command is called."""
    return f"bulk {' '.join([*names, *command.collect_usage_pieces(_context(names, command))])}"


def text_of(command: click.Command) -> list[str]:
    """The paragraphs of a command's help."""
    paragraphs = re.split(r"\n\s*\n", (command.help or "").strip())
    return [" ".join(paragraph.split()) for paragraph in paragraphs]


def options_of(names: Sequence[str], command: click.Command) -> dict[str, list[Option]]:
    """The options of a command under their headings, in the order of its help."""
    ctx = _context(names, command)
    result: dict[str, list[Option]] = {heading: [] for heading in (*HEADINGS, OPTIONS)}
    heading_of = {name: heading for heading, of_it in HEADINGS.items() for name in of_it}
    for one in command.params:
        record = one.get_help_record(ctx) if isinstance(one, click.Option) else None
        if record is not None and one.name not in _HELP:
            result[heading_of.get(str(one.name), OPTIONS)].append((record[0], " ".join(record[1].split())))
    return {heading: options for heading, options in result.items() if options}


def _section(names: tuple[str, ...], command: click.Command) -> Iterator[str]:
    called = f"bulk {' '.join(names)}"
    yield f"{'###' if len(names) > 1 else '##'} {called}\n\n```text\n{usage_of(names, command)}\n```\n"
    yield from (f"{_text(paragraph)}\n" for paragraph in text_of(command))
    if isinstance(command, click.Group):
        inner = command.commands
        yield "| command | does |\n|---|---|"
        yield from (_line(f"{called} {name}", one) for name, one in inner.items())
        yield ""
    for heading, options in options_of(names, command).items():
        yield f"**{heading}**\n"
        yield from (*_table(options), "")


def _line(called: str, command: click.Command) -> str:
    return f"| [`{called}`](#{called.replace(' ', '-')}) | {_cell(command.get_short_help_str(200))} |"


def _of_root() -> Iterator[Option]:
    ctx = click.Context(bulk, info_name="bulk")
    records = (one.get_help_record(ctx) for one in bulk.get_params(ctx) if isinstance(one, click.Option))
    yield from ((record[0], " ".join(record[1].split())) for record in records if record is not None)


def _table(options: Sequence[Option]) -> list[str]:
    return ["| option | meaning |", "|---|---|", *(f"| {_code(name)} | {_cell(about)} |" for name, about in options)]


def _context(names: Sequence[str], command: click.Command) -> click.Context:
    return click.Context(command, info_name=names[-1])


def _code(text: str) -> str:
    """Code in a cell: a bar would end the cell, also inside of backticks."""
    return f"<code>{html.escape(text, quote=False).replace('|', '&#124;')}</code>"


def _text(text: str) -> str:
    """A text of the help in Markdown: what looks like a mark of it is none, but for its code."""
    pieces = text.split("`")
    pieces[::2] = [re.sub(r"([*_\[\]])", r"\\\1", html.escape(piece, quote=False)) for piece in pieces[::2]]
    return "`".join(pieces)


def _cell(text: str) -> str:
    return _text(text).replace("|", "&#124;")
