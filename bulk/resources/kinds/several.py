"""Cells that hold one or several of some choices or names, and how several values share one cell."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from bulk.model import Json
from bulk.resources.identity import name_key
from bulk.resources.kinds.choosing import FEW, choose, close_to, named, unknown_option
from bulk.resources.kinds.kind import Kind, Options, Problem
from bulk.resources.kinds.texts import same_text, write_text


def split_values(text: str, separator: str) -> list[str]:
    """The values of a cell that holds one CSV record: `VIP,"Smith, John"` -> [VIP; Smith, John].

    Blanks around a value do not count, empty values are dropped, a repeated value counts once; values that differ in
    case are two, since an account can hold both.
    A cell that is no proper record is taken value by value at the separator, quotes kept. Of a separator of several
    signs, blanks around them do not count either.
    """
    separator = separator.strip() or separator
    values = _split_record(text, separator)
    if values is None:
        values = [part.strip() for part in text.split(separator)]
    return list(dict.fromkeys(filter(None, values)))


def _split_record(text: str, separator: str) -> list[str] | None:
    sep = re.escape(separator)
    quoted_or_bare = re.compile(rf'\s*(?:"((?:[^"]|"")*)"|((?:(?!{sep})[^"])(?:(?!{sep}).)*)|)\s*({sep}|\Z)', re.DOTALL)
    values: list[str] = []
    at = 0
    while True:
        match = quoted_or_bare.match(text, at)
        if match is None:
            return None
        quoted, bare, end = match.groups()
        values.append(quoted.replace('""', '"') if quoted is not None else (bare or "").strip())
        if not end:
            return values
        at = match.end()


def join_values(values: Iterable[str], separator: str) -> str:
    """The inverse of `split_values`: quotes only what would be read differently without quotes."""
    sign = separator.strip() or separator

    def quote(value: str) -> str:
        edges = value[:1] + value[-1:]  # a sign there would be read as one of a separator of several
        if sign in value or '"' in value or value != value.strip() or (len(sign) > 1 and set(edges) & set(sign)):
            return '"' + value.replace('"', '""') + '"'
        return value

    return separator.join(quote(value) for value in values)


def _read_option(text: str, options: Options, _separator: str) -> Json | Problem:
    if options is None:
        return text
    option = choose(text, options) or choose(text.strip(), options)
    return option.value if option else unknown_option(text, options)


MARK: Final = "||"


def _split_multi(text: str, separator: str) -> list[str]:
    if MARK in text:
        return [value for value in (part.strip() for part in text.split(MARK)) if value]
    return split_values(text, separator)


def _read_options(text: str, options: Options, separator: str) -> Json | Problem:
    values: list[str] = []
    for value in _split_multi(text, separator):
        if options is None:
            values.append(value)
            continue
        option = choose(value, options)
        if option is None:
            return unknown_option(value, options)
        values.append(option.value)
    return MARK + MARK.join(values) + MARK if values else ""


def _write_options(value: Json, separator: str) -> str:
    return join_values((part for part in str(value or "").split(MARK) if part), separator)


def _same_options(a: Json, b: Json) -> bool:
    return {part for part in str(a or "").split(MARK) if part} == {part for part in str(b or "").split(MARK) if part}


def _read_values(text: str, options: Options, separator: str) -> Json | Problem:
    """Several values of a cell -> a list, each an option by value or label if the options are known."""
    values = _split_multi(text, separator)
    if options is None:
        return values
    chosen = [(value, choose(value, options)) for value in values]
    unknown = next((value for value, option in chosen if option is None), None)
    return [option.value for _, option in chosen if option] if unknown is None else unknown_option(unknown, options)


def _write_values(value: Json, separator: str) -> str:
    return join_values(map(str, value), separator) if isinstance(value, list) else _write_options(value, separator)


def _same_values(a: Json, b: Json) -> bool:
    one, other = (set(map(str, v)) if isinstance(v, list) else {x for x in str(v or "").split(MARK) if x}
                  for v in (a, b))  # fmt: skip
    return one == other


def _read_names(text: str, options: Options, separator: str) -> Json | Problem:
    names = split_values(text, separator)
    if options is not None:
        for name in names:
            result = named(name, options)
            if len(result) > 1:
                both = " and ".join(f"{option.value!r} ({option.id})" for option in result[:FEW])
                return Problem("ambiguous_name", f"{name!r} may be {both}.", "Write it exactly as one of them.")
            if not result:
                hint = close_to(name, [option.value for option in options], "There are") or "There are none yet."
                return Problem("unknown_name", f"Nothing here is named {name!r}.", hint)
    return names


def _write_names(value: Json, separator: str) -> str:
    return join_values(value or (), separator)


def _same_names(a: Json, b: Json) -> bool:
    return {name_key(str(name)) for name in a or ()} == {name_key(str(name)) for name in b or ()}


OPTION: Final = Kind("option", "one of its options, by value or label", "Gold", _read_option, write_text, same_text)
OPTIONS: Final = Kind("options", "several of its options: A,B or ||A||B||", "Mail,Phone", _read_options,
                      _write_options, _same_options)  # fmt: skip
VALUES: Final = Kind("values", "several values: A,B", "Mail,Phone", _read_values, _write_values, _same_values)
NAMES: Final = Kind("names", 'names: VIP,"Smith, John"', "VIP,Newsletter", _read_names, _write_names, _same_names)
