from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bulk.__main__ import run

SAMPLE = Path(__file__).parents[2] / "samples" / "contacts.csv"


@dataclass
class Result:
    code: int
    out: str
    err: str


@dataclass
class Shell:
    """Runs command lines in process, as a user whose folders are all below `folder`."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: object) -> Result:
        self.capture.readouterr()
        code = run([str(argument) for argument in arguments])
        return Result(code, *self.capture.readouterr())

    def sandbox(self, command: str, *arguments: object) -> Result:
        return self(command, "contacts", *arguments, "--sandbox", "--rate", "0")

    @property
    def jobs(self) -> Path:
        return self.folder / "bulk-jobs"

    def job(self, name: str) -> Path:
        return self.jobs / name

    def summary(self, name: str) -> dict[str, Any]:
        return json.loads((self.job(name) / "summary.json").read_text())

    @property
    def no_job(self) -> bool:
        return not self.jobs.exists() or not list(self.jobs.iterdir())


@pytest.fixture
def bulk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    for name in ("MATON_API_KEY", "MATON_CONNECTION", "BULK_BASE_URL", "AC_API_URL", "AC_API_TOKEN", "BULK_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BULK_SANDBOX_DIR", str(tmp_path / "sandbox"))
    monkeypatch.setenv("BULK_JOBS_DIR", str(tmp_path / "bulk-jobs"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path, capsys)


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[[bytes | str], Path]:
    def write(content: bytes | str, name: str = "in.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write
