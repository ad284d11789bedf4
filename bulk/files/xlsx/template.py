"""A workbook to start from: the header, one example row, and in each column what there is to choose from.

What has several values in a cell is offered and not enforced: a list offers one at a time, and more may be typed.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Final

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from bulk.files.xlsx.cells import ROWS, name_of
from bulk.files.xlsx.writer import LONGEST, WIDE, cell_length
from bulk.resources.escapes import speakable

_INLINE: Final = 255  # characters of a list that stands in the rule itself
CHOICES: Final = "choices"  # the sheet that nobody sees


def template_workbook(name: str, rows: Sequence[Sequence[str]], choices: Mapping[int, Sequence[str]]) -> bytes:
    """A workbook with these rows, the first being the header; `choices` are what a column offers, by its index."""
    made = io.BytesIO()
    book = Workbook(made, {"in_memory": True})
    sheet = book.add_worksheet(name)
    text = book.add_format({"num_format": "@"})
    bold = book.add_format({"num_format": "@", "bold": True})
    sheet.set_column(0, max(0, len(rows[0]) - 1), WIDE, text)
    sheet.freeze_panes(1, 0)
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{ROWS}"})
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            sheet.write_string(at, column, speakable(cell), bold if at == 0 else text)
    beyond: Worksheet | None = None
    for column, offered in choices.items():
        fitting = [speakable(choice) for choice in offered if choice.strip() and cell_length(choice) <= LONGEST]
        if not fitting:
            continue
        source: list[str] | str = fitting
        if _is_long(fitting):
            beyond = beyond or book.add_worksheet(CHOICES)
            for at, choice in enumerate(fitting[:ROWS]):
                beyond.write_string(at, column, choice, text)
            letters = name_of(1, column).rstrip("1")
            source = f"={CHOICES}!${letters}$1:${letters}${min(len(fitting), ROWS)}"
        rule = {"validate": "list", "source": source, "show_error": False}
        sheet.data_validation(1, column, ROWS - 1, column, rule)
    if beyond is not None:
        beyond.hide()
    book.close()
    return made.getvalue()


def _is_long(choices: Sequence[str]) -> bool:
    """Whether choices cannot stand in a rule itself, where a comma parts them and blanks around them do not count."""
    odd = any("," in choice or choice != choice.strip() or choice[:1] in "=\"'" for choice in choices)
    return odd or len(",".join(choices)) > _INLINE
