"""Every small fact that a job notes in its checkpoint: its name there, its type, and what holds until it is noted.

A fact has one owner, the module named beside it, which alone notes it; others may read it. Names and values stay as
they are on disk, so that jobs of earlier versions go on: what is to be another fact gets another name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Generic, TypeVar

from bulk.model import Json
from bulk.storage.database import Database, Execute

T = TypeVar("T")
K = TypeVar("K")
_NOTE: Final = "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"


@dataclass(frozen=True)
class Fact(Generic[T]):
    """One fact; `of_json` makes its value of what JSON gives back, where that is another type."""

    name: str
    default: T
    of_json: Callable[[Any], T] | None = None

    def read(self, value: Json) -> T:
        """The value, of what stands in the checkpoint."""
        result: T = value if self.of_json is None or value is None else self.of_json(value)
        return result


@dataclass(frozen=True)
class Family(Generic[K, T]):
    """Facts of one kind, one for each key; `key_of` makes the key of what follows the `prefix` in a name."""

    prefix: str
    default: T
    key_of: Callable[[str], K]

    def of(self, key: K) -> Fact[T]:
        """The fact of one key."""
        return Fact(f"{self.prefix}{key}", self.default)


# ---- any job

ASKED_SINCE: Final = Fact[float]("asked since", 0.0)  # checkpoint: no answer that is held is older
TOTALS: Final = Fact[tuple[int, int, float]]("totals", (0, 0, 0.0), tuple)  # meter: requests, retries, seconds
# meter: what it had sent after so many seconds, and what it was at: seconds, requests, retries, stage
COURSE: Final = Fact[Sequence[tuple[float, int, int, str]]]("course", ())

# ---- plans

PLANNED: Final = Fact[bool]("planned", False)  # jobs.plan: every row of it was decided
NEW_NAMES: Final = Fact[dict[str, list[str]]]("new names", {})  # jobs.plan: the names to be made, by resource
LACKING: Final = Fact[dict[str, int]]("lacking", {})  # jobs.plan: rows that name less than there is, by column
AUTOMATIONS: Final = Fact[list[str]]("automations", [])  # jobs.plan: the active ones, by name
# jobs.check: of a file with several tables, what these are called
TABLES: Final = Fact[tuple[str, ...]]("tables", (), tuple)
# jobs.create_fields: the fields that columns need and the account lacks, by title their types; whether all are made
NEW_FIELDS: Final = Fact[dict[str, str] | None]("new fields", None)
FIELDS_MADE: Final = Fact[bool]("fields made", False)
# jobs.create_names: by resource, what was made of the names that were missing: their ids, "" until it is known
MADE_NAMES: Final = Fact[dict[str, dict[str, str]]]("made names", {})
# jobs.apply_cost: of applying it, the requests that look at records, contacts read by hundreds, and rows
LOOKS: Final = Fact[tuple[int, int, int]]("looks", (0, 0, 0), tuple)
# jobs.plan: of what it deletes, the records; of contacts, those who left a list, and those who are subscribed
GOING: Final = Fact[tuple[int, int, int]]("going", (0, 0, 0), tuple)
# jobs.plan: how many requests an import takes that goes by batches, as far as it can, and the seconds of those beyond
# the pace; no requests: it cannot
IN_BATCHES: Final = Fact[tuple[int, float]]("in batches", (0, 0.0), tuple)
IMPORT_TAKES: Final = Fact[int]("import takes", 0)  # jobs.plan: how many an import at once takes, one request a step
TAKES: Final = Fact[int]("takes", 0)  # jobs.plan: how many requests applying it takes
APPLYING: Final = Fact[bool]("applying", False)  # jobs.apply: from then on it is sent

# ---- imports: the checks and the reports

CHECKED: Final = Fact[dict[str, int] | None]("checked", None)  # jobs.check: the tally of the whole file
# jobs.check: what each column of each table of the file is, as `files.noted` keeps it; of early versions none
UNDERSTOOD: Final = Fact[Sequence[Mapping[str, Any]]]("understood", ())
# jobs.check: whether a row is too short, and how many cells one has too many; None: not measured, by early versions
RAGGED: Final = Fact[tuple[bool, int] | None]("ragged", None, tuple)
# edited_reports: size and digest of each report as it was written, by name
REPORTS: Final = Fact[dict[str, list[Any]] | None]("reports", None)

# ---- imports: what was read of the account before the rows

CONTACTS_READ: Final = Fact[bool]("held", default=False)  # prefetch.contacts: contacts were read, all or some
PARTLY: Final = Fact[bool]("held partly", default=False)  # prefetch.contacts: there may be contacts that are not held
# jobs.prefetch: they were read when rows had begun already, and may show what these have done
READ_LATE: Final = Fact[bool]("held anew", default=False)
RECORDS_READ: Final = Fact[bool]("held records", default=False)  # prefetch.records: all records were
CUSTOM_READ: Final = Fact[bool]("custom read", default=False)  # prefetch.records: all values of custom fields were
PAGES_READ: Final = Fact[int | None]("pages of records", None)  # prefetch.records: how many pages that took
NEWEST: Final = Fact[int | None]("newest", None)  # prefetch.records: the highest id when the job first read them
HIGHEST: Final = Fact[int | None]("highest", None)  # prefetch.records: the same of contacts, where it is sure
READ_AT: Final = Fact[str]("read at", "")  # jobs.prefetch: when that was read by which rows are unchanged
PEOPLE_ASKED: Final = Fact[int]("people asked", 0)  # jobs.prefetch: how many requests it took to read contacts
NAMES_SPARED: Final = Fact[int]("names spared", 0)  # jobs.checking: how many an earlier part of a plan has asked for
CUSTOM_PAGES: Final = Fact[int]("pages of custom", 0)  # prefetch.records: in how many values of custom fields came
WHOSE_IDS: Final = Fact[str | None]("whose ids", None)  # jobs.prefetch: whose ids stand beside the addresses

# ---- imports: the export that the file was made of

BASELINE: Final = Fact[str | None]("baseline", None)  # jobs.baseline: what it is called, "" if there is none
BASELINE_MARK: Final = Fact[str]("baseline mark", "")  # jobs.baseline: by which its reports say what they go by
UNEDITED_SETTLED: Final = Fact[bool]("unedited settled", default=False)  # jobs.unedited: rows without edits are
EMPTIED: Final = Fact[int]("emptied", 0)  # jobs.unedited: cells that the file clears
# jobs.baseline: before anything was sent, there were none
NO_CONFLICTS: Final = Fact[bool]("no conflicts", default=False)
MISSING: Final = Fact[int]("missing", 0)  # jobs.unedited: rows that the file has no more

# ---- imports: the rows

CONFIRMED: Final = Fact[bool]("confirmed", default=False)  # jobs.delete: what goes was written down and agreed to
TIMES_CONFIRMED: Final = Fact[int]("times confirmed", 0)  # jobs.delete: how often anything was
READ_IN_VAIN: Final = Fact[int]("read back in vain", 0)  # jobs.read_back: runs that could not read all back
# row_states: by the number of a row that is sent once more, the id that it had created
CREATED_BY: Final = Family[int, str]("created by ", "", int)
# row_states: the same of a row that has failed since what it had created is not found so: a retry changes that one
UNCONFIRMED: Final = Family[int, str]("unconfirmed of ", "", int)
ENROLMENT: Final = Family[str, bool]("enrolment ", False, str)  # jobs.rows: by id, that we have made it
ENROLMENT_OF: Final = Family[int, str]("enrolment of ", "", int)  # jobs.rows: by row, the id of what it has made


def perhaps_of(record: str) -> Family[int, Mapping[str, Json]]:
    """jobs.read_back: by row, what it may have done to a record, which is named by its id or by the row's key."""
    return Family(f"perhaps of {record} ", {}, int)


