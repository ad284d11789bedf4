"""What a number shows, by the format of its cell: "501" and "00000" are "00501". Pure; knows no workbook.

Signs that only group or name a currency are left out, for they are no digits. Where a format shows fewer digits than
an amount has on purpose (an exponent, a fraction, thousands), all its digits are given.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final

DIGITS: Final = 15  # that a spreadsheet keeps of a number
_KEPT: Final = Context(prec=DIGITS, rounding=ROUND_HALF_UP)
_PLACES: Final = Context(prec=400, rounding=ROUND_HALF_UP)
BUILT_IN: Final = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "#,##0", 6: "#,##0", 7: "#,##0.00", 8: "#,##0.00",
    9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm",
    17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "m/d/yy h:mm", 27: "yyyy/m/d",
    28: "yyyy/m/d", 29: "yyyy/m/d", 30: "m/d/yy", 31: "yyyy/m/d", 32: "h:mm", 33: "h:mm:ss", 34: "yyyy/m/d",
    35: "yyyy/m/d", 36: "yyyy/m/d", 37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 41: "#,##0", 42: "#,##0",
    43: "#,##0.00", 44: "#,##0.00", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
    50: "yyyy/m/d", 51: "yyyy/m/d", 52: "yyyy/m/d", 53: "yyyy/m/d", 54: "yyyy/m/d", 55: "yyyy/m/d", 56: "yyyy/m/d",
    57: "yyyy/m/d", 58: "yyyy/m/d",
}  # fmt: skip  # those from 27 to 36 and from 50 on are dates of eastern Asia
_PIECE: Final = re.compile(
    r'"([^"]*)"?|\\(.)|[_*](.)|\[(\$[^\]]*|[^\]]*)\]|(General)|(AM/PM|A/P)|([eE][+-])|(.)', re.IGNORECASE | re.DOTALL
)
_ELAPSED: Final = re.compile("h+|m+|s+", re.IGNORECASE)
_CURRENCY: Final = re.compile(
    r"\s*(?:USD|EUR|GBP|CHF|AUD|CAD|NZD|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|JPY|CNY|INR|BRL|MXN|ZAR|TRY|RUB|UAH|ILS|AED"
    r"|SAR|SGD|HKD|TWD|THB|KRW|IDR|MYR|PHP|VND|ARS|CLP|COP|PEN|kr\.?|Kč|zł|Ft|lei|лв\.?|Fr\.?|S/\.?)\s*"
)


class Shows(StrEnum):
    """What a format makes of a number."""

    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    MOMENT = "moment"
    ELAPSED = "elapsed"  # hours beyond a day


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How the numbers of a cell are shown; `signs` are its signs, "" of them: all digits, as they are."""

    shows: Shows
    signs: tuple[str, ...] = ()


GENERAL: Final = NumberFormat(Shows.NUMBER)


@lru_cache(maxsize=4096)
def format_of(code: str) -> NumberFormat:
    """A format from its code, like `00000` or `dd/mm/yyyy hh:mm`: its first section, which amounts above zero have."""
    signs: list[str] = []  # a literal begins with "=", else it is a sign of the format
    letters: set[str] = set()
    elapsed = False
    for piece in _PIECE.finditer(code):
        quoted, escaped, room, bracket, general, noon, exponent, other = piece.groups()
        if other == ";":
            break
        if general is not None or exponent is not None or (bracket or "").startswith(("<", ">", "=")):
            return GENERAL if not letters else _moment(letters, elapsed=elapsed)
        if bracket is not None:
            elapsed = elapsed or _ELAPSED.fullmatch(bracket) is not None
        elif noon is not None:
            letters |= {"h"}
        elif quoted is not None or escaped is not None:
            signs.append("=" + (quoted if quoted is not None else escaped))
        elif room is None and other in "dmyhseDMYHSE":
            letters.add(other.lower())
        elif room is None:
            signs.append(other if other in "0#?.,%/@" else "=" + other)
    if letters or elapsed:
        return _moment(letters, elapsed=elapsed)
    return _of_number(signs)


