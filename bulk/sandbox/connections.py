"""The gateway's connections and how they live: made, waiting for a person, active or failed, deleted. §9.

Kept in a small file of their own beside the accounts, read anew for each request: they survive a restart, and several
processes may use one folder. Knows nothing of HTTP.
"""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bulk.errors import UsageError
from bulk.sandbox.opening import PATIENCE

FIRST: Final = "00000000-0000-4000-8000-000000000001"
ACTIVE: Final = "ACTIVE"
PENDING: Final = "PENDING"
FAILED: Final = "FAILED"
METHODS: Final = ("API_KEY", "BASIC", "OAUTH1", "OAUTH2", "MCP")
_GONE: Final = "GONE"  # deleted: the gateway has forgotten it, the account it opened is still there
_MADE: Final = "2026-01-01T00:00:00.000000Z"
_COLUMNS: Final = "number, id, status, method, created, updated, token"
_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS connections (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
        status TEXT NOT NULL, method TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL,
        token TEXT NOT NULL UNIQUE)""",
    # what every sandbox begins with
    f"""INSERT OR IGNORE INTO connections ({_COLUMNS})
        VALUES (1, '{FIRST}', '{ACTIVE}', 'OAUTH2', '{_MADE}', '{_MADE}', 'sandbox')""",
)


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection. `number` is that of the account it opens; `token` is what its link carries."""

    number: int
    id: str
    status: str
    method: str
    created: str
    updated: str
    token: str


class Connections:
    """All connections of the key. `path` None: in memory. The file is made when they are first asked for."""

    def __init__(self, path: Path | None, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._clock = clock
        self._db: sqlite3.Connection | None = None

    def close(self) -> None:
        """Close; they stay on disk."""
        if self._db is not None:
            self._db.close()

    def all(self) -> list[Connection]:
        """Every connection that is not deleted, oldest first."""
        return self._where("status <> ? ORDER BY number", _GONE)

    def active(self) -> list[Connection]:
        """Those that open an account, oldest first."""
        return self._where("status = ? ORDER BY number", ACTIVE)

    def find(self, identity: str) -> Connection | None:
        """The connection with that id."""
        result = self._where("id = ? AND status <> ?", identity, _GONE)
        return result[0] if result else None

    def with_token(self, token: str) -> Connection | None:
        """The connection whose link carries that token."""
        result = self._where("token = ? AND status <> ?", token, _GONE)
        return result[0] if result else None

    def opened(self, number: int) -> bool:
        """Whether the account of that number is there: somebody has connected it, be it long ago."""
        return bool(self._where("number = ? AND status IN (?, ?)", number, ACTIVE, _GONE))

    def create(self, method: str, status: str) -> Connection:
        """Make a connection."""
        identity, now = str(uuid.uuid4()), self._now()
        values = (identity, status, method, now, now, secrets.token_urlsafe(24))
        self._open().execute(f"INSERT INTO connections ({_COLUMNS}) VALUES (NULL, ?, ?, ?, ?, ?, ?)", values)
        return self._where("id = ?", identity)[0]

    def settle(self, connection: Connection, status: str) -> None:
        """Make one that waits active or failed; one that waits no more stays as it is."""
        sql = "UPDATE connections SET status = ?, updated = ? WHERE number = ? AND status = ?"
        self._open().execute(sql, (status, self._now(), connection.number, PENDING))

    def delete(self, connection: Connection) -> None:
        """Forget a connection; the account that it opened stays."""
        if connection.status == ACTIVE:
            sql = "UPDATE connections SET status = ? WHERE number = ?"
            self._open().execute(sql, (_GONE, connection.number))
        else:
            self._open().execute("DELETE FROM connections WHERE number = ?", (connection.number,))

    def _where(self, condition: str, *values: object) -> list[Connection]:
        rows = self._open().execute(f"SELECT {_COLUMNS} FROM connections WHERE {condition}", values).fetchall()
        return [Connection(*row) for row in rows]

    def _now(self) -> str:
        return self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            try:
                self._db = self._prepared()
            except (OSError, sqlite3.Error) as error:
                raise UsageError("sandbox_file_unusable", file=self._path, reason=str(error)) from error
        return self._db

    def _prepared(self) -> sqlite3.Connection:
        with contextlib.ExitStack() as stack:
            db = sqlite3.connect(
                self._path or ":memory:", isolation_level=None, timeout=PATIENCE, check_same_thread=False
            )
            stack.callback(db.close)  # unless all goes well
            if self._path is not None:
                self._path.chmod(0o600)
            db.execute("PRAGMA synchronous = OFF")  # as the accounts
            db.execute("BEGIN IMMEDIATE")
            for statement in _SCHEMA:
                db.execute(statement)
            db.execute("COMMIT")
            stack.pop_all()
        return db
