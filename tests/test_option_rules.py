"""Each rule about options, through both ways in: a program and the command line are refused the same values."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import anyio
import pytest

from bulk.__main__ import run
from bulk.errors import UsageError
from bulk.library import Account, ExportOptions, ImportOptions, apply, export_batches
from bulk.library.choices import BLANK, ON_DUPLICATE, ON_INVALID
from bulk.library.options import check_changes, check_export, check_import
from bulk.resources import known
from bulk.wording import FrontEnd

# the resource, the options of a program, the same on the command line
IMPORTS: list[tuple[str, dict[str, Any], str]] = [
    ("contacts", {"concurrency": -3}, "--concurrency -3"),
    ("contacts", {"limit": -1}, "--limit -1"),
    ("contacts", {"skip_lines": -1}, "--skip-lines -1"),
    ("contacts", {"max_errors": "abc"}, "--max-errors abc"),
    ("contacts", {"max_errors": "0"}, "--max-errors 0"),
    ("contacts", {"max_errors": "-5%"}, "--max-errors -5%"),
    ("contacts", {"rate": math.nan}, "--rate nan"),
    ("contacts", {"rate": math.inf}, "--rate inf"),
    ("contacts", {"rate": -1.0}, "--rate -1"),
    ("contacts", {"separator": "ab"}, "--separator ab"),
    ("contacts", {"separator": ""}, "--separator="),
    ("contacts", {"separator": "x"}, "--separator x"),
    ("contacts", {"mode": "updte"}, "--mode updte"),
    ("contacts", {"key": "colour"}, "--key colour"),
    ("contacts", {"mode": "create", "key": "id"}, "--mode create --key id"),
    ("deals", {"key": "stage"}, "--key stage"),
    ("users", {}, ""),
]
CHOICES: list[tuple[dict[str, Any], str]] = [
    ({"on_duplicate": "none"}, "--on-duplicate none"),
    ({"on_invalid": "pause"}, "--on-invalid pause"),
    ({"blank": "drop"}, "--blank drop"),
]
EXPORTS: list[tuple[str, dict[str, Any], str]] = [
    ("contacts", {"concurrency": -1}, "--concurrency -1"),
    ("contacts", {"rate": math.nan}, "--rate nan"),
    ("contacts", {"rate": -0.5}, "--rate -0.5"),
    ("contacts", {"separator": "ab"}, "--separator ab"),
    ("contacts", {"filters": {"colour": "red"}}, "--filter colour=red"),
    ("users", {"search": "x"}, "--search x"),
]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BULK_SANDBOX_DIR", str(tmp_path / "sandbox"))
    monkeypatch.setenv("BULK_JOBS_DIR", str(tmp_path / "bulk-jobs"))
    monkeypatch.chdir(tmp_path)
    Path("in.csv").write_text("email\nada@example.com\n")


def refused_on_the_command_line(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert run(line.split()) == 2
    assert not Path("bulk-jobs").exists()
    return capsys.readouterr().err


@pytest.mark.parametrize(("resource", "options", "line"), IMPORTS, ids=str)
def test_an_import_is_refused_the_same_both_ways(
    resource: str, options: dict[str, Any], line: str, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(UsageError) as raised:
        check_import(known(resource), ImportOptions(**options), Account.sandbox())
    said = raised.value.words(FrontEnd.COMMAND_LINE)
    taken_by = {"import", "plan", "validate"}
    if options.keys() & {"rate", "concurrency"}:
        taken_by -= {"validate"}
    if "max_errors" in options:
        taken_by = {"import"}
    for command in sorted(taken_by):
        assert said in refused_on_the_command_line(f"{command} {resource} in.csv --sandbox {line}", capsys)


@pytest.mark.parametrize(("options", "line"), CHOICES, ids=str)
def test_what_is_none_of_a_few_is_refused_both_ways(
    options: dict[str, Any], line: str, capsys: pytest.CaptureFixture[str]
):
    (offered,) = [given for name, given in _OFFERED.items() if name in options]
    with pytest.raises(UsageError, match=", ".join(offered)):
        ImportOptions(**options)
    said = refused_on_the_command_line(f"import contacts in.csv --sandbox {line}", capsys)
    assert all(repr(one) in said for one in offered)


_OFFERED = {"on_duplicate": ON_DUPLICATE, "on_invalid": ON_INVALID, "blank": BLANK}


@pytest.mark.parametrize(("resource", "options", "line"), EXPORTS, ids=str)
def test_an_export_is_refused_the_same_both_ways(
    resource: str, options: dict[str, Any], line: str, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(UsageError) as raised:
        check_export(known(resource), ExportOptions(**options), Account.sandbox())
    said = raised.value.words(FrontEnd.COMMAND_LINE)
    assert said in refused_on_the_command_line(f"export {resource} out.csv --sandbox {line}", capsys)


def test_a_job_that_goes_on_is_refused_the_same(capsys: pytest.CaptureFixture[str]):
    Path("in.csv").write_text("email\n" + "".join(f"p{n}@example.com\n" for n in range(30)))
    assert run(["import", "contacts", "in.csv", "--sandbox", "--max-duration", "1s", "--job", "j", "-q"]) == 4
    for line, said in (
        ("--rate nan", "a rate is"),
        ("--rate -1", "a rate is"),
        ("--concurrency -1", "--concurrency -1"),
    ):
        capsys.readouterr()
        assert run(["resume", "j", *line.split()]) == 2
        assert said in capsys.readouterr().err
    for options in ({"rate": math.nan}, {"concurrency": -1}, {"max_errors": "abc"}, {"max_duration": -1}):
        with pytest.raises(UsageError):
            check_changes(options, Account.sandbox())


def test_what_only_a_program_gives_is_checked_too(tmp_path: Path):
    async def frames(size: Any) -> None:
        async for _frame in export_batches("contacts", Account.sandbox(), size=size):
            pass

    for size in (0, -1, 2.5):
        with pytest.raises(UsageError, match="size="):
            anyio.run(frames, size)
    assert run(["plan", "contacts", "in.csv", "--sandbox", "--rate", "0", "--job", "p", "-q"]) == 0
    for age in (-1, math.nan, "24h"):
        with pytest.raises(UsageError, match="max_age="):
            anyio.run(lambda age=age: apply(Path("bulk-jobs") / "p", Account.sandbox(), max_age=age))
