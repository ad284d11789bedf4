"""The gateway with several accounts: how a connection lives, which account a call reaches, and what each may do. §9."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import httpx
import pytest
from sandbox_desk import sandbox_at, send

from bulk.errors import UsageError
from bulk.sandbox.app import Sandbox, SandboxOptions
from bulk.sandbox.connections import FIRST
from bulk.sandbox.faults import Fault
from bulk.sandbox.serve import listening, server_of
from bulk.sandbox.switches import Switches
from tests.virtual import run

GATEWAY = "/active-campaign/api/3/"
KEY = {"Authorization": "Bearer sandbox"}
NEW = {"app": "active-campaign"}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


class Gateway:
    """Asks a sandbox through the gateway, in process."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def office(self, request: str, body: Any = None) -> httpx.Response:
        return anyio.run(lambda: send(self.sandbox, request, body, entrance="/", headers=KEY))

    def call(self, request: str, connection: str = "", body: Any = None) -> httpx.Response:
        headers = KEY | ({"Maton-Connection": connection} if connection else {})
        return anyio.run(lambda: send(self.sandbox, request, body, entrance=GATEWAY, headers=headers))

    def direct(self, token: str) -> httpx.Response:
        return anyio.run(lambda: send(self.sandbox, "GET users/me", headers={"Api-Token": token}))

    def browse(self, url: str) -> httpx.Response:
        """As a browser does: the link as it is, without a key."""
        assert url.startswith("http://sandbox/")
        path = url.removeprefix("http://sandbox/")
        return anyio.run(lambda: send(self.sandbox, f"GET {path}", entrance="/", headers={}))

    def create(self, **more: str) -> dict[str, Any]:
        return self.office("POST connections", NEW | more).json()["connection"]

    def connected(self) -> str:
        """The id of a new, active connection."""
        connection = self.create()
        assert self.browse(connection["url"]).status_code == 200
        return connection["connection_id"]

    def host(self, connection: str = "") -> str:
        answer = self.call("GET users/me", connection)
        assert answer.status_code == 200, answer.text
        return httpx.URL(next(iter(answer.json()["user"]["links"].values()))).host


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with sandbox_at() as sandbox:
        yield Gateway(sandbox)


# ---- how a connection lives


def test_a_new_connection_waits_until_its_link_is_opened(gateway: Gateway) -> None:
    made = gateway.create()
    assert list(made) == [
        "connection_id", "status", "creation_time", "last_updated_time", "url", "app", "method", "metadata"
    ]  # fmt: skip
    assert UUID.fullmatch(made["connection_id"])
    assert TIME.fullmatch(made["creation_time"])
    assert (made["status"], made["app"], made["method"]) == ("PENDING", "active-campaign", "OAUTH2")
    assert made["url"].startswith("http://sandbox/connect?session_token=")
    page = gateway.browse(made["url"])
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<h1>Connected</h1>" in page.text
    now = gateway.office(f"GET connections/{made['connection_id']}").json()["connection"]
    assert now == made | {"status": "ACTIVE"}
    assert "<h1>Connected</h1>" in gateway.browse(made["url"]).text, "once more changes nothing"


def test_access_may_be_denied_and_then_the_link_is_worth_nothing(gateway: Gateway) -> None:
    made = gateway.create(method="API_KEY")
    assert made["method"] == "API_KEY"
    assert "Not connected" in gateway.browse(made["url"] + "&error=access_denied").text
    assert "Not connected" in gateway.browse(made["url"]).text
    listed = gateway.office("GET connections?status=FAILED").json()["connections"]
    assert [one["connection_id"] for one in listed] == [made["connection_id"]]


def test_a_link_that_nobody_gave_out_opens_nothing(gateway: Gateway) -> None:
    gateway.create()
    for path in ("connect", "connect?session_token=", "connect?session_token=guess"):
        assert gateway.browse(f"http://sandbox/{path}").status_code == 404
    assert gateway.office("GET connections?status=PENDING").json()["connections"]


