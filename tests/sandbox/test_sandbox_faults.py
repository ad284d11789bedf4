"""Faults: when they are met, what each does, and how a scenario is read."""

from __future__ import annotations

import json
import weakref
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import anyio
import pytest
from sandbox_desk import NOW, Desk, sandbox_at, send

from bulk.errors import UsageError
from bulk.sandbox.faults import KINDS, ConnectionDropped, Fault, Faults, load_faults
from tests.virtual import run

TAG = {"tag": {"tag": "VIP", "tagType": "contact"}}
THREE = tuple(("POST contact/sync", {"contact": {"email": f"p{n}@example.com"}}) for n in range(3))


def faulty(fault: Fault, request: str, body=None, before=()):
    """The answer to a request that meets a fault, and the sandbox afterwards."""
    sandbox = sandbox_at(faults=(fault,))
    desk = Desk(sandbox)
    weakref.finalize(desk, sandbox.close)
    for earlier, sent in before:
        desk.ask(earlier, sent)
    return desk.ask(request, body), desk


def tags(desk: Desk) -> int:
    return int(desk.sandbox.store.count("SELECT count(*) FROM tags"))


# ---- when


@pytest.mark.parametrize(
    ("when", "met"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"nth": 3}, [3]),
        ({"every": 2}, [2, 4, 6]),
        ({"first": 2}, [1, 2]),
        ({"skip": 4}, [5, 6]),
        ({"skip": 1, "first": 3}, [2, 3, 4]),
        ({"skip": 2, "nth": 1}, [3]),
        ({"every": 2, "first": 4}, [2, 4]),
        ({"probability": 0.0}, []),
    ],
)
def test_when_a_fault_is_met(when, met) -> None:
    faults = Faults((Fault("empty", **when),), seed=0)
    assert [n for n in range(1, 7) if faults.meet("GET", "contacts")] == met


def test_a_fault_of_no_kind_is_an_error() -> None:
    with pytest.raises(ValueError, match="flood"):
        Faults((Fault("flood"),), seed=0)


def test_a_fault_counts_only_what_it_matches() -> None:
    faults = Faults((Fault("empty", method="POST", path="contact*", nth=2),), seed=0)
    asked = [
        ("POST", "tags"),
        ("GET", "contacts"),
        ("POST", "contacts"),
        ("POST", "contact/sync"),
        ("POST", "contacts"),
    ]
    assert [bool(faults.meet(*request)) for request in asked] == [False, False, False, True, False]


def test_a_fault_is_met_by_what_a_body_holds_and_within_its_time() -> None:
    faults = Faults((Fault("empty", body="ada@example.com", after=10, until=20),), seed=0)
    current = b'{"contact": {"email": "ada@example.com"}}'
    asked = [(current, 9.9), (current, 10.0), (current, 19.9), (current, 20.0), (b"{}", 15.0)]
    assert [bool(faults.meet("POST", "contact/sync", *one)) for one in asked] == [False, True, True, False, False]


def test_the_first_of_several_faults_is_met_and_all_of_them_count() -> None:
    faults = Faults((Fault("html", nth=1), Fault("empty", nth=1), Fault("slow", nth=2)), seed=0)
    assert [getattr(faults.meet("GET", "tags"), "kind", "") for _ in range(3)] == ["html", "slow", ""]


def test_chance_is_the_same_for_one_seed() -> None:
    def met(seed: int) -> list[bool]:
        faults = Faults((Fault("empty", probability=0.3),), seed)
        return [faults.meet("GET", "tags") is not None for _ in range(200)]

    assert met(1) == met(1) != met(2)
    assert 30 < sum(met(1)) < 90


# ---- what


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500, 502, 503, 504, 520])
def test_a_status_is_answered_and_nothing_applied(status) -> None:
    response, desk = faulty(Fault("status", status=status), "POST tags", TAG)
    assert response.status_code == status
    assert response.json()
    assert "Retry-After" not in response.headers
    assert tags(desk) == 0


def test_a_status_can_come_after_the_request_was_applied() -> None:
    response, desk = faulty(Fault("status", status=504, applied=True), "POST tags", TAG)
    assert (response.status_code, tags(desk)) == (504, 1)


