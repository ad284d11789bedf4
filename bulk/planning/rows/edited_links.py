"""Rows of what belongs to contacts of which some are edits of an export's rows, judged three ways.

A link is one thing: where the account changed it too, all of the row is kept. Whom it belongs to was read before the
rows, or is asked for now: an edit is never sent unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bulk.model import Failure, Flow, Outcome, Row, RowStatus, number_told
from bulk.planning.changes import UNCHANGED, Deciding, carried_out
from bulk.planning.consent import BOUNCED, RELATION, UNSUBSCRIBED
from bulk.planning.flow import Asking
from bulk.planning.learning import has_sent, learned_person
from bulk.planning.rows.edited import ACCOUNT, SHEET, left_as_it_is
from bulk.planning.rows.link import LinkRows
from bulk.planning.three_ways import Conflict, conflicts_of, conflicts_of_missing
from bulk.planning.unchanged import link_cell
from bulk.planning.writers import Estimate, Known, Meaning, Own
from bulk.resources.spec import Column

NOT_MADE: Final = "not_made"  # the code of what waits for what another row was to do
_OFF: Final = (UNSUBSCRIBED, BOUNCED)


@dataclass(frozen=True, slots=True)
class EditedLinks:
    """The writer of a file that was made of an export of links.

    `others` writes its rows, `deletes` takes the links of rows away that the file has no more. `columns` are all that
    there are of it.
    """

    others: LinkRows
    deletes: LinkRows
    columns: Sequence[Column]
    on_conflict: str

    @property
    def meaning(self) -> Meaning:
        """What the rows mean that the file has."""
        return self.others.meaning

    def own(self, row: Row, known: Known) -> Own:
        """The row without what its contact has."""
        return Own(row) if row.is_missing else self.others.own(row, known)

    def estimate(self, own: Own, known: Known) -> Estimate | Failure:
        """About how many requests a row takes."""
        return Estimate(1) if own.row.is_missing else self.others.estimate(own, known)

    def flow(self, row: Row, known: Known) -> Flow:
        """The flow of one row."""
        return carried_out(self.decide(row, known))

    def decide(self, row: Row, known: Known) -> Deciding:
        """What the row changes of its contact, unless the account changed the same."""
        if known.instead:
            row_told = number_told(known.instead)
            said = f"Row {row_told} of the file stands instead of it, and was not done, so this was kept."
            return Outcome(RowStatus.FAILED, failures=(Failure("", NOT_MADE, f"{said} ⟦retry⟧ sends both again."),))
        if row.before is None or has_sent(known):  # there is nothing to judge; or it was before that was sent
            return (yield from self._writer(row).decide(self._taken_away(row), known))
        learnt = yield from self._learnt(row, known)
        if isinstance(learnt, Failure):
            return Outcome(RowStatus.FAILED, failures=(learnt,))
        current = self._current(row, learnt)
        if row.is_missing and self._is_gone(current):
            return Outcome(RowStatus.UNCHANGED, UNCHANGED, row.values.get("contact", ""))
        kept = [] if self.on_conflict == SHEET else self.conflicts(row, learnt)
        if not kept:
            return (yield from self._writer(row).decide(self._taken_away(row), learnt))
        return left_as_it_is(row.values.get("contact", ""), () if self.on_conflict == ACCOUNT else kept)

    def conflicts(self, row: Row, known: Known) -> list[Conflict]:
        """What both sides changed of a row's link, as far as it is known what the contact has."""
        current = self._current(row, known) if row.before is not None else None
        if current is None:
            return []
        if row.is_missing:
            return conflicts_of_missing(row, self._values, current)
        return conflicts_of(row, self.meaning.columns, current)

    def _learnt(self, row: Row, known: Known) -> Asking[Known | Failure]:
        """What is known of the row's contact; one that was not read, or long ago, is read now."""
        if not known.aged and self._current(row, known) is not None:
            return known
        return (yield from learned_person(row, known, self.others.lookup_of(known), again=True))

    def _current(self, row: Row, known: Known) -> Callable[[Column], str] | None:
        others = self.others
        return link_cell(row, others.resource, others.meaning, others.names, others.lookup_of(known))

    def _is_gone(self, current: Callable[[Column], str] | None) -> bool:
        """Whether a link that is to go is gone already, or as good as."""
        if current is None:
            return False  # of an automation only the account itself tells
        own = [column for column in self.columns if column.attribute == self.others.target]
        status = next((column for column in self.columns if column.attribute == "status"), None)
        left = self.others.resource.name == RELATION and status is not None and current(status) in _OFF
        return left or not all(map(current, own))

    @property
    def _values(self) -> list[Column]:
        """The columns that say what a link is like, and not which one."""
        key = {"contact", *self.others.resource.key_attributes}
        return [column for column in self.columns if column.means not in key and not column.names and column.writable]

    def _writer(self, row: Row) -> LinkRows:
        return self.deletes if row.is_missing else self.others

    def _taken_away(self, row: Row) -> Row:
        """The row that takes its link away, where that is not what a deletion does."""
        if not row.is_missing or self.others.resource.name != RELATION:
            return row
        return replace(row, values={**row.values, "status": UNSUBSCRIBED})
