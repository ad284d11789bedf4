"""How the bytes of a file are to be decoded. Never guesses: a byte order mark, strict UTF-8, or what the user said."""

from __future__ import annotations

import codecs
import io
from typing import Final

from bulk.errors import UsageError
from bulk.files.named_file import NamedFile

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins with the mark of UTF-16 LE
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SHOWN: Final = {
    "utf-8": "UTF-8", "utf-16-le": "UTF-16 LE", "utf-16-be": "UTF-16 BE", "utf-32-le": "UTF-32 LE",
    "utf-32-be": "UTF-32 BE", "latin-1": "Latin-1",
}  # fmt: skip
# Python calls these encodings too: of names in domains, of source code, of mail headers. No file is written in them,
# and what they make of one may be no text (half a surrogate pair) or never come to an end.
_NO_ENCODINGS: Final = ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7")


def shown(encoding: str) -> str:
    """An encoding as people call it."""
    return _SHOWN.get(encoding, encoding)


def mark_of(encoding: str) -> bytes:
    """The byte order mark that a file of this encoding may begin with."""
    return next(mark for mark, marked in _BOMS if marked == encoding)


def encoding_of(source: NamedFile, head: bytes, asked: str) -> tuple[str, bool]:
    """The encoding of a file that begins so, and whether a byte order mark says it; `asked`: what the user said.

    Raises `UsageError` where neither is enough, or they contradict each other.
    """
    marked = next((encoding for mark, encoding in _BOMS if head.startswith(mark)), "")
    if asked == "auto":
        if not marked and head.count(0) * 3 > len(head) > 0:
            order = "le" if head[1::2].count(0) > head[::2].count(0) else "be"
            raise UsageError("utf16_unmarked", file=source, order=order)
        return marked or "utf-8", bool(marked)
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=asked)
        name = codecs.lookup(asked).name
    except (LookupError, ValueError):
        name = ""
    if not name or name in _NO_ENCODINGS:
        raise UsageError("encoding_unknown", encoding=asked)
    if not marked:
        if head and name in ("utf-16", "utf-32"):
            raise UsageError("byte_order_mark_missing", file=source, encoding=asked, name=name)
        return {"iso8859-1": "latin-1", "utf-8-sig": "utf-8"}.get(name, name), False
    if name in (marked, f"{marked}-sig", marked[:-3]):
        return marked, True
    raise UsageError("byte_order_mark_differs", file=source, marked=shown(marked), encoding=asked)