def _moment(letters: set[str], *, elapsed: bool) -> NumberFormat:
    if elapsed:
        return NumberFormat(Shows.ELAPSED)
    timed = bool(letters & {"h", "s"})
    dated = bool(letters & {"y", "d", "e"}) or not timed  # an m beside hours is of minutes
    return NumberFormat(Shows.MOMENT if timed and dated else Shows.TIME if timed else Shows.DATE)


def _of_number(signs: list[str]) -> NumberFormat:
    places = [at for at, sign in enumerate(signs) if sign in ("0", "#", "?")]
    if not places or "/" in signs or "@" in signs or signs.count(".") > 1:
        return GENERAL
    point = signs.index(".") if "." in signs else len(signs)
    before = [at for at in places if at < point]
    if "," in signs[(before[-1] if before else 0) :]:
        return GENERAL  # thousands, or millions, of what there is
    kept = [sign for sign in signs if sign != "," and not (sign[:1] == "=" and _is_dressing(sign[1:]))]
    return NumberFormat(Shows.NUMBER, tuple(_at_border(kept)))


def _is_dressing(text: str) -> bool:
    """Whether a literal is a currency, which is no digit."""
    return any(unicodedata.category(char) == "Sc" for char in text) or _CURRENCY.fullmatch(text) is not None


def _at_border(signs: list[str]) -> list[str]:
    """Without blanks that only stand around the number, nor signs that only a negative one has."""
    first = next((at for at, sign in enumerate(signs) if sign[:1] != "=" or sign[1:].strip()), 0)
    last = next((at for at in range(len(signs), 0, -1) if signs[at - 1][:1] != "=" or signs[at - 1][1:].strip()), 0)
    return signs[first:last]


def number_text(raw: str, shown: NumberFormat = GENERAL) -> str:
    """The digits of a number as its format shows them. `raw` is a number as the file has it."""
    number = _KEPT.create_decimal(raw)
    if not shown.signs:
        text = format(number, "f") if number else "0"
        return text.rstrip("0").rstrip(".") if "." in text else text
    percents = shown.signs.count("%")
    number = number.scaleb(2 * percents, _PLACES)
    point = shown.signs.index(".") if "." in shown.signs else len(shown.signs)
    places = [sign for sign in shown.signs[point:] if sign in ("0", "#", "?")]
    rounded = number.quantize(Decimal(1).scaleb(-len(places)), context=_PLACES)
    integer, _, rest = format(abs(rounded), "f").partition(".")
    text = _filled_from_right(shown.signs[:point], integer.lstrip("0"))
    decimals = _filled_from_left(shown.signs[point:], rest)
    return ("-" if rounded < 0 else "") + text + decimals


def _filled_from_right(signs: tuple[str, ...], digits: str) -> str:
    """Signs of a format before its point, filled with digits; those that have no place stand where the first has."""
    result: list[str] = []
    first = next((at for at, sign in enumerate(signs) if sign in ("0", "#", "?")), -1)
    for at in range(len(signs) - 1, -1, -1):
        sign = signs[at]
        if sign in ("0", "#", "?"):
            digit, digits = (digits[-1:], digits[:-1])
            result.append(digit or ("0" if sign == "0" else ""))
            if at == first:
                result.append(digits)
        elif sign[:1] == "=" or sign == "%":
            result.append(sign[1:] if sign != "%" else sign)
    return "".join(reversed(result)) if first >= 0 else "".join(reversed(result)) + digits


def _filled_from_left(signs: tuple[str, ...], digits: str) -> str:
    """Signs of a format from its point on, filled with digits; what is not asked for ends with the last that counts."""
    needed = max((count for count, sign in enumerate(_places(signs), 1) if sign == "0"), default=0)
    kept = digits[:needed] + digits[needed:].rstrip("0")
    result: list[str] = []
    left = kept
    for sign in signs:
        if sign == ".":
            result.append("." if kept else "")
        elif sign in ("0", "#", "?"):
            result.append(left[:1])
            left = left[1:]
        else:
            result.append(sign if sign == "%" else sign[1:])
    return "".join(result)


def _places(signs: tuple[str, ...]) -> list[str]:
    return [sign for sign in signs if sign in ("0", "#", "?")]