def test_connections_are_listed_oldest_first_and_by_status(gateway: Gateway) -> None:
    second, third = gateway.create(), gateway.create(method="API_KEY")
    gateway.browse(third["url"])

    def listed(query: str = "") -> list[str]:
        return [one["connection_id"] for one in gateway.office(f"GET connections{query}").json()["connections"]]

    two, three = second["connection_id"], third["connection_id"]
    assert listed() == listed("?app=active-campaign") == [FIRST, two, three]
    assert listed("?app=active-campaign&status=ACTIVE") == [FIRST, three]
    assert listed("?status=PENDING") == [two]
    assert listed("?status=FAILED") == listed("?app=slack") == []
    assert listed("?method=API_KEY") == [three]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[" * 100_000, {}, {"app": "slack"}, {**NEW, "method": "TELEX"}])
def test_what_cannot_be_connected_is_refused(gateway: Gateway, body: Any) -> None:
    answer = gateway.office("POST connections", body)
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert len(gateway.office("GET connections").json()["connections"]) == 1


def test_a_deleted_connection_is_gone(gateway: Gateway) -> None:
    active, waiting = gateway.connected(), gateway.create()
    for identity in (active, waiting["connection_id"]):
        deleted = gateway.office(f"DELETE connections/{identity}")
        assert (deleted.status_code, deleted.json()) == (200, {})
        for method in ("GET", "DELETE"):
            assert gateway.office(f"{method} connections/{identity}").status_code == 404
        assert gateway.call("GET users/me", identity).status_code == 400
    assert gateway.browse(waiting["url"]).status_code == 404
    assert [one["connection_id"] for one in gateway.office("GET connections").json()["connections"]] == [FIRST]


@pytest.mark.parametrize(
    "request_",
    ["PUT connections", "DELETE connections", "PATCH connections/x", "GET connections/x/y", "GET office", "HEAD "],
)
def test_the_gateway_knows_nothing_else(gateway: Gateway, request_: str) -> None:
    assert gateway.office(request_).status_code == 404
    assert len(gateway.office("GET connections").json()["connections"]) == 1


# ---- which account a call reaches


def test_each_connection_opens_an_account_of_its_own(gateway: Gateway) -> None:
    second, third = gateway.connected(), gateway.connected()
    tag = {"tag": {"tag": "VIP", "tagType": "contact"}}
    assert gateway.call("POST tags", second, tag).status_code == 201

    def total(plural: str, connection: str) -> str:
        return gateway.call(f"GET {plural}", connection).json()["meta"]["total"]

    assert [total("tags", one) for one in (FIRST, second, third)] == ["0", "1", "0"]
    assert [total("lists", one) for one in (FIRST, second, third)] == ["3", "0", "0"], "only the first is furnished"
    assert [total("fields", one) for one in (FIRST, second)] == ["11", "0"]
    assert [gateway.host(one) for one in (FIRST, second, third)] == [
        "sandbox.example.com", "sandbox-2.example.com", "sandbox-3.example.com"
    ]  # fmt: skip


def test_where_none_is_named_the_oldest_active_one_is_taken(gateway: Gateway) -> None:
    second = gateway.connected()
    assert gateway.host() == "sandbox.example.com"
    gateway.office(f"DELETE connections/{FIRST}")
    assert gateway.host() == gateway.host(second) == "sandbox-2.example.com"


def test_whether_one_must_be_named_among_several_is_a_switch() -> None:
    with sandbox_at(switches=Switches(unchosen_connection="refused")) as sandbox:
        gateway = Gateway(sandbox)
        assert gateway.host() == "sandbox.example.com", "there is only one"
        second = gateway.connected()
        refused = gateway.call("GET users/me")
        assert refused.status_code == 400
        assert "There are 2 connections" in refused.json()["message"]
        assert gateway.host(second) == "sandbox-2.example.com"


def test_a_call_that_no_active_connection_can_take_is_refused(gateway: Gateway) -> None:
    waiting, denied = gateway.create(), gateway.create()
    gateway.browse(denied["url"] + "&error=access_denied")
    gateway.office(f"DELETE connections/{FIRST}")
    for connection, said in (
        ("", "no active connection"), ("nobody", "nobody was not found"), (FIRST, "was not found"),
        (waiting["connection_id"], "PENDING"), (denied["connection_id"], "FAILED"),
    ):  # fmt: skip
        answer = gateway.call("GET users/me", connection)
        assert (answer.status_code, list(answer.json())) == (400, ["message"])
        assert said in answer.json()["message"]


def test_directly_each_account_has_a_token_of_its_own(gateway: Gateway) -> None:
    waiting = gateway.create()
    for token in ("sandbox-2", "sandbox-3", "sandbox-1", "sandbox-02", "sandbox-", "sandbox2", "sandbox-" + "9" * 30):
        assert gateway.direct(token).status_code == 403, token
    gateway.browse(waiting["url"])
    links = gateway.direct("sandbox-2").json()["user"]["links"]
    assert links["lists"] == "https://sandbox-2.example.com/api/3/users/1/lists"
    gateway.office(f"DELETE connections/{waiting['connection_id']}")
    assert gateway.direct("sandbox-2").status_code == 200, "what the gateway forgets, ActiveCampaign does not"


def test_an_expired_grant_is_a_fault() -> None:
    with sandbox_at(faults=(Fault("status", path="users/me", status=500),)) as sandbox:
        assert Gateway(sandbox).call("GET users/me").status_code == 500


# ---- limits


def burst(count: int, *entrances: str, **options: Any) -> tuple[list[int], int]:
    """The answers to so many requests at one moment, at these doors in turn ("1", "2": a connection; "office"), and
    the most that one account served in a second."""

    async def job(sandbox: Sandbox) -> list[int]:
        made = await send(sandbox, "POST connections", NEW, entrance="/", headers=KEY)
        ids = {"1": FIRST, "2": made.json()["connection"]["connection_id"]}
        await anyio.sleep(1.0)
        codes = []
        for at in range(count):
            entrance = entrances[at % len(entrances)]
            if entrance == "office":
                answer = await send(sandbox, "GET connections", entrance="/", headers=KEY)
            else:
                headers = KEY | {"Maton-Connection": ids[entrance]}
                answer = await send(sandbox, "GET users/me", entrance=GATEWAY, headers=headers)
            codes.append(answer.status_code)
            assert (answer.status_code == 429) == ("RateLimit-Limit" in answer.headers)
        return codes

    with sandbox_at(browser=False, **options) as sandbox:
        return run(job, sandbox), sandbox.observed_max


def test_each_account_has_a_limit_of_its_own() -> None:
    assert burst(6, "2", rate=5.0) == ([200] * 5 + [429], 5)
    assert burst(12, "1", "2", rate=5.0, gateway_rate=0.0) == ([200] * 10 + [429] * 2, 5)


def test_the_key_has_a_limit_for_all_accounts_together() -> None:
    assert burst(12, "1", "2", rate=5.0)[0] == [200] * 10 + [429] * 2, "twice that of an account"
    assert burst(9, "1", "2", rate=5.0, gateway_rate=7.0)[0] == [200] * 7 + [429] * 2
    assert burst(9, "1", "2", rate=0.0, gateway_rate=7.0)[0] == [200] * 7 + [429] * 2
    assert burst(50, "1", "2", "office", rate=0.0)[0] == [200] * 50


def test_the_connections_cost_the_account_nothing_and_the_key_something() -> None:
    assert burst(12, "office", "1", rate=5.0) == ([200] * 10 + [429] * 2, 5)


# ---- what lasts


def test_connections_and_their_accounts_last_between_openings(tmp_path) -> None:
    path = tmp_path / "sandbox.sqlite"
    with sandbox_at(path) as sandbox:
        gateway = Gateway(sandbox)
        second, waiting = gateway.connected(), gateway.create()
        gateway.call("POST tags", second, {"tag": {"tag": "VIP", "tagType": "contact"}})
    with sandbox_at(path) as sandbox:
        gateway = Gateway(sandbox)
        assert gateway.call("GET tags", second).json()["meta"]["total"] == "1"
        gateway.browse(waiting["url"])
        assert gateway.host(waiting["connection_id"]) == "sandbox-3.example.com"
        gateway.office(f"DELETE connections/{waiting['connection_id']}")
        assert gateway.host(gateway.connected()) == "sandbox-4.example.com", "no account is given twice"
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "sandbox-2.sqlite", "sandbox-3.sqlite", "sandbox-4.sqlite", "sandbox-connections.sqlite", "sandbox.sqlite"
    ]  # fmt: skip
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


