"""The files for other people's schedulers do what docs/schedulers.md says: each is run, by them or as they would."""

from __future__ import annotations

import configparser
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import pytest

from bulk.library import Account, ImportOptions, import_file
from bulk.library.jobs import jobs_in
from tests.world import account

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "samples" / "schedulers"
PAGE = (ROOT / "docs" / "schedulers.md").read_text("utf-8")
PEOPLE = "email,firstName\nada@example.com,Ada\nbob@example.org,Bob\n"
CRON = re.compile(r"((?:[\d*,/-]+\s+){5})(\S.*)")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder as the samples have it in /srv/bulk, where all is rehearsed."""
    for name in ("acme", "beta", "inbox", "metrics"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "people.csv").write_text(PEOPLE)
    for name in ("nightly.toml", "on_end.py"):
        shutil.copy(SAMPLES / name, tmp_path)
    accounts = "".join(f'[accounts.{name}]\nconnection = "{name}"\n' for name in ("acme", "beta"))
    (tmp_path / "bulk.toml").write_text(f"[defaults]\nsandbox = true\nrate = 0\n{accounts}")
    (tmp_path / "environment").write_text("export XDG_STATE_HOME=state\n")
    return tmp_path


def run(command: str, place: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a scheduler does: a shell, hardly an environment, no terminal."""
    environment = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}", "HOME": str(place)}
    return subprocess.run(
        ("/bin/sh", "-c", command.replace("/srv/bulk", str(place))), env=environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip


def cron_lines() -> list[str]:
    lines = [line for line in (SAMPLES / "crontab").read_text().splitlines() if line and not line.startswith("#")]
    return [line for line in lines if not re.match(r"[A-Z]+=", line)]


def test_each_line_of_the_crontab_runs_and_says_nothing(place: Path):
    lines = [CRON.fullmatch(line) for line in cron_lines()]
    assert len(lines) == 4
    for line in lines:
        assert line is not None
        done = run(line[2], place)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), line[0]
    assert {path.name for path in (place / "metrics").glob("*.prom")} == {"fleet.prom", "people.prom", "export.prom"}
    ended = (place / "ended.log").read_text().splitlines()
    assert [line.split()[2:4] for line in ended] == [["done", "(0):"], ["done", "(0):"]]
    assert "example.com" not in "".join(ended)
    assert "ada@example.com" in (place / "out" / "contacts.csv").read_text("utf-8-sig")
    assert "ada@example.com" in (place / "out" / "acme" / "contacts.csv").read_text("utf-8-sig")


def test_what_is_not_done_goes_on_by_the_line_after_it(place: Path):
    (place / "beta" / "people.csv").rename(place / "later.csv")
    first, second = (str(CRON.fullmatch(line)[2]) for line in cron_lines()[:2])  # type: ignore[index]
    done = run(first, place)
    assert done.returncode == 2
    assert run(second, place).returncode == 2
    (place / "later.csv").rename(place / "beta" / "people.csv")
    assert run(second, place).returncode == 0
    outcomes = [line.split()[2] for line in (place / "ended.log").read_text().splitlines()]
    assert outcomes == ["refused", "refused", "done"]


def test_the_lines_of_the_page_are_those_of_the_crontab():
    shown = re.search(r"## cron\n.*?```\n(.*?)```", PAGE, re.DOTALL)
    assert shown is not None
    assert set(shown[1].splitlines()) <= set(cron_lines())


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(SAMPLES / name)
    return parser


def test_the_units_are_sound_and_what_they_start_runs(place: Path):
    service, timer = unit("bulk-nightly.service"), unit("bulk-nightly.timer")
    line = service["Service"]["ExecStart"]
    assert line.startswith("/usr/local/bin/bulk ")
    assert timer["Timer"]["OnCalendar"] == "*-*-* 01:00:00"
    done = run(f"cd {service['Service']['WorkingDirectory']} && {line.removeprefix('/usr/local/bin/')}", place)
    assert done.returncode == 0
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert [events[0]["event"], events[-1]["event"], events[-1]["outcome"]] == ["started", "ended", "done"]
    for option in ("SuccessExitStatus=1", "TimeoutStopSec=2min", "Persistent=true"):
        assert f"`{option}`" in PAGE
        assert option in (SAMPLES / "bulk-nightly.service").read_text() + (SAMPLES / "bulk-nightly.timer").read_text()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd itself judges its units where it is")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path):
    here = str(Path(sys.executable).parent / "bulk")
    for name in ("bulk-nightly.service", "bulk-nightly.timer"):
        text = (SAMPLES / name).read_text().replace("/usr/local/bin/bulk", here)
        (tmp_path / name).write_text(text.replace("/etc/bulk/environment", "/dev/null"))
    units = [str(tmp_path / name) for name in ("bulk-nightly.service", "bulk-nightly.timer")]
    done = subprocess.run(("systemd-analyze", "verify", *units), capture_output=True, text=True, check=False)
    assert "bulk-nightly" not in done.stderr + done.stdout
    (tmp_path / "bulk-nightly.service").write_text(text.replace("[Timer]", "[Service]"))
    worse = subprocess.run(("systemd-analyze", "verify", *units), capture_output=True, text=True, check=False)
    assert "bulk-nightly" in worse.stderr + worse.stdout, "it would say so"


