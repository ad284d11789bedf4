"""The rows that go in batches, on their way: packed, sent, followed, and read back before any of them counts as done.

A feed of the engine, whose tasks are batches and readings. A row of which all is found so when its contact is read has
ended; every other one goes on by itself afterwards, one request a step, from how its contact was read.
"""

# hub: the feed of batches: where file, snapshot, journal and engine meet
from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Final

from bulk.engine.steps import Step
from bulk.engine.tasks import Role, Task
from bulk.jobs.batch_readings import Awaited, BatchReadings, TakenBatch, awaited_of
from bulk.jobs.batch_rows import Candidate, candidate_of, candidates, packed, rows_of
from bulk.jobs.engines import Choice
from bulk.jobs.prepared import Prepared
from bulk.model import Flow, Outcome, Receipt, RowStatus, Wait
from bulk.planning.batch.new_contacts import NewContacts
from bulk.planning.batch.packing import FEWEST
from bulk.planning.batch.sending import BatchEnd, BatchState, followed, submit
from bulk.planning.differences import Seen
from bulk.planning.flow import Asking, combined
from bulk.planning.pages.ends import PAGE
from bulk.planning.read_back import NotRead, read_contacts
from bulk.planning.state import RELATIONS
from bulk.storage import facts
from bulk.storage.batches import Batches, BatchRow
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.snapshot import PEOPLE

OPEN: Final = 40  # batches that are on their way at most, read back or not
FIRST_WAIT: Final = 6.0  # seconds after which a batch is asked for first; learned from those that have ended
FRESH: Final = 9.0  # seconds after the reading of how people stand in which a batch that subscribes them leaves
TRIES: Final = 30  # times that a batch is sent, or its people read anew since it could not leave in time
_LATER: Final = 10.0  # seconds until they are
TRUSTED: Final = 3  # batches in a row that were done in time, after which the next are not asked for first
_TURNS: Final = 60  # seconds that a batch waits while others read the contacts that are new
_EARLIER: Final = 0.99  # of the time it took so far, the next time


