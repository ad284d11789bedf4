"""What a user sees of an import, an export and what follows, from the command line to the files."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from bulk.access.account import Account
from tests.cli.conftest import SAMPLE, Shell
from tests.world import account, check_reports, report

CsvFile = Callable[..., Path]
HEADER = "email,firstName,tags,lists"
MIXED = """email,firstName,tags,lists
a@example.com,Ann,"VIP,New",Newsletter
not-an-address,Bob,VIP,
c@example.com,Cy,VIP,Nowsletter
a@EXAMPLE.com,Ann again,,
e@example.com,Eve
f@example.com,Fay,VIP,Customers
"""


def header_of(path: Path) -> str:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return ",".join(next(csv.reader(file)))


# ---- import


def test_import_of_the_sample(bulk: Shell):
    result = bulk.sandbox("import", SAMPLE, "--job", "one")
    assert result.code == 0
    assert result.out.startswith("10 rows: 10 created\n")
    assert "7 tags are new" in result.err
    assert result.err.index("Account: sandbox.example.com") < result.err.index("10 rows"), "before anything is sent"
    assert "3 accounts are new" in result.err
    assert sorted(path.name for path in bulk.job("one").iterdir() if not path.name.startswith("checkpoint")) == [
        "failed.csv", "job.json", "lock", "succeeded.csv", "summary.json",
    ]  # fmt: skip
    lines = check_reports(bulk.job("one"), header_of(SAMPLE))
    assert [line["_action"] for line in lines.values()] == ["created"] * 10
    assert [line["_id"] for line in lines.values()] == [str(n) for n in range(1, 11)]
    assert lines[2]["email"] == "ada@example.com"
    record = json.loads((bulk.job("one") / "job.json").read_text())
    assert record["input"]["size"] == SAMPLE.stat().st_size
    assert record["account"] == "sandbox.example.com"


def test_import_again_changes_nothing(bulk: Shell):
    bulk.sandbox("import", SAMPLE)
    result = bulk.sandbox("import", SAMPLE, "--json", "--job", "two")
    assert result.code == 0
    told = json.loads(result.out)
    assert told == bulk.summary("two")
    assert told["rows"]["unchanged"] == 10
    assert told["requests"] <= 6


def test_every_row_stands_where_it_belongs_and_failed_rows_are_fed_back(bulk: Shell, csv_file: CsvFile):
    result = bulk.sandbox("import", csv_file(MIXED), "--job", "mixed")
    assert result.code == 1
    lines = check_reports(bulk.job("mixed"), HEADER)
    assert {n: line["_file"] for n, line in lines.items()} == {
        2: "succeeded.csv", 3: "failed.csv", 4: "failed.csv", 5: "failed.csv", 6: "failed.csv", 7: "succeeded.csv",
    }  # fmt: skip
    codes = {n: line["_code"] for n, line in lines.items() if "_code" in line}
    assert codes[5] == "duplicate_key"
    assert codes[6] == "too_few_cells"
    assert "Nowsletter" in lines[4]["_error"]
    assert "Newsletter" in lines[4]["_error"]
    assert lines[3]["email"] == "not-an-address", "as it was read"
    assert {line["_status"] for line in lines.values() if "_status" in line} == {"rejected"}
    assert "row 4" in result.out
    assert f"bulk import contacts {bulk.job('mixed') / 'failed.csv'}" in result.out

    failed = bulk.job("mixed") / "failed.csv"
    text = failed.read_text(encoding="utf-8-sig")
    for wrong, right in (
        ("not-an-address", "bob@example.com"), ("Nowsletter", "Newsletter"), ("a@EXAMPLE.com", "d@example.com"),
    ):  # fmt: skip
        text = text.replace(f'"{wrong}"', f'"{right}"')
    failed.write_text(text, encoding="utf-8-sig")
    result = bulk.sandbox("import", failed, "--job", "fixed")
    assert result.code == 0
    assert bulk.summary("fixed")["rows"]["succeeded"] == 4
    current = account(bulk.folder / "sandbox" / "sandbox.sqlite")["contacts"]
    assert sorted(current) == [f"{name}@example.com" for name in ("a", "bob", "c", "d", "e", "f")]


def test_a_row_that_is_too_long_keeps_its_cells_in_failed(bulk: Shell, csv_file: CsvFile):
    bulk.sandbox("import", csv_file("email,firstName\na@example.com,A,B,C\n"), "--job", "long")
    lines = (bulk.job("long") / "failed.csv").read_text("utf-8-sig").splitlines()
    header, line = csv.reader(lines)
    assert line[header.index("_code")] == "too_many_cells"
    assert dict(enumerate(header))[len(line) - 2] == header[-1] == ""
    assert line[-2:] == ["B", "C"]


def test_duplicates_set_aside_stand_in_skipped(bulk: Shell, csv_file: CsvFile):
    result = bulk.sandbox("import", csv_file(MIXED), "--on-duplicate", "last", "--job", "last")
    assert result.code == 1
    lines = check_reports(bulk.job("last"), HEADER)
    assert lines[2]["_file"] == "skipped.csv"
    assert "row 5" in lines[2]["_reason"]


def test_all_duplicates_are_applied_in_file_order(bulk: Shell, csv_file: CsvFile):
    rows = "".join(f"a@example.com,Name {n}\n" for n in range(9))
    assert bulk.sandbox("import", csv_file(f"email,firstName\n{rows}"), "--on-duplicate", "all").code == 0
    assert account(bulk.folder / "sandbox" / "sandbox.sqlite")["contacts"]["a@example.com"]["firstName"] == "Name 8"


@pytest.mark.parametrize("rows", ["a@example.com,A\nnot-an-address,B\n", "not-an-address,B\n"])
def test_on_invalid_stop_sends_nothing(bulk: Shell, csv_file: CsvFile, rows: str):
    result = bulk.sandbox("import", csv_file(f"email,firstName\n{rows}"), "--on-invalid", "stop", "--job", "stop")
    assert result.code == 3
    assert "--on-invalid stop" in result.err
    assert "resume" not in result.err
    assert not account(bulk.folder / "sandbox" / "sandbox.sqlite")["contacts"]
    check_reports(bulk.job("stop"), "email,firstName")
    assert bulk("resume").code == 2
    assert "Correct the file" in bulk("resume", "stop").err


def test_a_contradictory_row_is_found_before_anything_is_sent(bulk: Shell, csv_file: CsvFile):
    path = csv_file("email,lists,unsubscribe_lists\na@example.com,Newsletter,\nb@example.com,Customers,customers\n")
    assert bulk("validate", "contacts", path, "--sandbox").code == 1
    assert bulk.sandbox("import", path, "--on-invalid", "stop").code == 3
    assert not account(bulk.folder / "sandbox" / "sandbox.sqlite")["contacts"]


def test_max_errors_gives_up_and_resume_goes_on(bulk: Shell, csv_file: CsvFile):
    rows = "".join(f"p{n}@example.com,P\n" for n in range(40))
    path = csv_file(f"email,firstName\n{rows}")
    result = bulk.sandbox("import", path, "--mode", "update", "--max-errors", "3", "--job", "m", "--concurrency", "1")
    assert result.code == 3
    assert result.err.splitlines()[-1].strip() == f"bulk resume m --jobs-dir {bulk.jobs}"
    assert bulk.summary("m")["rows"]["failed"] == 3
    assert bulk.summary("m")["rows"]["unprocessed"] == 37
    assert bulk("retry", "m").code == 2
    assert bulk("resume", "m", "--max-errors", "1000").code == 1
    check_reports(bulk.job("m"), "email,firstName")


def test_quiet_says_nothing(bulk: Shell):
    result = bulk.sandbox("import", SAMPLE, "-q")
    assert (result.code, result.out, result.err) == (0, "", "")


def test_standard_input(bulk: Shell, monkeypatch: pytest.MonkeyPatch):
    with SAMPLE.open() as file:
        monkeypatch.setattr("sys.stdin", file)
        assert bulk.sandbox("import", "-", "--job", "in", "--max-errors", "1", "--mode", "update").code == 3
    assert (bulk.job("in") / "input.csv").read_bytes() == SAMPLE.read_bytes()
    gone_on = bulk("resume", "in", "--max-errors", "99")
    assert gone_on.code == 1
    assert "changed" not in gone_on.err


# ---- resume, retry, jobs


def test_resume_refuses_what_it_cannot_go_on_with(bulk: Shell, csv_file: CsvFile):
    path = csv_file("email,firstName\n" + "".join(f"p{n}@example.com,P\n" for n in range(9)))
    assert bulk("resume").code == 2
    assert bulk.sandbox("import", path, "--max-duration", "0s", "--job", "cut").code == 4
    assert bulk.no_job, "nothing had begun"
    update = ("--mode", "update", "--max-errors", "1", "--concurrency", "1")
    assert bulk.sandbox("import", path, *update, "--job", "cut").code == 3
    content = path.read_text()
    (bulk.job("cut") / "input.csv").unlink()  # as older versions left it
    path.write_text(content + "new@example.com,N\n")
    refused = bulk("resume", "cut")
    assert refused.code == 2
    assert "has changed since the job began" in refused.err
    path.unlink()
    assert bulk("resume", "cut").code == 2
    path.write_text(content)
    assert bulk("resume", "cut", "--max-errors", "99").code == 1
    refused = bulk("resume", "cut")
    assert refused.code == 2
    assert "is finished" in refused.err
    assert bulk("resume", "cot").code == 2
    assert "Nearest: cut" in bulk("resume", "cot").err


@pytest.mark.parametrize("harm", ["missing", "empty", "garbage", "other version"])
def test_a_lost_checkpoint_is_never_taken_for_a_first_run(bulk: Shell, csv_file: CsvFile, harm: str):
    path = csv_file("email,firstName\na@example.com,A\nb@example.com,B\n")
    bulk.sandbox("import", path, "--mode", "update", "--max-errors", "1", "--concurrency", "1", "--job", "cut")
    checkpoint = bulk.job("cut") / "checkpoint.sqlite"
    contents = {"empty": b"", "garbage": b"garbage" * 2000}
    if harm == "missing":
        checkpoint.unlink()
    elif harm == "other version":
        database = sqlite3.connect(checkpoint)
        database.execute("PRAGMA user_version = 99")
        database.close()
    else:
        checkpoint.write_bytes(contents[harm])
    result = bulk("resume", "cut")
    assert result.code == 2
    assert str(checkpoint) in result.err
    if harm in contents:
        assert checkpoint.read_bytes() == contents[harm], "left as it is"


def test_one_job_is_held_by_one_run(bulk: Shell, csv_file: CsvFile):
    path = csv_file("email,firstName\na@example.com,A\nb@example.com,B\n")
    options = ("--mode", "update", "--max-errors", "1", "--concurrency", "1")
    bulk.sandbox("import", path, *options, "--job", "cut")
    with FileLock(bulk.job("cut") / "lock"):
        result = bulk("resume", "cut")
        assert result.code == 4
        assert "Another run has the job" in result.err
        assert "running" in bulk("jobs").out
    (bulk.job("cut") / "lock").write_text("4194304")  # left behind by a process that is gone
    assert bulk("resume", "cut", "--max-errors", "9").code == 1


def test_two_jobs_never_make_records_of_one_resource_at_once(bulk: Shell, csv_file: CsvFile):
    path = csv_file("name\nFirst firm\n", "accounts.csv")
    with FileLock(Account(sandbox_folder=bulk.folder / "sandbox").lock("sandbox.example.com", "accounts")):
        result = bulk("import", "accounts", path, "--job", "second", "--sandbox", "--rate", "0")
        assert result.code == 4
        assert "Another job makes accounts" in result.err
        assert not bulk.job("second").exists()
        assert bulk.sandbox("import", csv_file("email\nb@example.com\n")).code == 0, "contacts are known by addresses"
    assert bulk("import", "accounts", path, "--job", "second", "--sandbox", "--rate", "0").code == 0


def test_jobs(bulk: Shell, csv_file: CsvFile):
    assert "No jobs" in bulk("jobs").out
    bulk.sandbox("import", SAMPLE, "--job", "first")
    bulk.sandbox("export", "out.csv", "--job", "second")
    path = csv_file("email,firstName\na@example.com,A\nb@example.com,B\n")
    bulk.sandbox("import", path, "--mode", "update", "--max-errors", "1", "--concurrency", "1", "--job", "third")
    (bulk.jobs / "stray").mkdir()
    (bulk.jobs / "stray" / "job.json").write_text("{")
    lines = bulk("jobs").out.splitlines()
    assert [line.split()[0] for line in lines] == ["JOB", "first", "second", "third"]
    assert lines[0].split() == ["JOB", "COMMAND", "RESOURCE", "DATE", "STATE", "ROWS", "FILE", "ACCOUNT"]
    at = [lines[0].index(head) for head in lines[0].split()]
    cells = [line[start:end].strip() for line in lines[1:] for start, end in zip(at, [*at[1:], None], strict=True)]
    day = r"\d{4}-\d\d-\d\d \d\d:\d\d"
    assert cells[:3] == ["first", "import", "contacts"]
    assert re.fullmatch(day, cells[3])
    assert cells[4:8] == ["finished", "10 rows: 10 succeeded", "contacts.csv", "sandbox.example.com"]
    assert cells[14] == "out.csv"
    told = bulk("jobs", "third").out
    assert f"bulk resume third --jobs-dir {bulk.jobs}" in told
    assert [job["state"] for job in json.loads(bulk("jobs", "--json").out)] == ["finished", "finished", "unfinished"]
    assert bulk("jobs", "none").code == 2
    assert bulk("resume", "--max-errors", "9").code == 1, "the newest unfinished"
    assert bulk("retry", "second").code == 2
    assert bulk.sandbox("import", SAMPLE, "--job", "first").code == 2
    assert bulk.sandbox("import", SAMPLE, "--job", "../x").code == 2


# ---- validate, template, resources


def test_validate(bulk: Shell, csv_file: CsvFile):
    path = csv_file(MIXED)
    online = bulk("validate", "contacts", path, "--sandbox")
    assert online.code == 1
    assert "6 rows, 2 can be sent, 4 rejected." in online.out
    assert "Account: sandbox.example.com" in online.err
    offline = bulk("validate", "contacts", path)
    assert offline.code == 1
    assert "Not checked, for want of a key" in offline.out
    assert "6 rows, 3 can be sent, 3 rejected." in offline.out, "lists are not known"
    assert bulk("validate", "contacts", path, "--sandbox", "--on-invalid", "stop").code == 3
    assert bulk("validate", "contacts", SAMPLE, "--sandbox", "--mode", "update", "--blank", "clear").code == 0
    told = json.loads(bulk("validate", "contacts", path, "--sandbox", "--json").out)
    assert told["rows"]["rejected"] == 4
    assert {issue["row"] for issue in told["issues"]} == {3, 4, 5, 6}
    assert bulk.no_job
    assert not account(bulk.folder / "sandbox" / "sandbox.sqlite")["contacts"]


def test_template(bulk: Shell):
    assert bulk("template", "contacts", "new.csv").code == 0
    assert bulk("template", "contacts", "new.csv").code == 2, "nothing is overwritten"
    assert bulk("validate", "contacts", "new.csv", "--sandbox").code == 0
    assert bulk.sandbox("import", "new.csv").code == 0


def test_resources(bulk: Shell):
    assert "\ncontacts " in bulk("resources").out
    told = bulk("resources", "Contacts").out
    assert "unsubscribe_lists" in told
    assert "required" in told


# ---- export


def test_export_and_import_are_inverse(bulk: Shell, monkeypatch: pytest.MonkeyPatch):
    bulk.sandbox("import", SAMPLE)
    assert bulk.sandbox("export", "out.csv").code == 0
    before = Path("out.csv").read_bytes()
    assert before.startswith(b'\xef\xbb\xbf"id","email"')
    assert before.endswith(b"\r\n")
    told = json.loads(bulk.sandbox("import", "out.csv", "--json").out)
    assert told["rows"]["unchanged"] == told["rows"]["read"] == 10
    assert told["requests"] <= 6, "questions only"
    assert bulk.sandbox("export", "again.csv").code == 0
    assert Path("again.csv").read_bytes() == before

    monkeypatch.setenv("BULK_SANDBOX_DIR", "elsewhere")
    assert bulk.sandbox("import", "out.csv").code == 0
    assert bulk.sandbox("export", "there.csv").code == 0

    def rows(name: str) -> list[dict[str, str]]:
        hits = report(Path(), name)
        return sorted(
            ({k: v for k, v in row.items() if k not in ("id", "cdate", "udate")} for row in hits),
            key=lambda row: row["email"],
        )

    assert rows("there.csv") == rows("out.csv")


def test_export_to_stdout_and_plain(bulk: Shell, monkeypatch: pytest.MonkeyPatch):
    bulk.sandbox("import", SAMPLE, "-q")
    bulk.sandbox("export", "plain.csv", "--plain")
    plain = Path("plain.csv").read_bytes()
    assert plain.startswith(b"id,email,firstName")
    assert plain.count(b"\r\n") == 11
    caught = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr("sys.stdout", caught)
    result = bulk.sandbox("export", "-", "--plain", "--json")
    assert result.code == 0
    assert caught.buffer.getvalue() == plain, "and nothing else"


def test_guarded_formulas_are_undone_by_import(bulk: Shell, csv_file: CsvFile):
    evil = ["=1+1", "+44 20", "-5", "@home", "'=quoted", "'plain", "\tTab"]
    rows = "".join(f'p{n}@example.com,"{text}"\n' for n, text in enumerate(evil))
    bulk.sandbox("import", csv_file(f"email,firstName\n{rows}"))
    bulk.sandbox("export", "plain.csv")
    assert bulk.sandbox("export", "guarded.csv", "--guard-formulas").code == 0
    guarded = report(Path(), "guarded.csv")
    assert guarded[0]["firstName"] == "'=1+1"
    assert guarded[0]["_guarded"] == "firstName"
    told = json.loads(bulk.sandbox("import", "guarded.csv", "--json").out)
    assert told["rows"]["unchanged"] == len(evil)
    bulk.sandbox("export", "again.csv")
    assert Path("again.csv").read_bytes() == Path("plain.csv").read_bytes()


def test_export_refuses_a_target_that_is_none(bulk: Shell):
    assert bulk.sandbox("export", "nowhere/out.csv").code == 2
    assert bulk.sandbox("export", bulk.folder).code == 2
    assert bulk.no_job


def test_an_empty_account_exports_a_header(bulk: Shell):
    result = bulk.sandbox("export", "out.csv")
    assert result.code == 0
    assert len(Path("out.csv").read_text(encoding="utf-8-sig").splitlines()) == 1


# ---- whose eyes see what


def test_the_job_is_the_owners_alone_whatever_the_umask(bulk: Shell, csv_file: CsvFile):
    old = os.umask(0)
    try:
        bulk.sandbox("import", csv_file(MIXED), "--on-duplicate", "first", "--job", "open")
        bulk.sandbox(
            "import",
            csv_file("email\na@example.com\nb@example.com\nz@example.com\n", "u.csv"),
            "--mode",
            "update",
            "--max-errors",
            "1",
            "--concurrency",
            "1",
            "--job",
            "cut",
        )
        bulk.sandbox("export", "out.csv", "--job", "export")
    finally:
        os.umask(old)
    assert Path("out.csv").stat().st_mode & 0o777 == 0o600
    for name in ("open", "cut", "export"):
        assert bulk.job(name).stat().st_mode & 0o777 == 0o700
        for path in bulk.job(name).iterdir():
            assert path.stat().st_mode & 0o777 == 0o600, path
    for path in (bulk.folder / "sandbox").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600, path


def test_a_template_of_the_account_has_its_custom_fields_and_lists_their_options(bulk: Shell):
    told = bulk("template", "contacts", "--sandbox")
    assert '"Company Size"' in told.out
    assert "  Company Size: 1-10, 11-50, 51-200, 200+" in told.err
    assert all(len(line) < 80 for line in told.err.splitlines())
    Path("own.csv").write_text(told.out)
    assert bulk("validate", "contacts", "own.csv", "--sandbox").code == 0


class Terminal(io.StringIO):
    """Standard input with a person before it."""

    def isatty(self) -> bool:
        return True


def test_a_job_that_was_killed_while_it_asked_asks_again(
    bulk: Shell, csv_file: CsvFile, monkeypatch: pytest.MonkeyPatch
):
    path = csv_file("email\na@example.com\n")
    bulk.sandbox("import", path)
    monkeypatch.setattr("sys.stdin", Terminal())
    with monkeypatch.context() as patch:
        patch.setattr(
            "bulk.cli.questions.answered", lambda *_args, **_more: os.kill(os.getpid(), signal.SIGINT) or time.sleep(1)
        )
        assert bulk.sandbox("import", path, "--mode", "delete", "--job", "gone").code == 130
    monkeypatch.setattr("sys.stdin", io.StringIO())
    refused = bulk("resume", "gone")
    assert (refused.code, "Pass --yes" in refused.err) == (2, True)
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    declined = bulk("resume", "gone")
    assert declined.code == 3
    assert declined.err.endswith("bulk: Nothing was deleted, as you chose.\n")
    assert not bulk.job("gone").exists()
    assert "a@example.com" in bulk.sandbox("export", "-").out


def test_who_said_yes_is_not_asked_on_resume(bulk: Shell, csv_file: CsvFile, monkeypatch: pytest.MonkeyPatch):
    path = csv_file("email\na@example.com\n")
    bulk.sandbox("import", path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with monkeypatch.context() as patch:
        patch.setattr("bulk.jobs.sending.Rows", None)  # the job comes to a bad end before its first row
        bulk.sandbox("import", path, "--mode", "delete", "--yes", "--job", "gone")
    result = bulk("resume", "gone")
    assert (result.code, "a@example.com" in bulk.sandbox("export", "-").out) == (0, False), result.err


def test_a_validation_tells_its_rows_in_their_order(bulk: Shell, csv_file: CsvFile):
    rows = ("a@example.com,", "b@example.com,4.47E+11", "a@example.com,", "no address,", "c@example.com,4.47E+11")
    file = csv_file("\n".join(("email,phone", *rows)))
    out = bulk("validate", "contacts", file, "--sandbox").out
    assert re.findall(r"^row (\d+)", out, re.MULTILINE) == ["3", "4", "5", "6"]
    told = json.loads(bulk("validate", "contacts", file, "--sandbox", "--json").out)
    assert [issue["row"] for issue in told["issues"]] == [3, 4, 5, 6]


def test_of_many_failed_rows_the_first_are_shown_and_all_are_counted_by_reason(bulk: Shell, csv_file: CsvFile):
    rows = [f"nobody {n}," for n in range(7)] + ["a@example.com,Nolist"] * 2
    out = bulk.sandbox("import", csv_file("\n".join(("email,lists", *rows)))).out
    assert re.findall(r"^    row (\d+)", out, re.MULTILINE) == ["2", "3", "4", "5", "6"]
    assert "    … in all: 7 email_invalid, 2 unknown_name (-v shows each)\n" in out, out
    every = bulk.sandbox("import", csv_file("\n".join(("email,lists", *rows))), "-v").out
    assert len(re.findall(r"^    row (\d+)", every, re.MULTILINE)) == 9


def test_an_undo_names_what_stays_since_others_use_it(bulk: Shell):
    for name, email in (("one", "ada"), ("two", "grace")):
        (bulk.folder / f"{name}.csv").write_text(f"email,tags\n{email}@example.com,Brand New\n")
        assert bulk.sandbox("import", bulk.folder / f"{name}.csv", "--job", name).code == 0
    result = bulk("undo", "one", "--yes")
    assert result.code == 0, result.err
    assert "Kept, since others use it: Brand New (tags)" in result.out
