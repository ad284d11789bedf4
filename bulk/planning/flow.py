"""Small generators that ask, put together: in sequence by `yield from`, side by side by `together`."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TypeVar

from bulk.model import Receipt, Request, Wait

Result = TypeVar("Result")
Asking = Generator[tuple[Request | Wait, ...], tuple[Receipt, ...], Result]


def asked(request: Request) -> Asking[Receipt]:
    """Ask one thing; its receipt."""
    receipts = yield (request,)
    return receipts[0]


def combined(parts: Sequence[Asking[Result]]) -> Asking[list[Result]]:
    """Run `parts` side by side: what they ask at the same time goes out as one; gives their results in order.

    None asks on before all have their receipts: a part that waits keeps the others waiting.
    """
    results: dict[int, Result] = {}
    answers: dict[int, tuple[Receipt, ...] | None] = dict.fromkeys(range(len(parts)))
    while answers:
        asked: dict[int, tuple[Request | Wait, ...]] = {}
        for at, answer in answers.items():
            try:
                asked[at] = next(parts[at]) if answer is None else parts[at].send(answer)
            except StopIteration as end:
                results[at] = end.value
        if not asked:
            break
        receipts = yield tuple(one for asking in asked.values() for one in asking)
        answers = {}
        start = 0
        for at, asking in asked.items():
            answers[at] = receipts[start : start + len(asking)]
            start += len(asking)
    return [results[at] for at in range(len(parts))]
