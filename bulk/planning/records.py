"""A row of a record by itself -> its flow: found by its key, then created, changed, deleted or left alone.

Creates may not be repeated. After a lost answer the account is read for exactly what was sent; only a record that is
newer than the job and that no other row of it ended with is taken for ours.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from bulk.model import Failure, Flow, Json, Outcome, Receipt, Request, Row, RowStatus, Verdict
from bulk.planning import answers
from bulk.planning.additions import ADDITIONS, Owner
from bulk.planning.collections import PAGE, total_of
from bulk.planning.differences import GONE, perhaps
from bulk.planning.export import CURRENCY_OF, UNSET, beside_of
from bulk.planning.flow import Asking
from bulk.planning.links import Done
from bulk.planning.made import made_record
from bulk.planning.names import Names
from bulk.planning.pages import InTurn, id_of
from bulk.planning.read_back import UNREAD, NotRead, read_record
from bulk.planning.settling import Nothing, deleted, settled
from bulk.planning.unchanged import changed_only, of_record, record_cell, with_readable
from bulk.planning.understanding import Wanted, read, understood
from bulk.planning.writers import Estimate, Known, Lookup, Meaning, Own, is_made, names_to_make
from bulk.resources.identity import address_key, name_key
from bulk.resources.kinds import EMAIL, MONEY
from bulk.resources.spec import CUSTOM, Column, Resource

CREATE: Final = "create"
CHANGE: Final = "change"
DELETE: Final = "delete"
NOTHING: Final[Mapping[str, Json]] = {}
_NOTES_OF: Final = {"Subscriber": "contacts", "Deal": "deals", "CustomerAccount": "accounts"}  # reltype -> whose notes


@dataclass(slots=True)
class RecordRows:
    """The writer of records. Rows of one key run one after the other; each record is taken by one row only."""

    resource: Resource
    meaning: Meaning
    names: Names
    lookup: Lookup
    _taken: set[str] = field(default_factory=set)

    # ---- what a row says

    def estimate(self, own: Own, _known: Known) -> Estimate | Failure:
        """About how many requests a row takes that is new to the account, and the names it needs."""
        cells = self.meaning.cells(own.row)
        if isinstance(cells, Failure):
            return cells
        refused = self._refused(own)
        if refused is not None:
            return refused
        known = self.resource.name == "notes"  # a note is on something that is there, or it means nothing
        names = () if known or self.meaning.mode == "delete" else names_to_make(cells)
        emails = [str(value) for column, value in cells if column.of == "contacts" and column.names and value]
        lookups = sum(self.lookup.contact(email) is None for email in emails)
        if lookups and self.lookup.everybody:
            return Estimate(lookups)  # nobody is there to whom it could belong
        return Estimate(1 + lookups + sum(bool(column.beside) for column, _value in cells), names)

    def _refused(self, own: Own) -> Failure | None:
        """Why a row is refused whatever becomes of the names that are created before the rows."""
        kept = {} if own.record is None else own.record[1]
        given = replace(self.meaning, columns=tuple(c for c in self.meaning.columns if not is_made(c)))
        wanted = read(own.row, given, self.names, kept)
        if isinstance(wanted, Failure):
            return wanted
        looks_damaged = self.meaning.damaged(own.row, partial(_cell, kept))
        return None if looks_damaged is None else looks_damaged.failures[0]

    # ---- the flow

    def own(self, row: Row, known: Known) -> Own:
        """The record that the row itself tells it is about, and what differs from it."""
        meaning = self.meaning
        by_id = meaning.key == "id"
        creates = meaning.mode == "create" and not by_id
        if meaning.mode == "delete" or CREATE in known.begun or known.made or creates:
            return Own(row)
        own = of_record(row, meaning, self.names, self._candidates(row), self.lookup)
        if CHANGE in known.begun:  # what is held may show what was sent
            return replace(own, row=with_readable(own.row, row, meaning.columns))
        return own

    def _candidates(self, row: Row) -> Sequence[tuple[str, Json]]:
        """The records that the row may be about: the one of its id, else those of its key."""
        records = self.lookup.records(f"id {row.key if self.meaning.key == 'id' else row.id}")
        if not records and self.meaning.key != "id":
            key = self._plain_key(row)
            records = self.lookup.records(key) if key else ()
        if self.resource.unique or self.meaning.key == "id":
            return records
        return [record for record in records if self._is_free(record[0])]

    def _plain_key(self, row: Row) -> str:
        """What a row without an id is about, as far as its cells say so without asking; "" where they do not."""
        key = self.meaning.key_attributes
        columns = tuple(column for column in self.meaning.columns if column.means in key)
        wanted = read(row, replace(self.meaning, columns=columns), self.names)
        if isinstance(wanted, Failure):
            return ""
        for attribute, _header, email in wanted.emails:
            state = self.lookup.contact(email)
            if state is None:
                return ""
            wanted.values[attribute] = state.id
        return key_sought(row, wanted, self.meaning, self.resource)

    def flow(self, row: Row, known: Known) -> Flow:
        """The flow of one row."""
        own = self.own(row, known)
        if known.aged and own.record is not None and not (own.row.values or known.begun):
            again = yield from self._as_it_is(row, *own.record)
            if isinstance(again, Failure):
                return Outcome(RowStatus.FAILED, failures=(again,))
            own = again
        context = {} if own.record is None else own.record[1]
        wanted = yield from understood(own.row, self.meaning, self.names, self.lookup, context)
        if isinstance(wanted, Outcome):
            return wanted
        if known.made and self.meaning.mode != "delete" and CREATE not in known.begun:
            made = yield from self._made_before(wanted, known)
            if isinstance(made, Failure):
                return Outcome(RowStatus.FAILED, failures=(made,))
            if made is not None:
                self._taken.add(made[0])
                return (yield from self._change(*made, wanted, known))
        work = self._change_own if own.record is not None else self._find
        return (yield from work(own, wanted, known))

    def _made_before(self, wanted: Wanted, known: Known) -> Asking[tuple[str, Json] | Failure | None]:
        """What the row has created before, unless it is another row's by now."""
        if CHANGE in known.begun:  # decided by an earlier run
            return known.made, next((kept for _id, kept in self.lookup.records(f"id {known.made}")), {})
        if self._is_anothers(known.made):
            return None
        made = yield from made_record(self.resource, wanted.values, self.names, self.lookup, known)
        return None if self._is_anothers(known.made) else made  # it may be since

    def _as_it_is(self, row: Row, identity: str, kept: Json) -> Asking[Own | Failure]:
        """The record that held all that the row says, as it is now, and what differs from it."""
        now = yield from read_record(self.resource, identity, custom=bool(self.names.fields))
        if isinstance(now, NotRead):
            return Failure("read back", "no_answer", UNREAD)
        if now[1] is None:
            said = f"The {self.resource.singular} {identity} was there when the job began, and is gone. Run bulk retry."
            return Failure("read back", "not_found", said)
        beside = beside_of(self.resource)
        current = {**kept, **{name: value for name, value in now[1].items() if name not in beside}}
        cell = partial(record_cell, current, self.names, self.lookup)
        return Own(changed_only(row, self.meaning.columns, cell), (identity, current), identity)

    def _find(self, own: Own, wanted: Wanted, known: Known) -> Flow:
        """Work on the record that the row is about as its key says."""
        row = own.row
        key = key_sought(row, wanted, self.meaning, self.resource)
        if self.meaning.mode == "delete":
            return (yield from self._delete(key, known))
        by_id = self.meaning.key == "id"
        looks_damaged = self.meaning.damaged(row, partial(self._current, key))
        if looks_damaged is not None and not {CREATE, CHANGE} & known.begun:
            return looks_damaged
        if CREATE in known.begun or (self.meaning.mode == "create" and not by_id):
            return (yield from self._create_new(key, wanted, known))
        record = self._pick(key, wanted)
        if record is None and (self.meaning.mode == "update" or by_id):
            said = f"There is no {self.resource.singular} with this {self.meaning.key}."
            record = Failure("", "not_found", said)
        if isinstance(record, Failure):
            return Outcome(RowStatus.FAILED, failures=(record,))
        return (yield from self._create(wanted, known) if record is None else self._change(*record, wanted, known))

    def _change_own(self, own: Own, wanted: Wanted, known: Known) -> Flow:
        """Change the record that the row itself names."""
        assert own.record is not None  # noqa: S101 - asked before
        identity, kept = own.record
        looks_damaged = self.meaning.damaged(own.row, partial(_cell, kept))
        if looks_damaged is not None and CHANGE not in known.begun:
            return looks_damaged
        self._taken.add(identity)
        return (yield from self._change(identity, kept, wanted, known))

    def _current(self, key: str, column: Column) -> str | None:
        """What the account holds of the only record of a key where a column's cell would go."""
        records = self.lookup.records(key)
        return _cell(records[0][1], column) if len(records) == 1 else None

    def _pick(self, key: str, wanted: Wanted) -> tuple[str, Json] | Failure | None:
        """The record that the row is about: of several of one key the first that is as wanted already."""
        records = self.lookup.records(key)
        if self.resource.unique or self.meaning.key == "id":
            same = next((record for record in records if not self._changes(record[1], wanted)), None)
            return same or (_ambiguous(self.resource, records) if len(records) > 1 else next(iter(records), None))
        free = [record for record in records if self._is_free(record[0])]
        same = next((record for record in free if not self._changes(record[1], wanted)), None)
        if same is None and (len(free) > 1 or (len(records) > 1 and self.meaning.mode == "update")):
            return _ambiguous(self.resource, free)
        chosen = same or next(iter(free), None)  # the others of this key are other rows'
        if chosen is not None:
            self._taken.add(chosen[0])
        return chosen

    # ---- change

    def _changes(self, kept: Json, wanted: Wanted) -> dict[str, Json]:
        """What of the wanted values differs from the record's."""
        kinds = {column.attribute: column.kind for column in self.meaning.columns}
        changed: dict[str, Json] = {}
        for attribute, value in wanted.values.items():
            on_record = kept.get(attribute)
            if on_record in UNSET and value in UNSET:
                continue
            same = kinds[attribute].same if attribute in kinds else _same_id
            if not same(on_record, value):
                changed[attribute] = value
        for identity, value in wanted.fields.items():
            if not kinds[f"{CUSTOM}{identity}"].same(kept.get(f"{CUSTOM}{identity}"), value):
                changed[f"{CUSTOM}{identity}"] = value
        return changed

    def _change(self, identity: str, kept: Json, wanted: Wanted, known: Known) -> Flow:
        done = Done()
        changed = self._changes(kept, wanted)
        if CHANGE in known.begun:  # decided by an earlier run; what is held may show it already
            changed = {**wanted.values, **{f"{CUSTOM}{field}": value for field, value in wanted.fields.items()}}
        values = {a: v for a, v in changed.items() if not a.startswith(CUSTOM)}
        fields = {a.removeprefix(CUSTOM): v for a, v in changed.items() if a.startswith(CUSTOM)}
        owner = Owner(identity, kept, made=identity == known.made, begun=known.begun)
        wants = _wants(CHANGE, values, fields, wanted.additions)
        if changed:
            body = self._body(values, fields, kept)
            path = f"{self.resource.name}/{identity}"
            singular, says = self.resource.singular, {"id": identity}
            receipts = yield (Request(CHANGE, "PUT", path, body=body, keep=_nothing, expects=singular, says=says),)
            if not done.take(receipts[0]):
                return _ended(done, "updated", identity, wants)
        more = yield from self._add(owner, wanted, done)
        wants = _wants(CHANGE, values, fields, wanted.additions, more)
        return _ended(done, "updated" if done.changed else "unchanged", identity, wants)

    def _add(self, owner: Owner, wanted: Wanted, done: Done) -> Asking[Mapping[str, Json]]:
        """Write what belongs to the record and is no part of it; gives what more is to be found then."""
        addition = ADDITIONS.get(self.resource.name)
        if addition is None:
            return {}
        return (yield from addition(owner, wanted.additions, done))

    # ---- create

    def _create_new(self, key: str, wanted: Wanted, known: Known) -> Flow:
        """Create, unless there is one of a key that no two should have, or another job has made it since."""
        made = self._made_since(key, wanted) if known.resumed and CREATE not in known.begun else None
        if made is not None:
            self._taken.add(made[0])
            return (yield from self._change(*made, wanted, known))
        on_record = self.lookup.records(key) if self.resource.unique and CREATE not in known.begun else ()
        if on_record:
            said = (
                f"There is one of this {self.resource.key} already: {on_record[0][0]}. --mode upsert would change it."
            )
            return Outcome(RowStatus.FAILED, failures=(Failure("", "duplicate", said),))
        return (yield from self._create(wanted, known))

    def _made_since(self, key: str, wanted: Wanted) -> tuple[str, Json] | None:
        """A record that is as wanted, newer than the job and none of its own."""
        newer = (record for record in self.lookup.records(key) if int(record[0]) > self.lookup.newest)
        return next(
            (record for record in newer if self._is_free(record[0]) and not self._changes(record[1], wanted)), None
        )

    def _is_free(self, identity: str) -> bool:
        """Whether no other row has taken or made that record, or will change it because it has made it."""
        return not self._is_anothers(identity) and not self.lookup.is_claimed(identity)

    def _is_anothers(self, identity: str) -> bool:
        return identity in self._taken or self.lookup.is_ours(identity)

    def _create(self, wanted: Wanted, known: Known) -> Flow:
        values = {c.attribute: c.default for c in self.resource.columns if c.default is not None} | {
            attribute: value for attribute, value in wanted.values.items() if value != ""
        }
        fields = {identity: value for identity, value in wanted.fields.items() if value != ""}
        body = self._body(values, fields, values)
        request = Request(
            CREATE, "POST", self.resource.name, body=body, keep=self._id_of, expects=self.resource.singular,
            says=answers.record(self.resource, values),
        )  # fmt: skip
        receipt, result = yield from settled(request, lambda step: self._look_for(step, values))
        if not receipt.ok and result is None:
            return _refused(receipt)
        identity = result or str(receipt.data)
        self._taken.add(identity)
        done = Done(changed=True)
        more = yield from self._add(Owner(identity, None, begun=known.begun), wanted, done)
        wants = _wants(CREATE, values, fields, wanted.additions, more)
        return _ended(done, "created", identity, wants)

    def _id_of(self, body: Json) -> Json:
        return str(id_of(body[self.resource.singular]))

    def _look_for(self, step: str, values: Mapping[str, Json]) -> Asking[str | Nothing]:
        """The id of the record that a send whose answer was lost has made.

        One of the same key that is not as sent may be ours, put right by the API: then it is not known.
        """
        path = self.resource.name
        query: tuple[tuple[str, str], ...] = ()
        if path == "notes" and values["reltype"] in _NOTES_OF:
            path = f"{_NOTES_OF[values['reltype']]}/{values['relid']}/notes"
        elif any(self.resource.matched_by):
            parameter, attribute = self.resource.matched_by
            query = ((parameter, str(values[attribute])),)
        doubtful = False
        reading = InTurn()
        while True:
            place = (*query, ("limit", str(PAGE)), ("offset", str(reading.offset)))
            receipts = yield (
                Request(f"{step} {reading.offset}", "GET", path, place, expects=self.resource.name,
                        keep=lambda body: self._like(body, values)),
            )  # fmt: skip
            if not receipts[0].ok:
                return Nothing.UNKNOWN
            result, ids, total = receipts[0].data
            free = [(i, same) for i, same in result if self._is_free(i)]
            for identity, same in free:
                if same:
                    self._taken.add(identity)
                    return str(identity)
            doubtful |= bool(free)
            if reading.ends(ids, total):
                return Nothing.UNKNOWN if doubtful or reading.is_short else Nothing.ABSENT

    def _like(self, body: Json, values: Mapping[str, Json]) -> Json:
        """What is newer than the job and of the key that was sent: ids, each with whether all is as sent.

        Beside it the ids of all the page has, and the total.
        """
        kinds = {column.attribute: column.kind for column in self.resource.columns}

        def like(record: Json) -> bool:
            return all(
                kinds[name].same(record.get(name), value) or (value in UNSET and record.get(name) in UNSET)
                for name, value in values.items()
            )

        records = body[self.resource.name]
        key = key_of_record(self.resource, values, self.resource.key_attributes)
        result = sorted(
            (id_of(record), like(record))
            for record in records
            if id_of(record) > self.lookup.newest
            and key_of_record(self.resource, record, self.resource.key_attributes) == key
        )
        ids = [id_of(record) for record in records]
        return [[[str(identity), same] for identity, same in result], ids, total_of(body)]

    def _body(self, values: Mapping[str, Json], fields: Mapping[str, Json], entire: Mapping[str, Json]) -> Json:
        record: dict[str, Json] = dict(values)
        if fields:
            money = {c.field_id for c in self.meaning.columns if c.field_id and c.kind is MONEY}
            record["fields"] = [
                {"customFieldId": int(identity), "fieldValue": value}
                | ({"fieldCurrency": self._currency(identity, entire)} if identity in money else {})
                for identity, value in fields.items()
            ]
        return {self.resource.singular: record}

    def _currency(self, field_id: str, entire: Mapping[str, Json]) -> Json:
        """The currency of a custom field's money: as it is, else as the field says, else the record's own."""
        on_record = entire.get(f"{CURRENCY_OF}{field_id}")
        default = next((custom.currency for custom in self.names.fields if custom.id == field_id), "")
        return on_record or default.lower() or entire.get("currency") or "usd"

    # ---- delete

    def _delete(self, key: str, known: Known) -> Flow:
        records = [r for r in self.lookup.records(key) if r[0] not in self._taken]
        if not records:
            if DELETE in known.begun:
                return Outcome(RowStatus.SUCCEEDED, "deleted")
            return Outcome(RowStatus.UNCHANGED, "unchanged")  # it is not there, as wanted
        if len(records) > 1:
            return Outcome(RowStatus.FAILED, failures=(_ambiguous(self.resource, records),))
        identity = records[0][0]
        self._taken.add(identity)
        done = Done()
        done.take((yield from deleted(DELETE, f"{self.resource.name}/{identity}")))
        return _ended(done, "deleted" if done.changed else "unchanged", identity, GONE)


