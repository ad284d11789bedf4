"""Numbers, ids, money in whole cents, currencies, and yes or no."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Final

from bulk.model import Json
from bulk.resources.kinds.kind import Kind, Options, Problem
from bulk.resources.kinds.texts import same_text, write_text

_NUMBER_PATTERN: Final = r"\s*[+-]?[0-9]+(?:\.[0-9]+)?\s*"


def _read_number(text: str, _options: Options, _separator: str) -> Json | Problem:
    if re.fullmatch(_NUMBER_PATTERN, text):
        return text.strip()
    return Problem("number_invalid", "This is no number.", "Write digits with a point, like 1234.5; no grouping.")


_ID_PATTERN: Final = r"\s*[0-9]+\s*"


def _read_id(text: str, _options: Options, _separator: str) -> Json | Problem:
    if re.fullmatch(_ID_PATTERN, text):
        return text.strip()
    return Problem("id_invalid", "This is no id of ActiveCampaign.", "An id is a whole number, like 123.")


def _same_number(a: Json, b: Json) -> bool:
    try:
        return Decimal(str(a)) == Decimal(str(b))
    except InvalidOperation:
        return same_text(a, b)


_MONEY_PATTERN: Final = r"\s*[0-9]+(?:\.[0-9]{1,2})?\s*"


def _read_money(text: str, _options: Options, _separator: str) -> Json | Problem:
    """Major units with at most two decimals -> whole cents; by digits, never by way of a float."""
    if not re.fullmatch(_MONEY_PATTERN, text):
        return Problem("money_invalid", "This is no amount of money.", "Write it like 156.24; no grouping, no sign.")
    units, _, cents = text.strip().partition(".")
    return int(units) * 100 + int(cents.ljust(2, "0") or 0)


def _write_money(value: Json, _separator: str) -> str:
    """Whole cents -> major units with two decimals; what is no number of cents stays as it is."""
    text = "" if value is None else str(value)
    sign, cents = ("-", text[1:]) if text[:1] == "-" else ("", text)
    if not (cents.isascii() and cents.isdigit()):
        return text
    return f"{sign}{cents[:-2] or '0'}.{cents[-2:]:0>2}"  # by its digits: they may be more than an int is read from


_CURRENCY_PATTERN: Final = r"\s*[A-Za-z]{3}\s*"


def _read_currency(text: str, _options: Options, _separator: str) -> Json | Problem:
    if re.fullmatch(_CURRENCY_PATTERN, text):
        return text.strip().lower()
    return Problem("currency_invalid", "This is no currency.", "Write its three letters, like usd or eur.")


def _same_currency(a: Json, b: Json) -> bool:
    return str(a or "").lower() == str(b or "").lower()


_FLAGS: Final = {"1": "1", "true": "1", "yes": "1", "0": "0", "false": "0", "no": "0"}


def _read_flag(text: str, _options: Options, _separator: str) -> Json | Problem:
    flag = _FLAGS.get(text.strip().lower())
    return flag or Problem("flag_invalid", "This is neither yes nor no.", "Write 1 or 0.")


def _write_flag(value: Json, _separator: str) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return write_text(value, "")


def _same_flag(a: Json, b: Json) -> bool:
    return (_write_flag(a, "") or "0") == (_write_flag(b, "") or "0")


NUMBER: Final = Kind("number", "a number with a point", "1234.5", _read_number, write_text, _same_number,
                     _NUMBER_PATTERN)  # fmt: skip
ID: Final = Kind("id", "ActiveCampaign's id", "123", _read_id, write_text, same_text, _ID_PATTERN)
MONEY: Final = Kind("money", "money, like 156.24", "156.24", _read_money, _write_money, _same_number, _MONEY_PATTERN)
CURRENCY: Final = Kind("currency", "a currency's three letters", "usd", _read_currency, write_text, _same_currency,
                       _CURRENCY_PATTERN)  # fmt: skip
FLAG: Final = Kind("flag", "1 or 0", "1", _read_flag, _write_flag, _same_flag)
