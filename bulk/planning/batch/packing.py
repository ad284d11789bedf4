"""How many contacts fit into a batch, by number and by bytes. Pure. `docs/activecampaign.md` has the limits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from bulk.model import Json

MOST: Final = 250  # contacts in a batch
FEWEST: Final = 10  # with fewer, the API's documents advise one request a step
BYTES: Final = 400_000  # a body has fewer
_AROUND: Final = 200  # of them stand around the contacts
_EACH: Final = 40  # of them stand around each: what separates it, and that it enters no automation


def size_of(contact: Json) -> int:
    """About how many bytes a contact takes in a body, never too few."""
    return len(json.dumps(contact).encode()) + _EACH


@dataclass(slots=True)
class Packing:
    """The room that is taken in a batch so far."""

    contacts: int = 0
    size: int = _AROUND

    def fits(self, size: int) -> bool:
        """Whether one more contact of this size fits in."""
        return self.contacts < MOST and self.size + size < BYTES

    def take(self, size: int) -> None:
        """Count a contact in."""
        self.contacts += 1
        self.size += size


def is_too_large(size: int) -> bool:
    """Whether a contact fits into no batch."""
    return not Packing().fits(size)
