"""The one copy of the input: how it is made, what refuses it, when it goes, and what a resume makes of it."""

from __future__ import annotations

import errno
import io
import os
import sys
from functools import partial
from pathlib import Path

import pytest

from bulk.errors import UnfinishedError, UsageError
from bulk.model import Request
from bulk.storage import input_copy
from bulk.storage.input_copy import Taken, take
from tests.virtual import run
from tests.world import Crash, World, crashing, report

TEXT = "email,firstName\n" + "".join(f"p{n}@example.com,P{n}\n" for n in range(9))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    path.write_text(TEXT)
    return path


@pytest.fixture
def halted(world: World, source: Path) -> World:
    """A job that was killed after a few rows."""
    with crashing(world, "contact/sync", after=3):
        world.start(source, concurrency=1)
    assert world.job.file("input.csv").exists()
    return world


def copied(source: Path, target: Path) -> Taken:
    return run(take, source, target)


def test_a_copy_is_its_owners_alone_and_noted_under_the_name_of_the_file(source: Path, tmp_path: Path):
    before = os.umask(0)
    try:
        taken = copied(source, tmp_path / "copy")
    finally:
        os.umask(before)
    assert (tmp_path / "copy").read_text() == TEXT
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    assert (taken.input.path, taken.input.size) == (str(source.resolve()), len(TEXT))
    assert str(taken.file) == str(source)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "in.csv"]


@pytest.mark.parametrize("error", [None, errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP])
def test_a_system_that_cannot_copy_by_itself(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int | None
):
    def refuse(*_: int) -> int:
        raise OSError(error, "not here")

    if error is None:
        monkeypatch.delattr(os, "copy_file_range")
    else:
        monkeypatch.setattr(os, "copy_file_range", refuse)
    monkeypatch.setattr(input_copy, "PIECE", 7)
    copied(source, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == TEXT


@pytest.mark.parametrize("place", ["copy_file_range", "fsync"])
@pytest.mark.parametrize("kind", ["start", "validate"])
def test_a_disk_without_room_is_said_and_leaves_nothing(
    world: World, source: Path, monkeypatch: pytest.MonkeyPatch, place: str, kind: str
):
    def full(*_: int) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, place, full)
    work = partial(world.start, source) if kind == "start" else partial(copied, source, world.folder / "copy")
    with pytest.raises(UsageError, match=r"in\.csv does not fit beside its job.* Make room there"):
        work()
    assert not world.job.path.exists()
    assert not (world.folder / "copy").exists()