# ---- undo

UNDONE_UNTIL: Final = Fact[float]("undone until", 0.0)  # jobs.undo_work: when the undone job had sent its last by then

NEWEST_OF: Final = Family[str, int | None]("newest of ", None, str)  # jobs.undo_lookup: by resource, the highest id

# ---- exports

WALKED: Final = Fact[bool]("walked", default=False)  # jobs.export_pages: all pages are read
TOTAL: Final = Fact[int | None]("total", None)  # jobs.export_pages: how many records there are, as last told
LEAST_TOTAL: Final = Fact[int | None]("least total", None)  # jobs.export_pages: the fewest that were ever told
APART: Final = Fact[bool]("apart", default=False)  # jobs.export_pages: relations do not come with the pages
APART_READ: Final = Fact[bool]("apart read", default=False)  # jobs.export_rest: they are read
NAMED: Final = Fact[bool]("named", default=False)  # jobs.export_pointers: what the records point to has its names
TAG: Final = Family[str, str]("tag ", "", str)  # jobs.export_pages: by id, the name that came with a page
UNKNOWN: Final = Family[str, bool]("unknown ", False, str)  # jobs.export_pointers: collections to read again
UNREAD: Final = Family[str, str]("unread ", "", str)  # jobs.export_rest: by collection, why it may not be read
# jobs.export_stages: the custom fields whose columns the file has: title, name in mails and type of each
CUSTOM_FIELDS: Final = Fact[list[list[str]]]("custom fields", [])
# jobs.export_stages: rows in the file, records that they came of, and how many of these the key may not see
WRITTEN: Final = Fact[tuple[int, int, int] | None]("written", None, tuple)
ROWS_OF_LINK: Final = Family[str, int | None](
    "written ", None, str
)  # jobs.export_files: the same of what belongs to contacts

