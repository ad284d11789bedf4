"""One account behind the doors: method, path, query and body -> the route's answer, in one transaction.

Knows nothing of HTTP, keys, limits and faults. A later sandbox with several accounts holds several of these.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from bulk.sandbox.calls import Answer, Call, Refusal, integer
from bulk.sandbox.routes import ROUTES, bulk_apply, bulk_import
from bulk.sandbox.shapes.wire import Shapes
from bulk.sandbox.store import Store
from bulk.sandbox.switches import Switches

Query = tuple[tuple[str, str], ...]


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse)


def _parsed(body: bytes) -> Any:
    """The JSON of a body, None without one; `ValueError` for what PHP does not read either: half characters, NaN."""
    try:
        result = _DECODER.decode(body.decode()) if body else None
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if b"\\u" in body:
        json.dumps(result, ensure_ascii=False).encode()
    return result


@dataclass(frozen=True, slots=True)
class Account:
    """Its state, its shapes and what it does where the documentation is unsure."""

    store: Store
    shapes: Shapes
    switches: Switches

    def destine(self, answer: Answer, ends: str, share: float) -> None:
        """Let the batch that was just queued end so, with this share of its contacts applied."""
        bulk_import.destine(self.store, answer, ends, share)

    def answer(self, method: str, path: str, query: Query, body: bytes, *, applied: bool = True) -> Answer:
        """Answer one call; what it writes is committed when this returns, or not at all.

        `applied` False: nothing is, whatever the answer says.
        """
        parts = path.split("/")
        numbers = tuple(integer(part) if part else 0 for part in parts)
        ids = tuple(number for number in numbers if number is not None)
        pattern = "/".join(part if number is None else "{}" for part, number in zip(parts, numbers, strict=True))
        if method == "GET":
            pattern = pattern.removesuffix("/{}") if not parts[-1] else pattern  # a list, with a slash too many
        route = ROUTES.get((method, pattern)) or ROUTES.get((method, "/".join((*parts[:-1], "*"))))
        if route is None:
            return 404, {"message": f"No Result found for {method} {path}"}
        try:
            sent = _parsed(body)
        except ValueError:
            if route is bulk_import.queue:
                return bulk_import.unparsable()
            return 400, {"message": "Invalid or unparsable json"}
        call = Call(self.store, self.shapes, self.switches, ids, query, sent, parts[-1], len(body))
        db = self.store.db
        begin = "BEGIN" if method == "GET" else "BEGIN IMMEDIATE"  # a list and its total are of one moment
        db.execute(begin)
        try:
            if bulk_apply.is_due(call):
                db.execute("COMMIT")  # a batch is applied whatever becomes of this call
                db.execute("BEGIN IMMEDIATE")
                bulk_apply.apply(call)
                db.execute("COMMIT")
                db.execute(begin)
            answer = route(call)
        except Refusal as refusal:
            db.execute("ROLLBACK")
            return refusal.status, refusal.body
        except BaseException:
            db.execute("ROLLBACK")
            raise
        if applied:
            db.execute("COMMIT")
        else:
            self.store.undo()
        return answer
