"""A fleet on Dask ends as on one machine, also when workers are lost; a fleet goes from one to the other."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from subprocess import PIPE
from typing import Any

import anyio
import cloudpickle
import pytest

from bulk.errors import UnfinishedError, UsageError
from bulk.fleet.at_work import AT_WORK
from bulk.fleet.dask_place import ALONE, check_sight, connected, dask_place
from bulk.fleet.dask_run import DaskRun
from bulk.fleet.dask_task import OtherVersionError, Sight, _Process, digest_of, look, work_on
from bulk.fleet.fleet_folder import (
    DONE,
    REFUSED,
    RUNNING,
    UNFINISHED,
    AccountState,
    FleetFolder,
    FleetRecord,
    StepState,
)
from bulk.fleet.steps import Step
from tests.cli.conftest import Shell
from tests.fleet.dask_plays import (
    NOTES,
    PEOPLE,
    TOKEN,
    Played,
    cluster,
    on_dask,
    on_this_machine,
    place_at,
    reported,
)
from tests.lost_worker import play
from tests.scale import tries
from tests.served import KEY

NAMES = ("acme", "beta", "gamma", "delta")
FAR = "dask://192.0.2.7:8786"  # of documentation: nobody is there
SLOW = tuple(replace(step, options={**step.options, "rate": 10.0}) for step in (PEOPLE, NOTES))


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with cluster(tmp_path_factory.mktemp("cluster")) as address:
        yield address


@pytest.fixture(autouse=True)
def _keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, KEY)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def record(folder: Path, **more: Any) -> FleetRecord:
    (folder / "f.toml").touch()
    return FleetRecord(str(folder / "f.toml"), NAMES, (PEOPLE,), **more)


# ---- what comes of it


def test_results_are_those_of_one_machine(tmp_path: Path, on: str):
    for place in ("dask", "here"):
        (tmp_path / place).mkdir()
    spread, single = Played(tmp_path / "dask", NAMES, 20), Played(tmp_path / "here", NAMES, 20)
    told: list[AccountState] = []
    with spread.served_all() as folder:
        states = on_dask(folder, on, NAMES, told.append)
    with single.served_all() as other:
        expected = on_this_machine(other, NAMES)
    assert [state.error for state in states.values()] == [""] * 4
    assert {state.state for state in states.values()} == {DONE}
    assert {name: state.rows for name, state in states.items()} == {n: state.rows for n, state in expected.items()}
    assert reported(folder) == reported(other)
    assert {path.name for path in folder.path.rglob("*")} == {path.name for path in other.path.rglob("*")}
    assert not list(folder.path.rglob(f"{AT_WORK}*"))
    assert spread.doubled_or_missing() == []
    for name in NAMES:
        assert [state.state for state in told if state.account == name][-1] == DONE
        assert (tmp_path / "dask" / "out" / f"{name}.csv").is_file()


@pytest.mark.parametrize("seed", range(tries(1, 20)))
def test_a_worker_that_is_killed_costs_no_row_and_doubles_none(tmp_path: Path, on: str, seed: int):
    run = play(on, tmp_path, seed)
    assert run.killed
    assert run.wrong == []


def test_what_is_stopped_on_dask_goes_on_on_this_machine_and_what_is_stopped_here_on_dask(tmp_path: Path, on: str):
    played = Played(tmp_path, NAMES, 12, SLOW)
    said: list[str] = []

    def interrupt(state: AccountState) -> None:
        if state.state == RUNNING and len([one for one in said if one != state.account]) == 2:
            os.kill(os.getpid(), signal.SIGINT)
        said.append(state.account)

    with played.served_all() as folder:
        run = DaskRun(folder, NAMES, place_at(on), None, interrupt, said.append)
        states = anyio.run(lambda: run.run(signals=True))
        assert UNFINISHED in {state.state for state in states.values()}
        assert all(state.exit_code == 4 for state in states.values() if state.state == UNFINISHED)
        assert not list(folder.path.rglob(f"{AT_WORK}*"))
        sent = sum(played.sent(name, "contact/sync") + played.sent(name, "notes") for name in NAMES)
        assert sent < 12 * 8
        left = [name for name in NAMES if states.get(name) is None or states[name].state != DONE]
        assert {state.state for state in on_this_machine(folder, left[:2]).values()} == {DONE}
        assert {state.state for state in on_dask(folder, on, left[2:]).values()} <= {DONE}
        assert [folder.state_of(name).state for name in NAMES] == [DONE] * 4
        assert [played.sent(name, "contact/sync") for name in NAMES] == [12] * 4  # what was drained is not sent again
    assert played.doubled_or_missing() == []


def test_no_more_are_begun_after_so_many_failures(tmp_path: Path, on: str):
    names = [f"n{number}" for number in range(12)]  # of which eight have room at once
    played = Played(tmp_path, names, 1, (PEOPLE,))
    with played.served_all() as folder:
        for name in names:
            (tmp_path / name / "people.csv").unlink()
        states = on_dask(folder, on, names, max_failures=1)
        assert len(states) == 8
        assert {state.state for state in states.values()} == {REFUSED}
        assert {state.exit_code for state in states.values()} == {2}


# ---- what a task is


def test_no_key_is_in_a_task(tmp_path: Path, on: str):
    given: list[Any] = []
    played = Played(tmp_path, ["acme"], 1, (PEOPLE,))

    class Recording:
        """As a client, and keeps what is submitted."""

        def submit(self, *task: Any, **how: Any) -> Any:
            given.append((task, how))

            async def result() -> dict[str, Any]:
                return asdict(AccountState("acme", DONE))

            return result()

    with played.served_all() as folder:
        run = DaskRun(folder, ["acme"], place_at(on), None, lambda _state: None, lambda _text: None)

        async def hand_out() -> None:
            run._changed = anyio.Event()
            await run._account(Recording(), "acme")

        anyio.run(hand_out)
        ((task, how),) = given
        assert how["key"] == "f/acme"
        assert how["pure"] is False
        assert how["retries"] > 0
        for dumped in (pickle.dumps(task), cloudpickle.dumps(task)):
            assert KEY.encode() not in dumped
            assert TOKEN.encode() not in dumped
            assert len(dumped) < 500  # a name of a function, a path, two words
        assert task[0] is work_on
        assert all(isinstance(one, str) for one in task[1:])


def test_a_task_of_another_version_is_not_done(tmp_path: Path):
    with pytest.raises(OtherVersionError, match=r"begun by 0\.0\.1"):
        work_on(str(tmp_path), "acme", "0.0.1")


def test_what_a_task_fails_of_is_told_of_its_account(tmp_path: Path, on: str):
    played = Played(tmp_path, ["acme"], 1, (PEOPLE,))
    with played.served_all() as folder:
        (folder.path / "acme").mkdir()
        (folder.path / "acme" / "account.json").mkdir()  # so that nothing can be written down
        run = DaskRun(folder, ["acme"], place_at(on), None, lambda _state: None, lambda _text: None)
        with pytest.raises(OSError, match=r"account\.json"):
            anyio.run(lambda: run.run(signals=False))


# ---- who cannot do it


def test_a_scheduler_that_does_not_answer_is_said(on: str):
    place = replace(place_at("dask://127.0.0.1:1"), patience=0.2)

    async def connect() -> None:
        async with connected(place):
            pass

    with pytest.raises(UnfinishedError, match="does not answer") as caught:
        anyio.run(connect)
    assert caught.value.exit_code == 4


def test_workers_that_do_not_come_are_said(on: str):
    async def connect() -> None:
        async with connected(replace(place_at(on, workers=3), patience=0.2)):
            pass

    with pytest.raises(UnfinishedError, match="fewer than 3 workers"):
        anyio.run(connect)


def test_workers_of_another_version_are_refused_by_name(on: str):
    async def connect() -> None:
        async with connected(replace(place_at(on), version="9.9")):
            pass

    with pytest.raises(UsageError, match=r"This is bulk 9\.9, .*: 127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+\."):
        anyio.run(connect)


class Told:
    """A client whose workers say this of themselves."""

    def __init__(self, *sights: Sight) -> None:
        self._sights = sights
        self.asked: tuple[Any, ...] = ()

    async def run(self, *asked: Any) -> dict[str, Sight]:
        self.asked = asked
        return {f"tcp://192.0.2.{number}:40000": sight for number, sight in enumerate(self._sights)}


def test_workers_that_do_not_see_the_files_are_refused_by_name(tmp_path: Path):
    blind = Told(Sight((), True), Sight((str(tmp_path / "f.toml"),), True))
    with pytest.raises(UsageError, match=r"f\.toml cannot be read or written by these workers.*192\.0\.2\.1:40000"):
        anyio.run(check_sight, blind, place_at(FAR), tmp_path / "jobs", record(tmp_path))
    assert list((tmp_path / "jobs").iterdir()) == []


def test_a_worker_sees_a_file_as_it_is_and_may_write_beside_it(tmp_path: Path):
    (tmp_path / "a").write_text("1")
    right, folder = (str(tmp_path / "a"), digest_of(tmp_path / "a")), str(tmp_path)
    assert look([right], folder).blind == ()
    (tmp_path / "a").write_text("2")
    assert look([right, (str(tmp_path / "b"), "0")], folder).blind == (str(tmp_path / "a"), str(tmp_path / "b"))
    assert look([], str(tmp_path / "no")).blind == (str(tmp_path / "no"),)
    (tmp_path / "a").write_bytes(bytes(100_000))
    assert digest_of(tmp_path / "a") == "100000 bytes"


def test_tables_that_are_there_have_to_be_seen_too(tmp_path: Path):
    told = Told(Sight((), True))
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "people.csv").write_text("email\n")
    anyio.run(check_sight, told, place_at(FAR), tmp_path / "jobs", record(tmp_path))
    seen = [Path(path).name for path, _digest in told.asked[1]]
    assert seen[1:] == ["f.toml", "people.csv"]  # of the other accounts there are none


@pytest.mark.parametrize(("shares", "said"), [(True, ""), (False, ALONE)])
def test_it_is_said_that_a_limit_is_held_on_each_machine_by_itself(tmp_path: Path, shares: bool, said: str):
    told = Told(Sight((), True), Sight((), shares))
    assert anyio.run(check_sight, told, place_at(FAR), tmp_path / "jobs", record(tmp_path)) == said
    near = place_at("dask://127.0.0.1:8786")
    assert anyio.run(check_sight, told, near, tmp_path / "jobs", record(tmp_path)) == ""


def test_sandboxes_of_this_machine_are_not_looked_for_on_others(tmp_path: Path):
    with pytest.raises(UsageError, match="has its sandboxes on this machine"):
        anyio.run(check_sight, Told(), place_at(FAR), tmp_path / "jobs", record(tmp_path, sandbox=str(tmp_path)))


# ---- the command


@pytest.mark.parametrize(
    ("given", "address", "here"),
    [
        ("dask", "", True),
        ("dask://127.0.0.1:8786", "tcp://127.0.0.1:8786", True),
        ("dask://scheduler:8786", "tcp://scheduler:8786", False),
        ("dask+tls://scheduler:8786", "tls://scheduler:8786", False),
    ],
)
def test_places_are_written_so(given: str, address: str, here: bool):
    place = dask_place(given, None, 25, 2)
    assert (place.address, place.is_here, place.workers) == (address, here, 1 if address else 2)


@pytest.mark.parametrize("given", ["", "ray", "dask://", "dask://host", "dask://host:port", "tcp://host:1", "DASK"])
def test_what_is_no_place_is_refused(given: str):
    with pytest.raises(UsageError, match="no place where a fleet can run"):
        dask_place(given, None, 25, 2)


def fleet_file(folder: Path) -> None:
    (folder / "bulk.toml").write_text("".join(f'[accounts.{name}]\nconnection = "{name}"\n' for name in NAMES))
    (folder / "f.toml").write_text(
        'accounts = ["all"]\nsteps = ["import contacts {account}/people.csv --rate 10 --engine single"]\n'
    )
    for name in NAMES:
        (folder / name).mkdir()
        (folder / name / "people.csv").write_text("email\n" + "".join(f"p{n}@{name}.example.com\n" for n in range(20)))


def test_the_command_refuses_before_it_makes_anything(bulk: Shell):
    fleet_file(bulk.folder)
    result = bulk("fleet", "run", "f.toml", "--sandbox", "--on", "ray")
    assert (result.code, "dask://HOST:8786" in result.err) == (2, True)
    result = bulk("fleet", "run", "f.toml", "--sandbox", "--workers", "3")
    assert (result.code, "--on dask" in result.err) == (2, True)
    assert bulk.no_job


def test_ctrl_c_stops_the_workers_of_this_machine_in_order_and_resume_goes_on(bulk: Shell):
    played, under_way = Played(bulk.folder, NAMES, 20, SLOW[:1]), threading.Event()
    line = "import contacts {account}/people.csv --rate 10 --engine single"
    with played.served_all():
        (bulk.folder / "f.toml").write_text(f'accounts = ["all"]\nsteps = ["{line}"]\n')
        played.served["beta"].on_request = lambda number: number >= 8 and under_way.set()
        command = ["-m", "bulk", "fleet", "run", "f.toml", "--on", "dask", "--job", "night", "--json"]
        with subprocess.Popen(
            (sys.executable, *command), cwd=bulk.folder, stdout=PIPE, stderr=PIPE, start_new_session=True, text=True
        ) as process:
            assert under_way.wait(120)
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
            out, err = process.communicate()
        assert process.returncode == 130, err
        result = json.loads(out)
        assert result["accounts"]["unfinished"] >= 1
        assert all("--on dask" in one["go_on"] for one in result["each"] if one["go_on"])
        assert "Traceback" not in err
        assert bulk("fleet", "status").code == 4
        result = bulk("fleet", "resume")
        assert result.code == 0, result.err
    rows = bulk.summary("night")["rows"]
    assert (rows["read"], rows["succeeded"]) == (80, 80)
    assert [played.sent(name, "contact/sync") for name in NAMES] == [20] * 4


def test_dask_is_loaded_only_when_it_is_asked_for():
    script = "import bulk.cli.fleet, bulk.fleet.dask_run, sys; sys.exit('distributed' in sys.modules)"
    subprocess.run((sys.executable, "-c", script), check=True)


def test_a_fleet_that_waits_is_not_done(tmp_path: Path):
    folder = FleetFolder.create(tmp_path / "jobs", "f", record(tmp_path))
    folder.note(AccountState("acme", RUNNING))
    assert [state.exit_code for state in folder.states(running=False)] == [4] * 4


def test_an_account_that_had_ended_when_its_worker_was_lost_has_ended(tmp_path: Path):
    folder = FleetFolder.create(tmp_path / "jobs", "f", record(tmp_path))
    done = AccountState("acme", DONE, (StepState("1-import-contacts", DONE, {"read": 1, "succeeded": 1}),))
    folder.note(done)
    run = DaskRun(folder, NAMES, dask_place("dask", None, 1, 1), None, lambda _state: None, lambda _text: None)
    for name in ("acme", "beta"):
        run._lost(name, "It was left.")
    assert run.states["acme"] == folder.state_of("acme") == done
    assert (run.states["beta"].state, run.states["beta"].error) == (UNFINISHED, "It was left.")


def test_whoever_tells_workers_to_stop_waits_for_none_of_their_accounts():
    """The loop of the accounts may wait for the same lock: as whoever tells waited for the loop, neither went on."""
    process, busy, told, ended = _Process(), threading.Event(), threading.Event(), threading.Event()

    async def account() -> None:
        stop = anyio.Event()
        process._stops["fleet"] = [stop]
        busy.set()
        if told.wait(10):  # meanwhile the loop does nothing else
            await stop.wait()
            ended.set()

    def work() -> None:
        with process._loop() as portal:
            portal.call(account)

    thread = threading.Thread(target=work)
    thread.start()
    assert busy.wait(10)
    process.stop("fleet")
    told.set()
    thread.join(20)
    assert ended.is_set()


def test_a_step_is_a_plain_value():
    assert pickle.loads(pickle.dumps(PEOPLE)) == PEOPLE  # noqa: S301 - our own
    assert isinstance(PEOPLE, Step)
