"""What a script sees: the exit code says whether every row is done, whatever kept it from being done."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from bulk.sandbox.faults import Fault
from tests.cli.conftest import Shell
from tests.served import KEY, Served

CsvFile = Callable[..., Path]
GOOD = "email,firstName\na@example.com,A\nb@example.com,B\n"
ALIKE = "email,firstName\n" + "a@example.com,A\n" * 5
UPDATE = ("--mode", "update", "--concurrency", "1")  # of people who are not there: every row fails

# the file, the options, the code, and what the rows have come to ("" for no job)
MATRIX: dict[str, tuple[str, tuple[str, ...], int, str]] = {
    "all done": (GOOD, (), 0, "2 succeeded"),
    "header only": ("email,firstName\n", (), 0, "0 read"),
    "header and blank lines": ("email,firstName\n,\n\n,\n", (), 0, "0 read"),
    "none asked for": (GOOD, ("--limit", "0"), 0, "0 read"),
    "all but one set aside": (ALIKE, ("--on-duplicate", "first"), 0, "4 skipped"),
    "some rejected": (GOOD + "nobody,C\n", (), 1, "1 rejected"),
    "all but one rejected for their key": (ALIKE, (), 1, "4 rejected"),
    "all rejected": ("email,firstName\nnobody,A\nno one,B\n", (), 1, "2 rejected"),
    "all failed": (GOOD, UPDATE, 1, "2 failed"),
    "set aside and rejected": ("email,firstName\nnobody,A\nnobody,B\n", ("--on-duplicate", "last"), 1, "2 rejected"),
    "empty file": ("", (), 2, ""),
    "blank lines only": ("\n\n,\n", (), 2, ""),
    "unknown column": ("email,frost\na@example.com,A\n", (), 2, ""),
    "no such option": (GOOD, ("--mode", "replace"), 2, ""),
    "one rejected, which stops it": (GOOD + "nobody,C\n", ("--on-invalid", "stop"), 3, "1 rejected"),
    "too many failed": (GOOD, (*UPDATE, "--max-errors", "1"), 3, "1 failed"),
    "no time": (GOOD, ("--max-duration", "0s"), 4, ""),
}


@pytest.mark.some(17)
@pytest.mark.parametrize("case", MATRIX)
def test_the_exit_code_of_an_import(bulk: Shell, csv_file: CsvFile, case: str):
    content, options, code, rows = MATRIX[case]
    result = bulk.sandbox("import", csv_file(content), *options, "--job", "job")
    assert result.code == code
    assert bool(rows) == bulk.job("job").exists()
    if not rows:
        assert result.err
        return
    count, _, status = rows.partition(" ")
    counts = bulk.summary("job")["rows"]
    assert counts[status] == int(count)
    done = counts["succeeded"] + counts["unchanged"] + counts["skipped"]
    assert (code == 0) == (done == counts["read"]), "0 says that every row is done, and nothing else"
    assert bulk.sandbox("import", csv_file(content), *options, "--json", "-q").code == code, "said or not"


# ---- where the server is to blame

SERVERS: dict[str, tuple[Fault, int, str]] = {
    "refuses every row": (Fault("status", method="POST", path="contact/sync", status=422), 1, "failed"),
    "refuses the key": (Fault("status", method="POST", path="contact/sync", status=403), 3, "unprocessed"),
    "asks to wait for a week": (
        Fault("status", method="POST", path="contact/sync", status=429, retry_after="604800"),
        4,
        "unprocessed",
    ),
}


@pytest.mark.parametrize("case", SERVERS)
def test_the_exit_code_where_the_server_refuses(
    bulk: Shell, csv_file: CsvFile, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, case: str
):
    fault, code, status = SERVERS[case]
    with Served(tmp_path / "served", faults=(fault,)) as served:
        monkeypatch.setenv("MATON_API_KEY", KEY)
        monkeypatch.setenv("BULK_BASE_URL", served.address)
        line = ("import", "contacts", csv_file(GOOD), "--rate", "0", "--job", "job", "--json")
        result = bulk(*line)
        assert result.code == code
        assert json.loads(result.out)["rows"][status] == 2
        assert bulk("retry" if code == 1 else "resume", "job").code == code, "no better the second time"


# ---- the way on


def test_resume_and_retry_say_the_same(bulk: Shell, csv_file: CsvFile):
    path = csv_file(GOOD + "nobody,C\n")
    assert bulk.sandbox("import", path, *UPDATE, "--max-errors", "1", "--job", "job").code == 3
    with FileLock(bulk.job("job") / "lock"):
        assert bulk("resume", "job").code == 4
    assert bulk("resume", "job", "--max-errors", "9").code == 1
    assert bulk("resume", "job").code == 2, "there is nothing to go on with"
    assert bulk("retry", "job", "--max-errors", "9").code == 1, "they are still not there"
    assert bulk.sandbox("import", csv_file(GOOD, "people.csv")).code == 0
    assert bulk("retry", "job").code == 1, "one row remains rejected"
    rows = bulk.summary("job")["rows"]
    assert (rows["read"], rows["failed"], rows["rejected"]) == (3, 0, 1)


def test_the_exit_code_of_the_rest(bulk: Shell, csv_file: CsvFile):
    good, bad = csv_file(GOOD), csv_file("email,firstName\nnobody,C\n", "bad.csv")
    assert bulk("validate", "contacts", good, "--sandbox").code == 0
    assert bulk("validate", "contacts", bad, "--sandbox").code == 1
    assert bulk.sandbox("export", "none.csv").code == 0, "nobody is there"
    assert bulk.sandbox("import", good).code == 0
    assert bulk.sandbox("export", "out.csv").code == 0
    assert bulk.sandbox("export", "gone/out.csv").code == 2
    assert bulk.sandbox("export", "late.csv", "--max-duration", "0s").code == 4
    assert not Path("late.csv").exists()
    assert bulk("retry").code == 0, "nothing is left to send"
