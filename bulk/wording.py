"""Words for messages: numbers as people say them, and what each front end calls an option or a command its own way.

A text that speaks of an option or a command holds a mark, `⟦rate⟧`, `⟦mode=upsert⟧`, `⟦retry⟧`: on the command line
these are `--rate`, `--mode upsert` and `bulk retry`, for a program `rate`, `mode="upsert"` and
`resume(job, account, retry=True)`; the page says what its buttons and fields are called, and what it has none for
as the command line does. What is between such brackets and no mark stays as it is: a cell
may hold anything, and a report that quotes it has to be written.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum, auto
from typing import Final


class FrontEnd(Enum):
    """Who says a message."""

    COMMAND_LINE = auto()
    LIBRARY = auto()
    PAGE = auto()


_QUOTES: Final = "'`"
_BARE: Final = re.compile(r"[\w+=:./\\-]+")  # what needs no quotes in a shell of Windows
_BEFORE_QUOTE: Final = re.compile(r'(\\*)("|$)')  # backslashes there would be taken for the quote's
MARK: Final = re.compile("⟦([^⟦⟧]*)⟧")
_NAMES: Final[Mapping[str, str]] = {  # what a program calls an option where that is another word
    "map": "maps", "set": "sets", "filter": "filters", "jobs_dir": "jobs", "sandbox": "Account.sandbox()",
}  # fmt: skip
_FLAGS_OF: Final[Mapping[str, str]] = {"exact_columns": "exact"}  # and the command line
_SHELL: Final = re.compile(r"[;|&<>$`\\\"'*?#~() ]")  # what a shell does not take as it is
_WORD: Final = re.compile(r"[A-Za-z][\w-]*")
FLAGS: Final = frozenset(
    {
        "ignore_unknown",
        "allow_damaged",
        "allow_joined",
        "create_fields",
        "resubscribe",
        "guard_formulas",
        "plain",
        "yes",
        "undoable",
        "no_automations",
        "exact",
        "delete_missing",
    }
)
OPTIONS: Final = FLAGS | {
    "mode", "key", "map", "on_invalid", "skip_lines", "sheet", "on_duplicate", "blank", "separator", "encoding",
    "delimiter", "limit", "max_errors", "max_duration", "rate", "concurrency", "filter", "search", "columns", "job",
    "jobs_dir", "base_url", "connection", "sandbox", "maps", "filters", "switch", "port", "max_age", "resource",
    "ignore", "baseline", "account", "config", "on_conflict", "engine", "set", "preset", "split_name", "exact_columns",
    "mapping", "save_mapping", "date_format", "timezone", "owner_default", "map_user", "notify",
    "metrics", "progress",
}  # fmt: skip
# what is done by a command -> its line, and what a program does instead ("": nothing, a person gives that command); {0}
# is what the mark names, quoted as its language needs it
COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "resume": ("'bulk resume'", "resume(job, account)"),
    "resume_job": ("bulk resume {0}", "resume({0}, account)"),
    "resume_in": ("bulk resume {0} --jobs-dir {1}", "resume(Path({1}) / {0}, account)"),
    "resume_fleet": ("bulk fleet resume {0} --jobs-dir {1}", ""),
    "undo": ("bulk undo JOB", "undo(job, account)"),
    "undo_lines": ("bulk undo JOB --dry-run --json", "result.undo.lines"),
    "undo_job": ("bulk undo {0}", "undo({0}, account)"),
    "plan": ("bulk plan", "plan_rows(resource, path, account)"),
    "apply": ("bulk apply {0}", "apply({0}, account)"),
    "import_file": ("bulk import RESOURCE FILE", "import_file(resource, path, account)"),
    "retry": ("bulk retry", "resume(job, account, retry=True)"),
    "retry_job": ("bulk retry {0}", "resume({0}, account, retry=True)"),
    "validate": ("bulk validate RESOURCE FILE", "validate_file(resource, path, account)"),
    "empty_map": ("nothing after the =", "an empty text"),
    "template": ("`bulk template`", ""),
    "jobs": ("'bulk jobs'", ""),
    "doctor": ("bulk doctor", ""),
    "doctor_of": ("bulk doctor --connection {0}", ""),
    "connect": ("bulk connections create --wait", ""),
    "connect_sandbox": ("bulk connections create --sandbox", ""),
    "connections": ("bulk connections list", ""),
    "show_connection": ("bulk connections show {0}", ""),
    "delete_connection": ("bulk connections delete {0}", ""),
    "reset_sandbox": ("bulk sandbox reset", ""),
    "presets": ("bulk presets", ""),
    "presets_page": ("bulk presets --markdown", ""),
    "resources_page": ("bulk resources --markdown", ""),
}

_ON_PAGE: Final[Mapping[str, str]] = {  # what the page calls an option or an act that it has
    "sheet": "the field “Sheet” under “More choices”",
    "encoding": "the field “Encoding” under “More choices”",
    "delimiter": "the field “Between cells” under “More choices”",
    "skip_lines": "the field “Lines before the titles” under “More choices”",
    "separator": "the field “Between names in a cell” under “More choices”",
    "on_duplicate": "the field “Rows about the same” under “More choices”",
    "preset": "the field “Program that wrote the file” under “More choices”",
    "baseline": "the field “Of a sheet that was exported” under “More choices”",
    "on_conflict": "the field “A cell that the account changed too” under “More choices”",
    "mode": "the field “What a row means” under “More choices”",
    "map": "the column's field",
    "ignore_unknown": "“Leave out”",
    "create_fields": "“Make a custom field”",
    "resume": "“Go on”",
    "retry": "“Send again”",
    "plan": "“See what would happen”",
}


def as_typed(word: str, system: str = sys.platform) -> str:
    """A word as it is typed to a shell; on Windows in double quotes, which both of its shells understand."""
    if system != "win32":
        return shlex.quote(word)
    if _BARE.fullmatch(word):
        return word
    return '"' + _BEFORE_QUOTE.sub(lambda found: found[1] * 2 + ('\\"' if found[2] else ""), word) + '"'


def line_of(words: Iterable[str], system: str = sys.platform) -> str:
    """A command as it is typed to a shell."""
    return " ".join(as_typed(word, system) for word in words)


def in_words_of(front_end: FrontEnd, text: str) -> str:
    """The text with what its marks mean to this front end."""
    return MARK.sub(lambda mark: marked(mark[1], front_end), text) if "⟦" in text else text


def marked(mark: str, front_end: FrontEnd) -> str:
    """What is between the brackets of a mark, as this front end says it."""
    name, _, value = mark.partition("=")
    of_program = front_end is FrontEnd.LIBRARY
    if front_end is FrontEnd.PAGE and name in _ON_PAGE:
        return _ON_PAGE[name]
    if name in COMMANDS:
        several = "{1}" in COMMANDS[name][0]
        values = value.split("|", 1) if several else [value]
        return f"⟦{mark}⟧" if several and len(values) == 1 else _command(name, values, of_program=of_program)
    if name not in OPTIONS:
        return f"⟦{mark}⟧"
    if of_program:
        return _argument(name, value)
    if name == "map" and value:
        value = as_typed(value) if "'" in value or sys.platform == "win32" else f"'{value}'"
    elif value[:1] not in ("'", '"') and _SHELL.search(value):  # else it is quoted already
        value = as_typed(value)
    return f"--{_FLAGS_OF.get(name, name).replace('_', '-')} {value}".rstrip()


def _command(name: str, values: Sequence[str], *, of_program: bool) -> str:
    line, call = COMMANDS[name]
    if of_program and call:
        return call.format(*map(_text, values))
    if of_program:
        line = f"`{line.strip(_QUOTES).partition(' --')[0]}` on the command line"
    return line.format(*map(as_typed, values))


def _argument(name: str, value: str) -> str:
    """An option as a program writes it."""
    known = _NAMES.get(name, name)
    if name in FLAGS:
        return f"{known}=True" if not value else f"{known}={value}"
    if not value:
        return known
    if name == "exact_columns":
        return f"{known}=[{_text(value)}]"
    if name in ("map", "map_user"):
        title, _, attribute = value.rpartition("=")
        return f"{known}={{{_text(title)}: {_text(attribute)}}}"
    is_word = (name == "split_name" or _WORD.fullmatch(value)) and value not in ("True", "False", "None")
    return f"{known}={_text(value) if is_word else value}"


def _text(value: str) -> str:
    """A text as a program writes it."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def counted(number: int, noun: str) -> str:
    """Say how many: `1 row`, `12,400 rows`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def sized(amount: int) -> str:
    """So many bytes as people say it: `512 bytes`, `3.4 MB`."""
    if amount < 1000:
        return counted(amount, "byte")
    for unit, bytes_each in (("GB", 10**9), ("MB", 10**6)):
        if amount >= bytes_each:
            return f"{amount / bytes_each:.1f} {unit}"
    return f"{amount / 1000:.1f} kB"


_QUOTED: Final = 80  # characters of a value that an error shows
_LINE_END: Final = re.compile(r"\r\n|[\r\n]")


def quoted(value: object) -> str:
    """A value in quotes as an error shows it, cut where it is long; None as no text."""
    text = "" if value is None else str(value)
    return repr(text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…")


def excerpts(before: str, after: str, most: int) -> tuple[str, str]:
    r"""Two values from about where they begin to differ, each on one line and not longer; a line end shows as `\n`."""
    one, other = (_LINE_END.sub(r"\\n", text) for text in (before, after))
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, at - most // 2) if max(len(one), len(other)) > most else 0
    return _cut(one, start, most), _cut(other, start, most)


def excerpt(text: str, most: int) -> str:
    r"""The beginning of a text, on one line; a line end shows as `\n`."""
    return _cut(_LINE_END.sub(r"\\n", text), 0, most)


def shortened(text: str, most: int) -> str:
    """A text of so many characters at most; what is cut off shows."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _cut(text: str, start: int, most: int) -> str:
    shown = shortened(text[start:], most)
    return f"…{shown}" if start and shown else shown


