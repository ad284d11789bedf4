"""accounts: companies, known by their name. §7.1."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from bulk.resources.accounts import ACCOUNTS as DECLARED
from bulk.sandbox.calls import (
    Answer,
    Call,
    Selection,
    echoed,
    integer,
    invalid,
    known,
    listed,
    page,
    related,
    text,
)
from bulk.sandbox.collection import Collection
from bulk.sandbox.routes.crm_values import ACCOUNT_VALUES
from bulk.sandbox.routes.names import by_name, counted
from bulk.sandbox.shapes.accounts import ACCOUNT, account_shape

_MADE: Final = ("createdTimestamp", "updatedTimestamp", "owner", "links")


ACCOUNTS: Final = Collection(DECLARED, ACCOUNT, account_shape)


def list_accounts(call: Call) -> Answer:
    """GET /accounts: counted only with `count_deals=true`."""
    where, values = by_name(call, "name_key", ("search",))
    selection = Selection("accounts", ACCOUNT, where, values)
    if call.param("count_deals") != "true":
        return listed(call, "accounts", selection, partial(account_shape, counts=(0, 0)))
    rows, total = page(call, selection)
    contacts, deals = (
        counted(call, f"SELECT account, count(*) FROM {table} WHERE account IN ({{}}) GROUP BY account", rows)
        for table in ("accountContacts", "deals")
    )
    none = (0,)
    counts = [(contacts.get(row[0], none)[0], deals.get(row[0], none)[0]) for row in rows]
    accounts = [account_shape(call.shapes, row, counts=one) for row, one in zip(rows, counts, strict=True)]
    return 200, {"accounts": accounts, "meta": {"total": str(total)}}


def _values(call: Call, sent: dict[str, Any], by: int) -> dict[str, Any]:
    """What of a body is stored; a name that another account than `by` has is refused, and so is an unknown owner."""
    values: dict[str, Any] = {}
    if "name" in sent or not by:
        name = text(sent.get("name"))
        if not name:
            raise invalid("The account name was not provided.", "field_missing", "name")
        if call.store.row("SELECT 1 FROM accounts WHERE name_key = ? AND id <> ?", (call.store.fold(name), by)):
            words = f'An account named "{name}" already exists. Please choose a new name.'
            raise invalid(words, "duplicate", "name")
        values |= {"name": name, "name_key": call.store.fold(name)}
    if "accountUrl" in sent or not by:
        values["accountUrl"] = text(sent.get("accountUrl"))
    if sent.get("owner") not in (None, ""):
        values["owner"] = related(call, "users", "User", sent["owner"])
    return values


def _saved(call: Call, account: int, sent: dict[str, Any]) -> dict[str, Any]:
    """What the answer to a write says of its custom fields, which are saved with it."""
    fields = ACCOUNT_VALUES.save(call, account, sent.get("fields"))
    return {"customFieldSaveStatus": {"status": "success"}, "fields": fields}


def create_account(call: Call) -> Answer:
    """POST /accounts."""
    sent = call.sent("account")
    now = call.store.now()
    values = _values(call, sent, 0)
    identity = call.store.insert("accounts", values | {"createdTimestamp": now, "updatedTimestamp": now})
    full = ACCOUNTS.record(call, identity)
    made = echoed({name: full[name] for name in _MADE}, sent, "owner")
    return 201, {"account": {**known(sent, full), **made, **_saved(call, identity, sent), "id": str(identity)}}


def update_account(call: Call) -> Answer:
    """PUT or PATCH /accounts/{id}."""
    identity = call.ids[0]
    ACCOUNTS.record(call, identity)
    sent = call.sent("account")
    call.store.update("accounts", identity, _values(call, sent, identity) | {"updatedTimestamp": call.store.now()})
    full = ACCOUNTS.echo(ACCOUNTS.record(call, identity), sent)
    del full["id"]
    return 200, {"account": {**full, **_saved(call, identity, sent), "id": str(identity)}}


def delete_account(call: Call) -> Answer:
    """DELETE /accounts/{id}: its contacts leave it."""
    ACCOUNTS.record(call, call.ids[0])
    _delete(call, call.ids[0])
    return 200, {}


def _delete(call: Call, account: int) -> None:
    if call.switches.deals_left == "deleted":
        call.store.rows("DELETE FROM deals WHERE account = ?", (account,))
    call.store.delete("accounts", account)


def delete_accounts(call: Call) -> Answer:
    """DELETE /accounts/bulk_delete?ids[]=: those that there are."""
    for key, value in call.query:
        if key == "ids[]":
            _delete(call, integer(value) or 0)
    return 200, {"meta": {"success": True}}