# wide: the feed of batches: where file, snapshot, journal and engine meet
@dataclass(slots=True)
class BatchFeed:
    """The batches of one run. `counts` are the rows that have ended, by status; `on_end` hears of each.

    `choice` says whether there are new ones; those that an earlier run has sent are followed to their end.
    """

    prepared: Prepared
    checkpoint: Checkpoint
    on_end: Callable[[], None]
    choice: Choice | None
    counts: Counter[str] = field(default_factory=Counter)
    _packs: Iterator[tuple[int, list[Candidate]]] | None = None  # each with the number of its batch
    _tasks: deque[Task] = field(default_factory=deque)  # of batches that an earlier run has sent
    _open: int = 0  # batches that are not read back yet
    _given: bool = False
    _readings: BatchReadings = field(init=False)
    _sweep: NewContacts | None = None
    _trust: int = TRUSTED  # batches in a row that were done when they were first looked at
    _first_wait: float = FIRST_WAIT

    def __post_init__(self) -> None:
        self._readings = BatchReadings(self.prepared, self.checkpoint, self.counts, self.on_end, self._leave)

    @property
    def is_needed(self) -> bool:
        """Whether rows of this job go, or went, in batches."""
        is_new = self.choice is not None and self.choice.batching is not None
        return is_new or self.checkpoint.batches.has_rows()

    @property
    def _automations(self) -> bool:
        return self.choice is None or self.choice.automations

    @property
    def _fewest(self) -> int:
        return FEWEST if self._automations else 1

    @property
    def intents(self) -> Batches:
        """Where the intents of batches stand."""
        return self.checkpoint.batches

    @property
    def failed(self) -> int:
        """How many rows have failed: none, since who does not get what they want goes on by themselves."""
        return 0

    # ---- the feed

    def take(self) -> Task | None:
        """Give a reading that is due, else the next batch; None while enough are on their way."""
        if self._packs is None:
            self._packs = self._begin()
        reading = self._readings.take(self._open if self._given else -1)
        if reading is not None or self._open >= OPEN:
            return reading
        if self._tasks:
            self._open += 1
            return self._tasks.popleft()
        try:
            number, pack = next(self._packs)
        except StopIteration:
            self._given = True
            return self._readings.take(self._open)
        self._open += 1
        return Task(number, f"batch {number}", self._flow(number, pack), Role.BATCH)

    @property
    def done(self) -> bool:
        """Whether all batches are sent and read back."""
        return self._given and not self._open and self._readings.idle

    def received(self, step: Step, receipt: Receipt, checkpoint: Checkpoint) -> None:
        """Write the importer's answer to a batch down; what is asked about it afterwards may be asked again."""
        if step.request.method != "GET":
            checkpoint.batches.receive(step.task.id, receipt)

    def ended(self, task: Task, outcome: Outcome, checkpoint: Checkpoint) -> None:
        """The rows of a batch end when they are read."""

    def _begin(self) -> Iterator[tuple[int, list[Candidate]]]:
        """Take up what an earlier run has sent; the new packs."""
        highest = self.checkpoint.fact(facts.HIGHEST)
        self._sweep = None if highest is None else NewContacts(highest)
        numbers = count(self.checkpoint.batches.next_number())
        self._take_up()
        if self.choice is None or self.choice.batching is None:
            return iter(())
        fresh = candidates(self.prepared, self.checkpoint, again=self.choice.again)
        return ((next(numbers), pack) for pack in packed(fresh, fewest=self._fewest))

    def _take_up(self) -> None:
        """Follow the batches that an earlier run has sent and not seen the end of."""
        left = list(self.checkpoint.batches.sent())
        numbers = {row for sent in left for row in sent.rows.values()}
        rows = rows_of(self.prepared, self.checkpoint, numbers) if numbers else {}
        edits = self.checkpoint.batches.edits_of(rows)
        for sent in left:
            awaited = {
                key: Awaited(rows[row], edits[row]) for key, row in sent.rows.items() if row in rows and row in edits
            }
            if sent.batch_id and awaited:
                flow = self._follow(sent.number, awaited, sent.batch_id)
                self._tasks.append(Task(sent.number, f"batch {sent.number}", flow, Role.BATCH))
            else:  # nobody knows what became of it: each row looks for itself
                self.checkpoint.batches.end(sent.number)

    # ---- a batch

    def _flow(self, number: int, pack: Sequence[Candidate]) -> Flow:
        """Send a pack, without the rows that the importer will not have, and follow it to its end."""
        for attempt in range(1, TRIES + 1):
            pack, soon_after = yield from self._as_now(pack, f"as now {attempt}:")
            if len(pack) < self._fewest:
                break
            step, rows = f"submit {attempt}", [BatchRow(one.row.number, one.row.key, one.edits) for one in pack]
            self.checkpoint.batches.prepare(number, step, rows)
            contacts = [one.entry.contact for one in pack]
            result = yield from submit(contacts, step=step, automations=self._automations, soon_after=soon_after)
            if isinstance(result, Receipt):
                return (yield from self._follow(number, awaited_of(pack), str(result.data)))
            if result.state is BatchState.REFUSED and result.refused:
                pack = [one for at, one in enumerate(pack) if at not in result.refused]
            elif result.state is BatchState.LATE:
                yield (Wait(f"late {attempt}", _LATER),)  # others take all starts of this minute
            else:
                break
        self._leave(number)
        return Outcome(RowStatus.SUCCEEDED)

    def _as_now(
        self, pack: Sequence[Candidate], step: str
    ) -> Asking[tuple[Sequence[Candidate], tuple[str, float] | None]]:
        """The pack as its people stand now, if it subscribes any who was there, and how soon it has to leave then."""
        ids = {one.state.id: one for one in pack if one.state is not None}
        if not any(one.entry.subscribes for one in ids.values()):
            return pack, None
        seen = yield from _read(list(ids), step)
        result: list[Candidate] = []
        for one in pack:
            now = None if one.state is None else seen[one.state.id]
            if now is None:
                result.append(one)
            elif isinstance(now, Seen) and now.state is not None:
                self.checkpoint.snapshot.hold(PEOPLE, one.row.key, now.state.to_json())
                again = candidate_of(self.prepared, one.row, now.state)
                result += [again] if again is not None else []
        return result, (step, FRESH)

    def _follow(self, number: int, rows: dict[str, Awaited], batch_id: str) -> Flow:
        """Wait for a batch that was taken, and have its contacts read."""
        yield (Wait("first wait", self._first_wait),)
        taken = TakenBatch(number, rows, set())
        if self._trust >= TRUSTED and all(one.edits.made for one in rows.values()):
            yield from self._swept(taken)
            if not taken.rows:
                self._leave(number)
                return Outcome(RowStatus.SUCCEEDED)
            self._trust = 0
        end = yield from followed(batch_id, self._first_wait)
        if end.state in (BatchState.COMPLETED, BatchState.BROKEN):
            self._learn(end)
            taken.ids |= {one.edits.record for one in rows.values() if one.edits.record} | set(end.ids)
            taken.unread = end.state is BatchState.BROKEN
            if self._sweep is not None:
                self._sweep.pass_over(end.ids)  # they are read by their ids
            self._readings.add(taken)
        else:
            self._leave(number)
        return Outcome(RowStatus.SUCCEEDED)

    def _swept(self, taken: TakenBatch) -> Asking[None]:
        """Read the contacts that are new, as far as those of this batch: it needs no look at the batch then.

        One batch at a time does it, the others wait a while for what it reads; who is not found so is asked for.
        """
        self._readings.expect(taken)
        for turn in range(1, _TURNS + 1):
            if not taken.rows:
                break
            if self._sweep is None or not self._sweep.is_free:
                yield (Wait(f"wait for others {turn}", 1.0),)
                continue
            yield from self._sweep.read(lambda: bool(taken.rows), self._readings.take_new)
            break
        self._readings.expect_no_more(taken)

    def _learn(self, end: BatchEnd) -> None:
        """Ask for the next batches when they are most likely done: a look too early costs a request."""
        early = end.looks == 1 and end.state is BatchState.COMPLETED  # perhaps a shorter wait would do
        self._first_wait = self._first_wait * _EARLIER if early else max(self._first_wait, end.waited)
        self._trust = self._trust + 1 if early else 0

    def _leave(self, number: int) -> None:
        """Leave the rows of a batch to themselves, whatever became of it."""
        self.checkpoint.batches.end(number)
        self._open -= 1


def _read(ids: Sequence[str], step: str) -> Asking[dict[str, Seen | NotRead]]:
    """Contacts as they are now, however many; each page by steps of its own."""
    pages = [partial(read_contacts, ids[at : at + PAGE], RELATIONS, f"{step} {at}") for at in range(0, len(ids), PAGE)]
    result: dict[str, Seen | NotRead] = {}
    for page in (yield from combined([read() for read in pages])):
        result |= page
    return result
