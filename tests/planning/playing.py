"""Plays flows against replies written by hand. Nothing here is a test."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from bulk.engine.confirm import confirmed
from bulk.engine.gate import Gate
from bulk.engine.retry import explain, judge
from bulk.engine.steps import Step
from bulk.engine.tasks import Task
from bulk.model import Flow, Lost, Outcome, Receipt, Reply, Request, Verdict


def links(plural: str, *records: dict[str, str]) -> Reply:
    return Reply(200, {plural: list(records)})


def _as_ours(request: Request, reply: Reply) -> tuple[Request, Reply]:
    """A reply written by hand, once for many requests: whose it is and what does not matter is left out of it."""
    request = replace(request, says={})
    record = reply.body.get(request.expects) if isinstance(reply.body, dict) else None
    if not isinstance(record, dict) or "id" in record:
        return request, reply
    return request, replace(reply, body={**reply.body, request.expects: {**record, "id": "1"}})


def receipt_of(request: Request, reply: Reply | Lost) -> Receipt:
    if isinstance(reply, Reply):
        request, reply = _as_ours(request, reply)
        reply = confirmed(request, reply)
    verdict = judge(request, reply)
    status = reply.status if isinstance(reply, Reply) else 0
    if verdict is Verdict.ACCEPT:
        assert isinstance(reply, Reply)
        return Receipt(request.step, verdict, status, request.keep(reply.body) if reply.body is not None else None)
    if verdict is Verdict.RETRY:  # as after the last attempt
        verdict = Verdict.REJECT if request.method == "GET" else Verdict.IN_DOUBT
    code, error = explain(reply)
    return Receipt(request.step, verdict, status, None, code, error)


def stands(contact: str, reply: Reply | Lost, bounced: str = "0") -> Reply | Lost:
    """The answer to a reading of one contact, out of one that tells its lists."""
    if isinstance(reply, Lost) or reply.status >= 300:
        return reply
    records = [{"contact": contact, **record} for record in reply.body["contactLists"]]
    person = {"id": contact, "contactLists": [record["id"] for record in records], "bounced_hard": bounced}
    return Reply(200, {"contact": person, "contactLists": records})


def gated(request: Request, reply: Reply | Lost) -> Request | Receipt:
    """A request with an admission once its contact was read: as it is to leave, or how it ends."""
    gate, step = Gate(math.inf), Step(Task(1, "", iter(())), request)
    gate.enter(step)
    (reading,) = gate.readings(0.0, others=False)
    (asked,) = next(reading.flow)
    ended = gate.take(reading, receipt_of(asked, reply), 0.0, 0.0)
    return ended[0][1] if ended else step.request


@dataclass
class Run:
    """Drives a flow; `replies` by "METHOD path", used up in order, the last one stays.

    How a contact stands, where that is asked before a request, is taken from its lists ("GET contacts/7/contactLists")
    and from `bounced`; without such a reply the request leaves.
    """

    replies: Mapping[str, list[Reply | Lost] | Reply | Lost]
    asked: list[Request] = field(default_factory=list)
    bounced: str = "0"

    def __call__(self, flow: Flow) -> Outcome:
        left = {place: [r] if isinstance(r, Reply | Lost) else list(r) for place, r in self.replies.items()}
        receipts: tuple[Receipt, ...] | None = None
        while True:
            try:
                requests = next(flow) if receipts is None else flow.send(receipts)
            except StopIteration as end:
                return end.value
            assert requests
            receipts = tuple(self.receipt(left, request) for request in requests)
            assert len({request.step for request in self.asked}) == len(self.asked), "one name a step"

    def receipt(self, left: dict[str, list[Reply | Lost]], request: Request) -> Receipt:
        if request.admission is not None:
            contact = request.admission.contact
            reading = Request("", "GET", f"contacts/{contact}/contactLists")
            if f"GET {reading.path}" in left:
                job_result = gated(request, stands(contact, self.reply(left, reading), self.bounced))
                if isinstance(job_result, Receipt):
                    return job_result
                request = job_result
        self.asked.append(request)
        return receipt_of(request, self.reply(left, request))

    @staticmethod
    def reply(left: dict[str, list[Reply | Lost]], request: Request) -> Reply | Lost:
        mine = left[f"{request.method} {request.path}"]
        return mine.pop(0) if len(mine) > 1 else mine[0]

    @property
    def places(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.asked]

    def bodies(self, place: str) -> list[object]:
        return [request.body for request in self.asked if f"{request.method} {request.path}" == place]


def played(
    flow: Flow, known: Mapping[str, Receipt], answer: Callable[[Request], Receipt], at_most: int = 10**6
) -> tuple[Outcome | None, list[Request], dict[str, Receipt]]:
    """Run a flow with what is known; the outcome (None if it was cut), what was asked anew, and all receipts."""
    receipts, asked, given_ = dict(known), [], None
    while True:
        try:
            requests = next(flow) if given_ is None else flow.send(given_)
        except StopIteration as end:
            return end.value, asked, receipts
        for request in requests:
            if request.step not in receipts:
                if len(asked) == at_most:
                    return None, asked, receipts
                asked.append(request)
                receipts[request.step] = answer(request)
        given_ = tuple(receipts[request.step] for request in requests)


def written_down(receipts: Mapping[str, Receipt]) -> dict[str, Receipt]:
    return {step: replace(r, data=json.loads(json.dumps(r.data))) for step, r in receipts.items()}
