"""Faults to rehearse: which requests go wrong, when, and how. Deterministic for a seed; knows nothing of contacts."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from bulk.errors import UsageError

KINDS: Final = (
    "status", "lost_before", "lost_after", "truncated", "empty", "html", "slow", "no_include", "no_total",
    "short_page", "empty_page",
)  # fmt: skip
BODIES: Final[dict[int, Any]] = {
    401: {"message": "Invalid API key"},
    403: {"message": "Forbidden"},
    404: {"message": "No Result found for Subscriber with id 0"},
    429: {"message": "Too Many Requests"},
    500: {"message": "Internal Server Error"},
    503: {"message": "Service Unavailable"},
}


class ConnectionDropped(ConnectionError):  # noqa: N818 - it says what happened, like its parent's children
    """The sandbox dropped the connection; in process the client sees this instead of a closed socket."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `method` and `path` are globs ("POST", "contact/sync", "*").

    When: the `nth` matching request, `every` so many, within the `first` so many after `skip` ones, by `probability`;
    all that are given must hold. What: `kind`, with `status`, `retry_after` (the header as it is) or `seconds`.
    """

    kind: str
    method: str = "*"
    path: str = "*"
    nth: int = 0
    every: int = 0
    first: int = 0
    skip: int = 0
    probability: float = 1.0
    status: int = 500
    retry_after: str = ""
    seconds: float = 1.0


class Faults:
    """Decides for each request which fault it meets, if any."""

    def __init__(self, faults: Sequence[Fault], seed: int) -> None:
        self._faults = [(fault, [0]) for fault in faults]
        self._random = random.Random(seed)  # noqa: S311 - chance for a rehearsal, not for a secret

    def meet(self, method: str, path: str) -> Fault | None:
        """The first fault that this request meets."""
        for fault, seen in self._faults:
            if not (fnmatchcase(method, fault.method) and fnmatchcase(path, fault.path)):
                continue
            seen[0] += 1
            count = seen[0] - fault.skip
            if count <= 0 or (fault.nth and count != fault.nth) or (fault.every and count % fault.every):
                continue
            if fault.first and count > fault.first:
                continue
            if fault.probability >= 1.0 or self._random.random() < fault.probability:
                return fault
        return None


def load_faults(path: Path) -> tuple[Fault, ...]:
    """Read a scenario: a TOML file of `[[fault]]` tables with the attributes of `Fault`."""
    known = {field.name for field in fields(Fault)}
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("fault", [])
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as TOML: {error}") from error
    for table in tables:
        unknown = set(table) - known
        if unknown or table.get("kind") not in KINDS:
            wrong = f"has no {', '.join(sorted(unknown))}" if unknown else f"of kind {table.get('kind')!r} is not known"
            raise UsageError(f"{path}: a fault {wrong}. Kinds: {', '.join(KINDS)}; more: {', '.join(sorted(known))}.")
    return tuple(Fault(**table) for table in tables)
