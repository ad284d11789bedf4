"""What is wrong with a file, an option or a key is said clearly, with the remedy; nothing is sent, no job remains."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import SAMPLE, Shell
from tests.world import account

CsvFile = Callable[..., Path]

FILES: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "empty": (b"", ("is empty", "bulk template")),
    "no e-mail column": (b"name,phone\nA,1\n", ("no column 'email'", "--map")),
    "header twice": (b"email,phone,phone\na@example.com,1,2\n", ("row 1", "'phone' more than once")),
    "two headers of one meaning": (b"email,First Name,firstName\na@example.com,1,2\n", ("both firstName", "--map")),
    "unknown column": (
        b"email,fristName\na@example.com,A\n",
        ("'fristName'", "Nearest: firstName", "--ignore-unknown"),
    ),
    "wrong delimiter": (b"email:firstName\na@example.com:A\n", ("email:firstName",)),
    "wrong encoding": ("email,firstName\na@example.com,Zoë\n".encode("cp1252"), ("row 2", "--encoding cp1252")),
    "unbalanced quote": (b'email,firstName\na@example.com,"A\nb@example.com,B\n', ("row 2", "never closed")),
    "swallowed rows": (
        b'email,firstName,phone\na@example.com,"A,1\nb@example.com,B,2\nc@example.com,C",3\n',
        ("row 2", "swallow"),
    ),
    "a huge cell": (b'email,firstName\na@example.com,"' + b"x" * 50_000_000 + b'"\n', ("row 2", "longer than")),
    "UTF-16 without a mark": ("email,firstName\na@example.com,A\n".encode("utf-16-le"), ("--encoding utf-16-le",)),
    "a title above": (b"Contacts of May\n\nemail,firstName\na@example.com,A\nb@example.com,B\n", ("--skip-lines",)),
}


@pytest.mark.some(6)
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be_understood_is_refused(bulk: Shell, csv_file: CsvFile, name: str):
    content, said = FILES[name]
    path = csv_file(content)
    result = bulk.sandbox("import", path, "--job", "bad")
    assert result.code == 2
    for part in said:
        assert part in result.err
    assert "defect" not in result.err
    assert "Traceback" not in result.err
    assert bulk.no_job
    assert bulk("validate", "contacts", path, "--sandbox").code == 2
    database = bulk.folder / "sandbox" / "sandbox.sqlite"
    assert not database.exists() or not account(database)["contacts"]


def test_a_header_alone_is_nothing_to_do(bulk: Shell, csv_file: CsvFile):
    path = csv_file("email,firstName\n")
    result = bulk.sandbox("import", path, "--job", "none")
    assert result.code == 0
    assert "nothing to do" in result.out
    assert bulk.summary("none")["rows"]["read"] == 0
    assert bulk("validate", "contacts", path).code == 0


@pytest.mark.parametrize(
    ("row", "code"),
    [("a\0@example.com,A", "nul_character"), ("a@example.com", "too_few_cells"), (",A", ""), ("a@b@c,A", "")],
)
def test_a_row_that_does_not_fit_is_rejected_by_number(bulk: Shell, csv_file: CsvFile, row: str, code: str):
    path = csv_file(f"email,firstName\nx@example.com,X\n{row}\ny@example.com,Y\n")
    result = bulk.sandbox("import", path, "--job", "row")
    assert result.code == 1
    assert "row 3" in result.out
    if code:
        assert code in (bulk.job("row") / "failed.csv").read_text()
    assert sorted(account(bulk.folder / "sandbox" / "sandbox.sqlite")["contacts"]) == ["x@example.com", "y@example.com"]


def test_files_that_are_none(bulk: Shell):
    result = bulk.sandbox("import", bulk.folder)
    assert result.code == 2
    assert "is a folder" in result.err
    result = bulk.sandbox("import", "nowhere.csv")
    assert result.code == 2
    assert "no such file" in result.err
    result = bulk.sandbox("import", "/dev/null")
    assert result.code == 2
    assert bulk.no_job


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(bulk: Shell, csv_file: CsvFile):
    path = csv_file("email\na@example.com\n")
    path.chmod(0)
    result = bulk.sandbox("import", path)
    assert result.code == 2
    assert "permissions" in result.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("import", "contact", "x.csv", "--sandbox"), "contacts"),
        (("import", "leads", "x.csv", "--sandbox"), "deals"),
        (("import", "contacts", "x.csv", "--sandbox", "--mode", "replace"), "upsert, create, update"),
        (("import", "contacts", "x.csv", "--sandbox", "--key", "phone"), "email, id"),
        (("import", "contacts", "x.csv", "--sandbox", "--fast"), "--fast"),
        (("import", "contacts", "x.csv", "--sandbox", "--on-duplicate", "merge"), "merge"),
        (("import", "contacts", "x.csv", "--sandbox", "--max-errors", "some"), "5%"),
        (("import", "contacts", "x.csv", "--sandbox", "--max-duration", "2"), "2h"),
        (("import", "contacts", "x.csv", "--sandbox", "--rate", "-1"), "rate"),
        (("import", "contacts", "x.csv", "--sandbox", "--separator", "ab"), "--separator"),
        (("import", "contacts", "x.csv", "--sandbox", "--base-url", "https://example.com"), "--base-url"),
        (("import", "contacts", "x.csv", "--sandbox", "--map", "nothing"), "--map"),
        (("import", "contacts"), "FILE"),
        (("frobnicate",), "frobnicate"),
    ],
)
def test_usage(bulk: Shell, line: tuple[str, ...], said: str):
    Path("x.csv").write_text("email\na@example.com\n")
    result = bulk(*line)
    assert result.code == 2
    assert said in result.err
    assert bulk.no_job


# ---- keys


@pytest.mark.parametrize("line", [("import", "contacts", SAMPLE), ("export", "contacts", "out.csv")])
def test_without_a_key_both_ways_on_are_named(bulk: Shell, line: tuple[object, ...]):
    result = bulk(*line)
    assert result.code == 2
    assert "MATON_API_KEY" in result.err
    assert "--sandbox" in result.err
    assert bulk.no_job
    assert not (bulk.folder / "sandbox").exists(), "it never falls back to the sandbox"


@pytest.mark.parametrize(
    ("environment", "arguments"),
    [
        ({"MATON_API_KEY": "s3cret-key"}, ("--base-url", "http://example.com")),
        ({"MATON_API_KEY": "s3cret-key", "BULK_BASE_URL": "http://10.0.0.1"}, ()),
        ({"AC_API_URL": "http://example.com", "AC_API_TOKEN": "s3cret-key"}, ()),
        ({"AC_API_URL": "https://example.com"}, ()),
        ({"MATON_API_KEY": "s3cret key"}, ()),
        ({"MATON_API_KEY": "s3cret-key"}, ("--rate", "0")),
    ],
)
def test_a_key_does_not_travel_where_it_should_not(
    bulk: Shell, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], arguments: tuple[str, ...]
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    result = bulk("import", "contacts", SAMPLE, *arguments)
    assert result.code == 2
    assert "s3cret" not in result.out + result.err
    assert bulk.no_job


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A sandbox on a loopback port, in a thread."""
    from tests.served import Served

    with Served(tmp_path / "served") as served:
        yield served.address


