"""docs/lessons.md: every row is there, every test that it names exists, and a whole run without one of them fails."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lessons import PAGE, functions_of, lessons

ROOT = Path(__file__).parents[1]
LESSONS = lessons(ROOT / PAGE)


def test_every_row_is_there_in_its_place():
    assert [lesson.number for lesson in LESSONS] == list(range(1, 48))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: str(lesson.number))
def test_every_row_has_tests_that_exist_or_a_reason(lesson):
    assert lesson.tests or len(lesson.reason) > 40
    for file, name in lesson.tests:
        assert file.startswith("tests/")
        assert Path(file).name.startswith("test_"), "else it is not collected"
        assert name in functions_of(ROOT / file)
    assert len(set(lesson.tests)) == len(lesson.tests)
    assert lesson.text.count("::") == len(lesson.tests), "a line that names a test and is not read as one"


def test_the_contents_of_the_page_are_its_rows():
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    linked = re.findall(r"^\| \[(\d+)\]\(#([^)]+)\) \| (.+) \|$", text, re.MULTILINE)
    assert [(int(number), title) for number, _anchor, title in linked] == [(row.number, row.title) for row in LESSONS]
    for number, anchor, title in linked:
        assert anchor == f"{number}-{re.sub(r'[^a-z0-9 -]', '', title.lower()).replace(' ', '-')}"


# ---- the plugin, on suites of its own

SUITE = (
    "import pytest\n\ndef test_one():\n    pass\n\n@pytest.mark.parametrize('n', [1, 2])\ndef test_two(n):\n    {two}\n"
)
DESELECTING = "\ndef pytest_collection_modifyitems(items):\n    items[:] = [i for i in items if 'two' not in i.name]\n"


SKIP = "pytest.skip('not today')"
BARE = "pytest.skip('')"
CASES = {  # what the second test does, what its conftest adds, the options, and the exit code
    "all pass": ("pass", "", (), 0),
    "all pass, on workers": ("pass", "", ("-n", "2"), 0),
    "one of its parameters passes": (f"n == 1 or {SKIP}", "", (), 0),
    "skipped with a reason": (SKIP, "", (), 0),
    "skipped with a reason, on workers": (SKIP, "", ("-n", "2"), 0),
    "skipped": (BARE, "", (), 1),
    "skipped, on workers": (BARE, "", ("-n", "2"), 1),
    "skipped, the folder named": (BARE, "", ("suite",), 1),
    "skipped, the project named": (BARE, "", (".",), 1),
    "skipped, one file asked for": (BARE, "", ("suite/test_a.py",), 0),
    "skipped, some names asked for": (BARE, "", ("-k", "one or two"), 0),
    "skipped, only listed": (BARE, "", ("--collect-only",), 0),
    "left out by the suite": ("pass", DESELECTING, (), 1),
    "left out by the suite, on workers": ("pass", DESELECTING, ("-n", "2"), 1),
    "left out by an option": ("pass", "", ("--deselect", "suite/test_a.py::test_two"), 1),
    "one parameter left out": ("pass", "", ("--deselect", "suite/test_a.py::test_two[1]"), 0),
}


@pytest.mark.some(4)
@pytest.mark.parametrize("case", CASES)
def test_a_whole_run_fails_without_a_named_test_and_a_part_does_not(tmp_path: Path, case: str):
    two, conftest, options, code = CASES[case]
    for folder in ("docs", "suite"):
        (tmp_path / folder).mkdir()
    (tmp_path / PAGE).write_text("## 1. Row\n\n* `suite/test_a.py::test_one`\n* `suite/test_a.py::test_two`\n")
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\ntestpaths = ["suite"]\n')
    (tmp_path / "suite" / "test_a.py").write_text(SUITE.format(two=two))
    register = "config.pluginmanager.register(Ran(config), 'lessons')"
    (tmp_path / "suite" / "conftest.py").write_text(
        f"from tests.lessons import Ran\n\ndef pytest_configure(config):\n    {register}\n{conftest}"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment |= {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    line = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "xdist", *options]
    done = subprocess.run(line, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    said = "named in docs/lessons.md and not run" in done.stdout
    assert said == (code == 1)
    assert not said or "suite/test_a.py::test_two\n" in done.stdout
    excused = "named in docs/lessons.md and skipped" in done.stdout
    assert excused == case.startswith("skipped with a reason")
    assert not excused or "suite/test_a.py::test_two: not today\n" in done.stdout
