"""Speaking to a sandbox in process, and holding its answers to statements of ACTIVECAMPAIGN-API.md.

A `Line` is one statement: the section it comes from, a request, and what the answer has. Every line starts from one and
the same small account (`GIVEN`), so no line depends on another.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import httpx

from bulk.sandbox.app import Sandbox, SandboxOptions
from bulk.sandbox.switches import Switches

NOW = "2026-05-28T03:05:54-05:00"
GIVEN = (
    ("POST contacts", {"contact": {"email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace",
                                   "phone": "202-555-0143", "fieldValues": [{"field": "7", "value": "London"}]}}),
    ("POST contacts", {"contact": {"email": "grace@example.com", "firstName": "Grace"}}),
    ("POST tags", {"tag": {"tag": "VIP", "tagType": "contact", "description": ""}}),
    ("POST tags", {"tag": {"tag": "Trial", "tagType": "contact"}}),
    ("POST contactTags", {"contactTag": {"contact": "1", "tag": "1"}}),
    ("POST contactLists", {"contactList": {"list": 1, "contact": 1, "status": 1}}),
    ("POST accounts", {"account": {"name": "Acme"}}),
    ("POST accounts", {"account": {"name": "Initech"}}),
    ("POST accountContacts", {"accountContact": {"account": "1", "contact": "1"}}),
)  # fmt: skip

PLAIN = Switches()


@dataclass(frozen=True)
class Line:
    """One statement. `has` is matched as `matches` says, `lacks` are paths like "contact.fieldValues"."""

    section: str
    request: str
    body: Any
    status: int
    has: Any = None
    lacks: tuple[str, ...] = ()
    after: tuple[tuple[str, Any], ...] = ()
    switches: Switches = PLAIN

    def __str__(self) -> str:
        return f"{self.section} {self.request} {json.dumps(self.body, default=str) if self.body else ''}"[:90]


@dataclass(frozen=True)
class Exactly:
    """The value and nothing more."""

    value: Any


def matches(result: Any, wanted: Any) -> bool:
    """Whether an answer has what is wanted: an object at least these keys, an array these elements, a value of this
    very JSON type; a pattern matches a string in full, a type any value of it."""
    if isinstance(wanted, Exactly):
        return json.dumps(result, sort_keys=True) == json.dumps(wanted.value, sort_keys=True)
    if isinstance(wanted, dict):
        return isinstance(result, dict) and all(key in result and matches(result[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list):
        same = isinstance(result, list) and len(result) == len(wanted)
        return same and all(matches(one, other) for one, other in zip(result, wanted, strict=True))
    if isinstance(wanted, re.Pattern):
        return isinstance(result, str) and wanted.fullmatch(result) is not None
    if isinstance(wanted, type):
        return type(result) is wanted
    return type(result) is type(wanted) and result == wanted


def has_path(result: Any, path: str) -> bool:
    for name in path.split("."):
        if not isinstance(result, dict) or name not in result:
            return False
        result = result[name]
    return True


class Desk:
    """Speaks to one sandbox, one request at a time."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def ask(self, request: str, body: Any = None) -> httpx.Response:
        """Send "METHOD path" below /api/3/ and give the response."""
        return anyio.run(send, self.sandbox, request, body)

    def ask_all(self, *requests: str) -> list[httpx.Response]:
        """Ask several things that have no body, one after the other."""

        async def ask() -> list[httpx.Response]:
            return [await send(self.sandbox, request) for request in requests]

        return anyio.run(ask)

    def given(self, *more: tuple[str, Any]) -> None:
        """Make the small account, and then some."""

        async def make() -> None:
            for request, body in (*GIVEN, *more):
                response = await send(self.sandbox, request, body)
                assert response.status_code < 300, (request, body, response.text)

        anyio.run(make)


async def send(
    sandbox: Sandbox,
    request: str,
    body: Any = None,
    *,
    entrance: str = "/api/3/",
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    method, _, path = request.partition(" ")
    transport = httpx.ASGITransport(sandbox.app)
    headers = {"Api-Token": sandbox.options.key} if headers is None else headers
    async with httpx.AsyncClient(transport=transport, headers=headers, trust_env=False) as client:
        content = body if isinstance(body, bytes) else None
        return await client.request(
            method, f"http://sandbox{entrance}{path}", content=content, json=None if content else body
        )


@contextmanager
def small_account(switches: Switches = PLAIN) -> Iterator[Sandbox]:
    """A sandbox that holds what is given: a copy of one that was asked for it once in this process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sandbox.sqlite"
        shutil.copy(_small_account(switches), path)
        with sandbox_at(path, switches=switches) as sandbox:
            yield sandbox


@cache
def _small_account(switches: Switches) -> Path:
    path = Path(tempfile.mkdtemp()) / "sandbox.sqlite"
    with sandbox_at(path, switches=switches) as sandbox:
        Desk(sandbox).given()
    return path


def sandbox_at(path: Path | None = None, **options: Any) -> Sandbox:
    """A sandbox without a limit, at a time that stands still."""
    moment = datetime.fromisoformat(NOW).astimezone(UTC)
    return Sandbox(path, SandboxOptions(**{"rate": 0.0, **options}), clock=lambda: moment)
