"""The engine alone, played against a scripted server: no network, no clock, hours in a moment."""

from __future__ import annotations

import heapq
import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk.engine.dispatch import Dispatch
from bulk.engine.limit import RateLimit
from bulk.engine.line import FEWEST, MOST, UNPACED
from bulk.engine.pauses import PATIENCE
from bulk.engine.retry import ATTEMPTS
from bulk.engine.steps import Ended, Settled, Step
from bulk.engine.tasks import Role, Task
from bulk.model import Failure, Flow, Lost, Outcome, Receipt, Reply, Request, RowStatus, Verdict
from tests.scale import tries

OK = Reply(200, {"done": True})
REFUSED = Reply(422, {"errors": [{"title": "No", "code": "field_invalid"}]})
BROKEN = Reply(500, {"message": "oops"})
GONE = Lost("the answer was lost")
UNREACHED = Lost("no connection", sent=False)
LATENCY = 0.1

Name = int | Role  # of a row its number, of what the engine asks itself what it is for
Server = Callable[[Step, float], "Reply | Lost"]


def ask(step: str, *, repeatable: bool = True, method: str = "POST") -> Request:
    return Request(step, method, "x", repeatable=repeatable, keep=lambda body: body)


def flow(*groups: Iterable[Request]) -> Flow:
    """Ask group by group, whatever comes back; fails if a step did."""
    bad: list[Receipt] = []
    for group in groups:
        receipts = yield tuple(group)
        bad += [receipt for receipt in receipts if not receipt.ok]
    doubt = any(receipt.verdict is Verdict.IN_DOUBT for receipt in bad)
    status = RowStatus.IN_DOUBT if doubt else RowStatus.FAILED if bad else RowStatus.SUCCEEDED
    return Outcome(status, failures=tuple(Failure(r.step, r.code, r.error) for r in bad))


@dataclass
class Entry:
    row: int
    key: str
    flow: Flow
    known: dict[str, Receipt] = field(default_factory=dict)
    cut_off: dict[str, int] = field(default_factory=dict)

    @property
    def task(self) -> Task:
        return Task(self.row, self.key, self.flow, known=self.known, cut_off=self.cut_off)


def name_of(task: Task) -> Name:
    return task.id if task.role is Role.ROW else task.role


def entries(count: int, *steps: str, keys: int = 0) -> list[Entry]:
    """Rows from 1 on, each with a key of its own, or sharing so many `keys`."""
    return [
        Entry(n, f"k{n % keys if keys else n}", flow(*([ask(step)] for step in steps or ("write",))))
        for n in range(1, count + 1)
    ]


