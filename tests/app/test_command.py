"""`bulk app` as a process: how it is started, ended and killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bulk.__main__ import run as run_command
from bulk.app.opening import opened_in_browser
from bulk.library.jobs import Job, jobs_in
from tests.app.files import hubspot

BULK = (sys.executable, "-m", "bulk")


@contextmanager
def started(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of the page, and the address that it prints."""
    environment = {**os.environ, "MATON_API_KEY": ""}
    process = subprocess.Popen(
        (*BULK, "app", "--sandbox", "--no-browser", *options), cwd=folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def begun(entrance: str, file: Path) -> tuple[httpx.Client, str]:
    """Begin to carry out a plan of a file; somebody who was let in, and the job's name."""
    address = entrance.partition("/enter")[0]
    client = httpx.Client(base_url=address, headers={"origin": address}, timeout=60, trust_env=False)
    assert client.get(entrance).status_code == 200
    given = client.post("/files", data={"resource": "contacts"}, files={"file": (file.name, file.read_bytes())})
    draft = given.headers["location"].removesuffix("/match")
    client.post(f"{draft}/match")
    client.get(f"{draft}/events")
    plan = client.post(f"{draft}/plan").headers["location"]
    client.get(f"{plan}/events")
    client.post(f"{plan}/apply")
    with client.stream("GET", f"{plan}/events") as news:
        for line in news.iter_lines():
            if re.search(r'"progress": "[2-9] of 33 rows"', line):
                break
    return client, plan.rpartition("/")[2]


def job_in(folder: Path) -> Job:
    return jobs_in(folder / "bulk-jobs")[-1]


@pytest.mark.parametrize(("number", "state"), [(signal.SIGKILL, "cut off"), (signal.SIGTERM, "unfinished")])
def test_a_job_of_a_page_that_was_ended_goes_on_in_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, state: str
):
    with started(tmp_path) as (process, entrance):
        client, name = begun(entrance, hubspot(tmp_path, rows=30))
        process.send_signal(number)
        process.wait(timeout=30)
        client.close()
        if number == signal.SIGTERM:
            assert process.returncode == 0
    job = job_in(tmp_path)
    assert (job.name, job.state) == (name, state)
    monkeypatch.chdir(tmp_path)
    assert run_command(["resume", name, "-q", "--rate", "0"]) == 0
    assert job_in(tmp_path).rows["succeeded"] == 33


def test_the_address_is_good_once_and_for_this_machine_only(tmp_path: Path):
    with started(tmp_path) as (process, entrance):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/enter\?secret=[\w-]{43}", entrance)
        assert httpx.get(entrance, trust_env=False).status_code == 200
        assert httpx.get(entrance, trust_env=False).status_code == 403
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        assert process.returncode == 0
    assert not (tmp_path / "bulk-jobs" / "open-app.html").exists()


def test_without_a_key_it_says_both_ways_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("MATON_API_KEY", "AC_API_URL", "AC_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert run_command(["app", "--no-browser"]) == 2
    assert "--sandbox" in capsys.readouterr().err


def test_a_port_that_is_taken_is_said(tmp_path: Path):
    with started(tmp_path) as (_process, entrance):
        port = entrance.split(":")[2].partition("/")[0]
        done = subprocess.run(
            (*BULK, "app", "--sandbox", "--no-browser", "--port", port), cwd=tmp_path, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert port in done.stderr


def test_a_browser_is_given_a_file_and_never_the_secret(tmp_path: Path):
    opened: list[str] = []
    address = "http://127.0.0.1:1/enter?secret=s3cret&more"
    with opened_in_browser(address, tmp_path, lambda place: bool(opened.append(place))):
        assert opened[0].startswith("file:///")
        assert "s3cret" not in opened[0]
        path = tmp_path / "open-app.html"
        assert path.stat().st_mode & 0o777 == 0o600
        assert "secret=s3cret&amp;more" in path.read_text()
    assert not path.exists()
