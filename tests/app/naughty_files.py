"""Files that were made to break a page which shows them, each in its own way."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import xlsxwriter

HURT = "document.title='hurt'"
SCRIPT = f"<script>{HURT}</script>"
IMAGE = f'"><img src=x onerror="{HURT}">'
PEOPLE = "Email,First Name\nada@example.com,Ada\nbad,Nobody\n"


def table(header: list[str], *rows: list[str]) -> bytes:
    """A CSV whose cells are all quoted."""
    lines = (",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells) for cells in (header, *rows))
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogatepass")


def people(*cells: str, title: str = "First Name") -> bytes:
    """People whose names are these, each twice: with an address, and as the address."""
    rows = [[f"p{at}@example.com", cell] for at, cell in enumerate(cells)]
    return table(["Email", title], *rows, *([cell, cell] for cell in cells))


def zipped(*members: tuple[str, bytes]) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return output.getvalue()


def workbook() -> bytes:
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, {"in_memory": True}) as book:
        sheet = book.add_worksheet("<img src=x>")
        for at, cells in enumerate((["Email", SCRIPT], ["ada@example.com", IMAGE], [IMAGE, SCRIPT])):
            for column, text in enumerate(cells):
                sheet.write_string(at, column, text)
        sheet.write_formula(3, 0, "=1/0", None, "#DIV/0!")
    return output.getvalue()


FILES: dict[str, bytes] = {
    "script in cells.csv": people(SCRIPT, "<svg onload=alert(1)>", f"<iframe srcdoc='{SCRIPT}'>"),
    "script in a title.csv": people("Ada", title=SCRIPT),
    f"{IMAGE.replace('/', '')}.csv": PEOPLE.encode(),
    "end of an attribute.csv": people(IMAGE, f"' onfocus={HURT} autofocus x='", f'" onmouseover="{HURT}'),
    "ends of tags.csv": people("</textarea></title></style>" + SCRIPT, "<!--", "]]>", "</select>" + SCRIPT),
    "templates.csv": people("{{ 7 * 7 }}", "{% raw %}", "${7*7}", "#{7*7}", title="{{ 7 * 7 }}"),
    "addresses that do something.csv": people(f"javascript:{HURT}", f"data:text/html,{SCRIPT}", "//evil.example.com"),
    "both directions.csv": people("\u202egnp.exe", "\u2066\u2067abc", "مرحبا", title="\u202eemaN"),
    "a long cell.csv": people("a" * 100_000, ("b" * 90 + "\n") * 50),
    "a long title.csv": people("Ada", title="t" * 5_000),
    "three hundred columns.csv": table(
        ["Email", *(f"Column {n}" for n in range(300))], ["bad", *map(str, range(300))], ["ada@example.com", *"x" * 300]
    ),
    "marks upon marks.csv": people("👩‍👩‍👧‍👦" * 50, "Z" + "\u0337\u0353" * 300, "🏳️‍🌈", title="👋🏽"),
    "nul.csv": b"Email,First Name\r\nada@example.com,A\0da\r\nbad,\0\r\n",
    "control signs.csv": people("\x1b[31mred\x1b[0m", "\x07\x08\x0b\x0c", "\u2028\u2029", "\ufeff\u200b\u00ad"),
    "odd names.zip": zipped(
        (f"../{SCRIPT.replace('/', '')}.csv", PEOPLE.encode()), ("👋.csv", PEOPLE.encode()), ("notes.txt", b"x")
    ),
    "packed.csv.gz": gzip.compress(people(SCRIPT)),
    "utf-16.csv": people(SCRIPT, "Ä").decode().encode("utf-16"),
    "cp1252.csv": "Email,First Name\r\nada@example.com,Ä€<b>\r\nbad,ß\r\n".encode("cp1252"),
    "lines in cells.csv": people(f"one\n{SCRIPT}\r\nthree", "\n\n\n"),
    "a quote too many.csv": f'Email,First Name\r\nada@example.com,"{SCRIPT}\r\ngrace@example.com,Grace\r\n'.encode(),
    "titles twice.csv": f"Email,{SCRIPT},{SCRIPT}\r\nada@example.com,a,b\r\n".encode(),
    "formulas.csv": people("=cmd|' /C calc'!A0", "+1+1", "@SUM(1)", "-2"),
    "workbook.xlsx": workbook(),
    "only titles.csv": f"Email,{IMAGE}\r\n".encode(),
    "one long line.csv": b"x" * 8_000,
    "names of objects.csv": people("__proto__", title="__proto__") + table(["constructor", "toString"]),
    "blank titles.csv": table(["Email", " ", "\u00a0", "x"], ["ada@example.com", "1", "2", "3"], ["bad", "", "", ""]),
    "..\\..\\up.csv": people("../../etc/passwd", "'; DROP TABLE people; --", "%00%0a<b>"),
}


def written(folder: Path) -> list[Path]:
    """All of them, in a folder."""
    folder.mkdir()
    paths = [folder / name for name in FILES]
    for path in paths:
        path.write_bytes(FILES[path.name])
    return paths
