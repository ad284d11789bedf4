"""What bulk keeps for itself is the user's alone, whatever the umask, and no link in its place leads it elsewhere."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bulk.errors import UsageError
from bulk.storage.job_folder import CHECKPOINT, FAILED, INPUT_COPY, JOB, LOCK, SUMMARY
from bulk.storage.job_folders import create_job
from bulk.storage.private import make_private
from tests.world import World


@pytest.fixture(params=[0o000, 0o022, 0o277])
def umask(request: pytest.FixtureRequest):
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_folders_of_jobs_are_their_owners_alone_whatever_the_umask(tmp_path: Path):
    folder = create_job(tmp_path / "a" / "bulk-jobs", "one", "import")
    folder.write_json(SUMMARY, {})
    paths = (tmp_path / "a", tmp_path / "a" / "bulk-jobs", folder.path)
    assert [path.stat().st_mode & 0o777 for path in paths] == [0o700] * 3
    assert folder.file(SUMMARY).stat().st_mode & 0o077 == 0


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path: Path):
    tmp_path.chmod(0o755)
    make_private(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("name", [CHECKPOINT, FAILED, INPUT_COPY, SUMMARY, LOCK, f".{JOB}.part", f"{CHECKPOINT}-wal"])
def test_a_link_in_a_jobs_folder_is_refused_and_its_target_left_alone(tmp_path: Path, monkeypatch, name: str):
    world = World(tmp_path, monkeypatch)
    world.start(world.csv([["a@example.com"]], "email"))
    precious = tmp_path / "precious"
    precious.write_text("precious")
    world.job.file(name).unlink(missing_ok=True)
    world.job.file(name).symlink_to(precious)
    with pytest.raises(UsageError, match="symbolic link"):
        world.resume()
    assert precious.read_text() == "precious"
