"""docs/lessons.md as data, and a pytest plugin that fails a whole run in which a test that it names did not run.

A test that is skipped with a reason is no failure, since a machine may lack what it needs; it is told at the end.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

PAGE: Final = Path("docs") / "lessons.md"
NO_TEST: Final = "Cannot happen here: "  # begins the reason of a row that has no test
_SECTION: Final = re.compile(r"^## (\d+)\. (.+)$", re.MULTILINE)
_TEST: Final = re.compile(r"^\* `([^`\s]+\.py)::(\w+)`", re.MULTILINE)


@dataclass(frozen=True)
class Lesson:
    """One row: what goes wrong, how it is excluded, and the tests that show it, as file and name."""

    number: int
    title: str
    text: str
    tests: tuple[tuple[str, str], ...]

    @property
    def reason(self) -> str:
        """Why it needs no test; "" if it does."""
        result = re.search(rf"^{NO_TEST}(.+)", self.text, re.MULTILINE)
        return result[1] if result else ""


def lessons(page: Path) -> list[Lesson]:
    """The rows of the page, as they stand."""
    parts = _SECTION.split(page.read_text(encoding="utf-8"))[1:]
    rows = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return [
        Lesson(int(number), title.strip(), text, tuple((file, name) for file, name in _TEST.findall(text)))
        for number, title, text in rows
    ]


@cache
def functions_of(file: Path) -> set[str]:
    """The names of the test functions of a file, also those in classes and those with parameters."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, functions) and node.name.startswith("test_")}


class Ran:
    """Notes which tests passed; with xdist the workers' reports come to the main process, where it counts.

    A test with parameters has run if it passed with one of them.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._passed: set[tuple[str, str]] = set()
        self._skipped: dict[tuple[str, str], str] = {}  # with the reason
        self._missing: list[str] = []
        self._excused: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        file, _, name = report.nodeid.partition("::")
        test = file, name.partition("[")[0].rpartition("::")[2]
        if report.when == "call" and report.passed:
            self._passed.add(test)
        elif report.skipped and isinstance(report.longrepr, tuple):
            reason = report.longrepr[2].removeprefix("Skipped").removeprefix(":").strip()
            if reason and reason != "unconditional skip":
                self._skipped[test] = reason

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if exitstatus != pytest.ExitCode.OK or not self._is_complete():
            return
        named = {test for lesson in lessons(self._config.rootpath / PAGE) for test in lesson.tests}
        left = sorted(named - self._passed)
        self._missing = ["::".join(test) for test in left if test not in self._skipped]
        self._excused = [f"{'::'.join(test)}: {self._skipped[test]}" for test in left if test in self._skipped]
        if self._missing:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._excused:
            terminalreporter.section(f"named in {PAGE.as_posix()} and skipped", yellow=True)
            for test in self._excused:
                terminalreporter.line(test)
        if self._missing:
            terminalreporter.section(f"named in {PAGE.as_posix()} and not run", red=True, bold=True)
            for test in self._missing:
                terminalreporter.line(test)

    def _is_complete(self) -> bool:
        """Whether the whole suite was asked for, by whatever path; not a part of it by name, mark or last failure."""
        config = self._config
        if hasattr(config, "workerinput") or config.option.collectonly:
            return False
        if config.option.keyword or config.option.markexpr or config.getoption("lf", default=False):
            return False
        asked = {(config.invocation_params.dir / argument).resolve() for argument in config.args}
        entire = {(config.rootpath / path).resolve() for path in config.getini("testpaths")}
        return config.rootpath.resolve() in asked or entire <= asked