# ---- Airflow and Prefect: their decorators are stood in for, the tasks are run as they would run them


class Tasks:
    """What a scheduler knows of a file: its tasks, and which are before which."""

    def __init__(self) -> None:
        self.run: list[str] = []
        self.results: dict[str, Any] = {}
        self.schedule: dict[str, Any] = {}


def loaded(name: str, modules: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A sample, with its scheduler stood in for."""
    for called, module in modules.items():
        monkeypatch.setitem(sys.modules, called, module)
    spec = importlib.util.spec_from_file_location(f"sample_{name}", SAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def module(name: str, **names: Any) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(names)
    return made


class Node:
    """A task that was called while its DAG was made: it runs when it is its turn."""

    def __init__(self, work: Callable[[], Any], tasks: Tasks) -> None:
        self.work, self.tasks = work, tasks

    def __rshift__(self, other: Node) -> Node:
        for one in (self, other):
            name = one.work.__name__
            self.tasks.run.append(name)
            self.tasks.results[name] = one.work()
        return other


def airflow(tasks: Tasks, run_id: str) -> dict[str, ModuleType]:
    def dag(**schedule: Any) -> Callable[[Any], Any]:
        tasks.schedule = schedule
        return lambda function: function

    class AirflowFailException(Exception):  # noqa: N818 - Airflow's own name
        """As Airflow's: no other try."""

    sdk = module(
        "airflow.sdk", dag=dag, task=lambda work: lambda: Node(work, tasks),
        get_current_context=lambda: {"run_id": run_id},
    )  # fmt: skip
    exceptions = module("airflow.exceptions", AirflowFailException=AirflowFailException)
    return {"airflow": module("airflow"), "airflow.sdk": sdk, "airflow.exceptions": exceptions}


def prefect(tasks: Tasks, run_id: str) -> dict[str, ModuleType]:
    def task(**schedule: Any) -> Callable[[Any], Any]:
        tasks.schedule = schedule

        def decorate(work: Callable[..., Any]) -> Callable[..., Any]:
            def called(*given: Any) -> Any:
                tasks.run.append(work.__name__)
                tasks.results[work.__name__] = work(*given)
                return tasks.results[work.__name__]

            return called

        return decorate

    runtime = module("prefect.runtime", flow_run=module("flow_run", id=run_id))
    prefect = module("prefect", task=task, flow=lambda **_schedule: lambda function: function, runtime=runtime)
    return {"prefect": prefect, "prefect.runtime": runtime}


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A worker's environment: a folder, and a sandbox."""
    (tmp_path / "people.csv").write_text(PEOPLE)
    monkeypatch.setenv("BULK_FOLDER", str(tmp_path))
    monkeypatch.setenv("BULK_SANDBOX", str(tmp_path / "sandbox"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def run_by(name: str, monkeypatch: pytest.MonkeyPatch) -> Tasks:
    """Run all of a sample's tasks, as its scheduler would."""
    tasks = Tasks()
    if name == "airflow_dag":
        loaded(name, airflow(tasks, "scheduled__2026-01-01T01:00:00+00:00"), monkeypatch)
    else:
        loaded(name, prefect(tasks, "scheduled__2026-01-01T01-00-00+00-00"), monkeypatch).nightly()
    return tasks


@pytest.mark.parametrize("name", ["airflow_dag", "prefect_flow"])
def test_the_tasks_import_and_export(worker: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    tasks = run_by(name, monkeypatch)
    assert tasks.run == ["import_people", "export_all"]
    assert tasks.results["import_people"]["succeeded"] == 2
    assert tasks.results["export_all"] >= 2
    assert "ada@example.com" in (worker / "out" / "contacts.csv").read_text("utf-8-sig")
    assert 'account="sandbox"' in (worker / "people.prom").read_text()


@pytest.mark.parametrize("name", ["airflow_dag", "prefect_flow"])
def test_another_try_goes_on_with_the_job_of_the_run(worker: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    people = {f"p{n}@example.com" for n in range(30)}
    (worker / "people.csv").write_text("email\n" + "\n".join(sorted(people)) + "\n")
    jobs = worker / "bulk-jobs" / "scheduled__2026-01-01T01-00-00+00-00"

    async def cut_off() -> None:
        options = ImportOptions(rate=10, max_duration=1.0)
        sandbox = Account.sandbox(worker / "sandbox")
        assert (await import_file("contacts", worker / "people.csv", sandbox, options, jobs=jobs)).resumable

    anyio.run(cut_off)
    tasks = run_by(name, monkeypatch)
    assert tasks.results["import_people"]["succeeded"] == 30
    assert len(jobs_in(jobs)) == 1
    assert set(account(worker / "sandbox" / "sandbox.sqlite")["contacts"]) == people


def test_what_another_try_would_not_help_fails_at_once(worker: Path, monkeypatch: pytest.MonkeyPatch):
    (worker / "people.csv").unlink()
    with pytest.raises(Exception, match="there is no such file") as raised:
        run_by("airflow_dag", monkeypatch)
    assert type(raised.value).__name__ == "AirflowFailException"


def test_every_sample_is_named_on_the_page():
    named = set(re.findall(r"[\w.-]+\.(?:py|service|timer|toml)|crontab", PAGE))
    assert {path.name for path in SAMPLES.iterdir()} - {"__pycache__"} <= named
