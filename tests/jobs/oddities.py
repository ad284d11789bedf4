"""Accounts that hold what an API can hold, whatever our schema would take: written into a sandbox's tables directly.

SQLite takes no half of a surrogate pair, so that one stands there as `HALF` and is put right on the wire, both ways.
Nothing here is a test.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from bulk.access.account import Account
from bulk.model import Lost, Reply, Request
from tests.world import World

HALF = "\ue0f0"  # of private use
NOW = "2026-01-02T03:04:05-06:00"
TEXTS = (
    "", "Ada", " ", " a", "a ", "a\nb", "a\r\nb", "a\rb", "\r\n", "\n", "#N/A", " #N/A ", "\\#N/A", "\\\\#N/A",
    "#N/A,#N/A",
    "N/A", "NULL", "null", "_x000D_", "=1+1", "'=1+1", "''", "-5", "+44 20 7946 0958", "@x", "0012", "4.47912E+11",
    "447912345678.0", "#NAME?", "#NV", "Err:502", "1-May", "May-01", "Fran\u00c3\u00a7ois", "\ufffd", "a\x00b", "\x00",
    "\x01\x1b[31mred", "\x1c", "\x85", "\u2028", "\u202e", "\ufeff", "\ufeff#N/A", f"{HALF} half", HALF, f"\\{HALF}",
    "\\\x00",
    "\\u0000", "\\\\u0000", "\\ud83d", "\\ud83d\\ude00", "\\n", "sep=;", '"', '""', 'say "so"', ",", ",,", ";", "||",
    "||a||",
    "||CEO||", "true", "e\u0301", "\u00e9", "\xa0x\xa0", "\u200b", "\U0001f600", "0", "00", "1.0", "1,234.5",
    "a;b\tc|d", "*a",
    "a=b", "=", "a\\=b", "x" * 3000, "a,b", '"a",b', "0000-00-00", "31/12/1990", "2026-02-30", "-156.24", "1e400",
    "1/2",
)  # fmt: skip
NAMES = tuple(text for text in TEXTS if text.strip() or text == " ")
MULTI = ("", "||", "||||", "||a||", "||a||A||", "||ml||ML||", "||Mon||Sun||", "a", "a,b", "||a,b||c||", "|| a ||b||",
"||a||a||",
         "||#N/A||", "#N/A", '||"||', f"||{HALF}||x||", "||a\nb||", "||=||*||")  # fmt: skip
EMAILS = ("weird@localhost", "UPPER@Example.COM", "a b@example.com", '"q"@example.com', "no-at-sign",
"n\x00ul@example.com",
          f"{HALF}@example.com", "#N/A", " lead@example.com", "=1@example.com", "\u00fcn\u00ef@example.com",
          "comma,@example.com")  # fmt: skip
CONTACT_FIELDS = (
    "text",
    "textarea",
    "dropdown",
    "radio",
    "checkbox",
    "listbox",
    "date",
    "datetime",
    "hidden",
    "number",
    "odd",
)
OTHER_FIELDS = ("text", "textarea", "date", "datetime", "dropdown", "multiselect", "radio", "checkbox", "hidden",
"currency",
                "number", "odd")  # fmt: skip


@dataclass
class OddWorld(World):
    """A world whose account may hold halves of surrogate pairs."""

    @asynccontextmanager
    async def opened(self, access: Account, rate: float) -> AsyncIterator[Any]:
        async with super().opened(access, rate) as send:

            async def put_right(request: Request) -> Reply | Lost:
                reply = await send(replace(request, body=_swapped(request.body, "\ud83d", HALF)))
                return replace(reply, body=_swapped(reply.body, HALF, "\ud83d")) if isinstance(reply, Reply) else reply

            yield put_right


def _swapped(value: Any, old: str, new: str) -> Any:
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, list):
        return [_swapped(one, old, new) for one in value]
    if isinstance(value, dict):
        return {name: _swapped(one, old, new) for name, one in value.items()}
    return value


class Filler:
    """Fills a sandbox's file by chance."""

    def __init__(self, path: Path, chance: Random, people: int) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.chance = chance
        self.people = people

    def fill(self) -> None:
        """A few of everything, each with what an API can hold."""
        self.db.create_function("fold", 1, str.casefold, deterministic=True)
        self.db.execute("PRAGMA foreign_keys = OFF")
        self.db.execute("PRAGMA synchronous = OFF")
        self.db.execute("BEGIN")
        few = self.chance.randint
        tags = [self.tag(at) for at in range(few(1, 8))]
        lists = [self.list(at) for at in range(few(1, 5))]
        fields = [self.field(at) for at in range(few(1, 8))]
        accounts = [self.account(at) for at in range(few(1, 5))]
        metas = {of: [self.meta(of, at) for at in range(few(0, 6))] for of in ("deal", "account")}
        pipelines = [self.pipeline() for _ in range(few(1, 3))]
        contacts = [self.contact(at) for at in range(self.people)]
        for contact in contacts:
            self.belongings(contact, tags, lists, fields, accounts)
        deals = [self.deal(self.chance.choice(pipelines), contacts, accounts) for _ in range(few(1, 6))]
        for of, records in (("deal", deals), ("account", accounts)):
            self.data(of, records, metas[of])
        for _ in range(few(1, 6)):
            self.note(contacts, deals, accounts)
        for _ in range(few(1, 4)):
            self.webhook(lists)
        self.db.execute("COMMIT")
        self.db.close()

    def add(self, table: str, **values: Any) -> int:
        marks = ", ".join("?" * len(values))
        sql = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})"
        return int(self.db.execute(sql, tuple(values.values())).lastrowid or 0)

    def text(self, *more: str) -> str:
        return self.chance.choice((*TEXTS, *more))

    def name(self) -> str:
        """Mostly of one's own, sometimes one that others have, or that differs in case only."""
        return self.chance.choice((*NAMES, "Foo", "foo", "Foo,foo", "FOO"))

    def one_of(self, values: Sequence[int]) -> int:
        return self.chance.choice((*values, 9999))

    def tag(self, at: int) -> int:
        kind = self.chance.choice(("contact", "contact", "template", "odd"))
        return self.add(
            "tags", tagType=kind, tag=self.name(), tag_key=f"key {at}", description=self.text(), cdate=NOW, udate=NOW
        )

    def list(self, at: int) -> int:
        texts = {
            n: self.text()
            for n in ("sender_url", "sender_reminder", "description", "carboncopy", "subscription_notify")
        }
        return self.add(
            "lists", name=self.name(), stringid=self.chance.choice((f"list-{at}", "same", "Same", "")),
            channel=self.text("email", "sms"), send_last_broadcast=self.text("0", "1"), cdate=NOW, udate=NOW, **texts,
        )  # fmt: skip

    def field(self, at: int) -> tuple[int, str]:
        kind = self.chance.choice(CONTACT_FIELDS)
        field = self.add(
            "fields", title=self.name(), title_key=f"key {at}", type=kind, perstag=f"TAG{at}", descript=self.text(),
            isrequired=self.text("0", "1"), visible=self.text("0", "1"), defval=self.text(), rows=self.text("0"),
            cols="0",
            ordernum=at, cdate=NOW, udate=NOW,
        )  # fmt: skip
        for order in range(self.chance.randint(0, 4)):
            self.add("fieldOptions", field=field, value=self.text(), label=self.text(), orderid=order * 3,
                     isdefault=int(self.chance.random() < 0.3), cdate=NOW)  # fmt: skip
        return field, kind

    def account(self, at: int) -> int:
        times = {"createdTimestamp": NOW, "updatedTimestamp": NOW}
        return self.add("accounts", name=self.name(), name_key=f"key {at}", accountUrl=self.text(),
                        owner=self.chance.choice((1, 1, 77)), **times)  # fmt: skip

    def meta(self, of: str, at: int) -> tuple[int, str]:
        kind = self.chance.choice(OTHER_FIELDS)
        options = self.chance.choice(([], None, [self.text(), self.text()], ["a", "A"]))
        meta = self.add(
            f"{of}CustomFieldMeta", fieldLabel=self.name(), fieldType=kind, fieldOptions=json.dumps(options),
            fieldDefaultCurrency=self.chance.choice((None, "eur", "JPY", "dollars", "")), displayOrder=at,
            isFormVisible=self.chance.choice((0, 1)), isRequired=self.chance.choice((0, 1, 7)),
            personalization=f"M{at}",
            createdTimestamp=NOW, updatedTimestamp=NOW,
        )  # fmt: skip
        return meta, kind

    def data(self, of: str, records: Sequence[int], metas: Sequence[tuple[int, str]]) -> None:
        for record in records:
            for meta, kind in metas:
                if self.chance.random() < 0.5:
                    value: Any = self.text()
                    if kind in ("multiselect", "checkbox"):
                        value = self.chance.choice(([], ["a", "A"], ["#N/A"], [self.text(), self.text()], "a", None))
                    elif kind in ("currency", "number"):
                        value = self.chance.choice((15624, "15624", "-15624", -5, 0, "1.5", "1,5", 10**30, "x", ""))
                    self.add(
                        f"{of}CustomFieldData", customFieldId=meta, fieldValue=json.dumps(value), createdTimestamp=NOW,
                        updatedTimestamp=NOW, fieldCurrency="usd" if kind == "currency" else None, **{of: record},
                    )  # fmt: skip

    def pipeline(self) -> tuple[int, list[int]]:
        group = self.add(
            "dealGroups", title=self.name(), currency=self.chance.choice(("usd", "JPY", "jpy", "dollars", "")),
            cdate=NOW,
            udate=NOW, autoassign=self.chance.choice((0, 1, 7)), allusers=self.chance.choice((0, 1, 5)),
            hidden=int(self.chance.random() < 0.1),
        )  # fmt: skip
        stages = [
            self.add("dealStages", dealGroup=group, title=self.name(), ordernum=at, color=self.text("3f3f3f"),
            cdate=NOW,
                     dealOrder=self.text(), cardRegion1=self.text(), width=self.chance.choice((280, "wide", "")))
            for at in range(self.chance.randint(1, 4))
        ]  # fmt: skip
        return group, stages

    def contact(self, at: int) -> int:
        email = f"p{at}@example.com"
        if self.chance.random() < 0.15:
            email = f"{at}{self.chance.choice(EMAILS)}" if self.chance.random() < 0.8 else ""
        texts = {name: self.text() for name in ("firstName", "lastName", "phone")}
        key = email.casefold() or f"nobody {at}"
        return self.add("contacts", email=email, email_key=key, bounced=int(self.chance.random() < 0.1), cdate=NOW,
        udate=NOW,
                        **texts)  # fmt: skip

    def belongings(
        self, contact: int, tags: list[int], lists: list[int], fields: list[tuple[int, str]], accounts: list[int]
    ) -> None:
        some = self.chance.random
        for tag in tags:
            if some() < 0.3:
                self.add("contactTags", contact=contact, tag=tag, cdate=NOW)
        for one in lists:
            if some() < 0.4:
                status = self.chance.choice((0, 1, 1, 2, 2, 3, 91))
                self.add("contactLists", contact=contact, list=one, status=status, sourceid=0, created=NOW, updated=NOW)
        for field, kind in fields:
            if some() < 0.5:
                value = (
                    self.chance.choice(MULTI) if kind in ("checkbox", "listbox") or some() < 0.1 else self.text("Mon")
                )
                self.add("fieldValues", contact=contact, field=field, value=value, cdate=NOW, udate=NOW)
        if some() < 0.4:
            self.add("accountContacts", contact=contact, account=self.chance.choice(accounts), jobTitle=self.text(),
                     createdTimestamp=NOW, updatedTimestamp=NOW)  # fmt: skip

    def deal(self, pipeline: tuple[int, list[int]], contacts: Sequence[int], accounts: Sequence[int]) -> int:
        choose = self.chance.choice
        return self.add(
            "deals", title=choose((self.name(), "Same")), description=self.text(), value=choose((0, 5, 15624, -15624,
            10**12)),
            currency=choose(("usd", "jpy", "JPY", "dollars", "xx")), contact=choose((None, *contacts[:5])),
            account=choose((None, *accounts)), dealGroup=pipeline[0], stage=choose(pipeline[1]), owner=choose((1, 77)),
            percent=choose((0, 50, 150, -1)), status=choose((0, 1, 2, 7)), cdate=NOW, mdate=NOW,
        )  # fmt: skip

    def note(self, contacts: Sequence[int], deals: Sequence[int], accounts: Sequence[int]) -> None:
        owners = {"Subscriber": contacts, "Deal": deals, "CustomerAccount": accounts}
        reltype = self.chance.choice(tuple(owners))
        self.add(
            "notes", reltype=reltype, relid=self.one_of(owners[reltype]), note=self.text("Same"), cdate=NOW, mdate=NOW
        )

    def webhook(self, lists: Sequence[int]) -> None:
        events = self.chance.choice((["subscribe"], [], ["a", "A"], [self.text()]))
        self.add(
            "webhooks", name=self.chance.choice((self.name(), "Same")), url=self.text("https://www.example.com"),
            listid=self.chance.choice((0, *lists, 9999)), events=json.dumps(events),
            sources=json.dumps(self.chance.choice((["api"], ["hearsay"], []))), cdate=NOW,
        )  # fmt: skip