@dataclass
class Play:
    """One run of a dispatch. Everything that must hold at any moment is asserted as it goes."""

    dispatch: Dispatch
    server: Server
    latency: Callable[[Step], float] = lambda _step: LATENCY
    now: float = 0.0
    sent: list[tuple[float, Name, str, int]] = field(default_factory=list)  # when, row, step, attempt
    receipts: dict[tuple[Name, str], Receipt] = field(default_factory=dict)
    intended: dict[Name, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    ended: dict[Name, Outcome] = field(default_factory=dict)
    most: int = 0
    replies: dict[tuple[Name, str], list[Reply | Lost]] = field(default_factory=lambda: defaultdict(list))

    def run(self, rows: Iterable[Entry], until: float = math.inf) -> Play:
        waiting = list(rows)[::-1]
        flights: list[tuple[float, int, Step, Reply | Lost]] = []
        dispatch, number = self.dispatch, 0
        while True:
            while waiting and dispatch.wants():
                entry = waiting.pop()
                self.end(dispatch.add(entry.task))
            if self.now >= until:
                dispatch.stop()
            if over := dispatch.go_on(self.now):
                self.end(over)
                continue
            step = dispatch.next(self.now)
            if isinstance(step, Step):
                self.note_sent(step)
                same = {other.task for *_, other, _reply in flights if other.task.key == step.task.key}
                assert same <= {step.task}, f"two tasks of {step.task.key!r} fly together"
                number += 1
                arrival = (self.now + self.latency(step), number, step, self.server(step, self.now))
                heapq.heappush(flights, arrival)
                continue
            if dispatch.in_flight == 0 and (dispatch.stops.stopping or (dispatch.idle and not waiting)):
                return self
            due = math.inf if step is None else step
            assert due > self.now, "asked to come back at once, with nothing done"
            moment = min(due, flights[0][0] if flights else math.inf)
            assert moment < math.inf, "rows are open and nothing will ever happen"
            self.now = moment
            if flights and flights[0][0] <= moment:
                _at, _number, step, reply = heapq.heappop(flights)
                self.replies[name_of(step.task), step.request.step].append(reply)
                self.take(step, dispatch.answer(step, reply, self.now))

    def note_sent(self, step: Step) -> None:
        place = (name_of(step.task), step.request.step)
        assert place not in self.receipts, "sent again after its receipt"
        assert place[0] not in self.ended
        assert 0 < self.dispatch.in_flight <= self.dispatch.line.most_in_flight
        self.most = max(self.most, self.dispatch.in_flight)
        self.sent.append((self.now, *place, step.attempts))
        if step.task.role is Role.ROW and step.request.method != "GET":
            self.intended[step.task.id][step.request.step] = step.attempts

    def take(self, step: Step, settled: Settled) -> None:
        assert self.dispatch.in_flight >= 0
        name = name_of(step.task)
        if settled.receipt is not None:
            assert (name, settled.receipt.step) not in self.receipts
            assert settled.receipt.step == step.request.step
            self.receipts[name, settled.receipt.step] = settled.receipt
        if settled.receipt is not None or settled.released:
            self.intended[name].pop(step.request.step, None)
        self.end(settled.ended)

    def end(self, ended: Iterable[Ended]) -> None:
        for task, outcome in ended:
            assert name_of(task) not in self.ended, "ended twice"
            self.ended[name_of(task)] = outcome

    def may_have_done(self, row: Name, step: str) -> int:
        """How many sends may have been carried out, by what came of each."""
        return sum(
            reply.sent if isinstance(reply, Lost) else reply.status not in (429, 401)
            for reply in self.replies[row, step]
        )

    def statuses(self) -> Counter[str]:
        return Counter(outcome.status.value for name, outcome in self.ended.items() if name != Role.PROBE)

    def times(self, row: int, step: str = "write") -> list[float]:
        return [when for when, *place, _attempt in self.sent if place == [row, step]]


def dispatch_of(rate: float = 5.0, concurrency: int = 0, seed: int = 0) -> Dispatch:
    return Dispatch(RateLimit(rate), random.Random(seed).random, rate=rate or math.inf, concurrency=concurrency)


def play(server: Server, rows: Iterable[Entry], *, rate: float = 5.0, concurrency: int = 0, until: float = math.inf):
    return Play(dispatch_of(rate, concurrency), server).run(rows, until)


def not_for_want_of_time(reply: Reply | Lost) -> bool:
    return isinstance(reply, Lost) or reply.status not in (429, 503)


def fails_for(rows: set[int], reply: Reply | Lost) -> Server:
    return lambda step, _now: reply if name_of(step.task) in rows else OK


# ---- order


def test_rows_of_one_key_go_one_after_the_other_in_file_order():
    slow_first = random.Random(1)
    game = Play(dispatch_of(0, 8), lambda *_: OK, latency=lambda _step: slow_first.random())
    game.run(entries(60, "a", "b", keys=7))
    for key in range(7):
        rows = [row for _when, row, _step, _attempt in game.sent if row % 7 == key]
        assert rows == sorted(rows)
    assert game.statuses() == {"succeeded": 60}
    assert game.most == 7, "rows of other keys fly meanwhile"


def test_a_key_that_is_slow_does_not_hold_up_the_others():
    game = Play(dispatch_of(5), lambda *_: OK, latency=lambda step: 50.0 if step.task.id == 1 else LATENCY)
    game.run([*entries(1), *(Entry(n, f"k{n}", flow([ask("write")])) for n in range(2, 30))])
    assert max(game.times(row)[0] for row in range(2, 30)) < 20


def test_the_next_row_of_a_key_begins_when_the_first_has_ended_even_without_a_question():
    rows = [Entry(n, "same", flow([ask("write")] if n == 1 else [])) for n in range(1, 6)]
    game = play(lambda *_: OK, rows)
    assert list(game.ended) == [1, 2, 3, 4, 5]
    assert len(game.sent) == 1


def test_tasks_are_told_apart_by_themselves_and_not_by_their_numbers():
    """A row and two questions of one number are on their way together; each has its own answer and its own end."""
    dispatch, told, ended = dispatch_of(0), {}, []

    def one(name: str) -> Flow:
        receipts = yield (ask(name),)
        told[name] = receipts[0].data["of"]
        return Outcome(RowStatus.SUCCEEDED, name)

    roles = {"a": Role.ROW, "b": Role.QUESTION, "c": Role.QUESTION}
    tasks = {name: Task(1, name, one(name), role) for name, role in roles.items()}
    for task in tasks.values():
        assert dispatch.add(task) == ()
    steps = [step for _ in tasks if isinstance(step := dispatch.next(0.0), Step)]
    assert [step.task for step in steps] == list(tasks.values())
    for step in reversed(steps):
        ended += dispatch.answer(step, Reply(200, {"of": step.request.step}), 1.0).ended
    assert told == {"a": "a", "b": "b", "c": "c"}
    assert {outcome.action: task for task, outcome in ended} == tasks
    assert dispatch.idle


def test_what_a_flow_asks_together_flies_together_and_is_told_in_its_order():
    told: list[tuple[str, ...]] = []

    def one() -> Flow:
        receipts = yield tuple(ask(name) for name in "abc")
        told.append(tuple(receipt.step for receipt in receipts))
        return Outcome(RowStatus.SUCCEEDED)

    game = Play(
        dispatch_of(0, 8), lambda *_: OK, latency=lambda step: {"a": 3.0, "b": 2.0, "c": 1.0}[step.request.step]
    )
    game.run([Entry(1, "k", one())])
    assert told == [("a", "b", "c")]
    assert game.most == 3


def test_a_step_that_fails_holds_back_no_other():
    server: Server = lambda step, _now: REFUSED if step.request.step == "b" else OK  # noqa: E731
    game = play(server, [Entry(1, "k", flow([ask(name) for name in "abc"], [ask("d")]))])
    assert [step for _when, _row, step, _attempt in game.sent] == ["a", "b", "c", "d"]
    assert game.ended[1] == Outcome(RowStatus.FAILED, failures=(Failure("b", "field_invalid", "No (HTTP 422)"),))


# ---- pauses


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("retry_after", "least"), [(7.0, 7.0), (None, 1.0), (0.0, 1.0), (3600.0, 3600.0)])
def test_over_the_limit_everybody_pauses_and_no_row_fails(status, retry_after, least):
    hit: list[float] = []

    def server(step: Step, now: float) -> Reply:
        if len(hit) < 1 and step.task.id == 5:
            hit.append(now)
            return Reply(status, None, "empty", retry_after)
        return OK

    game = play(server, entries(40))
    assert game.statuses() == {"succeeded": 40}
    known = hit[0] + LATENCY
    assert not [when for when, *_ in game.sent if known < when < known + least]
    for (row, _step), receipt in game.receipts.items():
        told = status == 503 and row == 5
        assert receipt.attempts == 1 + told, "what the limit refused was no attempt; a 503 may be a gateway's"
    assert game.dispatch.retries == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_burst_of_refusals_without_retry_after_counts_once(status):
    down_until = 2.0

    def server(_step: Step, now: float) -> Reply:
        return Reply(status, None, "empty") if now < down_until else OK

    game = Play(dispatch_of(0, 8), server, latency=lambda step: 0.1 + step.task.id / 100).run(entries(8))
    assert game.statuses() == {"succeeded": 8}
    assert game.now < 5, "eight refusals of one moment are no reason to wait for two minutes"


