r"""How a text stands in a cell where as it is it would mean something else, or could not stand at all. Pure.

`#N/A` clears a value, so a text that is `#N/A` is written `\#N/A`. NUL and halves of surrogate pairs, which an API
can hand out, are written `\u0000` and `\ud83d`. A text that reads like one of these already gets more backslashes, so
that each cell has one meaning; any other backslash stays as it is.
"""

from __future__ import annotations

import re
from typing import Final

CLEAR: Final = "#N/A"  # a cell that holds this clears the value, whatever --blank says
_CODE: Final = "u(?:0000|d[89a-f][0-9a-f]{2})"
_MARK: Final = re.compile(rf"(\s*)(\\*{CLEAR}\s*)")
_MARKED: Final = re.compile(rf"(\s*)\\(\\*{CLEAR}\s*)")
_WRITE: Final = re.compile(rf"(\\*)([\x00\ud800-\udfff])|(\\+)({_CODE})")
_HALF: Final = re.compile("[\\ud800-\\udfff]")
# two halves side by side are a letter that another program has written so; ours never stand beside each other
_READ: Final = re.compile(rf"(?<!\\)(\\ud[89ab][0-9a-f]{{2}}\\ud[c-f][0-9a-f]{{2}})|(\\+)({_CODE})")


def escaped(text: str) -> str:
    """A text as it stands in a cell."""
    if text.isascii() and "\\" not in text and "\0" not in text and CLEAR not in text:
        return text  # nearly all
    text = _WRITE.sub(_written, text)
    mark = _MARK.fullmatch(text)
    return f"{mark[1]}\\{mark[2]}" if mark else text


def _written(match: re.Match[str]) -> str:
    slashes, odd, before, code = match.groups()
    return f"{slashes * 2}\\u{ord(odd):04x}" if odd else before * 2 + code


def unescaped(cell: str) -> str:
    """The text that a cell stands for: the inverse of `escaped`."""
    if "\\" not in cell:
        return cell
    mark = _MARKED.fullmatch(cell)
    return _READ.sub(_meant, f"{mark[1]}{mark[2]}" if mark else cell)


def _meant(match: re.Match[str]) -> str:
    pair, slashes, code = match.groups()
    if pair:
        return str(pair)
    half = "\\" * (len(slashes) // 2)
    return half + (chr(int(code[1:], 16)) if len(slashes) % 2 else code)


def speakable(text: str) -> str:
    """A text that every file and database takes, for what is only told and not read back."""
    return text if text.isascii() else _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text)
