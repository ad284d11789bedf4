"""Keys, connections, headers, and requests that are no good: §1.1, §1.6, §9."""

from __future__ import annotations

import uuid

import anyio
import pytest
from sandbox_desk import Desk, sandbox_at, send

from bulk.sandbox.connections import FIRST

GATEWAY = "/active-campaign/api/3/"
KEY = {"Authorization": "Bearer sandbox"}


def ask(request: str, **how):
    with sandbox_at() as sandbox:
        return anyio.run(lambda: send(sandbox, request, **how))


@pytest.mark.parametrize("headers", [{}, {"Api-Token": "wrong"}, {"Authorization": "Bearer sandbox"}])
def test_without_its_token_activecampaign_answers_403(headers) -> None:
    response = ask("GET contacts", headers=headers)
    assert (response.status_code, response.json()) == (403, {"message": "Forbidden"})


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Api-Token": "sandbox"}])
@pytest.mark.parametrize("entrance", [GATEWAY, "/"])
def test_without_its_key_the_gateway_answers_401(entrance, headers) -> None:
    assert ask("GET contacts", entrance=entrance, headers=headers).status_code == 401


def test_the_gateway_passes_calls_on() -> None:
    assert ask("GET users/me", entrance=GATEWAY, headers=KEY).json()["user"]["id"] == "1"


def test_the_connection_may_be_named_and_an_unknown_one_is_refused() -> None:
    known = ask("GET users/me", entrance=GATEWAY, headers={**KEY, "Maton-Connection": FIRST})
    assert known.status_code == 200
    unknown = ask("GET users/me", entrance=GATEWAY, headers={**KEY, "Maton-Connection": "other"})
    assert unknown.status_code == 400


def test_there_is_one_connection() -> None:
    body = ask("GET connections?app=active-campaign&status=ACTIVE", entrance="/", headers=KEY).json()
    (connection,) = body["connections"]
    assert list(connection) == [
        "connection_id", "status", "creation_time", "last_updated_time", "url", "app", "method", "metadata"
    ]  # fmt: skip
    assert (connection["status"], connection["app"]) == ("ACTIVE", "active-campaign")
    assert ask(f"GET connections/{FIRST}", entrance="/", headers=KEY).json() == {"connection": connection}


def test_connections_are_listed_whatever_connection_is_named() -> None:
    response = ask("GET connections", entrance="/", headers={**KEY, "Maton-Connection": "other"})
    assert len(response.json()["connections"]) == 1


@pytest.mark.parametrize("query", ["app=slack", "status=FAILED"])
def test_connections_are_filtered(query) -> None:
    assert ask(f"GET connections?{query}", entrance="/", headers=KEY).json() == {"connections": []}


def test_answers_have_the_recorded_headers(desk: Desk) -> None:
    headers = desk.ask("GET contacts").headers
    assert headers["Content-Type"] == "application/json"
    assert headers["Cache-Control"] == "no-store, no-cache, must-revalidate"
    assert headers["Expires"] == "Thu, 19 Nov 1981 08:52:00 GMT"
    assert headers["Pragma"] == "no-cache"
    assert uuid.UUID(headers["X-Request-Id"])
    assert "RateLimit-Limit" not in headers


