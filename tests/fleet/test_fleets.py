"""One job on many accounts: each by itself, none stops another, and what is not done goes on where it stopped."""

from __future__ import annotations

import csv
import json
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from bulk.cli.fleet import _side_by_side
from bulk.errors import UsageError
from bulk.fleet.fleet_file import read_fleet
from bulk.fleet.fleet_folder import (
    DONE,
    FAILED,
    REFUSED,
    RUNNING,
    UNFINISHED,
    AccountState,
    FleetFolder,
    FleetRecord,
    StepState,
    worst,
)
from bulk.fleet.on_account import OnAccount
from bulk.fleet.running import FleetRun
from bulk.fleet.steps import Step
from bulk.library.config import NamedAccount
from bulk.storage.job_folder import JobFolder
from tests.cli.conftest import Shell
from tests.world import account

IMPORT = Step("import", "contacts", "{account}/people.csv", {"rate": 0.0}, "import contacts {account}/people.csv")
EXPORT = Step("export", "contacts", "out/{account}.csv", {"rate": 0.0}, "export contacts out/{account}.csv")
FLEET = 'accounts = ["all"]\nsteps = ["import contacts {account}/people.csv --rate 0", "export all out/{account}"]\n'


def people(folder: Path, names: Sequence[str], rows: int = 2) -> None:
    for name in names:
        (folder / name).mkdir()
        lines = "".join(f"p{n}@{name}.example.com\n" for n in range(rows))
        (folder / name / "people.csv").write_text(f"email\n{lines}")


def config(folder: Path, names: Sequence[str]) -> Path:
    path = folder / "bulk.toml"
    path.write_text("".join(f'[accounts.{name}]\nconnection = "{name}"\n' for name in names))
    return path


def fleet(folder: Path, names: Sequence[str], *steps: Step, rate: float = 0.0) -> FleetFolder:
    people(folder, names)
    steps = steps or (Step("import", "contacts", "{account}/people.csv", {"rate": rate, "engine": "single"}),)
    record = FleetRecord(
        str(folder / "fleet.toml"), tuple(names), tuple(steps), str(config(folder, names)), str(folder / "sandbox")
    )
    return FleetFolder.create(folder / "jobs", "f", record)


def on(folder: FleetFolder, name: str, told: list[AccountState], stop: anyio.Event | None = None) -> AccountState:
    record = folder.record()

    async def work() -> AccountState:
        one = OnAccount(
            folder, record.steps, NamedAccount(name, name), Path(record.file).parent, Path(record.sandbox), False,
            told.append, stop or anyio.Event(),
        )  # fmt: skip
        return await one.work()

    return anyio.run(work)


def emails(folder: Path, name: str) -> set[str]:
    return set(account(folder / "sandbox" / name / "sandbox.sqlite")["contacts"])


def test_each_step_is_a_job_of_its_own_with_the_accounts_name_in_its_path(tmp_path: Path):
    folder, told = fleet(tmp_path, ["acme"], IMPORT, EXPORT), list[AccountState]()
    state = on(folder, "acme", told)
    assert (state.state, [step.state for step in state.steps]) == (DONE, [DONE, DONE])
    assert [one.state for one in told] == [RUNNING, RUNNING, DONE]
    assert {path.name for path in folder.place_of("acme").iterdir()} >= {"1-import-contacts", "2-export-contacts"}
    assert "p0@acme.example.com" in (tmp_path / "out" / "acme.csv").read_text("utf-8-sig")
    assert folder.state_of("acme") == state
    assert state.rows["read"] == 4


def test_what_is_done_is_not_done_again(tmp_path: Path):
    folder = fleet(tmp_path, ["acme"], IMPORT, EXPORT)
    first = on(folder, "acme", [])
    (tmp_path / "acme" / "people.csv").unlink()
    assert on(folder, "acme", []).steps == first.steps


def test_a_step_that_was_done_before_that_was_noted_is_not_done_again(tmp_path: Path):
    folder = fleet(tmp_path, ["acme"], IMPORT)
    on(folder, "acme", [])
    (folder.place_of("acme") / "account.json").unlink()
    (tmp_path / "acme" / "people.csv").unlink()
    assert on(folder, "acme", []).state == DONE


