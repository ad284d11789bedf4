"""Sends that may not be repeated blindly: after a lost answer the account is read for exactly what was sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import Enum
from itertools import count
from typing import Final, TypeVar

from bulk.model import Edits, Receipt, Request, Verdict
from bulk.planning.flow import Asking, asked
from bulk.resources import named

SENDS: Final = 2  # of one such request in one run, each settled by reading


class Nothing(Enum):
    """Why a look at the account has not found what was sent."""

    ABSENT = "absent"  # it is not there, so it may be sent again
    UNKNOWN = "unknown"  # it could not be read, or what is there may be it or not: it stays in doubt


_UNSEEN: Final = "It could not be read whether it is there already, so it was not made."
Made = TypeVar("Made")
Look = Callable[[str], Asking[Made | Nothing]]


def settled(request: Request, look: Look[Made], *, look_first: bool = False) -> Asking[tuple[Receipt, Made | None]]:
    """Send what may not be repeated: again only when it is sure that it has not been applied.

    `look` is told what its step is to be called, and gives what the request has made. Gives the receipt of the last
    send, and what was made if its answer was lost and `look` has found it. `look_first`: also what is there before the
    first send is taken for made.
    """
    if look_first:
        made = yield from look(f"look up before {request.step}")
        if made is Nothing.UNKNOWN:
            return Receipt(request.step, Verdict.REJECT, code="no_answer", error=_UNSEEN, attempts=0), None
        if not isinstance(made, Nothing):
            return Receipt(request.step, Verdict.ACCEPT, attempts=0), made
    sends = 0
    for name in _again_and_again(request.step):
        receipts = yield (replace(request, step=name, repeatable=False),)
        receipt = receipts[0]
        if receipt.verdict is not Verdict.IN_DOUBT:
            return receipt, None
        made = yield from look(f"look up after {name}")
        if not isinstance(made, Nothing):
            return receipt, made
        sends += not receipt.from_before
        if made is Nothing.UNKNOWN or sends == SENDS:
            return receipt, None
    raise AssertionError("the names do not end")


def deleted(
    step: str,
    path: str,
    edits: Edits | None = None,
    *,
    singular: str = "",
    admitted: Callable[[Request], Request] | None = None,
) -> Asking[Receipt]:
    """Delete a record, which may be repeated; what the answers leave open is settled by reading whether it is there.

    Only the API's own word counts, that it has deleted it or that there is no such record. `singular` is what an answer
    calls it, where that is no resource by itself. `admitted` gives the request what it may not leave without.
    """
    request = Request(step, "DELETE", path, absent_is_done=True, edits=edits)
    receipt = yield from asked(request if admitted is None else admitted(request))
    if receipt.ok or (receipt.verdict is Verdict.REJECT and receipt.status != 404):
        return receipt
    collection, _, identity = path.partition("/")
    expects = singular or named(collection).singular
    gone = yield from asked(
        Request(f"look up after {step}", "GET", path, absent_is_done=True, expects=expects, says={"id": identity})
    )
    if gone.ok and gone.status >= 400:
        # of what is in doubt a send of ours may have done it: no status that says that it was so before
        status = 0 if receipt.verdict is Verdict.IN_DOUBT else receipt.status
        return replace(receipt, verdict=Verdict.ACCEPT, status=status, code="", error="")
    if gone.ok and receipt.verdict is Verdict.IN_DOUBT:
        error = f"It is still there, whatever the answer meant. {receipt.error}"
        return replace(receipt, verdict=Verdict.REJECT, code="not_confirmed", error=error)
    return receipt


def _again_and_again(step: str) -> Iterator[str]:
    """Names for the sends of one step: each has its own place in the checkpoint."""
    yield step
    yield f"{step} again"
    yield from (f"{step} again {number}" for number in count(2))