@pytest.mark.parametrize(
    ("request_", "body", "status"),
    [
        ("POST contacts", b"{", 400),
        ("POST contacts", b" ", 400),
        ("POST contacts", b"null", 403),
        ("POST contacts", b'"contact"', 403),
        ("POST contacts", b"\xff\xfe", 400),
        ("POST contacts", b'\xef\xbb\xbf{"contact":{"email":"a@example.com"}}', 400),
        ("POST contacts", '{"contact":{"email":"a@example.com"}}'.encode("utf-16"), 400),
        ("POST contacts", b'{"contact":{"email":"a@example.com","phone":NaN}}', 400),
        ("POST contacts", b'{"contact":{"email":"a@example.com","phone":' + b"9" * 5000 + b"}}", 400),
        ("POST contacts", b'{"contact":{"email":"a@example.com","firstName":"\\ud83d"}}', 400),
        ("POST contacts", b'{"contact":{"email":"a@example.com","firstName":"\\ud83d\\ude00"}}', 201),
        ("POST contacts", b'{"contact":{"email":"a@example.com","firstName":"\\u0000"}}', 201),
        ("POST contacts", b"[" * 100_000, 400),
        ("POST contacts", None, 403),
        ("POST contacts", [], 403),
        ("POST contacts", {"contact": []}, 403),
        ("POST contact/sync", {"contact": {"email": 5}}, 422),
        ("POST contact/sync", {"contact": {"email": "a@example.com", "fieldValues": {"field": 1}}}, 201),
        ("POST contact/sync", {"contact": {"email": "a@example.com", "fieldValues": [None, {}, {"field": True}]}}, 201),
        ("GET nowhere", None, 404),
        ("PATCH users/me", {}, 404),
        ("GET contacts/abc", None, 404),
        (f"GET contacts/{'9' * 5000}", None, 404),
        ("POST contactTags", {"contactTag": {"contact": 10**30, "tag": -(10**30)}}, 404),
        ("GET contacts?limit=-5&offset=-5", None, 200),
        ("GET contacts?limit=ten&offset=ten&listid=x&status=y&tagid=z&ids[]=w&id_greater=v", None, 200),
        (f"GET contacts?id_less={'9' * 50}&offset={'9' * 50}", None, 200),
        ("GET contacts?orders[shoe]=ASC&orders[=&filters[=&filters[created_after]=soon", None, 200),
        ("GET contacts?filters[updated_before]=0001-01-01T00:00:00%2B14:00", None, 200),
        ("GET tags?filters[search][like]=x", None, 200),
        ("GET contacts?include=,,shoes,contactTags.shoe", None, 200),
        ("POST fieldOption/bulk", {"fieldOptions": [1]}, 422),
        ("PUT tags/1", {"tag": {"tag": None}}, 200),
        ("GET contacts/-1", None, 404),
        ("GET contacts/1.0", None, 404),
        ("GET contacts/%00", None, 404),
        ("GET contacts?search=%ff%fe&email=%00", None, 200),
        ("GET contacts?" + "&".join(["orders[id]=ASC"] * 3000), None, 200),
        ("GET contacts?" + "&".join(f"ids[]={n}" for n in range(5000)), None, 200),
        ("GET contacts?listid=1&status=-" + "9" * 30, None, 200),
        ("GET fieldValues?filters[fieldid]=x", None, 200),
        ("HEAD contacts", None, 404),
        (f"GET contacts?ids[]={'9' * 50}&exclude={'9' * 50}&seriesid={'9' * 50}", None, 200),
        ("GET users/email/%00", None, 404),
        ("GET users/email/a/b@example.com", None, 404),
        ("POST users", {"user": {"username": ["a"], "email": {"b": 1}}}, 201),
        ("PUT accounts/1", {"account": {"fields": {"customFieldId": 1}, "owner": [1]}}, 404),
        ("PUT accounts/1", {"account": {"fields": [{"customFieldId": True, "fieldValue": 1}]}}, 200),
        ("DELETE accounts/bulk_delete?ids[]=x&ids[]", None, 200),
        (
            "POST accountCustomFieldMeta",
            {
                "accountCustomFieldMetum": {
                    "fieldLabel": 5,
                    "fieldType": "text",
                    "displayOrder": 10**30,
                    "fieldOptions": {"a": 1},
                }
            },
            201,
        ),
        (
            "POST accountCustomFieldData",
            {"accountCustomFieldDatum": {"customerAccountId": 10**30, "customFieldId": [1], "fieldValue": None}},
            404,
        ),
        ("PATCH accountCustomFieldData/bulkUpdate", [{}], 404),
        ("GET accountCustomFieldData?filters[customerAccountId]=x", None, 200),
        ("POST contactAutomations", {"contactAutomation": {"contact": [1], "automation": 10**30}}, 403),
        ("POST webhooks", {"webhook": {"name": 1, "url": 2, "events": [1], "sources": [None]}}, 422),
        (f"GET webhooks?filters[listid]={'9' * 50}", None, 200),
        ("POST campaign", None, 400),
        (f"GET campaigns?filters[seriesid]={'9' * 50}&orders[sdate]=up", None, 200),
        ("POST listGroups", {"listGroup": {"listid": 10**30, "groupid": None}}, 403),
    ],
)
def test_odd_requests_are_answered_not_crashed_on(desk: Desk, request_, body, status) -> None:
    assert desk.ask(request_, body).status_code == status


@pytest.mark.parametrize("target", ["*", "", "http://elsewhere/api/3/contacts"])
def test_a_target_that_is_no_path_is_turned_away_as_unknown(target) -> None:
    told: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b""}

    async def tell(message: dict[str, object]) -> None:
        told.append(message)

    scope = {"type": "http", "method": "OPTIONS", "path": target, "query_string": b""}
    with sandbox_at() as sandbox:
        anyio.run(sandbox.app, {**scope, "headers": []}, receive, tell)
        anyio.run(sandbox.app, {**scope, "headers": [(b"authorization", b"Bearer sandbox")]}, receive, tell)
    assert [message["status"] for message in told if "status" in message] == [401, 404]


def test_a_server_may_announce_its_beginning_and_its_end() -> None:
    heard = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    told: list[object] = []

    async def receive() -> dict[str, object]:
        return next(heard)

    async def tell(message: dict[str, object]) -> None:
        told.append(message["type"])

    with sandbox_at() as sandbox:
        anyio.run(sandbox.app, {"type": "lifespan"}, receive, tell)
    assert told == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