def test_a_step_that_cannot_begin_holds_the_next_ones_back(tmp_path: Path):
    folder = fleet(tmp_path, ["acme"], IMPORT, EXPORT)
    (tmp_path / "acme" / "people.csv").unlink()
    state = on(folder, "acme", [])
    assert (state.state, len(state.steps), state.exit_code) == (REFUSED, 1, 2)
    assert "there is no such file" in state.error
    (tmp_path / "acme" / "people.csv").write_text("email\nlate@example.com\n")
    assert on(folder, "acme", []).state == DONE
    assert emails(tmp_path, "acme") == {"late@example.com"}


def test_rows_that_fail_do_not_hold_the_next_step_back(tmp_path: Path):
    folder = fleet(tmp_path, ["acme"], IMPORT, EXPORT)
    (tmp_path / "acme" / "people.csv").write_text("email\nada@example.com\nno address\n")
    state = on(folder, "acme", [])
    assert (state.state, state.exit_code, len(state.steps)) == (FAILED, 1, 2)


def test_what_was_stopped_before_it_began_is_unfinished(tmp_path: Path):
    folder = fleet(tmp_path, ["acme"], IMPORT)
    stop = anyio.Event
    async_stop = stop()
    async_stop.set()
    state = on(folder, "acme", [], async_stop)
    assert (state.state, state.exit_code) == (UNFINISHED, 4)


def test_a_process_that_is_killed_costs_its_own_accounts_and_they_go_on(tmp_path: Path):
    names = ["acme", "beta", "gamma", "delta"]
    folder = fleet(tmp_path, names, rate=5.0)
    killed: list[int] = []

    def kill_one(state: AccountState) -> None:
        if not killed and state.state == RUNNING:
            worker = run._workers[0]
            killed.append(worker.pid)
            worker.send_signal(signal.SIGKILL)

    run = FleetRun(folder, names, processes=2, at_once=2, max_failures=None, told=kill_one)
    states = anyio.run(lambda: run.run(signals=False))
    assert killed
    left = [name for name, state in states.items() if state.state != DONE]
    assert all("has died" in folder.state_of(name).error for name in left)
    assert len(left) == 2
    assert all(states[name].state == UNFINISHED for name in left)
    again = FleetRun(folder, left, processes=1, at_once=2, max_failures=None, told=lambda _state: None)
    assert {state.state for state in anyio.run(lambda: again.run(signals=False)).values()} == {DONE}
    for name in names:
        assert emails(tmp_path, name) == {f"p{n}@{name}.example.com" for n in range(2)}
        rows = (folder.place_of(name) / "1-import-contacts" / "succeeded.csv").read_text("utf-8-sig")
        assert rows.count("example.com") == 2


def test_no_more_are_begun_after_so_many_failures(tmp_path: Path):
    names = ["acme", "beta", "gamma"]
    folder = fleet(tmp_path, names)
    for name in names:
        (tmp_path / name / "people.csv").unlink()
    run = FleetRun(folder, names, processes=1, at_once=1, max_failures=2, told=lambda _state: None)
    states = anyio.run(lambda: run.run(signals=False))
    assert [states[name].state for name in states] == [REFUSED, REFUSED]
    assert folder.state_of("gamma").state == "waiting"