def test_refusals_without_retry_after_wait_longer_each_time():
    game = play(lambda _step, now: Reply(503, None, "empty") if now < 100 else OK, entries(1))
    waits = [b - a for a, b in pairwise(game.times(1))]
    assert all(2 * a * 0.9 < b for a, b in pairwise(waits))
    assert game.statuses() == {"succeeded": 1}


def test_a_pause_of_days_leaves_the_job_unfinished():
    game = play(fails_for({2}, Reply(429, None, "empty", 3 * 86400.0)), entries(30))
    assert game.dispatch.stops.stopped_by == "The server asks to wait 72 hours."
    assert set(game.statuses()) == {"succeeded"}
    assert 2 not in game.ended


def test_refusals_without_end_leave_the_job_unfinished():
    game = play(lambda *_: Reply(429, None, "empty", 30.0), entries(5))
    assert game.ended == {}
    assert PATIENCE < game.now < PATIENCE + 60
    assert game.dispatch.stops.stopped_by == "The server has refused every request for 15 minutes."


@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_that_was_asked_for_and_kept_is_no_reason_to_give_up(status):
    """Three hours, asked for twice; then refusals without a word of how long, for ten minutes."""
    hours = 3 * 3600.0

    def server(_step: Step, now: float) -> Reply:
        if now < 2 * hours:
            return Reply(status, None, "empty", hours)
        return Reply(status, None, "empty") if now < 2 * hours + 600 else OK

    game = play(server, entries(20), concurrency=8)
    assert game.dispatch.stops.stopped_by is None
    assert game.statuses() == {"succeeded": 20}


