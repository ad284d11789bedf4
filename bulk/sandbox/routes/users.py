"""users: who works in the account. §7.5. A password is never kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from bulk.resources.users import USERS as DECLARED
from bulk.sandbox.calls import Answer, Call, Refusal, invalid, kept, missing, text
from bulk.sandbox.collection import Collection
from bulk.sandbox.shapes.users import USER, user_shape

_OWNER: Final = 1  # whose key it is
_UNIQUE: Final = ("username", "email")
_TEXTS: Final = ("firstName", "lastName", "phone", "signature", "localZoneid")


def _free(call: Call, sent: dict[str, Any], attribute: str, by: int) -> str:
    """What is unique to a user; refused if it is not there, or if another user than `by` has it."""
    value = text(sent.get(attribute))
    if not value:
        raise invalid(f"The user {attribute} was not provided.", "field_missing", attribute)
    if call.store.row(f"SELECT 1 FROM users WHERE {attribute}_key = ? AND id <> ?", (call.store.fold(value), by)):
        raise invalid(f"There is already a user with this {attribute}.", "duplicate", attribute)
    return value


def _values(call: Call, sent: dict[str, Any], by: int) -> dict[str, Any]:
    """What of a body is stored; a user has a username and an address of their own."""
    values: dict[str, Any] = {} if by else {"firstName": "", "lastName": ""}
    values |= kept(sent, _TEXTS)
    for attribute in _UNIQUE:
        if attribute in sent or not by:
            values[attribute] = _free(call, sent, attribute, by)
            values[f"{attribute}_key"] = call.store.fold(values[attribute])
    return values


USERS: Final = Collection(
    DECLARED, USER, user_shape, written=(*_UNIQUE, *_TEXTS), values=_values,
    made=("localZoneid", "cdate", "udate", "links", "id"),
)  # fmt: skip


def me(call: Call) -> Answer:
    """GET /users/me: whose key it is."""
    return 200, {"user": USERS.record(call, _OWNER)}


def user_by(attribute: str) -> Callable[[Call], Answer]:
    """GET /users/<attribute>/{text}."""

    def route(call: Call) -> Answer:
        row = call.store.row(f"SELECT {USER} FROM users WHERE {attribute}_key = ?", (call.store.fold(call.last),))
        if row is None:
            raise missing("User", 0)
        return 200, {"user": user_shape(call.shapes, row)}

    return route


def delete_user(call: Call) -> Answer:
    """DELETE /users/{id}; not oneself."""
    if call.ids[0] == _OWNER:
        raise Refusal(403, {"message": "Forbidden"})
    return USERS.delete(call)
