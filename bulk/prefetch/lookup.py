"""What was read of the account before the rows, found by what they say. Kept in the checkpoint."""

from __future__ import annotations

from collections.abc import Sequence

from bulk.model import Json
from bulk.planning.kept_records import CURRENCY_OF, CUSTOM_DATA
from bulk.planning.state import ContactState
from bulk.planning.steps.enrolments import ENROLMENT
from bulk.resources.escapes import escaped
from bulk.resources.identity import address_key
from bulk.resources.spec import CUSTOM, Resource
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.snapshot import ADDRESSES, PEOPLE, RECORDS


class CheckpointLookup:
    """`planning.writers.Lookup`, out of a checkpoint."""

    def __init__(self, resource: Resource, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._data = CUSTOM_DATA.get(resource.name)
        self._created: frozenset[str] | None = None  # by rows that an earlier run has left open
        self._claimed: frozenset[str] | None = None  # by rows that have failed since it was not found so

    def contact(self, email: str) -> ContactState | None:
        """The contact of that address, None if it is not there or was not read."""
        return self._under(address_key(escaped(email)))

    def _under(self, key: str) -> ContactState | None:
        current = self._checkpoint.snapshot.known(PEOPLE, [key])
        return ContactState.from_json(current[key]) if key in current else None

    def contact_of(self, identity: str) -> ContactState | None:
        """The contact of that id, None if it is not there or was not read."""
        key = self._checkpoint.snapshot.known(ADDRESSES, [identity]).get(identity)
        return None if key is None else self._under(key)

    def records(self, key: str) -> Sequence[tuple[str, Json]]:
        """Id and kept values of the records of that key, oldest first."""
        ids = [key.removeprefix("id ")] if key.startswith("id ") else self._checkpoint.snapshot.ids_under(key)
        current = self._checkpoint.snapshot.known(RECORDS, ids)
        return [(identity, current[identity] | self._custom(identity)) for identity in ids if identity in current]

    def _custom(self, identity: str) -> dict[str, Json]:
        if self._data is None or not self._checkpoint.fact(facts.CUSTOM_READ):
            return {}
        field = self._data.field
        values = (record for _family, record in self._checkpoint.snapshot.relations_of(int(identity)))
        kept: dict[str, Json] = {}
        for value in values:
            kept[f"{CUSTOM}{value[field]}"] = value.get("fieldValue")
            kept[f"{CURRENCY_OF}{value[field]}"] = value.get("fieldCurrency")
        return kept

    def is_ours(self, identity: str) -> bool:
        """Whether a row of this job ended with that record, or has created it in an earlier run."""
        if identity.startswith(ENROLMENT):
            return self._checkpoint.fact(facts.ENROLMENT.of(identity.removeprefix(ENROLMENT)))
        if self._created is None:
            self._created = self._checkpoint.journal.created_by_open()
        return identity in self._created or self._checkpoint.rows.is_outcome(identity)

    def is_claimed(self, identity: str) -> bool:
        """Whether that is a record of which a row that is sent again has been told that it has created it.

        Only of what was there when all was read: what was acknowledged in vain may be the id of the next record.
        """
        if self._claimed is None:
            self._claimed = frozenset(str(made) for made in self._checkpoint.facts(facts.UNCONFIRMED).values())
        return identity in self._claimed and bool(self._checkpoint.snapshot.known(RECORDS, [identity]))

    @property
    def everybody(self) -> bool:
        """Whether all contacts were read."""
        return self._checkpoint.fact(facts.CONTACTS_READ) and not self._checkpoint.fact(facts.PARTLY)

    @property
    def newest(self) -> int:
        """The highest id when the job began."""
        return self._checkpoint.fact(facts.NEWEST) or 0
