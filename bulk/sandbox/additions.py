"""What routes and a new account both add to a store, with all that comes with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bulk.sandbox.store import Store

_STAGES: Final = (("To Contact", "19CCA3"), ("In Contact", "5487FF"), ("Follow Up", "FBD965"))


def perstag_of(title: str) -> str:
    """What a custom field is called in mails, if nobody says."""
    return "_".join(title.upper().split())


def add_field(store: Store, title: str, kind: str, more: Mapping[str, Any] | None = None) -> int:
    """Add a custom field, last in order; its perstag is made of the title unless `more` brings one."""
    now = store.now()
    values = {
        "title": title, "title_key": store.fold(title), "type": kind, "perstag": perstag_of(title),
        "descript": "", "isrequired": "0", "visible": "1", "cdate": now, "udate": now,
        "ordernum": store.count("SELECT coalesce(max(ordernum), 0) + 1 FROM fields"),
    }  # fmt: skip
    return store.insert("fields", values | dict(more or {}))


def add_option(store: Store, field: int, value: str, label: str, order: int, *, default: bool = False) -> int:
    """Add an option to a field."""
    values = {"field": field, "value": value, "label": label, "orderid": order, "isdefault": int(default)}
    return store.insert("fieldOptions", values | {"cdate": store.now()})


def add_relation(store: Store, field: int, relid: int) -> int:
    """Show a field on the contacts of a list; 0: of all."""
    return store.insert("fieldRels", {"field": field, "relid": relid, "cdate": store.now()})


def add_pipeline(store: Store, title: str, currency: str, more: Mapping[str, Any] | None = None) -> int:
    """Add a pipeline with the stages that every new one has."""
    now = store.now()
    values = {"title": title, "currency": currency, "cdate": now, "udate": now, **(more or {})}
    pipeline = store.insert("dealGroups", values)
    for order, (stage, color) in enumerate(_STAGES, 1):
        store.insert("dealStages", {"dealGroup": pipeline, "title": stage, "color": color, "ordernum": order})
    return pipeline
