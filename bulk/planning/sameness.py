"""What a cell says, so that two cells that an import would take for the same say the same. Pure.

`meaning_of` gives for a column what turns a cell's text into a text that is equal for all spellings of one value: names
in any order, `1.0` and `1`, a moment in any time zone, an address in capitals. What cannot be read as its kind is the
text that it is, so that nothing wrong is taken for something right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from bulk.resources.escapes import unescaped
from bulk.resources.identity import address_key, name_key
from bulk.resources.kinds import MARK, TEXT, Problem, choose, split_values
from bulk.resources.kinds.dates import day_told
from bulk.resources.spec import Column, clears, is_blank

Meaning = Callable[[str], str]
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,4})?")  # of ASCII digits, as an API has it


def meaning_of(column: Column) -> Meaning:
    """What cells of a column say; an empty cell and one that clears both say nothing."""
    blank = "0" if column.kind.name == "flag" else ""
    say = _named if column.kind is TEXT and names_a_record(column) else _SAYS.get(column.kind.name)

    def meaning(cell: str) -> str:
        if is_blank(cell) or clears(cell):
            return blank
        text = unescaped(cell)
        return text if say is None else say(text, column)

    return meaning


def names_a_record(column: Column) -> bool:
    """Whether its cells are names of records of another resource."""
    return bool(column.names) or (column.attribute == "account" and column.kind is TEXT)


def key_meaning_of(column: Column) -> Meaning:
    """What cells of a column say where they identify a record, as an import has it: an address, or a name."""
    key = address_key if column.kind.name == "email" else name_key

    def meaning(cell: str) -> str:
        return key(unescaped(cell) if "\\" in cell else cell)

    return meaning


# ---- by kind


def _number(text: str, _column: Column) -> str:
    stripped = text.strip()
    if not _NUMBER.fullmatch(stripped):
        return text
    sign, digits, exponent = Decimal(stripped).as_tuple()
    shown = "".join(map(str, digits)).lstrip("0")
    bare = shown.rstrip("0")
    if not bare:
        return "0"
    assert isinstance(exponent, int)  # noqa: S101 - the pattern takes finite numbers only
    return f"{'-' if sign else ''}{bare}e{exponent + len(shown) - len(bare)}"


def _moment(text: str, _column: Column) -> str:
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo is None else moment.astimezone(UTC)).isoformat()
    except (ValueError, OverflowError):
        return text


def _read(text: str, column: Column) -> str:
    """What is sent for a cell of a kind that has one form for each value."""
    value = column.kind.read(text, None, column.separator)
    return text if isinstance(value, Problem) else str(value)


def _day(text: str, _column: Column) -> str:
    return day_told(text)


def _option(text: str, column: Column) -> str:
    option = None
    if column.options:
        option = choose(text, column.options) or choose(text.strip(), column.options)
    return text if option is None else option.value


def _values(text: str, column: Column) -> str:
    """Several values in any order."""
    values = column.kind.read(text, None, column.separator)
    listed = values if isinstance(values, list) else [value for value in str(values).split(MARK) if value]
    return _listed(_option(str(value), column) for value in listed)


def _names(text: str, column: Column) -> str:
    """Names in any order; two that differ in case only are two."""
    return _listed(map(name_key, split_values(text, column.separator)))


def _choices(text: str, column: Column) -> str:
    return json.dumps(column.kind.read(text, None, column.separator))


def _listed(values: Iterable[str]) -> str:
    result = sorted(values)
    return json.dumps(result) if result else ""


def _address(text: str, _column: Column) -> str:
    return address_key(text)


def _named(text: str, _column: Column) -> str:
    return name_key(text)


_SAYS: Final[Mapping[str, Callable[[str, Column], str]]] = {
    "email": _address, "number": _number, "money": _number, "datetime": _moment, "date": _day, "id": _read,
    "currency": _read, "flag": _read, "perstag": _read, "option": _option, "options": _values, "values": _values,
    "names": _names, "choices": _choices,
}  # fmt: skip
