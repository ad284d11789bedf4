"""What is published: the sdist makes the wheel, and the wheel alone is all of `bulk`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from tests.test_project import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
STATIC = """
import bulk, httpx, anyio
from pathlib import Path
from bulk.app.server import app_of
from bulk.library import Account

async def look():
    app = app_of(Account.sandbox("sandbox"), Path("jobs"), 5.0)
    async with app.router.lifespan_context(app):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            for path in ("/", "/static/app.css", "/static/app.js"):
                answer = await client.get(path)
                print(answer.status_code, path, bool(answer.content))

print(bulk.__file__)
anyio.run(look)
"""


def build(source: Path, kind: str, target: Path) -> Path:
    """Build the package that stands in a folder; the file."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = target.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return made


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """Taken away again: what looks for keys that were written would find those of the tests in the sdist."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def sdist(place: Path) -> Path:
    return build(ROOT, "sdist", place / "sdist")


@pytest.fixture(scope="module")
def unpacked(sdist: Path) -> Path:
    """What the sdist holds."""
    with tarfile.open(sdist) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Python has one since 3.11.4
        archive.extractall(sdist.parent)  # noqa: S202 - of our own making
    return sdist.parent / sdist.name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def wheel(unpacked: Path, place: Path) -> Path:
    """The wheel as an index gives it: made of the sdist, not of a working tree."""
    return build(unpacked, "wheel", place / "wheel")


@pytest.fixture(scope="module")
def installed(wheel: Path, place: Path) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place / "installed")  # noqa: S202 - it was built here
    return place / "installed"


def tracked(*folders: str) -> set[str]:
    files = (path for folder in folders for path in (ROOT / folder).rglob("*"))
    return {path.relative_to(ROOT).as_posix() for path in files if path.is_file() and "__pycache__" not in path.parts}


def test_an_index_would_take_both(sdist: Path, wheel: Path):
    for command in (["twine", "check", "--strict", str(sdist), str(wheel)], ["check_wheel_contents", str(wheel)]):
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=ROOT, env=os.environ | {"PYTHONPATH": ""}, check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_holds_the_package_its_data_and_nothing_else(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    about = {name for name in names if ".dist-info/" in name}
    templates = {f"bulk/_{name}" for name in tracked("templates")}
    manual = {name for name in names if name.endswith(".data/data/share/man/man1/bulk.1")}
    assert (len(manual), names - about - manual) == (1, tracked("bulk") | templates)
    assert {"bulk/py.typed", "bulk/app/static/app.css", "bulk/app/templates/start.html"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in about)


def test_the_sdist_holds_what_builds_and_tests_it_and_nothing_of_a_machine(unpacked: Path):
    there = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    needed = tracked("bulk", "tests", "templates", "samples", "docs", "benchmarks", ".ci")
    assert needed <= there
    assert {"pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "PKG-INFO"} <= there
    odd = [
        name for name in there if any(part in name for part in ("__pycache__", ".venv", ".pyc", "bulk-jobs", ".egg-"))
    ]
    assert odd == []


def test_the_wheel_by_itself_imports_a_file_and_serves_its_page(installed: Path, tmp_path: Path):
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join((str(installed), os.environ.get("PYTHONPATH", ""))),
        "XDG_STATE_HOME": str(tmp_path / "state"), "BULK_SANDBOX_DIR": str(tmp_path / "sandbox"),
    }  # fmt: skip

    def run(*command: str) -> str:
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("-m", "bulk", "--version").split()[-1] == version("activecampaign-bulk")
    sample = str(ROOT / "samples" / "contacts.csv")
    assert "created" in run("-m", "bulk", "import", "contacts", sample, "--sandbox", "--rate", "0")
    first, *answers = run("-c", STATIC).splitlines()
    assert Path(first).is_relative_to(installed)
    assert answers == ["200 / True", "200 /static/app.css True", "200 /static/app.js True"]


SYSTEMS = {"ubuntu": "POSIX :: Linux", "macos": "MacOS", "windows": "Microsoft :: Windows"}


def said_of(kind: str) -> list[str]:
    """What the classifiers of a kind say."""
    return [line.removeprefix(f"{kind} :: ") for line in PROJECT["classifiers"] if line.startswith(f"{kind} :: ")]


def test_every_system_and_python_that_is_named_is_tested_and_no_other():
    matrix = yaml.safe_load(WORKFLOW)["jobs"]["tests"]["strategy"]["matrix"]
    versions = [version for version in said_of("Programming Language :: Python") if version != "3 :: Only"]
    assert matrix["python"] == versions
    assert versions[0] == PROJECT["requires-python"].removeprefix(">=")
    systems = [SYSTEMS[runner.split("-")[0]] for runner in matrix["system"]]
    assert sorted(systems) == said_of("Operating System")


def test_what_runs_elsewhere_is_pinned_and_may_only_read():
    workflow = yaml.safe_load(WORKFLOW)
    assert workflow["permissions"] == {"contents": "read"}
    jobs = workflow["jobs"].values()
    uses = [step["uses"] for job in jobs for step in job["steps"] if "uses" in step]
    assert [use for use in uses if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+\.\d+\.\d+", use)] == []
    assert all("timeout-minutes" in job for job in jobs)
    assert not [job for job in jobs if "latest" in str(job.get("runs-on"))]


def test_the_workflow_checks_what_is_checked_here():
    """Its test line is found in the README as `.ci/run` finds it, and each command of `.ci/run` is in it."""
    here = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    pattern = re.search(r"grep -m1 '(.+)' README\.md", here)
    assert pattern is not None
    assert pattern[0] in WORKFLOW
    commands = [line.removeprefix(".venv/bin/") for line in here.splitlines() if line.startswith(".venv/bin/")]
    assert len(commands) >= 4
    assert [command for command in commands if f"- run: {command}\n" not in WORKFLOW] == []
