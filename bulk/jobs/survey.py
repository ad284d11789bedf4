"""What the rows will need, before the first is sent: the names to make, and how many requests that will be about."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice

from bulk.jobs.checkpoint import Checkpoint
from bulk.model import Failure
from bulk.planning.contacts import Meaning, read_row
from bulk.tables.matching import Match
from bulk.tables.reading import Table

BATCH = 5_000


@dataclass(slots=True)
class Survey:
    """`rows` still to be sent and about how many `requests` they take. `tags`, `accounts`: folded name -> name."""

    rows: int = 0
    requests: int = 0
    tags: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)

    def describe(self, rate: float) -> str:
        """The line that a user sees before a long job."""
        line = f"{self.rows:,} rows · ≈ {self.requests:,} requests"
        return f"{line} · ≈ {duration(self.requests / rate)} at {rate:g}/s" if rate else line


def survey(table: Table, match: Match, meaning: Meaning, checkpoint: Checkpoint) -> Survey:
    """Read the file once more and look at every row that is not settled."""
    found = Survey()
    records = table.records()
    while batch := list(islice(records, BATCH)):
        settled = checkpoint.settled_between(batch[0].number, batch[-1].number)
        for record in batch:
            if record.number in settled:
                continue
            wanted = read_row(match.row(record), meaning)
            found.rows += 1
            if isinstance(wanted, Failure):
                continue
            found.requests += 1 + len(wanted.tags) + len(wanted.lists) + len(wanted.unsubscribe_lists)
            found.requests += 2 * bool(wanted.remove_tags) + (wanted.account is not None)
            for name in wanted.tags:
                found.tags.setdefault(name.casefold(), name)
            if wanted.account:
                found.accounts.setdefault(wanted.account.casefold(), wanted.account)
    return found


def duration(seconds: float) -> str:
    """A duration as people say it: `12 s`, `4 min`, `1 h 43 min`, `2 days 3 h`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    days, hours = divmod(hours, 24)
    return f"{days} days {hours} h"
