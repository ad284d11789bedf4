"""Workbooks for tests: written by a library where it can, by hand where a program's own way of writing is meant."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import xlsxwriter

TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def formatted(path: Path, rows: Iterable[Iterable[Any]], **options: Any) -> Path:
    """A workbook of one sheet; a cell is a value, or a value and its number format, or a formula and what it gives."""
    book = xlsxwriter.Workbook(path, options)
    sheet = book.add_worksheet("People")
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            value, shape = cell if isinstance(cell, tuple) else (cell, None)
            if isinstance(value, str) and value.startswith("=") and isinstance(cell, tuple):
                sheet.write_formula(at, column, value, None, shape)
            elif isinstance(value, str):
                sheet.write_string(at, column, value)
            else:
                sheet.write(at, column, value, book.add_format({"num_format": shape}) if shape else None)
    book.close()
    return path


def by_hand(
    path: Path,
    rows: str,
    *,
    texts: str = "",
    after: str = "",
    before: str = "",
    prefix: str = "",
    since_1904: bool = False,
) -> Path:
    """A workbook whose sheet holds these rows, in XML, with elements named as a program names them."""
    space = f'xmlns{":" + prefix[:-1] if prefix else ""}="{MAIN}"'
    sheet = (
        f"<{prefix}worksheet {space}>{before}<{prefix}sheetData>{rows}</{prefix}sheetData>{after}</{prefix}worksheet>"
    )
    flag = '<workbookPr date1904="1"/>' if since_1904 else ""
    parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships><Relationship Id="r1" Type="{TYPES}/officeDocument" Target="/xl/workbook.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{TYPES}">{flag}<sheets>'
        '<sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships><Relationship Id="rId1" Type="{TYPES}/worksheet"'
        f' Target="/xl/worksheets/Sheet1.xml"/><Relationship Id="rId2" Type="{TYPES}/sharedStrings"'
        ' Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{texts}</sst>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return path


def text_cells(*cells: str, row: int) -> str:
    """A row of cells that hold their text themselves."""
    inside = "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in cells)
    return f'<row r="{row}">{inside}</row>'
