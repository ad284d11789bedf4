"""The truth of a job, in SQLite: what was intended, sent and answered. Nothing is believed until it stands here.

Opens the database and gives each concern its part of it. Writes are queued in order and committed together by one
thread at a time, so a later write on disk means that every earlier one is there too. What concerns several parts, and
must be on disk all or not at all, is done here.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bulk.errors import UsageError
from bulk.storage import facts
from bulk.storage.batches import Batches
from bulk.storage.database import Database
from bulk.storage.facts import Fact, FactStore, Family, K, T
from bulk.storage.journal import Journal
from bulk.storage.pages import Pages
from bulk.storage.planned import PlannedRows
from bulk.storage.row_states import RowStates
from bulk.storage.snapshot import Snapshot
from bulk.storage.undoing import UndoneThings
from bulk.storage.unread import UnreadRows

Clock = Callable[[], float]


# wide: one attribute for each concern, each with a class of its own
class Checkpoint:
    """One job's database, by concerns. Only one process has it open (the job's lock sees to that)."""

    def __init__(self, path: Path, *, new: bool = False, clock: Clock = time.time) -> None:
        """Open, or make it if it is `new`. Raises `UsageError` for a file that is damaged or of another version.

        `clock` tells the time of day in seconds.
        """
        self._clock = clock
        self._database = Database(path, new=new)
        self._facts = FactStore(self._database)
        self.journal = Journal(self._database, clock)
        self.batches = Batches(self._database, self.journal)
        self.rows = RowStates(self._database)
        self.unread = UnreadRows(self._database)
        self.planned = PlannedRows(self._database)
        self.undoing = UndoneThings(self._database)
        self.pages = Pages(self._database)
        self.snapshot = Snapshot(self._database)
        if new:
            try:
                with self._database.at_once() as execute:
                    self._facts.note_at_once(execute, facts.ASKED_SINCE, self._clock())
            except BaseException:
                self._database.close()
                raise

    def close(self) -> None:
        """Write what is queued and close."""
        self._database.close()

    async def durable(self) -> None:
        """Wait until everything queued so far is on disk. Many waiters share one commit."""
        await self._database.durable()

    @property
    def backlog(self) -> int:
        """How many characters wait to be on disk: about what they take of memory."""
        return self._database.backlog

    # ---- small facts about the job

    def note(self, fact: Fact[T], value: T) -> None:
        """Queue a fact about the job; whoever reads it from now on reads this."""
        self._facts.note(fact, value)

    def fact(self, fact: Fact[T]) -> T:
        """Read a fact about the job."""
        return self._facts.fact(fact)

    def facts(self, family: Family[K, T]) -> dict[K, T]:
        """Read all facts of a family, by their keys."""
        return self._facts.facts(family)

    # ---- what concerns several parts

    def reopen_failed(self, after: Iterable[int] = ()) -> int:
        """Make failed and doubtful rows open again, keeping the receipts of their steps that are done; how many.

        What was refused is asked anew. What is in doubt becomes an unanswered intent: repeated if it may be, else
        settled by reading. So does a deletion: it may have been acknowledged in vain, and what came after it refused.
        Whose answer was about another contact is settled by reading alone, and not repeated.
        Answers to questions are forgotten: the account may have changed. The rows that come `after` are done, and are
        sent whole once more.
        """
        with self._database.at_once() as execute:
            self.journal.reopen_failed(execute)
            for row in after:
                self.rows.send_again(execute, row)
                self.journal.forget(execute, row)
            return self.rows.reopen_failed(execute)

    def forget_questions(self) -> None:
        """Forget what the account answered and held: it is too old to decide by. What was written stays.

        The agreement to delete is forgotten too: the keys of the rows may match other records now.
        """
        with self._database.at_once() as execute:
            self.journal.forget_questions(execute)
            self._facts.forget(execute, facts.OF_ANSWERS)
            self.snapshot.forget(execute)
            self._facts.note_at_once(execute, facts.ASKED_SINCE, self._clock())

    def forget_stale_answers(self) -> None:
        """Forget, at a resume, what says that a send is to come which may not be made twice: others may have made it.

        That is how the records were when they were read, and every answer that led to no send or settled one. What was
        read before a send stays with it, so that what is there since can be told from what was there.
        """
        with self._database.at_once() as execute:
            self.journal.forget_stale_answers(execute)
        self.forget_records()

    def forget_records(self) -> None:
        """Forget how records by themselves were when they were read."""
        with self._database.at_once() as execute:
            self._facts.forget(execute, facts.OF_RECORDS)
            self.snapshot.forget_records(execute)


@contextmanager
def new_checkpoint(path: Path, *, clock: Clock = time.time) -> Iterator[Checkpoint]:
    """Make a job's checkpoint, the owner's alone."""
    path.touch(mode=0o600, exist_ok=False)
    with contextlib.closing(Checkpoint(path, new=True, clock=clock)) as checkpoint:
        yield checkpoint


@contextmanager
def opened_checkpoint(path: Path, *, stale: float = math.inf, clock: Clock = time.time) -> Iterator[Checkpoint]:
    """Open a job's checkpoint. Answers to questions older than `stale` seconds are forgotten.

    Raises `UsageError` where there is none: a job that may have sent something never begins anew by itself.
    """
    if not path.is_file():
        raise UsageError("checkpoint_missing", path=path)
    with contextlib.closing(Checkpoint(path, clock=clock)) as checkpoint:
        # by the oldest answer there may be, not by the last write: resumes that come to nothing write too
        if not 0 <= clock() - checkpoint.fact(facts.ASKED_SINCE) <= stale:
            checkpoint.forget_questions()
        yield checkpoint
