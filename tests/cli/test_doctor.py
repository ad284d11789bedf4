"""`bulk doctor` as a user sees it: against a served sandbox with one thing wrong at a time, and what it never shows."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest

from bulk.access import doctor as doctor_job
from bulk.access.account import Account
from bulk.access.finding import Finding
from bulk.api import probe
from bulk.api.client import Client
from bulk.api.credentials import Credentials
from bulk.sandbox.connections import FIRST
from bulk.sandbox.faults import Fault
from tests.cli.conftest import Result, Shell
from tests.served import KEY, Served
from tests.started import PYTHONPATH

ROOT = Path(__file__).parents[2]
Doctor = Callable[..., Result]


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it shares with jobs lies with the test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def lines(result: Result) -> dict[str, str]:
    """The state of each check, by the line that it begins with."""
    words = [line.split() for line in result.out.splitlines() if line and not line.startswith(" ")]
    return {line[1]: line[0] for line in words if line[0] in ("ok", "PROBLEM", "-")}


def wrong(result: Result) -> list[str]:
    return [check for check, state in lines(result).items() if state == "PROBLEM"]


@pytest.fixture
def doctor(bulk: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """Asks the doctor about a sandbox that is served with these faults, by these variables."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(doctor_job, "PAUSE", 0.0)

    def ask(*arguments: str, faults: tuple[Fault, ...] = (), **variables: str) -> Result:
        with Served(tmp_path / "served", faults=faults) as served:
            for name, value in (variables or GATEWAY).items():
                monkeypatch.setenv(name, value.format(served.address))
            result = bulk("doctor", *arguments)
        assert "s3cret" not in result.out + result.err
        too_long = [line for line in result.out.splitlines() if len(line) > 80 and not line.lstrip().startswith("http")]
        assert "--json" in arguments or too_long == []
        return result

    return ask


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    with Served(tmp_path / "served") as served:
        for name, value in GATEWAY.items():
            monkeypatch.setenv(name, value.format(served.address))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield served


GATEWAY = {"MATON_API_KEY": KEY, "BULK_BASE_URL": "{}"}
DIRECT = {"AC_API_TOKEN": KEY, "AC_API_URL": "{}"}


def test_all_is_well_through_the_gateway(doctor: Doctor):
    result = doctor()
    assert (result.code, result.err) == (0, "")
    checks = ["environment", "address", "key", "connection", "grant", "account", "clock"]
    assert list(lines(result).items()) == [(check, "ok") for check in checks]
    assert f"{FIRST}, the only active one." in result.out
    assert "sandbox.example.com, as Sandbox User" in result.out
    assert result.out.endswith("\nAll is well.\n")


def test_all_is_well_directly(doctor: Doctor):
    result = doctor(**DIRECT)
    assert result.code == 0
    checks = ["environment", "address", "key", "account", "clock"]
    assert list(lines(result).items()) == [(check, "ok") for check in checks]


def test_the_answer_for_programs(doctor: Doctor):
    told = json.loads(doctor("--json").out)
    assert told["ok"] is True
    assert told["checks"][0] == {
        "check": "environment", "state": "ok", "said": "MATON_API_KEY is set: through the gateway.", "steps": []
    }  # fmt: skip
    result = doctor("--json", faults=(Fault("status", path="users/me", status=500),))
    assert result.code == 1
    told = json.loads(result.out)
    assert told["ok"] is False
    grant = next(one for one in told["checks"] if one["check"] == "grant")
    assert grant["state"] == "problem"
    assert f"bulk connections delete {FIRST}" in grant["steps"]