def key_sought(row: Row, wanted: Wanted, meaning: Meaning, resource: Resource) -> str:
    """What identifies the record that a row is about, in the words of `Found.records`."""
    if meaning.key == "id":
        return f"id {row.key}"
    return key_of_record(resource, wanted.values, meaning.key_attributes)


def key_of_record(resource: Resource, values: Mapping[str, Json], key: tuple[str, ...]) -> str:
    """What identifies a record among those of its resource, out of its values; the same for a row and a record."""
    parts = []
    for attribute in key:
        value = values.get(attribute)
        if value in UNSET:
            value = resource.column(attribute).default or ""
        address = resource.column(attribute).kind is EMAIL
        parts.append(address_key(str(value)) if address else name_key(str(value)))
    return json.dumps(parts)


def _cell(kept: Json, column: Column) -> str | None:
    value = None if column.names or column.beside else kept.get(column.attribute)
    return None if value is None else column.write(value)


def _same_id(a: Json, b: Json) -> bool:
    return str(a or "") == str(b or "")


def _nothing(_body: Json) -> Json:
    return None


def _ambiguous(resource: Resource, records: Sequence[tuple[str, Json]]) -> Failure:
    ids = ", ".join(identity for identity, _kept in records[:5])
    said = f"{len(records)} {resource.name} fit this row: {ids}. Say which by an id column and --key id."
    return Failure("", "ambiguous_key", said)


