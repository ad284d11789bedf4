"""Corrections to a workbook: a cell that nobody can read is never taken for a text."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter

from bulk.files.edited import ENCODING, Edited, Edits, for_another_reader, write_corrected
from bulk.files.opening import SourceOptions, open_source
from bulk.files.unread_cells import UNREAD


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


def test_a_cell_that_is_not_known_is_not_known_in_the_corrected_table_either(tmp_path: Path):
    source = open_source(workbook(tmp_path))
    edits = Edits({5: {1: "3"}})
    assert [bool(record.doubts) for record in Edited(source, edits).records()] == [False, True, False]
    path = tmp_path / "corrected.csv"
    with path.open("wb") as output:
        write_corrected(source, edits, output)
    after = open_source(path, SourceOptions(ENCODING, ","))
    assert after.header == (UNREAD, "Email", "Id")
    rows = {record.number: record for record in after.records()}
    assert {number: record.cells[1:] for number, record in rows.items()} == {
        2: ["ada@example.com", "1"],
        4: ["grace@example.com", "#DIV/0!"],
        5: ["alan@example.com", "3"],
    }
    before = next(record for record in source.records() if record.number == 4).doubts
    assert before is not None
    assert {number: record.doubts for number, record in rows.items() if record.doubts} == {4: {2: before[1]}}


@pytest.mark.parametrize("text", ["x", "[]", "{", '{"Id": "x"}', '{"Id": [1, 2, 3]}', '{"Town": ["a", "b", "c"]}'])
def test_what_somebody_else_wrote_into_that_column_is_about_no_cell(tmp_path: Path, text: str):
    path = tmp_path / "people.csv"
    quoted = text.replace('"', '""')
    path.write_text(f'Email,Id,{UNREAD}\nada@example.com,1,"{quoted}"\n')
    assert [record.doubts or {} for record in open_source(path).records()] == [{}]


def test_a_sheet_is_read_by_two_at_once(tmp_path: Path):
    source = open_source(workbook(tmp_path))
    first, second = source.records(), for_another_reader(source).records()
    assert [next(first).number, next(second).number, next(first).number, next(second).number] == [2, 2, 4, 4]
