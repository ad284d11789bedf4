"""A workbook's parts: which sheets it has, its texts, what the formats of cells are. It knows no cell.

Tolerant of what programs write in another way (prefixes, absolute paths, other cases), strict about what is lost by it.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Final, Self

from bulk.errors import UsageError
from bulk.files.named_file import NamedFile, open_file
from bulk.files.packed import DAMAGED
from bulk.files.xlsx.formats import BUILT_IN, GENERAL, NumberFormat, format_of
from bulk.files.xlsx.markup import Events, MarkupError, read

TEXTS: Final = 512 * 1024**2  # characters of all texts together: more is no list of people, and would be in memory
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")
_WORKBOOK: Final = "xl/workbook.xml"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook. `part` is where it is kept."""

    name: str
    part: str
    hidden: bool


class Package:
    """An open workbook. Raises `UsageError` if it is none that can be read."""

    def __init__(self, file: NamedFile) -> None:
        self.file = file

    def __enter__(self) -> Self:
        self._raw = open_file(self.file)
        try:
            with self.telling_damage():
                self._archive = zipfile.ZipFile(self._raw)
                self._names = {_plain(name): name for name in self._archive.namelist()}
                self._read_workbook()
        except BaseException:
            self._raw.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()
        self._raw.close()

    @contextmanager
    def telling_damage(self) -> Iterator[None]:
        """What is wrong with the parts that are read meanwhile is told with the file."""
        try:
            yield
        except (*DAMAGED, MarkupError, LookupError, ValueError) as error:
            raise UsageError("workbook_damaged", file=self.file, reason=error) from error

    def open(self, part: str) -> IO[bytes]:
        """A part, open for reading; `KeyError` if there is none."""
        return self._archive.open(self._names[_plain(part)])

    def sheet(self, name: str) -> Sheet:
        """The sheet of this name, or the first that can be seen. Raises `UsageError` if there is none."""
        if not name:
            return next((sheet for sheet in self.sheets if not sheet.hidden), self.sheets[0])
        wanted = name.strip().casefold()
        for sheet in self.sheets:
            if sheet.name.strip().casefold() == wanted:
                return sheet
        raise UsageError("sheet_unknown", file=self.file, sheet=name, sheets=[sheet.name for sheet in self.sheets])

    def texts(self) -> list[str]:
        """The texts that cells refer to by their number."""
        texts = _Texts()
        if part := self._parts.get("sharedStrings"):
            with self.telling_damage(), self.open(part) as opened:
                read(opened, texts)
        return texts.texts

    def formats(self) -> list[NumberFormat]:
        """The formats that cells refer to by their number."""
        styles = _Styles()
        if part := self._parts.get("styles"):
            with self.telling_damage(), self.open(part) as opened:
                read(opened, styles)
        return styles.formats

    def _read_workbook(self) -> None:
        root = _Relations()
        if "_rels/.rels" in self._names:
            with self.open("_rels/.rels") as part:
                read(part, root)
        main = root.of_kind("officeDocument", "") or _WORKBOOK
        folder, name = posixpath.split(main)
        relations = _Relations()
        with self.open(f"{folder}/_rels/{name}.rels") as part:
            read(part, relations)
        self._parts = {kind: path for kind in ("sharedStrings", "styles") if (path := relations.of_kind(kind, folder))}
        workbook = _Workbook()
        with self.open(main) as part:
            read(part, workbook)
        self.since_1904 = workbook.since_1904
        self.sheets = [
            Sheet(name, relations.path(identity, folder), hidden)
            for name, identity, hidden in workbook.sheets
            if relations.kind(identity) == "worksheet"
        ]
        if not self.sheets:
            raise UsageError("workbook_empty", file=self.file)


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()


class _Relations(Events):
    """What a part refers to: by an id, of a kind, at a place."""

    def __init__(self) -> None:
        self._targets: dict[str, tuple[str, str]] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Take one."""
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            self._targets[attributes["Id"]] = (kind, attributes.get("Target", ""))

    def kind(self, identity: str) -> str:
        """Of what kind it is."""
        return self._targets[identity][0]

    def path(self, identity: str, folder: str) -> str:
        """Where it is; `folder` is that of the part which refers to it."""
        target = self._targets[identity][1].replace("\\", "/")
        return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))

    def of_kind(self, kind: str, folder: str) -> str:
        """Where the first of a kind is, "" if there is none."""
        return next((self.path(identity, folder) for identity, (of, _) in self._targets.items() if of == kind), "")


class _Workbook(Events):
    """The sheets in their order, and from which day days are counted."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str, bool]] = []
        self.since_1904 = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Take a sheet, or what is said of all."""
        if name == "sheet":
            identity = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            self.sheets.append(
                (unescaped(attributes["name"]), identity, attributes.get("state", "visible") != "visible")
            )
        elif name == "workbookPr":
            self.since_1904 = attributes.get("date1904", "0") in ("1", "true", "on")


class _Texts(Events):
    """The texts of cells, each maybe in several pieces; how a word is spoken (`rPh`) is none of them."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._pieces: list[str] = []
        self._inside = False
        self._spoken = False
        self._size = 0

    def start(self, name: str, _attributes: Mapping[str, str], /) -> None:
        """A text begins, or a piece of it."""
        if name == "si":
            self._pieces = []
        elif name == "rPh":
            self._spoken = True
        elif name == "t":
            self._inside = not self._spoken

    def end(self, name: str) -> None:
        """A text is all there."""
        if name == "t":
            self._inside = False
        elif name == "rPh":
            self._spoken = False
        elif name == "si":
            self.texts.append(unescaped("".join(self._pieces)))

    def text(self, text: str) -> None:
        """Take a piece."""
        if self._inside:
            self._pieces.append(text)
            self._size += len(text)
            if self._size > TEXTS:
                raise MarkupError(f"its texts are longer than {TEXTS // 1024**2:,} million characters")


class _Styles(Events):
    """The number format of each style of cells."""

    def __init__(self) -> None:
        self.formats: list[NumberFormat] = []
        self._codes: dict[str, str] = {str(number): code for number, code in BUILT_IN.items()}
        self._of_cells = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Take a format, or a style that has one."""
        if name == "numFmt" and "numFmtId" in attributes:
            self._codes[attributes["numFmtId"]] = unescaped(attributes.get("formatCode", ""))
        elif name == "cellXfs":
            self._of_cells = True
        elif name == "xf" and self._of_cells:
            code = self._codes.get(attributes.get("numFmtId", "0"))
            self.formats.append(GENERAL if code is None else format_of(code))

    def end(self, name: str) -> None:
        """The styles of cells are all there; those that follow are of other things."""
        if name == "cellXfs":
            self._of_cells = False


def unescaped(text: str) -> str:
    """A text as it is meant: what XML cannot hold is written like `_x000D_`, and that itself as `_x005F_x000D_`."""
    if "_x" not in text or _ESCAPED.search(text) is None:
        return text
    plain = _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), text)
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
