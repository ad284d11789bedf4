"""What a file says of the person of each of its rows, for reports: it goes with the row, wherever that is fed in again.

Of one address the strictest row of a file counts, and that row may be in another report, or in none.
"""

from __future__ import annotations

from collections.abc import Callable

from bulk.files.adapted import Adapted
from bulk.files.joined import Joined, as_read
from bulk.files.source import Record, Source
from bulk.resources.presets.consent import Consent


def kept_consent(source: Source) -> Callable[[Record], str] | None:
    """What counts of the person of a row as it stands in the file, "" for agreement; None: the file says nothing."""
    if isinstance(source, Adapted):
        return _of(source) if source.tells else None
    if not isinstance(source, Joined) or not any(isinstance(each, Adapted) and each.tells for each in source.members):
        return None
    source.heed_each_other()
    laid_out = as_read(source)
    assert isinstance(laid_out, Joined)  # noqa: S101 - as what it is made of
    members = [_of(each) if isinstance(each, Adapted) and each.tells else None for each in source.members]

    def of_member(record: Record) -> str:
        at, cells = laid_out.apart(record)
        told = members[at]
        return "" if told is None else told(Record(record.number, cells, record.problem))

    return of_member


def _of(member: Adapted) -> Callable[[Record], str]:
    def told(record: Record) -> str:
        consent = member.standing(record.cells)
        return "" if consent is Consent.AGREED else consent.value

    return told
