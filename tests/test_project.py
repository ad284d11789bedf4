"""The project's own promises: what its documents say is so, and starting it stays light."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import click
import pytest

from bulk.cli.main import bulk

ROOT = Path(__file__).parents[1]
HEAVY = ("polars", "pandera", "httpx", "tqdm", "uvicorn", "anyio", "sqlite3")


def test_help_loads_nothing_heavy():
    code = f"import sys; from bulk.__main__ import run; run(['--help']); print(set({HEAVY!r}) & set(sys.modules))"
    done = subprocess.run((sys.executable, "-c", code), check=True, capture_output=True, text=True)
    assert done.stdout.rstrip().endswith("set()")
    assert done.stderr == ""


def test_the_map_names_every_room_and_it_or_the_room_itself_every_module():
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    modules = [path for path in (ROOT / "bulk").rglob("*.py") if path.name != "__init__.py"]
    named = {path.relative_to(ROOT / "bulk").parts[0] for path in modules}
    assert all(f"`{name}`" in contributing or f"`{name}/`" in contributing for name in named)
    members_of_families = ("resources", "kinds", "routes", "messages", "cli", "presets")  # each has its explicit list
    missing = [
        path.relative_to(ROOT).as_posix()
        for path in modules
        if path.parent.name not in members_of_families
        and f"`{path.name}`" not in contributing
        and f"`{path.stem}`"
        not in (ast.get_docstring(ast.parse((path.parent / "__init__.py").read_text("utf-8"))) or "")
    ]
    assert missing == []


def test_what_a_room_says_it_has_is_there():
    for package in (ROOT / "bulk").rglob("__init__.py"):
        said = ast.get_docstring(ast.parse(package.read_text("utf-8"))) or ""
        names = re.findall(r"`([a-z][a-z_]*/?)`", said) if "\n" in said else []
        there = {path.stem for path in package.parent.glob("*.py")} | {
            f"{path.name}/" for path in package.parent.iterdir()
        }
        assert [name for name in names if name not in there] == [], package


@pytest.mark.parametrize("way", ["row", "answer"])
def test_a_way_is_short_leads_by_functions_that_there_are_and_comes_back_to_no_room(way):
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = contributing.split(f"## The way of a{'n' if way == 'answer' else ''} {way}\n")[1].split("\n## ")[0]
    steps = re.findall(r"^(\d+)\. `([\w/]+\.py)` `(\w+)` ", section, re.MULTILINE)
    assert [int(number) for number, _file, _function in steps] == list(range(1, len(steps) + 1))
    assert 5 <= len(steps) <= 12
    for _number, file, function in steps:
        tree = ast.parse((ROOT / "bulk" / file).read_text(encoding="utf-8"))
        functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        assert function in {node.name for node in functions}, file
    rooms = [file.split("/")[0] for _number, file, _function in steps]
    entered = [room for room, before in zip(rooms, ["", *rooms], strict=False) if room != before]
    assert len(entered) == len(set(entered)), "it climbs back to a room that it has left"


def test_what_judges_rows_is_bounded_to_versions_that_are_tested():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounds = {re.split(r"[\[><=,]", line)[0]: line for line in project["dependencies"]}
    for name in ("pandera", "polars"):
        above = re.search(r"<([\d.]+)", bounds[name])
        assert above, f"{name} may change under us"
        installed = tuple(map(int, metadata.version(name).split(".")[:2]))
        assert installed < tuple(map(int, above[1].split(".")))


def test_help_fits_eighty_columns():
    for command in (bulk, *bulk.commands.values()):
        text = command.get_help(click.Context(command, info_name=command.name, terminal_width=80))
        assert max(map(len, text.splitlines())) <= 80


PATCHING = {
    "tests/alike.py": "a reading that never comes",
    "tests/matrix.py": "the database that a run opens, to fill its disk",
    "tests/api/test_leaving_in_time.py": "the trace of a request",
    "tests/api/test_probe.py": "names that nobody resolves",
    "tests/cli/test_commands.py": "a signal at a question, a defect",
    "tests/cli/test_connection_commands.py": "pauses of a command",
    "tests/cli/test_doctor.py": "pauses of a command, its clock, a server's defects",
    "tests/cli/test_events.py": "what the package says of itself",
    "tests/cli/test_key_nowhere.py": "pauses of a command, a defect",
    "tests/cli/test_odd_places.py": "a user without a home",
    "tests/cli/test_ways_on.py": "pauses of a command",
    "tests/engine/test_confirm.py": "how often something is looked at",
    "tests/files/test_big_shapes.py": "bounds of a batch",
    "tests/files/test_fuzzed_files.py": "the judge itself",
    "tests/files/test_table_check.py": "bounds of a batch, hashes that are equal",
    "tests/jobs/test_ages.py": "an age of seconds",
    "tests/jobs/test_alike.py": "a bound of the search",
    "tests/jobs/test_budget_of_many.py": "what is read and written of a book, how many ways it keeps",
    "tests/jobs/test_changing_files.py": "files that change at every moment",
    "tests/jobs/test_checkpoint.py": "a full disk",
    "tests/jobs/test_connecting.py": "the gateway of an access",
    "tests/jobs/test_doctor_among_jobs.py": "looks that are counted, pauses",
    "tests/jobs/test_flat.py": "what is read and kept at a time",
    "tests/jobs/test_formats.py": "migrations to come",
    "tests/jobs/test_guarding.py": "a bound of the limit",
    "tests/jobs/test_honesty.py": "disks that are full, commits that are counted",
    "tests/jobs/test_inputs.py": "systems that copy in other ways, a full disk",
    "tests/jobs/test_interrupts.py": "the end of this very process",
    "tests/jobs/test_understood_once.py": "titles and programs that another version knows",
}


def patches(path):
    """What a file sets in place of something else, apart from the streams of the process."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    setting = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "setattr"]
    targets = [", ".join(map(ast.unparse, call.args[:2])).replace("'", "").replace(", ", ".") for call in setting]
    return [target for target in targets if not target.startswith(("sys.stdin", "sys.stdout"))]


def test_what_tests_patch_is_listed_with_its_reason_and_no_clock_is_among_it():
    """A seam by argument is better. A clock is everybody's: what looks at one that was stopped may wait for hours."""
    actual = {path.relative_to(ROOT).as_posix(): patches(path) for path in (ROOT / "tests").rglob("*.py")}
    assert {name for name, targets in actual.items() if targets} == set(PATCHING)
    clocks = re.compile(r"\btime\.(time|monotonic|perf_counter|process_time|sleep)$")
    assert [target for targets in actual.values() for target in targets if clocks.search(target)] == []


def test_where_to_look_leads_to_files_that_are_there():
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = contributing.split("## Where to look")[1].split("\n## ")[0]
    places = re.findall(r"`([a-z_]+/[a-z_/]*[a-z_]+\.py)`", table)
    assert len(places) > 40
    assert [place for place in places if not (ROOT / "bulk" / place).is_file()] == []
