from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.jobs.samples import IMPORTED, SAMPLES, given
from tests.world import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The account that the samples need, made once; each test works on a copy."""
    folder = tmp_path_factory.mktemp("small")
    with pytest.MonkeyPatch.context() as patch:
        given(World(folder, patch))
    return folder / "account"


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory, small: Path) -> Path:
    """An account with a few of everything."""
    folder = tmp_path_factory.mktemp("full")
    shutil.copytree(small, folder / "account")
    with pytest.MonkeyPatch.context() as patch:
        world = World(folder, patch)
        for resource in IMPORTED:
            sample = SAMPLES[resource.name]
            job_result = world.start(world.csv(sample.rows, sample.header), resource.name)
            assert job_result.summary.rows["succeeded"] == len(sample.rows), resource.name
            shutil.rmtree(world.job.path)
    return folder / "account"
