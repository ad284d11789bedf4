"""A server that puts the key into everything it says, and a hunt for it in all that the commands leave behind."""

from __future__ import annotations

import base64
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.served import Answer

KEY = "k3y-of-this/account+72=="
TEXTS = ("firstName", "lastName", "tag", "title", "name", "note", "value", "username", "descript", "label", "url")
STATUSES = (301, 302, 307, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503)
HEADERS = (b"x-request-id", b"set-cookie", b"retry-after", b"date", b"location", b"ratelimit-limit", b"x-more")
MOST = 40  # answers that one telltale spoils: else a job would wait for ever at a server that is busy for ever


def forms() -> dict[str, str]:
    """The key as a server may write it inside a JSON string."""
    return {
        "plain": KEY,
        "as PHP has it": KEY.replace("/", "\\/"),
        "escaped": "".join(f"\\u{ord(char):04x}" for char in KEY),
        "percent": quote(KEY, safe=""),
        "base64": base64.b64encode(f"Bearer {KEY}".encode()).decode(),
    }


SHOWN = (
    KEY, KEY.replace("/", "\\/"), forms()["escaped"], forms()["percent"], forms()["base64"][10:36],
    base64.b64encode(KEY.encode()).decode()[:28],
)  # fmt: skip


@dataclass
class Telltale:
    """Puts the key into the headers of every answer, and into the bodies of a share of them."""

    form: str
    place: str  # values, names, page, cut off, refusal
    status: int = 200
    share: float = 0.5
    seed: int = 0
    heard: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def __call__(self, _scope: dict[str, Any], answer: Answer) -> Answer:
        status, headers, body = answer
        headers = [*headers, *((name, KEY.encode()) for name in HEADERS)]
        if self._chance.random() >= self.share or self.heard.total() >= MOST:
            return status, headers, body
        said = forms()[self.form]
        if self.place in ("values", "names") and status < 300:
            mark = f"{self.seed}MARK"
            body = json.dumps(self._marked(json.loads(body or b"{}"), mark)).replace(mark, said).encode()
        elif self.place == "page":
            status, body = self.status, f"<html><title>{said}</title>{said}</html>".encode()
        elif self.place == "cut off":
            status, body = self.status, f'{{"contacts":[{{"id":"1","email":"{said}'.encode()
        elif self.place == "refusal":
            errors = f'[{{"title":"{said}","detail":"{said}","code":"{said}","source":{{"pointer":"{said}"}}}}]'
            status, body = self.status, f'{{"message":"{said}","errors":{errors}}}'.encode()
        self.heard[f"{self.place} {status}"] += 1
        return status, headers, body

    def _marked(self, body: Any, mark: str) -> Any:
        if isinstance(body, list):
            return [self._marked(one, mark) for one in body]
        if not isinstance(body, dict):
            return body
        new = {name: self._marked(value, mark) for name, value in body.items()}
        if self.place == "names":
            return new | {mark: {mark: [mark]}}
        return new | {
            name: f"{value} {mark}" for name, value in new.items() if name in TEXTS and isinstance(value, str)
        }


def standing(folder: Path, *texts: str) -> Iterator[str]:
    """Where the key stands: in outputs, names of files, and files, those of databases too."""
    for number, text in enumerate(texts):
        yield from (f"output {number}" for shown in SHOWN if shown in text)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            yield from (str(path) for shown in SHOWN if shown.encode() in content or shown in path.name)


@dataclass(frozen=True)
class Case:
    """One kind of answer."""

    form: str
    place: str
    status: int


def cases(chance: random.Random, count: int) -> list[Case]:
    """So many kinds, each place and each status among them where there are enough."""
    every = [Case(form, place, 200) for form in forms() for place in ("values", "names", "page", "cut off")]
    every += [Case(form, place, status) for form in forms() for place in ("refusal", "page") for status in STATUSES]
    chance.shuffle(every)
    return (every * (count // len(every) + 1))[:count]
