"""The sandbox over a real socket of this machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sandbox_desk import sandbox_at

from bulk.errors import UsageError
from bulk.sandbox.app import Sandbox
from bulk.sandbox.faults import Fault
from bulk.sandbox.guests import is_let_in
from bulk.sandbox.serve import listening, serve, server_of
from tests.started import PYTHONPATH

HEADERS = {"Api-Token": "sandbox"}
TAG = {"tag": {"tag": "VIP", "tagType": "contact"}}


@contextmanager
def served(sandbox: Sandbox) -> Iterator[httpx.Client]:
    server = server_of(sandbox)
    with listening("127.0.0.1", 0) as (opened, address):
        thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
        thread.start()
        try:
            with httpx.Client(base_url=f"{address}/api/3/", headers=HEADERS, trust_env=False) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


def test_the_sandbox_answers_on_a_port_and_keeps_connections_open() -> None:
    logged = []
    with sandbox_at() as sandbox, served(sandbox) as client:
        sandbox.log = lambda *line: logged.append(line)
        assert client.post("tags", json=TAG).status_code == 201
        body = client.get("tags", params={"filters[search][eq]": "VIP"}).json()
        assert body["tags"][0]["tag"] == "VIP"
        assert client.get("tags").headers["Content-Length"]
    assert logged == [("POST", "tags", 201), ("GET", "tags", 200), ("GET", "tags", 200)]


@pytest.mark.parametrize(("kind", "applied"), [("lost_before", 0), ("lost_after", 1)])
def test_a_dropped_connection_is_a_closed_socket_without_a_word(kind, applied, capfd) -> None:
    with sandbox_at(faults=(Fault(kind, first=1),)) as sandbox, served(sandbox) as client:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            client.post("tags", json=TAG)
        assert client.get("tags").json()["meta"]["total"] == str(applied)
    assert capfd.readouterr() == ("", "")


def test_bodies_that_faults_spoil_arrive_as_they_are() -> None:
    faults = (Fault("empty", nth=1), Fault("truncated", nth=2), Fault("html", nth=3))
    with sandbox_at(faults=faults) as sandbox, served(sandbox) as client:
        assert client.get("tags").content == b""
        assert client.get("tags").content.startswith(b'{"tags"')
        assert client.get("tags").text.startswith("<!DOCTYPE html>")


def test_a_client_that_goes_away_half_way_has_sent_nothing() -> None:
    with sandbox_at() as sandbox, served(sandbox) as client:
        with socket.create_connection((client.base_url.host, client.base_url.port)) as half:
            half.sendall(b"POST /api/3/tags HTTP/1.1\r\nHost: x\r\nApi-Token: sandbox\r\nContent-Length: 99\r\n\r\n{")
        assert client.get("tags").json()["meta"]["total"] == "0"
        assert sandbox.requests == 1


def test_a_port_that_is_taken_is_said() -> None:
    with listening("127.0.0.1", 0) as (opened, _address), sandbox_at() as sandbox:
        port = opened.getsockname()[1]
        with pytest.raises(UsageError, match="Choose another"):
            serve(sandbox, "127.0.0.1", port)


@pytest.mark.parametrize("job_result", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_serving_cleanly(tmp_path, job_result) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from bulk.sandbox.app import Sandbox\nfrom bulk.sandbox.serve import serve\n"
        "with Sandbox(Path(sys.argv[1])) as sandbox:\n"
        "    serve(sandbox, ready=lambda address: print(address, flush=True))\n"
        "print('closed')\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, str(tmp_path / "s.sqlite")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": PYTHONPATH},
    )  # fmt: skip
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    assert httpx.get(f"{address}/api/3/users/me", headers=HEADERS, trust_env=False).status_code == 200
    process.send_signal(job_result)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "closed\n", "")


@contextmanager
def command(folder: Path, *arguments: str, key: str = "sandbox") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`bulk sandbox serve` on a free port, and its address; ended here if the test did not get to it."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "bulk", "sandbox", "serve", "--port", "0", "--key", key, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder,
        env={**os.environ, "PYTHONPATH": PYTHONPATH, "BULK_SANDBOX_DIR": "here",
             "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        name, _, address = process.stdout.readline().strip().partition("=")
        assert (name, process.stdout.readline()) == ("export BULK_BASE_URL", f"export MATON_API_KEY={key}\n")
        yield process, address
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_the_command_serves_until_ctrl_c_then_says_what_it_served(tmp_path) -> None:
    with command(tmp_path, "--rate", "2") as (process, address):
        key = {"Authorization": "Bearer sandbox"}
        with httpx.Client(base_url=f"{address}/active-campaign/api/3/", headers=key, trust_env=False) as client:
            codes = [client.post("tags", json=TAG).status_code, *(client.get("tags").status_code for _ in range(2))]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert codes == [201, 200, 429]
    assert (process.returncode, out) == (0, "")
    first, *log, last = err.splitlines()
    assert first == f"The sandbox is at {address}; Ctrl-C ends it. Paste the two lines above elsewhere."
    assert [line.split()[1:] for line in log] == [
        ["POST", "tags", "201"],
        ["GET", "tags", "200"],
        ["GET", "tags", "429"],
    ]
    assert last == "3 requests, 1 refused, at most 2 in a second."
    assert (tmp_path / "here" / "sandbox.sqlite").exists()


def test_the_command_plays_a_scenario_quietly(tmp_path) -> None:
    (tmp_path / "day.toml").write_text('[[fault]]\nkind = "status"\nstatus = 503\nretry_after = 2\nnth = 1\n')
    with command(tmp_path, "--quiet", "--faults", "day.toml", "--rate", "0") as (process, address):
        answers = [httpx.get(f"{address}/api/3/tags", headers=HEADERS, trust_env=False) for _ in range(2)]
        process.send_signal(signal.SIGTERM)
        _out, err = process.communicate(timeout=30)
    assert [answer.status_code for answer in answers] == [503, 200]
    assert answers[0].headers["Retry-After"] == "2"
    assert process.returncode == 0
    assert err.splitlines()[1:] == ["2 requests, 0 refused, at most 2 in a second."]


# ---- who may talk to it


def lines(folder: Path) -> dict[str, str]:
    """What `serve` prints to paste, without a key that was asked for."""
    with subprocess.Popen(
        [sys.executable, "-m", "bulk", "sandbox", "serve", "--port", "0", "-q"], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, cwd=folder,
        env={**os.environ, "PYTHONPATH": PYTHONPATH, "BULK_SANDBOX_DIR": "here"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        told = [process.stdout.readline().removeprefix("export ").strip().split("=") for _ in range(2)]
        process.send_signal(signal.SIGINT)
    return dict(told)


def test_each_start_has_a_key_of_its_own(tmp_path) -> None:
    first, second = (lines(tmp_path)["MATON_API_KEY"] for _ in range(2))
    assert first != second
    assert all(key.startswith("sandbox-") and len(key) >= 40 for key in (first, second))


ELSEWHERE = (
    "evil.example.com", "evil.example.com:{port}", "127.0.0.1.evil.example.com:{port}", "localhost", "127.0.0.1",
    "localhost:1", "", "localhost:{port}@evil.example.com", "localhost:{port}/x", "localhost:x", "[::1",
)  # fmt: skip


@pytest.fixture(scope="module")
def unasked() -> Iterator[tuple[Sandbox, httpx.Client]]:
    """A sandbox that is served, and that no request of these tests may reach."""
    with sandbox_at() as sandbox, served(sandbox) as client:
        yield sandbox, client


@pytest.mark.parametrize("path", ["", "api/3/tags", "active-campaign/api/3/contacts", "connections", "connect"])
@pytest.mark.parametrize("host", ELSEWHERE)
def test_who_names_another_host_is_turned_away(unasked, path, host) -> None:
    sandbox, client = unasked
    port = client.base_url.port
    headers = {"Host": host.format(port=port), "Authorization": "Bearer sandbox"}
    answer = client.get(f"http://127.0.0.1:{port}/{path}", headers=headers)
    assert answer.status_code in (400, 403)
    assert "contacts" not in answer.text
    assert sandbox.requests == 0


@pytest.mark.parametrize("origin", ["http://evil.example.com", "null", "http://evil.example.com:{port}", "http://localhost",
                                    "https://127.0.0.1:{port}", "http://localhost:{port}"])  # fmt: skip
def test_a_page_of_another_server_is_turned_away(origin) -> None:
    with sandbox_at() as sandbox, served(sandbox) as client:
        headers = {"Origin": origin.format(port=client.base_url.port)}
        assert client.get("tags", headers=headers).status_code == 403
        assert client.options("tags", headers=headers).status_code == 403
        assert sandbox.requests == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "127.9.9.9", "[::1]"])
def test_who_names_this_machine_is_let_in(host) -> None:
    with sandbox_at() as sandbox, served(sandbox) as client:
        name = f"{host}:{client.base_url.port}"
        assert client.get("tags", headers={"Host": name}).status_code == 200
        assert client.get("tags", headers={"Host": name, "Origin": f"http://{name}"}).status_code == 200


def test_where_it_was_asked_to_listen_it_may_be_called() -> None:
    headers = [(b"host", b"box.example.com:8025")]
    scope = {"headers": headers, "server": ("192.0.2.7", 8025)}
    assert not is_let_in(scope, "::")
    assert is_let_in(scope, "box.example.com")
    assert is_let_in({**scope, "headers": [(b"host", b"192.0.2.7:8025")]}, "::")
