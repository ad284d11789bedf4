"""Every command of every page runs: each page is one shell, from its first line to its last, in a folder of its own.

What a page has to be given is prepared: the samples, its files (fences with a title), and an account where it goes
without `--sandbox`: a served sandbox, whose key stands in the environment in place of `...`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.commands_server import client
from tests.docs.pages import ROOT, fences, name_of, pages
from tests.served import KEY, Served

WITH_COMMANDS = [page for page in pages() if any(one.language == "sh" for one in fences(page))]
PREPARED = re.compile(r"^(?:export .*\.\.\.|python3 -m venv )")  # a key that is the reader's; what .ci/run begins with
ENDS_OTHERWISE = re.compile(r"#.*\bexit code (\d+)")
# how many fences are not run, each with its reason on the page: a new one is looked at here
NOT_RUN = 4
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the shell is bash, its streams go over a Unix socket")
_TRAP = """trap 'echo "$LINENO $?" >> "$ENDS"' ERR\n"""


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a program `bulk`, which is run by processes forked from one that has imported it."""
    folder = tmp_path_factory.mktemp("bin")
    path = Path("/tmp") / f"bulk-docs-{os.getpid()}"  # noqa: S108 - the path of a socket is short
    program = folder / "bulk"
    program.write_text(client(path), encoding="utf-8")
    program.chmod(0o755)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        (sys.executable, "-m", "tests.docs.commands_server", str(path)),
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        assert server.stdout.readline()
        yield folder
        server.terminate()
    path.unlink()


def script_of(page: Path) -> str:
    """The page's commands, each on the line on which it stands in the page."""
    lines: list[str] = []
    for fence in fences(page):
        if fence.language == "sh" and not fence.not_run:
            lines += [""] * (fence.line - 1 - len(lines))
            lines += ["" if PREPARED.match(line) else line for line in fence.text.splitlines()]
    return "\n".join(lines) + "\n"


def expected_ends(script: str) -> dict[int, int]:
    """The lines whose commands do not end with 0, and how."""
    comments = ((number, ENDS_OTHERWISE.search(line)) for number, line in enumerate(script.splitlines(), 1))
    return {number: int(code[1]) for number, code in comments if code}


def prepared(page: Path, folder: Path, address: str, commands: Path) -> dict[str, str]:
    """Give the page what it needs; the environment of its shell."""
    shutil.copytree(ROOT / "samples", folder / "samples")
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "activate").touch()
    (folder / ".venv" / "bin" / "bulk").symlink_to(commands / "bulk")
    environment = {
        "PATH": os.pathsep.join((str(commands), "/usr/bin", "/bin")), "HOME": str(folder.parent), "LANG": "C.UTF-8",
        "XDG_STATE_HOME": str(folder.parent / "state"), "BROWSER": "true", "MATON_API_KEY": KEY,
        "BULK_BASE_URL": address,
    }  # fmt: skip
    for fence in fences(page):
        if fence.title:
            text = re.sub(r"https://[\w-]+\.api-us1\.com", address, fence.text)
            (folder / fence.title).write_text(text, encoding="utf-8")
            environment |= dict.fromkeys(re.findall(r'token_env = "(\w+)"', text), KEY)
    return environment


@ON_LINUX
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name_of)
def test_every_command_of_a_page_runs(page: Path, tmp_path: Path, commands: Path) -> None:
    folder, ends = tmp_path / "page", tmp_path / "ends"
    folder.mkdir()
    ends.touch()
    (tmp_path / "trap").write_text(_TRAP, encoding="utf-8")
    script = script_of(page)
    (tmp_path / "script").write_text(script, encoding="utf-8")
    with Served(tmp_path / "served") as served:
        environment = prepared(page, folder, served.address, commands)
        environment |= {"BASH_ENV": str(tmp_path / "trap"), "ENDS": str(ends)}
        done = subprocess.run(
            ("bash", str(tmp_path / "script")), cwd=folder, env=environment, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300,
        )  # fmt: skip
    actual = {int(line): int(code) for line, code in (each.split() for each in ends.read_text().splitlines())}
    assert actual == expected_ends(script), f"{name_of(page)}, by its lines\n{done.stdout}"


def test_what_is_not_run_is_counted_and_says_why() -> None:
    left_out = [(name_of(page), fence.not_run) for page in pages() for fence in fences(page) if fence.not_run]
    assert len(left_out) == NOT_RUN, left_out
    assert all(len(why) > 10 for _page, why in left_out)


@ON_LINUX
def test_the_shell_notices_what_fails(tmp_path: Path) -> None:
    (tmp_path / "trap").write_text(_TRAP, encoding="utf-8")
    ends = tmp_path / "ends"
    script = "true\nfalse\nif false; then\n  true\nfi\n(exit 4)\n"
    environment = {"BASH_ENV": str(tmp_path / "trap"), "ENDS": str(ends), "PATH": "/usr/bin:/bin"}
    (tmp_path / "script").write_text(script, encoding="utf-8")
    subprocess.run(("bash", str(tmp_path / "script")), env=environment, check=False)
    assert ends.read_text().split("\n")[:2] == ["2 1", "6 4"]
    assert expected_ends("a\nb  # exit code 3: why\n") == {2: 3}
