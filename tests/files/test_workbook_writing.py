"""Workbooks that are written: every cell a text that comes back as it was, all of it or nothing."""

from __future__ import annotations

import io
import os
import shutil
import stat
import subprocess
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk.errors import UsageError
from bulk.files.opening import open_sink, open_source
from bulk.files.xlsx.template import template_workbook
from tests.scale import tries

HARD = [
    "+447912345678", "007", "12345678901234567890", "1/2", "March 5", "=1+1", "'quoted", "TRUE", "1E5", " x ", "15%",
    "#N/A", "_x000D_", "a\r\nb", "a\nb", "\ufeff", "https://example.com/a", "{=1}", "@a", "-1", "😀", "\x01", "0,5",
    '"', "<&>", "mailto:a@example.com", "sep=;",
]  # fmt: skip
TEXTS = st.text(max_size=8).filter(lambda text: "\0" not in text)
SOFFICE = shutil.which("soffice")


def written(path: Path, header: list[str], rows: list[list[str]]) -> Path:
    with open_sink(path, header) as sink:
        for row in rows:
            sink.write(row)
    return path


def test_what_is_written_is_read_back(tmp_path: Path):
    path = written(tmp_path / "a.xlsx", ["a", "b"], [[text, "x"] for text in HARD])
    assert [record.cells[0] for record in open_source(path).records()] == HARD


@settings(max_examples=tries(15, 50), deadline=None)
@given(rows=st.lists(st.tuples(TEXTS, TEXTS).map(list), max_size=5))
def test_any_text_is_read_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("a") / "a.xlsx"
    written(path, ["a", "b"], rows)
    assert [record.cells for record in open_source(path).records()] == [row for row in rows if any(row)]


def test_every_cell_is_a_text_and_the_header_stays_in_sight(tmp_path: Path):
    sheet = openpyxl.load_workbook(written(tmp_path / "people.xlsx", ["a"], [[text] for text in HARD])).active
    assert sheet.title == "people"
    assert sheet.freeze_panes == "A2"
    assert {(cell.data_type, cell.number_format) for (cell,) in sheet.rows} == {("s", "@")}
    assert sheet.column_dimensions["A"].number_format == "@"


def test_what_a_cell_does_not_take_is_told_and_nothing_is_left(tmp_path: Path):
    for text in ("x" * 32_768, "😀" * 16_384):
        with pytest.raises(UsageError, match=r"row 3: what belongs into 'b' is longer than the 32,767 characters"):
            written(tmp_path / "a.xlsx", ["a", "b"], [["", "x" * 32_767], ["", text]])
    assert list(tmp_path.iterdir()) == []


def test_an_error_meanwhile_leaves_what_was_there(tmp_path: Path):
    path = written(tmp_path / "a.xlsx", ["a"], [["old"]])
    path.chmod(0o640)
    with pytest.raises(TypeError), open_sink(path, ["a"]) as sink:
        sink.write(["new", 5])
    assert [record.cells for record in open_source(path).records()] == [["old"]]
    written(path, ["a"], [["new"]])
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_to(tmp_path: Path):
    with pytest.raises(UsageError, match="cannot be written"):
        written(tmp_path / "none" / "a.xlsx", ["a"], [])
    os.mkfifo(tmp_path / "b.xlsx")
    with pytest.raises(UsageError, match="no regular file"):
        written(tmp_path / "b.xlsx", ["a"], [])
    with pytest.raises(UsageError, match=r"16,384 columns at most, and these are 16,385"):
        written(tmp_path / "a.xlsx", ["a"] * 16_385, [])


@pytest.mark.parametrize("name", ["[a]:b", "'", "History", "a" * 40, "?"])
def test_a_sheet_has_a_name_that_it_may_have(tmp_path: Path, name):
    path = written(tmp_path / f"{name}.xlsx", ["a"], [["b"]])
    assert len(list(open_source(path).records())) == 1


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_a_spreadsheet_program_that_saves_it_changes_nothing(tmp_path: Path):
    texts = [text for text in HARD if "\r" not in text and "\x01" not in text]
    written(tmp_path / "a.xlsx", ["a", "b"], [[text, "x"] for text in texts])
    saved_again(tmp_path / "a.xlsx", tmp_path / "saved")
    again = [record.cells[0] for record in open_source(tmp_path / "saved" / "a.xlsx").records()]
    assert again == texts


def saved_again(path: Path, folder: Path) -> None:
    """Open a workbook in LibreOffice and save it to another folder."""
    profile = f"-env:UserInstallation=file://{folder.parent}/profile"
    line = [SOFFICE or "", profile, "--headless", "--convert-to", "xlsx", "--outdir", str(folder), str(path)]
    subprocess.run(line, check=True, capture_output=True, timeout=300)


@pytest.mark.parametrize("choices", [["a, b", "c"], ["x" * 40] * 9, ["=1+1"], [" a"]])
def test_choices_that_a_rule_cannot_hold_stand_on_a_sheet_that_nobody_sees(choices):
    made = template_workbook("people", [["a", "b"], ["x", "y"]], {1: choices, 0: ["one", "two"]})
    book = openpyxl.load_workbook(io.BytesIO(made))
    rules = {str(rule.sqref): rule.formula1 for rule in book["people"].data_validations.dataValidation}
    assert rules == {"A2:A1048576": '"one,two"', "B2:B1048576": f"choices!$B$1:$B${len(choices)}"}
    assert book["choices"].sheet_state == "hidden"
    assert [cell.value for cell in book["choices"]["B"]] == choices
