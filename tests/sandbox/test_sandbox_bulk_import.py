"""What ACTIVECAMPAIGN-API.md says of the bulk importer, §6, statement by statement, and how a batch goes its way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sandbox_desk import NOW, Desk, Exactly, Line

from bulk.sandbox.app import Sandbox, SandboxOptions
from bulk.sandbox.switches import Switches

QUEUE, INFO = "POST import/bulk_import", "GET import/info"
REFUSED = "JSON payload did not pass validation. Please fix failureReasons and retry. The import was not queued for"


def batch(*contacts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"contacts": list(contacts), **more}


def wrong(at: int, reason: str) -> dict[str, Any]:
    return {"success": 0, "message": f"{REFUSED} processing.",
            "failureReasons": [{"contact": at, "failureReason": f"Field 'email' {reason}"}]}  # fmt: skip


def sized(size: int, letter: str = "x") -> bytes:
    head, tail = b'{"contacts":[{"email":"p@example.com","first_name":"', b'"}]}'
    text = letter.encode() * ((size - len(head) - len(tail)) // len(letter.encode()))
    return head + text + b"x" * (size - len(head) - len(tail) - len(text)) + tail


LINES = (
    Line("§6.2 queued", QUEUE, batch({"email": "new@example.com"}), 200,
         {"success": 1, "queued_contacts": 1, "batchId": str, "message": "Contact import queued"}),
    Line("§6.2 queued, as documented", QUEUE, batch({"email": "new@example.com"}), 200, {"Success": 1},
         ("success",), switches=Switches(import_success_key="Success")),
    Line("§6.2 one bad contact refuses all", QUEUE, batch({"email": "a@example.com"}, {"email": "nobody"}), 400,
         Exactly(wrong(2, "incorrect format"))),
    Line("§6.2 not found", QUEUE, batch({"first_name": "Ada"}), 400, Exactly(wrong(1, "not found"))),
    Line("§6.2 not JSON", QUEUE, b"{", 400,
         Exactly(wrong(0, "") | {"failureReasons": ["Invalid or unparsable json"]})),
    Line("§6.2 no contacts", QUEUE, {}, 400, {"success": 0, "failureReasons": ["Invalid or unparsable json"]}),
    Line("§6.1 at most 250", QUEUE, batch(*({"email": f"p{n}@example.com"} for n in range(251))), 400, {"success": 0}),
    Line("§6.1 250 are taken", QUEUE, batch(*({"email": f"p{n}@example.com"} for n in range(250))), 200,
         {"queued_contacts": 250}),
    Line("§6.1 below 400,000 bytes", QUEUE, batch({"email": "p@example.com", "first_name": "x" * 400_000}), 400,
         {"success": 0}),
    Line("§6.2 all bad ones are named", QUEUE,
         batch({"email": "nobody"}, {"email": "a@example.com"}, {"email": ""}, "text", {"email": 7}), 400,
         {"failureReasons": [{"contact": 1, "failureReason": "Field 'email' incorrect format"},
                             {"contact": 3, "failureReason": "Field 'email' not found"},
                             {"contact": 4, "failureReason": "Field 'email' not found"},
                             {"contact": 5, "failureReason": "Field 'email' incorrect format"}]}),
    Line("§6.1 a body of 399,999 bytes", QUEUE, sized(399_999), 200, {"queued_contacts": 1}),
    Line("§6.1 one of 400,000", QUEUE, sized(400_000), 400, {"success": 0}),
    Line("§6.1 one that JSON would write longer", QUEUE, sized(399_999, "é"), 200, {"queued_contacts": 1}),
    Line("§6.1 a callback is taken", QUEUE,
         batch({"email": "a@example.com"}, callback={"url": "https://example.com/hook", "detailed_results": "true"}),
         200, {"queued_contacts": 1}),
    Line("§6.2 the check at the door is loose", QUEUE, batch({"email": "invalid.email@invalidDomain"}), 200,
         {"queued_contacts": 1}),
    Line("§6.3 batchId", INFO, None, 400, Exactly({"success": 0, "message": "'batchId' is a required field."})),
    Line("§6.3 unknown", f"{INFO}?batchId=none", None, 400, {"success": 0}),
    Line("§6.3 unknown", f"{INFO}?batchId=none", None, 404, switches=Switches(unknown_batch=404)),
    Line("§6.3 unknown", f"{INFO}?batchId=none", None, 200,
         Exactly({"status": False, "success": [], "failure": []}), switches=Switches(unknown_batch=200)),
    Line("§6.3 overview", "GET import/bulk_import", None, 200,
         Exactly({"outstanding": [{"forDate": NOW[:10], "batches": "1", "contacts": "2"}], "recentlyCompleted": []}),
         after=((QUEUE, batch({"email": "a@example.com"}, {"email": "b@example.com"})),)),
    Line("§6.3 overview", "GET import/bulk_import", None, 200,
         Exactly({"outstanding": [], "recentlyCompleted": [{"forDate": NOW[:10], "batches": "1", "contacts": "1"}]}),
         after=((QUEUE, batch({"email": "a@example.com"})),), switches=Switches(import_seconds=0.0)),
    Line("§3.4 exclusions", "GET lists/exclusions", None, 200, Exactly({"exclusions": [], "meta": {"total": 0}})),
)  # fmt: skip


@pytest.mark.parametrize("line", LINES, ids=str)
def test_statement(hold, line: Line) -> None:
    hold(line)


class Later:
    """A clock that is set."""

    def __init__(self) -> None:
        self.moment = datetime.fromisoformat(NOW).astimezone(UTC)

    def __call__(self) -> datetime:
        return self.moment

    def wait(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Later:
    return Later()


@pytest.fixture
def desk(clock: Later, request: pytest.FixtureRequest) -> Iterator[Desk]:
    switches = getattr(request, "param", Switches())
    with Sandbox(None, SandboxOptions(rate=0, switches=switches), clock) as sandbox:
        desk = Desk(sandbox)
        desk.given()
        yield desk


def queued(desk: Desk, *contacts: dict[str, Any]) -> str:
    response = desk.ask(QUEUE, batch(*contacts))
    assert response.status_code == 200, response.text
    return str(response.json()["batchId"])


def done(desk: Desk, clock: Later, *contacts: dict[str, Any]) -> dict[str, Any]:
    """What became of a batch in the end."""
    identity = queued(desk, *contacts)
    clock.wait(6)
    result: dict[str, Any] = desk.ask(f"{INFO}?batchId={identity}").json()
    assert result["status"] == "completed"
    return result


def test_a_batch_waits_is_claimed_is_active_and_then_applied(desk: Desk, clock: Later) -> None:
    identity = queued(desk, {"email": "new@example.com", "first_name": "Nia"})
    seen = []
    for _ in range(7):
        seen.append(desk.ask(f"{INFO}?batchId={identity}").json()["status"])
        there = bool(desk.ask("GET contacts?email=new@example.com").json()["contacts"])
        assert there == (seen[-1] == "completed")
        clock.wait(1)
    assert seen == [False, "waiting", "claimed", "active", "active", "active", "completed"]


def test_contacts_are_made_and_changed_with_all_that_belongs_to_them(desk: Desk, clock: Later) -> None:
    result = done(
        desk, clock,
        {"email": "new@example.com", "first_name": "Nia", "last_name": "Ng", "phone": "202-555-0199", "lastName": "No",
         "customer_acct_name": "Newly", "tags": ["VIP", "Brand new"], "fields": [{"id": 7, "value": "Rome"}],
         "subscribe": [{"listid": 1}], "unsubscribe": [{"listid": 2}]},
        {"email": "ADA@example.com", "first_name": "Augusta"},
    )  # fmt: skip
    assert result == {"status": "completed", "success": ["3", "1"], "failure": []}
    contact = desk.ask("GET contacts/3?include=contactTags.tag").json()
    assert [contact["contact"][name] for name in ("firstName", "lastName", "phone")] == ["Nia", "Ng", "202-555-0199"]
    assert sorted(tag["tag"] for tag in contact["tags"]) == ["Brand new", "VIP"]
    assert [(one["list"], one["status"]) for one in contact["contactLists"]] == [("1", "1"), ("2", "2")]
    assert [value["value"] for value in contact["fieldValues"]] == ["Rome"]
    assert len(contact["accountContacts"]) == 1
    ada = desk.ask("GET contacts/1").json()["contact"]
    assert (ada["firstName"], ada["lastName"]) == ("Augusta", "Lovelace")


def test_who_left_bounced_or_is_shut_out_fails_without_a_reason(desk: Desk, clock: Later) -> None:
    desk.ask("POST contactLists", {"contactList": {"list": 1, "contact": 1, "status": 2}})
    desk.sandbox.store.rows("UPDATE contacts SET bounced = 1 WHERE id = 2")
    desk.sandbox.store.rows("INSERT INTO exclusions (matchPhrase, matchType) VALUES ('@example.net', 'end')")
    result = done(
        desk, clock,
        {"email": "ada@example.com", "first_name": "Changed", "subscribe": [{"listid": 1}]},
        {"email": "grace@example.com"},
        {"email": "out@example.net"},
        {"email": "invalid'character@example.com"},
        {"email": "invalid.email@invalidDomain"},
    )  # fmt: skip
    assert result["success"] == []
    assert sorted(result["failure"]) == sorted([
        "ada@example.com", "grace@example.com", "out@example.net", "invalid'character@example.com",
        "invalid.email@invalidDomain",
    ])  # fmt: skip
    assert desk.ask("GET contacts/1").json()["contact"]["firstName"] == "Ada"
    assert desk.ask("GET contacts/1/contactLists").json()["contactLists"][0]["status"] == "2"


def test_shut_out_addresses_are_passed_over_at_the_door(desk: Desk) -> None:
    desk.sandbox.store.rows("INSERT INTO exclusions (matchPhrase, matchType) VALUES ('out@example.net', 'exact')")
    body = desk.ask(QUEUE, batch(*({"email": f"p{n}@example.com"} for n in range(4)), {"email": "out@example.net"}))
    assert {name: body.json()[name] for name in ("success", "queued_contacts")} == {"success": 5, "queued_contacts": 4}
    listed = desk.ask("GET lists/exclusions").json()
    assert [rule["matchPhrase"] for rule in listed["exclusions"]] == ["out@example.net"]
    assert desk.ask("GET lists/exclusions/1").json()["matchType"] == "exact"


@pytest.mark.parametrize(("contacts", "most"), [(1, 20), (2, 100)])
def test_too_many_a_minute_are_a_400_and_the_next_minute_is_another(desk: Desk, clock: Later, contacts, most) -> None:
    people = [{"email": f"p{n}@example.com"} for n in range(contacts)]
    for _ in range(most):
        assert desk.ask(QUEUE, batch(*people)).status_code == 200
    refused = desk.ask(QUEUE, batch(*people))
    assert refused.status_code == 400
    assert refused.json()["message"] == "Rate limit exceeded."
    assert refused.json()["failureReasons"][0].startswith(f"Up to {most} imports may be requested per minute.")
    clock.wait(60)
    assert desk.ask(QUEUE, batch(*people)).status_code == 200


def first_name_of(desk: Desk, identity: str) -> str:
    return str(desk.ask(f"GET contacts/{identity}").json()["contact"]["firstName"])


@pytest.mark.parametrize(
    ("desk", "name"), [(Switches(import_blanks="ignored"), "Ada"), (Switches(), "")], indirect=["desk"]
)
def test_blanks_by_the_switch(desk: Desk, clock: Later, name: str) -> None:
    done(desk, clock, {"email": "ada@example.com", "first_name": ""})
    assert first_name_of(desk, "1") == name


@pytest.mark.parametrize(
    ("desk", "name"), [(Switches(import_twice="first"), "One"), (Switches(), "Two")], indirect=["desk"]
)
def test_one_address_twice_by_the_switch(desk: Desk, clock: Later, name: str) -> None:
    result = done(desk, clock, *({"email": "new@example.com", "first_name": name} for name in ("One", "Two")))
    assert first_name_of(desk, *result["success"]) == name


@pytest.mark.parametrize(
    ("desk", "failed"), [(Switches(import_unknown="fails"), 2), (Switches(), 0)], indirect=["desk"]
)
def test_unknown_fields_and_lists_by_the_switch(desk: Desk, clock: Later, failed: int) -> None:
    result = done(desk, clock, {"email": "a@example.com", "fields": [{"id": 99, "value": "x"}]},
                 {"email": "b@example.com", "subscribe": [{"listid": 99}]})  # fmt: skip
    assert len(result["failure"]) == failed


@pytest.mark.parametrize("desk", [Switches(import_success="created", import_apostrophe="taken")], indirect=True)
def test_only_new_ones_and_apostrophes_by_the_switch(desk: Desk, clock: Later) -> None:
    result = done(desk, clock, {"email": "ada@example.com"}, {"email": "o'neil@example.com"})
    assert result == {"status": "completed", "success": ["3"], "failure": []}


def test_a_batch_survives_the_process(tmp_path, clock: Later) -> None:
    path = tmp_path / "sandbox.sqlite"
    with Sandbox(path, SandboxOptions(rate=0), clock) as sandbox:
        identity = queued(Desk(sandbox), {"email": "new@example.com"})
    clock.wait(10)
    with Sandbox(path, SandboxOptions(rate=0), clock) as sandbox:
        assert Desk(sandbox).ask(f"{INFO}?batchId={identity}").json()["status"] == "completed"
