"""What a file says of the person of each of its rows, for reports: it goes with the row, wherever that is fed in again.

Of one address the strictest row of a file counts, and that row may be in another report, or in none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bulk.files.adapted import Adapted
from bulk.files.joined import Joined, as_read
from bulk.files.source import Record, Source
from bulk.resources.presets.consent import Consent

_NO_WORD = (Consent.AGREED, Consent.LEFT)  # of these nothing more is to be said: they are put on the list, or taken off


@dataclass(frozen=True, slots=True)
class KeptConsent:
    """What a file says of people, by its rows as they stand in it. `tables` lays the rows of several members out."""

    members: tuple[Adapted | None, ...]
    tables: Joined | None = None

    @classmethod
    def of(cls, source: Source) -> Self | None:
        """None of a file that says nothing of people."""
        if isinstance(source, Adapted):
            return cls((source,)) if source.tells else None
        if not isinstance(source, Joined):
            return None
        members = tuple(each if isinstance(each, Adapted) and each.tells else None for each in source.members)
        if not any(members):
            return None
        source.heed_each_other()
        laid_out = as_read(source)
        return cls(members, laid_out if isinstance(laid_out, Joined) else None)

    def told(self, record: Record) -> str:
        """What counts of the person of a row, as a report has it: "" for agreement."""
        consent = self._standing(record)[0]
        return "" if consent is Consent.AGREED else consent.value

    def keeps_off_list(self, record: Record) -> bool:
        """Whether a row names a list that its person is not put on, nor taken off: who is on it already stays."""
        consent, member, cells = self._standing(record)
        if member is None or consent in _NO_WORD or (at := member.adaptation.lists_at) is None:
            return False
        how = member.adaptation
        return at >= how.own or bool(cells[at : at + 1] and cells[at].strip()) or at in [to for to, _names in how.joins]

    def _standing(self, record: Record) -> tuple[Consent, Adapted | None, list[str]]:
        at, cells = (0, record.cells) if self.tables is None else self.tables.apart(record)
        member = self.members[at]
        return (Consent.AGREED if member is None else member.standing(cells)), member, cells
