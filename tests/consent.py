"""People who leave while a job subscribes them, in virtual time: `python -m tests.consent [SCHEDULES]` plays them.

A schedule is a whole job, gone on with until it has ended, on an account of which the test knows every moment: people
leave a list, bounce or are erased before the job, while it runs, after a reading, between two attempts, in a pause,
between a kill and the resume, between a failure and the retry; the server lies, connections and the disk are slow.
Nobody may be subscribed who had left more than ten seconds before the subscription left. The engine, the gate, the
runner, the checkpoint and the flows are the real ones. The command writes the tables of docs/consent.md.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import anyio

from bulk.engine.dispatch import TOO_SLOW
from bulk.engine.tasks import Task
from bulk.model import Lost, Outcome, Receipt, Reply, Request, Row
from bulk.planning.names import Names, columns_of
from bulk.planning.rows.contact import ContactRows
from bulk.planning.rows.link import LinkRows
from bulk.planning.writers import Known, Lookup, Meaning
from bulk.resources import named
from bulk.runtime.runner import Runner, new_dispatch
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.journal import OpenRow
from tests.called_with import numbers
from tests.leaving import BEGAN, LISTS, Account, Person
from tests.virtual import run

DOCS: Final = Path(__file__).parents[1] / "docs" / "consent.md"
BETWEEN: Final = ("<!-- the tables -->\n", "<!-- end of the tables -->\n")
DAY: Final = 86_400.0

WAYS: Final = (
    "contacts", "contacts, by id", "contacts, created", "contacts, updated", "contactLists, 1", "contactLists, 0",
    "contacts, --resubscribe",
)  # fmt: skip
MOMENTS: Final = (
    "before the job", "while it runs", "after a reading", "between two attempts", "in a pause",
    "between a kill and the resume", "before a retry",
)  # fmt: skip
AWAY: Final = ("unsubscribed", "bounced on the list", "address bounced", "erased", "not confirmed")
LIES: Final = (
    "none", "201 for an update", "include ignored", "ids[] ignored", "another contact", "totals too low",
    "readings fail", "slow connections", "slow disk",
)  # fmt: skip


# ---- a job


@dataclass(frozen=True)
class Schedule:
    """One job and what happens in it; everything else follows from `seed`."""

    seed: int
    way: str
    moment: str
    lie: str
    rows: int = 0  # 0: some tens
    known: float = 0.7  # the share of people whom the account has
    rate: float = 5.0

    def __str__(self) -> str:
        return f"{self.way} | {self.moment} | {self.lie} | {self.seed}"


def schedule_of(seed: int) -> Schedule:
    chance = random.Random(seed)
    lie = chance.choice(LIES) if chance.random() < 0.7 else "none"
    rate = chance.choice([5.0, 5.0, 5.0, 2.0, 10.0, 0.0])
    return Schedule(seed, WAYS[seed % len(WAYS)], MOMENTS[seed // len(WAYS) % len(MOMENTS)], lie, rate=rate)


class Kill(Exception):  # noqa: N818
    """Stands for the end of the process."""


@dataclass
class Result:
    """How a schedule was played."""

    wrong: list[str]
    requests: int
    readings: int
    subscriptions: int
    oldest: float
    seconds: float
    statuses: Counter[str]


class _Slow(Checkpoint):
    """A checkpoint on a disk that takes up to a quarter of a minute now and then."""

    chance: random.Random | None = None

    async def durable(self) -> None:
        if self.chance is not None and self.chance.random() < 0.1:
            await anyio.sleep(self.chance.uniform(0, 15))
        await super().durable()


@dataclass
class Played:
    """One schedule at play: the feed of the runner, and the way to the account."""

    schedule: Schedule
    checkpoint: Checkpoint
    chance: random.Random = field(init=False)
    account: Account = field(init=False)
    rows: list[Row] = field(init=False)
    offset: float = 0.0  # seconds on the account's clock when this run began
    events: list[tuple[float, Person, str]] = field(default_factory=list)
    ended_rows: dict[int, Outcome] = field(default_factory=dict)
    tasks: Iterator[Task] | None = None
    done: bool = False
    met: bool = False  # the trouble of this schedule was met
    kill_at: int = 0
    calm: bool = False

    def __post_init__(self) -> None:
        schedule = self.schedule
        self.chance = chance = random.Random(f"{schedule.seed} play")
        self.account = Account(chance, schedule.lie, schedule.way.endswith("--resubscribe"))
        self.names = Names()
        for identity, name in zip(LISTS, ("News", "Offers"), strict=True):
            self.names.book("lists").add(identity, name, name.lower())
        count = schedule.rows or chance.choice([3, 12, 30, 60, 110])
        emails = [f"p{n}@example.com" for n in range(count)]
        for email in emails:
            if chance.random() < schedule.known or self.needs_contact:
                person = self.account.add(email)
                for mailing in LISTS:
                    if chance.random() < 0.2:
                        person.lists[mailing] = "1"
        self.highest = max((int(one) for one in self.account.people), default=0)
        chance.shuffle(emails)
        self.rows = [self._row(number, email) for number, email in enumerate(emails, 2)]
        self.calm = schedule.moment == "nothing"
        if schedule.moment == "before the job":
            for person in self.some():
                self.account.leave(person, self.how(), -chance.choice([1, 60, 9000]))
        if schedule.moment == "while it runs":
            span = 4 + count / 2
            self.events = sorted(
                ((chance.uniform(0, span), person, self.how()) for person in self.some()), key=lambda event: event[0]
            )
        self.kill_at = chance.randrange(2, 3 * count) if schedule.moment == "between a kill and the resume" else 0

    @property
    def needs_contact(self) -> bool:
        return self.schedule.way in ("contacts, by id", "contacts, updated", "contactLists, 1", "contactLists, 0")

    def how(self) -> str:
        """How somebody is away; who is to be put in status 0 anyway cannot be unconfirmed."""
        return self.chance.choice(AWAY[:-1] if self.schedule.way == "contactLists, 0" else AWAY)

    def some(self) -> list[Person]:
        people = list(self.account.people.values())
        return [person for person in people if self.chance.random() < 0.5]

    def everyone_leaves(self, now: float) -> None:
        for person in self.some():
            self.account.leave(person, self.how(), now)

    def _row(self, number: int, email: str) -> Row:
        mine = self.chance.choice(["News", "News", "News,Offers"])
        if self.schedule.way.startswith("contactLists"):
            identity = next(one.id for one in self.account.people.values() if one.email == email)
            values = {"contact": identity, "list": "1", "status": self.schedule.way[-1]}
            return Row(number, email, values)
        identity = next((one.id for one in self.account.people.values() if one.email == email), "")
        key = identity if self.schedule.way == "contacts, by id" else email
        return Row(number, key, {"email": email, "firstName": "B", "lists": mine})

    # ---- as the feed of a runner

    def take(self) -> Task | None:
        if self.tasks is None:
            self.tasks = self._tasks()
        task = next(self.tasks, None)
        self.done = task is None
        return task

    def _tasks(self) -> Iterator[Task]:
        opened = self.checkpoint.journal.open_between(0, 10**9)
        for row in self.rows:
            if row.number not in self.ended_rows:
                known = opened.get(row.number, OpenRow())
                begun = frozenset((*known.known, *known.cut_off))
                yield Task(row.number, row.key, self._flow(row, begun), known=known.known, cut_off=known.cut_off)

    def _flow(self, row: Row, begun: frozenset[str]) -> Any:
        way = self.schedule.way
        asked = self.account.asked
        known = Known(begun=begun, highest=self.highest)
        if way.startswith("contactLists"):
            resource = named("contactLists")
            columns = tuple(column for column in columns_of(resource, self.names) if column.attribute in row.values)
            meaning = Meaning(columns, resubscribe=asked, began=BEGAN)
            return LinkRows(resource, meaning, self.names, _Nothing()).flow(row, known)
        columns = tuple(c for c in columns_of(named("contacts"), self.names) if c.attribute in row.values)
        mode = {"contacts, created": "create", "contacts, updated": "update"}.get(way, "upsert")
        key = "id" if way == "contacts, by id" else "email"
        meaning = Meaning(columns, mode, key, resubscribe=asked, began=BEGAN)
        return ContactRows(meaning, self.names).flow(row, known)

    def received(self, step: Any, receipt: Receipt, checkpoint: Checkpoint) -> None:
        checkpoint.journal.receive(step.task.id, step.request.method, receipt)

    def ended(self, task: Task, outcome: Outcome, checkpoint: Checkpoint) -> None:
        row = task.id
        checkpoint.rows.settle(row, outcome)
        assert row not in self.ended_rows
        self.ended_rows[row] = outcome

    # ---- as the way to the account

    def now(self) -> float:
        return self.offset + anyio.current_time()

    async def send(self, request: Request) -> Reply | Lost:
        chance, account = self.chance, self.account
        if self.schedule.lie == "slow connections" and chance.random() < 0.1:
            wait = chance.uniform(0, 4)
            if request.leave_within is not None and wait > request.leave_within:
                await anyio.sleep(request.leave_within)
                return Lost("no connection", sent=False)
            await anyio.sleep(wait)
        leaving = self.now()
        while self.events and self.events[0][0] <= leaving:
            moment, person, how = self.events.pop(0)
            account.leave(person, how, moment)
        if self.kill_at and account.requests >= self.kill_at:
            self.kill_at = 0
            raise Kill
        trouble = await self._trouble(request)
        if trouble is not None:
            return trouble
        reply: Reply | Lost = account.answer(request, leaving)
        await anyio.sleep(0.2 if self.calm else chance.choice([0.05, 0.2, 0.2, 0.6, 2.0]))
        moment = self.schedule.moment
        if moment == "after a reading" and request.step in ("standing", "standings") and chance.random() < 0.3:
            self.everyone_leaves(self.now())
        if moment == "between two attempts" and request.path == "contactLists" and not self.met:
            self.met = chance.random() < 0.3
            self.everyone_leaves(self.now())
            reply = chance.choice([Lost("cut"), Reply(500, {"message": "x"}), Reply(200, None, "empty"), Reply(504)])
        return reply

    async def _trouble(self, request: Request) -> Reply | Lost | None:
        """What comes instead of an answer."""
        chance, moment = self.chance, self.schedule.moment
        if self.schedule.lie == "readings fail" and request.step in ("standing", "standings") and chance.random() < 0.4:
            return chance.choice([
                Lost("cut"), Reply(500, {"message": "x"}), Reply(429), Reply(200, None, "empty"),
                Reply(404, {"message": "x"}),
            ])  # fmt: skip
        pausing = moment == "in a pause" and (
            request.step in ("contact", "standings") or request.path == "contactLists"
        )
        if pausing and not self.met and chance.random() < 0.2:
            self.met = True
            pause = chance.choice([1, 8, 30, 3600, 80_000])
            for person in self._all()[:1]:
                self.events.append((self.now() + chance.uniform(0, pause), person, self.how()))
            self.everyone_leaves(self.now())
            return Reply(chance.choice([429, 503]), {"message": "x"}, retry_after=float(pause))
        if moment == "before a retry" and request.path == "contactLists" and not self.met and chance.random() < 0.3:
            return Reply(422, {"errors": [{"title": "no", "code": "x"}]})
        return None

    def _all(self) -> list[Person]:
        return list(self.account.people.values())


class _Nothing(Lookup):
    """Nothing was read before the rows."""

    def contact(self, email: str) -> None: ...

    def contact_of(self, identity: str) -> None: ...

    def records(self, key: str) -> tuple[()]:
        return ()

    def is_claimed(self, _identity: str) -> bool:
        return False

    def is_ours(self, identity: str) -> bool:
        return False

    newest = 0


def play(schedule: Schedule) -> Result:
    """Play one schedule to its end."""
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
    with tempfile.TemporaryDirectory(dir=place) as folder:
        kind = _Slow if schedule.lie == "slow disk" else Checkpoint
        seconds = 0.0

        async def one_run() -> float:
            checkpoint = kind(Path(folder) / "checkpoint.sqlite", new=not game)
            if isinstance(checkpoint, _Slow):
                checkpoint.chance = random.Random(schedule.seed)
            if not game:
                game.append(Played(schedule, checkpoint))
            played = game[0]
            played.checkpoint, played.tasks, played.done = checkpoint, None, False
            try:
                dispatch = new_dispatch(schedule.rate, 0)
                dispatch._chance = played.chance.random
                await Runner(dispatch, played.send, checkpoint).run(played)
                assert dispatch.stops.stopped_by != TOO_SLOW, str(schedule)  # any other reason to stop is gone on after
            except BaseExceptionGroup as group:
                if group.subgroup(Kill) is None:
                    raise
            finally:
                checkpoint.close()
            return anyio.current_time()

        game: list[Played] = []
        for _ in range(4):
            took = run(one_run)
            seconds += took
            played = game[0]
            played.offset += took
            if len(played.ended_rows) < len(played.rows):  # it was killed
                played.everyone_leaves(played.offset + 1)
                played.offset += played.chance.choice([2, 15, 300, DAY])
                continue
            if schedule.moment != "before a retry" or played.met:
                break
            played.met = True
            played.everyone_leaves(played.offset + 1)
            played.offset += played.chance.choice([2, 15, 300, DAY])
            _reopen(Path(folder) / "checkpoint.sqlite", played)
        assert len(played.ended_rows) == len(played.rows), str(schedule)
        account = played.account
        statuses = Counter(outcome.status.value for outcome in played.ended_rows.values())
        return Result(
            account.wrong, account.requests, account.readings, account.subscriptions, account.oldest, seconds, statuses
        )  # fmt: skip


def _reopen(path: Path, played: Played) -> None:
    async def reopen() -> None:
        checkpoint = Checkpoint(path)
        checkpoint.reopen_failed()
        checkpoint.close()

    run(reopen)
    bad = ("failed", "in_doubt")
    played.ended_rows = {row: end for row, end in played.ended_rows.items() if end.status.value not in bad}


# ---- what it costs


def cost(way: str, known: float, rows: int, rate: float = 5.0) -> Result:
    """An undisturbed job of so many rows, of which the account has this share."""
    return play(Schedule(rows, way, "nothing", "none", rows, known, rate))


COSTS: Final = (("contacts", 0.0), ("contacts", 0.5), ("contacts", 1.0), ("contactLists, 1", 1.0))


# ---- the tables


def _work(seed: int) -> tuple[Schedule, list[str], float, int]:
    schedule = schedule_of(seed)
    try:
        result = play(schedule)
    except Exception as error:  # noqa: BLE001 - it is told, with its schedule
        return schedule, [f"{type(error).__name__}: {error}"], 0.0, 0
    return schedule, result.wrong, result.oldest, result.subscriptions


def _cost(case: tuple[str, float, int]) -> tuple[tuple[str, float, int], Result]:
    return case, cost(*case)


def tables(counts: Counter[tuple[str, str]], lies: Counter[str], costs: dict[tuple[str, float, int], Result]) -> str:
    """The tables as markdown."""
    lines = [f"| leaving | {' | '.join(WAYS)} |", f"|---|{'---|' * len(WAYS)}"]
    lines += [f"| {moment} | {' | '.join(str(counts[moment, way]) for way in WAYS)} |" for moment in MOMENTS]
    lines += ["", "| server, network, disk | jobs |", "|---|---|", *(f"| {lie} | {lies[lie]} |" for lie in LIES)]
    lines += [
        "",
        "| job at 5 a second | rows | requests | of them readings | share | requests a second |",
        "|---|---|---|---|---|---|",
    ]
    for (way, known, rows), result in costs.items():
        share = f"{100 * result.readings / result.requests:.2f} %"
        pace = f"{result.requests / result.seconds:.2f}"
        who = "all are known" if known == 1 else "all are new" if known == 0 else "half are known"
        lines.append(f"| {way}, {who} | {rows:,} | {result.requests:,} | {result.readings:,} | {share} | {pace} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Play so many schedules, and write the tables."""
    (count,) = numbers(__doc__, (500,))
    counts: Counter[tuple[str, str]] = Counter()
    lies: Counter[str] = Counter()
    wrong = subscriptions = 0
    oldest = 0.0
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        played = pool.imap_unordered(_work, range(count), chunksize=8)
        for number, (schedule, said, age, sent) in enumerate(played, 1):
            oldest, subscriptions = max(oldest, age), subscriptions + sent
            counts[schedule.moment, schedule.way] += not said
            lies[schedule.lie] += not said
            if said:
                wrong += 1
                print(f"WRONG {schedule}: {said[0]}", flush=True)
            if number % 500 == 0:
                print(f"{number:,} schedules, {wrong} wrong", flush=True)
        cases = [(way, known, rows) for way, known in COSTS for rows in (200, 2_000)]
        costs = dict(pool.imap(_cost, cases, chunksize=1))
    print(f"{count:,} schedules, {wrong} wrong")
    said = f"{count:,} jobs, {subscriptions:,} subscriptions, the oldest reading {oldest:.1f} s old when one left.\n\n"
    text = said + tables(counts, lies, costs)
    print(text)
    before, _, rest = DOCS.read_text(encoding="utf-8").partition(BETWEEN[0])
    after = rest.partition(BETWEEN[1])[2]
    DOCS.write_text(before + BETWEEN[0] + text + BETWEEN[1] + after, encoding="utf-8")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
