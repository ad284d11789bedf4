"""`--progress json`: every line that a command writes is an event of the published schema, without anybody's data."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from email.message import Message
from importlib import metadata
from pathlib import Path
from typing import Any

import anyio
import pytest
from jsonschema import Draft202012Validator

from bulk.library import Account, ExportOptions, start_export
from bulk.library.event_schema import schema
from bulk.library.events import NAMES, JsonLines, event_json
from bulk.library.progress import Entered, Snapshot, Started
from bulk.messages.help import help_of, meaning_of, page_address
from bulk.messages.page import page, place_of
from bulk.messages.rows import ROWS
from tests.cli.conftest import Shell

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "progress.schema.json").read_text("utf-8"))
JUDGE = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
PEOPLE = "email,firstName,tags\nada@example.com,Ada,Secret-VIP\nno address,Nobody,\nbob@example.org,Bob,Secret-VIP\n"
MANY = "email\n" + "".join(f"p{n}@example.com\n" for n in range(40))
JSON = ("--progress", "json")


def events(text: str) -> list[dict[str, Any]]:
    """The lines of standard error, each held to the schema, and none with anybody's data in it."""
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        JUDGE.validate(line)
    assert not re.search(r"@|Secret|Ada|Nobody|no address", text), text
    return lines


def names(lines: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(line["event"] for line in lines))


def test_the_published_schema_is_the_one_that_is_generated():
    assert schema() == SCHEMA, "python -m bulk.library.event_schema > docs/progress.schema.json"
    Draft202012Validator.check_schema(SCHEMA)
    assert {one["title"] for one in SCHEMA["oneOf"]} == set(NAMES.values())


@pytest.mark.parametrize(
    "line",
    [
        {"v": 2}, {"event": "begun"}, {"time": "2026-11-27 10:00"}, {"cell": "x"}, {"outcome": "fine"},
        {"rows": {"read": -1}}, {"error": "key_missing"},
    ],
    ids=str,
)  # fmt: skip
def test_the_schema_refuses_what_is_no_event(bulk: Shell, csv_file, line: dict[str, Any]):
    ended = events(bulk.sandbox("import", csv_file(PEOPLE), *JSON).err)[-1]
    assert not JUDGE.is_valid({**ended, **line})


def test_an_import_tells_from_its_beginning_to_its_end(bulk: Shell, csv_file):
    done = bulk.sandbox("import", csv_file(PEOPLE), "--job", "one", "--json", *JSON)
    lines = events(done.err)
    assert names(lines) == ["started", "stage", "progress", "checked", "estimate", "ended"]
    assert {(line["job"], line["kind"], line["resource"], line["account"]) for line in lines} == {
        ("one", "import", "contacts", "sandbox")
    }
    checked = next(line for line in lines if line["event"] == "checked")
    assert (checked["rows"], checked["rejected"], checked["problems"]) == (3, 1, {"email_invalid": 1})
    ended, summary = lines[-1], json.loads(done.out)
    assert (done.code, ended["outcome"], ended["exit_code"]) == (1, "rows_failed", 1)
    assert ended["rows"] == summary["rows"]
    assert ended["problems"] == summary["codes"]
    assert ended["requests"] == summary["requests"]


def test_plan_apply_export_undo_and_a_whole_account(bulk: Shell, csv_file):
    file = csv_file("email,firstName\nada@example.com,Ada\n")
    planned = events(bulk.sandbox("plan", file, "--job", "p", *JSON).err)[-1]
    assert (planned["outcome"], planned["go_on"]) == ("planned", f"bulk apply p --jobs-dir {bulk.jobs}")
    applied = events(bulk("apply", "p", "--sandbox", *JSON).err)
    assert (applied[0]["resumed"], applied[-1]["outcome"]) == (True, "done")
    out = events(bulk.sandbox("export", "out.csv", *JSON).err)
    assert [line["phase"] for line in out if line["event"] == "progress"] != []
    assert (out[-1]["kind"], out[-1]["rows"]["succeeded"]) == ("export", 1)
    undone = bulk("undo", "p", "--yes", *JSON)
    assert (undone.code, events(undone.err)[-1]["kind"]) == (0, "undo")
    exported = bulk("export", "all", "folder", "--sandbox", "--rate", "0", *JSON)
    parts = {line["part"]["name"] for line in events(exported.err) if "part" in line}
    assert (exported.code, {"contacts", "deals"} <= parts) == (0, True)