# ---- what goes with the answers that it rests on

OF_RECORDS: Final[tuple[Fact[bool], ...]] = (RECORDS_READ, CUSTOM_READ)
# the agreement to delete too: the keys of the rows may match other records now
OF_ANSWERS: Final[tuple[Fact[bool], ...]] = (
    *OF_RECORDS, CONTACTS_READ, PARTLY, READ_LATE, APART_READ, NAMED, CONFIRMED,
)  # fmt: skip


# ---- where they stand


class FactStore:
    """The facts of one job; whoever reads one reads it as it was noted last, written down or not."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[str, tuple[int, str]] = {}  # to be written: number of the write, value

    def note(self, fact: Fact[T], value: T) -> None:
        """Queue a fact."""
        text = json.dumps(value)
        self._database.put(_NOTE, (fact.name, text))
        self._waiting.pop(fact.name, None)  # so that the oldest stand first
        self._waiting[fact.name] = (self._database.queued, text)
        for name in list(islice(self._waiting, 2)):  # two a note, so that what is written does not pile up
            self._waiting_text(name)

    def note_at_once(self, execute: Execute, fact: Fact[T], value: T) -> None:
        """Write a fact together with something else."""
        execute(_NOTE, (fact.name, json.dumps(value)))

    def fact(self, fact: Fact[T]) -> T:
        """Read a fact."""
        text = self._waiting_text(fact.name)
        if text is None:
            result = self._database.read("SELECT value FROM meta WHERE name = ?", (fact.name,)).fetchone()
            if result is None:
                return fact.default
            (text,) = result
        return fact.read(json.loads(text))

    def facts(self, family: Family[K, T]) -> dict[K, T]:
        """Read all facts of a family, by their keys."""
        prefix = family.prefix
        waiting = {name: self._waiting_text(name) for name in list(self._waiting) if name.startswith(prefix)}
        sql = "SELECT name, value FROM meta WHERE name >= ? AND name < ?"
        after = prefix[:-1] + chr(ord(prefix[-1]) + 1)  # the first name that does not begin so
        texts = dict(self._database.read(sql, (prefix, after)).fetchall())
        texts |= {name: text for name, text in waiting.items() if text is not None}
        return {family.key_of(name.removeprefix(prefix)): json.loads(text) for name, text in texts.items()}

    def forget(self, execute: Execute, some: Iterable[Fact[bool]]) -> None:
        """Forget facts together with something else."""
        for fact in some:
            execute("DELETE FROM meta WHERE name = ?", (fact.name,))

    def _waiting_text(self, name: str) -> str | None:
        number, text = self._waiting.get(name, (0, ""))
        if number > self._database.written:
            return text
        self._waiting.pop(name, None)
        return None
