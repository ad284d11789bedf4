"""How webhooks look on the wire. §7.4."""

from __future__ import annotations

import json
from typing import Final

from bulk.sandbox.shapes.wire import Json, Row, Shapes

WEBHOOK: Final = "id, name, url, listid, events, sources, cdate"


def webhook_shape(_shapes: Shapes, row: Row) -> Json:
    """A row of `WEBHOOK`."""
    identity, name, url, listid, events, sources, cdate = row
    return {
        "cdate": cdate, "listid": str(listid), "name": name, "url": url, "events": json.loads(events),
        "sources": json.loads(sources), "links": [], "id": str(identity),
    }  # fmt: skip
