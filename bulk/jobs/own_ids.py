"""Whose ids stand beside the addresses of a file: those of the account it goes into, or somebody else's numbers.

An exported file has the id beside each address. Where one of them was changed, the row means somebody and says another:
to go by the address would make a second person. In a file of another account the ids mean nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from bulk.files.source import Record
from bulk.jobs.open_rows import BATCH
from bulk.jobs.prepared import Prepared
from bulk.model import Json, Row, number_told
from bulk.planning.state import ContactState
from bulk.resources.contacts import TELLING
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.snapshot import ADDRESSES, PEOPLE
from bulk.wording import FrontEnd, counted, in_words_of

OURS: Final = "ours"  # most of those that are known stand beside the addresses that they have here
OTHERS: Final = "others"  # they do not: a row's is believed only if the rest of the row is that person's
_FEW: Final = 5  # rows that are shown


@dataclass(slots=True)
class Disagreeing:
    """Rows whose id and address are not of one contact: `refused` where the id is somebody's of another address.

    `by_address`: where only the address is somebody's here, of another id, so that the row goes by that.
    """

    refused: int = 0
    by_address: int = 0
    shown: list[str] = field(default_factory=list)

    def take(self, row: Row, beside: str, stored: Json, ids: str) -> None:
        """Look at a row; `beside` is the address that its id has here, `stored` the contact that its address has."""
        if beside:
            self.refused += 1
            if len(self.shown) < _FEW:
                self.shown.append(
                    f"row {number_told(row.number)} says {row.values.get('email', row.key).strip()}, its id {beside}"
                )
        elif ids == OURS and row.before is None and row.id and stored is not None:
            self.by_address += ContactState.from_json(stored).id != row.id

    def told(self, front_end: FrontEnd) -> Iterator[str]:
        """What is said of them before anything is sent."""
        return (in_words_of(front_end, line) for line in self._lines())

    def _lines(self) -> Iterator[str]:
        if self.refused:
            few = "; ".join(self.shown) + ("; …" if self.refused > len(self.shown) else "")
            yield (
                f"{counted(self.refused, 'row')} refused, since id and address are of two contacts ({few})."
                " To give the contacts of these ids the new addresses: ⟦key=id⟧, or name the export that the file was"
                " made of (⟦baseline⟧), which knows the old ones. To go by the addresses alone: ⟦map=id=⟧."
            )
        if self.by_address:
            yield (
                f"{counted(self.by_address, 'row')} with an id that is not that of the contact of the address: gone by"
                " the address. To go by the ids: ⟦key=id⟧."
            )


def whose_ids(prepared: Prepared, checkpoint: Checkpoint) -> str:
    """Whose ids a file has; "" if none of them is known here."""
    same = other = 0
    records = prepared.source.records()
    while prepared.match.id_at is not None and (batch := list(islice(records, BATCH))):
        known = _addresses(prepared, checkpoint, batch)
        keys = {record.number: prepared.row(record).key for record in batch if record.number in known}
        same += sum(keys[number] == address for number, address in known.items())
        other += sum(keys[number] != address for number, address in known.items())
    return "" if not same + other else OURS if same and same >= other else OTHERS


def others_beside(
    prepared: Prepared, checkpoint: Checkpoint, records: Sequence[Record], rows: Sequence[Row]
) -> dict[int, str]:
    """By the numbers of rows, the addresses of other people whose ids stand beside theirs."""
    if not prepared.ids:
        return {}
    known = _addresses(prepared, checkpoint, records)
    others = [
        (row, known[row.number])
        for row in rows
        if row.before is None and known.get(row.number, row.key) != row.key  # else the export tells who is meant
    ]
    if prepared.ids == OTHERS:
        states = checkpoint.snapshot.known(PEOPLE, [address for _row, address in others])
        people = {address: ContactState.from_json(state) for address, state in states.items()}
        others = [(row, address) for row, address in others if address in people and _is_about(row, people[address])]
    return {row.number: address for row, address in others}


def _addresses(prepared: Prepared, checkpoint: Checkpoint, records: Sequence[Record]) -> dict[int, str]:
    """By the numbers of records, the addresses that the people of their ids have here, as far as these are known."""
    at = prepared.match.id_at
    if at is None:
        return {}
    ids = {
        record.number: record.cells[at].strip()
        for record in records
        if record.problem is None
        and any(prepared.match.key_parts(record.cells))  # else the id itself says who is meant
    }
    current = checkpoint.snapshot.known(ADDRESSES, [identity for identity in ids.values() if identity])
    return {number: current[identity] for number, identity in ids.items() if identity in current}


def _is_about(row: Row, person: ContactState) -> bool:
    """Whether the rest of a row says what that person has, and something of it."""
    said = {name: row.values[name].strip() for name in TELLING if row.values.get(name, "").strip()}
    return bool(said) and all(person.attributes.get(name, "").strip() == text for name, text in said.items())
