"""What is written, and that it is read back identically."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from bulk.errors import UsageError
from bulk.files.csv.reader import open_csv
from bulk.files.csv.writer import GUARDED, CsvFile, format_row, guard_formulas, unguard
from bulk.files.examples import MARK
from bulk.files.template import template
from bulk.resources import find
from bulk.resources.kinds import DATE, OPTION, Option, join_values
from bulk.resources.spec import Column
from tests.scale import tries


def test_the_form_for_spreadsheets(tmp_path):
    path = tmp_path / "x.csv"
    with CsvFile(path, ["a", "b"]) as file:
        file.write(["1", 'x "y"'])
        file.write_text(format_row(["", "é\n"], plain=False))
    assert path.read_bytes() == '\ufeff"a","b"\r\n"1","x ""y"""\r\n"","é\n"\r\n'.encode()
    assert file.rows == 2


def test_the_plain_form(tmp_path):
    path = tmp_path / "x.csv"
    with CsvFile(path, ["a", "b"], plain=True) as file:
        file.write(["1", 'x "y"'])
        file.write(["", "1,5"])
    assert path.read_bytes() == b'a,b\r\n1,"x ""y"""\r\n,"1,5"\r\n'
    assert format_row([""], plain=True) == '""\r\n'


def test_standard_output(capfdbinary):
    with CsvFile(None, ["a"]) as file:
        file.write(["é"])
    sys.stdout.flush()
    assert capfdbinary.readouterr().out == '\ufeff"a"\r\n"é"\r\n'.encode()
    assert not sys.stdout.buffer.closed


