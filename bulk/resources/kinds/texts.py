"""Texts, addresses, and the names by which mails call a field."""

from __future__ import annotations

import re
from typing import Final

from bulk.model import Json
from bulk.resources.identity import invisible
from bulk.resources.kinds.kind import Kind, Options, Problem


def _read_text(text: str, _options: Options, _separator: str) -> Json:
    return text


def write_text(value: Json, _separator: str) -> str:
    """A value as it is."""
    return "" if value is None else str(value)


def same_text(a: Json, b: Json) -> bool:
    """Whether two values are the same text; None is the empty one."""
    return ("" if a is None else str(a)) == ("" if b is None else str(b))


# The rule that ActiveCampaign documents for its bulk importer: a local part of at least one character with none of
# "(),:;<>@[\] in it, a domain with a dot, a top level of at least two letters (or its xn-- form).
_LOCAL: Final = r'[^\s\x00-\x1f\x7f"(),:;<>@\[\\\]]+'
_LABEL: Final = r"[^\W_](?:[\w-]*[^\W_])?"
EMAIL_PATTERN: Final = rf"{_LOCAL}@(?:{_LABEL}\.)+(?:[^\W\d_]{{2,}}|xn--[0-9A-Za-z-]+)"
_EMAIL: Final = re.compile(EMAIL_PATTERN)


def _read_email(text: str, _options: Options, _separator: str) -> Json | Problem:
    address = text.strip()
    unseen = invisible(address)
    if unseen:
        said = f"It holds {unseen}, which nobody sees and no address has."
        return Problem("invisible_character", said, "Type the address anew, or delete that character.")
    if _EMAIL.fullmatch(address):
        return address
    return Problem(
        "email_invalid",
        "This is no e-mail address that ActiveCampaign accepts.",
        'Write it as name@domain.tld, without blanks and without any of ( ) , : ; < > [ \\ ] " in it.',
    )


def _read_perstag(text: str, _options: Options, _separator: str) -> Json | Problem:
    """As ActiveCampaign keeps it: in capitals, without blanks."""
    return "".join(text.upper().split()).strip("%")


def _same_perstag(a: Json, b: Json) -> bool:
    return _read_perstag(str(a or ""), None, "") == _read_perstag(str(b or ""), None, "")


TEXT: Final = Kind("text", "text", "Ada", _read_text, write_text, same_text)
EMAIL: Final = Kind("email", "an e-mail address", "ada@example.com", _read_email, write_text, same_text,
                    rf"\s*{EMAIL_PATTERN}\s*")  # fmt: skip
TEXTAREA: Final = Kind("textarea", "text, may hold line breaks", "Line one", _read_text, write_text, same_text)
PERSTAG: Final = Kind("perstag", "a name in mails, without blanks", "CITY", _read_perstag, write_text, _same_perstag)
