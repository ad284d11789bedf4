"""What one row of what belongs to contacts has at hand, and what is decided of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bulk.model import Edit, Failure, Json
from bulk.planning.contact_changes import Places, places_of
from bulk.planning.flow import Asking
from bulk.planning.names import Names
from bulk.planning.state import ContactState
from bulk.planning.steps.contact_links import Done
from bulk.planning.understanding import Wanted
from bulk.planning.writers import Known, Lookup, Meaning
from bulk.resources.kinds import TEXT, Kind
from bulk.resources.spec import Resource


@dataclass(slots=True)
class LinkWork:
    """One row at work. `kind` is that of the custom field whose value it is."""

    resource: Resource
    wanted: Wanted
    meaning: Meaning
    known: Known
    names: Names
    lookup: Lookup
    taken: set[str]
    action: str = "updated"
    kind: Kind = TEXT

    @property
    def contact(self) -> str:
        """The contact's id."""
        return self.value("contact")

    @property
    def state(self) -> ContactState | None:
        """What was read of the contact before the rows."""
        return self.wanted.state

    @property
    def places(self) -> Places | None:
        """The accounts that the contact was read to be in."""
        return None if self.state is None else places_of(self.state)

    def value(self, attribute: str) -> str:
        """One of the row's values, "" without it."""
        return str(self.wanted.values.get(attribute) or "")

    def made(self, current: Mapping[str, Json] | None, identity: str) -> None:
        """Note whether what is written was there, as far as that is known."""
        if current is not None and identity not in current:
            self.action = "created"


@dataclass(frozen=True, slots=True)
class Decided:
    """What a row changes, what it must not, and the steps that write the former."""

    edits: tuple[Edit, ...]
    write: Callable[[], Asking[Done]]
    refused: tuple[Failure, ...] = ()


Decide = Callable[[LinkWork], Asking[Decided]]


def nothing_to_do(done: Done | None = None) -> Asking[Done]:
    """Nothing is to be written, or nothing may be."""
    yield from ()
    return done or Done()