def test_a_file_appears_whole_and_private(tmp_path):
    path = tmp_path / "x.csv"
    with CsvFile(path, ["a"]) as file:
        (part,) = tmp_path.iterdir()
        assert part != path
        assert stat.S_IMODE(part.stat().st_mode) == 0o600
        file.write(["1"])
    assert list(tmp_path.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_replaced_file_keeps_its_permissions_and_its_link(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("old")
    path.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    with CsvFile(link, ["a"]):
        assert path.read_text() == "old"
    assert link.is_symlink()
    assert path.read_bytes() == b'\xef\xbb\xbf"a"\r\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_interrupted_file_leaves_nothing(tmp_path, error):
    path = tmp_path / "x.csv"
    path.write_text("old")

    def interrupted():
        with CsvFile(path, ["a"]) as file:
            file.write(["1"])
            raise error

    with pytest.raises(error):
        interrupted()
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "old"


def test_what_cannot_be_written(tmp_path):
    for path in (tmp_path / "gone" / "x.csv", tmp_path):
        with pytest.raises(UsageError, match="cannot be written"):
            CsvFile(path, ["a"]).__enter__()
    assert list(tmp_path.iterdir()) == []


def test_a_device_is_written_to_not_replaced():
    with CsvFile(Path(os.devnull), ["a"]) as file:
        file.write(["1"])
    assert not Path(os.devnull).is_file()


def test_half_a_surrogate_pair_does_not_break_an_export(tmp_path):
    with CsvFile(tmp_path / "x.csv", ["a"]) as file:
        file.write(["cut \ud83d"])
    assert [record.cells for record in open_csv(tmp_path / "x.csv").records()] == [["cut \\ud83d"]]


def test_formulas_are_guarded():
    cells = ["=1", "+44", "-5", "@x", "\tx", "\rx", "\nx", "'=1", "x=1", "'Gus", "''=1", "", "'"]
    guarded, indexes = guard_formulas(cells)
    assert indexes == [0, 1, 2, 3, 4, 5, 6, 7]
    assert guarded[0] == "'=1"
    assert guarded[7] == "''=1"
    assert guarded[8:] == cells[8:]


def test_payloads_of_injections_are_guarded(corpora):
    payloads = (corpora / "injection" / "payloadbox-csv-payload.txt").read_text("utf-8").splitlines()
    guarded, _ = guard_formulas(payloads)
    assert not [cell for cell in guarded if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@given(st.lists(st.text("='+x-@\t\r\n", max_size=4)))
def test_a_guard_is_undone_exactly(cells):
    guarded, indexes = guard_formulas(cells)
    assert [unguard(cell) if at in indexes else cell for at, cell in enumerate(guarded)] == cells


# All of Unicode but NUL (which reading rejects), and half surrogate pairs; what CSV trips over comes often.
text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)
cell = st.one_of(text, st.text("\",;|\t\r\n\ufeff ='x", max_size=5), st.sampled_from(["", "sep=;", "\x1a", "a,b"]))


@st.composite
def tables(draw):
    names = draw(st.lists(cell.filter(str.strip), min_size=1, max_size=5, unique_by=str.strip))
    rows = draw(st.lists(st.lists(cell, min_size=len(names), max_size=len(names)), max_size=12))
    return [name for name in names if name.strip() != GUARDED] or ["a"], rows if GUARDED not in names else []


@settings(max_examples=tries(30, 600), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables(), plain=st.booleans())
@example(table=(["\ufeffa"], [["\ufeff"]]), plain=True)
@example(table=(["sep=;"], [["x"]]), plain=True)
@example(table=(["a"], [["x"], [""], ["y"]]), plain=True)
def test_what_is_written_is_read_back(tmp_path, table, plain):
    header, rows = table
    path = tmp_path / "x.csv"
    with CsvFile(path, header, plain=plain) as file:
        for row in rows:
            file.write(row)
    again = open_csv(path, delimiter=",")
    assume(
        again.quoted or not any(map(again.guard.swallowed, rows))
    )  # a cell made of this table's very rows is refused
    assert list(again.header) == header
    assert again.dialect.bom is not plain
    records = list(again.records())
    assert not any(record.problem for record in records)
    assert [record.cells for record in records] == [row for row in rows if any(row)]
    assert [record.number for record in records] == [number for number, row in enumerate(rows, 2) if any(row)]
    assert again.blank_rows == sum(not any(row) for row in rows)


@settings(max_examples=tries(12, 200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(cell, min_size=3, max_size=3), max_size=8))
def test_a_guarded_export_is_read_back(tmp_path, rows):
    header = ["email", "first, name", "phone"]
    path = tmp_path / "x.csv"
    with CsvFile(path, [*header, GUARDED]) as file:
        for row in rows:
            guarded, indexes = guard_formulas(row)
            file.write([*guarded, join_values([header[at] for at in indexes], ",")])
    table = open_csv(path)
    assert table.quoted
    assert [record.cells[:3] for record in table.records()] == [row for row in rows if any(row)]


def test_the_template_is_valid(checked):
    contacts = find("contacts")
    assert contacts
    result = checked(template(contacts))
    assert (result.tally.read, result.issues) == (1, [])
    assert "id" not in result.table.header
    fields = (
        Column("field:1", DATE, title="Birthday"),
        Column("field:2", OPTION, title="Colour", options=(Option("Red"),)),
        Column("field:3", OPTION, title="None", options=()),
    )
    columns = (*contacts.columns, *fields)
    result = checked(template(contacts, columns), columns=columns)
    assert result.issues == []
    (record,) = result.table.records()
    assert record.cells[-4:] == ["1990-05-28", "Red", "", MARK]


def test_our_own_file_may_hold_a_note_that_looks_like_its_rows(tmp_path):
    path = tmp_path / "x.csv"
    note = "Ask:\nbob@example.com, or call\nzoe@example.com, or write"
    rows = [["ada@example.com", "x"], ["grace@example.com", note], ["mary@example.com", note]]
    with CsvFile(path, ["email", "note"]) as file:
        for row in rows:
            file.write(row)
    table = open_csv(path)
    assert table.guard.swallowed(rows[1])
    assert [record.cells for record in table.records()] == rows
    assert [record.cells for record in table.records(only={4})] == rows[2:]


@pytest.mark.parametrize("above", [0, 1])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_rows_added_by_hand_to_our_own_file_are_not_swallowed_in_silence(csv_file, above, line_end):
    """Its first rows quote every cell; a stray quote below them is seen none the less, also behind a note like rows."""
    rows = [f'"p{number}@example.com","Ann","{number}"' for number in range(60)]
    note = f'"Ask:,1{line_end}bob@example.com,call,2{line_end}zoe@example.com,""write"""'
    rows.insert(55, f'"x@example.com",{note},"3"')
    added = ["a@example.com,Al,1", 'b@example.com,"Bo,2', "c@example.com,Cy,3", 'd@example.com,Di",4']
    text = line_end.join([*["Contacts"] * above, '"email","firstName","phone"', *rows, *added, ""])
    table = open_csv(csv_file(text), skip_lines=above)
    assert table.quoted
    with pytest.raises(UsageError, match=f"row {64 + above}: .* swallow the next 2 rows"):
        list(table.records())
    sound = text.replace('"Bo', "Bo").replace('Di"', "Di")
    assert len(list(open_csv(csv_file(sound), skip_lines=above).records())) == 65
