"""When a job was begun, as job.json says it: read in one way, and told where it is none."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bulk.errors import UsageError
from bulk.fleet.fleet_folder import FleetFolder
from bulk.library.reporting import report
from bulk.storage.job_folder import JobFolder
from bulk.storage.job_folders import all_jobs, unreadable_jobs
from bulk.storage.job_record import moment_of
from tests.cli.conftest import Shell, bulk  # noqa: F401 - a fixture
from tests.world import World

ODD = ["", "yesterday", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59-12:00", 7]


def begun_at(job: Path, created: object) -> None:
    path = job / "job.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"created": created}))


@pytest.mark.parametrize("created", ODD)
def test_an_odd_one_is_told_by_whoever_reads_it(world: World, created: object):
    world.start(world.csv([("ada@example.com",)], "email"))
    begun_at(world.job.path, created)
    with pytest.raises(UsageError, match=r"job\.json"):
        JobFolder(world.job.path).record()
    with pytest.raises(UsageError, match=r"job\.json"):
        report(world.job.path)
    assert all_jobs(world.job.path.parent) == []
    ((job, why),) = unreadable_jobs(world.job.path.parent)
    assert (job.path, "damaged" in why) == (world.job.path, True)


@pytest.mark.parametrize(
    "command", [("jobs",), ("jobs", "prune", "--older-than", "30d"), ("report", "j"), ("undo", "j")]
)
def test_no_command_ends_in_a_defect_by_it(bulk: Shell, command: tuple[str, ...]):  # noqa: F811 - a fixture
    path = bulk.folder / "in.csv"
    path.write_text("email\nada@example.com\n")
    bulk.sandbox("import", path, "--job", "j")
    begun_at(bulk.job("j"), "yesterday")
    ended = bulk(*command)
    assert ended.code in (0, 2)
    assert "defect" not in ended.err


def test_one_without_a_zone_is_in_utc():
    assert moment_of("2026-11-27T17:40:16") == datetime(2026, 11, 27, 17, 40, 16, tzinfo=UTC)


def test_that_of_a_fleet_likewise(tmp_path: Path):
    data = {"file": "", "accounts": [], "steps": [], "created": "yesterday"}
    (tmp_path / "fleet.json").write_text(json.dumps(data))
    with pytest.raises(UsageError, match="yesterday"):
        FleetFolder(tmp_path).record()
