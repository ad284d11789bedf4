"""The flow of a batch: it is submitted, then followed until the importer is done with it. Pure.

Its end says what the importer says, which is no verdict about any contact: whether contacts are as wanted is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import count
from typing import Final

from bulk.model import LATE, Json, Receipt, Request, Verdict, Wait
from bulk.planning.batch.entry import without_automations
from bulk.planning.flow import Asking

PATH: Final = "import/bulk_import"
LIMIT: Final = "import"  # what all batches count against ...
LIMIT_SINGLE: Final = "import_single"  # ... and those of one contact besides
SHORTEST_WAIT: Final = 1.0  # seconds between two looks at a batch
LONGEST_WAIT: Final = 20.0
PATIENCE: Final = 900.0  # seconds of waiting after which a batch is not followed any longer
_GROWTH: Final = 1.5
_ENDED: Final = ("completed", "failed", "interrupted")


class BatchState(Enum):
    """Where a batch ended."""

    COMPLETED = "completed"
    BROKEN = "broken"  # failed or interrupted: some of it may have been carried out
    STUCK = "stuck"  # not at its end after all the patience there is
    LOST = "lost"  # it may have been taken, and has no name to ask for it by
    REFUSED = "refused"  # it was not taken
    LATE = "late"  # it was not sent: what its contacts were read to be is too old


@dataclass(frozen=True, slots=True)
class BatchEnd:
    """What became of a batch. `ids` are contacts that it made or changed; `refused` are places in it, from 0 on."""

    state: BatchState
    ids: tuple[str, ...] = ()
    refused: frozenset[int] = frozenset()
    waited: float = 0.0  # seconds
    looks: int = 0  # times that it was asked for


def submit(
    contacts: Sequence[Json], *, step: str, automations: bool, soon_after: tuple[str, float] | None
) -> Asking[Receipt | BatchEnd]:
    """Send a batch: its receipt with the importer's name for it, or its end where there is nothing to follow."""
    body: Json = {"contacts": list(contacts)}
    if not automations:
        body = {"contacts": without_automations(contacts), "exclude_automations": True}
    request = Request(
        step, "POST", PATH, body=body, repeatable=False, keep=lambda answer: str(answer["batchId"]), expects="batchId",
        keep_refused=_places, limits=(LIMIT, *([LIMIT_SINGLE] if len(contacts) == 1 else [])), soon_after=soon_after,
    )  # fmt: skip
    receipt = (yield (request,))[0]
    if receipt.ok:
        return receipt
    if receipt.verdict is Verdict.IN_DOUBT:
        return BatchEnd(BatchState.LOST)
    if receipt.code == LATE:
        return BatchEnd(BatchState.LATE)
    refused = frozenset(int(at) for at in receipt.data or ())
    return BatchEnd(BatchState.REFUSED, refused=refused.intersection(range(len(contacts))))


def followed(batch: str, waited: float) -> Asking[BatchEnd]:
    """Ask again and again what became of a batch that was submitted so many seconds ago."""
    pause = max(SHORTEST_WAIT, waited / 2)
    for number in count(1):
        receipt = (yield (_question(batch, number),))[0]
        if not receipt.ok:
            return BatchEnd(BatchState.LOST, waited=waited, looks=number)
        status, ids = receipt.data
        if status == "completed":
            return BatchEnd(BatchState.COMPLETED, tuple(ids), waited=waited, looks=number)
        if status in _ENDED:
            return BatchEnd(BatchState.BROKEN, tuple(ids), waited=waited, looks=number)
        if waited >= PATIENCE:
            return BatchEnd(BatchState.STUCK, waited=waited, looks=number)
        yield (Wait(f"wait {number}", pause),)
        waited += pause
        pause = min(LONGEST_WAIT, pause * _GROWTH)
    raise AssertionError("it is asked for until it ends")


def _question(batch: str, number: int) -> Request:
    return Request(
        f"look {number}", "GET", "import/info", (("batchId", batch),), expects="status", optional=True,
        keep=lambda body: [body["status"], [str(one) for one in body.get("success") or () if str(one).isdigit()]],
    )  # fmt: skip


def _places(body: Json) -> Json:
    """Which contacts of a refused batch are named, by their places from 0 on."""
    reasons = body.get("failureReasons") if isinstance(body, dict) else None
    named = [one.get("contact") for one in reasons if isinstance(one, dict)] if isinstance(reasons, list) else []
    return [int(str(one)) - 1 for one in named if str(one or "").isdigit()]
