"""Odd folders, names and job files: each command says plainly what is wrong, and nothing is called a defect of bulk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bulk.errors import UsageError
from bulk.storage.job_folder import JobFolder
from bulk.storage.places import state_folder
from tests.cli.conftest import Result, Shell
from tests.cli.test_outputs import FULL, shell
from tests.scale import some

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="names and rights as POSIX has them")
Write = Callable[..., Path]
ROWS = "email,firstName\na@example.com,A\nnobody,B\n"


def plain(result: Result) -> None:
    """Whether what went wrong is said as a person needs it."""
    told = result.out + result.err
    assert "defect" not in told
    assert "Traceback" not in told


# ---- job.json and summary.json

DAMAGES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "an option of a newer version": (lambda d: d["options"].update(colour="red"), "does not know: colour"),
    "a fact of a newer version": (lambda d: d.update(mood="good", version="9.1"), "version 9.1"),
    "another format": (lambda d: d.update(format=7, version="9.1"), "version 9.1"),
    "a value that cannot be": (lambda d: d["options"].update(concurrency=-2), "damaged"),
    "no options": (lambda d: d.pop("options"), "lacks options"),
    "no kind": (lambda d: d.pop("kind"), "lacks kind"),
    "a place that is a number": (lambda d: d.update(place=7), "damaged"),
    "options that are a list": (lambda d: d.update(options=[]), "damaged"),
    "an input that is a text": (lambda d: d.update(input="in.csv"), "damaged"),
    "another kind": (lambda d: d.update(kind="dance"), "damaged"),
    "parts that are a number": (lambda d: d.update(parts=3), "damaged"),
}


@pytest.fixture
def stopped(bulk: Shell, csv_file: Write) -> Path:
    """The folder of a job that can go on."""
    two = csv_file("email,firstName\na@example.com,A\nb@example.com,B\n")
    options = ("--mode", "update", "--concurrency", "1", "--max-errors", "1", "--job", "job")
    assert bulk.sandbox("import", two, *options).code == 3
    return bulk.job("job")


@pytest.mark.parametrize("name", DAMAGES)
def test_a_job_that_is_not_understood_is_refused_plainly(bulk: Shell, stopped: Path, name: str):
    damage, said = DAMAGES[name]
    file = stopped / "job.json"
    data = json.loads(file.read_text())
    damage(data)
    file.write_text(json.dumps(data))
    for command in ("resume", "retry"):
        result = bulk(command, "job")
        assert result.code == 2
        assert command == "retry" or said in result.err
        plain(result)
    plain(bulk("jobs"))
    plain(bulk("jobs", "job"))
    plain(bulk("resume"))


@pytest.mark.parametrize("text", ["", "[]", "7", "null", "{", '{"kind": "import"}', "[" * 5000, "\0"])
def test_a_job_file_that_is_none_is_named_in_the_list(bulk: Shell, stopped: Path, text: str):
    (stopped / "job.json").write_text(text)
    result = bulk("jobs")
    assert "job.json" in result.err
    assert "No jobs" not in result.out
    plain(result)
    for command in ("resume", "retry", "jobs"):
        result = bulk(command, "job")
        assert result.code == 2
        plain(result)


@pytest.mark.parametrize(
    "text", ["[]", "7", "null", '"x"', "{}", '{"rows": 7}', '{"rows": {"read": "x"}}', '{"state": [], "rows": {}}', "{"]
)
def test_a_summary_that_is_none_costs_nothing(bulk: Shell, stopped: Path, text: str):
    (stopped / "summary.json").write_text(text)
    plain(bulk("jobs"))
    plain(bulk("jobs", "job"))
    plain(bulk("retry", "job"))
    result = bulk("resume", "job", "--max-errors", "9")
    assert result.code == 1, "it goes on from the checkpoint"
    plain(result)


# ---- names that are no text


def test_a_file_whose_name_is_no_utf8_goes_all_the_way(bulk: Shell):
    name = os.fsdecode(b"p\xe9ople.csv")
    Path(name).write_text(ROWS)
    first = {
        "import contacts p$'\\xe9'ople.csv --sandbox --rate 0 --job job": 1,
        "export contacts $'\\xff'.csv --sandbox --rate 0 --json": 0,
        "jobs": 0,
    }
    more = {
        "validate contacts p$'\\xe9'ople.csv": 1,
        "jobs job": 0,
        "retry job": 1,
        "import contacts p$'\\xe9'ople.csv --sandbox --rate 0 --jobs-dir d$'\\xe9' --job job": 1,
        "jobs --jobs-dir d$'\\xe9' --json": 0,
    }
    commands = first | dict(some(more.items(), 1))
    codes = " ".join(f"bulk {command}; codes=$codes$?;" for command in commands)
    result = shell(f"{codes} echo; echo codes $codes")
    assert result.stdout.splitlines()[-1] == f"codes {''.join(map(str, commands.values()))}"
    assert "p\\udce9ople.csv" in result.stdout
    plain(Result(0, result.stdout, result.stderr))
    noted = JobFolder(bulk.job("job")).record().input
    assert noted is not None
    assert Path(noted.path).read_text() == ROWS, "and it is found again by what stands in job.json"
    assert Path(os.fsdecode(b"\xff.csv")).exists()


# ---- places


def test_without_a_home_the_way_on_is_said(monkeypatch: pytest.MonkeyPatch):
    def nowhere() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", nowhere)
    with pytest.raises(UsageError, match="Set XDG_STATE_HOME"):
        state_folder({})
    assert state_folder({"XDG_STATE_HOME": "/mine"}) == Path("/mine/activecampaign-bulk")


def test_what_jobs_share_lies_where_each_system_keeps_such_things():
    home = {"HOME": "/u"}
    assert state_folder(home, "linux") == Path("/u/.local/state/activecampaign-bulk")
    assert state_folder(home, "darwin") == Path("/u/Library/Application Support/activecampaign-bulk")
    assert state_folder({"LOCALAPPDATA": "/l", **home}, "win32") == Path("/l/activecampaign-bulk")
    assert state_folder({"XDG_STATE_HOME": "/x", **home}, "darwin") == Path("/x/activecampaign-bulk")


@contextmanager
def nobody() -> Iterator[None]:
    """Without the rights of root, where the tests have them."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("command", [["jobs"], ["resume"], ["retry"], ["jobs", "job"], ["resume", "job"]])
