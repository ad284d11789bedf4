"""A cell → the text that it shows, or why it has none that could be sent. Pure; knows one workbook's texts and formats.

Where there is none, what stands in the text's place is no value either: reports that are imported again, uncorrected,
are refused by it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from bulk.files.xlsx.cells import Cell, name_of
from bulk.files.xlsx.formats import DIGITS, GENERAL, NumberFormat, Shows, number_text
from bulk.files.xlsx.markup import MarkupError
from bulk.files.xlsx.package import unescaped
from bulk.resources.kinds import Problem

NOT_AVAILABLE: Final = "#N/A!"  # `#N/A` itself would clear what it stands for
_TEXTS: Final = ("str", "inlineStr")  # types of cells that hold their text themselves
NEVER_CALCULATED: Final = "#CALC!"
NO_DATE: Final = "########"  # as a spreadsheet shows it
_LAST_DAY: Final = 2_958_465  # 9999-12-31, the last that a spreadsheet knows
_LEAP_DAY: Final = 60  # 1900-02-29, which only spreadsheets have
_1900: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet knows no time zone
_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001


class Reader:
    """What the cells of one workbook show."""

    def __init__(self, texts: Sequence[str], formats: Sequence[NumberFormat], *, since_1904: bool) -> None:
        self._texts = texts
        self._formats = formats
        self._since_1904 = since_1904

    def text(self, row: int, cell: Cell) -> tuple[str, Problem | None]:
        """The text of a cell, and a problem where it is none. Raises `MarkupError` for a cell that cannot be."""
        value, kind = cell.value or "", cell.kind
        problem: Problem | None = None
        if cell.calculated and not value and kind not in _TEXTS:
            text, problem = NEVER_CALCULATED, _never_calculated(name_of(row, cell.column))
        elif not value:
            text = ""
        elif kind == "s":
            text = self._texts[int(value)]
        elif kind in _TEXTS:
            text = unescaped(value)
        elif kind == "n":
            text, problem = self._number(row, cell, value.strip())
        elif kind == "b":
            text = "TRUE" if value.strip() in ("1", "true") else "FALSE"
        elif kind == "e":
            text, problem = NOT_AVAILABLE if value == "#N/A" else value, _error(name_of(row, cell.column), value)
        elif kind == "d":
            text = value.removesuffix("T00:00:00")
        else:
            raise MarkupError(f"{name_of(row, cell.column)} is of an unknown type, {kind!r}")
        return text, problem

    def _number(self, row: int, cell: Cell, raw: str) -> tuple[str, Problem | None]:
        shown = self._formats[cell.style] if cell.style < len(self._formats) else GENERAL
        try:
            number = Decimal(raw)
        except InvalidOperation:
            raise MarkupError(f"{name_of(row, cell.column)} holds no number, {raw!r}") from None
        if not number.is_finite() or number.adjusted() > 400 or (number and number.adjusted() < -400):
            raise MarkupError(f"{name_of(row, cell.column)} holds no number, {raw!r}")
        if shown.shows is not Shows.NUMBER:
            text = self._moment(number, shown.shows)
            return (text, None) if text is not None else (NO_DATE, _no_date(name_of(row, cell.column), raw))
        if number.adjusted() >= DIGITS:
            digits = raw.lstrip("-")
            if not digits.isdecimal() or not digits[DIGITS:].strip("0"):
                text = f"{number:.14E}"
                return text, _digits_lost(name_of(row, cell.column), text)
            return raw, None  # written by a program that keeps them all
        return number_text(raw, shown), None

    def _moment(self, days: Decimal, shows: Shows) -> str | None:
        """Days since the first one as a date, in ISO; None if it cannot be."""
        seconds = int((days * 86_400).to_integral_value("ROUND_HALF_UP"))
        if days < 0 or days > _LAST_DAY + 1:
            return None
        if shows in (Shows.ELAPSED, Shows.TIME):
            time = seconds if shows is Shows.ELAPSED else seconds % 86_400
            return f"{time // 3600:02}:{time // 60 % 60:02}:{time % 60:02}"
        day = seconds // 86_400
        if not self._since_1904 and day in (0, _LEAP_DAY):
            return None
        since = _1904 if self._since_1904 else _1900 if day > _LEAP_DAY else _1900 + timedelta(days=1)
        try:
            moment = since + timedelta(seconds=seconds)
        except OverflowError:
            return None
        return moment.date().isoformat() if shows is Shows.DATE else moment.isoformat()


def _error(cell: str, error: str) -> Problem:
    return Problem(
        "cell_error", f"Cell {cell} shows the error {error}, and no value.", "Correct its formula, or type the value."
    )


def _never_calculated(cell: str) -> Problem:
    return Problem(
        "formula_without_value",
        f"Cell {cell} holds a formula that was never calculated: the program that wrote the file cannot.",
        "Open the file in a spreadsheet program and save it there; or type the value.",
    )


def _digits_lost(cell: str, shown: str) -> Problem:
    return Problem(
        "digits_lost",
        f"Cell {cell} is a number of more than {DIGITS} digits, {shown}: a spreadsheet keeps no more, so that"
        " the others are lost.",
        "Format the column as text, and type or paste the number again.",
    )


def _no_date(cell: str, raw: str) -> Problem:
    return Problem(
        "no_date", f"Cell {cell} is formatted as a date, and {raw} is no day.", "Type the date, like 2026-05-28."
    )