def test_the_command_runs_says_resumes_and_sums_up(bulk: Shell):
    config(bulk.folder, ["acme", "beta"])
    people(bulk.folder, ["acme"])
    (bulk.folder / "nightly.toml").write_text(FLEET)
    result = bulk("fleet", "run", "nightly.toml", "--sandbox", "--job", "night")
    assert result.code == 2, result.err
    assert "2 accounts: 1 done, 1 refused" in result.out
    assert "bulk fleet resume night" in result.out
    people(bulk.folder, ["beta"])
    assert bulk("fleet", "status", "nightly.toml").code == 2
    again = bulk("fleet", "run", "nightly.toml", "--sandbox", "--job", "night")
    assert (again.code, "bulk fleet resume night" in " ".join(again.err.split())) == (2, True)
    with JobFolder(bulk.job("night")).locked():
        at_work = bulk("fleet", "status")
    assert "It is at work." in at_work.out
    assert "fleet resume" not in at_work.out
    assert "summary.csv" not in at_work.out, "it is of the run before"
    result = bulk("fleet", "resume", "--json")
    assert result.code == 0, result.err
    assert json.loads(result.out)["accounts"] == {"done": 2}
    with (bulk.job("night") / "summary.csv").open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        lines = list(reader)
    assert reader.fieldnames is not None
    assert len(set(reader.fieldnames)) == len(reader.fieldnames)
    assert [line["account"] for line in lines] == ["acme", "beta"]
    assert {(line["state"], line["go_on"]) for line in lines} == {("done", "")}
    page = (bulk.job("night") / "summary.html").read_text()
    assert "A rehearsal on local sandboxes" in page
    assert "import contacts {account}/people.csv --rate 0" in page
    people(bulk.folder, ["gamma"])
    config(bulk.folder, ["acme", "gamma"])
    looked = bulk("fleet", "run", "nightly.toml", "--sandbox", "--plan", "--job", "look")
    assert (looked.code, looked.out.splitlines()[:2]) == (
        0, ["2 accounts: 2 planned", "4 rows: 2 unchanged, 2 planned"]
    )  # fmt: skip
    assert "unprocessed" not in looked.out
    assert "fleet resume" not in looked.out
    assert bulk.summary("look")["each"][0]["rows"]["unchanged"] == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("accounts = [", "is not written as TOML is"),
        ('accounts = ["all"]\nstepps = ["x"]', "stepps means nothing here. Nearest: steps"),
        ('accounts = ["al"]\nsteps = ["export all x"]', "names no account 'al'"),
        ('accounts = "all"\nsteps = ["export all x"]', "accounts is not as it has to be"),
        ('accounts = ["all"]\nsteps = ["undo x"]', "a step begins with import or export"),
        ('accounts = ["all"]\nsteps = ["import contacts x --nope"]', "No such option"),
        ('accounts = ["all"]\nsteps = ["import kontakts x"]', "contacts"),
        ('accounts = ["all"]\nsteps = ["export all x"]\nat_once = 0', "a number from 1 on"),
    ],
)
def test_a_file_that_cannot_be_is_refused_with_where_and_why(bulk: Shell, text: str, said: str):
    config(bulk.folder, ["acme"])
    (bulk.folder / "fleet.toml").write_text(text)
    result = bulk("fleet", "run", "fleet.toml", "--sandbox")
    assert result.code == 2
    assert said in result.err
    assert bulk.no_job


def test_a_fleet_without_a_bulk_toml_is_told_that_there_is_none(bulk: Shell):
    (bulk.folder / "fleet.toml").write_text('accounts = ["all"]\nsteps = ["export all x"]')
    result = bulk("fleet", "run", "fleet.toml", "--sandbox")
    assert result.code == 2
    assert "[accounts.NAME]" in result.err
    assert "'all'" not in result.err


def test_a_fleet_of_which_all_is_done_says_how_it_stands_and_names_no_folder_for_nobody(bulk: Shell):
    config(bulk.folder, ["acme"])
    (bulk.folder / "people.csv").write_text("email\nada@example.com\n")
    (bulk.folder / "fleet.toml").write_text('accounts = ["all"]\nsteps = ["import contacts people.csv --rate 0"]')
    assert bulk("fleet", "run", "fleet.toml", "--sandbox").code == 0
    again = bulk("fleet", "resume")
    assert (again.code, again.err) == (0, "")
    assert "1 account: 1 done" in again.out


def test_what_a_fleet_has_is_found_by_its_file_too(bulk: Shell):
    assert bulk("fleet", "status").code == 2
    assert "bulk fleet run FILE.toml" in bulk("fleet", "resume").err