def test_what_is_unfinished_says_what_goes_on_and_the_resume_tells_on(bulk: Shell, csv_file):
    given = ("--sandbox", "--rate", "10", "--max-duration", "1s", "--job", "j", *JSON)
    stopped = bulk("import", "contacts", csv_file(MANY), *given)
    ended = events(stopped.err)[-1]
    assert (stopped.code, ended["outcome"], ended["error"]["code"]) == (4, "unfinished", "time_over")
    assert ended["go_on"] == f"bulk resume j --jobs-dir {bulk.jobs}"
    resumed = events(bulk("resume", "j", "--rate", "0", *JSON).err)
    assert (resumed[0]["resumed"], resumed[-1]["outcome"], resumed[-1]["rows"]["succeeded"]) == (True, "done", 40)


def test_an_interrupted_job_ends_its_lines_too(tmp_path: Path):
    file = tmp_path / "in.csv"
    file.write_text(MANY)
    command = (sys.executable, "-m", "bulk", "import", "contacts", str(file), "--sandbox", "--rate", "5", *JSON)
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")},
    ) as process:  # fmt: skip
        assert process.stderr is not None
        told = ""
        for line in process.stderr:
            told += line
            data = json.loads(line)
            if data["event"] == "progress" and data["phase"] == "sending" and data["done"] >= 2:
                process.send_signal(signal.SIGTERM)
                break
        told += process.stderr.read()
    ended = events(told)[-1]
    assert (process.returncode, ended["event"], ended["outcome"]) == (143, "ended", "interrupted")
    assert ended["go_on"].startswith("bulk resume ")


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (("import", "contacts", "none.csv", "--sandbox"), 2, "input_missing"),
        (("import", "contacts", "in.csv"), 2, "key_missing"),
        (("import", "kontakts", "in.csv", "--sandbox"), 2, "resource_unknown"),
        (("import", "contacts", "in.csv", "--sandbox", "--mode", "delete"), 2, "delete_unanswerable"),
        (("import", "contacts", "in.csv", "--sandbox", "--on-invalid", "stop"), 3, "rows_invalid"),
        (("resume",), 2, "jobs_unfinished_none"),
    ],
    ids=lambda one: one if isinstance(one, str) else None,
)
def test_what_fails_ends_by_its_code_and_says_more_on_standard_output(
    bulk: Shell, csv_file, arguments: tuple[str, ...], code: int, error: str
):
    csv_file(PEOPLE)
    bulk.jobs.mkdir()
    done = bulk(*arguments, *JSON)
    ended = events(done.err)[-1]
    assert (done.code, ended["event"], ended["exit_code"], ended["error"]["code"]) == (code, "ended", code, error)
    assert sum(line["event"] == "ended" for line in events(done.err)) == 1
    assert "bulk: " in done.out or code == 3
    assert ended["error"]["help"] == f"{page_address()}#{error}"
    told = json.loads(bulk(*arguments, *JSON, "--json").out)["error"]
    assert (told["code"], told["help"]) == (error, ended["error"]["help"])


def test_with_json_an_error_has_its_code_and_where_more_is_said_on_standard_output(bulk: Shell):
    done = bulk("undo", "none", "--json")
    told = json.loads(done.out)
    assert (told["exit_code"], told["error"]["code"]) == (2, "job_unknown")
    assert told["error"]["help"].endswith("#job_unknown")
    assert told["error"]["message"] in done.err


@pytest.mark.parametrize("command", ["resume", "retry"])
def test_the_last_line_is_the_end_also_where_there_was_nothing_to_do(bulk: Shell, csv_file, command: str):
    assert bulk.sandbox("import", csv_file("email\nada@example.com\n"), "--job", "j").code == 0
    done = bulk(command, "j", *JSON)
    (ended,) = events(done.err)
    assert (done.code, ended["event"], ended["exit_code"]) == (0, "ended", 0)


