"""How accounts look on the wire. §7.1."""

from __future__ import annotations

from typing import Final

from bulk.sandbox.shapes.wire import Json, Row, Shapes

ACCOUNT: Final = "id, name, accountUrl, createdTimestamp, updatedTimestamp, owner"


def account_shape(shapes: Shapes, row: Row, *, counts: tuple[int, int] | None = None) -> Json:
    """A row of `ACCOUNT`; in lists with how many contacts and deals it has."""
    identity, name, url, created, updated, owner = row
    return {
        "name": name, "accountUrl": url or None, "createdTimestamp": created, "updatedTimestamp": updated,
        "owner": str(owner),
        **({} if counts is None else {"contactCount": str(counts[0]), "dealCount": str(counts[1])}),
        "links": shapes.links(
            f"accounts/{identity}", "notes", "accountCustomFieldData", "accountContacts", "emailActivities",
            "contactEmails", "owner",
        ),
        "id": str(identity),
    }  # fmt: skip
