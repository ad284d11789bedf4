"""The options of a field: `Gold`, `gold=Gold card` with another label than its value, `*Gold` that is the default."""

from __future__ import annotations

import re
from typing import Final

from bulk.model import Json
from bulk.resources.kinds.kind import Kind, Options
from bulk.resources.kinds.several import join_values, split_values

_NOT_THERE: Final = re.compile(r"\\(?=[\\=*]|$)")  # a backslash that would be taken for one of ours
_OURS: Final = re.compile(r"\\([\\=*])")
_PLAIN: Final = r"\\[\\=*]|\\(?![\\=*])"  # an escape of ours, or a backslash that is none
_LABELLED: Final = re.compile(rf"((?:{_PLAIN}|[^\\])(?:{_PLAIN}|[^=\\])*)=(.*)|(.*)", re.DOTALL)


def _write_choice(choice: Json) -> str:
    """One option of a field as it stands in a cell; a list of value, label, whether it is the default, and place."""
    value, label, default = str(choice[0]), str(choice[1]), bool(choice[2])
    text = _NOT_THERE.sub(r"\\\\", value)
    text = text[:1] + text[1:].replace("=", "\\=")
    text = "\\" + text if text.startswith("*") else text
    return ("*" if default else "") + text + ("" if label == value else f"={label}")


def _read_choice(text: str) -> Json:
    default = text.startswith("*") and text != "*"
    match = _LABELLED.fullmatch(text[1:] if default else text)
    assert match is not None  # noqa: S101 - its second half fits anything
    value = _OURS.sub(r"\1", match[1] if match[1] is not None else match[3])
    return [value, value if match[2] is None else match[2], default]


def _read_choices(text: str, _options: Options, separator: str) -> Json:
    return [_read_choice(value) for value in split_values(text, separator)]


def _write_choices(value: Json, separator: str) -> str:
    return join_values((_write_choice(choice) for choice in value or () if str(choice[0])), separator)


def _same_choices(a: Json, b: Json) -> bool:
    one, other = ([list(choice[:3]) for choice in value or ()] for value in (a, b))
    return one == other


CHOICES: Final = Kind("choices", "options: A,B; with labels a=A; the default *a", "1-10,11-50", _read_choices,
                      _write_choices, _same_choices)  # fmt: skip
