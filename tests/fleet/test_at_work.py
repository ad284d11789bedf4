"""An account goes from worker to worker: each goes on where the one before came to, and who was overtaken stops."""

from __future__ import annotations

import threading
from pathlib import Path

import anyio
import pytest

from bulk.fleet.at_work import AT_WORK, lay_out, settle, taken_over, work_carried
from bulk.fleet.fleet_folder import DONE, RUNNING, UNFINISHED, AccountState, FleetFolder
from bulk.storage.carrying import NotCarriedError
from tests.fleet.dask_plays import NOTES, PEOPLE, TOKEN, Played, on_this_machine
from tests.served import KEY


@pytest.fixture(autouse=True)
def _keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN, KEY)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def worked(folder: FleetFolder, told: list[AccountState] | None = None, *, stopped: bool = False) -> AccountState:
    async def work() -> AccountState:
        stop = anyio.Event()
        if stopped:
            stop.set()
        said = [] if told is None else told
        return await work_carried(folder, "acme", stop, None, said.append)

    return anyio.run(work)


def laid_out(folder: FleetFolder) -> Path:
    place = folder.place_of("acme")
    lay_out(place)
    return place


def test_jobs_come_home_and_lie_as_if_this_machine_had_done_them(tmp_path: Path):
    played, told = Played(tmp_path, ["acme"], 5, (PEOPLE, NOTES)), list[AccountState]()
    with played.served_all() as folder:
        place = laid_out(folder)
        assert worked(folder, told).state == DONE
        assert [state.state for state in told] == [RUNNING, RUNNING, DONE]
        assert sorted(path.name for path in place.iterdir()) == ["1-import-contacts", "2-import-notes", "account.json"]
        job = {path.name for path in (place / "1-import-contacts").iterdir()}
        assert job == {"checkpoint.sqlite", "failed.csv", "job.json", "succeeded.csv", "summary.json"}
        assert worked(folder) == told[-1]  # a task that is given once more: who had it was lost as it told the end
    assert played.doubled_or_missing() == []


def test_who_was_overtaken_stops_and_the_next_one_goes_on(tmp_path: Path):
    played = Played(tmp_path, ["acme"], 12, (PEOPLE, NOTES))
    with played.served_all() as folder:
        place, served = laid_out(folder), played.served["acme"]
        after, turn = [], threading.Lock()

        def overtake(_number: int) -> None:
            with turn:
                if sum(played.made["acme"].values()) >= 4:
                    if not after:
                        assert taken_over(place) is not None
                    after.append(served.log[-1])

        served.on_request = overtake
        with pytest.raises(NotCarriedError):
            worked(folder)
        written = [one for one in after[1:] if one[0] == "POST"]
        assert len(written) <= 8  # what was on its way; nothing that was begun since
        assert folder.state_of("acme").state == RUNNING  # it does not say how another's account stands
        served.on_request = lambda _number: None
        assert worked(folder).state == DONE
    assert played.doubled_or_missing() == []


def test_what_a_lost_worker_left_goes_on_on_this_machine(tmp_path: Path):
    played = Played(tmp_path, ["acme"], 8, (PEOPLE, NOTES))
    with played.served_all() as folder:
        place = laid_out(folder)
        played.served["acme"].on_request = lambda _number: (
            sum(played.made["acme"].values()) == 3 and taken_over(place) and None
        )
        with pytest.raises(NotCarriedError):
            worked(folder)
        played.served["acme"].on_request = lambda _number: None
        assert list(place.glob(f"{AT_WORK}*"))
        assert on_this_machine(folder, ["acme"])["acme"].state == DONE
        assert not list(place.glob(f"{AT_WORK}*"))
    assert played.doubled_or_missing() == []


def test_what_this_machine_began_goes_on_at_a_worker(tmp_path: Path):
    played = Played(tmp_path, ["acme"], 5, (PEOPLE, NOTES))
    with played.served_all() as folder:
        (tmp_path / "acme" / "notes.csv").rename(tmp_path / "later.csv")
        assert on_this_machine(folder, ["acme"])["acme"].state != DONE
        (tmp_path / "later.csv").rename(tmp_path / "acme" / "notes.csv")
        sent = played.sent("acme", "contact/sync")
        place = laid_out(folder)
        assert [path.name for path in next(place.glob(f"{AT_WORK}*")).iterdir()] == ["1-import-contacts"]
        assert worked(folder).state == DONE
        assert played.sent("acme", "contact/sync") == sent
    assert played.doubled_or_missing() == []


def test_who_is_told_to_stop_before_it_begins_leaves_all_as_it_was(tmp_path: Path):
    played = Played(tmp_path, ["acme"], 2, (PEOPLE,))
    with played.served_all() as folder:
        place = laid_out(folder)
        state = worked(folder, stopped=True)
        assert (state.state, state.exit_code) == (UNFINISHED, 4)
        assert [path.name for path in place.iterdir()] == ["account.json"]


def test_errors_name_the_folder_where_the_jobs_are_in_the_end(tmp_path: Path):
    played = Played(tmp_path, ["acme"], 2, (PEOPLE,))
    with played.served_all() as folder:
        assert on_this_machine(folder, ["acme"])["acme"].state == DONE
        place = folder.place_of("acme")
        (place / "account.json").unlink()
        (place / "1-import-contacts" / "summary.json").unlink()
        (place / "1-import-contacts" / "checkpoint.sqlite").write_bytes(b"no database at all" * 100)
        lay_out(place)
        state = worked(folder)
        assert str(place / "1-import-contacts") in state.error
        assert "damaged" in state.error
        assert (place / "1-import-contacts" / "checkpoint.sqlite").read_bytes().startswith(b"no database")


def test_a_place_is_taken_over_by_one_at_a_time_and_settled_once(tmp_path: Path):
    place = tmp_path / "acme"
    settle(place)
    assert not place.exists()
    lay_out(place)
    first = taken_over(place)
    second = taken_over(place)
    assert first is not None
    assert second is not None
    assert not first.exists()
    (second / "1-import-contacts").mkdir()
    settle(place)
    assert [path.name for path in place.iterdir()] == ["1-import-contacts"]
    assert taken_over(place) is None