def test_after_a_kept_pause_refusals_without_end_are_given_up_as_soon_as_ever():
    hours = 3 * 3600.0
    game = play(lambda _step, now: Reply(503, None, "empty", hours if now < hours else None), entries(20))
    assert PATIENCE - 60 < game.now - hours < PATIENCE + 60
    assert game.dispatch.stops.stopped_by == f"The server has refused every request for {game.now / 3600:.1f} hours."


def test_a_server_that_asks_for_hours_again_and_again_is_given_up_at_last():
    game = play(lambda *_: Reply(429, None, "empty", 3600.0), entries(5))
    assert 24 * 3600 < game.now < 48 * 3600
    assert str(game.dispatch.stops.stopped_by).endswith(f"for {game.now / 3600:.1f} hours.")


def test_no_endless_loop_where_a_server_refuses_at_no_pace():
    game = play(lambda _step, now: Reply(503, None, "empty", 0.0) if now < 60 else OK, entries(1), rate=0)
    assert len(game.sent) < 70


# ---- the key


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_stops_within_what_is_in_flight(status):
    game = Play(dispatch_of(0, 4), lambda step, _now: Reply(status, {"message": "No"}) if step.task.id >= 10 else OK)
    game.run(entries(100))
    assert game.dispatch.stops.refused_key
    assert game.dispatch.stops.stopped_by == f"No (HTTP {status})"
    assert game.statuses() == {"succeeded": 9}
    assert len(game.sent) < 10 + 4
    assert not any(game.intended.values()), "a refused request was surely not executed"


def test_an_attempt_before_the_key_was_refused_stays_noted():
    replies = iter([GONE, Reply(401, {"message": "No"})])
    game = play(lambda *_: next(replies), entries(1))
    assert game.intended == {1: {"write": 2}}


# ---- attempts


def one_bad_row(reply: Reply | Lost) -> Play:
    return play(fails_for({3}, reply), entries(400))


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (BROKEN, RowStatus.FAILED),
        (GONE, RowStatus.IN_DOUBT),
        (Reply(200, None, "empty"), RowStatus.IN_DOUBT),
        (Reply(504, None, "not JSON"), RowStatus.IN_DOUBT),
    ],
)
def test_a_row_that_never_succeeds_among_good_ones_ends_alone(reply, status):
    game = one_bad_row(reply)
    assert game.statuses() == {"succeeded": 399, status.value: 1}
    assert game.ended[3].status is status
    assert game.receipts[3, "write"].attempts == ATTEMPTS
    assert len(game.times(3)) == ATTEMPTS
    waits = [b - a for a, b in pairwise(game.times(3))]
    for n, wait in enumerate(waits):
        assert 0.5 * 2**n <= wait <= 1.5 * 2**n + 2, "each back-off is about twice the one before"
    assert game.dispatch.stops.stopped_by is None
    assert Role.PROBE not in game.ended, "good answers meanwhile: nobody needs to ask whether the API answers"


