"""users: who works in the account. §7.5. A password is never kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from bulk.sandbox.additions import add_user
from bulk.sandbox.calls import (
    Answer,
    Call,
    Refusal,
    Selection,
    echoed,
    existing,
    invalid,
    kept,
    known,
    listed,
    missing,
    text,
)
from bulk.sandbox.shapes.users import USER, user_shape

_OWNER: Final = 1  # whose key it is
_UNIQUE: Final = ("username", "email")
_TEXTS: Final = ("firstName", "lastName", "phone", "signature", "localZoneid")


def list_users(call: Call) -> Answer:
    """GET /users."""
    return listed(call, "users", Selection("users", USER), user_shape)


def one_user(call: Call) -> Answer:
    """GET /users/{id}."""
    return 200, {"user": user_shape(call.shapes, existing(call, "users", USER, "User", call.ids[0]))}


def me(call: Call) -> Answer:
    """GET /users/me: whose key it is."""
    return 200, {"user": user_shape(call.shapes, existing(call, "users", USER, "User", _OWNER))}


def user_by(attribute: str) -> Callable[[Call], Answer]:
    """GET /users/<attribute>/{text}."""

    def route(call: Call) -> Answer:
        row = call.store.row(f"SELECT {USER} FROM users WHERE {attribute}_key = ?", (call.store.fold(call.last),))
        if row is None:
            raise missing("User", 0)
        return 200, {"user": user_shape(call.shapes, row)}

    return route


def _free(call: Call, sent: dict[str, Any], attribute: str, by: int) -> str:
    """What is unique to a user; refused if it is not there, or if another user than `by` has it."""
    value = text(sent.get(attribute))
    if not value:
        raise invalid(f"The user {attribute} was not provided.", "field_missing", attribute)
    if call.store.row(f"SELECT 1 FROM users WHERE {attribute}_key = ? AND id <> ?", (call.store.fold(value), by)):
        raise invalid(f"There is already a user with this {attribute}.", "duplicate", attribute)
    return value


def create_user(call: Call) -> Answer:
    """POST /users."""
    sent = call.sent("user")
    username, email = (_free(call, sent, attribute, 0) for attribute in _UNIQUE)
    names = {"firstName": text(sent.get("firstName")), "lastName": text(sent.get("lastName"))}
    identity = add_user(call.store, username, email, names | kept(sent, _TEXTS))
    full = user_shape(call.shapes, existing(call, "users", USER, "User", identity))
    made = {name: full[name] for name in ("localZoneid", "cdate", "udate", "links", "id")}
    return 201, {"user": known(sent, full) | echoed(made, sent, "localZoneid")}


def update_user(call: Call) -> Answer:
    """PUT /users/{id}."""
    existing(call, "users", "id", "User", call.ids[0])
    sent = call.sent("user")
    values = kept(sent, _TEXTS)
    for attribute in _UNIQUE:
        if attribute in sent:
            values[attribute] = _free(call, sent, attribute, call.ids[0])
            values[f"{attribute}_key"] = call.store.fold(values[attribute])
    call.store.update("users", call.ids[0], values | {"udate": call.store.now()})
    _status, body = one_user(call)
    return 200, {"user": echoed(body["user"], sent, *_UNIQUE, *_TEXTS)}


def delete_user(call: Call) -> Answer:
    """DELETE /users/{id}; not oneself."""
    identity = existing(call, "users", "id", "User", call.ids[0])[0]
    if identity == _OWNER:
        raise Refusal(403, {"message": "Forbidden"})
    call.store.delete("users", identity)
    return 200, {}
