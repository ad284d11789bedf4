"""Requests that may leave only when it is freshly known how a contact stands: who waits, and what is read for them.

They wait while others go first. When as many wait as the pace can send within the window, or nothing else is to be
done, one question is asked for all of them; its answer lets each leave, or ends it unsent. What could not leave in time
waits again. Nothing that is known here outlives a run.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from bulk.engine.reading_pace import MARGIN, WINDOW, ReadingPace
from bulk.engine.steps import Step
from bulk.engine.tasks import Role, Task, question
from bulk.model import Admission, Failure, Receipt, Request, Standing, Verdict


class Gate:
    """The steps with an admission, from when they are ready until they may leave. `rate` is the pace's, a second.

    What is read for them their admissions say, all of them the same.
    """

    def __init__(self, rate: float) -> None:
        self.pace = ReadingPace(rate)
        self._lobby: deque[Step] = deque()
        self._alone: deque[Step] = deque()  # whom a reading of many did not tell
        self._asked: dict[Task, list[Step]] = {}  # a reading -> who waits for it
        self._many: Task | None = None  # the reading of many that is under way
        self._admitted: list[tuple[float, int, Step]] = []  # who must leave first is first
        self._numbers = count(1)

    def enter(self, step: Step, made_at: float | None = None, *, first: bool = False) -> None:
        """Take in a step that is ready. `made_at`: when its task sent what made the contact, if that is so."""
        self.pace.most = _admission(step).readings.most
        if made_at is not None and not step.attempts:
            self._admit(step, made_at)
        elif first:
            self._lobby.appendleft(step)
        else:
            self._lobby.append(step)

    def _admit(self, step: Step, read_at: float) -> None:
        step.until = read_at + WINDOW - MARGIN
        heapq.heappush(self._admitted, (step.until, next(self._numbers), step))

    @property
    def idle(self) -> bool:
        """Whether nobody waits here, for a reading or to leave."""
        return not (self._lobby or self._admitted or self._alone)

    def has_admitted(self, now: float) -> bool:
        """Whether a step may leave now; those whose time is over wait again."""
        late: list[Step] = []
        while self._admitted and self._admitted[0][0] < now:
            late.append(heapq.heappop(self._admitted)[2])
        self._lobby.extendleft(reversed(late))
        return bool(self._admitted)

    @property
    def first_until(self) -> float:
        """Until when the step may leave that must leave first; infinity if none is let leave."""
        return self._admitted[0][0] if self._admitted else math.inf

    def pop(self) -> Step:
        """The step that must leave first, once `has_admitted`."""
        return heapq.heappop(self._admitted)[2]

    def passed(self) -> None:
        """Note that another step went before those who wait."""
        if self._lobby:
            self.pace.passed()

    # ---- readings

    def readings(self, now: float, *, others: bool, under_way: int = 0) -> Iterator[Task]:
        """The readings to send now.

        `others`: something else could go before them. `under_way`: requests in flight, which may bring more to read.
        """
        pace = self.pace
        pace.note_lull(now, lull=bool(self._lobby) and not others)
        if self._is_due(now, others=others or (under_way > 0 and now < pace.again_at)):
            pace.begin()
            if pace.tells:
                yield self._ask_many()
            else:
                self._alone.extend(self._lobby)
                self._lobby.clear()
        while self._alone and len(self._asked) + len(self._admitted) < pace.singly:
            yield self._ask_one([self._alone.popleft()])

    def _is_due(self, now: float, *, others: bool) -> bool:
        if not self._lobby or self._many is not None:
            return False
        return self.pace.is_due(now, len(self._lobby), len(self._admitted), self.first_until, others=others)

    def _ask_many(self) -> Task:
        steps = [self._lobby.popleft() for _ in range(min(self.pace.a_request, len(self._lobby)))]
        ids = tuple(dict.fromkeys(_admission(step).contact for step in steps))
        if len(ids) == 1:
            return self._ask_one(steps)
        self._many = self._ask(steps, _admission(steps[0]).readings.many(ids))
        return self._many

    def _ask_one(self, steps: list[Step]) -> Task:
        admission = _admission(steps[0])
        return self._ask(steps, admission.readings.one(admission.contact))

    def _ask(self, steps: list[Step], request: Request) -> Task:
        reading = question(next(self._numbers), Role.READING, request)
        self._asked[reading] = steps
        return reading

    def take(self, reading: Task, receipt: Receipt, sent_at: float, now: float) -> list[tuple[Step, Receipt]]:
        """Take the answer to a reading that left at `sent_at`; the steps that it ends unsent, with their receipts."""
        many = reading is self._many
        told: dict[str, Standing] = receipt.data if receipt.ok else {}
        self.pace.took(now - sent_at, now, told=bool(told))
        if many:
            self._many = None
        ended: list[tuple[Step, Receipt]] = []
        for step in self._asked.pop(reading):
            standing = told.get(_admission(step).contact)
            if standing is not None:
                ended += self._decided(step, standing, sent_at)
            elif many:
                self._alone.append(step)
            else:
                ended.append((step, _unknown(step, receipt)))
        if many:
            self.pace.told_many(len(ended), told=bool(told))
        if ended:
            self.pace.bore_fruit()
        return ended

    def _decided(self, step: Step, standing: Standing, sent_at: float) -> list[tuple[Step, Receipt]]:
        admission = _admission(step)
        decision = admission.decide(standing)
        name, sends = step.request.step, step.attempts
        if decision is None:  # if it was sent and not answered, that send has done it
            return [(step, Receipt(name, Verdict.ACCEPT, data=sends > 0, attempts=sends))]
        if isinstance(decision, Failure):
            refusal = Receipt(name, Verdict.REJECT, code=decision.code, error=decision.error, attempts=sends)
            return [(step, refusal)]
        step.request = replace(decision, admission=admission)
        self._admit(step, sent_at)
        return []


def _admission(step: Step) -> Admission:
    admission = step.request.admission
    if admission is None:
        raise AssertionError(f"{step.request.step} needs no admission")
    return admission


def _unknown(step: Step, receipt: Receipt) -> Receipt:
    """The end of a step whose contact could not be read: it is not sent, or what became of an earlier send is open."""
    said = f"How this person stands could not be read, so nothing is done. {receipt.error}"
    verdict = Verdict.IN_DOUBT if step.attempts else Verdict.REJECT
    return Receipt(step.request.step, verdict, receipt.status, None, receipt.code, said, step.attempts)
