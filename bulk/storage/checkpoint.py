"""The truth of a job, in SQLite: what was intended, sent and answered. Nothing is believed until it stands here.

An intent is durable before its request leaves, a receipt before its row counts as done. Writes are queued in order and
committed together by one thread at a time, so a later write on disk means that every earlier one is there too.
"""

from __future__ import annotations

import contextlib
import json
import math
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import anyio
import anyio.lowlevel
import anyio.to_thread

from bulk.errors import UnfinishedError, UsageError
from bulk.model import ANOTHER_RECORD, Failure, Json, Outcome, Receipt, RowStatus, Verdict
from bulk.resources.escapes import speakable
from bulk.storage import facts
from bulk.storage.facts import Fact, Family, K, T
from bulk.storage.formats import FIRST_CHECKPOINT, checkpoint_format, migrate_checkpoint

_SCHEMA: Final = f"""
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE rows (row INTEGER PRIMARY KEY, status TEXT NOT NULL, action TEXT NOT NULL, id TEXT NOT NULL,
                   failures TEXT NOT NULL, attempts INTEGER NOT NULL);
CREATE TABLE steps (row INTEGER NOT NULL, step TEXT NOT NULL, method TEXT NOT NULL, attempts INTEGER NOT NULL,
                    verdict TEXT, status INTEGER, data TEXT, code TEXT, error TEXT,
                    PRIMARY KEY (row, step)) WITHOUT ROWID;
CREATE TABLE pages (first INTEGER NOT NULL, last INTEGER NOT NULL, count INTEGER NOT NULL, records TEXT NOT NULL);
CREATE TABLE held (key TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE held_under (key TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (key, id)) WITHOUT ROWID;
CREATE TABLE relations (family TEXT NOT NULL, id INTEGER NOT NULL, owner INTEGER NOT NULL, record TEXT NOT NULL,
                        PRIMARY KEY (family, id)) WITHOUT ROWID;
CREATE INDEX relations_by_owner ON relations (owner);
CREATE INDEX rows_by_id ON rows (id) WHERE id <> '';
PRAGMA user_version = {FIRST_CHECKPOINT};
"""
_NOTE: Final = "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_INTEND: Final = (
    "INSERT INTO steps (row, step, method, attempts) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (row, step) DO UPDATE SET attempts = excluded.attempts"
)
_RECEIVE: Final = (
    "INSERT INTO steps (row, step, method, attempts, verdict, status, data, code, error)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (row, step) DO UPDATE SET attempts = excluded.attempts, verdict = excluded.verdict,"
    " status = excluded.status, data = excluded.data, code = excluded.code, error = excluded.error"
)
_SETTLE: Final = (
    "INSERT INTO rows (row, status, action, id, failures, attempts) VALUES (?, ?, ?, ?, ?,"
    " (SELECT coalesce(sum(attempts), 0) FROM steps WHERE row = ?))"
    " ON CONFLICT (row) DO UPDATE SET status = excluded.status, action = excluded.action, id = excluded.id,"
    " failures = excluded.failures, attempts = excluded.attempts"
)
NOT_READ_BACK: Final = "not_read_back"  # the code of a row that is acknowledged and could not be read
_REPEATED: Final = f"NOT (step = 'contact' AND code = '{ANOTHER_RECORD}')"
_REMEMBER: Final = (
    "INSERT OR REPLACE INTO meta SELECT ? || row, json_quote(id) FROM rows WHERE row = ? AND action = 'created'"
)


@dataclass(frozen=True, slots=True)
class SettledRow:
    """A row that has ended, as it is written down."""

    number: int
    outcome: Outcome
    attempts: int


class Unread(NamedTuple):
    """A row that is acknowledged and not read back: its record's id, and what is to be found of it."""

    row: int
    record: str
    wants: Json