@pytest.mark.parametrize("value", ["1", "30", "86400", "soon", "-1", "1.5"])
def test_retry_after_is_given_as_it_is(value) -> None:
    response, _desk = faulty(Fault("status", status=429, retry_after=value), "GET tags")
    assert response.headers["Retry-After"] == value


def test_retry_after_can_be_a_date() -> None:
    response, _desk = faulty(Fault("status", status=503, retry_after="date", seconds=90.0), "GET tags")
    moment = parsedate_to_datetime(response.headers["Retry-After"])
    assert (moment - datetime.fromisoformat(NOW).astimezone(UTC)).total_seconds() == 90


@pytest.mark.parametrize(("kind", "applied"), [("lost_before", 0), ("lost_after", 1)])
def test_a_connection_is_dropped_before_or_after_it_is_applied(kind, applied) -> None:
    logged = []
    with sandbox_at(faults=(Fault(kind),)) as sandbox:
        sandbox.log = lambda *line: logged.append(line)
        with pytest.raises(ConnectionDropped):
            Desk(sandbox).ask("POST tags", TAG)
        assert sandbox.store.count("SELECT count(*) FROM tags") == applied
    assert logged == [("POST", "tags", 0)]


def test_half_an_answer() -> None:
    response, desk = faulty(Fault("truncated"), "POST tags", TAG)
    assert (response.status_code, tags(desk)) == (201, 1)
    assert response.content.startswith(b'{"tag":')
    with pytest.raises(json.JSONDecodeError):
        response.json()


def test_an_empty_200() -> None:
    response, desk = faulty(Fault("empty"), "POST tags", TAG)
    assert (response.status_code, response.content, tags(desk)) == (200, b"", 1)


@pytest.mark.parametrize(("status", "seen"), [(0, 200), (502, 502)])
def test_a_page_of_html(status, seen) -> None:
    response, _desk = faulty(Fault("html", status=status), "GET tags")
    assert response.status_code == seen
    assert response.headers["Content-Type"].startswith("text/html")
    assert response.text.startswith("<!DOCTYPE html>")


def test_a_slow_answer() -> None:
    async def job() -> float:
        assert (await send(sandbox, "GET tags")).status_code == 200
        return anyio.current_time()

    with sandbox_at(faults=(Fault("slow", seconds=75.0),)) as sandbox:
        assert run(job) == 75.0


def test_include_is_passed_over() -> None:
    body = faulty(Fault("no_include"), "GET contacts?include=fieldValues&limit=2", before=THREE)[0].json()
    assert len(body["contacts"]) == 2
    assert "fieldValues" not in body


def test_a_list_without_its_total() -> None:
    assert list(faulty(Fault("no_total"), "GET contacts", before=THREE)[0].json()) == ["scoreValues", "contacts"]


def test_a_short_page_and_an_empty_one() -> None:
    short = faulty(Fault("short_page", method="GET"), "GET contacts", before=THREE)[0].json()
    assert (len(short["contacts"]), short["meta"]["total"]) == (1, "3")
    empty = faulty(Fault("empty_page", method="GET"), "GET contacts", before=THREE)[0].json()
    assert (empty["contacts"], empty["meta"]["total"]) == ([], "3")
    fields = faulty(Fault("empty_page"), "GET fields")[0].json()
    assert (fields["fields"], len(fields["fieldOptions"]) > 0) == ([], True)


def test_page_faults_leave_single_records_alone() -> None:
    body = faulty(Fault("empty_page", method="GET"), "GET contacts/1", before=THREE)[0].json()
    assert body["contact"]["id"] == "1"


def test_a_fault_does_not_come_before_key_and_limit() -> None:
    with sandbox_at(faults=(Fault("status", status=500),)) as sandbox:
        assert anyio.run(lambda: send(sandbox, "GET tags", headers={})).status_code == 403


def test_what_is_served_with_a_fault_counts_as_served() -> None:
    _response, desk = faulty(Fault("status", status=500), "GET tags")
    assert (desk.sandbox.requests, desk.sandbox.observed_max) == (1, 1)


# ---- scenarios