@pytest.mark.parametrize("reply", [BROKEN, GONE])
def test_the_last_row_alone_is_told_from_a_dead_server_by_a_question(reply):
    game = play(fails_for({1}, reply), entries(1))
    assert len(game.statuses()) == 1
    assert game.receipts[1, "write"].attempts == ATTEMPTS + 1
    assert [row for _when, row, *_ in game.sent].count(Role.PROBE) == 1


@pytest.mark.parametrize("reply", [BROKEN, GONE, UNREACHED, Reply(200, None, "empty"), Reply(502, None, "not JSON")])
@pytest.mark.parametrize("rows", [1, 60])
def test_when_nothing_is_answered_the_job_stops_and_no_row_fails(reply, rows):
    game = play(lambda *_: reply, entries(rows))
    assert game.ended == {}
    assert str(game.dispatch.stops.stopped_by).startswith("Nothing is answered any more.")
    assert not game.dispatch.stops.refused_key
    assert game.now < 120
    per_row = Counter(row for _when, row, *_ in game.sent)
    assert max(per_row.values()) <= ATTEMPTS + 1


def test_a_server_that_dies_in_the_middle_leaves_the_rest_open():
    game = play(lambda _step, now: OK if now < 20 else GONE, entries(300))
    assert set(game.statuses()) == {"succeeded"}
    assert game.dispatch.stops.stopped_by


def test_a_server_that_is_away_for_half_a_minute_costs_no_row():
    game = play(lambda _step, now: GONE if 20 <= now < 35 else OK, entries(300))
    assert game.statuses() == {"succeeded": 300}


def test_a_question_is_never_in_doubt():
    game = play(fails_for({1}, GONE), [Entry(1, "k", flow([ask("look", method="GET")])), *entries(99)[1:]])
    assert game.receipts[1, "look"].verdict is Verdict.REJECT
    assert game.receipts[1, "look"].code == "no_answer"


# ---- what may have been carried out

MAYBE = [
    GONE, Reply(503, None, "empty"), Reply(503, {"message": "x"}), Reply(502, {"message": "x"}),
    Reply(504, {"message": "x"}), Reply(500, {"message": "x"}), Reply(524, None, "not JSON"),
    Reply(403, None, "not JSON"), Reply(200, None, "cut off"),
]  # fmt: skip
NEVER = [Reply(429, None, "empty", 1.0), Reply(429, {"message": "x"}), Reply(429, None, "not JSON"), UNREACHED]


@pytest.mark.parametrize("reply", MAYBE + NEVER)
def test_an_attempt_is_what_may_have_been_carried_out(reply):
    replies = iter([reply, OK])
    game = play(lambda *_: next(replies), entries(1))
    assert game.receipts[1, "write"].attempts == 1 + (reply in MAYBE)


@pytest.mark.parametrize("reply", MAYBE + NEVER)
def test_a_write_is_noted_as_on_its_way_only_if_it_may_have_been_carried_out(reply):
    game = Play(dispatch_of(), lambda *_: reply)
    game.run(entries(1), until=LATENCY)
    assert any(game.intended.values()) == (reply in MAYBE)


@pytest.mark.parametrize("reply", [Reply(status, {"message": "x"}) for status in (502, 504, 520)])
def test_a_gateway_without_an_answer_leaves_a_write_in_doubt_however_well_it_says_so(reply):
    assert one_bad_row(reply).ended[3].status is RowStatus.IN_DOUBT


