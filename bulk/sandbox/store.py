"""The sandbox's state in SQLite: tables, and the few statements that several routes need. No HTTP, no JSON shapes.

State survives the process, and two processes may use one file: nothing read is kept between two requests.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

ZONE: Final = timezone(timedelta(hours=-5))  # where the recorded accounts were

_SCHEMA: Final = """
CREATE TABLE contacts (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL COLLATE NOCASE UNIQUE,
    firstName TEXT NOT NULL, lastName TEXT NOT NULL, phone TEXT NOT NULL, bounced INTEGER NOT NULL DEFAULT 0,
    cdate TEXT NOT NULL, udate TEXT NOT NULL);
CREATE TABLE tags (id INTEGER PRIMARY KEY AUTOINCREMENT, tagType TEXT NOT NULL, tag TEXT NOT NULL COLLATE NOCASE,
    description TEXT NOT NULL, cdate TEXT NOT NULL, UNIQUE (tagType, tag));
CREATE TABLE contactTags (id INTEGER PRIMARY KEY AUTOINCREMENT, contact INTEGER NOT NULL REFERENCES contacts
    ON DELETE CASCADE, tag INTEGER NOT NULL REFERENCES tags ON DELETE CASCADE, cdate TEXT NOT NULL,
    UNIQUE (contact, tag));
CREATE INDEX contactTags_tag ON contactTags (tag);
CREATE TABLE lists (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, stringid TEXT NOT NULL,
    sender_url TEXT NOT NULL, sender_reminder TEXT NOT NULL, cdate TEXT NOT NULL, udate TEXT NOT NULL);
CREATE TABLE contactLists (id INTEGER PRIMARY KEY AUTOINCREMENT, contact INTEGER NOT NULL REFERENCES contacts
    ON DELETE CASCADE, list INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE, status INTEGER NOT NULL,
    sdate TEXT, udate TEXT, sourceid INTEGER NOT NULL, created TEXT NOT NULL, UNIQUE (contact, list));
CREATE INDEX contactLists_list ON contactLists (list);
CREATE TABLE fields (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL COLLATE NOCASE UNIQUE,
    type TEXT NOT NULL, perstag TEXT NOT NULL, descript TEXT NOT NULL, isrequired INTEGER NOT NULL,
    visible INTEGER NOT NULL, ordernum INTEGER NOT NULL, cdate TEXT NOT NULL, udate TEXT NOT NULL);
CREATE TABLE fieldOptions (id INTEGER PRIMARY KEY AUTOINCREMENT, field INTEGER NOT NULL REFERENCES fields
    ON DELETE CASCADE, value TEXT NOT NULL, label TEXT NOT NULL, orderid INTEGER NOT NULL, isdefault INTEGER NOT NULL,
    cdate TEXT NOT NULL);
CREATE TABLE fieldRels (id INTEGER PRIMARY KEY AUTOINCREMENT, field INTEGER NOT NULL REFERENCES fields
    ON DELETE CASCADE, relid INTEGER NOT NULL, cdate TEXT NOT NULL);
CREATE TABLE fieldValues (id INTEGER PRIMARY KEY AUTOINCREMENT, contact INTEGER NOT NULL REFERENCES contacts
    ON DELETE CASCADE, field INTEGER NOT NULL REFERENCES fields ON DELETE CASCADE, value TEXT, cdate TEXT NOT NULL,
    udate TEXT NOT NULL, UNIQUE (contact, field));
CREATE INDEX fieldValues_field ON fieldValues (field);
CREATE TABLE accounts (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE NOCASE UNIQUE,
    accountUrl TEXT NOT NULL, createdTimestamp TEXT NOT NULL, updatedTimestamp TEXT NOT NULL);
CREATE TABLE accountContacts (id INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER NOT NULL REFERENCES accounts
    ON DELETE CASCADE, contact INTEGER NOT NULL UNIQUE REFERENCES contacts ON DELETE CASCADE, jobTitle TEXT NOT NULL,
    createdTimestamp TEXT NOT NULL, updatedTimestamp TEXT NOT NULL);
