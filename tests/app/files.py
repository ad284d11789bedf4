"""Files that people drop on the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

HUBSPOT = (
    "Record ID,First Name,Last Name,Email,Phone Number,Lead Status,Create Date,Unsubscribed from all email\n"
    "1001,Ada,Lovelace,ada@example.com,+1 555 0100,Open,2024-01-27 20:22,false\n"
    "1002,Grace,Hopper,grace@example.com,+1 555 0101,Open,2024-01-27 20:22,true\n"
    "1003,Alan,Turing,alan@example.com,+1 555 0102,Open,2024-01-27 20:22,false\n"
)
SCRIPT = "<script>document.title='hurt'</script>"
IMAGE = '"><img src=x onerror="document.title=\'hurt\'">'
BROKEN = ("bad", "no at example.com", "", "x@y", "two@example.com two@example.com")  # in the rows 3, 5, 7, 9, 11


def hubspot(folder: Path, rows: int = 0) -> Path:
    """A file as HubSpot writes it, of three rows and so many more."""
    path = folder / "hubspot-crm-exports-all-contacts.csv"
    more = "".join(f"2{n:03},P{n},Example,p{n}@example.com,,Open,2024-01-27 20:22,false\n" for n in range(rows))
    path.write_text(HUBSPOT + more)
    return path


def workbook(folder: Path) -> Path:
    """A workbook of eleven people, five of whom have no address that is one."""
    path = folder / "people.xlsx"
    table: list[Sequence[str]] = [("Email", "First Name", "Tags")]
    for number in range(11):
        address = BROKEN[number // 2] if number % 2 and number // 2 < 5 else f"p{number}@example.com"
        table.append((address, f"P{number}", "Fair"))
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("People")
        for row, cells in enumerate(table):
            for at, text in enumerate(cells):
                sheet.write_string(row, at, text)
    return path


def unreadable(folder: Path) -> Path:
    """A workbook with an address to correct in row 3, and cells that nobody can read in the rows 4 and 6."""
    path = folder / "spoilt.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("People")
        sheet.write_row(0, 0, ["Email", "First Name", "Phone"])
        for row in range(1, 7):
            sheet.write_row(row, 0, [f"p{row}@example.com", f"P{row}", "+1 555 0100"])
        sheet.write_string(2, 0, "no address")
        sheet.write_formula(3, 1, "=1/0", None, "#DIV/0!")
        sheet.write_number(5, 2, 15550100123456789)
    return path


def hostile(folder: Path) -> Path:
    """A file whose name, titles and cells would be scripts on a page that took them as they are."""
    path = folder / f"{IMAGE.replace('/', '')}.csv"
    cells = [SCRIPT, IMAGE, "javascript:alert(1)", "{{ 7 * 7 }}", "</textarea></title><svg onload=alert(1)>", "\u202e"]
    quoted = [f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells]
    header = ",".join(["Email", "First Name", "Tags", f'"{SCRIPT}"', '"{{ 7 * 7 }}"'])
    rows = "".join(f"h{n}@example.com,{cell},{cell},{cell},{cell}\n" for n, cell in enumerate(quoted))
    path.write_text(f"{header}\n{rows}{quoted[0]},{quoted[1]},,,\n")
    return path
