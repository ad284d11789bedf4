"""What an answer makes of its step: the reply as far as it is believed, its verdict, and the receipt. Pure."""

from __future__ import annotations

from dataclasses import replace

from bulk.engine.confirm import believed, unread_damage
from bulk.engine.retry import explain, judge, verdict_of
from bulk.engine.steps import Step
from bulk.model import LATE, Json, Lost, Receipt, Reply, Request, Verdict


def taken(request: Request, reply: Reply | Lost) -> tuple[Reply | Lost, Verdict, Json]:
    """The reply as far as it is to be believed, what it means, and what its request keeps of it."""
    if isinstance(reply, Lost):
        return reply, judge(request, reply), None
    reply = believed(request, reply)
    verdict = verdict_of(request, reply)
    if reply.body is None or verdict not in (Verdict.ACCEPT, Verdict.REJECT):
        return reply, verdict, None
    accepted = verdict is Verdict.ACCEPT
    try:
        return reply, verdict, (request.keep if accepted else request.keep_refused)(reply.body)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:  # of no documented shape
        if not accepted:
            return reply, verdict, None
        reply = replace(reply, damage=unread_damage(error))
        return reply, judge(request, reply), None


def accepted(step: Step, reply: Reply | Lost, kept: Json) -> Receipt:
    """The receipt of a step that was accepted."""
    status = reply.status if isinstance(reply, Reply) else 0
    return Receipt(step.request.step, Verdict.ACCEPT, status, kept, attempts=step.attempts)


def given_up(step: Step, reply: Reply | Lost, verdict: Verdict, kept: Json) -> Receipt:
    """The receipt of a step that was not accepted, and is not sent again."""
    if verdict is Verdict.RETRY:  # out of tries
        verdict = Verdict.REJECT if _surely_not_done(step) else Verdict.IN_DOUBT
    code, error = explain(reply)
    status = reply.status if isinstance(reply, Reply) else 0
    return Receipt(step.request.step, verdict, status, kept, code, error, step.attempts)


def _surely_not_done(step: Step) -> bool:
    """Whether a step that is given up changed nothing: a question never does, else each of its sends has to say so."""
    return step.request.method == "GET" or not step.attempts or not step.open


def late(step: Step) -> Receipt:
    """The receipt of a step that was not sent, because what it goes by is too old by now."""
    error = "What it goes by is too old by now."
    return Receipt(step.request.step, Verdict.REJECT, code=LATE, error=error, attempts=0)
