from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.leaks import leaks
from tests.lessons import Ran
from tests.scale import Some, tries
from tests.started import PYTHONPATH

settings.register_profile("bulk", deadline=None, max_examples=tries(20, 300))  # a busy machine is no defect
settings.load_profile("bulk")
CORPORA = Path(__file__).parents[2] / "shared" / "corpora"


MEMORY = Path("/dev/shm")  # noqa: S108 - Linux's file system in memory
ROOM = 4 * 1024**3  # bytes of it that a whole run may take


@pytest.hookimpl(tryfirst=True)  # before the temporary folder is chosen
def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Ran(config), "lessons")
    config.pluginmanager.register(Some(), "some")
    if config.option.basetemp is None and _free(MEMORY) > ROOM:  # hundreds of jobs wait for a disk, each many times
        config.option.basetemp = tempfile.mkdtemp(prefix="bulk-tests-", dir=MEMORY)
        config.add_cleanup(partial(shutil.rmtree, config.option.basetemp, ignore_errors=True))
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # `bulk` is started often: its modules are compiled once
    sys.dont_write_bytecode = False  # and so are the tests: it takes each process three times as long as all else here
    if hasattr(config, "workerinput") or not getattr(config.option, "numprocesses", None):  # not of workers themselves
        os.environ["PYTHONPATH"] = PYTHONPATH


def pytest_collection_finish() -> None:
    """Let cycles be searched for among what tests make: thousands of tests themselves take a tenth of all time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)  # a job makes many things and few cycles


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let a worker that has nothing left take over what another has before it, unless another way is asked for.

    Each begins with a part of the suite in its order, so what a folder's tests share is made by few of them.
    """
    if config.getoption("dist") != "load":
        return None
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One worker more than there are cores: a few tests wait for seconds of a real clock."""
    return len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)) + 1


def _free(place: Path) -> int:
    """The bytes that may still be written there; 0 where there is no such place."""
    try:
        return shutil.disk_usage(place).free if os.access(place, os.W_OK) else 0
    except OSError:
        return 0


@pytest.fixture(scope="session", autouse=True)
def _no_key_is_left(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing that the tests let `bulk` write holds a key: jobs' folders, reports, logs, the sandbox's own files."""
    tempfile.tempdir = str(tmp_path_factory.mktemp("temporary"))  # what tests make beside their own folders
    yield
    tempfile.tempdir = None
    result = leaks(tmp_path_factory.getbasetemp())
    assert not result, f"a key stands in {result}"


@pytest.fixture(scope="session")
def corpora() -> Path:
    if not CORPORA.is_dir():
        pytest.skip(f"the public CSV corpora are not at {CORPORA}")
    return CORPORA


@pytest.fixture(scope="session")
def forks() -> Iterator[subprocess.Popen[str]]:
    """A process that has imported `bulk`, and forks one for each line of it; see `forked.py`."""
    root = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": PYTHONPATH, "PYTHONUTF8": "1"}
    line = [sys.executable, str(root / "tests" / "forked.py")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(line, env=environment, **pipes) as process:
        yield process
