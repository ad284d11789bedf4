"""Custom fields of accounts and deals, their …CustomFieldMeta. §1.6, §7.1, §7.2. Their values: `crm_values`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bulk.resources.custom_fields import TYPES
from bulk.sandbox.calls import Answer, Call, Refusal, Route, Selection, integer, page, text
from bulk.sandbox.shapes.crm_fields import METUM, metum_shape

_PER_PAGE: Final = 100
_FLAGS: Final = ("isFormVisible", "isRequired", "hideFieldFlag")


def invalid(title: str) -> Refusal:
    """422 as these resources say it."""
    return Refusal(422, {"errors": [{"title": title, "detail": "", "code": 422}]})


def missing() -> Refusal:
    """404 as these resources say it."""
    return Refusal(404, {"errors": [{"status": 404, "title": "Not Found"}]})


def utc(call: Call) -> str:
    """The moment as it is written of these resources alone. §1.3."""
    return datetime.fromisoformat(call.store.now()).astimezone(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class CrmFields:
    """The custom fields of accounts, or of deals.

    `of` begins the names of their table, paths and keys, `tag` the personalization tags, of which those in `reserved`
    are no custom fields'.
    """

    of: str
    tag: str
    reserved: tuple[str, ...]

    @property
    def table(self) -> str:
        """The table that they are in; their paths are called so too."""
        return f"{self.of}CustomFieldMeta"

    def routes(self) -> Mapping[tuple[str, str], Route]:
        """Their routes."""
        return {
            ("GET", self.table): self.list_meta,
            ("POST", self.table): self.create_metum,
            ("GET", f"{self.table}/{{}}"): self.one_metum,
            ("PUT", f"{self.table}/{{}}"): self.update_metum,
            ("DELETE", f"{self.table}/{{}}"): self.delete_metum,
        }

    def list_meta(self, call: Call) -> Answer:
        """GET /…CustomFieldMeta: no meta."""
        rows, _total = page(call, Selection(self.table, METUM), _PER_PAGE)
        return 200, {self.table: [metum_shape(call.shapes, self.of, row) for row in rows]}

    def one_metum(self, call: Call) -> Answer:
        """GET /…CustomFieldMeta/{id}."""
        return 200, self._metum(call, call.ids[0])

    def _metum(self, call: Call, identity: int) -> dict[str, Any]:
        row = call.store.row(f"SELECT {METUM} FROM {self.table} WHERE id = ?", (identity,))
        if row is None:
            raise missing()
        return {f"{self.of}CustomFieldMetum": metum_shape(call.shapes, self.of, row)}

    def create_metum(self, call: Call) -> Answer:
        """POST /…CustomFieldMeta."""
        sent = call.sent(f"{self.of}CustomFieldMetum")
        for attribute, name in (("fieldLabel", "label"), ("fieldType", "type")):
            if not text(sent.get(attribute)):
                raise invalid(f"The field {name} field is required.")
        kind = text(sent["fieldType"])
        if kind not in TYPES:
            raise invalid("The selected field type is invalid.")
        values = self._described(sent)
        values.setdefault("displayOrder", call.store.count(f"SELECT count(*) FROM {self.table}") + 1)
        now = utc(call)
        values |= {"fieldType": kind, "personalization": self._tag(call, values["fieldLabel"])}
        identity = call.store.insert(self.table, values | {"createdTimestamp": now, "updatedTimestamp": now})
        made = call.switches.new_deal_field if self.of == "deal" else call.switches.new_account_field
        return made, self._metum(call, identity)

    def _tag(self, call: Call, label: str) -> str:
        """A personalization tag that no other field has."""
        taken = {row[0] for row in call.store.rows(f"SELECT personalization FROM {self.table}")}
        taken |= {f"{self.tag}_{name}" for name in self.reserved}
        first = tag = f"{self.tag}_{re.sub(r'[^A-Z0-9]+', '_', label.upper())}"
        number = 0
        while tag in taken:
            number += 1
            tag = f"{first}_{number}"
        return tag

    @staticmethod
    def _described(sent: dict[str, Any]) -> dict[str, Any]:
        """What of a body describes a field, as it is stored; its type is given once."""
        values: dict[str, Any] = {name: int(sent[name] in (True, 1, "1")) for name in _FLAGS if name in sent}
        if text(sent.get("fieldLabel")):
            values["fieldLabel"] = text(sent["fieldLabel"])
        if isinstance(sent.get("fieldOptions"), list):
            values["fieldOptions"] = json.dumps([text(option) for option in sent["fieldOptions"]])
        if "fieldDefault" in sent:
            values["fieldDefault"] = json.dumps(sent["fieldDefault"])
        if "fieldDefaultCurrency" in sent:
            values["fieldDefaultCurrency"] = text(sent["fieldDefaultCurrency"]) or None
        order = integer(sent.get("displayOrder"))
        return values if order is None else values | {"displayOrder": order}

    def update_metum(self, call: Call) -> Answer:
        """PUT /…CustomFieldMeta/{id}: everything but its type."""
        self._metum(call, call.ids[0])
        values = self._described(call.sent(f"{self.of}CustomFieldMetum"))
        call.store.update(self.table, call.ids[0], values | {"updatedTimestamp": utc(call)})
        return 200, self._metum(call, call.ids[0])

    def delete_metum(self, call: Call) -> Answer:
        """DELETE /…CustomFieldMeta/{id}: its values go too."""
        self._metum(call, call.ids[0])
        call.store.delete(self.table, call.ids[0])
        return 200, {"message": f"{self.table[0].upper()}{self.table[1:]} deleted."}


ACCOUNT_FIELDS: Final = CrmFields("account", "ACCT", ("NAME", "URL"))
DEAL_FIELDS: Final = CrmFields("deal", "DEAL", ("TITLE", "VALUE", "OWNER", "STATUS"))