@pytest.mark.parametrize(
    "reply", [GONE, Reply(504, None, "not JSON"), Reply(503, None, "empty"), Reply(200, None, "empty")]
)
def test_what_was_once_left_open_is_not_closed_by_other_failures(reply):
    replies = iter([reply])
    game = play(lambda step, _now: next(replies, BROKEN) if step.task.id == 3 else OK, entries(400))
    assert game.ended[3].status is RowStatus.IN_DOUBT


def test_what_an_earlier_run_left_open_is_not_closed_by_failures():
    game = play(fails_for({1}, BROKEN), [Entry(1, "k", flow([ask("write")]), cut_off={"write": 1}), *entries(400)[1:]])
    assert game.ended[1].status is RowStatus.IN_DOUBT


def test_what_never_left_has_failed_and_is_not_in_doubt():
    game = one_bad_row(UNREACHED)
    assert game.ended[3].status is RowStatus.FAILED
    assert game.receipts[3, "write"].attempts == 0
    assert len(game.times(3)) == ATTEMPTS


# ---- what may not be repeated


def settled_by_reading(step: str = "create") -> Flow:
    receipts = yield (ask(step, repeatable=False),)
    if receipts[0].verdict is Verdict.IN_DOUBT:
        receipts = yield (ask("look", method="GET"),)
    return Outcome(RowStatus.SUCCEEDED if receipts[0].ok else RowStatus.FAILED, action=receipts[0].step)


@pytest.mark.parametrize("reply", [GONE, BROKEN, Reply(503, None, "empty"), Reply(200, None, "cut off")])
def test_a_lost_create_is_settled_by_reading_not_by_sending_again(reply):
    server: Server = lambda step, _now: reply if step.request.step == "create" else OK  # noqa: E731
    game = play(server, [Entry(1, "k", settled_by_reading())])
    assert [step for _when, _row, step, _attempt in game.sent] == ["create", "look"]
    assert game.receipts[1, "create"].verdict is Verdict.IN_DOUBT
    assert game.ended[1] == Outcome(RowStatus.SUCCEEDED, action="look")


@pytest.mark.parametrize("reply", [UNREACHED, Reply(429, None, "empty", 1.0)])
def test_a_create_that_surely_was_not_executed_goes_again_and_leaves_no_intent(reply):
    replies = iter([reply, OK])
    game = Play(dispatch_of(), lambda *_: next(replies))
    game.run([Entry(1, "k", settled_by_reading())], until=LATENCY)
    assert game.ended == {}
    assert not any(game.intended.values()), "a resume must not look for what was never executed"
    again = play(lambda *_: OK, [Entry(1, "k", settled_by_reading())])
    assert again.ended[1].action == "create"


def test_a_create_that_never_left_has_failed_and_is_not_in_doubt():
    game = play(fails_for({1}, UNREACHED), [Entry(1, "k", settled_by_reading()), *entries(400)[1:]])
    assert game.receipts[1, "create"].verdict is Verdict.REJECT
    assert game.ended[1].status is RowStatus.FAILED


# ---- going on with an earlier run


def test_what_is_known_is_not_sent_again():
    known = {"a": Receipt("a", Verdict.ACCEPT, 200), "b": Receipt("b", Verdict.REJECT, 422, code="x", error="no")}
    game = play(lambda *_: OK, [Entry(1, "k", flow([ask("a")], [ask("b"), ask("c")]), known)])
    assert [step for _when, _row, step, _attempt in game.sent] == ["c"]
    assert game.ended[1].failures == (Failure("b", "x", "no"),)


def test_a_row_that_is_known_whole_ends_at_once():
    game = play(lambda *_: OK, [Entry(1, "k", flow([ask("a")]), {"a": Receipt("a", Verdict.ACCEPT)})])
    assert game.sent == []
    assert game.ended[1].status is RowStatus.SUCCEEDED


def test_what_was_cut_off_is_sent_again_if_it_may_be_and_counted_on():
    game = play(lambda *_: OK, [Entry(1, "k", flow([ask("a")]), cut_off={"a": 3})])
    assert game.receipts[1, "a"].attempts == 4