@pytest.mark.parametrize("fresh", [True, False])
def test_a_file_that_never_stands_still_is_refused_and_one_that_does_at_last_is_taken(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: bool
):
    turns = 0
    before = input_copy.sha256_of if fresh else os.fsync

    def writing(*given: object) -> object:
        nonlocal turns
        turns += 1
        if turns < until:
            source.write_text(TEXT + f"q{turns}@example.com,Q\n")
        return before(*given)  # type: ignore[operator]

    monkeypatch.setattr(*((input_copy, "sha256_of") if fresh else (os, "fsync")), writing)
    until = 1000
    with pytest.raises(UsageError, match="is being changed while it is read, so nothing was sent"):
        copied(source, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    turns, until = 0, 3
    taken = copied(source, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()
    assert taken.input.sha256 == input_copy.sha256_of(source)


# ---- standard input


def test_standard_input_is_read_as_it_comes_and_left_when_nobody_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    out, into = os.pipe()
    with os.fdopen(out, "r") as stdin, os.fdopen(into, "w") as feed:
        monkeypatch.setattr(sys, "stdin", stdin)
        feed.write(TEXT)
        feed.flush()
        left = input_copy.threading.Event()
        left.set()
        assert not input_copy._ready(stdin.buffer, left)
        feed.close()
        taken = run(take, None, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == TEXT
    assert str(taken.file) == "standard input"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    run(take, None, tmp_path / "other")
    assert (tmp_path / "other").read_text() == TEXT


# ---- going on


@pytest.mark.parametrize("change", ["other", "longer", "gone"])
def test_a_job_goes_on_with_the_file_as_it_was_checked(halted: World, source: Path, change: str):
    said: list[str] = []
    if change == "gone":
        source.unlink()
    else:
        source.write_text(TEXT.replace("P", "Q") if change == "other" else TEXT + "q@example.com,Q\n")

    async def heard() -> None:
        await input_copy.taken_again(halted.job, halted.job.record().input, said.append)  # type: ignore[arg-type]

    run(heard)
    assert [line for line in said if "has changed since the job began" in line] == ([] if change == "gone" else said)
    assert all("import the changed file by itself" in line for line in said)
    job_result = halted.resume()
    assert job_result.summary.complete
    assert [line["firstName"] for line in report(halted.job.path, "succeeded.csv")] == [f"P{n}" for n in range(9)]
    assert not halted.job.file("input.csv").exists()


def test_a_copy_that_was_damaged_is_refused_and_the_file_itself_leads_on(halted: World, source: Path):
    copy = halted.job.file("input.csv")
    copy.write_bytes(copy.read_bytes().replace(b"P7", b"P8"))
    before = len(halted.sent)
    with pytest.raises(UsageError, match=r"input\.csv.* is damaged or was changed.*\nDelete it, if .*in\.csv is still"):
        halted.resume()
    assert len(halted.sent) == before
    copy.unlink()
    assert halted.resume().summary.complete


def test_a_copy_is_kept_for_a_retry_and_no_longer(world: World, source: Path):
    assert world.start(source, mode="update").summary.rows["failed"] == 9
    copy = world.job.file("input.csv")
    assert copy.exists()
    source.unlink()
    for n in range(9):
        world.ask("POST contacts", {"contact": {"email": f"p{n}@example.com"}})
    assert world.resume(retry=True).summary.complete
    assert not copy.exists()


@pytest.mark.parametrize("rows", ["not an address,N\n", "", "p@example.com,P\n"])
def test_a_job_with_nothing_left_to_send_keeps_no_copy(world: World, source: Path, rows: str):
    source.write_text("email,firstName\n" + rows)
    world.start(source)
    assert not world.job.file("input.csv").exists()


def test_a_file_that_is_changed_while_it_is_checked_stops_the_job_before_anything_is_sent(
    world: World, source: Path, monkeypatch: pytest.MonkeyPatch
):
    def change(_request: Request) -> None:
        source.write_text("email,firstName\nq@example.com,Q\n")

    world.on_send = change
    job_result = world.start(source)
    assert isinstance(job_result.error, UnfinishedError)
    assert "was changed while it was checked, so nothing was sent" in str(job_result.error)
    assert job_result.summary.rows["unprocessed"] == 9
    assert not world.steps()
    world.on_send = lambda _request: None
    assert world.resume().summary.rows["succeeded"] == 9
    assert "q@example.com" not in world.account()["contacts"]


@pytest.mark.parametrize("harm", ["taken away", "changed"])
@pytest.mark.parametrize("at", [3, 8])
def test_a_copy_that_somebody_touches_while_the_job_runs_reports_nothing(
    world: World, source: Path, harm: str, at: int
):
    copy = world.job.file("input.csv")

    def touch(_request: Request) -> None:
        if len(world.sent) == at:
            copy.unlink() if harm == "taken away" else copy.write_text(TEXT.replace("P", "Q"))

    world.on_send = touch
    with pytest.raises(UnfinishedError, match=r"resume\(.*job\", account\)$"):
        world.start(source)
    world.on_send = lambda _request: None
    assert not world.job.file("succeeded.csv").exists()
    if harm == "changed":
        with pytest.raises(UsageError, match="damaged"):
            world.resume()
        copy.unlink()
    job_result = world.resume()
    assert job_result.summary.complete
    assert len(report(world.job.path, "succeeded.csv")) == 9


def test_messages_name_the_file_and_not_its_copy(world: World, source: Path):
    source.write_text(TEXT + 'x@example.com,"never closed\n')
    with pytest.raises(UsageError, match=rf"^{source}, row 11: "):
        world.start(source)
    assert not world.job.path.exists()


def test_a_kill_while_the_file_is_copied_leaves_no_half_copy(
    world: World, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _number: (_ for _ in ()).throw(Crash))
        with pytest.raises(Crash):
            copied(source, tmp_path / "copy")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]
