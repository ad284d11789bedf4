"""What the engine has on its way: a step, a row whose flow has begun, and what an answer settles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from bulk.model import Flow, Outcome, Receipt, Request

Ended = tuple[int, Outcome]  # a row's number and how it ended


@dataclass(slots=True)
class Step:
    """One request of one row on its way.

    `attempts` counts sends, this one included; the first `earlier` of them were an earlier run's.
    """

    row: int
    request: Request
    attempts: int = 0
    earlier: int = 0
    second_sent: float = math.inf
    sent_at: float = 0.0
    at: int = 0  # its place among the requests that its flow yielded together
    until: float = math.inf  # it leaves by then, or not with what is known

    @property
    def tries(self) -> int:
        """Sends of this run: a resume begins with all its patience."""
        return self.attempts - self.earlier

    @property
    def unexecuted(self) -> bool:
        """Whether, if this send surely was not executed, none was: one that is not repeatable follows only such."""
        return not self.request.repeatable or self.attempts <= 1


@dataclass(frozen=True, slots=True)
class Settled:
    """What an answer brought: a receipt to write down, and the rows that ended by it."""

    receipt: Receipt | None = None
    ended: tuple[Ended, ...] = ()
    released: bool = False  # the request was surely not executed: its intent may be forgotten
    beside: tuple[tuple[Step, Receipt], ...] = ()  # other steps that it settled, which are not sent any more


@dataclass(slots=True)
class Flying:
    """A row whose flow has begun."""

    key: str
    flow: Flow
    known: dict[str, Receipt]
    cut_off: Mapping[str, int]  # step -> attempts, of requests that were sent and never answered
    receipts: list[Receipt | None] = field(default_factory=list)
    missing: int = 0
    answered: dict[str, float] = field(default_factory=dict)  # step that was accepted in this run -> when it was sent