@pytest.mark.parametrize("command", ["resume", "retry"])
def test_where_nothing_is_left_to_do_a_quiet_command_says_nothing(bulk: Shell, csv_file, command: str):
    assert bulk.sandbox("import", csv_file("email\nada@example.com\n"), "--job", "j").code == 0
    assert "Nothing" in bulk(command, "j").out
    done = bulk(command, "j", "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_every_code_has_its_place_on_the_page_of_errors_once():
    places = re.findall(r'<a id="([^"]+)"></a>', page())
    assert len(places) == len(set(places)) > 300
    assert {place_of(code) for code in ROWS} <= set(places)
    assert help_of("key_missing").endswith("#key_missing")


@pytest.mark.parametrize("code", ["http_422", "http_503", "http_…", "field_invalid", "contact_email_taken"])
def test_a_code_of_a_family_leads_to_its_family(code: str):
    """A refusal is called by its status, or by a code that is ActiveCampaign's own."""
    assert help_of(code).endswith("#http")
    assert meaning_of(code) == meaning_of("http_…") != ""


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://example.com/bulk/", "https://example.com/bulk/errors.html"),
        ("https://example.com/docs/errors.md", "https://example.com/docs/errors.md"),
        ("", "docs/errors.md"),
    ],
)
def test_the_page_of_errors_is_where_the_site_has_it(monkeypatch: pytest.MonkeyPatch, given: str, expected: str):
    about = Message()
    about["Project-URL"] = f"Documentation, {given}"
    monkeypatch.setattr(metadata, "metadata", lambda _name: about)
    assert page_address() == expected


def test_events_of_a_bulk_toml_that_says_so_are_events(bulk: Shell, csv_file):
    (bulk.folder / "bulk.toml").write_text('[defaults]\nsandbox = true\nrate = 0\nprogress = "json"\n')
    assert names(events(bulk("import", "contacts", csv_file(PEOPLE)).err))[-1] == "ended"


@pytest.mark.parametrize(
    ("way", "drawn", "said"), [("plain", False, True), ("bar", True, True), ("none", False, False)]
)
def test_other_ways_than_auto_are_taken_whatever_standard_error_is(
    bulk: Shell, csv_file, way: str, drawn: bool, said: bool
):
    done = bulk.sandbox("import", csv_file("email\nada@example.com\n"), "--progress", way)
    assert done.code == 0
    assert ("\r" in done.err) == drawn
    assert ("Account: sandbox.example.com" in done.err) == said


def test_the_events_of_a_handle_are_those_of_the_command_line(tmp_path: Path):
    told: list[object] = []

    async def main() -> None:
        account = Account.sandbox(tmp_path / "sandbox")
        options = ExportOptions(rate=0)
        async with start_export("contacts", tmp_path / "out.csv", account, options, jobs=tmp_path / "jobs") as job:
            told.extend([event async for event in job])

    anyio.run(main)
    kinds = {type(event) for event in told}
    assert {Started, Entered} <= kinds
    assert type(told[-1]).__name__ == "Ended"
    assert told[-1].go_on == ""


def test_how_far_it_is_is_told_once_a_second_and_at_each_change_with_its_pace():
    lines: list[str] = []
    now = [1_000.0]
    writer = JsonLines(lines.append, lambda: now[0])
    for tenth in range(40):
        now[0] = 1_000 + tenth / 10
        writer.update(Snapshot("sending" if tenth < 35 else "reading", tenth, 40, requests=tenth))
    told = [json.loads(line) for line in lines]
    assert [line["done"] for line in told] == [0, 10, 20, 30, 35]
    assert [line["rate"] for line in told] == [None, 10.0, 10.0, 10.0, 10.0]
    assert told[-1]["time"] == "1970-01-01T00:16:43.500Z"


def test_an_event_names_no_part_where_there_is_none():
    assert "part" not in event_json(Snapshot("sending"), datetime.now(UTC))
