from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.leaks import leaks
from tests.lessons import Ran

CORPORA = Path(__file__).parents[2] / "shared" / "corpora"


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Ran(config), "lessons")


@pytest.fixture(scope="session", autouse=True)
def _no_key_is_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing that the tests let `bulk` write holds a key: jobs' folders, reports, logs, the sandbox's own files."""
    yield
    found = leaks(tmp_path_factory.getbasetemp())
    assert not found, f"a key stands in {found}"


@pytest.fixture(scope="session")
def corpora() -> Path:
    if not CORPORA.is_dir():
        pytest.skip(f"the public CSV corpora are not at {CORPORA}")
    return CORPORA
