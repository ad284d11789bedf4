"""`bulk connections`, and which account every other command goes to: over a served sandbox, and in the embedded one."""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from bulk.access import connections
from bulk.sandbox.connections import FIRST
from bulk.sandbox.faults import Fault
from tests.cli.conftest import SAMPLE, Shell
from tests.served import KEY, Served
from tests.world import report

ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
ALL = ("--rate", "0", "-q")
PEOPLE = "email,firstName\na@example.com,Ann\nb@example.com,Bob\n"
Environment = Callable[[str], None]


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A file that any account takes."""
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    return path


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Environment:
    def point(address: str) -> None:
        monkeypatch.setenv("MATON_API_KEY", KEY)
        monkeypatch.setenv("BULK_BASE_URL", address)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    return point


@pytest.fixture
def served(tmp_path: Path, environment: Environment) -> Iterator[Served]:
    with Served(tmp_path / "served") as served:
        environment(served.address)
        yield served


def browse(url: str) -> None:
    """As a person does with a link."""
    assert "<html" in httpx.get(url, trust_env=False).text


def connected(bulk: Shell) -> str:
    """The id of a new, active connection."""
    connection = json.loads(bulk("connections", "create", "--json").out)
    browse(connection["url"])
    return str(connection["id"])


def contacts(bulk: Shell, *options: str) -> int:
    """How many contacts an account has, by an export of it."""
    assert bulk("export", "contacts", "seen.csv", *ALL, *options).code == 0
    return len(report(Path(), "seen.csv"))


# ---- the command


def test_connections_are_listed(bulk: Shell, served: Served):
    result = bulk("connections", "list")
    assert (result.code, result.err) == (0, "")
    assert result.out == (
        "ID                                    STATUS   MADE (UTC)        METHOD\n"
        f"{FIRST}  ACTIVE   2026-01-01 00:00  OAUTH2\n"
    )
    (hits,) = json.loads(bulk("connections", "list", "--json").out)
    assert list(hits) == ["id", "status", "created", "updated", "method", "url", "account"]
    bulk("connections", "delete", FIRST, "--yes")
    result = bulk("connections", "list")
    assert (result.code, result.out) == (0, "There are no connections. Make one: bulk connections create --wait\n")
    assert bulk("connections", "list", "--json").out == "[]\n"


def test_a_connection_is_made_opened_and_shown(bulk: Shell, served: Served):
    result = bulk("connections", "create", "--method", "api_key")
    assert (result.code, result.err) == (0, "")
    (url,) = re.findall(r"^  (http\S+)$", result.out, re.MULTILINE)
    assert url.startswith(f"{served.address}/connect?session_token=")
    identity = re.findall(ID, result.out)[0]
    assert f"bulk connections show {identity}" in result.out
    shown = bulk("connections", "show", identity)
    assert shown.code == 0
    assert shown.out.startswith(f"{identity}  PENDING\n")
    assert url in shown.out
    browse(url)
    shown = bulk("connections", "show", identity)
    assert shown.out.startswith(f"{identity}  ACTIVE\n")
    assert "API_KEY" in shown.out
    assert url not in shown.out
    assert f"bulk doctor --connection {identity}" in shown.out
    assert json.loads(bulk("connections", "show", identity, "--json").out)["status"] == "ACTIVE"


@pytest.mark.parametrize("error", ["", "&error=access_denied"])
def test_waiting_ends_once_the_link_was_opened(
    bulk: Shell, served: Served, monkeypatch: pytest.MonkeyPatch, error: str
):
    monkeypatch.setattr(connections, "FIRST_PAUSE", 0.05)
    key = {"Authorization": f"Bearer {KEY}"}

    def person() -> None:
        hits = httpx.get(f"{served.address}/connections?status=PENDING", headers=key, trust_env=False).json()
        browse(hits["connections"][0]["url"] + error)

    def look(number: int) -> None:
        if number == 2:  # it was looked at once in vain
            threading.Thread(target=person).start()

    served.on_request = look
    result = bulk("connections", "create", "--wait", "--timeout", "1m")
    assert "Waiting until it is active, 60 s at most" in result.err
    if error:
        assert result.code == 3
        assert "access was not granted" in result.err
        assert "  bulk connections create --wait\n" in result.err
    else:
        assert result.code == 0
        assert re.search(rf"The connection {ID} is active\.\nUse it: --connection {ID}\n$", result.out)


def test_waiting_in_vain_is_unfinished_and_json_is_alone_on_stdout(bulk: Shell, served: Served):
    result = bulk("connections", "create", "--wait", "--timeout", "0s", "--json")
    assert (result.code, json.loads(result.out)["error"]["code"]) == (4, "connection_still_waits")
    assert "/connect?session_token=" in result.err
    assert "bulk connections show" in result.err
    result = bulk("connections", "create", "--json")
    assert json.loads(result.out)["url"] in result.err


def test_deleting_asks_first(bulk: Shell, served: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("n\ny\n"))
    result = bulk("connections", "delete", FIRST)
    assert (result.code, result.out) == (2, "")
    assert f"{FIRST}  ACTIVE  2026-01-01 00:00" in result.err
    assert "Nothing was deleted." in result.err
    assert FIRST in bulk("connections", "list").out
    assert bulk("connections", "delete", FIRST).code == 0
    assert FIRST not in bulk("connections", "list").out


def test_deleting_without_anybody_to_ask_needs_yes(bulk: Shell, served: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    result = bulk("connections", "delete", FIRST)
    assert result.code == 2
    assert "add --yes" in result.err
    result = bulk("connections", "delete", FIRST, "--yes")
    assert (result.code, result.out) == (0, f"Deleted the connection {FIRST}.\n")
    for line in (("delete", FIRST), ("delete", FIRST, "--yes"), ("show", FIRST)):
        result = bulk("connections", *line)
        assert result.code == 2
        assert "See those there are: bulk connections list" in result.err


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, ("MATON_API_KEY", "--sandbox")),
        ({"AC_API_URL": "https://acme.api-us1.com", "AC_API_TOKEN": "t"}, ("MATON_API_KEY", "AC_API_URL")),
        ({"MATON_API_KEY": "k", "BULK_BASE_URL": "http://example.com"}, ("https://",)),
    ],
)
def test_without_a_key_for_the_gateway_the_way_on_is_said(
    bulk: Shell, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: tuple[str, ...]
):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for line in (("list",), ("create",), ("show", "x"), ("delete", "x", "--yes")):
        result = bulk("connections", *line)
        assert result.code == 2
        assert all(part in result.err for part in said)


def test_a_wrong_key_is_refused_and_not_told(bulk: Shell, served: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MATON_API_KEY", "wr0ng-s3cret")
    result = bulk("connections", "list")
    assert result.code == 3
    assert "Check MATON_API_KEY" in result.err
    assert "wr0ng" not in result.out + result.err


# ---- which account a command goes to


def test_the_only_connection_is_used_and_named(bulk: Shell, served: Served, people: Path):
    second = connected(bulk)
    bulk("connections", "delete", FIRST, "--yes")
    before = len(served.log)
    assert bulk("import", "contacts", people, *ALL, "--job", "one").code == 0
    log = [path for _method, path, _status in served.log[before:]]
    assert log.count("connections") == 1
    record = json.loads((bulk.job("one") / "job.json").read_text())
    assert record["connection"] == second
    assert record["account"] == "sandbox-2.example.com"
    assert contacts(bulk) == 2


def test_several_and_none_chosen_is_refused_with_those_there_are(
    bulk: Shell, served: Served, people: Path, monkeypatch: pytest.MonkeyPatch
):
    second = connected(bulk)
    json.loads(bulk("connections", "create", "--json").out)  # waits, so it is no choice
    before = len(served.log)
    lines = (
        ("import", "contacts", SAMPLE), ("export", "contacts", "out.csv"), ("validate", "contacts", SAMPLE),
        ("export", "all", "folder"),
    )  # fmt: skip
    for line in lines:
        result = bulk(*line)
        assert result.code == 2, line
        assert re.findall(ID, result.err) == [FIRST, second]
        for said in ("2 active connections", "ACTIVE", "2026-01-01 00:00", "--connection ID", "MATON_CONNECTION=ID"):
            assert said in result.err
        assert max(map(len, result.err.splitlines())) <= 80
    assert [path for _method, path, _status in served.log[before:]] == ["connections"] * len(lines)
    assert bulk.no_job
    assert bulk("import", "contacts", people, *ALL, "--connection", second).code == 0
    monkeypatch.setenv("MATON_CONNECTION", second)
    assert contacts(bulk) == 2
    assert contacts(bulk, "--connection", FIRST) == 0, "the option goes before the environment"


def test_without_an_active_connection_the_next_step_is_said(bulk: Shell, served: Served):
    bulk("connections", "delete", FIRST, "--yes")
    result = bulk("export", "contacts", "out.csv")
    assert result.code == 2
    assert "bulk connections create --wait" in result.err
    url = json.loads(bulk("connections", "create", "--json").out)["url"]
    result = bulk("export", "contacts", "out.csv")
    assert result.code == 2
    assert f"Open its link in a browser, then run this again:\n  {url}" in result.err
    browse(url)
    assert bulk("export", "contacts", "out.csv").code == 0


@pytest.mark.parametrize("status", [404, 500, 503])
def test_where_connections_cannot_be_read_nothing_is_said_of_it(
    bulk: Shell, tmp_path: Path, environment: Environment, status: int
):
    with Served(tmp_path / "deaf", faults=(Fault("status", path="connections*", status=status),)) as served:
        environment(served.address)
        result = bulk("import", "contacts", SAMPLE, *ALL, "--job", "one")
        assert (result.code, result.err) == (0, "")
        assert json.loads((bulk.job("one") / "job.json").read_text())["connection"] == ""


def test_a_job_goes_on_with_its_own_connection_whatever_there_is_now(
    bulk: Shell, served: Served, monkeypatch: pytest.MonkeyPatch
):
    update = ("--mode", "update", "--max-errors", "1", "--concurrency", "1", "--rate", "0")
    assert bulk("import", "contacts", SAMPLE, *update, "--job", "cut").code == 3
    second = connected(bulk)
    monkeypatch.setenv("MATON_CONNECTION", second)
    assert bulk("resume", "cut", "--max-errors", "99").code == 1
    record = json.loads((bulk.job("cut") / "job.json").read_text())
    assert (record["connection"], record["account"]) == (FIRST, "sandbox.example.com")


def test_a_job_that_began_without_a_connection_goes_on_with_the_one_there_is(
    bulk: Shell, served: Served, monkeypatch: pytest.MonkeyPatch
):
    update = ("--mode", "update", "--max-errors", "1", "--concurrency", "1", "--rate", "0")
    assert bulk("import", "contacts", SAMPLE, *update, "--job", "cut").code == 3
    path = bulk.job("cut") / "job.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"connection": ""}))
    second = connected(bulk)
    assert bulk("resume", "cut").code == 2, "there are two now"
    monkeypatch.setenv("MATON_CONNECTION", second)
    result = bulk("resume", "cut")
    assert result.code == 2
    assert "works on the account sandbox.example.com, and this key opens sandbox-2.example.com" in result.err
    monkeypatch.setenv("MATON_CONNECTION", FIRST)
    assert bulk("resume", "cut", "--max-errors", "99").code == 1


# ---- in the embedded sandbox


def test_the_embedded_sandbox_has_accounts_of_its_own(bulk: Shell, people: Path):
    assert bulk.sandbox("import", SAMPLE, "--job", "first").code == 0
    result = bulk("connections", "create", "--sandbox")
    assert (result.code, result.err) == (0, "")
    assert "is active.\n" in result.out
    assert "no browser" in result.out
    (second,) = set(re.findall(ID, result.out))
    chosen = ("--sandbox", "--connection", second)
    assert f"Use it: {' '.join(chosen)}\n" in result.out
    assert contacts(bulk, *chosen) == 0
    assert contacts(bulk, "--sandbox") == 10, "the first one, as ever"
    assert contacts(bulk, "--sandbox", "--connection", FIRST) == 10
    assert bulk("import", "contacts", people, *ALL, *chosen, "--job", "second").code == 0
    assert (contacts(bulk, *chosen), contacts(bulk, "--sandbox")) == (2, 10)
    record = json.loads((bulk.job("second") / "job.json").read_text())
    assert (record["connection"], record["account"]) == (second, "sandbox-2.example.com")
    shown = bulk("connections", "list", "--sandbox").out
    assert re.findall(ID, shown) == [FIRST, second]


def test_a_job_in_another_account_of_the_sandbox_goes_on_there(bulk: Shell, people: Path):
    (second,) = set(re.findall(ID, bulk("connections", "create", "--sandbox").out))
    update = ("--mode", "update", "--max-errors", "1", "--concurrency", "1", "--rate", "0")
    assert bulk("import", "contacts", people, *update, "--sandbox", "--connection", second, "--job", "cut").code == 3
    assert bulk("resume", "cut", "--max-errors", "9").code == 1
    assert bulk("connections", "delete", second, "--sandbox", "--yes").code == 0
    result = bulk("retry", "cut")
    assert result.code == 2
    assert "no active connection" in result.err


@pytest.mark.parametrize("line", [("export", "contacts", "out.csv"), ("validate", "contacts", SAMPLE)])
def test_an_unknown_connection_of_the_sandbox_is_refused_with_those_there_are(bulk: Shell, line: tuple[str, ...]):
    result = bulk(*line, "--sandbox", "--connection", "nobody")
    assert result.code == 2
    assert f"no active connection nobody. There are:\n  {FIRST}  ACTIVE   2026-01-01 00:00\n" in result.err
    assert "bulk connections create --sandbox" in result.err
    assert bulk.no_job


def test_the_sandbox_asks_for_no_connection_of_the_environment(bulk: Shell, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MATON_CONNECTION", "nobody")
    assert contacts(bulk, "--sandbox") == 0


def test_a_reset_clears_all_accounts_and_connections(bulk: Shell):
    (second,) = set(re.findall(ID, bulk("connections", "create", "--sandbox").out))
    assert contacts(bulk, "--sandbox", "--connection", second) == 0
    assert bulk("sandbox", "reset", "--yes").code == 0
    assert not list((bulk.folder / "sandbox").glob("*.sqlite*"))
    assert re.findall(ID, bulk("connections", "list", "--sandbox").out) == [FIRST]
