"""Outputs that go away, are full, closed or cannot encode: no job ends by them, and its exit code tells of the job."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bulk.__main__ import is_job
from bulk.cli import terminal
from bulk.cli.display import show_import
from bulk.cli.terminal import ERRORS, Output
from bulk.engine.retry import explain
from bulk.jobs.summary import Summary
from bulk.library import Result
from bulk.model import Reply
from bulk.storage.job_folders import all_jobs
from tests.cli.conftest import Shell

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="descriptors of a POSIX shell")
Write = Callable[..., Path]
ROWS = "email,firstName\n" + "".join(f"p{n}@example.com,→{n}\n" for n in range(40))
IMPORT = "import contacts in.csv --sandbox --rate 0 --job job"
FULL = Path("/dev/full")


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash, `bulk` in it being ours; gives what came through and the code of `bulk`."""
    script = f'bulk() {{ "{sys.executable}" -m bulk "$@"; }}\n{line}\nexit ${{PIPESTATUS[0]}}\n'
    return subprocess.run(
        ["bash", "-c", script], env=os.environ | environment, capture_output=True, text=True, timeout=120, check=False,
        encoding="utf-8", errors="surrogateescape",
    )  # fmt: skip


def sums(folder: Path) -> tuple[str, int]:
    summary = json.loads((folder / "bulk-jobs" / "job" / "summary.json").read_text())
    return summary["state"], summary["rows"]["succeeded"]


@pytest.mark.some(2)
@pytest.mark.parametrize(
    "outputs",
    ["2>&1 | head -c 1", "2>&-", ">&- 2>&- <&-", pytest.param(">/dev/full 2>/dev/full", marks=pytest.mark.skipif(
        not FULL.exists(), reason="only Linux has a device that is full"
    ))],
    ids=["nobody reads", "no stderr", "nothing open", "both full"],
)  # fmt: skip
def test_an_import_ends_well_whatever_becomes_of_its_outputs(bulk: Shell, csv_file: Write, outputs: str):
    csv_file(ROWS)
    result = shell(f"bulk {IMPORT} {outputs}")
    assert result.returncode == 0
    assert sums(bulk.folder) == ("finished", 40)
    assert "Exception ignored" not in result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii"])
def test_an_output_that_cannot_encode_a_sign_gets_one_that_looks_like_it(tmp_path: Path, encoding: str):
    with (tmp_path / "out").open("wb") as file:
        output = Output(file, encoding, ERRORS)
        output.write("40 rows → out.csv\udcff\n")
        output.flush()
        assert output.failure is None
    assert (tmp_path / "out").read_text(encoding) == "40 rows -> out.csv\\udcff\n"


def test_a_finished_export_says_so_in_any_encoding(bulk: Shell, csv_file: Write):
    csv_file(ROWS)
    bulk.sandbox("import", "in.csv")
    result = shell("bulk export contacts out.csv --sandbox --rate 0", PYTHONIOENCODING="cp1252")
    assert result.returncode == 0
    assert "40 rows -> out.csv" in result.stdout


def test_a_result_for_programs_is_sound_in_any_encoding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    from bulk.cli import display

    with (tmp_path / "out").open("wb") as file:
        output = Output(file, "cp1252", ERRORS)
        monkeypatch.setattr(sys, "stdout", output)
        display.show_json({"name": "Łódź \U0001f600"})
    assert json.loads((tmp_path / "out").read_text("cp1252")) == {"name": "Łódź \U0001f600"}


def test_an_export_whose_reader_has_enough_ends_quietly_and_leaves_no_job(bulk: Shell, csv_file: Write):
    csv_file("email,firstName\n" + "".join(f"p{n}@example.com,{'A' * 200}\n" for n in range(700)))
    bulk.sandbox("import", "in.csv", "--job", "import")
    result = shell("bulk export contacts - --plain --sandbox --rate 0 -q | head -1")
    assert result.returncode == 141, "as a shell says it of any program whose reader has left"
    assert result.stdout.startswith("id,email")
    assert not result.stderr
    assert [job.name for job in all_jobs(bulk.jobs)] == ["import"]


def test_an_export_to_standard_output_is_resumed_by_name_only(bulk: Shell, csv_file: Write):
    if not FULL.exists():
        pytest.skip("only Linux has a device that is full")
    csv_file(ROWS)
    bulk.sandbox("import", "in.csv")
    result = shell("bulk export contacts - --sandbox --rate 0 --job out >/dev/full")
    assert result.returncode == 4
    assert "bulk resume out" in result.stderr.splitlines()[-1]
    assert bulk("resume").code == 2, "nobody meant to have it on the terminal"
    assert shell("bulk resume out -q").stdout.count("@example.com") == 40


@pytest.mark.some(3)
@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("bulk resources | true", 141, ""),
        ("bulk template contacts | true", 141, ""),
        ("bulk export contacts - --sandbox >&-", 2, "Name a file"),
        ("bulk template contacts >&-", 2, "Name a file"),
        ("bulk import contacts - --sandbox <&-", 2, "standard input is empty"),
        pytest.param(
            "bulk resources >/dev/full", 2, "No space left",
            marks=pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is full"),
        ),
    ],
)  # fmt: skip
def test_a_command_that_only_prints_says_where_it_could_not(bulk: Shell, line: str, code: int, said: str):
    result = shell(line)
    assert result.returncode == code
    assert said in result.stderr if said else not result.stderr
    assert "Traceback" not in result.stderr