def _refused(receipt: Receipt) -> Outcome:
    in_doubt = receipt.verdict is Verdict.IN_DOUBT
    code = "no_answer" if in_doubt else receipt.code
    status = RowStatus.IN_DOUBT if in_doubt else RowStatus.FAILED
    return Outcome(status, failures=(Failure(receipt.step, code, receipt.error),))


def _wants(
    step: str, values: Mapping[str, Json], fields: Mapping[str, Json], additions: Mapping[str, Json],
    more: Mapping[str, Json] = NOTHING,
) -> Json:  # fmt: skip
    """What a row has brought about, to be read back; `more`: what else is to be found beside the record."""
    beside = {of: list(some) for of, some in additions.items()} | more.get("beside", {})
    wants = {"values": dict(values), "fields": dict(fields), "beside": beside, "only": more.get("only")}
    return {"step": step} | {name: value for name, value in wants.items() if value}


def _ended(done: Done, action: str, identity: str, wants: Json = None) -> Outcome:
    if done.failures:
        status = RowStatus.IN_DOUBT if done.in_doubt else RowStatus.FAILED
        return Outcome(status, action, identity, tuple(done.failures), perhaps(wants or {}, there=action == "created"))
    if action == "unchanged":
        return Outcome(RowStatus.UNCHANGED, action, identity)
    return Outcome(RowStatus.SUCCEEDED, action, identity, wants=wants)
