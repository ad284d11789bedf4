"""A unit of work for the engine: a flow, whose steps are sent, and what the flow is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bulk.model import Flow, Outcome, Receipt, Request, RowStatus


class Role(StrEnum):
    """What a task is for."""

    ROW = "row"  # the job's work, a row of a file or a page
    BATCH = "batch"  # likewise, many rows of a file in one request
    QUESTION = "question"  # what the job asks beside its rows
    PROBE = "probe"  # the engine's own question whether the API answers at all
    READING = "reading"  # the engine's own question how contacts stand whom a request may not reach otherwise


WRITTEN: Final = frozenset((Role.ROW, Role.BATCH))  # only the job's work is written to the checkpoint


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A flow to run, and what an earlier run has written down of it.

    `id` is its number among those of its role in its feed: of a row the row's number. The engine tells tasks apart by
    themselves, so that tasks of two roles or two feeds may have one id. Two tasks of one `key` run one after the other.
    `known` are receipts that were written down earlier, `cut_off` the steps that were sent earlier and never answered,
    each with its attempts.
    """

    id: int
    key: str
    flow: Flow
    role: Role = Role.ROW
    known: Mapping[str, Receipt] = field(default_factory=dict)
    cut_off: Mapping[str, int] = field(default_factory=dict)


def question(number: int, role: Role, request: Request) -> Task:
    """A task of one request, whose receipt whoever made it takes from the engine."""
    return Task(number, f"\0{role} {number}", _one(request), role)


def _one(request: Request) -> Flow:
    yield (request,)
    return Outcome(RowStatus.SUCCEEDED)
