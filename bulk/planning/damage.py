"""What spreadsheets make of data, and how a cell that was damaged so is told from one that is meant so. Pure.

A cell that the account holds in these very words is left alone: then nothing would be made worse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from bulk.model import Failure, Row
from bulk.planning.sheet_errors import ERROR, is_code, is_phone
from bulk.resources.identity import invisible
from bulk.resources.spec import Column, clears, is_blank

CODE: Final = "damaged"
ALLOW: Final = "Correct the cell; if it is meant so: ⟦allow_damaged⟧."
TEXTS: Final = ("text", "textarea", "names", "number")  # kinds that take such a cell for what it looks like
_PEOPLE: Final = ("firstName", "lastName")  # where a date is nobody's name
_MONTHS: Final = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"  # as a spreadsheet writes 1-May and May-01
_SHORTENED: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?[Ee]\+\d{1,3}")  # whoever wrote it: nothing else looks so
_EXPONENT: Final = re.compile(r"[+-]?\d+(?:[.,]\d{2,})[Ee]\d{1,3}")  # a code may, if its digits are few
_ANY_EXPONENT: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?[Ee]-?\d{1,3}")
_FLOAT: Final = re.compile(r"[+-]?\d{7,}[.,]0+")  # a long number that a program took for an amount
_DATE: Final = re.compile(
    rf"\d{{1,2}}-{_MONTHS}(?:-\d{{2,4}})?|{_MONTHS}-\d{{2,4}}"
    r"|\d{4}-\d\d-\d\d(?: 00:00:00)?|\d{1,2}([./])\d{1,2}\1\d{2,4}"
)
_TAILS: Final = bytes(range(0x80, 0xC0))  # what follows the first byte of a letter in UTF-8, as cp1252 shows it
_TAIL: Final = re.escape(_TAILS.decode("cp1252", "ignore") + _TAILS.decode("latin-1"))
_MISREAD: Final = re.compile(f"[\u00c2-\u00f4][{_TAIL}]|\ufffd")
_MOST_DIGITS: Final = 15  # that a spreadsheet keeps of a number
_PLAIN: Final = re.compile("[A-Za-z ]+")  # most cells, and nothing of what is looked for here
Current = Callable[[Column], str | None]


def damage(row: Row, columns: Iterable[Column], current: Current) -> Failure | None:
    """What is wrong with the first cell that a spreadsheet seems to have spoilt; None if none looks so.

    `current` gives what the account has where the cell would go, None if that is not known or nothing.
    """
    for column in columns:
        text = row.values.get(column.attribute, "").strip()
        if column.kind.name not in TEXTS or is_blank(text) or clears(text):
            continue
        before = current(column)
        if before is not None and before.strip() == text:
            continue
        result = looks_damaged(column, text) or (lost(before, text) if before else "")
        if result:
            return Failure("", CODE, f"{column.header}: {result} {ALLOW}")
    return None


def looks_damaged(column: Column, text: str) -> str:
    """What a cell looks as if it had been before, "" if it looks like nothing of that kind."""
    if _PLAIN.fullmatch(text):
        return ""
    number = _damaged_number(column, text)
    if number:
        return number
    if ERROR.fullmatch(text):
        return f"{text!r} is a spreadsheet's error, not a value."
    if column.attribute in _PEOPLE and _DATE.fullmatch(text):
        return f"{text!r} looks like a date that a spreadsheet made of a name."
    if "\ufffd" in text:
        return f"{text!r} has lost letters: the file was saved in another encoding than it was read in."
    meant = _as_meant(text) if _MISREAD.search(text) else ""
    return f"{text!r} was probably {meant!r}, read in the wrong encoding." if meant else _invisible(column, text)


def _damaged_number(column: Column, text: str) -> str:
    shortened = bool(_SHORTENED.fullmatch(text))
    if column.kind.name != "number" and not shortened:
        shortened = bool(_ANY_EXPONENT.fullmatch(text)) and (
            is_phone(column.header) or (is_code(column.header) and bool(_EXPONENT.fullmatch(text)))
        )
        if _FLOAT.fullmatch(text) and is_code(column.header):
            return f"{text!r} looks like digits that a program took for an amount."
    said = f"{text!r} looks like a long number that a spreadsheet shortened, so that digits are lost."
    return said if shortened else ""


def _invisible(column: Column, text: str) -> str:
    unseen = invisible(text) if is_phone(column.header) else ""
    said = f"{text!r} holds {unseen}, which nobody sees and no number has: type it anew, or delete that character."
    return said if unseen else ""


def _as_meant(text: str) -> str:
    """Text that was UTF-8 and was read as cp1252, as it was; "" if it was not."""
    try:
        # cp1252 leaves five bytes without a letter; they came through as they were
        meant = b"".join(_byte(letter) for letter in text).decode("utf-8")
    except UnicodeError:
        return ""
    return meant if meant != text else ""


def _byte(letter: str) -> bytes:
    try:
        return letter.encode("cp1252")
    except UnicodeEncodeError:
        return letter.encode("latin-1")


def lost(current: str, text: str) -> str:
    """What a cell has lost of what the account holds, "" if it is something else altogether."""
    current = current.strip()
    if not (text.isascii() and text.isdigit()):
        return ""
    front, same = current[: -len(text)], current.endswith(text)
    if same and front and not front.strip("+0"):
        return f"{text!r} was {current!r} in the account: a spreadsheet drops plus signs and zeros in front."
    rest = text[_MOST_DIGITS:]
    if (
        rest
        and not rest.strip("0")
        and current.isdigit()
        and len(current) == len(text)
        and current[:_MOST_DIGITS] == text[:_MOST_DIGITS]
    ):
        return f"{text!r} was {current!r} in the account: a spreadsheet keeps 15 digits of a number."
    return ""