_OF_LINKS: Final[Mapping[str, str]] = {
    "subscribe": "subscribe to", "unsubscribe": "unsubscribe from", "add_tag": "add the tag",
    "remove_tag": "remove the tag",
}  # fmt: skip


def change_told(action: str, column: str, before: str, after: str, most: int = 40) -> str:
    """One change on one line: `update firstName: Ada → Augusta`, `subscribe to Newsletter`; long values are cut."""
    if not column:
        return action
    if action in _OF_LINKS and (name := after or before):
        was = before.removeprefix(f"{after}: ") if after and before.startswith(f"{after}: ") else ""
        return f"{_OF_LINKS[action]} {shortened(name, most)}" + (f" (was {was})" if was else "")
    before, after = excerpts(before, after, most)
    return f"{action} {column}: " + (f"{before} → {after}" if before and after else after or f"{before} → (empty)")


def lacking_told(column: str, rows: int, front_end: FrontEnd) -> str:
    """What is to be known of rows that name less than a contact has: that stays, unless it is asked for."""
    lack = f"{counted(rows, 'row')} {agreeing(rows, 'lacks', 'lack')} {column} that the account has, and they stay"
    return f"{lack}: {marked(f'exact_columns={column}', front_end)} removes them."


def pace_told(parts: Sequence[str], requests: int, rate: float, at_least: float = 0.0) -> str:
    """What a job will take, after what it is about: `3 rows · ≈ 7 requests · ≈ 2 s at 5/s`.

    `at_least` are seconds that it takes however fast requests may go.
    """
    takes = [f"≈ {duration(max(at_least, requests / rate))} at {rate:g}/s"] if rate else []
    return " · ".join((*parts, f"≈ {counted(requests, 'request')}", *takes))


def agreeing(number: int, one: str, many: str) -> str:
    """The word that agrees with a number: `is` or `are`."""
    return one if number == 1 else many


def duration(seconds: float) -> str:
    """A duration as people say it: `12 s`, `4 min`, `1 h 43 min`, `2 days 3 h`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    days, hours = divmod(hours, 24)
    return f"{days} days {hours} h"
