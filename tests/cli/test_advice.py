"""What is advised about rows that are not done leads on: by what they failed of, with the file that was repaired."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bulk.cli.advice import ways_on
from bulk.library.jobs import job_at
from tests.cli.conftest import Shell

Write = Callable[..., Path]
SENT = {"failed": 2, "in_doubt": 0}
CHECKED = {"failed": 0, "in_doubt": 0}


def said(rows: dict[str, int], *codes: str) -> list[str]:
    return [f"{said} {line}" for said, line in ways_on(rows, dict.fromkeys(codes, 2), "F", lambda o: f"I {o}", "R")]


AGAIN = "Send again what failed: R"
TWICE = (
    "2 rows have the key of an earlier row, which counts: take them out of the file, or they are applied after it."
    " All of them, the last of each key: I --on-duplicate last"
)
BOTH = "2 rows have cells that the account changed too, which were kept. To send the file's: I --on-conflict sheet"
ABSENT = "2 rows name what is not there. Once it is, import them: I "
FIX = "Fix the cells in F and import it: I "


@pytest.mark.parametrize(
    ("rows", "codes", "told"),
    [
        (CHECKED, ("email_invalid",), [FIX]),
        (SENT, ("http_422",), [FIX, "Or send again what failed: R"]),
        (SENT, ("no_answer",), [AGAIN]),
        (SENT, ("http_503", "not_confirmed"), [AGAIN]),
        (SENT, ("opted_out",), []),
        (SENT, ("unconfirmed",), []),
        (SENT, ("excluded",), []),
        (SENT, ("duplicate",), [FIX]),
        (CHECKED, ("duplicate_key",), [TWICE]),
        (SENT, ("conflict",), [BOTH]),
        (SENT, ("not_found",), [ABSENT, AGAIN]),
        ({"failed": 0, "in_doubt": 1}, (), [AGAIN]),
    ],
)  # fmt: skip
def test_each_code_has_its_way_on(rows: dict[str, int], codes: tuple[str, ...], told: list[str]):
    assert said(rows, *codes) == told


def test_no_cell_is_to_be_fixed_for_people_who_left(bulk: Shell, csv_file: Write):
    bulk.sandbox("import", csv_file("email,unsubscribe_lists\na@example.com,Newsletter\n"))
    result = bulk.sandbox("import", csv_file("email,lists\na@example.com,Newsletter\n"))
    assert result.code == 1
    assert "not put on it again" in result.out
    assert "Fix the cells" not in result.out
    assert "bulk import" not in result.out
    assert "bulk retry" not in result.out
    assert "which --resubscribe asks for" in " ".join(result.out.split())


def test_a_retry_is_offered_nowhere_where_it_can_do_nothing(bulk: Shell, csv_file: Write):
    bulk.sandbox("import", csv_file("email,unsubscribe_lists\na@example.com,Newsletter\n"))
    bulk.sandbox("import", csv_file("email,lists\na@example.com,Newsletter\n"), "--job", "left")
    bulk.sandbox("import", csv_file("email,lists\na@example.com,Newsletter\nb@example.com,None\n"), "--job", "rejected")
    bulk.sandbox("import", csv_file("email\nnobody@example.com\n"), "--mode", "update", "--job", "missing")
    assert [job_at(bulk.job(name)).worth_retrying for name in ("left", "rejected", "missing")] == [False, False, True]
    told = {name: bulk("resume", name).err for name in ("left", "missing")}
    assert "bulk retry missing" in told["missing"]
    assert "bulk retry" not in told["left"]
    assert "--resubscribe" in told["left"]
    pages = {}
    for name in ("left", "missing"):
        bulk("report", name, f"{name}.html")
        pages[name] = (bulk.folder / f"{name}.html").read_text("utf-8")
    assert "bulk retry missing" in pages["missing"]
    assert "bulk retry" not in pages["left"]


def test_what_is_advised_of_rows_of_one_key_works(bulk: Shell, csv_file: Write):
    path = csv_file("email,firstName\na@example.com,A\na@example.com,B\na@example.com,C\n")
    result = bulk.sandbox("import", path, "--job", "job")
    assert "Fix the cells" not in result.out
    line = next(line.split() for line in result.out.splitlines() if line.startswith("    bulk import"))
    assert "2 rows have the key of an earlier row" in result.out
    assert bulk(*line[1:], "--rate", "0").code == 0
    assert "a@example.com,C," in bulk.sandbox("export", "-", "--plain", "--columns", "email,firstName,lastName").out
    retried = bulk("retry", "job")
    assert retried.code == 1
    assert "Fix the cells" not in retried.err


def test_the_last_line_names_the_file_with_the_repairs(bulk: Shell, csv_file: Write):
    path = csv_file("email,firstName\nnobody@example.com,N\nnot an address,O\n")
    bulk.sandbox("import", path, "--mode", "update", "--job", "job")
    failed = bulk.job("job") / "failed.csv"
    failed.write_text(failed.read_text("utf-8-sig").replace("not an address", "fixed@example.com"))
    result = bulk("retry", "job")
    commands = [line.strip() for line in result.out.splitlines() if line.startswith("    bulk import")]
    assert commands
    assert all("failed.edited.csv" in command for command in commands)
    assert "failed.csv" not in "".join(commands)
