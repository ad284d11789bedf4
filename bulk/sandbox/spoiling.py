"""What a fault makes of an answer's content: a list cut or counted wrongly, a record exchanged for another. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from bulk.sandbox.calls import Answer

Query = tuple[tuple[str, str], ...]
PLACE: Final = frozenset({"limit", "offset", "include"})  # query parameters that neither narrow nor order a list
_IDS: Final = frozenset(
    {"id", "contact", "account", "list", "automation", "field", "group", "stage", "relid", "owner", "dealId"}
)
_CALLED: Final = frozenset({"email", "name", "title", "tag", "stringid", "note", "fieldLabel", "url"})


def narrowed(query: Query) -> bool:
    """Whether a list was asked for by more than its place."""
    return any(name not in PLACE and not name.startswith("orders[") for name, _value in query)


def unnarrowed(query: Query) -> Query:
    """The query without what narrows or orders a list."""
    return tuple(pair for pair in query if pair[0] in PLACE)


def spoiled(kind: str, content: Mapping[str, Any], total: str = "") -> Mapping[str, Any]:
    """A list as a fault leaves it; its records are the last array before the meta. Anything else stays."""
    if "meta" not in content:
        return content
    if kind == "no_total":
        return {name: value for name, value in content.items() if name != "meta"}
    if kind == "total":
        return {**content, "meta": {**content["meta"], "total": _told(total)}}
    if kind in ("short_page", "empty_page"):
        plural = [name for name, value in content.items() if isinstance(value, list)][-1]
        left = len(content[plural]) // 2 if kind == "short_page" else 0
        return {**content, plural: content[plural][:left]}
    return content


def exchanged(answer: Answer) -> Answer:
    """The answer as if some other record had been asked for."""
    status, content = answer
    if not isinstance(content, Mapping):
        return answer
    return status, {name: _exchanged(name, value) for name, value in content.items()}


def _exchanged(name: str, value: Any) -> Any:
    if name == "message":
        return re.sub(r"(?<=with id )\d+", lambda result: str(_other(int(result[0]))), value)
    if name in ("meta", "errors"):
        return value
    if name == "batchId":
        return _other(value)
    if isinstance(value, list):
        return [_another(one) for one in value]
    return _another(value)


def _another(record: Any) -> Any:
    if not isinstance(record, Mapping):
        return record
    return {name: _other(value) if name in _IDS | _CALLED else value for name, value in record.items()}


def _other(value: Any) -> Any:
    """Another id, of one most likely there; another name or address for a text."""
    if isinstance(value, bool) or not value:
        return value
    if isinstance(value, int):
        return value - 1 if value > 1 else value + 1
    if isinstance(value, str) and value.isdigit():
        return str(_other(int(value)))
    return f"another-{value}" if isinstance(value, str) else value


def _told(total: str) -> Any:
    try:
        return json.loads(total)
    except ValueError:
        return total