def test_a_closed_descriptor_never_becomes_that_of_another_file(tmp_path: Path):
    script = (
        "from bulk.cli import terminal; import os, sys; terminal.prepare();"
        "file = open('data', 'w'); assert file.fileno() > 2, file.fileno(); os.write(2, b'x')"
    )
    line = f'cd {tmp_path}; "{sys.executable}" -c "{script}" <&- >&- 2>&-'
    assert shell(line).returncode == 0
    assert (tmp_path / "data").read_text() == ""


def test_after_an_error_nothing_more_is_written(tmp_path: Path):
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb", buffering=0) as raw:
        output = Output(raw, "utf-8", ERRORS)  # type: ignore[arg-type]
        os.close(reading)
        for _ in range(3):
            output.write("line\n")
            output.flush()
        assert isinstance(output.failure, BrokenPipeError)
        assert terminal.last_code(0, of_job=True) == 0


def test_the_end_of_a_job_is_told_whoever_reads_what_it_prints():
    assert is_job(["import", "contacts", "in.csv"])
    assert is_job(["fleet", "run", "nightly.toml"])
    assert not is_job(["fleet", "status"]), "all that it is for is what it prints"
    assert not is_job(["jobs"])
    assert not is_job([])


HOSTILE = ["\x1b]52;c;cm0gLXJm\x07", "\x1b[2J", "\x9b31m", "a\rb", "\u202egpj.exe", "\x00", "\x7f\x08"]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_terminal_would_obey_is_shown_by_its_number(text: str, capsys: pytest.CaptureFixture[str]):
    for err in (False, True):
        terminal.echo(f"The tag {text} is new.", err=err)
    told = "".join(capsys.readouterr())
    assert "\\x" in told or "\\u" in told
    assert not any(sign in told for sign in text if not sign.isprintable())
    assert not terminal.takes(text) or text == "a\rb", "JSON is written in plain letters then"


def test_whoever_writes_to_the_stream_writes_nothing_that_is_obeyed():
    below = io.BytesIO()
    output = terminal.Output(below, "utf-8", terminal.ERRORS)
    output.write("\r 50 % \x1b[A\x07 Zoë\t1\n")
    output.flush()
    assert below.getvalue().decode() == "\r 50 % \\x1b[A\\x07 Zoë\t1\n"


@pytest.mark.parametrize(
    ("begun", "told"), [(0, "25 not reached: "), (3, "25 not finished (3 begun, 22 not reached): ")]
)
def test_rows_that_have_begun_are_not_called_unreached(
    bulk: Shell, capsys: pytest.CaptureFixture[str], begun: int, told: str
):
    rows = dict.fromkeys(("succeeded", "unchanged", "rejected", "failed", "in_doubt", "skipped"), 0)
    summary = Summary("job", "unfinished", {"read": 25, **rows, "unprocessed": 25}, begun=begun)
    show_import(Result(bulk.job("job"), summary), verbose=False)
    assert f"\n  {told}" in capsys.readouterr().out


def test_how_rows_ended_stands_below_one_another(bulk: Shell, capsys: pytest.CaptureFixture[str]):
    bulk.job("job").mkdir(parents=True)
    head = "email,_row,_status,_step,_code,_error,_attempts\r\n"
    (bulk.job("job") / "failed.csv").write_text(f"{head}a@example.com,7,failed,,bad,Why.,1\r\n", newline="")
    rows = {"read": 2_000, "succeeded": 500, "unchanged": 0, "rejected": 12, "failed": 3, "in_doubt": 0}
    summary = Summary("job", "unfinished", rows | {"skipped": 1, "unprocessed": 1_484}, {"created": 500})
    show_import(Result(bulk.job("job"), summary), verbose=False)
    shown = capsys.readouterr().out.splitlines()
    assert shown[:6] == [
        "2,000 rows: 500 created",
        f"      1 skipped: {bulk.job('job') / 'skipped.csv'}",
        f"  1,484 not reached: {bulk.job('job') / 'unprocessed.csv'}",
        "     12 rejected",
        "      3 failed:",
        "    row 7: Why.",
    ]


LINES = ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c"]


@pytest.mark.some(3)
@pytest.mark.parametrize("end", LINES, ids=map(ascii, LINES))
def test_no_name_makes_a_line_of_its_own(bulk: Shell, end: str):
    fake = f"A{end}2 rows: 2 created"
    with (bulk.folder / "in.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["email", "tags", "lists"], ["a@example.com", fake, fake], ["b@example.com", fake, ""]])
    for command in ("validate", "import"):
        result = bulk.sandbox(command, "in.csv")
        said = result.out + result.err
        assert not [line for line in said.splitlines() if line.startswith("2 rows: 2 created")], said


@pytest.mark.parametrize("end", LINES, ids=map(ascii, LINES))
def test_what_a_server_says_makes_no_line_of_its_own(end: str):
    said = f"No{end}2 rows: 2 created"
    for body in ({"message": said}, {"errors": [{"title": said, "detail": said}]}, {"errors": [said]}):
        assert len(explain(Reply(422, body))[1].splitlines()) == 1
