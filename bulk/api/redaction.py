"""Cutting secrets out of what a server or a library says, however they are written there.

A secret is recognised as it is, percent-encoded, escaped as in JSON or HTML (also only in part), and in base64. It is
replaced by `***`. Of one that is short, as the sandbox's may be, only words of its own are cut: it may be a common one.
"""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies

from bulk.model import Json

CUT: Final = "***"
OURS: Final = ("MATON_API_KEY", "AC_API_TOKEN")
SHORT: Final = 8  # characters; no real key is that short
_PAGE: Final = 16_384  # bytes; larger bodies are pages of records, in which nobody echoes headers in base64
_LONGEST_FORM: Final = 12  # characters that one of a secret takes at most in any of the forms, and some room
_ESCAPES: Final = (  # the sign they begin with, and what they look like
    (b"%", re.compile(rb"%(?:25)?([2-7][0-9a-fA-F])")),
    (b"\\", re.compile(rb"\\u00([2-7][0-9a-fA-F])")),
    (b"&", re.compile(rb"&#[xX]0?([2-7][0-9a-fA-F]);")),
)
_DEPTH: Final = 4  # escapes of escapes of escapes
_DECIMAL: Final = re.compile(rb"&#0*(\d{2,3});")
_SIGNS: Final = set("%&\\\"'<>")  # of which escapes are made, or which have names: no real key has them
_NAMED: Final = (  # the last are PHP's and JSON's
    (b"&lt;", b"<"), (b"&gt;", b">"), (b"&quot;", b'"'), (b"&apos;", b"'"), (b"&amp;", b"&"), (b"\\/", b"/"),
    (b'\\"', b'"'), (b"\\\\", b"\\"),
)  # fmt: skip


class Redaction:
    """Knows the secrets of one client or command."""

    def __init__(self, *secrets: str) -> None:
        known = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
        self._plain = tuple(secret.encode() for secret in known)
        encoded = sorted(form for secret in known if len(secret) >= SHORT for form in _in_base64(secret))
        forms = [_pattern(secret) for secret in known] + [re.escape(form) for form in encoded]
        self._pattern = re.compile("|".join(forms)) if forms else None
        self._telling = any(len(secret) >= SHORT for secret in known)
        self._slashes = any("/" in secret for secret in known)
        self._odd = any(set(secret) & _SIGNS for secret in known)
        self._encoded = tuple(form.encode() for form in encoded)
        self.reach = _LONGEST_FORM * max((len(secret) for secret in known), default=0)  # characters of the longest form

    def text(self, text: str) -> str:
        """The text without the secrets."""
        return self._pattern.sub(CUT, text) if self._pattern else text

    def concerns(self, content: bytes, *, data: bool) -> bool:
        """Whether a body may hold a secret. Cheap for one that does not: most hold few escapes; base64 costs most.

        `data`: it is all somebody's data, not words of a server; a short secret may stand in it by chance.
        """
        if data and not self._telling:
            return False
        looked_for = self._plain if len(content) > _PAGE else (*self._plain, *self._encoded)
        if self._odd or b"\x00" in content or any(form in content for form in looked_for):  # 0: UTF-16 and UTF-32
            return bool(self._plain)
        plain = _unescaped(content, slashes=self._slashes)
        return plain is not content and any(secret in plain for secret in self._plain)

    def body(self, body: Json) -> Json:
        """A decoded body without the secrets, in its values and names; numbers that spell one become text."""
        if isinstance(body, str):
            return self.text(body)
        if isinstance(body, dict):
            return {self.text(name): self.body(value) for name, value in body.items()}
        if isinstance(body, list):
            return [self.body(value) for value in body]
        if isinstance(body, int | float) and not isinstance(body, bool) and len(spelt := str(body)) >= SHORT:
            return self.text(spelt) if self.text(spelt) != spelt else body
        return body


def _unescaped(content: bytes, *, slashes: bool) -> bytes:
    """The content with no escape left, also none of escapes; itself if there is none. `slashes`: theirs too."""
    plain = content
    for _ in range(_DEPTH):
        before = plain
        for beginning, escape in _ESCAPES:
            if beginning in plain:
                plain = escape.sub(_hexadecimal, plain)
        if b"&" in plain:
            plain = _DECIMAL.sub(_decimal, plain)
        if slashes:
            plain = plain.replace(b"\\/", b"/")  # as PHP has it
        if plain is before or plain == before:
            break
    return plain


def _hexadecimal(match: re.Match[bytes]) -> bytes:
    return bytes((int(match[1], 16),))


def _decimal(match: re.Match[bytes]) -> bytes:
    return bytes((int(match[1]) & 127,))


def _pattern(secret: str) -> str:
    pattern = "".join(map(_forms_of, secret))
    return pattern if len(secret) >= SHORT else rf"(?<![\w.-])(?:{pattern})(?![\w-]|\.\w)"


def _forms_of(char: str) -> str:
    """A pattern for one character in all its forms; `%25` for a percent sign that was encoded once more."""
    code = ord(char)
    upper, lower = f"{code:02X}", f"{code:02x}"
    hexadecimal = upper if upper == lower else f"(?:{upper}|{lower})"
    named = "".join(f"|{re.escape(name.decode())}" for name, of in _NAMED if of == char.encode())
    escaped = rf"%(?:25)?{hexadecimal}|\\u00{hexadecimal}|\\x{hexadecimal}|&#[xX]0?{hexadecimal};|&#0*{code};"
    return f"(?:{re.escape(char)}|{escaped}{named})"


def _in_base64(secret: str) -> set[str]:
    """What base64 makes of the secret wherever it begins in what was encoded, without the edges that others shape."""
    forms = set()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + secret.encode()).decode().rstrip("=")
        first, odd = -(-before * 8 // 6), (before + len(secret.encode())) % 3
        core = encoded[first : len(encoded) - bool(odd)]
        forms |= {core, core.replace("+", "-").replace("/", "_")}
    return forms


# ---- what is secret on this machine


def secrets_in(environment: Mapping[str, str]) -> list[str]:
    """The keys of an environment, and the passwords in its addresses; those of proxies too.

    A variable of any name may have the key of an account of bulk.toml: what is called a token or a key counts as one.
    """
    names = [name for name in environment if name.upper().endswith(("TOKEN", "_KEY"))]
    keys = [key for name in names if len(key := environment[name].strip()) >= SHORT or name in OURS]
    addresses = [environment.get(name, "") for name in ("AC_API_URL", "BULK_BASE_URL", "BULK_REDIS_URL")]
    return [*keys, *_passwords(addresses), *proxy_passwords()]


def proxy_passwords() -> list[str]:
    """The passwords of the proxies that this process would use."""
    return _passwords(getproxies().values())


def _passwords(addresses: Iterable[str]) -> list[str]:
    """The passwords in addresses, as they are written there and as they are."""
    passwords = []
    for address in addresses:
        with contextlib.suppress(ValueError):
            password = urlsplit(address).password or ""
            passwords += [password, unquote(password)]
    return passwords
