"""The key, cut out of whatever a server or a library says: it must reach no file, no terminal and no error.

Looked for as it is, and as it stands in addresses and in base64. Nothing else is known of the text, and the rest of it
stays as it is.
"""

from __future__ import annotations

import base64
import re
from typing import Final
from urllib.parse import quote

from bulk.model import Json

INSTEAD: Final = "***"
TELLING: Final = (
    8  # characters of a key that no sound answer holds by chance; a sandbox may be served with a shorter one
)
_ESCAPED: Final = re.compile(rb"\\u00[2-7]|\\/")  # how a letter of a key may be hidden in JSON


class Secret:
    """One key. Its `repr` does not show it."""

    def __init__(self, key: str) -> None:
        """Prepare the forms in which it is looked for; "" is nobody's key."""
        self._telling = len(key) >= TELLING
        coded = base64.b64encode(key.encode()).decode().rstrip("=")
        forms = (key, quote(key, safe=""), *((coded, coded.translate(_URL_SAFE)) if self._telling else ()))
        self._forms = tuple(dict.fromkeys(form for form in forms if form))
        self._bytes = tuple(form.encode() for form in self._forms)
        self._quoted = '"' in key or "\\" in key  # then JSON escapes it, as it does much else

    def __repr__(self) -> str:
        return "Secret()"

    def out_of(self, text: str) -> str:
        """Give the text without the key."""
        for form in self._forms:
            text = text.replace(form, INSTEAD)
        return text

    def may_be_in(self, content: bytes, *, data: bool) -> bool:
        """Whether the key may stand in this JSON text; `data`: it is all somebody's data, not words of a server."""
        if data and not self._telling:
            return False
        escaped = self._quoted or _ESCAPED.search(content) is not None
        return escaped or any(form in content for form in self._bytes)

    def out_of_json(self, body: Json) -> Json:
        """Give a parsed body without the key, in names and values."""
        if isinstance(body, dict):
            return {self.out_of(name): self.out_of_json(value) for name, value in body.items()}
        if isinstance(body, list):
            return [self.out_of_json(value) for value in body]
        if isinstance(body, str):
            return self.out_of(body)
        if isinstance(body, int | float) and not isinstance(body, bool):  # a key of digits
            return INSTEAD if self._telling and str(body) in self._forms else body
        return body


_URL_SAFE: Final = str.maketrans("+/", "-_")