def test_what_was_cut_off_and_may_not_be_repeated_is_in_doubt():
    game = play(lambda *_: OK, [Entry(1, "k", settled_by_reading(), cut_off={"create": 1})])
    assert [step for _when, _row, step, _attempt in game.sent] == ["look"]


def test_a_resume_begins_with_all_its_patience():
    replies = iter([BROKEN, OK])
    rows = [Entry(1, "k", flow([ask("a")]), cut_off={"a": ATTEMPTS + 1})]
    game = play(lambda *_: next(replies), rows)
    assert game.dispatch.stops.stopped_by is None
    assert game.statuses() == {"succeeded": 1}
    assert game.receipts[1, "a"].attempts == ATTEMPTS + 3
    assert game.times(1, "a")[1] < 2, "one failure of this run: the first back-off"


# ---- bodies


def test_a_body_that_is_not_of_the_documented_shape_is_damage_and_breaks_nothing():
    wrong: list[object] = [{"contact": None}, {"contact": []}, {"contact": {}}, {"contact": {"id": "x"}}, [], "x", 3]

    def one() -> Flow:
        request = Request("a", "POST", "x", keep=lambda body: int(body["contact"]["id"]), expects="contact")
        receipts = yield (request,)
        return Outcome(RowStatus.SUCCEEDED if receipts[0].ok else RowStatus.IN_DOUBT, id=str(receipts[0].data))

    for body in wrong:
        server = fails_for({1}, Reply(200, body))
        game = play(server, [Entry(1, "k", one()), *entries(400)[1:]])
        assert game.statuses() == {"succeeded": 399, "in_doubt": 1}
        assert game.receipts[1, "a"].code == "damaged_answer"
        assert game.receipts[1, "a"].attempts == ATTEMPTS


# ---- how many fly


def test_as_many_fly_as_rate_and_latency_need():
    for rate, latency, most in [(5, 0.1, FEWEST), (5, 4.0, 27), (20, 10.0, MOST)]:
        game = Play(dispatch_of(rate), lambda *_: OK, latency=lambda _step, latency=latency: latency)
        game.run(entries(600))
        assert game.dispatch.line.most_in_flight == most
        assert game.dispatch.line.needed <= most
    assert dispatch_of(0).line.most_in_flight == UNPACED
    assert dispatch_of(5, 3).line.most_in_flight == 3


def test_a_given_concurrency_is_held():
    game = Play(dispatch_of(0, 3), lambda *_: OK).run(entries(100))
    assert game.most == 3


def test_slow_answers_do_not_slow_the_pace():
    game = Play(dispatch_of(5), lambda *_: OK, latency=lambda _step: 6.0).run(entries(1000))
    assert game.now < 1000 / 5 * 1.1 + 30


# ---- a long job


