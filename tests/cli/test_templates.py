"""The example row of a template is never imported, whatever a spreadsheet makes of the file, and that is said."""

import csv
import json

import openpyxl
import pytest

from bulk.files.examples import EXAMPLE, MARK
from bulk.resources import RESOURCES

WRITABLE = [resource.name for resource in RESOURCES if resource.modes]


@pytest.mark.some(6)
@pytest.mark.parametrize("name", WRITABLE)
def test_a_template_as_it_is_imports_nothing_and_says_why(bulk, name):
    assert bulk("template", name, "t.csv").code == 0
    done = bulk("import", name, "t.csv", "--sandbox", "--rate", "0", "--job", "one")
    assert done.code == 0
    assert "Row 2 is the template's example, so it is not imported" in done.err
    assert bulk.summary("one")["rows"]["read"] == 0
    assert bulk("validate", name, "t.csv", "--sandbox").out == "0 rows, 0 can be sent.\n"


def edited(bulk, **dialect):
    """What a person makes of a template: two rows of their own below the example, saved by their spreadsheet."""
    with (bulk.folder / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        header, example = csv.reader(file)
    at = header.index("email")
    own = [["" for _title in header] for _row in range(2)]
    own[0][at], own[1][at] = "a@example.com", "b@example.com"
    with (bulk.folder / "own.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, **dialect).writerows([header, example, *own])


@pytest.mark.parametrize("dialect", [{"delimiter": ";"}, {"quoting": csv.QUOTE_ALL}, {"lineterminator": "\n"}])
def test_the_rows_below_it_are_and_their_numbers_are_the_spreadsheets(bulk, dialect):
    bulk("template", "contacts", "t.csv", "--sandbox")
    edited(bulk, **dialect)
    assert bulk.sandbox("import", "own.csv", "--job", "one").code == 0
    with (bulk.job("one") / "succeeded.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [(row["email"], row["_row"]) for row in csv.DictReader(file)] == [
            ("a@example.com", "3"), ("b@example.com", "4"),
        ]  # fmt: skip


def test_a_row_without_the_mark_counts_whatever_else_stands_there(bulk, csv_file):
    rows = f"email,{EXAMPLE}\na@example.com,\nb@example.com,mine\nc@example.com, {MARK.upper()} \n"
    assert bulk.sandbox("import", csv_file(rows), "--job", "one").code == 0
    assert bulk.summary("one")["rows"]["read"] == 2


def test_a_plan_and_sets_pass_it_over_too(bulk, csv_file):
    rows = f"email,{EXAMPLE}\nb@example.com,\nc@example.com,{MARK}\n"
    plan = json.loads(bulk.sandbox("plan", csv_file(rows), "--set", "tags=VIP", "--json").out)
    assert plan["rows"] == {"create": 1}


def test_the_example_of_a_workbook_is_marked_too(bulk):
    assert bulk("template", "contacts", "t.xlsx", "--sandbox").code == 0
    book = openpyxl.load_workbook("t.xlsx")
    sheet = book.worksheets[0]
    header = [cell.value for cell in sheet[1]]
    sheet.cell(3, header.index("email") + 1, "a@example.com")
    book.save("own.xlsx")
    done = bulk.sandbox("import", "own.xlsx", "--job", "one")
    assert done.code == 0
    assert "Row 2 is the template's example" in done.err
    assert bulk.summary("one")["rows"] | {"read": 1, "succeeded": 1} == bulk.summary("one")["rows"]


def test_what_comes_next_is_said_as_it_can_be_pasted(bulk):
    done = bulk("template", "contacts", "my file.csv", "--sandbox")
    assert "  bulk validate contacts 'my file.csv' --sandbox\n" in done.err
    assert "--sandbox" not in bulk("template", "tags", "tags.csv").err
