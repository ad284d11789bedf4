"""What the API has and the sandbox has none of: lists that are always empty, records never there. §2.3, §7.5."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bulk.sandbox.calls import Answer, Call, missing
from bulk.sandbox.routes.contacts import contact_row


def none(plural: str) -> Callable[[Call], Answer]:
    """GET /<plural>: an empty list."""

    def route(_call: Call) -> Answer:
        return 200, {plural: [], "meta": {"total": "0"}}

    return route


def nowhere(model: str) -> Callable[[Call], Answer]:
    """GET /<plural>/{id}: the 404 that names the model."""

    def route(call: Call) -> Answer:
        raise missing(model, call.ids[0])

    return route


def none_below(relation: str, nothing: Any = ()) -> Callable[[Call], Answer]:
    """GET /contacts/{id}/<relation>: nothing, if there is the contact."""

    def route(call: Call) -> Answer:
        contact_row(call, call.ids[0])
        return 200, {relation: nothing}

    return route