def test_two_openings_of_one_folder_see_each_other_at_once(tmp_path) -> None:
    with sandbox_at(tmp_path / "s.sqlite") as one, sandbox_at(tmp_path / "s.sqlite") as other:
        here, there = Gateway(one), Gateway(other)
        made = here.create()
        assert there.call("GET users/me", made["connection_id"]).status_code == 400
        there.browse(made["url"])
        assert here.host(made["connection_id"]) == there.host(made["connection_id"]) == "sandbox-2.example.com"
        here.office(f"DELETE connections/{made['connection_id']}")
        assert there.call("GET users/me", made["connection_id"]).status_code == 400


def test_several_processes_may_make_connections_in_a_new_folder_at_once(tmp_path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[2]); from pathlib import Path\n"
        "from sandbox_desk import sandbox_at\nfrom test_sandbox_connections import Gateway\n"
        "with sandbox_at(Path(sys.argv[1])) as sandbox:\n"
        "    for n in range(10): Gateway(sandbox).connected()\n"
    )
    here = __file__.rpartition("/")[0]
    line = [sys.executable, "-W", "error", "-c", code, str(tmp_path / "s.sqlite"), here]
    started = [subprocess.Popen(line) for _ in range(3)]
    assert [process.wait() for process in started] == [0, 0, 0]
    with sandbox_at(tmp_path / "s.sqlite") as sandbox:
        assert len(Gateway(sandbox).office("GET connections?status=ACTIVE").json()["connections"]) == 31


