"""Rows of a job in which nobody may enter an automation: what batches have left undone of them is told, and not sent.

Only ActiveCampaign's importer can hold automations back. Every other request that changes a contact may start one, so
none is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bulk.jobs.prepared import Prepared
from bulk.model import Aspect, Edit, Failure, Flow, Outcome, Row, RowStatus
from bulk.planning.changes import CREATED, Change
from bulk.planning.writers import Known
from bulk.resources.spec import CUSTOM
from bulk.wording import quoted

_FAMILIES: Final = {
    Aspect.TAG: ("tags", "the tag"), Aspect.LIST: ("lists", "the list"), Aspect.ACCOUNT: ("accounts", "the account")
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class WithoutAutomations:
    """The rows of such a job, once they have been in a batch, or could not be."""

    prepared: Prepared

    def flow(self, row: Row, known: Known) -> Flow:
        """The flow of one row: it asks, and changes nothing."""
        decided = yield from self.prepared.writer.decide(row, known)
        if isinstance(decided, Outcome):
            return decided
        change = decided.change
        if not (change.own or change.beside):
            return (yield from decided.carry_out())  # nothing is sent: it is as wanted, or may not be
        return Outcome(RowStatus.FAILED, "", change.record, (*change.failures, self._failure(change)))

    def _failure(self, change: Change) -> Failure:
        what = "the contact" if change.action == CREATED else ", ".join(self._called((*change.own, *change.beside)))
        said = (
            f"The importer has not done this: {what}. Any other request might start an automation, so none was sent."
            " To send it all the same, import this row without ⟦no_automations⟧."
        )
        return Failure("", "automations", said)

    def _called(self, edits: Iterable[Edit]) -> Iterator[str]:
        """What edits are about, as the file calls it."""
        titles = {column.attribute: column.title or column.attribute for column in self.prepared.writer.meaning.columns}
        for edit in edits:
            if edit.aspect is Aspect.VALUE:
                yield titles.get(edit.of, edit.of.removeprefix(CUSTOM))
            else:
                family, called = _FAMILIES[edit.aspect]
                yield f"{called} {quoted(self.prepared.names.book(family).name_of(edit.of) if edit.of else edit.name)}"