def test_a_folder_of_somebody_else_is_not_an_empty_one(bulk: Shell, stopped: Path, command: list[str]):
    for folder in (bulk.folder, *bulk.folder.parents[:-2]):
        folder.chmod(0o755)
    bulk.jobs.chmod(0o700 if os.geteuid() == 0 else 0)
    try:
        with nobody():
            result = bulk(*command)
    finally:
        bulk.jobs.chmod(0o700)
    assert result.code == 2
    assert "ermission denied" in result.err
    assert "No jobs" not in result.out
    plain(result)


def test_jobs_of_somebody_else_are_named(bulk: Shell, stopped: Path):
    for folder in (bulk.folder, *bulk.folder.parents[:-2], bulk.jobs):
        folder.chmod(0o755)
    stopped.chmod(0o700 if os.geteuid() == 0 else 0)
    try:
        with nobody():
            result = bulk("jobs")
    finally:
        stopped.chmod(0o700)
    assert "job" in result.err
    assert "ermission denied" in result.err
    assert "No jobs" not in result.out


def test_a_job_that_cannot_be_deleted_stays_one(bulk: Shell, csv_file: Write):
    bulk.sandbox("import", csv_file(ROWS), "--job", "job")
    if os.geteuid() == 0:
        for path in (bulk.job("job"), *bulk.job("job").iterdir()):
            os.chown(path, 65534, -1)
    for folder in (bulk.folder, *bulk.folder.parents[:-2]):
        folder.chmod(0o755)
    bulk.jobs.chmod(0o555)
    try:
        with nobody():
            result = bulk("jobs", "prune", "--older-than", "0s", "--yes")
    finally:
        bulk.jobs.chmod(0o700)
    assert "cannot be deleted" in result.out + result.err
    assert (bulk.job("job") / "job.json").is_file()


def test_a_folder_of_jobs_that_is_none(bulk: Shell):
    Path("file").write_text("")
    for command in ("jobs", "resume", "retry"):
        result = bulk(command, "--jobs-dir", "file")
        assert result.code == 2
        assert "file" in result.err
        plain(result)
    assert "there is no folder gone" in bulk("jobs", "--jobs-dir", "gone").out


# ---- no room


def test_no_room_for_the_reports_ends_with_the_command_that_goes_on(bulk: Shell):
    import resource

    cell = "x" * 6000
    Path("in.csv").write_text("email,note\n" + "".join(f"p{n}@example.com,{cell}\n" for n in range(400)))
    size = Path("in.csv").stat().st_size
    line = [sys.executable, "-m", "bulk", "import", "contacts", "in.csv", "--map", "note=", "--sandbox", "--rate", "0"]
    result = subprocess.run(
        [*line, "--job", "job"], capture_output=True, text=True, timeout=120, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size + 2000, size + 2000)),
    )  # fmt: skip
    assert result.returncode == 4, result.stderr
    assert result.stderr.splitlines()[-1].strip().startswith("bulk resume job")
    assert "defect" not in result.stderr
    assert not list(bulk.job("job").glob("*.csv")) or [p.name for p in bulk.job("job").glob("*.csv")] == ["input.csv"]
    assert not list(bulk.job("job").glob(".*.part"))
    assert bulk("resume").code == 0
    assert bulk.summary("job")["rows"]["succeeded"] == 400


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is full")
def test_no_room_for_an_export_ends_with_the_command_that_goes_on(bulk: Shell, csv_file: Write):
    bulk.sandbox("import", csv_file(ROWS), "--job", "import")
    result = bulk.sandbox("export", FULL, "--job", "out")
    assert result.code == 4
    assert result.err.splitlines()[-1].strip().startswith("bulk resume out")
    plain(result)