def test_a_file_that_holds_no_connections_is_refused(tmp_path) -> None:
    (tmp_path / "s-connections.sqlite").write_text("not a database, though long enough to be looked at" * 50)
    with sandbox_at(tmp_path / "s.sqlite") as sandbox:
        with pytest.raises(UsageError, match=r"s-connections\.sqlite.*reset"):
            Gateway(sandbox).office("GET connections")
        assert Gateway(sandbox).direct("sandbox").status_code == 200


def test_without_a_browser_a_connection_is_active_at_once() -> None:
    with sandbox_at(browser=False) as sandbox:
        made = Gateway(sandbox).create()
        assert made["status"] == "ACTIVE"
        assert Gateway(sandbox).host(made["connection_id"]) == "sandbox-2.example.com"


# ---- over a socket


@contextmanager
def served(sandbox: Sandbox) -> Iterator[str]:
    server = server_of(sandbox)
    with listening("127.0.0.1", 0) as (opened, address):
        thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
        thread.start()
        try:
            yield address
        finally:
            server.should_exit = True
            thread.join()


def test_over_a_socket_the_link_leads_to_the_sandbox_itself(tmp_path) -> None:
    logged: list[tuple[str, str, int]] = []
    with Sandbox(tmp_path / "s.sqlite", SandboxOptions(rate=0)) as sandbox, served(sandbox) as address:
        sandbox.log = lambda *line: logged.append(line)
        with httpx.Client(base_url=address, headers=KEY, trust_env=False) as client:
            made = client.post("/connections", json=NEW).json()["connection"]
            assert made["url"].startswith(f"{address}/connect?session_token=")
            assert httpx.get(made["url"], trust_env=False).text.startswith("<!DOCTYPE html>")
            chosen = {"Maton-Connection": made["connection_id"]}
            user = client.get("/active-campaign/api/3/users/me", headers=chosen).json()["user"]
            assert user["links"]["lists"].startswith("https://sandbox-2.example.com/")
            assert client.delete(f"/connections/{made['connection_id']}").json() == {}
    assert ("GET", "connect", 200) in logged, "without its token"
