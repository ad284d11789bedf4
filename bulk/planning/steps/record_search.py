"""After a create whose answer was lost: the account is read for exactly what was sent.

Only a record that is newer than the job and no other row's is taken for ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bulk.model import Json, Request
from bulk.planning.flow import Asking
from bulk.planning.kept_records import UNSET
from bulk.planning.names import Names
from bulk.planning.pages.collections import PAGE, total_of
from bulk.planning.pages.ends import InTurn, id_of
from bulk.planning.record_keys import key_of_record
from bulk.planning.settling import Nothing
from bulk.planning.understanding import Wanted
from bulk.planning.writers import Known, Lookup, Meaning
from bulk.resources.spec import Resource

_NOTES_OF: Final = {"Subscriber": "contacts", "Deal": "deals", "CustomerAccount": "accounts"}  # reltype -> whose notes


@dataclass(slots=True)
class Claims:
    """Which records are whose: each is taken by one row only."""

    lookup: Lookup
    taken: set[str]

    def take(self, identity: str) -> None:
        """Note that a row of this run has it."""
        self.taken.add(identity)

    def is_free(self, identity: str) -> bool:
        """Whether no other row has taken or made that record, or will change it because it has made it."""
        return not self.is_anothers(identity) and not self.lookup.is_claimed(identity)

    def is_anothers(self, identity: str) -> bool:
        """Whether another row has taken or made it."""
        return identity in self.taken or self.lookup.is_ours(identity)


@dataclass(frozen=True, slots=True)
class RecordWork:
    """What the steps of one row have to know."""

    resource: Resource
    meaning: Meaning
    names: Names
    claims: Claims
    wanted: Wanted
    known: Known


def look_for(work: RecordWork, step: str, values: Mapping[str, Json]) -> Asking[str | Nothing]:
    """The id of the record that a send whose answer was lost has made.

    One of the same key that is not as sent may be ours, put right by the API: then it is not known.
    """
    path = work.resource.name
    query: tuple[tuple[str, str], ...] = ()
    if path == "notes" and values["reltype"] in _NOTES_OF:
        path = f"{_NOTES_OF[values['reltype']]}/{values['relid']}/notes"
    elif any(work.resource.matched_by):
        parameter, attribute = work.resource.matched_by
        query = ((parameter, str(values[attribute])),)
    doubtful = False
    reading = InTurn()
    while True:
        place = (*query, ("limit", str(PAGE)), ("offset", str(reading.offset)))
        receipts = yield (
            Request(f"{step} {reading.offset}", "GET", path, place, expects=work.resource.name,
                    keep=lambda body: _like(work, body, values)),
        )  # fmt: skip
        if not receipts[0].ok:
            return Nothing.UNKNOWN
        result, ids, total = receipts[0].data
        free = [(i, same) for i, same in result if work.claims.is_free(i)]
        for identity, same in free:
            if same:
                work.claims.take(identity)
                return str(identity)
        doubtful |= bool(free)
        if reading.ends(ids, total):
            return Nothing.UNKNOWN if doubtful or reading.is_short else Nothing.ABSENT


def _like(work: RecordWork, body: Json, values: Mapping[str, Json]) -> Json:
    """What is newer than the job and of the key that was sent: ids, each with whether all is as sent.

    Beside it the ids of all the page has, and the total.
    """
    kinds = {column.attribute: column.kind for column in work.resource.columns}

    def like(record: Json) -> bool:
        return all(
            kinds[name].same(record.get(name), value) or (value in UNSET and record.get(name) in UNSET)
            for name, value in values.items()
        )

    records = body[work.resource.name]
    key = key_of_record(work.resource, values, work.resource.key_attributes)
    result = sorted(
        (id_of(record), like(record))
        for record in records
        if id_of(record) > work.claims.lookup.newest
        and key_of_record(work.resource, record, work.resource.key_attributes) == key
    )
    ids = [id_of(record) for record in records]
    return [[[str(identity), same] for identity, same in result], ids, total_of(body)]
