"""What other programs call, as its documentation shows it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

import bulk
from bulk import (
    ExportOptions,
    ImportOptions,
    UsageError,
    export_file,
    import_file,
    library,
    sandbox_access,
)
from tests.virtual import run

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")


def test_the_example_runs_as_it_stands(tmp_path: Path):
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    done = subprocess.run((sys.executable, "example.py"), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "10 rows, 0 cannot be sent" in done.stdout
    assert "10 contacts in out.csv" in done.stdout


def test_every_name_is_offered_and_documented():
    assert bulk.__all__ == library.__all__
    for name in bulk.__all__:
        assert getattr(bulk, name) is getattr(library, name)
    functions = {
        "validate_file",
        "import_file",
        "export_file",
        "import_folder",
        "export_folder",
        "resume",
        "sandbox_access",
    }
    assert all(f"{name}(" in PAGE for name in functions)
    with pytest.raises(AttributeError, match="nothing"):
        _ = bulk.nothing


def test_a_whole_account_and_a_resume(tmp_path: Path):
    async def main() -> None:
        first, second = bulk.sandbox_access(tmp_path / "a"), bulk.sandbox_access(tmp_path / "b")
        options = bulk.ImportOptions(rate=0)
        jobs = tmp_path / "jobs"
        result = await bulk.import_file("contacts", ROOT / "samples" / "contacts.csv", first, options, jobs=jobs)
        assert result.complete
        assert result.failed.exists()
        result = await bulk.export_folder(tmp_path / "out", first, bulk.ExportOptions(rate=0), jobs=jobs)
        assert result.complete
        stopped = await bulk.import_folder(tmp_path / "out", second, bulk.ImportOptions(max_duration=4.0), jobs=jobs)
        assert stopped.error is not None
        again = await bulk.resume(stopped.job, second)
        assert again.complete
        result = await bulk.export_file("contacts", tmp_path / "b.csv", second, bulk.ExportOptions(rate=0), jobs=jobs)
        assert result.summary.rows["succeeded"] == 10

    run(main)


def test_an_unknown_resource_is_named_with_the_nearest(tmp_path: Path):
    with pytest.raises(bulk.UsageError, match="Nearest: contacts"):
        run(lambda: bulk.import_file("contcts", tmp_path / "x.csv", bulk.sandbox_access(tmp_path)))


@pytest.mark.parametrize(
    ("resource", "options", "said"),
    [
        ("users", {}, "can be exported, not imported"),
        ("deals", {"mode": "updte"}, "takes upsert, create, update, delete"),
        ("deals", {"key": "stage"}, "--key 'stage'"),
        ("contacts", {"mode": "create", "key": "id"}, "Drop one of them"),
        ("contacts", {"separator": "ab"}, "give one sign"),
        ("contacts", {"on_duplicate": "none"}, "takes error, first, last, all"),
        ("contacts", {"rate": -1}, "a rate is a number"),
        ("contacts", {"rate": float("nan")}, "a rate is a number"),
        ("contacts", {"concurrency": -3}, "--concurrency -3"),
        ("contacts", {"concurrency": 2.5}, "--concurrency 2.5"),
        ("contacts", {"max_errors": "abc"}, "--max-errors 'abc'"),
        ("contacts", {"max_errors": 5}, "--max-errors 5"),
        ("contacts", {"limit": -1}, "--limit -1"),
        ("contacts", {"skip_lines": -1}, "--skip-lines -1"),
        ("contacts", {"max_duration": -1}, "--max-duration -1"),
        ("contacts", {"maps": ["a=b"]}, "--maps"),
        ("contacts", {"on_invalid": None}, "takes skip, stop"),
        ("contacts", {"ignore_unknown": "no"}, "--ignore-unknown 'no'"),
    ],
)
def test_what_cannot_be_is_refused_as_on_the_command_line(
    tmp_path: Path, resource: str, options: dict[str, Any], said: str
):
    file = tmp_path / "in.csv"
    file.write_text("email\nada@example.com\n")

    async def work() -> None:
        chosen = ImportOptions(**options)
        await import_file(resource, file, sandbox_access(tmp_path / "box"), chosen, jobs=tmp_path / "jobs")

    with pytest.raises(UsageError) as raised:
        anyio.run(work)
    assert said in str(raised.value)
    assert not (tmp_path / "jobs").exists()


@pytest.mark.parametrize(
    "options",
    [{"rate": -1}, {"concurrency": -1}, {"columns": "email"}, {"filters": {"listid": 1}}, {"search": None},
     {"separator": ""}, {"plain": 1}, {"max_duration": float("inf")}, {"guard_formulas": None}],
    ids=str,
)  # fmt: skip
def test_what_an_export_cannot_have_is_refused(options: dict[str, Any]):
    with pytest.raises(UsageError):
        ExportOptions(**options)


def test_filters_go_by_the_same_names_as_on_the_command_line(tmp_path):
    async def work():
        access = sandbox_access(tmp_path / "box")
        file = tmp_path / "in.csv"
        file.write_text("email,lists\nada@example.com,Newsletter\nbo@example.com,\n")
        await import_file("contacts", file, access, jobs=tmp_path / "jobs")
        options = ExportOptions(filters={"listid": "1"}, rate=0)
        await export_file("contacts", tmp_path / "out.csv", access, options, jobs=tmp_path / "jobs")
        with pytest.raises(UsageError, match="--filter 'colour'"):
            await export_file("contacts", tmp_path / "no.csv", access, ExportOptions(filters={"colour": "red"}))

    anyio.run(work)
    text = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert "ada@example.com" in text
    assert "bo@example.com" not in text