def test_a_scenario_is_read(tmp_path) -> None:
    path = tmp_path / "day.toml"
    path.write_text(
        '[[fault]]\nkind = "status"\nstatus = 429\nretry_after = 30\nmethod = "POST"\nprobability = 1\n'
        '[[fault]]\nkind = "lost_after"\nevery = 7\nskip = 3\napplied = true\nseconds = 2\n'
    )
    assert load_faults(path) == (
        Fault("status", method="POST", status=429, retry_after="30"),
        Fault("lost_after", every=7, skip=3, applied=True, seconds=2),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_named(tmp_path, kind) -> None:
    path = tmp_path / "day.toml"
    path.write_text(f'[[fault]]\nkind = "{kind}"\n')
    assert load_faults(path) == (Fault(kind),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kind = ", "is not written as TOML is"),
        ("[fault]\nkind = 'empty'", "only|more than"),
        ("[[faults]]\nkind = 'empty'", "more than"),
        ("[[fault]]\nkind = 'flood'", "'flood' is not known"),
        ("[[fault]]\nnth = 1", "'' is not known"),
        ("[[fault]]\nkind = 'empty'\nwhen = 3", "there is no when"),
        ("[[fault]]\nkind = 'empty'\nnth = '3'", "nth is to be int"),
        ("[[fault]]\nkind = 'empty'\nprobability = true", "probability is to be float"),
        ("[[fault]]\nkind = 'empty'\nnth = -1", "nth cannot be -1"),
        ("[[fault]]\nkind = 'empty'\nprobability = nan", "probability cannot be nan"),
        ("[[fault]]\nkind = 'empty'\nprobability = 1.5", "probability cannot be 1.5"),
        ("[[fault]]\nkind = 'slow'\nseconds = -2", "seconds cannot be -2"),
        ("[[fault]]\nkind = 'status'\nstatus = 42", "status cannot be 42"),
        ("[[fault]]\nkind = 'batch'\nends = 'later'", "ends cannot be 'later'"),
        ("[[fault]]\nkind = 'batch'\nshare = 1.5", "share cannot be 1.5"),
        ("[[fault]]\nkind = 'batch'\nshare = '1'", "share is to be float"),
        ("[[fault]]\nkind = 'status'\nstatus = 204", "status cannot be 204"),
        ("[[fault]]\nkind = 'status'\nretry_after = \"1\\r\\nX: y\"", "retry_after cannot be"),
        ("[[fault]]\nkind = 'empty'\n[[fault]]\nkind = 3", "fault 2: kind is to be str"),
    ],
)
def test_a_scenario_that_means_nothing_is_refused(tmp_path, text, says) -> None:
    path = tmp_path / "day.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=says):
        load_faults(path)


def test_a_scenario_that_is_not_there_is_refused(tmp_path) -> None:
    with pytest.raises(UsageError, match=r"none\.toml"):
        load_faults(tmp_path / "none.toml")


# ---- answers that are sound and say something else


def test_an_answer_about_another_record_is_applied_and_names_another():
    reply, desk = faulty(Fault("another", "POST"), "POST contact/sync", {"contact": {"email": "a@example.com"}})
    assert reply.json()["contact"]["email"] == "another-a@example.com"
    assert desk.sandbox.store.count("SELECT count(*) FROM contacts WHERE email = 'a@example.com'") == 1


def test_what_narrows_a_list_is_passed_over():
    reply, _desk = faulty(Fault("no_filter", "GET"), "GET contacts?email=p1@example.com", before=THREE)
    assert [contact["email"] for contact in reply.json()["contacts"]] == [f"p{n}@example.com" for n in range(3)]


@pytest.mark.parametrize(("total", "told"), [("0", 0), ("-3", -3), ("many", "many"), ("1e999", float("inf"))])
def test_a_list_tells_the_total_that_it_is_given(total, told):
    reply, _desk = faulty(Fault("total", total=total), "GET contacts", before=())
    assert reply.json()["meta"]["total"] == told


def test_what_is_said_to_be_done_may_not_be_and_what_is_done_may_not_be_said():
    reply, desk = faulty(Fault("unapplied"), "POST tags", TAG)
    assert (reply.status_code, reply.json()["tag"]["tag"], tags(desk)) == (201, "VIP", 0)
    reply, desk = faulty(Fault("unsaid"), "POST tags", TAG)
    assert (reply.status_code, reply.json(), tags(desk)) == (200, {}, 1)


def test_a_page_of_a_proxy_is_given_instead():
    reply, desk = faulty(Fault("proxy"), "POST tags", TAG)
    assert (reply.status_code, reply.headers["content-type"], tags(desk)) == (403, "text/html; charset=UTF-8", 0)
