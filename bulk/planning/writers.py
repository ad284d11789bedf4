"""What the rows of a resource mean in a job, and what a writer of rows can do. Each way of writing has one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from bulk.model import Failure, Flow, Json, Outcome, Row, RowStatus
from bulk.planning.changes import Deciding
from bulk.planning.consent import NO_EXCLUSIONS, Exclusions
from bulk.planning.damage import Current, damage
from bulk.planning.state import ContactState
from bulk.resources.kinds import NAMES, Problem
from bulk.resources.kinds.date_forms import Dates
from bulk.resources.spec import JOIN, Column, clears, is_blank

MADE: Final = ("tags", "accounts")  # what is created once, before the rows, if the account does not have it


# wide: one attribute for each choice of the user that shapes what rows do
@dataclass(frozen=True, slots=True)
class Meaning:
    """What rows mean in this job: the user's choices that shape every flow."""

    columns: tuple[Column, ...]
    mode: str = "upsert"
    key: str = "email"
    blank: str = "keep"
    resubscribe: bool = False
    allow_damaged: bool = True
    began: float = 0.0  # when the job did, on the clock of the world; 0.0: not known
    excluded: Exclusions = NO_EXCLUSIONS
    undoes: bool = False  # it puts back what a job made
    exact: frozenset[str] = frozenset()  # attributes of which a cell is all that there should be
    dates: Dates = field(default_factory=Dates)  # how they stand in cells whose kind only the row tells

    @property
    def key_attributes(self) -> tuple[str, ...]:
        """The attributes that identify a record in this job."""
        return tuple(self.key.split(JOIN))

    def damaged(self, row: Row, current: Current) -> Outcome | None:
        """The end of a row with a cell that a spreadsheet has spoilt, unless the user lets it through."""
        result = None if self.allow_damaged or self.mode == "delete" else damage(row, self.columns, current)
        return None if result is None else Outcome(RowStatus.REJECTED, failures=(result,))

    def cells(self, row: Row) -> list[tuple[Column, Json]] | Failure:
        """The cells of a row that say something, read by the kinds of their columns; "" clears."""
        read: list[tuple[Column, Json]] = []
        for column in self.columns:
            text = row.values.get(column.attribute)
            if text is None:  # it says what the account holds, and is neither judged nor sent
                continue
            cleared = clears(text) or (self.blank == "clear" and is_blank(text) and column.kind is not NAMES)
            if is_blank(text) and not cleared:
                continue
            value = "" if cleared else column.read(text)
            if isinstance(value, Problem):
                return Failure("", value.code, f"{column.header}: {value.message} {value.hint}".strip())
            read.append((column, value))
        return read


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a row will take: about so many requests, and names of tags and accounts that must be there.

    `subscribes`: it puts somebody on a list, so how they stand is read before.
    """

    requests: int
    names: tuple[tuple[str, str], ...] = ()
    subscribes: bool = False


# wide: a value, one attribute for each thing that may be known of a row
@dataclass(frozen=True, slots=True)
class Known:
    """What is known when a row begins.

    `state` is what the account held of the row's contact when the job began, None if that was not read or not there;
    `absent`: it was read, and the contact was not there. `fresh` False: it was read too long ago to say which
    lists it is on. `begun` are steps that an earlier run has sent: what it decided stays decided. `newest` is the
    highest id of a contact when the job began, -1 if it is not known; `highest` is the same where it is sure, else
    None. `resumed`: the job was cut off before, and what it has not sent others may have made in the meantime.
    `aged`: what was read is too old to say by itself that a row asks for nothing.
    `stored` is what the account holds of it where `state` is not to decide what was there before: it says which cells
    are nothing new.
    `look_first`: nobody of this address is known, but the account may take it for somebody else's, so that is
    asked before anything is sent to it. `beside`: the address of somebody else whose id stands beside the row's.
    `made` is the id of what the row has created before and was not found so when it was read back, "" if there is none;
    `made_alone`: no other row has been told the same id. `person` is the contact that a row of what belongs to one is
    about, where it was read for this row alone. `as_planned`: who is not there is made, and nobody who is there by
    then is changed. `instead` is the number of a row that was to stand instead of one which the file has no more, and
    that was not done; 0 if there is none.
    """

    state: ContactState | None = None
    stored: ContactState | None = None
    fresh: bool = False
    absent: bool = False
    begun: frozenset[str] = frozenset()
    newest: int = -1
    highest: int | None = None
    resumed: bool = False
    aged: bool = False
    look_first: bool = False
    beside: str = ""
    made: str = ""
    made_alone: bool = True
    person: ContactState | None = None
    as_planned: bool = False
    instead: int = 0


@dataclass(frozen=True, slots=True)
class Own:
    """The record that a row itself tells it is about: its id and what is kept of it, None if the row does not tell.

    `row` has only the cells that do not say what the record holds. `name` tells the record from all others, "" if the
    row does not.
    """

    row: Row
    record: tuple[str, Json] | None = None
    name: str = ""


def is_made(column: Column) -> bool:
    """Whether what a column names is created where the account does not have it."""
    return bool(column.names) and column.of in MADE


def names_to_make(cells: Iterable[tuple[Column, Json]]) -> tuple[tuple[str, str], ...]:
    """The names of tags and accounts that must be there; beside an id they say nothing that has to be made."""
    said = [(column, str(value)) for column, value in cells if value]
    ids = {column.attribute for column, _value in said}
    return tuple((c.of, name) for c, name in said if is_made(c) and c.names not in ids)


class Writer(Protocol):
    """Rows of one resource -> flows. Plain calls; it asks nothing of the account but through flows."""

    @property
    def meaning(self) -> Meaning:
        """What its rows mean."""

    def estimate(self, own: Own, known: Known) -> Estimate | Failure:
        """About what a row takes, by what is known; the `Failure` if it is sure to be refused before it is sent."""

    def own(self, row: Row, known: Known) -> Own:
        """The record that the row itself tells it is about, and the row without the cells that it holds already."""

    def decide(self, row: Row, known: Known) -> Deciding:
        """What one row changes; given the same knowledge, the same. Asks where it has to, and writes nothing."""

    def flow(self, row: Row, known: Known) -> Flow:
        """The flow of one row: what is decided is carried out."""


class Lookup(Protocol):
    """What was read of the account before the rows."""

    def contact(self, email: str) -> ContactState | None:
        """The contact of that address, None if it is not there or was not read."""

    def contact_of(self, identity: str) -> ContactState | None:
        """The contact of that id, None if it is not there or was not read."""

    def records(self, key: str) -> Sequence[tuple[str, Json]]:
        """Id and kept values of the records of that key, oldest first."""

    def is_ours(self, identity: str) -> bool:
        """Whether another row of this job ended with that record, or has made it."""

    def is_claimed(self, identity: str) -> bool:
        """Whether that is a record of which a row that is sent again has been told that it has created it."""

    @property
    def everybody(self) -> bool:
        """Whether all contacts were read, so that who is not found is not there."""

    @property
    def newest(self) -> int:
        """The highest id when the job began."""
