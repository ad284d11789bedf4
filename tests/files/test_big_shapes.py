"""A spreadsheet's own limits: 1,048,576 rows, 16,384 columns, cells of 32,767 characters; in every run, some of it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from bulk.files import check as check_module
from bulk.files.csv.reader import open_csv
from bulk.files.matching import match_header
from tests.files.conftest import Kept
from tests.files.test_table_check import EVERY_KIND, HEADER
from tests.scale import LONG

ROWS = 1_048_576
COLUMNS = 16_384
CELL = 32_767

SCRIPT = """
import sys
from pathlib import Path
from bulk.__main__ import run
code = run(["validate", "contacts", sys.argv[1], "--json", "-q"])
status = Path("/proc/self/status").read_text()  # ru_maxrss would also count the process that forked this one
print(int(status.split("VmHWM:")[1].split()[0]) // 1024, file=sys.stderr)
sys.exit(code)
"""

long_suite = pytest.mark.skipif(not LONG, reason="the whole of it is for the long suite: BULK_LONG=1")
reads_peak = pytest.mark.skipif(sys.platform != "linux", reason="the peak memory is read from /proc")


def validated(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> tuple[dict, int]:
    """What `bulk validate` says of such a file, and its peak memory in MiB."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    done = subprocess.run(
        (sys.executable, "-c", SCRIPT, str(path)), check=False, capture_output=True, text=True,
        cwd=Path(__file__).parents[2], timeout=500,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout), int(done.stderr.split()[-1])


def many(rows: int) -> Iterable[Sequence[str]]:
    """Of every thousand rows one has no address, one a cell too many, and one the address of the one before."""
    for row in range(rows):
        nth = row % 1000
        email = f"p{row - 1 if nth == 9 else row}@example.com" if nth else "nobody"
        yield email, "Ada", f"Note {row}", *(["x"] * (nth == 5))


def of_each_thousand(rows: int, nth: int) -> int:
    return (rows - nth + 999) // 1000


@reads_peak
@pytest.mark.parametrize("rows", [30_100, pytest.param(ROWS, marks=long_suite)])
def test_rows(tmp_path, rows):
    said, peak = validated(tmp_path / "rows.csv", ("email", "firstName", "Note"), many(rows))
    codes = {"email_invalid": 0, "too_many_cells": 5, "duplicate_key": 9}
    expected = {code: of_each_thousand(rows, nth) for code, nth in codes.items()}
    assert said["codes"] == expected
    assert said["rows"] == {"read": rows, "rejected": sum(expected.values()), "skipped": 0, "blank": 0, "trimmed": 0}
    assert peak < 250


@reads_peak
@pytest.mark.parametrize("rows", [60, pytest.param(2_000, marks=long_suite)])
def test_columns(tmp_path, rows):
    header = ("email", *(f"Column {at}" for at in range(2, COLUMNS + 1)))
    wide = ((f"p{row}@example.com", *(f"{row}-{at}" for at in range(2, COLUMNS + (row != 7)))) for row in range(rows))
    said, peak = validated(tmp_path / "columns.csv", header, wide)
    assert said["codes"] == {"too_few_cells": 1}
    assert (said["rows"]["read"], said["rows"]["rejected"]) == (rows, 1)
    assert len(said["unchecked"]) == COLUMNS - 1
    assert peak < 350, "a batch is so many cells, not so many rows"


@reads_peak
@pytest.mark.parametrize("rows", [100, pytest.param(4_000, marks=long_suite)])
def test_cells(tmp_path, rows):
    def full() -> Iterable[Sequence[str]]:
        for row in range(rows):
            note = f"{row} " + '"é,\n;' * (CELL // 6)
            yield f"p{row}@example.com", note.ljust(CELL, "x")[:CELL], f"{row}".rjust(CELL, "t"), "n" * CELL

    said, peak = validated(tmp_path / "cells.csv", ("email", "Note", "tags", "firstName"), full())
    assert said["codes"] == {}
    assert said["rows"] == {"read": rows, "rejected": 0, "skipped": 0, "blank": 0, "trimmed": 0}
    assert peak < 350, "a batch is so much of the file, not so many rows"


def test_a_batch_is_bounded_in_cells_and_in_bytes(csv_file, contacts, monkeypatch):
    def batches(text: str) -> list[int]:
        table = open_csv(csv_file(text), columns=contacts)
        match = match_header(table.header, contacts)
        sizes: list[int] = []
        check_module.check(table, match, on_duplicate="error", unsent=Kept(), progress=sizes.append)
        return sizes

    rows = [f"p{row}@example.com,A,B\n" for row in range(100)]
    assert batches("email,phone,tags\n" + "".join(rows)) == [100]
    monkeypatch.setattr(check_module, "CELLS", 100)
    assert batches("email,phone,tags\n" + "".join(rows)) == [33, 33, 33, 1]
    assert batches("email,phone,tags\n") == []
    monkeypatch.undo()
    long = [f"p{row}@example.com,{'A' * CELL},B\n" for row in range(100)]
    monkeypatch.setattr(check_module, "BYTES", 20 * CELL)
    sizes = batches("email,phone,tags\n" + "".join(long))
    assert sum(sizes) == 100
    assert max(sizes) <= 40


@pytest.mark.some(3)
@pytest.mark.parametrize(
    ("delimiter", "above", "quote"),
    [  # each of two goes with each of the third; all of them in the long suite
        (delimiter, above, quote)
        for nth, delimiter in enumerate([",", ";", "\t", "|"])
        for above in (0, 1)
        for quote in ("", '"')
        if LONG or (nth + above + bool(quote)) % 2
    ],
)
def test_a_header_that_is_longer_than_what_the_delimiter_is_told_by(csv_file, contacts, delimiter, above, quote):
    header = ["email", *(f"Column number {at}" for at in range(2, COLUMNS + 1))]
    row = ["ada@example.com", *[""] * (COLUMNS - 1)]
    for rows in ([], [row, row]):
        lines = (delimiter.join(f"{quote}{cell}{quote}" for cell in cells) for cells in (header, *rows))
        text = "Contacts\n" * above + "".join(f"{line}\n" for line in lines)
        table = open_csv(csv_file(text), skip_lines=above, columns=contacts)
        assert (list(table.header), table.dialect.delimiter) == (header, delimiter)
        assert [record.cells for record in table.records()] == rows
        assert table.guard.addresses == ((0,) if rows else ())  # the rows behind the header were looked at


@pytest.mark.some(6)
@pytest.mark.parametrize(
    "odd", [" ", '"', ",", "\n", "a\n,", '"a",', ' "a" ,', "_", "a.", "a-", "1", "||", "Ã©", "\u0301", "@"]
)
def test_a_long_cell_of_whatever_is_checked_in_no_time(checked, odd):
    """No pattern takes longer than in proportion: each of these cells is looked at by every kind there is."""
    cell = (odd * CELL)[: CELL - 1] + "x"
    quoted = '"' + cell.replace('"', '""') + '"'
    began = time.process_time()
    result = checked(HEADER + ",".join([quoted] * len(EVERY_KIND)) + "\n", columns=EVERY_KIND, delimiter=",")
    assert (result.tally.read, result.tally.rejected) == (1, 1)
    assert time.process_time() - began < 20
