"""Workbooks and packed files through every command, as a CSV goes: imports, reports, resume, retry, exports."""

from __future__ import annotations

import csv
import gzip
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

from bulk.files.opening import open_sink, open_source
from tests.cli.conftest import Shell
from tests.files.test_workbook_writing import SOFFICE, saved_again
from tests.files.workbooks import formatted

ROWS = [
    ["email", "firstName", "phone", "note"],
    ["ana@example.com", "Ana", (501, "00000"), ("=NA()", "#N/A")],
    ["bo@example.com", ("=NA()", "#N/A"), "1/2", ""],
    ["cy@example.com", "Cy", "+447912345678", "x"],
]


def lines_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_whose_cell_cannot_be_read_is_rejected_and_its_report_is_imported_again(bulk: Shell):
    path = formatted(bulk.folder / "people.xlsx", ROWS)
    result = bulk.sandbox("import", path, "--map", "note=", "--job", "a")
    assert (result.code, "people.xlsx: Excel workbook, sheet 'People'" in result.err) == (1, True), result.err
    assert [line["_row"] for line in lines_of(bulk.job("a") / "succeeded.csv")] == ["2", "4"]  # no used cell is bad
    (failed,) = lines_of(bulk.job("a") / "failed.csv")
    assert (failed["_row"], failed["_code"], failed["email"]) == ("3", "cell_error", "bo@example.com")
    assert "Cell B3 shows the error #N/A" in failed["_error"]
    report = bulk.job("a") / "failed.csv"
    assert bulk.sandbox("import", report, "--map", "note=", "--job", "b").code == 1, "uncorrected it clears nothing"
    report.write_text(report.read_text("utf-8-sig").replace("#N/A!", "Bo"), "utf-8")
    assert bulk.sandbox("import", report, "--map", "note=", "--job", "c").code == 0
    assert bulk.sandbox("export", "-", "--plain", "--columns", "email,firstName,phone").out.splitlines() == [
        "email,firstName,phone", "ana@example.com,Ana,00501", "cy@example.com,Cy,+447912345678",
        "bo@example.com,Bo,1/2",
    ]  # fmt: skip


def test_a_job_goes_on_with_its_copy_of_a_workbook(bulk: Shell):
    people = [[f"p{n}@example.com", "P"] for n in range(9)]
    path = formatted(bulk.folder / "people.xlsx", [["email", "firstName"], *people])
    update = ("--mode", "update", "--max-errors", "1", "--concurrency", "1")
    assert bulk.sandbox("import", path, *update, "--job", "cut").code == 3
    path.unlink()
    assert bulk("resume", "cut", "--max-errors", "99").code == 1
    assert [line["_row"] for line in lines_of(bulk.job("cut") / "failed.csv")] == [str(at) for at in range(2, 11)]
    bulk.sandbox("import", formatted(path, [["email"], ["p3@example.com"]]))
    assert bulk("retry", "cut", "--max-errors", "99").code == 1
    assert [line["_row"] for line in lines_of(bulk.job("cut") / "succeeded.csv")] == ["5"]


def test_a_sheet_that_is_named_is_gone_on_with(bulk: Shell):
    path = bulk.folder / "people.xlsx"
    formatted(path, [["email"], ["ana@example.com"]])
    assert bulk.sandbox("import", path, "--sheet", "people", "--job", "a").code == 0
    refused = bulk("validate", "contacts", path, "--sheet", "Others")
    assert (refused.code, "Its sheets: People." in " ".join(refused.err.split())) == (2, True), refused.err
    assert bulk("import", "all", bulk.folder, "--sandbox", "--sheet", "People").code == 2


@pytest.mark.parametrize("packing", ["gz", "zip"])
def test_a_packed_csv_is_imported_by_its_content(bulk: Shell, packing: str):
    path, content = bulk.folder / "people.csv", b"email\tfirstName\r\nana@example.com\tAna\r\nbo@example\tBo\r\n"
    if packing == "gz":
        path.write_bytes(gzip.compress(content))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("subscribed.csv", content)
    result = bulk.sandbox("import", path, "--job", "a")
    assert result.code == 1
    assert "tab-separated" in result.err
    assert [line["_row"] for line in lines_of(bulk.job("a") / "failed.csv")] == ["3"]


def test_an_export_that_is_a_workbook_is_imported_as_it_is(bulk: Shell):
    sample = Path(__file__).parents[2] / "samples" / "contacts.csv"
    assert bulk.sandbox("import", sample).code == 0
    assert bulk.sandbox("export", "people.xlsx").code == 0
    assert bulk.sandbox("export", "people.csv").code == 0
    texts = [[record.cells for record in open_source(Path(f"people.{kind}")).records()] for kind in ("xlsx", "csv")]
    assert texts[0] == texts[1]
    for baseline in ("auto", "none"):
        plan = bulk.sandbox("plan", "people.xlsx", "--baseline", baseline, "--detailed-exitcode")
        assert plan.code == 0, plan.out


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("count", [300])
def test_a_workbook_that_libreoffice_saved_changes_nothing(bulk: Shell, count: int):
    hard = ["+447912345678", "007", "12345678901234567890", "1/2", "March 5", "=1+1", "'quoted", "TRUE", "15%", "3,5"]
    with open_sink(Path("in.csv"), ["email", "firstName", "lastName", "phone", "tags"]) as file:
        for at in range(count):
            file.write([f"n{at}@example.com", hard[at % 10], hard[at // 10 % 10], hard[at // 7 % 10], "VIP,1/2"])
    assert bulk.sandbox("import", "in.csv", "--allow-damaged").code == 0
    assert bulk.sandbox("export", "people.xlsx").code == 0
    saved_again(Path("people.xlsx"), bulk.folder / "saved")
    assert (bulk.folder / "saved" / "people.xlsx").read_bytes() != Path("people.xlsx").read_bytes()
    for baseline in ("auto", "none"):
        plan = bulk.sandbox("plan", "saved/people.xlsx", "--baseline", baseline, "--detailed-exitcode")
        assert (plan.code, "Nothing to do" in plan.out) == (0, True), plan.out


def test_what_reads_workbooks_is_not_loaded_for_help():
    script = "import sys, bulk.__main__, bulk.library; import bulk.files.opening; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in loaded if name.startswith(("xlsxwriter", "bulk.files.xlsx"))] == []


def test_a_template_that_is_a_workbook_offers_what_the_account_has(bulk: Shell):
    assert bulk.sandbox("import", Path(__file__).parents[2] / "samples" / "contacts.csv").code == 0
    assert bulk("template", "contacts", "new.xlsx", "--sandbox").code == 0
    book = openpyxl.load_workbook("new.xlsx")
    sheet = book["contacts"]
    columns = {cell.value: cell.column_letter for cell in sheet[1]}
    rules = {str(rule.sqref).partition("2:")[0]: rule for rule in sheet.data_validations.dataValidation}
    size = rules[columns["Company Size"]]
    assert (size.formula1, size.showErrorMessage) == ('"1-10,11-50,51-200,200+"', False)
    assert "Newsletter" in rules[columns["lists"]].formula1
    assert "VIP" in str(rules[columns["tags"]].formula1) or book["choices"].sheet_state == "hidden"
    assert bulk("validate", "contacts", "new.xlsx", "--sandbox").code == 0
    assert bulk("template", "contacts", "new.xlsx", "--sandbox").code == 2, "nothing is overwritten"
    assert bulk("template", "deals", "plain.xlsx").code == 0
