"""An answer confirms only what it says: of the record that was asked for, in the API's own shape."""

from __future__ import annotations

import json
from dataclasses import replace

import httpx
import pytest

from bulk.api.client import Client
from bulk.api.credentials import Credentials
from bulk.engine import confirm
from bulk.engine.confirm import confirmed, contradicts
from bulk.engine.dispatch import Dispatch
from bulk.engine.limit import RateLimit
from bulk.engine.retry import judge
from bulk.engine.tasks import Role, Task
from bulk.model import ALL, Lost, Outcome, Reply, Request, RowStatus, Verdict
from bulk.planning import answers
from bulk.planning.address_lookup import look_up_contact
from bulk.planning.contact_changes import Contact, list_edits, tag_edits
from bulk.planning.steps.contact_links import add_tags, set_lists
from bulk.planning.writers import Meaning
from bulk.resources import named
from bulk.resources.kinds import DATE, NUMBER, TEXT
from tests.virtual import run

SYNC = Request("contact", "POST", "contact/sync", expects="contact", says={"email": answers.address("Ada@Example.com")})
PERSON = Contact("7", "updated")
TAG = Request("tag", "POST", "contactTags", expects="contactTag", says={"contact": "7", "tag": "3"})
CREATE = Request("contact", "POST", "contacts", repeatable=False, expects="contact", says=SYNC.says)


def is_another(request: Request, reply: Reply) -> bool:
    """Whether whoever sends leaves the connection of such an answer."""
    return contradicts(confirmed(request, reply))


@pytest.mark.parametrize(
    ("request_", "body"),
    [
        (SYNC, {"contact": {"id": "7", "email": "ada@example.com"}}),
        (SYNC, {"contact": {"id": 7, "email": " ADA@example.COM"}}),
        (SYNC, {"contact": {"id": "7"}}),
        (TAG, {"contactTag": {"contact": 7, "tag": "3", "id": "1"}, "contacts": []}),
        (TAG, {"contactTag": {"contact": "7", "tag": 3}}),
        (Request("s", "PUT", "deals/9", expects="deal", says={"id": "9"}), {"deal": {"id": 9, "value": 55555}}),
        (Request("s", "GET", "contacts/7/contactTags", expects="contactTags", says={"contact": "7"}),
         {"contactTags": []}),
    ],
)  # fmt: skip
def test_what_the_api_answers_confirms(request_: Request, body: object):
    reply = Reply(200, body)
    assert confirmed(request_, reply) == reply
    assert not is_another(request_, reply)
    assert judge(request_, reply) is Verdict.ACCEPT


@pytest.mark.parametrize(
    ("request_", "body"),
    [
        (SYNC, {"contact": {"id": "8", "email": "grace@example.com"}}),
        (SYNC, {"contact": {"id": "8", "email": None}}),
        (SYNC, {"contact": {}}),
        (SYNC, {"contact": True}),
        (SYNC, {"contact": []} | {"contacts": []}),
        (SYNC, {"contactTag": {"id": "7"}}),
        (SYNC, {}),
        (SYNC, []),
        (TAG, {"contactTag": {"contact": "8", "tag": "3", "id": "1"}}),
        (TAG, {"contactTag": {"contact": "7", "tag": "33", "id": "1"}}),
        (Request("s", "GET", "contacts", expects="contacts", says=SYNC.says),
         {"contacts": [{"id": "1", "email": "ada@example.com"}, {"id": "2", "email": "grace@example.com"}]}),
    ],
)  # fmt: skip
def test_an_answer_about_something_else_confirms_nothing(request_: Request, body: object):
    reply = Reply(200, body)
    assert confirmed(request_, reply).damage
    assert is_another(request_, reply)
    assert judge(request_, reply) is Verdict.RETRY


def test_of_what_may_not_be_repeated_it_is_in_doubt():
    reply = Reply(201, {"contact": {"id": "8", "email": "grace@example.com"}})
    assert judge(CREATE, reply) is Verdict.IN_DOUBT


def test_silence_and_damage_contradict_nothing():
    assert not is_another(SYNC, Reply(200, None, "empty"))
    assert not is_another(SYNC, Reply(403, None, "not JSON"))
    assert not is_another(SYNC, Reply(422, {"errors": []}))


@pytest.mark.parametrize(
    ("ids", "upwards", "fits"),
    [
        ([6, 7, 9], True, True), ([], True, True), ([5, 6], True, False), ([7, 6], True, False), ([6, 6], True, False),
        ([4, 3, 1], False, True), ([5, 4], False, False), ([3, 4], False, False),
    ],
)  # fmt: skip
def test_a_page_lies_beyond_its_cursor_in_the_order_that_was_asked_for(ids: list[int], upwards: bool, fits: bool):
    request = Request("p", "GET", "contacts", expects="contacts", says=answers.page(5, upwards=upwards))
    reply = Reply(200, {"contacts": [{"id": str(identity)} for identity in ids]})
    assert is_another(request, reply) is not fits