def test_a_wrong_key_is_refused_and_never_told(bulk: Shell, monkeypatch: pytest.MonkeyPatch, server: str):
    monkeypatch.setenv("MATON_API_KEY", "wr0ng-s3cret")
    monkeypatch.setenv("BULK_BASE_URL", server)
    for line in (("import", "contacts", SAMPLE), ("export", "contacts", "out.csv"), ("validate", "contacts", SAMPLE)):
        result = bulk(*line)
        assert result.code == 3
        assert "Invalid API key" in result.err
        assert "Check the key" in result.err
        assert "wr0ng-s3cret" not in result.out + result.err
    assert bulk.no_job
    assert not Path("out.csv").exists()


def test_a_key_is_in_no_file_and_no_output(bulk: Shell, monkeypatch: pytest.MonkeyPatch, server: str):
    monkeypatch.setenv("MATON_API_KEY", "sandbox-s3cret")
    monkeypatch.setenv("BULK_BASE_URL", server)
    told = ""
    for line in (
        ("import", "contacts", SAMPLE, "-v", "--rate", "0"), ("export", "contacts", "out.csv", "--rate", "0"),
        ("jobs",), ("jobs", "--json"), ("import", "contacts", SAMPLE, "--connection", "unknown"),
    ):  # fmt: skip
        result = bulk(*line)
        told += result.out + result.err
    assert "10 created" in told
    assert "s3cret" not in told
    files = [path for path in bulk.folder.rglob("*") if path.is_file() and "served" not in path.parts]
    assert len(files) > 8
    for path in files:
        assert b"s3cret" not in path.read_bytes(), path


def test_a_job_goes_on_only_where_it_began(bulk: Shell, monkeypatch: pytest.MonkeyPatch, server: str):
    monkeypatch.setenv("MATON_API_KEY", "sandbox-s3cret")
    update = ("--mode", "update", "--max-errors", "1", "--concurrency", "1", "--rate", "0")
    assert bulk("import", "contacts", SAMPLE, "--base-url", server, *update, "--job", "cut").code == 3
    monkeypatch.delenv("MATON_API_KEY")
    assert bulk("resume", "cut").code == 2
    monkeypatch.setenv("AC_API_URL", server)
    monkeypatch.setenv("AC_API_TOKEN", "sandbox-s3cret")
    result = bulk("resume", "cut")
    assert result.code == 2
    assert "The job works on" in result.err
    assert bulk.summary("cut")["state"] == "unfinished"


def test_a_job_that_tags_have_stopped_goes_on_by_allowing_them(bulk: Shell, csv_file: Callable[..., Path]):
    bulk.sandbox("import", csv_file("email,tags\nada@example.com,One\n"))
    bulk.sandbox("export", "out.csv")
    lines = (bulk.folder / "out.csv").read_text("utf-8-sig").replace('"One"', '"One,VIP; Trial"').splitlines()
    path = csv_file(f'{lines[0]},"Plan"\n{lines[1]},"Gold"\n')
    stopped = bulk.sandbox("import", path, "--create-fields", "--yes", "--job", "j")
    assert (stopped.code, "bulk resume j" in stopped.err, "--allow-joined" in stopped.err) == (3, True, True)
    assert bulk("resume", "j").code == 3
    assert bulk("resume", "j", "--allow-joined").code == 0