def test_hours_with_faults():
    """Of a job of hours; of eight in the long suite."""
    rows = tries(3_000, 30_000)
    chance = random.Random(8)
    outages = [(3600.0 * hour, 3600.0 * hour + 25) for hour in range(1, 8)]

    def server(step: Step, now: float) -> Reply | Lost:
        if any(begin <= now < end for begin, end in outages):
            return GONE
        if step.task.id % 1000 == 77 and step.request.step == "b":
            return REFUSED
        luck = chance.random()
        faults = [
            (0.002, BROKEN),
            (0.004, GONE),
            (0.005, Reply(200, None, "cut off")),
            (0.006, Reply(429, None, "", 1)),
        ]
        return next((reply for bound, reply in faults if luck < bound), OK)

    game = Play(dispatch_of(2.5), server, latency=lambda _step: chance.expovariate(2.0) + 0.05)
    game.run(entries(rows, "a", "b", keys=rows * 2 // 3))
    assert game.now > 6 * 3600 * rows / 30_000
    assert game.statuses() == {"succeeded": rows - rows // 1000, "failed": rows // 1000}
    assert game.dispatch.idle


# ---- laws


REPLIES = st.sampled_from(
    [
        OK, OK, OK, OK, REFUSED, BROKEN, GONE, UNREACHED, Reply(429, None, "empty"), Reply(429, None, "", 2.0),
        Reply(503, None, "empty", 1.0), Reply(200, None, "cut off"), Reply(404, {"message": "No Result found"}),
        Reply(502, None, "not JSON"), Reply(204, None, "empty"),
    ]
)  # fmt: skip
FINAL = st.sampled_from([OK, OK, OK, BROKEN, GONE, UNREACHED, Reply(401, None, "empty"), Reply(429, None, "empty")])


@st.composite
def jobs(draw: st.DrawFn) -> list[tuple[int, list[list[tuple[bool, bool]]]]]:
    shape = st.lists(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=3), max_size=3)
    return draw(st.lists(st.tuples(st.integers(0, 4), shape), max_size=14))


def rows_of(job: list[tuple[int, list[list[tuple[bool, bool]]]]]) -> list[Entry]:
    return [
        Entry(
            number,
            str(key) if key else "",
            flow(*(
                [
                    ask(f"{g}.{s}", repeatable=r, method="GET" if get and r else "POST")
                    for s, (r, get) in enumerate(group)
                ]
                for g, group in enumerate(groups)
            )),
        )
        for number, (key, groups) in enumerate(job)
    ]  # fmt: skip


@given(
    jobs(), st.lists(REPLIES, max_size=40), FINAL, st.sampled_from([0, 0.5, 5]), st.integers(0, 5),
    st.one_of(st.just(math.inf), st.floats(0, 60)), st.randoms(use_true_random=False),
)  # fmt: skip
@settings(max_examples=tries(40, 500), deadline=None, derandomize=True)
def test_every_row_has_one_outcome_or_is_open(job, replies, final, rate, concurrency, until, chance):
    script = iter(replies)
    game = Play(dispatch_of(rate, concurrency), lambda *_: next(script, final))
    game.latency = lambda _step: chance.random() * 3
    game.run(rows_of(job), until)
    dispatch = game.dispatch
    if not dispatch.stops.stopping:
        assert set(game.ended) - {Role.PROBE} == set(range(len(job)))
        assert dispatch.idle
    if dispatch.stops.stopped_by is not None and dispatch.stops.refused_key:
        assert final.status == 401
    sends = Counter((row, step) for _when, row, step, _attempt in game.sent)
    for (row, step), receipt in game.receipts.items():
        assert receipt.attempts == game.may_have_done(row, step)
        assert sum(not_for_want_of_time(reply) for reply in game.replies[row, step]) <= ATTEMPTS + 1
        assert len(game.replies[row, step]) == sends[row, step]
    assert dispatch.requests == len(game.sent)
    assert dispatch.in_flight == 0


@given(jobs(), st.lists(REPLIES, max_size=30), st.floats(0, 20), st.randoms(use_true_random=False))
@settings(max_examples=tries(50, 300), deadline=None, derandomize=True)
def test_a_job_cut_anywhere_goes_on_where_it_stood(job, replies, until, chance):
    """Stop at any time, then go on in a new engine with what was written down: nothing done is done again."""
    script = iter(replies)
    first = Play(dispatch_of(5), lambda *_: next(script, OK), latency=lambda _step: chance.random() * 3)
    first.run(rows_of(job), until)
    rest = [entry for entry in rows_of(job) if entry.row not in first.ended]
    for entry in rest:
        entry.known = {step: receipt for (row, step), receipt in first.receipts.items() if row == entry.row}
        entry.cut_off = dict(first.intended[entry.row])
    second = play(lambda *_: OK, rest)
    assert set(first.ended) | set(second.ended) >= set(range(len(job)))
    assert not set(first.receipts) & set(second.receipts)
    for row, groups in enumerate(groups for _key, groups in job):
        for g, group in enumerate(groups):
            for s, (repeatable, _get) in enumerate(group):
                sends = [game.times(row, f"{g}.{s}") for game in (first, second)]
                if not repeatable and f"{g}.{s}" in first.intended[row]:
                    assert sends[1] == [], "in doubt: settled by reading, not sent again"