def test_patterns_of_accounts_are_meant_in_the_order_of_the_configuration(tmp_path: Path):
    path = tmp_path / "fleet.toml"
    path.write_text('accounts = ["b*", "acme"]\nsteps = ["import contacts x.csv"]')
    plan = read_fleet(path, ("acme", "beta", "bold", "gamma"), {"max_failures": 3}, lambda _line: IMPORT)
    assert (plan.accounts, plan.max_failures) == (("acme", "beta", "bold"), 3)
    with pytest.raises(UsageError, match="names no account"):
        read_fleet(path, ("acme",), {}, lambda _line: IMPORT)


@pytest.mark.parametrize(("codes", "expected"), [((), 0), ((0, 1), 1), ((1, 2), 2), ((4, 2, 3), 4), ((0, 130), 130)])
def test_the_exit_code_is_that_of_the_account_that_stands_worst(codes: tuple[int, ...], expected: int):
    assert worst(iter(codes)) == expected


def test_a_resume_goes_on_with_what_the_file_says_of_side_by_side(bulk: Shell):
    names = ["acme", "beta", "gamma"]
    config(bulk.folder, names)
    (bulk.folder / "nightly.toml").write_text(f"processes = 1\nat_once = 1\nmax_failures = 2\n{FLEET}")
    assert bulk("fleet", "run", "nightly.toml", "--sandbox", "--job", "night").code == 4
    assert FleetFolder(bulk.job("night")).state_of("gamma").state == "waiting"
    assert bulk("fleet", "resume").code == 4, "two failed again, so the third is not begun"
    people(bulk.folder, names)
    assert bulk("fleet", "resume", "--max-failures", "3", "--processes", "2").code == 0
    kept = FleetFolder(bulk.job("night")).record()
    assert (_side_by_side(kept), kept.max_failures) == ((1, 1), 2)


@pytest.mark.parametrize("state", [UNFINISHED, RUNNING])
def test_an_account_that_was_cut_off_is_unfinished_whatever_its_first_steps_ended_with(state: str):
    steps = (StepState("1-import-contacts", FAILED, exit_code=1), StepState("2-export-contacts", DONE))
    assert AccountState("acme", state, steps).exit_code == 4
    assert AccountState("acme", FAILED, steps).exit_code == 1


def test_requests_are_those_of_all_runs_of_a_job_each_counted_once(tmp_path: Path):
    folder = fleet(tmp_path, ["acme"], IMPORT)
    done = on(folder, "acme", [])
    cut = replace(done.steps[0], state=UNFINISHED, exit_code=4, requests=1)  # an earlier run of the same job
    folder.note(replace(done, state=UNFINISHED, steps=(cut,), requests=1))
    summary = json.loads((folder.place_of("acme") / "1-import-contacts" / "summary.json").read_text())
    assert on(folder, "acme", []).requests == summary["requests"]


def test_rows_that_failed_name_the_files_to_correct_and_quiet_says_what_is_not_done(bulk: Shell):
    config(bulk.folder, ["acme", "beta", "gamma"])
    people(bulk.folder, ["acme", "beta"])
    (bulk.folder / "beta" / "people.csv").write_text("email\nada@example.com\nno address\n")
    (bulk.folder / "nightly.toml").write_text(FLEET)
    done = bulk("fleet", "run", "nightly.toml", "--sandbox", "--job", "night", "--quiet")
    assert (done.code, done.out) == (2, "")
    assert [line.split()[0] for line in done.err.splitlines() if line.startswith("  ") and line[2] != " "] == [
        "beta", "gamma",
    ]  # fmt: skip
    (line,) = [line.strip() for line in done.err.splitlines() if "failed.csv" in line]
    assert "no address" in (bulk.folder / line).read_text("utf-8-sig")
    status = bulk("fleet", "status")
    assert line in status.out
    assert "bulk import RESOURCE FILE --account NAME" in status.out
    each = {one["account"]: one["to_correct"] for one in bulk.summary("night")["each"]}
    assert each == {"acme": [], "beta": [line], "gamma": []}
    assert line in (bulk.job("night") / "summary.html").read_text()
    assert line in (bulk.job("night") / "summary.csv").read_text("utf-8-sig")
