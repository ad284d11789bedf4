"""What other programs call, as its documentation shows it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import polars as pl
import pytest

import bulk
from bulk import (
    Account,
    ExportOptions,
    ImportOptions,
    NothingToUndoError,
    RowsFailedError,
    Said,
    Snapshot,
    UnfinishedError,
    UsageError,
    export_batches,
    export_file,
    export_frame,
    import_file,
    import_rows,
    library,
    resume,
    start_export,
    start_import,
    start_resume,
    validate_rows,
)
from bulk.__main__ import run as run_command
from bulk.library import blocking
from bulk.resources.kinds import split_values
from tests.scale import LONG
from tests.virtual import run

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")


WORKED = (  # what the worked examples say
    "{'create': 3} {'create': 9, 'add_tag': 3} {'tags': ['VIP', 'Gold']}",
    "  ada@example.com: create phone '' -> '1'",
    "applied: {'created': 3}",
    "to put back: 2",
    "put back: {'updated': 2} True",
    "['Ada', 'Grace', 'Alan']",
    "  ada@example.com: update phone '1' -> '100'",
    "  grace@example.com: remove_tag tags 'VIP' -> ''",
    "  grace@example.com: conflict firstName 'Amazing' -> 'Grace B.'",
    "grace@example.com, conflict: firstName: the export had 'Grace', the file has 'Grace B.', and the account has 'Am",
    "sent: 1 as they were: 1",
    "equal: False",
    "  alan@example.com phone: '3' -> '300'",
    "would go: ['alan@example.com']",
    "missing: 1 deleted: 1 complete: True",
    "undone: {'created': 1}",
)


def test_the_examples_run_as_they_stand(tmp_path: Path):
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    told = ""
    files = []
    for number, example in enumerate(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)):
        (tmp_path / f"example_{number}.py").write_text(example, encoding="utf-8")
        files.append(f"example_{number}.py")
    for process in [[file] for file in files] if LONG else [files]:  # in one, they begin in a fraction of the time
        line = (sys.executable, "-c", f"import runpy; [runpy.run_path(one, run_name='__main__') for one in {process}]")
        done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        told += done.stdout
    assert "10 rows, 0 cannot be sent" in told
    assert "10 contacts in out.csv" in told
    assert re.search(r"\('ada@example.com', '[^']*Customer[^']*'\)", told)
    assert "'unchanged': 10" in told
    _, _, worked = told.partition("planned:")
    for said in WORKED:
        assert said in worked, worked


def test_every_name_is_offered_and_documented():
    assert bulk.__all__ == library.__all__
    assert set(bulk.__all__) <= set(dir(bulk))
    assert set(library.__all__) <= set(dir(library))
    assert not {"importlib", "Any", "TYPE_CHECKING"} & {*dir(bulk), *dir(library)}
    assert set(blocking.__all__) <= set(bulk.__all__)
    for name in bulk.__all__:
        assert getattr(bulk, name) is getattr(library, name)
    functions = [name for name in bulk.__all__ if name[0].islower()]
    assert all(name in PAGE for name in functions)
    with pytest.raises(AttributeError, match="nothing"):
        _ = bulk.nothing


def test_a_whole_account_and_a_resume(tmp_path: Path):
    async def main() -> None:
        first, second = bulk.Account.sandbox(tmp_path / "a"), bulk.Account.sandbox(tmp_path / "b")
        options = bulk.ImportOptions(rate=0)
        jobs = tmp_path / "jobs"
        result = await bulk.import_file("contacts", ROOT / "samples" / "contacts.csv", first, options, jobs=jobs)
        assert result.complete
        assert result.failed is not None
        assert result.failed.exists()
        result = await bulk.export_folder(tmp_path / "out", first, bulk.ExportOptions(rate=0), jobs=jobs)
        assert result.complete
        assert result.failed is None
        stopped = await bulk.import_folder(tmp_path / "out", second, bulk.ImportOptions(max_duration=4.0), jobs=jobs)
        assert stopped.error is not None
        again = await bulk.resume(stopped.job, second)
        assert again.complete
        result = await bulk.export_file("contacts", tmp_path / "b.csv", second, bulk.ExportOptions(rate=0), jobs=jobs)
        assert result.summary.rows["succeeded"] == 10

    run(main)


def test_an_unknown_resource_is_named_with_the_nearest(tmp_path: Path):
    with pytest.raises(bulk.UsageError, match="Nearest: contacts"):
        run(lambda: bulk.import_file("contcts", tmp_path / "x.csv", bulk.Account.sandbox(tmp_path)))


@pytest.mark.parametrize(
    ("resource", "options", "said"),
    [
        ("users", {}, "can be exported, not imported"),
        ("deals", {"mode": "updte"}, "takes upsert, create, update, delete"),
        ("deals", {"key": "stage"}, "key='stage'"),
        ("contacts", {"mode": "create", "key": "id"}, "Drop one of them"),
        ("contacts", {"separator": "ab"}, "give a sign"),
        ("contacts", {"on_duplicate": "none"}, "takes error, first, last, all"),
        ("contacts", {"rate": -1}, "a rate is a number"),
        ("contacts", {"rate": float("nan")}, "a rate is a number"),
        ("contacts", {"concurrency": -3}, "concurrency=-3"),
        ("contacts", {"concurrency": 2.5}, "concurrency=2.5"),
        ("contacts", {"max_errors": "abc"}, "max_errors='abc'"),
        ("contacts", {"max_errors": 5}, "max_errors=5"),
        ("contacts", {"limit": -1}, "limit=-1"),
        ("contacts", {"skip_lines": -1}, "skip_lines=-1"),
        ("contacts", {"max_duration": -1}, "max_duration=-1"),
        ("contacts", {"maps": ["a=b"]}, "maps=["),
        ("contacts", {"on_invalid": None}, "takes skip, stop"),
        ("contacts", {"ignore_unknown": "no"}, "ignore_unknown='no'"),
    ],
)
def test_what_cannot_be_is_refused_as_on_the_command_line(
    tmp_path: Path, resource: str, options: dict[str, Any], said: str
):
    file = tmp_path / "in.csv"
    file.write_text("email\nada@example.com\n")

    async def work() -> None:
        chosen = ImportOptions(**options)
        await import_file(resource, file, Account.sandbox(tmp_path / "box"), chosen, jobs=tmp_path / "jobs")

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


def test_what_failed_is_said_in_arguments_and_by_a_command_in_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BULK_SANDBOX_DIR", str(tmp_path / "box"))
    file = tmp_path / "in.csv"
    file.write_text("email\nnobody@example.com\n")

    async def work() -> str:
        options = ImportOptions(mode="update", rate=0)
        result = await import_file("contacts", file, Account.sandbox(tmp_path / "box"), options, jobs=tmp_path / "jobs")
        return next(iter(result.failed_rows())).error

    assert 'mode="upsert" would create it' in anyio.run(work)
    line = ["import", "contacts", str(file), "--sandbox", "--mode", "update", "--rate", "0", "--job", "j", "-q"]
    assert run_command(line) == 1
    assert "--mode upsert would create it" in (tmp_path / "bulk-jobs" / "j" / "failed.csv").read_text("utf-8-sig")


def test_filters_go_by_the_same_names_as_on_the_command_line(tmp_path):
    async def work():
        access = Account.sandbox(tmp_path / "box")
        file = tmp_path / "in.csv"
        file.write_text("email,lists\nada@example.com,Newsletter\nbo@example.com,\n")
        await import_file("contacts", file, access, jobs=tmp_path / "jobs")
        options = ExportOptions(filters={"listid": "1"}, rate=0)
        await export_file("contacts", tmp_path / "out.csv", access, options, jobs=tmp_path / "jobs")
        with pytest.raises(UsageError, match="filters='colour'"):
            await export_file("contacts", tmp_path / "no.csv", access, ExportOptions(filters={"colour": "red"}))

    anyio.run(work)
    text = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    assert "ada@example.com" in text
    assert "bo@example.com" not in text


# ---- rows and frames

FRAME = pl.DataFrame(
    {
        "email": ["ada@example.com", "bo@example.com"],
        "tags": [["VIP", "a, b"], []],
        "firstName": ["Ada", None],
        "Born": [date(1815, 12, 10), None],
        "Score": [1.0, 2.5],
    }
)
CUSTOM = "title,type\nBorn,date\nScore,text\n"


def test_a_frame_goes_in_and_comes_out_as_one(tmp_path: Path):
    (tmp_path / "fields.csv").write_text(CUSTOM)

    async def work() -> pl.DataFrame:
        account = Account.sandbox(tmp_path / "box")
        await import_file("fields", tmp_path / "fields.csv", account, ImportOptions(rate=0), jobs=tmp_path / "jobs")
        result = await import_rows("contacts", FRAME, account, ImportOptions(rate=0), jobs=tmp_path / "jobs")
        result.raise_for_failures()
        assert result.counts["succeeded"] == 2
        again = await import_rows("contacts", FRAME.to_dicts(), account, ImportOptions(rate=0), jobs=tmp_path / "jobs")
        assert again.complete
        batches = [b async for b in export_batches("contacts", account, ExportOptions(rate=0), size=1)]
        assert [len(batch) for batch in batches] == [1, 1]
        return await export_frame("contacts", account, ExportOptions(rate=0))

    frame = run(work)
    assert set(frame.dtypes) == {pl.String}
    assert frame.select("email", "firstName", "Born", "Score").rows() == [
        ("ada@example.com", "Ada", "1815-12-10", "1"),
        ("bo@example.com", "", "", "2.5"),
    ]
    assert set(split_values(frame["tags"][0], ",")) == {"VIP", "a, b"}


def test_an_empty_resource_is_a_frame_with_its_columns(tmp_path: Path):
    frame = run(export_frame, "notes", Account.sandbox(tmp_path / "box"), ExportOptions(rate=0))
    assert frame.is_empty()
    assert "note" in frame.columns


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "have no columns"),
        ([{"email": "a@example.com"}, {"email": "b@example.com", "name": "B"}], "Row 3 has 'name'"),
        ([{"email": "a@example.com", "firstName": {"a": 1}}], "Row 2, firstName: {'a': 1}"),
        ([{"email": "a@example.com", "firstName": float("nan")}], "Row 2, firstName: nan"),
        ([{"email": "a@example.com", "colour": "red"}], "colour"),
    ],
)
def test_rows_that_cannot_be_are_refused_by_name(tmp_path: Path, rows: list[dict[str, Any]], said: str):
    for function in (import_rows, validate_rows):
        more = {"jobs": tmp_path / "jobs"} if function is import_rows else {}
        with pytest.raises(UsageError, match=re.escape(said)):
            run(partial(function, "contacts", rows, Account.sandbox(tmp_path / "box"), **more))
    assert not list((tmp_path / "jobs").glob("*"))


def test_rows_that_fail_are_told_and_raised(tmp_path: Path):
    rows = [{"email": "ada@example.com"}, {"email": "nobody"}, {"email": "ada@example.com"}]
    result = run(partial(import_rows, "contacts", rows, Account.sandbox(tmp_path / "box"), jobs=tmp_path / "jobs"))
    told = [(row.row, row.status, row.code, row.cells) for row in result.failed_rows()]
    assert told == [
        (3, "rejected", "email_invalid", {"email": "nobody"}),
        (4, "rejected", "duplicate_key", {"email": "ada@example.com"}),
    ]
    with pytest.raises(RowsFailedError, match="2 rows of 3 are not done") as raised:
        result.raise_for_failures()
    assert raised.value.result is result


def test_rows_are_resumed_from_the_jobs_own_copy(tmp_path: Path):
    rows = [{"email": f"p{n}@example.com"} for n in range(20)]

    async def work() -> None:
        account = Account.sandbox(tmp_path / "box")
        result = await import_rows("contacts", rows, account, ImportOptions(max_duration=3.0), jobs=tmp_path / "jobs")
        assert result.summary.state == "unfinished"
        with pytest.raises(UnfinishedError):
            result.raise_for_failures()
        again = await resume(result.job, account)
        assert again.counts["succeeded"] == 20

    run(work)


def test_who_undoes_a_job_again_to_be_sure_passes_over_that_it_is_undone(tmp_path: Path):
    account = Account.sandbox(tmp_path / "box")
    rows = [{"email": "ada@example.com"}]
    options, jobs = ImportOptions(rate=0), tmp_path / "jobs"
    result = blocking.import_rows("contacts", rows, account, options, jobs=jobs)
    assert result.summary.undoable
    assert blocking.undo(result.job, account, options).complete
    with pytest.raises(NothingToUndoError) as raised:
        blocking.undo(result.job, account, options)
    assert (raised.value.code, isinstance(raised.value, UsageError)) == ("undo_done", True)


def test_without_an_event_loop(tmp_path: Path):
    account = Account.sandbox(tmp_path / "box")
    options = ImportOptions(rate=0)
    assert blocking.validate_rows("contacts", [{"email": "nobody"}]).tally.rejected == 1
    rows = [{"email": "ada@example.com"}]
    assert blocking.import_rows("contacts", rows, account, options, jobs=tmp_path / "jobs").complete
    assert blocking.export_frame("contacts", account, ExportOptions(rate=0))["email"].to_list() == ["ada@example.com"]


# ---- a job beside the program


def test_a_job_tells_what_it_does_and_stops_on_request(tmp_path: Path):
    file = tmp_path / "in.csv"
    file.write_text("email\n" + "".join(f"p{n}@example.com\n" for n in range(50)))
    events: list[Snapshot | Said] = []

    async def work() -> None:
        account = Account.sandbox(tmp_path / "box")
        async with start_import("contacts", file, account, jobs=tmp_path / "jobs") as job:
            async for event in job:
                events.append(event)
                if isinstance(event, Snapshot) and event.done > 3 and event.phase == "sending":
                    job.stop()
            result = await job.result()
        assert isinstance(result.error, UnfinishedError)
        assert result.summary.state == "unfinished"
        assert 0 < result.counts["unprocessed"] < 50
        async with start_resume(result.job, account) as job:
            pass  # nobody listens
        assert (await job.result()).counts["succeeded"] == 50

    run(work)
    assert any(isinstance(event, Said) and "UTF-8" in event.line for event in events)
    assert any(isinstance(event, Snapshot) and event.requests for event in events)


def test_what_keeps_a_job_from_beginning_is_raised_by_its_result(tmp_path: Path):
    async def work() -> None:
        account = Account.sandbox(tmp_path / "box")
        async with start_export("contcts", tmp_path / "out.csv", account, jobs=tmp_path / "jobs") as job:
            with pytest.raises(UsageError, match="Nearest: contacts"):
                await job.result()

    run(work)


def test_a_block_that_fails_takes_its_job_with_it(tmp_path: Path):
    file = tmp_path / "in.csv"
    file.write_text("email\n" + "".join(f"p{n}@example.com\n" for n in range(50)))

    async def work() -> None:
        account = Account.sandbox(tmp_path / "box")
        with pytest.RaisesGroup(ValueError):
            async with start_import("contacts", file, account, jobs=tmp_path / "jobs") as job:
                async for event in job:
                    if isinstance(event, Snapshot) and event.done > 3 and event.phase == "sending":
                        raise ValueError
        (folder,) = (tmp_path / "jobs").iterdir()
        assert (await resume(folder, account)).counts["succeeded"] == 50

    run(work)


# ---- the ways to an account


def test_accounts_are_made_from_what_a_program_has():
    direct = Account.direct("https://acme.api-us1.com", "token")
    assert direct.credentials is not None
    assert direct.credentials.headers()["Api-Token"] == "token"
    gateway = Account.gateway("key", connection="c-1")
    assert gateway.connection == "c-1"
    assert gateway == Account.from_environment({"MATON_API_KEY": "key"}, connection="c-1")
    assert "token" not in repr(direct)
    assert Account.sandbox("here").sandbox_folder == Path("here")
    with pytest.raises(UsageError, match="There is no key"):
        Account.from_environment({})
    with pytest.raises(UsageError, match="in clear"):
        Account.gateway("key", base_url="http://gateway.example.com")


# ---- types


def test_the_public_types_are_those_that_a_program_relies_on():
    program = shutil.which("pyright") or str(Path(sys.executable).with_name("pyright"))
    try:
        asked = subprocess.run((program, "--version"), capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        asked = None
    if asked is None or asked.returncode:
        pytest.skip("pyright is not there, or cannot start: mypy checks the same file in the lint step")
    command = (program, "--pythonpath", sys.executable, "tests/typed_use.py")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
