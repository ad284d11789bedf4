"""What a file is that is named like a table and is none: a workbook, an archive, a page. Told by its first bytes.

A name says nothing: people rename. Knows what to do about each; reads nothing but a zip's own list of contents.
"""

from __future__ import annotations

import codecs
import re
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from bulk.files.named_file import NamedFile, open_binary

_SAVE: Final = (
    "Open it in a spreadsheet program and save it as an Excel workbook (.xlsx) or as CSV (UTF-8), then import that."
)
_UNPACK: Final = "Unpack it and import what is in it."
_EXPORT: Final = "Export the data as CSV where it comes from."


@dataclass(frozen=True, slots=True)
class Format:
    """What a file is, as a person calls it, and the way on."""

    name: str
    way_on: str


XLSX: Final = Format("an Excel workbook (.xlsx)", _UNPACK)
ZIP: Final = Format("a zip archive", _UNPACK)
GZIP: Final = Format("packed with gzip (.gz)", _UNPACK)
BINARY: Final = Format("no text at all", _EXPORT)

_BY_MARK: Final = (
    (b"\x1f\x8b\x08", GZIP),
    (b"BZh91AY&SY", Format("packed with bzip2 (.bz2)", _UNPACK)),
    (b"\xfd7zXZ\0", Format("packed with xz (.xz)", _UNPACK)),
    (b"\x28\xb5\x2f\xfd", Format("packed with zstd (.zst)", _UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", Format("a 7-Zip archive (.7z)", _UNPACK)),
    (b"Rar!\x1a\x07", Format("a RAR archive (.rar)", _UNPACK)),
    (b"%PDF-", Format("a PDF", _EXPORT)),
    (b"PAR1\x15", Format("a Parquet file", _EXPORT)),
    (b"ARROW1\0", Format("an Arrow file", _EXPORT)),
    (b"SQLite format 3\0", Format("an SQLite database", _EXPORT)),
    (b"\x89PNG\r\n", Format("a picture (.png)", _EXPORT)),
    (b"\xff\xd8\xff", Format("a picture (.jpg)", _EXPORT)),
    (b"GIF89a", Format("a picture (.gif)", _EXPORT)),
    (b"{\\rtf", Format("a document (.rtf)", _EXPORT)),
)
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # what old Office programs write, and new ones with a password
_XLS: Final = Format("an old Excel workbook (.xls), or another Office file", _SAVE)
_LOCKED: Final = Format(
    "a workbook with a password",
    "Open it with its password, take that away (in Excel: File, Info, Protect Workbook, Encrypt with Password), save"
    " it, and import it again.",
)
_LOCKED_MARK: Final = "EncryptedPackage".encode("utf-16-le")
_IN_ZIP: Final = (  # what the names in an archive begin with, most telling first
    ("xl/workbook.bin", Format("a binary Excel workbook (.xlsb)", _SAVE)),
    ("xl/", XLSX),
    ("Index/", Format("a Numbers file", "Open it in Numbers and export it as CSV (Unicode UTF-8), then import that.")),
    ("word/", Format("a Word document (.docx)", _EXPORT)),
    ("ppt/", Format("a presentation (.pptx)", _EXPORT)),
)
_ODF: Final = re.compile(rb"mimetypeapplication/vnd\.oasis\.opendocument\.([a-z]+)")
_BY_TEXT: Final = (
    (re.compile(rb"<(?:!doctype\s+html|!--|(?:html|head|meta|body|style|table|div)[\s>])", re.IGNORECASE),
     Format("a web page (HTML)", "If it holds your table, open it in a spreadsheet program and save it as CSV (UTF-8);"
            " else it is probably the page of a sign-in or of an error: download the file again.")),
    (re.compile(rb"<\?xml.{0,600}(?:spreadsheet|excel)", re.IGNORECASE | re.DOTALL),
     Format("a spreadsheet in XML", _SAVE)),
    (re.compile(rb"<\?xml"), Format("an XML file", _EXPORT)),
    (re.compile(rb'\{\s*"\w[^"\n]*"\s*:|\[\s*[{\[]'), Format("a JSON file", _EXPORT)),
    (re.compile(rb"BEGIN:VCARD", re.IGNORECASE),
     Format("a file of vCards (.vcf)", "Import it into a contacts program and export it from there as CSV.")),
)  # fmt: skip
_MARKS_OF_TEXT: Final = re.compile(rb"^(?:\xef\xbb\xbf|\xff\xfe\0\0|\0\0\xfe\xff|\xff\xfe|\xfe\xff)")
_NEVER_IN_TEXT: Final = bytes({*range(1, 32)} - {*b"\t\n\v\f\r\x1a\x1b\x1c\x1d\x1e\x1f"})


def recognise(file: NamedFile, head: bytes, *, encoded: bool = False) -> Format | None:
    """What a file that begins so is, if it is surely no CSV; None for what may be one. `encoded`: the user says how."""
    for mark, known in _BY_MARK:
        if head.startswith(mark):
            return known
    if head.startswith(_COMPOUND):
        return _LOCKED if _is_locked(file, head) else _XLS
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(file, head)
    marked = _MARKS_OF_TEXT.match(head)
    text = head[marked.end() :].replace(b"\0", b"").lstrip() if marked else head.lstrip()
    for beginning, known in _BY_TEXT:
        if beginning.match(text):
            return known
    strange = len(head) - len(head.translate(None, _NEVER_IN_TEXT))
    if not marked and not encoded and strange > max(8, len(head) // 20) and not _is_utf8(head):
        return BINARY
    return None


def _is_utf8(head: bytes) -> bool:
    """Whether it decodes, a character that is cut off at its end aside."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _is_locked(file: NamedFile, head: bytes) -> bool:
    """Whether a compound file is one with a password: its list of contents names what is encrypted."""
    size, first = 1 << int.from_bytes(head[30:32], "little") % 16, int.from_bytes(head[48:52], "little")
    with open_binary(file) as opened:
        opened.seek((first + 1) * size)
        return _LOCKED_MARK in (opened.read(4096) or b"")


def _zipped(file: NamedFile, head: bytes) -> Format:
    """What an archive is: office programs write them too, and say in it what it is."""
    if odf := _ODF.search(head[:200]):
        kind = odf[1].decode("ascii")
        way_on = _SAVE if kind == "spreadsheet" else _EXPORT
        return Format(f"an OpenDocument {kind}" + (" (.ods)" if kind == "spreadsheet" else ""), way_on)
    names = _names_in(file) if file.content is None else ()
    return next((known for begin, known in _IN_ZIP if any(name.startswith(begin) for name in names)), ZIP)


def _names_in(file: NamedFile) -> Collection[str]:
    try:
        with zipfile.ZipFile(file.path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ()  # cut off, or of a kind that this does not read: an archive it is all the same
