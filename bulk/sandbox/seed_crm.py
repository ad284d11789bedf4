"""Accounts, pipelines, deals and notes for the sandbox: made up, the same for one seed. For the contacts it holds."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bulk.sandbox.additions import add_pipeline
from bulk.sandbox.seed import ACCOUNTS, BATCH, account_named, days_of, write
from bulk.sandbox.store import Store

PIPELINES: Final = ("Neukunden", "更新", "Großkunden", "Renouvellements", "Partners & Co")
DEALS: Final = ("Website", "Größere Lizenz", "年間契約", "Relaunch „Žlutý kůň“", 'The "Best" Offer', "Support, 2 years")
NOTES: Final = (
    "Called — no answer", "Zweimal angerufen,\nbeim dritten Mal erreicht", 'Says "maybe", asks for 5% less',
    "来週また電話する", "<p>Pasted from a mail</p>", "👍 agreed",
)  # fmt: skip
_CURRENCIES: Final = ("usd", "eur", "jpy")
_ABOUT: Final = (("Subscriber", "contacts"), ("Deal", "deals"), ("CustomerAccount", "accounts"))


@dataclass(frozen=True, slots=True)
class Amounts:
    """How many of each are added; `hidden`: how many of the pipelines the key may not see."""

    accounts: int = 0
    pipelines: int = 0
    hidden: int = 0
    deals: int = 0
    notes: int = 0


def seed_crm(store: Store, amounts: Amounts, *, seed_number: int = 0) -> None:
    """Add so many. Deals go into all pipelines, and are made for one if there is none yet; the same of accounts."""
    chance = random.Random(seed_number)  # noqa: S311 - made-up trade, not secrets
    days = days_of(store.now())
    store.db.execute("BEGIN IMMEDIATE")
    _add_accounts(store, chance, days, amounts.accounts)
    for at in range(amounts.pipelines):
        visible = int(at < amounts.pipelines - amounts.hidden)
        _add_pipeline(store, at, {"autoassign": 1, "allusers": 1, "hidden": 1 - visible})
    if amounts.deals:
        _add_deals(store, chance, days, amounts.deals)
    if amounts.notes:
        _add_notes(store, chance, days, amounts.notes)
    store.db.execute("COMMIT")


def _ids(store: Store, table: str) -> list[int]:
    return [row[0] for row in store.rows(f"SELECT id FROM {table} ORDER BY id")]


def _next(store: Store, table: str) -> int:
    return store.count("SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = ?", (table,))


# ---- accounts


def _add_accounts(store: Store, chance: random.Random, days: Sequence[str], count: int) -> None:
    first = _next(store, "accounts")
    users = _ids(store, "users")
    made: dict[int, str] = {}
    for at in range(count):
        identity = account_named(store, f"{ACCOUNTS[at % len(ACCOUNTS)]} {first + at}")
        made[identity] = chance.choice(days)
        url = f"https://www.example.com/{identity}" if chance.random() < 0.5 else ""
        times = dict.fromkeys(("createdTimestamp", "updatedTimestamp"), made[identity])
        store.update("accounts", identity, {"accountUrl": url, "owner": chance.choice(users), **times})
    _add_values(store, chance, "account", made)


# ---- pipelines and deals


def _add_pipeline(store: Store, at: int, more: dict[str, Any]) -> None:
    title = f"{PIPELINES[at % len(PIPELINES)]} {_next(store, 'dealGroups')}"
    add_pipeline(store, title, _CURRENCIES[at % len(_CURRENCIES)], more)


def _add_deals(store: Store, chance: random.Random, days: Sequence[str], count: int) -> None:
    if not _ids(store, "dealGroups"):
        _add_pipeline(store, 0, {"autoassign": 1, "allusers": 1})
    if not _ids(store, "contacts") and not _ids(store, "accounts"):
        account_named(store, ACCOUNTS[0])
    trade = _Trade(store, chance, days)
    first = _next(store, "deals")
    for start in range(0, count, BATCH):
        rows = [trade.deal(first + at, at) for at in range(start, min(start + BATCH, count))]
        write(store, "deals", "id title description value currency contact account dealGroup stage owner percent status"
              " cdate mdate", rows)  # fmt: skip
        write(store, "contactDeals", "contact deal cdate", trade.further(rows))
        _add_values(store, chance, "deal", {row[0]: row[-1] for row in rows})


class _Trade:
    """Makes deals up out of what the account holds."""

    def __init__(self, store: Store, chance: random.Random, days: Sequence[str]) -> None:
        self._chance = chance
        self._days = days
        self._contacts = _ids(store, "contacts")
        self._accounts = _ids(store, "accounts")
        self._users = _ids(store, "users")
        self._stages = store.rows(
            "SELECT s.id, g.id, g.currency FROM dealStages s JOIN dealGroups g ON g.id = s.dealGroup ORDER BY s.id"
        )

    def deal(self, identity: int, at: int) -> tuple[Any, ...]:
        """A row of a deal: of a contact, of an account, or of both. Every twentieth title is one that others have."""
        chance = self._chance
        stage, group, currency = chance.choice(self._stages)
        impersonal = not self._contacts or (self._accounts and chance.random() < 0.1)
        contact = None if impersonal else chance.choice(self._contacts)
        owned = impersonal or (self._accounts and chance.random() < 0.3)
        account = chance.choice(self._accounts) if owned else None
        title = DEALS[at % len(DEALS)]
        created = self._days[chance.randrange(len(self._days))]
        return (
            identity, title if at % 20 == 0 else f"{title} {identity}", chance.choice(("", "", "Line one\nLine two")),
            chance.randrange(10_000_000), currency, contact, account, group, stage, chance.choice(self._users),
            chance.choice((0, 25, 50, 100)), chance.choices((0, 1, 2), (6, 3, 1))[0], created, created,
        )  # fmt: skip

    def further(self, deals: Sequence[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """Rows of contactDeals: a further contact for a tenth of these deals."""
        for identity, _title, _description, _value, _currency, primary, *_rest, created in deals:
            if self._contacts and self._chance.random() < 0.1:
                contact = self._chance.choice(self._contacts)
                if contact != primary:
                    yield contact, identity, created


# ---- custom fields


def _add_values(store: Store, chance: random.Random, of: str, made: dict[int, str]) -> None:
    """Give a third of these records values of the custom fields that there are for them."""
    fields = store.rows(
        f"SELECT id, fieldType, fieldOptions, fieldDefaultCurrency FROM {of}CustomFieldMeta ORDER BY id"
    )
    write(
        store, f"{of}CustomFieldData",
        f"customFieldId {of} fieldValue fieldCurrency createdTimestamp updatedTimestamp",
        (
            (field, identity, json.dumps(_value(chance, kind, json.loads(options) or [], day)), currency, *_utc(day))
            for identity, day in made.items() if chance.random() < 0.33
            for field, kind, options, currency in fields if chance.random() < 0.8
        ),
    )  # fmt: skip


def _utc(day: str) -> tuple[str, str]:
    moment = datetime.fromisoformat(day).astimezone(UTC).isoformat()
    return moment, moment


def _value(chance: random.Random, kind: str, options: Sequence[str], day: str) -> Any:
    """A value of a custom field of this type."""
    if kind in ("multiselect", "checkbox"):
        return [option for option in options if chance.random() < 0.6] or list(options[:1])
    if kind in ("dropdown", "radio"):
        return chance.choice(options) if options else ""
    number = chance.randrange(1_000_000)
    exact = {"date": day[:10], "datetime": day, "currency": str(number), "number": f"{number / 100:.2f}"}
    return exact.get(kind) or chance.choice(("N-7", "Line one\nLine two", "Größe „M“, rot", "第二"))


# ---- notes


def _add_notes(store: Store, chance: random.Random, days: Sequence[str], count: int) -> None:
    subjects = [(reltype, ids) for reltype, table in _ABOUT if (ids := _ids(store, table))]
    if not subjects:
        subjects = [("CustomerAccount", [account_named(store, ACCOUNTS[0])])]

    def rows() -> Iterator[tuple[Any, ...]]:
        for at in range(count):
            reltype, ids = chance.choice(subjects)
            day = chance.choice(days)
            yield reltype, chance.choice(ids), NOTES[at % len(NOTES)], day, day

    write(store, "notes", "reltype relid note cdate mdate", rows())
