"""Files that are named like tables and are none: named for what they are, with a way on, and no encoding proposed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sqlite3
import zipfile
from pathlib import Path

import pytest

from bulk.errors import UsageError
from bulk.files.opening import SourceOptions, open_source


def zipped(*names: str, stored: bytes = b"", packed: bool = False) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        if stored:
            archive.writestr("mimetype", stored, zipfile.ZIP_STORED)
        for name in names:
            archive.writestr(name, gzip.compress(CSV) if packed else CSV)
    return kept.getvalue()


CSV = b"email,firstName\nana@example.com,Ana\n"
SHEET = b"application/vnd.oasis.opendocument.spreadsheet"
OTHERS = {
    "a binary Excel workbook (.xlsb). Open it": zipped("docProps/app.xml", "[Content_Types].xml", "xl/workbook.bin"),
    "an old Excel workbook (.xls), or": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "an OpenDocument spreadsheet (.ods). Open": zipped("content.xml", stored=SHEET),
    "an OpenDocument text. Export": zipped("content.xml", stored=SHEET.replace(b"spreadsheet", b"text")),
    "a Numbers file": zipped("Index/Document.iwa", "Metadata/Properties.plist"),
    "a Word document": zipped("[Content_Types].xml", "word/document.xml"),
    "a zip archive, packed with gzip. Unpack": gzip.compress(zipped("people.csv")),
    "packed with gzip (.gz), people.csv in a zip archive. Unpack": zipped("people.csv", packed=True),
    "a PDF, packed with gzip. Export": gzip.compress(b"%PDF-1.7\n"),
    "packed with bzip2": bz2.compress(CSV),
    "packed with xz": lzma.compress(CSV),
    "packed with zstd": b"\x28\xb5\x2f\xfd\x04\x58" + bytes(range(64)),
    "a PDF. Export": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "a Parquet file": b"PAR1\x15\x04\x15\x20",
    "a picture (.png)": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "a picture (.jpg)": b"\xff\xd8\xff\xe0\0\x10JFIF\0",
    "a web page (HTML)": b"\n<!DOCTYPE html>\n<html><body>Sign in, please</body></html>\n",
    "a web page (HTML). If": b"\xef\xbb\xbf<table border=1><tr><td>email</td></tr></table>",
    "a spreadsheet in XML": b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook/>',
    "an XML file": b'<?xml version="1.0"?>\n<people/>',
    "a JSON file": b'[{"email": "ana@example.com"}]',
    "a JSON file. Export": b'{\n  "contacts": []\n}',
    "a file of vCards": b"BEGIN:VCARD\nVERSION:3.0\n",
    "no text at all": bytes(range(256)) * 8,
}


CASES = [
    (said, encoding) for said in OTHERS for encoding in ("auto", "cp1252") if encoding == "auto" or "text" not in said
]


@pytest.mark.parametrize(("said", "encoding"), CASES)
def test_what_is_no_csv_is_named_for_what_it_is(csv_file, contacts, said, encoding):
    with pytest.raises(UsageError) as caught:
        open_source(csv_file(OTHERS[said]), SourceOptions(encoding), contacts)
    assert f"is no CSV: it is {said}" in str(caught.value)
    assert "encoding" not in str(caught.value)


def test_a_page_in_utf16_and_a_database(csv_file, tmp_path: Path):
    with pytest.raises(UsageError, match="a web page"):
        open_source(csv_file("<html><head>".encode("utf-16")))
    with sqlite3.connect(tmp_path / "a.csv") as database:
        database.execute("CREATE TABLE people (email)")
    database.close()
    with pytest.raises(UsageError, match="an SQLite database"):
        open_source(tmp_path / "a.csv")


def test_an_archive_that_is_cut_off_is_one_all_the_same(csv_file):
    with pytest.raises(UsageError, match="is packed, and what is in it cannot be unpacked"):
        open_source(csv_file(zipped("a.csv")[:40]))


@pytest.mark.parametrize(
    "content",
    [
        "PAR1,PAR2,email\n4,5,a@example.com\n", "GIF8,b\n1,2\n", "BZh,b\n1,2\n", "PK,b\n1,2\n", "[id],b\n1,2\n",
        "<email>,b\n1,2\n", '{email},"b"\n1,2\n', "a\x01b,c\n1,2\n", "a,b\n1\x0b,2\n",
    ],
)  # fmt: skip
def test_what_only_looks_like_one_is_read(csv_file, content):
    assert len(list(open_source(csv_file(content)).records())) == 1
