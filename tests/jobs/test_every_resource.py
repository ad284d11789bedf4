"""Every resource that can be imported, by one and the same tests: in, out, in again, changed, deleted, refused."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest

from bulk.jobs.ending import Ending
from bulk.resources.spec import Resource
from tests.jobs.samples import IMPORTED, SAMPLES, Sample
from tests.world import World, check_reports, report

EVERY = pytest.mark.parametrize("resource", IMPORTED, ids=lambda resource: resource.name)


@pytest.fixture
def account(world: World, small: Path) -> World:
    shutil.copytree(small, world.folder / "account")
    return world


def imported(world: World, path: Path, resource: Resource, **options: object) -> Ending:
    """Import a file, and let no trace of the job remain but what `world.sent` has."""
    world.sent.clear()
    shutil.rmtree(world.job.path, ignore_errors=True)
    return world.start(path, resource.name, **options)


def told(world: World) -> list[dict[str, str]]:
    """What failed, to be read when a test does."""
    return [{name: cell[:300] for name, cell in line.items()} for line in report(world.job.path, "failed.csv")]


def filled(world: World, resource: Resource) -> Sample:
    """An account with the sample's rows in it."""
    sample = SAMPLES[resource.name]
    ending = imported(world, world.csv(sample.rows, sample.header), resource)
    assert ending.summary.rows["succeeded"] == len(sample.rows), told(world)
    return sample


def exported(world: World, resource: Resource, name: str = "out.csv", **options: object) -> Path:
    shutil.rmtree(world.job.path, ignore_errors=True)
    path = world.folder / name
    ending = world.export(path, resource.name, **options)
    assert ending.summary.complete, ending.summary
    return path


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def test_there_are_samples_of_every_resource_that_can_be_imported():
    assert set(SAMPLES) == {resource.name for resource in IMPORTED}


# ---- in, out, and in again


@EVERY
@pytest.mark.parametrize("guarded", [False, True], ids=["plain", "guarded"])
def test_rows_come_out_as_they_went_in_and_going_in_again_change_nothing(
    account: World, resource: Resource, guarded: bool
):
    sample = filled(account, resource)
    path = exported(account, resource, guard_formulas=guarded)
    if not guarded:
        out = [tuple(row[name] for name in sample.columns) for row in read(path)]
        assert sorted(row for row in out if row in sample.rows) == sorted(sample.rows), out
    ending = imported(account, path, resource)
    assert ending.summary.rows["unchanged"] == ending.summary.rows["read"] >= len(sample.rows), told(account)
    assert account.steps() == [], "nothing but GET"
    check_reports(account.job.path, list(read(path)[0]))
    again = exported(account, resource, "again.csv", guard_formulas=guarded)
    assert again.read_bytes() == path.read_bytes()
