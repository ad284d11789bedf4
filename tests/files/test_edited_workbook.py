"""Corrections to a workbook: a cell that nobody can read is never taken for a text."""

from __future__ import annotations

from pathlib import Path

import xlsxwriter

from bulk.files.edited import ENCODING, Edited, Edits, for_another_reader, write_corrected
from bulk.files.opening import SourceOptions, open_source


def workbook(tmp_path: Path) -> Path:
    path = tmp_path / "people.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("People")
        sheet.write_row(0, 0, ["Email", "Id"])
        sheet.write_row(1, 0, ["ada@example.com", "1"])
        sheet.write_string(3, 0, "grace@example.com")
        sheet.write_formula(3, 1, "=1/0", None, "#DIV/0!")
        sheet.write_string(4, 0, "alan@example.com")
        sheet.write_formula(4, 1, "=1/0", None, "#DIV/0!")
    return path


def test_a_row_with_a_cell_that_is_not_known_is_not_in_the_corrected_table(tmp_path: Path):
    source = open_source(workbook(tmp_path))
    edits = Edits({5: {1: "3"}})
    assert [bool(record.doubts) for record in Edited(source, edits).records()] == [False, True, False]
    path = tmp_path / "corrected.csv"
    with path.open("wb") as output:
        assert write_corrected(source, edits, output) == 1
    after = open_source(path, SourceOptions(ENCODING, ","))
    assert {record.number: record.cells for record in after.records()} == {
        2: ["ada@example.com", "1"],
        5: ["alan@example.com", "3"],
    }


def test_a_sheet_is_read_by_two_at_once(tmp_path: Path):
    source = open_source(workbook(tmp_path))
    first, second = source.records(), for_another_reader(source).records()
    assert [next(first).number, next(second).number, next(first).number, next(second).number] == [2, 2, 4, 4]
