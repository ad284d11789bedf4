"""Users: who works in the account; read only, for harm comes easily of writing them."""

from __future__ import annotations

from typing import Final

from bulk.resources.kinds import TEXT
from bulk.resources.spec import Column, Resource

USERS: Final = Resource(
    name="users",
    singular="user",
    key="email",
    called="email",
    about="Who works in the account; read only.",
    columns=tuple(
        Column(name, TEXT, writable=False)
        for name in ("id", "username", "firstName", "lastName", "email", "phone", "localZoneid", "cdate", "udate")
    ),
    notes=("bulk never makes or changes users: an account's rights depend on them.",),
)
