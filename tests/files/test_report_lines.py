"""What jobs have written, read again by every front: long cells, and reports that somebody changed."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bulk.errors import UsageError
from bulk.files.report_lines import has_lines, number_in, report_lines
from bulk.jobs.failed_rows import failed_rows
from bulk.library.plans import Plan
from tests.cli.conftest import Shell, bulk, csv_file  # noqa: F401 - fixtures

HEAD = "email,_row,_status,_step,_code,_error,_attempts"
LONG = 200_000  # letters of a cell: above what the csv module takes by itself


def failed(folder: Path, text: str, encoding: str = "utf-8-sig") -> Path:
    path = folder / "failed.csv"
    path.write_text(text, encoding=encoding, newline="")
    return path


def test_a_cell_may_be_as_long_as_in_a_file_whatever_was_imported_before(tmp_path: Path):
    failed(tmp_path, f"{HEAD}\r\n{'x' * LONG},2,rejected,,bad,no,0\r\n")
    program = (
        "import sys, pathlib; from bulk.jobs.failed_rows import failed_rows;"
        "print([len(row.cells['email']) for row in failed_rows(pathlib.Path(sys.argv[1]))])"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)
    assert (ended.stdout.strip(), ended.stderr) == (f"[{LONG}]", "")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("email;_row;_status\r\na;2;failed\r\n", "it has no column _row"),
        ("", "it has no column _row"),
        (f"{HEAD}\r\na@example.com,2\r\n", "a line of it is cut off"),
        (f"{HEAD}\r\na@example.com,two,failed,,x,y,0\r\n", "'two' is no number"),
        (f'{HEAD}\r\n"a"b,2,failed,,x,y,0\r\n', "expected after"),
    ],
)
def test_a_report_that_was_changed_is_told_and_not_read(tmp_path: Path, text: str, why: str):
    path = failed(tmp_path, text)
    with pytest.raises(UsageError) as refused:
        list(failed_rows(tmp_path))
    assert str(path) in str(refused.value)
    assert why in str(refused.value)


def test_one_in_another_encoding_or_that_is_a_folder_is_told_too(tmp_path: Path):
    failed(tmp_path, f"{HEAD}\r\nM\u00fcller,2,failed,,x,y,0\r\n", "cp1252")
    with pytest.raises(UsageError, match="not in UTF-8"):
        list(failed_rows(tmp_path))
    with pytest.raises(UsageError):
        list(report_lines(tmp_path, ("_row",)))
    with pytest.raises(UsageError):
        number_in(tmp_path, "\u0661")


def test_cells_without_a_title_are_left_out_and_empty_lines_too(tmp_path: Path):
    path = failed(tmp_path, f"{HEAD},\r\na@example.com,2,failed,,x,y,0,more\r\n\r\n")
    assert has_lines(path)
    (line,) = report_lines(path, ("_row",))
    assert dict(line) == dict(zip(HEAD.split(","), ["a@example.com", "2", "failed", "", "x", "y", "0"], strict=True))


def test_one_that_has_only_its_titles_has_no_lines(tmp_path: Path):
    assert not has_lines(failed(tmp_path, f'{HEAD},"two\r\nlines"\r\n'))
    assert not has_lines(failed(tmp_path, ""))


def test_every_front_tells_of_it(bulk: Shell, csv_file: Callable[..., Path]):  # noqa: F811 - fixtures
    path = csv_file("email,firstName\nno address,Ada\nben@example.com,Ben\n")
    assert bulk.sandbox("plan", path, "--job", "p").code == 0
    assert bulk.sandbox("import", path, "--job", "j").code == 1
    report, plan = bulk.job("j") / "failed.csv", bulk.job("p") / "plan.csv"
    report.write_text(report.read_text("utf-8-sig").replace(",", ";"), "utf-8")
    plan.write_text(plan.read_text("utf-8-sig").replace(",", ";"), "utf-8")
    told = bulk("report", "j")
    assert (told.code, "is not as bulk has written it" in told.err) == (2, True)
    with pytest.raises(UsageError):
        list(Plan(bulk.job("p"), {}, {}, {}, {}, 0, 0.0, ()).lines())


def test_the_limit_of_cells_is_the_one_of_files():
    from bulk.files.csv.dialect import CELL_LIMIT

    assert csv.field_size_limit() == CELL_LIMIT
