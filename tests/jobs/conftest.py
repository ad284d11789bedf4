from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.jobs.samples import IMPORTED, SAMPLES, given
from tests.world import World

HERE = Path(__file__).parent


FEW = 4  # cases of a test, where it does not say how many are to be in every run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A case is a job or several; the long suite runs all of them."""
    for case in items:
        if case.path.parent == HERE and case.get_closest_marker("some") is None:
            case.add_marker(pytest.mark.some(FEW))


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