@dataclass(frozen=True, slots=True)
class OpenRow:
    """What is known of a row that has begun and not ended: receipts, and steps that were never answered."""

    known: dict[str, Receipt] = field(default_factory=dict)
    cut_off: dict[str, int] = field(default_factory=dict)


class Checkpoint:
    """One job's database. Only one process has it open (the job's lock sees to that)."""

    def __init__(self, path: Path, *, new: bool = False) -> None:
        """Open, or make it if it is `new`. Raises `UsageError` for a file that is damaged or of another version."""
        self._path = path
        self._failure: UnfinishedError | None = None  # after one, nothing more is written or called durable
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except sqlite3.OperationalError as error:
            raise UsageError(f"{path} cannot be opened: {error}. See whose it is, and that it can be read.") from error
        try:
            self._prepare(new=new)
        except BaseException:
            self._db.close()
            raise
        self._reader = sqlite3.connect(path, check_same_thread=False)  # sees what is committed, while a thread writes
        self._queue: list[tuple[str, Sequence[Any]]] = []
        self._queued = self._durable = 0  # writes
        self._queued_size = self._durable_size = 0  # characters in them
        self._notes: dict[str, tuple[int, str]] = {}  # facts that wait to be written: number of the write, value
        self._turn = anyio.Lock()

    def _prepare(self, *, new: bool) -> None:
        try:
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if new or version:  # an empty file is left as it is
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
            if new:
                self._db.executescript("BEGIN;" + _SCHEMA + "COMMIT;")
                self._db.execute(_NOTE, (facts.ASKED_SINCE.name, json.dumps(time.time())))
            damage = "" if new else self._damage()
            if new or (not damage and FIRST_CHECKPOINT <= version < checkpoint_format()):
                migrate_checkpoint(self._db, FIRST_CHECKPOINT if new else version)
        except sqlite3.OperationalError as error:  # the disk is full, or does not answer: it is not the file
            raise UnfinishedError(f"{self._path} cannot be used: {error}. Look at its disk") from error
        except sqlite3.DatabaseError as error:
            raise self._unusable(f"is damaged ({error})") from error
        if version == 0 and not new:
            raise self._unusable("is empty")
        if damage:
            raise self._unusable(f"is damaged ({damage})")
        if version > checkpoint_format():
            raise UsageError(f"{self._path} was made by a newer version of bulk. Go on with the job by that version.")
        if 0 < version < FIRST_CHECKPOINT:
            raise UsageError(
                f"{self._path} was made by a version of bulk that is too old. Go on with the job by that version."
            )

    def _damage(self) -> str:
        """What SQLite would pass over until it reads that page; "" if the file is sound. Half a second for 100 MB."""
        result = str(self._db.execute("PRAGMA quick_check(1)").fetchone()[0])
        if result != "ok":
            return " ".join(result.split())
        journal = self._path.with_name(f"{self._path.name}-wal")
        if journal.exists() and journal.stat().st_size:
            return ""  # a kill while it was moved into the file: what the file lacks is read from the journal
        (pages,), (size,) = (self._db.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size"))
        return "" if self._path.stat().st_size >= pages * size else "its end is missing"

    def _unusable(self, how: str) -> UsageError:
        return UsageError(
            f"{self._path} {how}, so the job cannot go on. It is left as it is; start anew: what is done already is"
            " found unchanged."
        )

    def close(self) -> None:
        """Write what is queued and close."""
        try:
            if self._failure is None:
                self._commit(self._take())
        finally:
            self._reader.close()
            self._db.close()

    # ---- writing, in order

    def put(self, sql: str, values: Sequence[Any]) -> None:
        """Queue one write. It is durable once a later `durable()` returns."""
        values = tuple(speakable(value) if isinstance(value, str) else value for value in values)
        self._queue.append((sql, values))
        self._queued += 1
        self._queued_size += _size(values)

    async def durable(self) -> None:
        """Wait until everything queued so far is on disk. Many waiters share one commit."""
        ticket = self._queued
        while self._durable < ticket:
            async with self._turn:
                if self._durable >= ticket:
                    return
                await anyio.lowlevel.checkpoint()  # let others that are about to write join this commit
                batch = self._take()
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(self._commit, batch)

    @property
    def backlog(self) -> int:
        """How many characters wait to be on disk: about what they take of memory."""
        return self._queued_size - self._durable_size

    def _take(self) -> list[tuple[str, Sequence[Any]]]:
        batch, self._queue = self._queue, []
        return batch

    def _commit(self, batch: Sequence[tuple[str, Sequence[Any]]]) -> None:
        if self._failure is not None:
            raise self._failure
        if not batch:
            return
        with self._at_once() as execute:
            for sql, values in batch:
                execute(sql, values)
        self._durable += len(batch)
        self._durable_size += sum(_size(values) for _sql, values in batch)

    @contextmanager
    def _at_once(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        """What is executed within is on disk when this ends, all or nothing; after a failure nothing more is."""
        try:
            self._db.execute("BEGIN")
            yield self._db.execute
            self._db.execute("COMMIT")
        except sqlite3.Error as error:  # a full disk, mostly; what is on it stays as it is
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            self._failure = UnfinishedError(f"{self._path} cannot be written: {error}. Make room")
            raise self._failure from error

    def intend(self, row: int, step: str, method: str, attempts: int) -> None:
        """Note that a request is about to leave."""
        self.put(_INTEND, (row, step, method, attempts))

    def receive(self, row: int, method: str, receipt: Receipt) -> None:
        """Note how a step ended."""
        data = None if receipt.data is None else json.dumps(receipt.data, separators=(",", ":"))
        self.put(
            _RECEIVE,
            (row, receipt.step, method, receipt.attempts, receipt.verdict.value, receipt.status, data, receipt.code,
             receipt.error),
        )  # fmt: skip

    def release(self, row: int, step: str) -> None:
        """Forget an intent whose request was surely not executed."""
        self.put("DELETE FROM steps WHERE row = ? AND step = ? AND verdict IS NULL", (row, step))

    def settle(self, row: int, outcome: Outcome) -> None:
        """Note how a row ended. The steps of a row that is done are not needed any more."""
        failures = json.dumps([[f.step, f.code, f.error] for f in outcome.failures]) if outcome.failures else "[]"
        self.put(_SETTLE, (row, outcome.status.value, outcome.action, outcome.id, failures, row))
        if outcome.status in (RowStatus.SUCCEEDED, RowStatus.UNCHANGED):
            self.put("DELETE FROM steps WHERE row = ?", (row,))

    # ---- what is read back

    def expect(self, row: int, record: str, wants: Json) -> None:
        """Note what is to be found of a record when it is read back, in the same breath as the end of the row."""
        text = json.dumps(wants, ensure_ascii=False, separators=(",", ":"))
        self.put("INSERT OR REPLACE INTO unread VALUES (?, ?, ?)", (record, row, text))

    def read_back(self, row: int, record: str) -> None:
        """Note that what a row has brought about was read."""
        self.put("DELETE FROM unread WHERE record = ? AND row = ?", (record, row))

    def fail(self, row: int, failures: Iterable[Failure]) -> None:
        """Note that what was acknowledged of a row is not so; if it is sent again, it begins anew.

        What it has created stays noted, so that it is not created once more.
        """
        told = json.dumps([[failure.step, failure.code, failure.error] for failure in failures])
        self.put("UPDATE rows SET status = ?, failures = ? WHERE row = ?", (RowStatus.FAILED.value, told, row))
        self.put(_REMEMBER, (facts.UNCONFIRMED.prefix, row))
        self.put("DELETE FROM steps WHERE row = ?", (row,))

    def unreadable(self, row: int, record: str) -> None:
        """Note that the API will not have read what a row has brought about."""
        self.read_back(row, record)
        self.put("INSERT OR IGNORE INTO unreadable VALUES (?)", (row,))

    def unreadable_count(self) -> int:
        """How many rows are done as far as the answers say, and may not be read."""
        sql = "SELECT count(*) FROM unreadable JOIN rows USING (row) WHERE status = 'succeeded'"
        return int(self._reader.execute(sql).fetchone()[0])

    def give_up_unread(self, error: str) -> None:
        """Make the rows that are done and could not be read back doubtful ones, so that the job can end.

        Rows that had failed before stay as they are: what they have made is looked for when they are sent again.
        """
        done = "SELECT row FROM rows WHERE status = 'succeeded'"
        told = json.dumps([["read back", NOT_READ_BACK, error]])
        self.put(f"INSERT OR REPLACE INTO given_up SELECT * FROM unread WHERE row IN ({done})", ())
        self.put("DELETE FROM unread", ())
        self.put("UPDATE rows SET status = 'in_doubt', failures = ? WHERE row IN (SELECT row FROM given_up)", (told,))

    def read_given_up_again(self) -> None:
        """Let what could not be read back be read once more: it was acknowledged, so it is not sent again before."""
        with self._at_once() as execute:
            given_up = "SELECT row FROM given_up"
            execute(f"UPDATE rows SET status = 'succeeded', failures = '[]' WHERE row IN ({given_up})")
            execute("INSERT OR REPLACE INTO unread SELECT * FROM given_up")
            execute("DELETE FROM given_up")

    def unread_count(self) -> int:
        """How many rows are acknowledged and not read back."""
        return int(self._reader.execute("SELECT count(*) FROM unread").fetchone()[0])

    def unread(self, records: int) -> Iterator[list[Unread]]:
        """The rows that are not read back, those of so many records at a time."""
        after = ""
        while True:
            sql = "SELECT DISTINCT record FROM unread WHERE record > ? ORDER BY record LIMIT ?"
            result = [record for (record,) in self._reader.execute(sql, (after, records))]
            if not result:
                return
            between = "SELECT row, record, wants FROM unread WHERE record BETWEEN ? AND ? ORDER BY row"
            cursor = self._reader.execute(between, (result[0], result[-1]))
            yield [Unread(row, record, json.loads(wants)) for row, record, wants in cursor.fetchall()]
            after = result[-1]

    # ---- small facts about the job

    def note(self, fact: Fact[T], value: T) -> None:
        """Queue a fact about the job; whoever reads it from now on reads this."""
        text = json.dumps(value)
        self.put(_NOTE, (fact.name, text))
        self._notes[fact.name] = (self._queued, text)

    def fact(self, fact: Fact[T]) -> T:
        """Read a fact about the job."""
        text = self._waiting_note(fact.name)
        if text is None:
            result = self._reader.execute("SELECT value FROM meta WHERE name = ?", (fact.name,)).fetchone()
            if result is None:
                return fact.default
            (text,) = result
        return fact.read(json.loads(text))

    def facts(self, family: Family[K, T]) -> dict[K, T]:
        """Read all facts of a family, by their keys."""
        prefix = family.prefix
        cursor = self._reader.execute(
            "SELECT name, value FROM meta WHERE substr(name, 1, ?) = ?", (len(prefix), prefix)
        )
        texts = dict(cursor.fetchall())
        for name in [name for name in self._notes if name.startswith(prefix)]:
            text = self._waiting_note(name)
            if text is not None:
                texts[name] = text
        return {family.key_of(name.removeprefix(prefix)): json.loads(text) for name, text in texts.items()}

    def _waiting_note(self, name: str) -> str | None:
        """A fact that is noted and not committed yet."""
        number, text = self._notes.get(name, (0, ""))
        if number > self._durable:
            return text
        self._notes.pop(name, None)
        return None

    # ---- reading what is committed

    def counts(self) -> dict[str, int]:
        """How many rows ended in each status."""
        return dict(self._reader.execute("SELECT status, count(*) FROM rows GROUP BY status"))

    def settled_between(self, first: int, last: int) -> dict[int, RowStatus]:
        """How the rows in this range ended that have, by their numbers."""
        result = self._reader.execute("SELECT row, status FROM rows WHERE row BETWEEN ? AND ?", (first, last))
        return {row: RowStatus(status) for row, status in result}

    def settled_rows(self) -> Iterator[SettledRow]:
        """All rows that have ended, in file order."""
        cursor = self._reader.execute("SELECT row, status, action, id, failures, attempts FROM rows ORDER BY row")
        for number, status, action, identity, failures, attempts in cursor:
            result = () if failures == "[]" else tuple(Failure(*failure) for failure in json.loads(failures))
            yield SettledRow(number, Outcome(RowStatus(status), action, identity, result), attempts)

    def open_between(self, first: int, last: int) -> dict[int, OpenRow]:
        """The rows in this range that have begun and not ended."""
        rows: dict[int, OpenRow] = {}
        cursor = self._reader.execute(
            "SELECT row, step, attempts, verdict, status, data, code, error FROM steps WHERE row BETWEEN ? AND ?"
            " AND row NOT IN (SELECT row FROM rows WHERE row BETWEEN ? AND ?)",
            (first, last, first, last),
        )
        for row, step, attempts, verdict, status, data, code, error in cursor:
            entry = rows.setdefault(row, OpenRow())
            if verdict is None:
                entry.cut_off[step] = attempts
            else:
                value = None if data is None else json.loads(data)
                receipt = Receipt(step, Verdict(verdict), status, value, code, error, attempts)
                entry.known[step] = receipt
        return rows

    def has_begun(self) -> bool:
        """Whether anything of any row was asked or sent."""
        begun = "SELECT 1 FROM rows WHERE status NOT IN ('rejected', 'skipped') UNION ALL SELECT 1 FROM steps LIMIT 1"
        return self._reader.execute(begun).fetchone() is not None

    def cut_off_rows(self) -> dict[int, int]:
        """The rows with a write that was sent and never answered; how often each was sent."""
        sql = "SELECT row, sum(attempts) FROM steps WHERE verdict IS NULL AND method <> 'GET' GROUP BY row"
        return dict(self._reader.execute(sql))

    def begun_rows(self) -> frozenset[int]:
        """The rows that have not ended, and of which something was written or may have been."""
        sql = "SELECT DISTINCT row FROM steps WHERE method <> 'GET' AND row > 0 AND row NOT IN (SELECT row FROM rows)"
        return frozenset(row for (row,) in self._reader.execute(sql))

    def reopen_failed(self, after: Iterable[int] = ()) -> int:
        """Make failed and doubtful rows open again, keeping the receipts of their steps that are done; how many.

        What was refused is asked anew. What is in doubt becomes an unanswered intent: repeated if it may be, else
        settled by reading. Whose answer was about another contact is settled by reading alone, and not repeated.
        Answers to questions are forgotten: the account may have changed. The rows that come `after` are done, and are
        sent whole once more.
        """
        bad = "SELECT row FROM rows WHERE status IN ('failed', 'in_doubt')"
        with self._at_once() as execute:
            execute(f"DELETE FROM steps WHERE row IN ({bad}) AND (verdict = 'reject' OR method = 'GET')")
            execute(f"UPDATE steps SET verdict = NULL WHERE row IN ({bad}) AND verdict = 'in_doubt' AND {_REPEATED}")
            for row in after:
                execute(_REMEMBER, (facts.CREATED_BY.prefix, row))
                execute("DELETE FROM steps WHERE row = ?", (row,))
                execute("DELETE FROM rows WHERE row = ?", (row,))
                execute("DELETE FROM unread WHERE row = ?", (row,))
            opened = execute("DELETE FROM rows WHERE status IN ('failed', 'in_doubt')").rowcount
            execute("DELETE FROM unreadable WHERE row NOT IN (SELECT row FROM rows)")
            return opened

    def forget_questions(self) -> None:
        """Forget what the account answered and held: it is too old to decide by. What was written stays.

        The agreement to delete is forgotten too: the keys of the rows may match other records now.
        """
        with self._at_once() as execute:
            execute("DELETE FROM steps WHERE method = 'GET'")
            _forget(execute, facts.OF_ANSWERS)
            for table in ("held", "held_under", "relations"):
                execute(f"DELETE FROM {table}")
            execute(_NOTE, (facts.ASKED_SINCE.name, json.dumps(time.time())))

    def forget_stale_answers(self) -> None:
        """Forget, at a resume, what says that a send is to come which may not be made twice: others may have made it.

        That is how the records were when they were read, and every answer that led to no send or settled one. What was
        read before a send stays with it, so that what is there since can be told from what was there.
        """
        with self._at_once() as execute:
            execute(
                "DELETE FROM steps WHERE method = 'GET'"
                " AND (step LIKE 'look up after %' OR step LIKE 'look up before %'"
                " OR row NOT IN (SELECT row FROM steps WHERE method <> 'GET'))"
            )
        self.forget_records()

    def forget_records(self) -> None:
        """Forget how records by themselves were when they were read."""
        with self._at_once() as execute:
            _forget(execute, facts.OF_RECORDS)
            execute("DELETE FROM held WHERE key LIKE 'id %'")
            for table in ("held_under", "relations"):
                execute(f"DELETE FROM {table}")

    def pages_of_records(self, size: int) -> int:
        """How many pages of so many records it takes to read what was read of records by themselves."""
        counts = (
            self._reader.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("held_under", "relations")
        )
        return sum(-(-int(count) // size) for count in counts)

    # ---- pages of an export

    def add_page(self, first: int, last: int, records: Sequence[Json]) -> None:
        """Note a page: the range that it covers, of ids or offsets, and its records in the order of that range."""
        text = json.dumps(records, ensure_ascii=False, separators=(",", ":"))
        if not _is_text(text):  # half a letter that an API gave is kept as JSON writes it
            text = json.dumps(records, separators=(",", ":"))
        self.put("INSERT INTO pages VALUES (?, ?, ?, ?)", (first, last, len(records), text))

    def page_ranges(self) -> list[tuple[int, int, int]]:
        """What every page covers, first and last, and how many records it holds."""
        return list(self._reader.execute("SELECT first, last, count FROM pages"))

    def pages(self) -> Iterator[list[Json]]:
        """The records page by page, in the order of what they cover."""
        order = [row for (row,) in self._reader.execute("SELECT rowid FROM pages ORDER BY first")]
        for row in order:  # one at a time: sorted by SQLite, they would all lie in memory
            (text,) = self._reader.execute("SELECT records FROM pages WHERE rowid = ?", (row,)).fetchone()
            yield json.loads(text)

    def relations_of(self, owner: int) -> Iterator[tuple[str, Json]]:
        """Family and record of everything that was read apart and belongs to this record."""
        cursor = self._reader.execute("SELECT family, record FROM relations WHERE owner = ? ORDER BY id", (owner,))
        for family, record in cursor.fetchall():
            yield family, json.loads(record)

    def add_relations(self, family: str, records: Iterable[Json], owner: str = "contact") -> None:
        """Note records that belong to others and were read apart; `owner` is the attribute that says to which."""
        for record in records:
            values = (family, int(record["id"]), int(record[owner]), json.dumps(record))
            self.put("INSERT OR REPLACE INTO relations VALUES (?, ?, ?, ?)", values)

    # ---- what the account holds

    def hold(self, key: str, state: Json) -> None:
        """Note what the account holds under a key."""
        self.put("INSERT OR REPLACE INTO held VALUES (?, ?)", (key, json.dumps(state, separators=(",", ":"))))

    def snapshot(self, keys: Sequence[str]) -> dict[str, Json]:
        """What the account holds under these keys."""
        marks = ",".join("?" * len(keys))
        cursor = self._reader.execute(f"SELECT key, state FROM held WHERE key IN ({marks})", tuple(keys))
        return {key: json.loads(state) for key, state in cursor}

    def hold_under(self, key: str, identity: int) -> None:
        """Note that a record goes by this key; several may."""
        self.put("INSERT OR IGNORE INTO held_under VALUES (?, ?)", (key, identity))

    def ids_under(self, key: str) -> list[str]:
        """The ids of the records that go by this key, ascending."""
        cursor = self._reader.execute("SELECT id FROM held_under WHERE key = ? ORDER BY id", (key,))
        return [str(identity) for (identity,) in cursor]

    def is_outcome(self, identity: str) -> bool:
        """Whether a row ended with this record."""
        return (
            self._reader.execute("SELECT 1 FROM rows WHERE id = ? AND id <> '' LIMIT 1", (identity,)).fetchone()
            is not None
        )

    def created_by_open(self) -> frozenset[str]:
        """The ids of the records that rows have created which have not ended."""
        sql = (
            "SELECT data FROM steps WHERE method = 'POST' AND verdict = 'accept' AND step LIKE 'create%'"
            " AND data IS NOT NULL AND row NOT IN (SELECT row FROM rows)"
        )
        return frozenset(str(json.loads(data)) for (data,) in self._reader.execute(sql))

    # ---- checks before the rows

    def forget_check(self) -> None:
        """Begin the checks anew: an earlier run was cut off within them."""
        with self._at_once() as execute:
            execute("DELETE FROM rows")

    def settle_now(self, rows: Iterable[tuple[int, Outcome]]) -> None:
        """Write outcomes of rows that are not sent, at once."""
        with self._at_once() as execute:
            for number, outcome in rows:
                failures = json.dumps([[f.step, f.code, f.error] for f in outcome.failures])
                execute("INSERT INTO rows VALUES (?, ?, '', '', ?, 0)", (number, outcome.status.value, failures))


def _forget(execute: Callable[..., sqlite3.Cursor], some: Iterable[Fact[bool]]) -> None:
    for fact in some:
        execute("DELETE FROM meta WHERE name = ?", (fact.name,))


def _is_text(text: str) -> bool:
    """Whether a file can hold the text: half of a surrogate pair has no bytes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _size(values: Sequence[Any]) -> int:
    return sum(len(value) for value in values if isinstance(value, str))


def is_made(path: Path) -> bool:
    """Whether a checkpoint is there, whole: a kill may have left a file in which nothing stands yet."""
    if not path.is_file():
        return False
    try:
        with contextlib.closing(sqlite3.connect(path)) as db:
            return bool(db.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.DatabaseError:
        return True  # damaged, and to be told so


@contextmanager
def new_checkpoint(path: Path) -> Iterator[Checkpoint]:
    """Make a job's checkpoint, the owner's alone."""
    path.touch(mode=0o600, exist_ok=False)
    with contextlib.closing(Checkpoint(path, new=True)) as checkpoint:
        yield checkpoint


@contextmanager
def opened_checkpoint(path: Path, *, stale: float = math.inf) -> Iterator[Checkpoint]:
    """Open a job's checkpoint. Answers to questions older than `stale` seconds are forgotten.

    Raises `UsageError` where there is none: a job that may have sent something never begins anew by itself.
    """
    if not path.is_file():
        raise UsageError(f"{path} is missing, so the job cannot go on. Put it back, or start anew.")
    with contextlib.closing(Checkpoint(path)) as checkpoint:
        # by the oldest answer there may be, not by the last write: resumes that come to nothing write too
        if not 0 <= time.time() - checkpoint.fact(facts.ASKED_SINCE) <= stale:
            checkpoint.forget_questions()
        yield checkpoint
