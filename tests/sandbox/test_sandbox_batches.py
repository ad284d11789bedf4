"""Batches of the importer: what is applied of one, what faults make of it, how often they may come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox_desk import Desk, send
from test_sandbox_bulk_import import INFO, QUEUE, Later, batch, done, queued
from test_sandbox_status import after, shown

from bulk.sandbox.app import Sandbox, SandboxOptions
from bulk.sandbox.faults import ENDS, ConnectionDropped, Fault
from bulk.sandbox.switches import Switches
from tests.scale import tries

SUBMITS = "import/bulk_import"
PEOPLE = tuple({"email": f"p{n}@example.com", "tags": ["Batch"]} for n in range(1, 5))


@pytest.fixture
def clock() -> Later:
    return Later()


@pytest.fixture
def desk(clock: Later, request: pytest.FixtureRequest) -> Iterator[Desk]:
    options = getattr(request, "param", SandboxOptions(rate=0))
    with Sandbox(None, options, clock) as sandbox:
        desk = Desk(sandbox)
        desk.given()
        yield desk


def by(*faults: Fault, rate: float = 0.0, **switches: Any) -> SandboxOptions:
    return SandboxOptions(rate=rate, faults=faults, switches=Switches(**switches))


def submit(desk: Desk, *contacts: dict[str, Any], **more: Any) -> Any:
    return desk.ask(QUEUE, batch(*contacts, **more))


def there(desk: Desk) -> list[str]:
    """The addresses of a batch that are in the account."""
    return [email for (email,) in desk.sandbox.store.rows("SELECT email FROM contacts WHERE email LIKE 'p%'")]


# ---- where a batch ends


@pytest.mark.some(10)
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_batch_ends_as_its_fault_says_and_so_much_of_it_is_applied(clock: Later, end: str, share: float) -> None:
    with Sandbox(None, by(Fault("batch", "POST", ends=end, share=share)), clock) as sandbox:
        desk = Desk(sandbox)
        identity = queued(desk, *PEOPLE)
        seen = []
        for _ in range(40):
            response = desk.ask(f"{INFO}?batchId={identity}")
            seen.append(response.json().get("status", response.status_code))
            clock.wait(0.5 if len(seen) < 20 else 600)
        assert len(there(desk)) == 4 * share
        last = {"false": False, "unknown": 400}.get(end, end)
        assert seen[-1] == last
        order = [False, "waiting", "claimed", "active"]
        stages = order[: order.index(last) + 1] if last in order else [] if end == "unknown" else order
        assert list(dict.fromkeys(seen)) == list(dict.fromkeys([*stages, last])), "it goes the way of all batches"
        waits = desk.ask("GET import/bulk_import").json()
        assert len(waits["outstanding"]) == (last in order)
        assert len(waits["recentlyCompleted"]) == (last not in order)


@pytest.mark.parametrize("desk", [by(Fault("batch", "POST", ends="failed", share=0.5))], indirect=True)
def test_a_failed_batch_tells_what_it_has_applied(desk: Desk, clock: Later) -> None:
    identity = queued(desk, *PEOPLE)
    clock.wait(6)
    told = desk.ask(f"{INFO}?batchId={identity}").json()
    assert told == {"status": "failed", "success": ["3", "4"], "failure": []}


@pytest.mark.parametrize("desk", [by(Fault("batch", path=SUBMITS, nth=1, ends="active"))], indirect=True)
def test_a_batch_that_is_stuck_keeps_no_other_from_its_end(desk: Desk, clock: Later) -> None:
    stuck, other = queued(desk, PEOPLE[0]), queued(desk, PEOPLE[1])
    clock.wait(6)
    assert [desk.ask(f"{INFO}?batchId={one}").json()["status"] for one in (stuck, other)] == ["active", "completed"]
    assert there(desk) == ["p2@example.com"]


@pytest.mark.parametrize("desk", [by(import_kept=60.0)], indirect=True)
def test_what_became_of_a_batch_is_forgotten_by_the_switch(desk: Desk, clock: Later) -> None:
    identity = queued(desk, *PEOPLE)
    clock.wait(59)
    assert desk.ask(f"{INFO}?batchId={identity}").json()["status"] == "completed"
    clock.wait(1)
    assert desk.ask(f"{INFO}?batchId={identity}").status_code == 400
    assert len(there(desk)) == 4


def test_a_fault_of_a_batch_leaves_other_requests_as_they_are(clock: Later) -> None:
    with Sandbox(None, by(Fault("batch")), clock) as sandbox:
        desk = Desk(sandbox)
        desk.given()
        assert submit(desk, {"email": "nobody"}).status_code == 400
        assert desk.ask(INFO).status_code == 400


# ---- faults on the way


def asked(desk: Desk, fault: str) -> Any:
    """The answer to a batch; None where the connection drops."""
    try:
        return submit(desk, *PEOPLE)
    except ConnectionDropped:
        return None


@pytest.mark.parametrize(
    ("fault", "status", "applied"),
    [
        (Fault("lost_before", "POST"), 0, 0), (Fault("lost_after", "POST"), 0, 4),
        (Fault("truncated", "POST"), 200, 4), (Fault("empty", "POST"), 200, 4),
        (Fault("status", "POST", status=500), 500, 0), (Fault("status", "POST", status=500, applied=True), 500, 4),
        (Fault("status", "POST", status=429), 429, 0), (Fault("quota", "POST"), 400, 0),
        (Fault("unapplied", "POST"), 200, 0), (Fault("another", "POST"), 200, 4), (Fault("unsaid", "POST"), 200, 4),
    ],
)  # fmt: skip
def test_a_fault_on_the_way_in(clock: Later, fault: Fault, status: int, applied: int) -> None:
    with Sandbox(None, by(fault), clock) as sandbox:
        desk = Desk(sandbox)
        response = asked(desk, fault.kind)
        assert (0 if response is None else response.status_code) == status
        clock.wait(6)
        desk.ask("GET tags")
        assert len(there(desk)) == applied
        if fault.kind == "quota":
            assert response.json()["message"] == "Rate limit exceeded."
        if fault.kind in ("another", "unapplied"):
            batch_id = response.json()["batchId"]
            assert desk.ask(f"{INFO}?batchId={batch_id}").status_code == 400, "nobody knows it"


@pytest.mark.parametrize("kind", ["lost_before", "lost_after", "truncated", "html", "status", "quota"])
def test_a_fault_on_a_poll_changes_nothing_of_the_batch(clock: Later, kind: str) -> None:
    with Sandbox(None, by(Fault(kind, "GET", "import/info", first=1)), clock) as sandbox:
        desk = Desk(sandbox)
        identity = queued(desk, *PEOPLE)
        clock.wait(6)
        with pytest.raises(ConnectionDropped) if kind.startswith("lost") else nullcontext():
            assert desk.ask(f"{INFO}?batchId={identity}").status_code in (200, 400, 500)
        assert desk.ask(f"{INFO}?batchId={identity}").json()["status"] == "completed"
        assert len(there(desk)) == 4


# ---- how often


@pytest.mark.parametrize(("desk", "then"), [(by(), 200), (by(import_refusals="count"), 400)], indirect=["desk"])
def test_whether_a_refused_batch_counts_in_its_minute_by_the_switch(desk: Desk, clock: Later, then: int) -> None:
    codes = []
    for _ in range(21):
        codes.append(submit(desk, PEOPLE[0]).status_code)
        clock.wait(1)
    assert codes == [200] * 20 + [400]
    clock.wait(39.5)  # of the twenty one has left the minute before
    assert [submit(desk, PEOPLE[0]).status_code for _ in range(2)] == [then, 400]


def test_a_batch_that_is_refused_for_what_is_in_it_counts(desk: Desk) -> None:
    bad = [submit(desk, {"email": "nobody"}).status_code for _ in range(20)]
    assert bad == [400] * 20
    assert submit(desk, PEOPLE[0]).json()["message"] == "Rate limit exceeded."


@pytest.mark.parametrize(("counts", "codes"), [(True, [200, 429]), (False, [200, 200])])
def test_whether_batches_count_against_the_requests_a_second_by_the_switch(clock: Later, counts, codes) -> None:
    async def ask() -> list[int]:
        with Sandbox(None, by(rate=1.0, import_counts=counts), clock) as sandbox:
            return [(await send(sandbox, QUEUE, batch(*PEOPLE))).status_code for _ in range(2)]

    assert anyio.run(ask) == codes


def test_the_status_page_counts_batches(desk: Desk, clock: Later) -> None:
    for _ in range(22):
        submit(desk, PEOPLE[0])
    submit(desk, *PEOPLE)
    words, response = shown(desk)
    assert after(words, "batches in the last minute, of 100") == "21"
    assert after(words, "those of one contact, of 20") == "20"
    assert after(words, "batches refused for their rate") == "2"
    assert after(words, "batches that are not applied") == "21"
    assert "p1@example.com" not in response.text
    clock.wait(61)
    desk.ask("GET tags")
    words, _response = shown(desk)
    assert after(words, "batches in the last minute, of 100") == "0"
    assert after(words, "batches refused for their rate") == "2"
    assert after(words, "batches that are not applied") == "0"


# ---- what is applied


def tags_of(desk: Desk, contact: str) -> list[str]:
    return sorted(tag["tag"] for tag in desk.ask(f"GET contacts/{contact}?include=contactTags.tag").json()["tags"])


def test_a_tag_is_one_however_it_is_spelled(desk: Desk, clock: Later) -> None:
    done(desk, clock, {"email": "p1@example.com", "tags": ["vip", "New", "NEW"]},
         {"email": "p2@example.com", "tags": ["nEw", "Vip"]})  # fmt: skip
    assert tags_of(desk, "3") == ["New", "VIP"]
    assert tags_of(desk, "4") == ["New", "VIP"]
    assert desk.sandbox.store.count("SELECT count(*) FROM tags") == 3


@pytest.mark.parametrize(
    ("desk", "stored"), [(by(), "||a||b||"), (by(option_not_listed="dropped"), None)], indirect=["desk"]
)
def test_several_values_of_a_field_are_stored_as_they_come(desk: Desk, clock: Later, stored: str | None) -> None:
    field = desk.sandbox.store.count("SELECT id FROM fields WHERE type = 'checkbox'")
    done(desk, clock, {"email": "p1@example.com", "fields": [{"id": field, "value": "||a||b||"}]})
    values = {value["field"]: value["value"] for value in desk.ask("GET contacts/3/fieldValues").json()["fieldValues"]}
    assert values.get(str(field)) == stored


def test_what_is_of_no_use_is_passed_over_in_silence(desk: Desk, clock: Later) -> None:
    odd = {"email": "p1@example.com", "tags": "VIP", "fields": {"id": 7}, "subscribe": [{"listid": 99}, 3, {}],
           "unsubscribe": None, "firstName": "No", "tag": ["VIP"], "customer_acct_name": ""}  # fmt: skip
    result = done(
        desk, clock, odd, {"email": "p2@example.com", "fields": [{"id": 99, "value": "x"}, {"value": "y"}, 5]}
    )
    assert result == {"status": "completed", "success": ["3", "4"], "failure": []}
    contact = desk.ask("GET contacts/3").json()
    assert (contact["contact"]["firstName"], contact["contactLists"], contact["fieldValues"]) == ("", [], [])
    assert desk.ask("GET contacts/4/fieldValues").json()["fieldValues"] == []
    assert tags_of(desk, "3") == []


@pytest.mark.parametrize("letter", '"(),:;<>@[\\]')
def test_what_may_not_stand_before_the_at_fails_later(desk: Desk, clock: Later, letter: str) -> None:
    address = f"p{letter}q@example.com"
    if letter == "@":
        assert submit(desk, {"email": address}).status_code == 400
    else:
        assert done(desk, clock, {"email": address})["failure"] == [address]


def test_a_domain_has_a_dot_and_an_end_of_two_letters(desk: Desk, clock: Later) -> None:
    bad = ["p@example", "p@example.c", "p@example.c0"]
    assert done(desk, clock, *({"email": address} for address in bad))["failure"] == bad
    assert submit(desk, {"email": "@example.com"}).status_code == 400


@pytest.mark.parametrize(("desk", "first"), [(by(), "Two"), (by(import_order="overtaking"), "One")], indirect=["desk"])
def test_the_order_of_two_batches_by_the_switch(desk: Desk, clock: Later, first: str) -> None:
    for name in ("One", "Two"):
        submit(desk, {"email": "p1@example.com", "first_name": name}, PEOPLE[1])
        clock.wait(0.5)
    for _ in range(14):
        clock.wait(0.5)
        desk.ask("GET tags")
    assert desk.ask("GET contacts?email=p1@example.com").json()["contacts"][0]["firstName"] == first


PLACES = {"payload": ({}, {"exclude_automations": True}), "contact": ({"exclude_automations": True}, {})}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("heeded", ["both", "payload", "contact"])
def test_automations_are_held_back_where_the_switch_heeds_it(clock: Later, place: str, heeded: str) -> None:
    with Sandbox(None, replace(by(import_enrols=True, import_excludes=heeded), demo=False), clock) as sandbox:
        desk = Desk(sandbox)
        for name, status, again in (("Welcome", 1, 0), ("Birthday", 1, 1), ("Old", 2, 0)):
            values = {"name": name, "status": status, "description": "", "multientry": again, "cdate": "", "mdate": ""}
            sandbox.store.insert("automations", values)
        inside, beside = PLACES[place]
        for _ in range(2):
            submit(desk, PEOPLE[0] | inside, PEOPLE[1] | inside, **beside)
            submit(desk, PEOPLE[2], PEOPLE[3])
        clock.wait(6)
        entered = desk.ask("GET contactAutomations?limit=100").json()["contactAutomations"]
        seen = [(desk.ask(f"GET contacts/{one['contact']}").json()["contact"]["email"], one["automation"])
                for one in entered]  # fmt: skip
        entering = (3, 4) if heeded in ("both", place) else (1, 2, 3, 4)
        assert set(seen) == {(f"p{n}@example.com", one) for n in entering for one in "12"}
        assert seen.count(("p3@example.com", "1")) == 1
        assert seen.count(("p3@example.com", "2")) == 2, "whoever may enter twice does so when sent twice"


def test_without_the_switch_no_automation_begins(desk: Desk, clock: Later) -> None:
    desk.sandbox.store.insert(
        "automations",
        {"name": "Welcome", "status": 1, "description": "", "multientry": 0, "cdate": "", "mdate": ""},
    )
    done(desk, clock, *PEOPLE)
    assert desk.ask("GET contactAutomations").json()["contactAutomations"] == []


# ---- a batch leaves what single requests leave

ADDRESSES = st.sampled_from(
    ["ada@example.com", "GRACE@example.com", "p1@example.com", "P2@example.com", "p3@example.org"]
)
TEXTS = st.sampled_from(["", "Zoë", "x", "O'Neil", "  "])
VALUES = st.sampled_from(["", "a", "||a||b||", "2026-05-28", "London"])
ENTRIES = st.fixed_dictionaries(
    {"email": ADDRESSES},
    optional={
        "first_name": TEXTS, "last_name": TEXTS, "phone": TEXTS,
        "tags": st.lists(st.sampled_from(["VIP", "vip", "New", "NEW", "ß", "SS"]), max_size=3),
        "fields": st.lists(st.fixed_dictionaries({"id": st.sampled_from([1, 3, 7, 8, 10, 99]), "value": VALUES}),
                           max_size=3),
        "subscribe": st.lists(st.fixed_dictionaries({"listid": st.sampled_from([1, 2, 99])}), max_size=2),
        "unsubscribe": st.lists(st.fixed_dictionaries({"listid": st.sampled_from([1, 3, 99])}), max_size=2),
        "customer_acct_name": st.sampled_from(["", "Acme", "ACME", "New one"]),
    },
)  # fmt: skip
NAMES = {"first_name": "firstName", "last_name": "lastName", "phone": "phone"}
TABLES = {
    "contacts": "SELECT email, firstName, lastName, phone FROM contacts ORDER BY email_key",
    "tags": "SELECT tag FROM tags ORDER BY tag_key",
    "contactTags": "SELECT email, t.tag FROM contactTags l JOIN contacts c ON c.id = l.contact"
    " JOIN tags t ON t.id = l.tag ORDER BY email_key, tag_key",
    "contactLists": "SELECT email, list, status, sourceid, sdate IS NULL, l.udate IS NULL FROM contactLists l"
    " JOIN contacts c ON c.id = l.contact ORDER BY email_key, list",
    "fieldValues": "SELECT email, field, value FROM fieldValues v JOIN contacts c ON c.id = v.contact"
    " ORDER BY email_key, field",
    "accounts": "SELECT name FROM accounts ORDER BY name_key",
    "accountContacts": "SELECT email, name FROM accountContacts l JOIN contacts c ON c.id = l.contact"
    " JOIN accounts a ON a.id = l.account ORDER BY email_key",
    "totals": "SELECT contacts FROM totals",
}  # fmt: skip


def holds(sandbox: Sandbox) -> dict[str, list[Any]]:
    return {name: sandbox.store.rows(sql) for name, sql in TABLES.items()}


async def by_single_requests(sandbox: Sandbox, entry: dict[str, Any]) -> None:
    """What the same contact comes to, one request after the other."""

    async def ask(request: str, body: Any = None) -> Any:
        return (await send(sandbox, request, body)).json()

    values = [{"field": one["id"], "value": one["value"]} for one in entry.get("fields", ())]
    sent = {ours: entry[name] for name, ours in NAMES.items() if name in entry}
    contact = {"email": entry["email"], **sent, "fieldValues": values}
    identity = (await ask("POST contact/sync", {"contact": contact}))["contact"]["id"]
    for name in entry.get("tags", ()):
        await ask("POST tags", {"tag": {"tag": name, "tagType": "contact"}})
        key = sandbox.store.fold(name)
        tag = sandbox.store.count("SELECT id FROM tags WHERE tag_key = ?", (key,))
        await ask("POST contactTags", {"contactTag": {"contact": identity, "tag": tag}})
    if entry.get("customer_acct_name"):
        await ask("POST accounts", {"account": {"name": entry["customer_acct_name"]}})
        key = sandbox.store.fold(entry["customer_acct_name"])
        account = sandbox.store.count("SELECT id FROM accounts WHERE name_key = ?", (key,))
        await ask("POST accountContacts", {"accountContact": {"account": account, "contact": identity}})
    for status, lists in ((1, "subscribe"), (2, "unsubscribe")):
        for one in entry.get(lists, ()):
            await ask("POST contactLists",
                      {"contactList": {"list": one["listid"], "contact": identity, "status": status}})  # fmt: skip


@given(st.lists(st.lists(ENTRIES, min_size=1, max_size=6), min_size=1, max_size=3))
@settings(max_examples=tries(15, 400), deadline=None, derandomize=True)
def test_a_batch_leaves_what_single_requests_leave(batches: list[list[dict[str, Any]]]) -> None:
    async def play() -> None:
        clock = Later()
        options = SandboxOptions(rate=0)
        with Sandbox(None, options, clock) as one, Sandbox(None, options, clock) as other:
            for sandbox in (one, other):
                for request, body in START:
                    await send(sandbox, request, body)
            for entries in batches:
                last = {one.store.fold(entry["email"]): entry for entry in entries}
                answer = await send(one, QUEUE, batch(*entries))
                clock.wait(6)
                told = (await send(one, f"{INFO}?batchId={answer.json()['batchId']}")).json()
                for entry in last.values():
                    if entry["email"] not in told["failure"]:
                        await by_single_requests(other, entry)
                assert holds(one) == holds(other)

    anyio.run(play)


START = (
    ("POST contacts", {"contact": {"email": "ada@example.com", "firstName": "Ada"}}),
    ("POST contacts", {"contact": {"email": "grace@example.com", "phone": "202-555-0143"}}),
    ("POST contactLists", {"contactList": {"list": 1, "contact": 1, "status": 2}}),
    ("POST contactLists", {"contactList": {"list": 1, "contact": 2, "status": 1}}),
    ("POST tags", {"tag": {"tag": "VIP", "tagType": "contact"}}),
    ("POST accounts", {"account": {"name": "Acme"}}),
    ("POST accountContacts", {"accountContact": {"account": 1, "contact": 1}}),
)
