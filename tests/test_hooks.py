"""`--notify`: who is told how a job ended, once, however it did; and nothing that a hook does changes that."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import anyio
import pytest
from jsonschema import Draft202012Validator

from bulk.errors import UsageError
from bulk.library import Account, ImportOptions, import_file, resume
from bulk.library.event_schema import schema
from bulk.library.hooks import check_hooks, kept, shown, tell, words_of
from tests.cli.conftest import Shell
from tests.cli.conftest import bulk as bulk  # noqa: PLC0414 - a fixture
from tests.cli.conftest import csv_file as csv_file  # noqa: PLC0414 - likewise

PEOPLE = "email,firstName\nada@example.com,Ada\nno address,Nobody\n"
MANY = "email\n" + "".join(f"p{n}@example.com\n" for n in range(40))
NOTES = "import os,sys; open('told','a').write(sys.stdin.read()); open('env','a').write(repr(dict(os.environ)))"
NOTING = f"{shlex.quote(sys.executable)} -c {shlex.quote(NOTES)}"


class Listening:
    """An address on this machine: what it got, and what it answers."""

    def __init__(self) -> None:
        got: list[dict[str, Any]] = []
        self.got, self.status, self.paths = got, 200, list[str]()
        listening = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                listening.paths.append(self.path)
                self.send_response(listening.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def listening() -> Iterator[Listening]:
    one = Listening()
    thread = Thread(target=one.server.serve_forever, args=(0.01,))
    thread.start()
    yield one
    one.server.shutdown()
    thread.join()
    one.server.server_close()


def told(folder: Path) -> list[dict[str, Any]]:
    path = folder / "told"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_an_address_and_a_command_get_the_end_of_the_job_once(bulk: Shell, csv_file, listening: Listening):
    done = bulk.sandbox("import", csv_file(PEOPLE), "--job", "j", "--notify", listening.url, "--notify", NOTING)
    assert done.code == 1
    assert listening.got == told(bulk.folder)
    (data,) = listening.got
    Draft202012Validator(schema()).validate(data)
    assert (data["event"], data["job"], data["outcome"], data["exit_code"]) == ("ended", "j", "rows_failed", 1)
    assert data["rows"] == bulk.summary("j")["rows"]
    text = json.dumps(data)
    assert not any(word in text for word in ("ada", "Ada", "example.com", "Nobody"))
    environment = (bulk.folder / "env").read_text()
    for said in ("'BULK_JOB': 'j'", "'BULK_OUTCOME': 'rows_failed'", "'BULK_EXIT_CODE': '1'"):
        assert said in environment


def test_a_hook_that_fails_is_said_and_changes_nothing(bulk: Shell, csv_file, listening: Listening):
    listening.status = 500
    failing = f"{shlex.quote(sys.executable)} -c 'import sys; sys.exit(\"no room\")'"
    closed = Listening()
    closed.server.server_close()
    hooks = [one for hook in (listening.url, failing, closed.url) for one in ("--notify", hook)]
    done = bulk.sandbox("import", csv_file("email\nada@example.com\n"), "--quiet", *hooks)
    assert (done.code, len(listening.got)) == (0, 1)
    assert "it answered 500" in done.err
    assert "it ended with exit code 1: no room" in done.err
    assert "it could not be reached (ConnectError)" in done.err


def test_a_redirect_is_not_followed(bulk: Shell, csv_file, listening: Listening):
    listening.status = 307
    done = bulk.sandbox("import", csv_file("email\nada@example.com\n"), "--notify", f"{listening.url}/here")
    assert listening.paths == ["/here"]
    assert "it answered 307" in done.err


def test_a_job_that_stopped_tells_and_its_resume_tells_again(bulk: Shell, csv_file, listening: Listening):
    stopped = bulk(
        "import", "contacts", csv_file(MANY), "--sandbox", "--rate", "10", "--max-duration", "1s", "--job", "j",
        "--notify", listening.url,
    )  # fmt: skip
    assert stopped.code == 4
    assert (listening.got[0]["outcome"], listening.got[0]["error"]["code"]) == ("unfinished", "time_over")
    assert listening.got[0]["go_on"] == f"bulk resume j --jobs-dir {bulk.jobs}"
    assert bulk("resume", "j", "--rate", "0").code == 0
    assert [data["outcome"] for data in listening.got] == ["unfinished", "done"]
    assert bulk("resume", "j").code == 0
    assert len(listening.got) == 2, "there was nothing to do, so nobody is told"


@pytest.mark.parametrize(
    ("arguments", "outcome"),
    [(("in.csv", "--on-invalid", "stop"), "aborted"), (("none.csv",), None), (("in.csv", "--mode", "nope"), None)],
)
def test_an_aborted_job_tells_and_one_that_never_began_does_not(
    bulk: Shell, csv_file, listening: Listening, arguments: tuple[str, ...], outcome: str | None
):
    csv_file(PEOPLE)
    bulk.sandbox("import", *arguments, "--notify", listening.url)
    assert [data["outcome"] for data in listening.got] == ([] if outcome is None else [outcome])


def test_an_account_that_cannot_be_reached_is_told(bulk: Shell, csv_file, listening: Listening, monkeypatch):
    monkeypatch.setenv("AC_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AC_API_TOKEN", "abcdefgh-4711-secret")
    given = ("--max-duration", "1s", "--notify", listening.url)
    assert bulk("import", "contacts", csv_file("email\na@example.com\n"), *given).code == 4
    (data,) = listening.got
    assert (data["outcome"], data["account"], data["refusals"]["lost"] > 0) == ("unfinished", "127.0.0.1:9", True)
    assert "4711" not in json.dumps(data)


def test_bulk_toml_names_hooks_for_all_jobs(bulk: Shell, csv_file, listening: Listening):
    (bulk.folder / "bulk.toml").write_text(f'[defaults]\nsandbox = true\nrate = 0\nnotify = ["{listening.url}"]\n')
    assert bulk("import", "contacts", csv_file("email\na@example.com\n"), "--job", "j").code == 0
    assert bulk("export", "contacts", "out.csv").code == 0
    assert bulk("undo", "j", "--yes").code == 0
    assert [data["kind"] for data in listening.got] == ["import", "export", "undo"]


def test_a_program_tells_by_its_options_and_a_resume_by_those_of_the_job(tmp_path: Path, listening: Listening):
    async def main() -> None:
        account = Account.sandbox(tmp_path / "sandbox")
        (tmp_path / "in.csv").write_text("email\nada@example.com\n")
        options = ImportOptions(rate=0, notify=(listening.url,))
        result = await import_file("contacts", tmp_path / "in.csv", account, options, jobs=tmp_path / "jobs")
        await resume(result.job, account)

    anyio.run(main)
    assert [data["outcome"] for data in listening.got] == ["done"]


def test_a_command_sees_no_key_of_ours(bulk: Shell, csv_file, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MATON_API_KEY", "abcdefgh-4711-secret")
    monkeypatch.setenv("ACME_TOKEN", "ijklmnop-4712-secret")
    monkeypatch.setenv("HARMLESS", "yes")
    bulk.sandbox("import", csv_file("email\na@example.com\n"), "--notify", NOTING)
    environment = (bulk.folder / "env").read_text()
    assert "HARMLESS" in environment
    assert "secret" not in environment


@pytest.mark.parametrize(
    ("hook", "problem"),
    [
        ("http://hooks.example.com/x", "use https"),
        ("ftp://hooks.example.com/x", "no address"),
        ("https:// /x", "no address"),
        ("https://hooks.example.com/${BULK_NO_SUCH_VARIABLE}", "BULK_NO_SUCH_VARIABLE is not set"),
        ("https://hooks.example.com/${MATON_API_KEY}", "MATON_API_KEY is the key of your account"),
        ("no-such-command-at-all --now", "there is no such command"),
        ("say 'what", "neither an address nor a command"),
        ("", "neither an address nor a command"),
    ],
)
def test_a_hook_that_cannot_be_is_refused_before_anything_is_sent(bulk: Shell, csv_file, hook: str, problem: str):
    done = bulk.sandbox("import", csv_file("email\na@example.com\n"), "--notify", hook)
    assert (done.code, bulk.no_job) == (2, True)
    assert problem in " ".join(done.err.split())
    with pytest.raises(UsageError):
        check_hooks([hook])


KEYS = (
    "https://hooks.example.com/services/T0/B0/abcdEFGH1234ijklMNOP5678",
    "https://ada:secret@hooks.example.com/x",
    "https://hooks.example.com/x?token=abcdEFGH1234ijklMNOP",
    "curl -H abcdEFGH1234ijklMNOP5678",
)


@pytest.mark.parametrize("hook", KEYS)
def test_what_may_be_a_key_is_kept_nowhere_and_shown_nowhere(bulk: Shell, csv_file, hook: str):
    assert kept([hook]) == ()
    assert "abcd" not in shown(hook)
    assert "secret" not in shown(hook)


def test_a_key_of_the_environment_is_kept_by_its_variable(
    bulk: Shell, csv_file, listening: Listening, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOOK_PATH", "abcdEFGH1234ijklMNOP5678")
    bare = f"{listening.url}/abcdEFGH1234ijklMNOP5678"
    named = f"{listening.url}/${{HOOK_PATH}}"
    hooks = ("--notify", bare, "--notify", named)
    done = bulk.sandbox("import", csv_file("email\na@example.com\n"), "--job", "j", *hooks)
    assert listening.paths == ["/abcdEFGH1234ijklMNOP5678"] * 2
    assert "so it is not kept with the job" in done.err
    record = (bulk.job("j") / "job.json").read_text()
    assert json.loads(record)["options"]["notify"] == [named]
    assert "1234" not in record + done.err + done.out


def test_a_command_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    script = "import os,time; open('pid','w').write(str(os.getpid())); time.sleep(600)"

    async def main() -> str:
        return await tell(f"{shlex.quote(sys.executable)} -c {shlex.quote(script)}", {}, {}, runs=3.0)

    assert anyio.run(main) == "it had not ended after 3 s"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.parametrize(
    ("hook", "system", "words"),
    [
        (r'"C:\Program Files\tell\tell.exe" --to "the night shift"', "nt",
         [r"C:\Program Files\tell\tell.exe", "--to", "the night shift"]),
        (r"C:\tools\tell.exe 'not closed", "nt", []),
        ("tell --to 'the night shift'", "nt", ["tell", "--to", "the night shift"]),
        ("tell --to 'the night shift' a\\ b", "posix", ["tell", "--to", "the night shift", "a b"]),
        ("tell 'not closed", "posix", []),
    ],
)  # fmt: skip
def test_a_command_is_taken_apart_as_its_system_writes_it(hook: str, system: str, words: list[str]):
    assert words_of(hook, system) == words
