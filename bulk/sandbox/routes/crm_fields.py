"""Custom fields of accounts and deals, their …CustomFieldMeta and …CustomFieldData. §1.6, §7.1, §7.2.

What several values may be in is an array here, and money is in cents.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from bulk.sandbox.calls import Answer, Call, Refusal, Selection, existing, integer, page, text
from bulk.sandbox.shapes.crm_fields import DATUM, METUM, datum_shape, metum_shape

_PER_PAGE: Final = 100
_FLAGS: Final = ("isFormVisible", "isRequired", "hideFieldFlag")


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


def _invalid(title: str) -> Refusal:
    return Refusal(422, {"errors": [{"title": title, "detail": "", "code": 422}]})


def _missing() -> Refusal:
    return Refusal(404, {"errors": [{"status": 404, "title": "Not Found"}]})


def _utc(call: Call) -> str:
    """The moment as it is written of these resources alone. §1.3."""
    return datetime.fromisoformat(call.store.now()).astimezone(UTC).isoformat(timespec="seconds")


def _each(call: Call) -> list[dict[str, Any]]:
    """The records of a body that is an array."""
    if not isinstance(call.body, list) or not all(isinstance(record, dict) for record in call.body):
        raise _invalid("The request must contain an array of custom field values.")
    return call.body


@dataclass(frozen=True, slots=True)
class CrmFields:
    """The custom fields of the records of `table`, whose 404 names `model`.

    `of` begins the names of its tables, paths and keys, `written` is what a body calls the record, `tag` begins the
    personalization tags, of which those in `reserved` are no custom fields'. `original`: the answer to a write tells
    the value before.
    """

    of: str
    table: str
    model: str
    written: str
    tag: str
    reserved: tuple[str, ...]
    original: bool = False

    @property
    def _meta(self) -> str:
        return f"{self.of}CustomFieldMeta"

    @property
    def _data(self) -> str:
        return f"{self.of}CustomFieldData"

    # ---- the fields

    def list_meta(self, call: Call) -> Answer:
        """GET /…CustomFieldMeta: no meta."""
        rows, _total = page(call, Selection(self._meta, METUM), _PER_PAGE)
        return 200, {self._meta: [metum_shape(call.shapes, self.of, row) for row in rows]}

    def one_metum(self, call: Call) -> Answer:
        """GET /…CustomFieldMeta/{id}."""
        return 200, self._metum(call, call.ids[0])

    def _metum(self, call: Call, identity: int) -> dict[str, Any]:
        row = call.store.row(f"SELECT {METUM} FROM {self._meta} WHERE id = ?", (identity,))
        if row is None:
            raise _missing()
        return {f"{self.of}CustomFieldMetum": metum_shape(call.shapes, self.of, row)}

    def create_metum(self, call: Call) -> Answer:
        """POST /…CustomFieldMeta."""
        sent = call.sent(f"{self.of}CustomFieldMetum")
        for attribute, name in (("fieldLabel", "label"), ("fieldType", "type")):
            if not text(sent.get(attribute)):
                raise _invalid(f"The field {name} field is required.")
        kind = text(sent["fieldType"])
        if kind not in _KINDS:
            raise _invalid("The selected field type is invalid.")
        values = self._described(sent)
        values.setdefault("displayOrder", call.store.count(f"SELECT count(*) FROM {self._meta}") + 1)
        now = _utc(call)
        values |= {"fieldType": kind, "personalization": self._tag(call, values["fieldLabel"])}
        identity = call.store.insert(self._meta, values | {"createdTimestamp": now, "updatedTimestamp": now})
        made = call.switches.new_deal_field if self.of == "deal" else call.switches.new_account_field
        return made, self._metum(call, identity)

    def _tag(self, call: Call, label: str) -> str:
        """A personalization tag that no other field has."""
        taken = {row[0] for row in call.store.rows(f"SELECT personalization FROM {self._meta}")}
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
        call.store.update(self._meta, call.ids[0], values | {"updatedTimestamp": _utc(call)})
        return 200, self._metum(call, call.ids[0])

    def delete_metum(self, call: Call) -> Answer:
        """DELETE /…CustomFieldMeta/{id}: its values go too."""
        self._metum(call, call.ids[0])
        call.store.delete(self._meta, call.ids[0])
        return 200, {"message": f"{self._meta[0].upper()}{self._meta[1:]} deleted."}

    # ---- their values

    def list_data(self, call: Call) -> Answer:
        """GET /…CustomFieldData."""
        wanted = call.param(f"filters[{self.written}]")
        where, values = ([f"{self.of} = ?"], [integer(wanted) or 0]) if wanted else ([], [])
        rows, total = page(call, Selection(self._data, DATUM.format(self.of), where, values))
        data = [datum_shape(call.shapes, self.of, row) for row in rows]
        return 200, {self._data: data, "meta": {"total": total}}

    def below(self, call: Call) -> Answer:
        """GET /…/{id}/…CustomFieldData: no meta."""
        rows = call.store.rows(
            f"SELECT {DATUM.format(self.of)} FROM {self._data} WHERE {self.of} = ? ORDER BY id",
            (existing(call, self.table, "id", self.model, call.ids[0])[0],),
        )
        return 200, {self._data: [datum_shape(call.shapes, self.of, row) for row in rows]}

    def one_datum(self, call: Call) -> Answer:
        """GET /…CustomFieldData/{id}."""
        return 200, self._datum(call, call.ids[0])

    def _datum(self, call: Call, identity: int) -> dict[str, Any]:
        row = call.store.row(f"SELECT {DATUM.format(self.of)} FROM {self._data} WHERE id = ?", (identity,))
        if row is None:
            raise _missing()
        return {f"{self.of}CustomFieldDatum": datum_shape(call.shapes, self.of, row)}

    def create_datum(self, call: Call) -> Answer:
        """POST /…CustomFieldData: 200, in place for the same record and field."""
        sent = call.sent(f"{self.of}CustomFieldDatum")
        pair = integer(sent.get(self.written)), integer(sent.get("customFieldId"))
        before = call.store.row(f"SELECT fieldValue FROM {self._data} WHERE {self.of} = ? AND customFieldId = ?", pair)
        return 200, self._told(call, self._create(call, sent), before)

    def _told(self, call: Call, identity: int, before: tuple[Any, ...] | None) -> dict[str, Any]:
        """The answer to a write of a value, where it is told with the value before."""
        body = self._datum(call, identity)
        if self.original:
            (record,) = body.values()
            links = record.pop("links")
            record |= {"originalValue": json.loads(before[0]) if before else "", "links": links}
        return body

    def create_data(self, call: Call) -> Answer:
        """POST /…CustomFieldData/bulkCreate: all of them, or none."""
        for sent in _each(call):
            self._create(call, sent)
        return 200, {"message": "The bulk insert was successful."}

    def _create(self, call: Call, sent: dict[str, Any]) -> int:
        for attribute in (self.written, "customFieldId"):
            if sent.get(attribute) in (None, ""):
                raise _invalid(f"The {attribute} field is required.")
        record = integer(sent[self.written])
        if call.store.row(f"SELECT 1 FROM {self.table} WHERE id = ?", (record,)) is None:
            raise _missing()
        identity = self._set(call, record, sent)
        if identity is None:
            raise _missing()
        return identity

    def save(self, call: Call, record: int, sent: Any) -> list[dict[str, Any]]:
        """Set the custom fields that came with a record, unknown ones passed over; what the answer says of them."""
        fields = [field for field in sent if isinstance(field, dict)] if isinstance(sent, list) else []
        return [
            {
                **{name: field[name] for name in ("customFieldId", "fieldValue", "fieldCurrency") if name in field},
                f"{self.of}Id": str(record),
            }
            for field in fields
            if self._set(call, record, field) is not None
        ]

    def _set(self, call: Call, record: int | None, sent: dict[str, Any]) -> int | None:
        """Set one custom field of a record; its id, None if there is no such field."""
        field = integer(sent.get("customFieldId"))
        row = call.store.row(f"SELECT fieldType, fieldDefaultCurrency FROM {self._meta} WHERE id = ?", (field,))
        if row is None:
            return None
        now = _utc(call)
        call.store.rows(
            f"INSERT INTO {self._data} (customFieldId, {self.of}, fieldValue, fieldCurrency, createdTimestamp,"
            f" updatedTimestamp) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT ({self.of}, customFieldId) DO UPDATE SET"
            " fieldValue = excluded.fieldValue, fieldCurrency = excluded.fieldCurrency,"
            " updatedTimestamp = excluded.updatedTimestamp",
            (field, record, _stored(call, row[0], sent.get("fieldValue")), _currency(row, sent), now, now),
        )
        sql = f"SELECT id FROM {self._data} WHERE {self.of} = ? AND customFieldId = ?"
        return call.store.count(sql, (record, field))

    def update_datum(self, call: Call) -> Answer:
        """PUT /…CustomFieldData/{id}: its value."""
        before = call.store.row(f"SELECT fieldValue FROM {self._data} WHERE id = ?", call.ids)
        self._change(call, call.ids[0], call.sent(f"{self.of}CustomFieldDatum"))
        return 200, self._told(call, call.ids[0], before)

    def update_data(self, call: Call) -> Answer:
        """PATCH /…CustomFieldData/bulkUpdate: all of them, or none."""
        ids = [integer(sent.get("id")) or 0 for sent in _each(call)]
        for identity, sent in zip(ids, _each(call), strict=True):
            self._change(call, identity, sent)
        named = f"{self._data[0].upper()}{self._data[1:]}s with ID(s): {', '.join(map(str, ids))}"
        return 200, {"message": f"{named} successfully bulk updated."}

    def _change(self, call: Call, identity: int, sent: dict[str, Any]) -> None:
        row = call.store.row(
            f"SELECT fieldType, fieldCurrency FROM {self._data} d JOIN {self._meta} m ON m.id = d.customFieldId"
            " WHERE d.id = ?",
            (identity,),
        )
        if row is None:
            raise _missing()
        if "fieldValue" in sent:
            values = {"fieldValue": _stored(call, row[0], sent["fieldValue"]), "fieldCurrency": _currency(row, sent)}
            call.store.update(self._data, identity, values | {"updatedTimestamp": _utc(call)})

    def delete_datum(self, call: Call) -> Answer:
        """DELETE /…CustomFieldData/{id}."""
        self._datum(call, call.ids[0])
        call.store.delete(self._data, call.ids[0])
        return 200, {"message": f"{self._data[0].upper()}{self._data[1:]} deleted."}


def _currency(row: tuple[Any, ...], sent: dict[str, Any]) -> str | None:
    """The currency of a value: the one sent, else the one that `row` has beside the type; None if it is no money."""
    kind, before = row
    return (text(sent.get("fieldCurrency")) or before or "usd") if kind == "currency" else None


ACCOUNTS: Final = CrmFields("account", "accounts", "CustomerAccount", "customerAccountId", "ACCT", ("NAME", "URL"))
DEALS: Final = CrmFields(
    "deal", "deals", "Deal", "dealId", "DEAL", ("TITLE", "VALUE", "OWNER", "STATUS"), original=True
)
