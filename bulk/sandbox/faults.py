"""Faults to rehearse: which requests go wrong, when, and how. Deterministic for a seed; knows nothing of contacts."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from bulk.errors import UsageError
from bulk.files.toml_files import read_toml

KINDS: Final[Mapping[str, str]] = {
    "status": "answers `status` (500); applied first only if `applied`; with the header `retry_after` if given",
    "lost_before": "the connection drops before the request is applied",
    "lost_after": "the connection drops after the request was applied",
    "reset": "the connection is reset amid the answer; applied",
    "truncated": "applied, then the first half of the answer",
    "empty": "applied, then 200 with no body",
    "html": "applied, then an HTML page with `status` (200)",
    "slow": "applied and answered after `seconds` more",
    "no_include": "`include` is passed over",
    "no_total": "a list comes without its meta",
    "short_page": "half of a page, with the total as it is",
    "empty_page": "a page with nothing on it, with the total as it is",
    "total": "a list tells `total` of itself, whatever it has",
    "no_filter": "what narrows or orders a list is passed over",
    "proxy": "an HTML page of a proxy with `status` (403) instead; applied first only if `applied`",
    "another": "applied, then the answer speaks of another record; of a list only if it was narrowed",
    "twice": "the answer is given twice on its connection, so that each later answer there comes one request late",
    "unsaid": "applied, then 200 with `{}`",
    "unapplied": "answered as if it were done, and nothing is changed",
    "quota": "400 with the importer's `Rate limit exceeded.` instead; not applied",
    "batch": "a batch of the importer is queued; then it `ends` so, and a `share` of its contacts is applied",
}
BODIES: Final[Mapping[int, Any]] = {
    400: {"errors": [{"status": 400, "title": "Bad Request", "detail": "The request could not be understood."}]},
    401: {"message": "Invalid API key"},
    403: {"message": "Forbidden"},
    404: {"message": "No Result found for Subscriber with id 0"},
    422: {"errors": [{"title": "The request was not valid.", "detail": "", "code": "field_invalid"}]},
    429: {"message": "Too Many Requests"},
    500: {"message": "Internal Server Error"},
    502: {"message": "Bad Gateway"},
    503: {"message": "Service Unavailable"},
    504: {"message": "Gateway Timeout"},
}


ENDS: Final = ("completed", "failed", "interrupted", "active", "claimed", "waiting", "false", "unknown")


class ConnectionDropped(ConnectionError):  # noqa: N818 - it says what happened, like its parent's children
    """The sandbox dropped the connection; in process the client sees this instead of a closed socket.

    `sent` is what of the answer went out before, as status and content, None for nothing.
    """

    def __init__(self, said: str, sent: tuple[int, bytes] | None = None) -> None:
        super().__init__(said)
        self.sent = sent


# wide: one attribute for each word of a fault's text
@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `method` and `path` are globs ("POST", "contact/sync", "*"); `path` is below the door.

    `body` is a text that the request's body holds. When: `after` and `until` so many seconds from the first request
    (0: no end); after `skip` matching requests the `nth`, `every` so many, the `first` so many, by `probability`; all
    that are given must hold. What: `kind`, with `status`, `applied`, `retry_after` (seconds or any text; "date" is a
    date `seconds` from now), `seconds`, `total` (JSON, or any text), `ends` (one of `ENDS`), `share`, as `KINDS` says.
    """

    kind: str
    method: str = "*"
    path: str = "*"
    body: str = ""
    after: float = 0.0
    until: float = 0.0
    nth: int = 0
    every: int = 0
    first: int = 0
    skip: int = 0
    probability: float = 1.0
    status: int = 0
    applied: bool = False
    retry_after: str = ""
    seconds: float = 1.0
    total: str = ""
    ends: str = "failed"
    share: float = 0.0


class Faults:
    """Decides for each request which fault it meets, if any. Counts from its making on."""

    def __init__(self, faults: Sequence[Fault], seed: int) -> None:
        unknown = [fault.kind for fault in faults if fault.kind not in KINDS]
        if unknown:
            raise ValueError(f"no such fault: {', '.join(unknown)}")
        self._faults = [(fault, [0]) for fault in faults]
        self._random = random.Random(seed)  # noqa: S311 - chance for a rehearsal, not for a secret

    def meet(self, method: str, path: str, body: bytes = b"", seconds: float = 0.0) -> Fault | None:
        """The first fault that this request meets, so many seconds after the first request.

        Every fault counts each request that matches it.
        """
        met = None
        for fault, seen in self._faults:
            if not (fnmatchcase(method, fault.method) and fnmatchcase(path, fault.path)):
                continue
            if not fault.after <= seconds < (fault.until or math.inf) or fault.body.encode() not in body:
                continue
            seen[0] += 1
            if self._due(fault, seen[0] - fault.skip) and met is None:
                met = fault
        return met

    def _due(self, fault: Fault, count: int) -> bool:
        if count <= 0 or (fault.nth and count != fault.nth) or (fault.every and count % fault.every):
            return False
        if fault.first and count > fault.first:
            return False
        return fault.probability >= 1.0 or self._random.random() < fault.probability


def load_faults(path: Path) -> tuple[Fault, ...]:
    """Read a scenario: a TOML file of `[[fault]]` tables with the attributes of `Fault`; anything else is refused."""
    read = read_toml(path)
    tables = read.get("fault", [])
    if set(read) - {"fault"} or not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError("faults_not_tables", file=path)
    return tuple(_fault(path, number, table) for number, table in enumerate(tables, 1))


def _fault(path: Path, number: int, table: dict[str, Any]) -> Fault:
    known = {field.name: type(field.default) for field in fields(Fault)} | {"kind": str}
    values: dict[str, Any] = {
        name: str(value) if name in ("retry_after", "total") else value for name, value in table.items()
    }
    wrong = [name for name in values if name not in known]
    mistyped = [name for name in values if name in known and not _fits(values[name], known[name])]
    if wrong:
        problem = f"there is no {', '.join(wrong)}; there are: {', '.join(known)}"
    elif mistyped:
        problem = f"{mistyped[0]} is to be {known[mistyped[0]].__name__}"
    elif senseless := [name for name, value in values.items() if not _makes_sense(name, value)]:
        problem = f"{senseless[0]} cannot be {values[senseless[0]]!r}"
    elif values.get("kind") not in KINDS:
        problem = f"kind {values.get('kind', '')!r} is not known; there are: {', '.join(KINDS)}"
    else:
        return Fault(**values)
    raise UsageError("fault_invalid", file=path, fault=number, problem=problem)


def _fits(value: Any, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is kind


def _makes_sense(name: str, value: Any) -> bool:
    """Whether a server can do this; a status is one that has a body."""
    if name == "status":
        return value == 0 or (200 <= value <= 599 and value not in (204, 304))
    if name == "retry_after":
        return bool(value.isascii() and value.isprintable())
    if name == "ends":
        return value in ENDS
    return isinstance(value, str | bool) or 0 <= value <= (1 if name in ("probability", "share") else math.inf)
