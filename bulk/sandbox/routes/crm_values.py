"""The values of custom fields of accounts and deals, their …CustomFieldData. §1.6, §7.1, §7.2.

What several values may be in is an array here, and money is in cents.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from bulk.sandbox.calls import Answer, Call, Refusal, Route, Selection, existing, integer, page, text
from bulk.sandbox.routes.crm_fields import ACCOUNT_FIELDS, DEAL_FIELDS, CrmFields, invalid, missing, utc
from bulk.sandbox.shapes.crm_fields import DATUM, datum_shape


def _plain(_call: Call, value: str) -> str:
    return value


def _date(_call: Call, value: str) -> str:
    date.fromisoformat(value[:10])
    return value


def _moment(call: Call, value: str) -> str:
    datetime.fromisoformat(value)
    return call.store.in_zone(value)


def _like(pattern: str) -> Callable[[Call, str], str]:
    def store(_call: Call, value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(value)
        return value

    return store


# type -> how one value is stored, with `ValueError` for what does not fit it; those with None take several
_KINDS: Final[Mapping[str, Callable[[Call, str], str] | None]] = {
    "text": _plain, "textarea": _plain, "hidden": _plain, "dropdown": _plain, "radio": _plain, "date": _date,
    "datetime": _moment, "currency": _like("-?[0-9]+"), "number": _like(r"-?[0-9]+(\.[0-9]+)?"),
    "multiselect": None, "checkbox": None,
}  # fmt: skip


def _stored(call: Call, kind: str, value: Any) -> str:
    """A value as it is kept; refused if it does not fit the type of its custom field."""
    store = _KINDS[kind]
    if store is None:
        parts = value if isinstance(value, list) else text(value).split("||")
        return json.dumps([text(part) for part in parts if text(part)])
    shown = value if isinstance(value, str) else json.dumps(value)
    misfit = f"The custom field value `{shown}` could not be saved to the custom field of type `{kind}`."
    if isinstance(value, (list, dict)):
        raise Refusal(422, {"errors": [{"detail": misfit}]})
    try:
        return json.dumps(store(call, text(value)) if text(value) else "")
    except ValueError:
        raise Refusal(422, {"errors": [{"detail": misfit}]}) from None


def _each(call: Call) -> list[dict[str, Any]]:
    """The records of a body that is an array."""
    if not isinstance(call.body, list) or not all(isinstance(record, dict) for record in call.body):
        raise invalid("The request must contain an array of custom field values.")
    return call.body


@dataclass(frozen=True, slots=True)
class CrmValues:
    """The values that the records of `table` have in these custom fields; their 404 names `model`.

    `written` is what a body calls the record. `original`: the answer to a write tells the value before.
    """

    fields: CrmFields
    table: str
    model: str
    written: str
    original: bool = False

    @property
    def _data(self) -> str:
        return f"{self.fields.of}CustomFieldData"

    def routes(self) -> Mapping[tuple[str, str], Route]:
        """Their routes."""
        return {
            ("GET", f"{self.table}/{{}}/{self._data}"): self.below,
            ("GET", self._data): self.list_data,
            ("POST", self._data): self.create_datum,
            ("POST", f"{self._data}/bulkCreate"): self.create_data,
            ("PATCH", f"{self._data}/bulkUpdate"): self.update_data,
            ("GET", f"{self._data}/{{}}"): self.one_datum,
            ("PUT", f"{self._data}/{{}}"): self.update_datum,
            ("DELETE", f"{self._data}/{{}}"): self.delete_datum,
        }

    def list_data(self, call: Call) -> Answer:
        """GET /…CustomFieldData."""
        wanted = call.param(f"filters[{self.written}]")
        where, values = ([f"{self.fields.of} = ?"], [integer(wanted) or 0]) if wanted else ([], [])
        rows, total = page(call, Selection(self._data, DATUM.format(self.fields.of), where, values))
        data = [datum_shape(call.shapes, self.fields.of, row) for row in rows]
        return 200, {self._data: data, "meta": {"total": total}}

    def below(self, call: Call) -> Answer:
        """GET /…/{id}/…CustomFieldData: no meta."""
        rows = call.store.rows(
            f"SELECT {DATUM.format(self.fields.of)} FROM {self._data} WHERE {self.fields.of} = ? ORDER BY id",
            (existing(call, self.table, "id", self.model, call.ids[0])[0],),
        )
        return 200, {self._data: [datum_shape(call.shapes, self.fields.of, row) for row in rows]}

    def one_datum(self, call: Call) -> Answer:
        """GET /…CustomFieldData/{id}."""
        return 200, self._datum(call, call.ids[0])

    def _datum(self, call: Call, identity: int) -> dict[str, Any]:
        row = call.store.row(f"SELECT {DATUM.format(self.fields.of)} FROM {self._data} WHERE id = ?", (identity,))
        if row is None:
            raise missing()
        return {f"{self.fields.of}CustomFieldDatum": datum_shape(call.shapes, self.fields.of, row)}

    def create_datum(self, call: Call) -> Answer:
        """POST /…CustomFieldData: 200, in place for the same record and field."""
        sent = call.sent(f"{self.fields.of}CustomFieldDatum")
        pair = integer(sent.get(self.written)), integer(sent.get("customFieldId"))
        before = call.store.row(
            f"SELECT fieldValue FROM {self._data} WHERE {self.fields.of} = ? AND customFieldId = ?", pair
        )
        body = self._datum(call, self._create(call, sent))
        return 200, _with_original(body, before) if self.original else body

    def create_data(self, call: Call) -> Answer:
        """POST /…CustomFieldData/bulkCreate: all of them, or none."""
        for sent in _each(call):
            self._create(call, sent)
        return 200, {"message": "The bulk insert was successful."}

    def _create(self, call: Call, sent: dict[str, Any]) -> int:
        for attribute in (self.written, "customFieldId"):
            if sent.get(attribute) in (None, ""):
                raise invalid(f"The {attribute} field is required.")
        record = integer(sent[self.written])
        if call.store.row(f"SELECT 1 FROM {self.table} WHERE id = ?", (record,)) is None:
            raise missing()
        identity = self._set(call, record, sent)
        if identity is None:
            raise missing()
        return identity

    def save(self, call: Call, record: int, sent: Any) -> list[dict[str, Any]]:
        """Set the custom fields that came with a record, unknown ones passed over; what the answer says of them."""
        fields = [field for field in sent if isinstance(field, dict)] if isinstance(sent, list) else []
        return [
            {
                **{name: field[name] for name in ("customFieldId", "fieldValue", "fieldCurrency") if name in field},
                f"{self.fields.of}Id": str(record),
            }
            for field in fields
            if self._set(call, record, field) is not None
        ]

    def _set(self, call: Call, record: int | None, sent: dict[str, Any]) -> int | None:
        """Set one custom field of a record; its id, None if there is no such field."""
        field = integer(sent.get("customFieldId"))
        row = call.store.row(f"SELECT fieldType, fieldDefaultCurrency FROM {self.fields.table} WHERE id = ?", (field,))
        if row is None:
            return None
        now = utc(call)
        call.store.rows(
            f"INSERT INTO {self._data} (customFieldId, {self.fields.of}, fieldValue, fieldCurrency, createdTimestamp,"
            f" updatedTimestamp) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT ({self.fields.of}, customFieldId) DO UPDATE SET"
            " fieldValue = excluded.fieldValue, fieldCurrency = excluded.fieldCurrency,"
            " updatedTimestamp = excluded.updatedTimestamp",
            (field, record, _stored(call, row[0], sent.get("fieldValue")), _currency(row, sent), now, now),
        )
        sql = f"SELECT id FROM {self._data} WHERE {self.fields.of} = ? AND customFieldId = ?"
        return call.store.count(sql, (record, field))

    def update_datum(self, call: Call) -> Answer:
        """PUT /…CustomFieldData/{id}: its value."""
        before = call.store.row(f"SELECT fieldValue FROM {self._data} WHERE id = ?", call.ids)
        self._change(call, call.ids[0], call.sent(f"{self.fields.of}CustomFieldDatum"))
        body = self._datum(call, call.ids[0])
        return 200, _with_original(body, before) if self.original else body

    def update_data(self, call: Call) -> Answer:
        """PATCH /…CustomFieldData/bulkUpdate: all of them, or none."""
        ids = [integer(sent.get("id")) or 0 for sent in _each(call)]
        for identity, sent in zip(ids, _each(call), strict=True):
            self._change(call, identity, sent)
        named = f"{self._data[0].upper()}{self._data[1:]}s with ID(s): {', '.join(map(str, ids))}"
        return 200, {"message": f"{named} successfully bulk updated."}

    def _change(self, call: Call, identity: int, sent: dict[str, Any]) -> None:
        row = call.store.row(
            f"SELECT fieldType, fieldCurrency FROM {self._data} d JOIN {self.fields.table} m ON m.id = d.customFieldId"
            " WHERE d.id = ?",
            (identity,),
        )
        if row is None:
            raise missing()
        if "fieldValue" in sent:
            values = {"fieldValue": _stored(call, row[0], sent["fieldValue"]), "fieldCurrency": _currency(row, sent)}
            call.store.update(self._data, identity, values | {"updatedTimestamp": utc(call)})

    def delete_datum(self, call: Call) -> Answer:
        """DELETE /…CustomFieldData/{id}."""
        self._datum(call, call.ids[0])
        call.store.delete(self._data, call.ids[0])
        return 200, {"message": f"{self._data[0].upper()}{self._data[1:]} deleted."}


def _with_original(body: dict[str, Any], before: tuple[Any, ...] | None) -> dict[str, Any]:
    """The answer to a write of a value with the value before."""
    (record,) = body.values()
    links = record.pop("links")
    record |= {"originalValue": json.loads(before[0]) if before else "", "links": links}
    return body


def _currency(row: tuple[Any, ...], sent: dict[str, Any]) -> str | None:
    """The currency of a value: the one sent, else the one that `row` has beside the type; None if it is no money."""
    kind, before = row
    return (text(sent.get("fieldCurrency")) or before or "usd") if kind == "currency" else None


ACCOUNT_VALUES: Final = CrmValues(ACCOUNT_FIELDS, "accounts", "CustomerAccount", "customerAccountId")
DEAL_VALUES: Final = CrmValues(DEAL_FIELDS, "deals", "Deal", "dealId", original=True)
