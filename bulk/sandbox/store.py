"""The sandbox's state in SQLite, and the few statements that several routes need. No HTTP, no JSON shapes.

State survives the process, and two processes may use one file: nothing read is kept between two requests.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Final

from bulk.errors import UsageError
from bulk.sandbox.collation import COLLATIONS
from bulk.sandbox.schema import SCHEMA, VERSION

PATIENCE: Final = 30.0  # seconds that a statement waits for another process

_USERS: Final = (("mira", "Mira", "Sales"), ("tomas", "Tomáš", "Support"))
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
_ACCOUNT_FIELDS: Final = (
    ("Industry", "dropdown", '["Software", "Retail", "Other"]', None),
    ("Services", "multiselect", '["Hosting", "Training", "Support"]', None),
    ("Annual Revenue", "currency", "null", "usd"),
    ("Renewal", "date", "null", None),
)
_DEAL_FIELDS: Final = (
    ("Forecasted Close Date", "date", "null", None),
    ("Source", "dropdown", '["Web", "Referral", "Fair"]', None),
    ("Products", "multiselect", '["Hosting", "Training", "Support"]', None),
    ("Papers", "checkbox", '["NDA", "SLA"]', None),
    ("Priority", "radio", '["Low", "High"]', None),
    ("Discount", "currency", "null", "usd"),
    ("Seats", "number", "null", None),
    ("Kickoff", "datetime", "null", None),
    ("Contract Number", "text", "null", None),
    ("Agreed", "textarea", "null", None),
    ("Source Key", "hidden", "null", None),
)
# name, status (1 active, 2 inactive), whether one contact may enter it more than once
_AUTOMATIONS: Final = (("Welcome", "1", "1"), ("Birthday Greetings", "1", "0"), ("Win Back", "2", "1"))
_STAGES: Final = (("To Contact", "19CCA3"), ("In Contact", "5487FF"), ("Follow Up", "FBD965"))
_SENT: Final = "2026-01-15T09:00:00-06:00"
_CAMPAIGNS: Final[tuple[Mapping[str, Any], ...]] = (
    {"name": "New Year News", "status": "5", "sdate": _SENT, "ldate": _SENT, "send_amt": 120, "opens": 90,
     "uniqueopens": 61, "linkclicks": 34, "uniquelinkclicks": 20, "unsubscribes": 2},
    {"name": "Welcome Aboard", "status": "1", "seriesid": 1},  # what the first automation mails
)  # fmt: skip


def perstag_of(title: str) -> str:
    """What a custom field is called in mails, if nobody says."""
    return "_".join(title.upper().split())


class Store:
    """One account's state. `path` None: in memory. `demo`: a new account comes with lists and custom fields.

    `fold` gives what two spellings share that the account takes for one name or address; what was written by another
    `collation` stays as it is.
    """

    def __init__(
        self,
        path: Path | None,
        clock: Callable[[], datetime],
        zone: tzinfo,
        *,
        demo: bool,
        collation: str = "casefold",
    ) -> None:
        self._clock = clock
        self.fold = COLLATIONS[collation]
        self.zone = zone
        try:
            self.db = sqlite3.connect(
                path or ":memory:", isolation_level=None, timeout=PATIENCE, check_same_thread=False,
                cached_statements=512,
            )  # fmt: skip
        except sqlite3.Error as error:
            raise UsageError("sandbox_file_not_opened", file=path, reason=str(error)) from error
        try:
            if path is not None:
                path.chmod(0o600)
            self._prepare(demo=demo)
        except (OSError, sqlite3.Error) as error:
            self.db.close()
            raise UsageError("sandbox_file_unusable", file=path, reason=str(error)) from error
        except UsageError:
            self.db.close()
            raise

    def close(self) -> None:
        """Close; the state stays."""
        self.db.close()

    def _prepare(self, *, demo: bool) -> None:
        """Set the connection up; of several processes that open a new file at once, one makes the tables."""
        self.db.create_function("fold", 1, self.fold, deterministic=True)
        self.db.execute("PRAGMA foreign_keys = ON")
        self._to_wal()
        self.db.execute("PRAGMA synchronous = OFF")  # a rehearsal: a power cut may cost its last second
        self.db.execute("BEGIN IMMEDIATE")
        version = self.count("PRAGMA user_version")
        if version == 0:
            for statement in SCHEMA:
                self.db.execute(statement)
            if demo:
                self._furnish()
        self.db.execute("COMMIT")
        if version not in (0, VERSION):
            raise UsageError("sandbox_of_other_version")

    def _to_wal(self) -> None:
        """Switch to write-ahead logging; SQLite does not wait by itself while another process does the same."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self.db.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)
            else:
                return

    def undo(self) -> None:
        """Undo what was written since the beginning; the ids that it took are not given to anything else."""
        taken = self.db.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
        self.db.execute("ROLLBACK")
        self.db.execute("BEGIN IMMEDIATE")
        for name, last in taken:
            self.db.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (last, name))
            if not self.db.execute("SELECT 1 FROM sqlite_sequence WHERE name = ?", (name,)).fetchone():
                self.db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, last))
        self.db.execute("COMMIT")

    # ---- statements

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.db.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The first row of a query."""
        result: tuple[Any, ...] | None = self.db.execute(sql, values).fetchone()
        return result

    def count(self, sql: str, values: Sequence[Any] = ()) -> int:
        """The number that a query gives."""
        return int(self.db.execute(sql, values).fetchone()[0])

    def insert(self, table: str, values: Mapping[str, Any]) -> int:
        """Add one row; its id."""
        marks = ", ".join("?" * len(values))
        sql = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})"
        return int(self.db.execute(sql, tuple(values.values())).lastrowid or 0)

    def update(self, table: str, identity: int, values: Mapping[str, Any]) -> None:
        """Change one row."""
        if values:
            sets = ", ".join(f"{name} = ?" for name in values)
            self.db.execute(f"UPDATE {table} SET {sets} WHERE id = ?", (*values.values(), identity))

    def delete(self, table: str, identity: int) -> None:
        """Delete one row and what hangs on it."""
        self.db.execute(f"DELETE FROM {table} WHERE id = ?", (identity,))

    # ---- time

    def now(self) -> str:
        """The account's time of day, as the API writes it."""
        return self._clock().astimezone(self.zone).isoformat(timespec="seconds")

    def time(self) -> float:
        """The moment in seconds."""
        return self._clock().timestamp()

    def in_zone(self, text: str) -> str:
        """A moment in the account's zone, as it is stored; without an offset it is there already; other text stays."""
        try:
            moment = datetime.fromisoformat(text)
            local = moment.replace(tzinfo=self.zone) if moment.tzinfo is None else moment.astimezone(self.zone)
        except (ValueError, OverflowError):
            return text
        return local.isoformat(timespec="seconds")

    # ---- what routes and a new account both add

    def add_user(self, username: str, email: str, more: Mapping[str, Any]) -> int:
        """Add a user; `more` has the names."""
        now = self.now()
        values = {
            "username": username,
            "username_key": self.fold(username),
            "email": email,
            "email_key": self.fold(email),
        }
        return self.insert("users", {**values, "cdate": now, "udate": now, **more})

    def add_field(self, title: str, kind: str, more: Mapping[str, Any] | None = None) -> int:
        """Add a custom field, last in order; its perstag is made of the title unless `more` brings one."""
        now = self.now()
        values = {
            "title": title, "title_key": self.fold(title), "type": kind, "perstag": perstag_of(title),
            "descript": "", "isrequired": "0", "visible": "1", "cdate": now, "udate": now,
            "ordernum": self.count("SELECT coalesce(max(ordernum), 0) + 1 FROM fields"),
        }  # fmt: skip
        return self.insert("fields", values | dict(more or {}))

    def add_list(self, name: str, stringid: str, more: Mapping[str, Any] | None = None) -> int:
        """Add a list."""
        now = self.now()
        values = {
            "name": name, "stringid": stringid, "sender_url": "https://www.example.com", "channel": "email",
            "sender_reminder": "You signed up on our site.", "description": "", "cdate": now, "udate": now,
        }  # fmt: skip
        return self.insert("lists", values | dict(more or {}))

    def add_option(self, field: int, value: str, label: str, order: int, *, default: bool = False) -> int:
        """Add an option to a field."""
        values = {"field": field, "value": value, "label": label, "orderid": order, "isdefault": int(default)}
        return self.insert("fieldOptions", values | {"cdate": self.now()})

    def add_relation(self, field: int, relid: int) -> int:
        """Show a field on the contacts of a list; 0: of all."""
        return self.insert("fieldRels", {"field": field, "relid": relid, "cdate": self.now()})

    def add_pipeline(self, title: str, currency: str, more: Mapping[str, Any] | None = None) -> int:
        """Add a pipeline with the stages that every new one has."""
        now = self.now()
        values = {"title": title, "currency": currency, "cdate": now, "udate": now, **(more or {})}
        pipeline = self.insert("dealGroups", values)
        for order, (stage, color) in enumerate(_STAGES, 1):
            self.insert("dealStages", {"dealGroup": pipeline, "title": stage, "color": color, "ordernum": order})
        return pipeline

    def _furnish(self) -> None:
        for username, first, last in _USERS:
            self.add_user(username, f"{username}@example.com", {"firstName": first, "lastName": last})
        for name, stringid in _LISTS:
            self.add_list(name, stringid)
        for title, kind, options in _FIELDS:
            field = self.add_field(title, kind)
            self.add_relation(field, 0)
            for order, (value, label) in enumerate(options, 1):
                self.add_option(field, value, label or value, order)
        for name, status, again in _AUTOMATIONS:
            times = dict.fromkeys(("cdate", "mdate"), self.now())
            more = {"description": f"{name}, an example", "multientry": again}
            self.insert("automations", {"name": name, "status": status, **more, **times})
        for campaign in _CAMPAIGNS:
            self.insert("campaigns", {"type": "single", "cdate": self.now(), "mdate": self.now(), **campaign})
        self.add_pipeline("Sales", "usd", {"autoassign": 1, "allusers": 1})
        times = dict.fromkeys(("createdTimestamp", "updatedTimestamp"), "2026-01-01T06:00:00+00:00")
        for table, tag, fields in (
            ("accountCustomFieldMeta", "ACCT", _ACCOUNT_FIELDS), ("dealCustomFieldMeta", "DEAL", _DEAL_FIELDS)
        ):  # fmt: skip
            for order, (label, kind, choices, currency) in enumerate(fields, 1):
                self.insert(table, {
                    "fieldLabel": label, "fieldType": kind, "fieldOptions": choices, "fieldDefaultCurrency": currency,
                    "displayOrder": order, "personalization": f"{tag}_{'_'.join(label.upper().split())}", **times,
                })  # fmt: skip