CREATE INDEX accountContacts_account ON accountContacts (account);
PRAGMA user_version = 1;
"""

_LISTS: Final = (("Newsletter", "newsletter"), ("Customers", "customers"), ("Product News", "product-news"))
_FIELDS: Final[tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]] = (
    ("Company Size", "dropdown", (("1-10", ""), ("11-50", ""), ("51-200", ""), ("200+", ""))),
    ("Interests", "checkbox", (("Mail", ""), ("Phone", ""), ("Events", ""))),
    ("Birthday", "date", ()),
    ("Next Call", "datetime", ()),
    ("Lifetime Value", "number", ()),
    ("Notes", "textarea", ()),
    ("City", "text", ()),
    ("Country", "text", ()),
    ("Preferred Language", "radio", (("en", "English"), ("de", "German"), ("fr", "French"))),
    ("Channels", "listbox", (("Web", ""), ("Shop", ""), ("Fair", ""))),
    ("Source Code", "hidden", ()),
)


class Store:
    """One account's state. `path` None: in memory. `demo`: a new account comes with lists and custom fields."""

    def __init__(self, path: Path | None, clock: Callable[[], datetime], *, demo: bool) -> None:
        self._clock = clock
        self.db = sqlite3.connect(path or ":memory:", isolation_level=None, timeout=30, check_same_thread=False)
        if path is not None:
            path.chmod(0o600)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = OFF")  # a rehearsal: a power cut may cost its last second
        self.db.execute("PRAGMA foreign_keys = ON")
        self.db.execute("BEGIN IMMEDIATE")
        new = self.db.execute("PRAGMA user_version").fetchone()[0] == 0
        self.db.execute("COMMIT")
        if new:
            self.db.executescript("BEGIN IMMEDIATE;" + _SCHEMA + "COMMIT;")
            if demo:
                self._furnish()

    def close(self) -> None:
        """Close; the state stays."""
        self.db.close()

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.db.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query."""
        found: tuple[Any, ...] | None = self.db.execute(sql, values).fetchone()
        return found

    def count(self, sql: str, values: Sequence[Any] = ()) -> int:
        """The number that a query counts."""
        return int(self.db.execute(sql, values).fetchone()[0])

    def write(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run one write; the new row's id."""
        return int(self.db.execute(sql, values).lastrowid or 0)

    def now(self) -> str:
        """The account's time of day, as the API writes it."""
        return self._clock().astimezone(ZONE).isoformat(timespec="seconds")

    def add_field(self, title: str, kind: str, perstag: str = "", descript: str = "") -> int:
        """Add a custom field; its perstag is made of the title unless it is given."""
        tag = "".join(perstag.upper().split()) if perstag else "_".join(title.upper().split())
        now = self.now()
        order = self.count("SELECT coalesce(max(ordernum), 0) + 1 FROM fields")
        return self.write(
            "INSERT INTO fields (title, type, perstag, descript, isrequired, visible, ordernum, cdate, udate)"
            " VALUES (?, ?, ?, ?, 0, 1, ?, ?, ?)",
            (title, kind, tag, descript, order, now, now),
        )

    def add_list(self, name: str, stringid: str, sender_url: str, sender_reminder: str) -> int:
        """Add a list."""
        now = self.now()
        return self.write(
            "INSERT INTO lists (name, stringid, sender_url, sender_reminder, cdate, udate) VALUES (?, ?, ?, ?, ?, ?)",
            (name, stringid, sender_url, sender_reminder, now, now),
        )

    def add_option(self, field: int, value: str, label: str, order: int, *, default: bool = False) -> int:
        """Add an option to a field."""
        return self.write(
            "INSERT INTO fieldOptions (field, value, label, orderid, isdefault, cdate) VALUES (?, ?, ?, ?, ?, ?)",
            (field, value, label, order, int(default), self.now()),
        )

    def _furnish(self) -> None:
        self.db.execute("BEGIN")
        for name, stringid in _LISTS:
            self.add_list(name, stringid, "https://www.example.com", "You signed up on our site.")
        for title, kind, options in _FIELDS:
            field = self.add_field(title, kind)
            self.write("INSERT INTO fieldRels (field, relid, cdate) VALUES (?, 0, ?)", (field, self.now()))
            for order, (value, label) in enumerate(options, 1):
                self.add_option(field, value, label or value, order)
        self.db.execute("COMMIT")
