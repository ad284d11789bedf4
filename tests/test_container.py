"""What the Containerfile promises, as far as it can be read off it: who runs, what goes in, what does not."""

from __future__ import annotations

import fnmatch
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_project import ROOT

FILE = (ROOT / "Containerfile").read_text(encoding="utf-8")
IGNORED = [
    line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] not in ("", "#")
]
COMMANDS = re.findall(r"^([A-Z]+) (.+)$", re.sub(r"\\\n\s*", "", FILE), re.MULTILINE)
LAST = COMMANDS[max(at for at, (command, _rest) in enumerate(COMMANDS) if command == "FROM") :]


def said(command: str, stage: list[tuple[str, str]] = COMMANDS) -> list[str]:
    return [rest for name, rest in stage if name == command]


def test_who_runs_it_has_no_rights():
    (user,) = said("USER", LAST)
    number, group = map(int, user.split(":"))
    assert min(number, group) >= 10_000, "a number, so that an engine can tell that it is not root"
    order = [name for name, _rest in LAST]
    assert order.index("USER") > order.index("RUN"), "what needs root comes before"
    assert "RUN" not in order[order.index("USER") :]


def test_what_it_is_made_of_is_pinned_slim_and_one_thing():
    bases = {line.split(" AS ")[0] for line in said("FROM")}
    assert len(bases) == 1
    assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim-\w+", bases.pop())
    copies = said("COPY", LAST)
    assert [copy.split()[0] for copy in copies] == ["--from=build"], "the wheel as it was installed, and no sources"
    build = " ".join(said("RUN", COMMANDS[: -len(LAST)]))
    assert "pip wheel" in build
    assert "/wheels/*.whl" in build


def test_no_key_can_be_in_it():
    assert said("ARG") == []
    names = {pair.split("=")[0] for line in said("ENV") for pair in line.split()}
    assert names == {"PATH", "PYTHONUNBUFFERED", "XDG_STATE_HOME"}
    assert re.search(r"key|token|secret|password", " ".join(said("RUN")), re.IGNORECASE) is None


def test_jobs_outlive_it_and_it_is_stopped_as_they_need_it():
    (volumes,) = said("VOLUME", LAST)
    assert '"/work"' in volumes
    assert said("WORKDIR", LAST) == ["/work"]
    assert said("STOPSIGNAL", LAST) == ["SIGTERM"]
    assert said("HEALTHCHECK") == []
    assert said("ENTRYPOINT", LAST) == ['["bulk"]'], "as a list: a shell in between would keep the signal to itself"


def let_through(path: Path) -> bool:
    """Whether a file goes to the build, as .dockerignore has it: the last pattern that fits decides."""
    name, result = path.relative_to(ROOT).as_posix(), True
    parts = name.split("/")
    for pattern in IGNORED:
        bare = pattern.removeprefix("!").removeprefix("**/")
        above = ["/".join(parts[: depth + 1]) for depth in range(len(parts))]
        fits = any(fnmatch.fnmatch(part, bare) for part in (parts if "**/" in pattern else above))
        result = pattern.startswith("!") if fits else result
    return result


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What goes to the build."""
    folder = tmp_path_factory.mktemp("context")
    for name in ("bulk", "templates", "tests", "samples", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"):
        inside = (
            [ROOT / name] if (ROOT / name).is_file() else [path for path in (ROOT / name).rglob("*") if path.is_file()]
        )
        for path in filter(let_through, inside):
            target = folder / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    return folder


def test_only_the_package_goes_to_the_build_and_that_is_enough(context: Path, tmp_path: Path):
    assert {path.name for path in context.iterdir()} == {"bulk", "templates", "pyproject.toml", "README.md", "LICENSE"}
    assert not list(context.rglob("*.pyc"))
    assert not any(map(let_through, (ROOT / ".git" / "config", ROOT / "bulk-jobs" / "job" / "job.json", ROOT / ".env")))
    copied = {part.strip("./") for line in said("COPY", COMMANDS[: -len(LAST)]) for part in line.split()[:-1]}
    assert copied == {path.name for path in context.iterdir()}
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=context, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("*.whl"))) == 1