CASES: dict[str, tuple[dict[str, str], tuple[Fault, ...], list[str], int, str]] = {
    "no key": ({"BULK_DEBUG": ""}, (), ["environment"], 2, "--sandbox"),
    "half of a direct access": ({"AC_API_URL": "{}"}, (), ["environment"], 2, "AC_API_TOKEN is not set"),
    "both ways": (GATEWAY | DIRECT, (), ["environment"], 1, "unset AC_API_URL AC_API_TOKEN"),
    "blanks": (GATEWAY | {"MATON_API_KEY": f" {KEY}\n"}, (), ["environment"], 1, "blanks around it"),
    "quotation marks": (
        GATEWAY | {"MATON_API_KEY": f'"{KEY}"'}, (), ["environment", "key"], 1, "quotation marks in it"),
    "in clear": (GATEWAY | {"BULK_BASE_URL": "http://10.0.0.1"}, (), ["address"], 2, "https://"),
    "no address": (GATEWAY | {"BULK_BASE_URL": "127.0.0.1"}, (), ["address"], 2, "with its scheme"),
    "nothing listens": (GATEWAY | {"BULK_BASE_URL": "http://127.0.0.1:9"}, (), ["address"], 1, "bulk sandbox serve"),
    "nothing listens, directly": (DIRECT | {"AC_API_URL": "https://127.0.0.1:9"}, (), ["address"], 1, "127.0.0.1:9"),
    "wrong key": (GATEWAY | {"MATON_API_KEY": "wr0ng-s3cret"}, (), ["key"], 1, "Invalid API key (HTTP 401)"),
    "wrong token": (DIRECT | {"AC_API_TOKEN": "wr0ng-s3cret"}, (), ["key"], 1, "Settings > Developer"),
    "unknown connection": (GATEWAY | {"MATON_CONNECTION": "nobody"}, (), ["connection"], 1, f"    {FIRST}  ACTIVE"),
    "expired grant": (
        GATEWAY, (Fault("status", path="users/me", status=500),), ["grant"], 1, f"bulk connections delete {FIRST}"),
    "refused grant": (GATEWAY, (Fault("status", path="users/me", status=403),), ["grant"], 1, "lost the right"),
    "down": (GATEWAY, (Fault("status", path="users/me", status=503),), ["account"], 1, "Try again in a few minutes"),
    "down, directly": (DIRECT, (Fault("status", status=500),), ["account"], 1, "Try again in a few minutes"),
    "over the limit": (GATEWAY, (Fault("status", path="users/me", status=429),), ["limits"], 1, "Another program"),
    "a page instead": (DIRECT, (Fault("html"),), ["account"], 1, "AC_API_URL"),
    "an answer that is lost": (GATEWAY, (Fault("lost_before", path="users/me"),), ["account"], 1, "did not come"),
    "cut off": (GATEWAY, (Fault("lost_before"),), ["address"], 1, "cut it off"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_found_and_the_next_step_is_said(doctor: Doctor, case: str):
    variables, faults, checks, code, said = CASES[case]
    result = doctor(faults=faults, **variables)
    assert wrong(result) == checks, result.out
    assert result.code == code
    assert said in " ".join(result.out.split()) or said in result.out
    assert "All is well" not in result.out


@pytest.mark.parametrize("status", [404, 500])
def test_a_gateway_that_lists_no_connections_is_no_problem(doctor: Doctor, status: int):
    silent = (Fault("status", path="connections", status=status),)
    result = doctor(faults=silent)
    assert result.code == 0
    assert lines(result)["connection"] == "-"
    assert list(lines(result)) == ["environment", "address", "key", "connection", "grant", "account", "clock"]
    refused = (*silent, Fault("status", path="users/me", status=401))
    assert wrong(doctor(faults=refused)) == ["key"]
    lost = (*silent, Fault("lost_after", path="users/me"))
    result = doctor(faults=lost)
    assert (lines(result)["key"], wrong(result)) == ("-", ["account"])


def test_of_several_connections_it_tells_whose_account_each_opens(bulk: Shell, served: Served):
    url = json.loads(bulk("connections", "create", "--json").out)["url"]
    assert wrong(bulk("doctor")) == [], "one that waits is no choice"
    httpx.get(url, trust_env=False)
    result = bulk("doctor")
    assert (result.code, wrong(result)) == (1, ["connection"])
    assert f"    {FIRST}  sandbox.example.com\n" in result.out
    second = re.findall(r"(\S+)  sandbox-2\.example\.com\n", result.out)[0]
    assert "--connection ID" in result.out
    chosen = bulk("doctor", "--connection", second)
    assert chosen.code == 0
    assert f"{second}, chosen." in chosen.out
    assert "sandbox-2.example.com, as" in chosen.out


def test_without_an_active_connection_it_says_how_to_get_one(bulk: Shell, served: Served):
    bulk("connections", "delete", FIRST, "--yes")
    result = bulk("doctor")
    assert (result.code, wrong(result)) == (1, ["connection"])
    assert "\n    bulk connections create --wait\n" in result.out
    connection = json.loads(bulk("connections", "create", "--json").out)
    result = bulk("doctor")
    assert wrong(result) == ["connection"]
    assert f"\n    {connection['url']}\n" in result.out, "on a line of its own, to be clicked"
    httpx.get(f"{connection['url']}&error=access_denied", trust_env=False)
    result = bulk("doctor", "--connection", connection["id"])
    assert "has failed" in result.out


@pytest.mark.parametrize(("seconds", "side"), [(600, "10 min ahead of"), (-600, "10 min behind")])
def test_a_clock_that_is_off_is_said(
    bulk: Shell, served: Served, monkeypatch: pytest.MonkeyPatch, seconds: int, side: str
):
    clock = SimpleNamespace(time=lambda: time.time() + seconds, monotonic=time.monotonic)
    monkeypatch.setattr(probe, "time", clock)
    result = bulk("doctor")
    assert (result.code, wrong(result)) == (1, ["clock"])
    assert f"This machine's is {side} the server's." in result.out


def test_beside_a_job_that_uses_the_limit_up_it_waits_its_turn(doctor: Doctor):
    for fault in (Fault("status", status=429, first=2, retry_after="0"), Fault("status", status=429, nth=2)):
        assert doctor(faults=(fault,)).code == 0


def test_it_costs_two_requests(bulk: Shell, served: Served):
    bulk("doctor")
    assert [(method, path) for method, path, _status in served.log] == [("GET", "connections"), ("GET", "users/me")]


# ---- the embedded sandbox


def test_the_embedded_sandbox(bulk: Shell):
    result = bulk("doctor", "--sandbox")
    assert (result.code, result.err) == (0, "")
    assert lines(result) == {"environment": "ok", "account": "ok"}
    result = bulk("doctor", "--sandbox", "--connection", FIRST)
    assert lines(result) == {"environment": "ok", "connection": "ok", "account": "ok"}
    result = bulk("doctor", "--sandbox", "--connection", "nobody")
    assert (result.code, wrong(result)) == (1, ["connection"])
    assert FIRST in result.out
    assert bulk("doctor", "--sandbox", "--base-url", "https://example.com").code == 2
    (bulk.folder / "sandbox" / "sandbox.sqlite").write_text("not a database, though long enough to be one" * 50)
    for path in (bulk.folder / "sandbox").glob("sandbox.sqlite-*"):
        path.unlink()
    result = bulk("doctor", "--sandbox")
    assert result.code == 2
    assert "bulk sandbox reset" in result.err


# ---- answers written by hand


def examined(monkeypatch: pytest.MonkeyPatch, answers: dict[str, httpx.Response], **variables: str) -> list[Finding]:
    """What it finds where the last part of a path is answered so."""

    @asynccontextmanager
    async def client_to(_access: Account, way: Credentials, **_how: Any) -> AsyncIterator[Client]:
        async with Client(way) as client:
            await client._client._transport.aclose()
            client._client._transport = httpx.MockTransport(lambda sent: answers[sent.url.path.rpartition("/")[2]])
            client._client._mounts = {}
            yield client

    monkeypatch.setattr(doctor_job, "client_to", client_to)
    hits: list[Finding] = []
    anyio.run(doctor_job.examine, variables, hits.append)
    return hits


def test_a_limit_is_told_where_headers_tell_it(monkeypatch: pytest.MonkeyPatch):
    limit = {"RateLimit-Limit": "5", "RateLimit-Remaining": "4"}
    hits = examined(
        monkeypatch, {"me": httpx.Response(200, json={"user": {"email": "a@example.com"}}, headers=limit)},
        AC_API_URL="https://acme.api-us1.com", AC_API_TOKEN=KEY,
    )  # fmt: skip
    assert hits[-1].check == "limits"
    assert hits[-1].said == "5 requests a second, 4 left."
    assert next(one for one in hits if one.check == "account").said == "acme.api-us1.com, as a@example.com."


@pytest.mark.parametrize("written", ["{}", '"{}"', " {}\n"])
@pytest.mark.parametrize("status", [200, 401, 403, 500])
def test_a_key_that_is_echoed_is_not_shown(monkeypatch: pytest.MonkeyPatch, written: str, status: int):
    echo = {"message": f"your key {KEY}", "user": {"email": KEY, "links": {"x": f"https://{KEY}/"}}}
    one = {"connection_id": KEY, "status": "ACTIVE", "app": "active-campaign", "url": f"https://x/{KEY}"}
    listing = {"connections": [one, one | {"connection_id": "c-2"}]} if status == 200 else echo
    answers = {"me": httpx.Response(status, json=echo), "connections": httpx.Response(status, json=listing)}
    hits = examined(monkeypatch, answers, MATON_API_KEY=written.format(KEY))
    hits += examined(monkeypatch, answers, AC_API_URL="https://x.example", AC_API_TOKEN=written.format(KEY))
    assert len(hits) > 5
    assert KEY not in repr(hits)


# ---- as a process of its own


def test_as_a_process_against_a_served_sandbox(bulk: Shell, served: Served):
    def ask(**variables: str) -> subprocess.CompletedProcess[str]:
        given = {**os.environ, "PYTHONPATH": PYTHONPATH, **variables}
        line = [sys.executable, "-W", "error", "-m", "bulk", "doctor"]
        return subprocess.run(line, env=given, capture_output=True, text=True, check=False)

    well = ask()
    assert (well.returncode, well.stderr) == (0, "")
    assert well.stdout.endswith("All is well.\n")
    refused = ask(MATON_API_KEY="wr0ng-s3cret")
    assert (refused.returncode, refused.stderr) == (1, "")
    assert "PROBLEM  key" in refused.stdout
    assert "s3cret" not in well.stdout + refused.stdout
    without = ask(MATON_API_KEY="")
    assert without.returncode == 2
    elsewhere = ask(BULK_BASE_URL="http://127.0.0.1:9")
    assert elsewhere.returncode == 1
    assert "PROBLEM  address" in elsewhere.stdout


def test_an_address_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        hits: list[Finding] = []
        variables = {"MATON_API_KEY": KEY, "BULK_BASE_URL": url}
        anyio.run(partial(doctor_job.examine, variables, hits.append, patience=0.3))
    assert [one.check for one in hits] == ["environment", "address"]
    assert hits[-1].said == f"{url} took the connection, but does not answer in time."