def test_texts_and_values_are_compared_leniently():
    assert answers.text(" Big  deal\r\n")("big deal")
    assert answers.text("a very long title")("a very lo"), "the account may have cut it"
    assert not answers.text("one")("two")
    assert answers.value_of(NUMBER, "1.50")("1.5")
    assert answers.value_of(DATE, "2026-01-01")("2025-12-31T23:00:00-05:00")
    assert not answers.value_of(DATE, "2026-01-01")("2024-05-28")
    assert not answers.value_of(TEXT, "Bath")("Bristol")


def test_the_echo_of_a_record_is_known_by_its_key():
    says = answers.record(named("notes"), {"note": "Call", "reltype": "Subscriber", "relid": "7"})
    request = Request("create", "POST", "notes", expects="note", says=says)
    assert not is_another(
        request, Reply(201, {"note": {"note": "Call", "reltype": "Subscriber", "relid": 7, "id": "1"}})
    )
    assert is_another(request, Reply(201, {"note": {"note": "Call", "reltype": "Subscriber", "relid": 71, "id": "1"}}))
    assert is_another(request, Reply(201, {"note": {"note": "Mail", "reltype": "Subscriber", "relid": 7, "id": "1"}}))


def test_every_writing_request_says_whose_record_its_answer_must_be():
    for asking in (
        add_tags("7", tag_edits([("3", "VIP")], ()), known=False),
        set_lists(PERSON, list_edits(PERSON, {"2": ("News", "2")}, None, Meaning(()))[0], Meaning(()), known=False),
        look_up_contact("look up", "ada@example.com"),
    ):
        for request in next(asking):
            assert request.says
            assert ALL not in request.says


@pytest.mark.parametrize(("searches", "sends"), [(False, 6), (True, 1)])
def test_the_engine_takes_an_answer_about_another_record_for_none(searches: bool, sends: int):
    """It repeats what may be repeated, and tells in the end what came instead.

    What the server finds by itself it does not repeat: each send may change somebody else once more.
    """
    dispatch = Dispatch(RateLimit(0), lambda: 0.5, rate=float("inf"))
    receipts = []

    def flow():
        receipts.extend((yield (replace(SYNC, searches=searches),)))
        return Outcome(RowStatus.SUCCEEDED)

    dispatch.add(Task(1, "ada", flow()))
    now = 0.0
    while not dispatch.idle:
        step = dispatch.next(now)
        if isinstance(step, float):
            now = step
            continue
        assert step is not None
        assert not isinstance(step, float)
        known = Reply(200, {"user": {}}) if step.task.role is Role.PROBE else None
        dispatch.answer(step, known or Reply(200, {"contact": {"id": "8", "email": "grace@example.com"}}), now)
    assert receipts[0].verdict is Verdict.IN_DOUBT
    assert receipts[0].attempts >= sends if sends > 1 else receipts[0].attempts == 1
    assert receipts[0].code == "another_record"
    assert receipts[0].error == "The answer was about another record: its email is not the one that was asked for."


@pytest.mark.parametrize("record", [{}, {"id": None}, {"id": "x"}, {"id": {}}])
def test_a_page_with_a_record_that_has_no_number_is_a_damaged_one(record):
    request = Request("s", "GET", "contacts", expects="contacts", says=answers.page(0, upwards=True))
    reply = confirmed(request, Reply(200, {"contacts": [{"id": "1"}, record]}))
    assert reply.damage


async def answer_of(content: str) -> Reply | Lost:
    """What a client brings of an answer to `SYNC`."""
    async with Client(Credentials("http://x.example/api/3/", "key")) as client:
        await client._client.aclose()
        client._client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _r: httpx.Response(200, text=content)))
        return await client.send(SYNC)


def test_an_answer_is_compared_once(monkeypatch: pytest.MonkeyPatch):
    """From the wire to its receipt: by who sends, and what it found is carried on."""
    compared: list[Reply] = []
    damage = confirm._damage

    def counting(request: Request, reply: Reply) -> str:
        compared.append(reply)
        return damage(request, reply)

    monkeypatch.setattr(confirm, "_damage", counting)
    for body, verdict in (({"contact": {"id": "1", "email": "ada@example.com"}}, Verdict.ACCEPT), ({}, Verdict.RETRY)):
        reply = run(answer_of, json.dumps(body))
        assert judge(SYNC, confirmed(SYNC, reply)) is verdict
    assert len(compared) == 2
