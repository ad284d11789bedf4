"""What of Windows can be tried elsewhere: a Python without what it lacks, its rules for files, its console.

`tests/as_on_windows` makes such a Python; docs/windows.md says what is not tried by it.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

import pytest

from bulk.errors import UsageError
from bulk.files.placing import put_in_place
from bulk.fleet.fleet_folder import FleetFolder, FleetRecord
from bulk.storage.job_folders import create_job
from bulk.wording import as_typed, line_of
from tests.cli.conftest import SAMPLE
from tests.started import PYTHONPATH
from tests.test_project import ROOT

HERE = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the stand-in looks at Linux's list of open files"
)
COMMANDS = f"""
import contacts {SAMPLE} --sandbox --rate 0 --job one -q
export contacts out.csv --sandbox --rate 0 -q
export contacts out.csv --sandbox --rate 0 -q
export contacts out.xlsx --sandbox --rate 0 -q
export contacts out.xlsx --sandbox --rate 0 -q
validate contacts out.xlsx --sandbox -q
plan contacts out.xlsx --sandbox --rate 0 --job plan -q
apply plan --rate 0 -q
export all everything --sandbox --rate 0 -q
import all everything --sandbox --rate 0 -q
compare out.csv live --sandbox -q
report one page.html
undo one --yes --rate 0 -q
jobs
jobs prune --older-than 0s --yes
sandbox reset --yes
"""
RUN = """
import sys
from bulk.__main__ import run
from bulk.cli import terminal
terminal.prepare()
for line in sys.argv[1].strip().splitlines():
    print(run(line.split()), line, file=sys.stderr, flush=True)
"""
LACKS = """
import asyncio, os, signal
try:
    import fcntl
except ImportError:
    print("no fcntl")
try:
    asyncio.new_event_loop().add_signal_handler(signal.SIGINT, print)
except NotImplementedError:
    print("no signals of the loop")
print(hasattr(os, "fork"), hasattr(os, "geteuid"), hasattr(signal, "siginterrupt"))
with open("one", "w"):
    for act in (lambda: os.replace("one", "two"), lambda: os.unlink("one"), lambda: os.open(".", os.O_RDONLY)):
        try:
            act()
        except PermissionError:
            print("refused")
for name in ("con", "AUX.txt", "a:b", "end.", "what?"):
    try:
        os.mkdir(name)
    except OSError as error:
        print(error.strerror)
"""


def environment(folder: Path, **more: str) -> dict[str, str]:
    """That of a process on such a Python, all of whose files are below a folder."""
    left_out = (
        "BULK_JOBS_DIR",
        "BULK_DEBUG",
        "COLUMNS",
        "MATON_API_KEY",
        "MATON_CONNECTION",
        "AC_API_URL",
        "AC_API_TOKEN",
    )
    inherited = {name: text for name, text in os.environ.items() if name not in left_out}
    return inherited | {
        "PYTHONPATH": os.pathsep.join((str(ROOT / "tests" / "as_on_windows"), PYTHONPATH)),
        "XDG_STATE_HOME": str(folder / "state"), "BULK_SANDBOX_DIR": str(folder / "sandbox"),
        "PYTHONDONTWRITEBYTECODE": "1",
    } | more  # fmt: skip


def python(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment(folder, **more), input=b"", capture_output=True,
        timeout=300, check=False,
    )  # fmt: skip


@HERE
def test_the_stand_in_lacks_and_forbids_what_windows_does(tmp_path: Path):
    said = python(tmp_path, "-c", LACKS).stdout.decode().splitlines()
    assert said == [
        "no fcntl",
        "no signals of the loop",
        "False False False",
        *["refused"] * 3,
        *["Invalid argument"] * 5,
    ]


@HERE
def test_every_kind_of_command_goes_its_way(tmp_path: Path):
    done = python(tmp_path, "-c", RUN, COMMANDS)
    told = done.stderr.decode()
    codes = [line for line in told.splitlines() if re.match(r"\d+ [a-z]", line) and line[2:] in COMMANDS]
    assert codes == [f"0 {line}" for line in COMMANDS.strip().splitlines()], told
    assert "defect" not in told
    assert not list(tmp_path.rglob("*.part"))


@contextmanager
def started(folder: Path, *words: str) -> Any:
    """A command at work; it is ended whatever becomes of the test."""
    with subprocess.Popen(
        [sys.executable, "-m", "bulk", *words], cwd=folder, env=environment(folder), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def until(process: subprocess.Popen[bytes], word: bytes) -> bytes:
    """Read what it says until a word stands in a line of it; that line."""
    assert process.stderr is not None
    for line in process.stderr:
        if word in line:
            return line
    raise AssertionError(process.returncode)


@HERE
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGUSR1, 143)], ids=["Ctrl-C", "Ctrl-Break"]
)
def test_a_job_stops_cleanly_and_goes_on(tmp_path: Path, number: int, code: int):
    (tmp_path / "in.csv").write_text("email\n" + "".join(f"p{n}@example.com\n" for n in range(40)))
    with started(
        tmp_path, "import", "contacts", "in.csv", "--sandbox", "--job", "job", "--engine", "single"
    ) as process:
        until(process, b"requests")
        process.send_signal(number)
        assert process.wait(60) == code
    summary = json.loads((tmp_path / "bulk-jobs" / "job" / "summary.json").read_text())
    assert summary["state"] == "unfinished"
    assert python(tmp_path, "-m", "bulk", "resume", "--rate", "0", "-q").returncode == 0


def came(sandbox: Path) -> bool:
    """Whether somebody is in an account by now."""
    with contextlib.suppress(sqlite3.OperationalError), contextlib.closing(sqlite3.connect(sandbox)) as db:
        return bool(db.execute("SELECT count(*) FROM contacts").fetchone()[0])
    return False


@HERE
def test_a_fleet_stops_cleanly_although_no_signal_reaches_its_processes(tmp_path: Path):
    names = ["acme", "beta"]
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "people.csv").write_text("email\n" + "".join(f"p{n}@example.com\n" for n in range(60)))
    (tmp_path / "bulk.toml").write_text("".join(f'[accounts.{name}]\nconnection = "{name}"\n' for name in names))
    step = "import contacts {account}/people.csv --engine single"
    (tmp_path / "fleet.toml").write_text(f'accounts = ["all"]\nsteps = ["{step}"]\nprocesses = 1\n')
    with started(tmp_path, "fleet", "run", "fleet.toml", "--sandbox", "--job", "f") as process:
        while not all(came(tmp_path / "sandbox" / name / "sandbox.sqlite") for name in names):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=120)
    for name in names:
        summary = tmp_path / "bulk-jobs" / "f" / name / "1-import-contacts" / "summary.json"
        assert json.loads(summary.read_text())["state"] == "unfinished", "it was cut off"


@HERE
def test_the_page_is_served_and_ends(tmp_path: Path):
    with started(tmp_path, "app", "--sandbox", "--no-browser") as process:
        assert process.stdout is not None
        address = process.stdout.readline().decode().strip()
        client = build_opener(HTTPCookieProcessor(), ProxyHandler({}))
        assert b"<html" in client.open(address).read()
        assert client.open(urljoin(address, "/static/app.css")).status == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


@HERE
@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_an_old_console_gets_signs_that_it_has(tmp_path: Path, encoding: str):
    (tmp_path / "in.csv").write_text("email,tags\n" + "".join(f"p{n}@example.com,VIP\n" for n in range(10)))
    lines = "import contacts in.csv --sandbox --rate 0\nexport contacts o.csv --sandbox --rate 0\nresources\njobs\n"
    done = python(tmp_path, "-c", RUN, lines, PYTHONIOENCODING=encoding, PYTHONUTF8="0", LC_ALL="C")
    told = (done.stdout + done.stderr).decode(encoding)
    assert done.returncode == 0, told
    assert "10 rows -> o.csv" in told
    assert "defect" not in told
    assert re.findall(r"\\u[0-9a-f]{4}", told) == []


@HERE
def test_what_comes_and_goes_through_pipes_keeps_its_line_ends(tmp_path: Path):
    line = ["import", "contacts", "-", "--sandbox", "--rate", "0", "-q"]
    content = b'email,firstName\r\na@example.com,"two\r\nlines"\r\n'
    done = subprocess.run(
        [sys.executable, "-m", "bulk", *line], cwd=tmp_path, env=environment(tmp_path), input=content,
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    given = python(
        tmp_path, "-m", "bulk", "export", "contacts", "-", "--plain", "--sandbox", "--rate", "0", "-q"
    ).stdout
    assert b'a@example.com,"two\r\nlines"' in given
    assert b"\r\r" not in given
    assert given.count(b"\r\n") == 3


# ---- what needs no such Python


@pytest.mark.parametrize("name", ["con", "NUL", "aux.2", "Com1.x", "end.", "a:b", "..", "a b"])
def test_a_job_has_a_name_that_every_system_takes(tmp_path: Path, name: str):
    with pytest.raises(UsageError, match="made of letters"):
        create_job(tmp_path, name, "import")


@pytest.mark.parametrize("name", ["console", "com", "nul-2", "a.b", "Ümlaut"])
def test_other_names_are_free(tmp_path: Path, name: str):
    assert create_job(tmp_path, name, "import").name == name


@pytest.mark.parametrize("names", [("aux",), ("acme.",), ("Acme", "acme")])
def test_accounts_of_a_fleet_have_folders_on_every_system(tmp_path: Path, names: tuple[str, ...]):
    with pytest.raises(UsageError, match=r"Rename it in bulk\.toml"):
        FleetFolder.create(tmp_path, "f", FleetRecord("fleet.toml", names, ()))
    assert not (tmp_path / "f").exists()


def busy(times: int) -> Callable[[Path, Path], None]:
    """Moves a file, after it was in use so many times."""
    left = [times]

    def move(part: Path, target: Path) -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise PermissionError(13, "in use")
        part.replace(target)

    return move


def test_a_file_that_is_in_use_for_a_moment_is_replaced_after_it(tmp_path: Path):
    part, target, waited = tmp_path / "part", tmp_path / "target", list[float]()
    part.write_text("new")
    target.write_text("old")
    put_in_place(part, target, pauses=(0.1, 0.2, 0.4), move=busy(2), wait=waited.append)
    assert (target.read_text(), waited, part.exists()) == ("new", [0.1, 0.2], False)


def test_a_file_that_stays_in_use_is_left_as_it_is(tmp_path: Path):
    part, target, waited = tmp_path / "part", tmp_path / "target", list[float]()
    part.write_text("new")
    target.write_text("old")
    with pytest.raises(PermissionError):
        put_in_place(part, target, pauses=(0.1, 0.2), move=busy(9), wait=waited.append)
    assert (target.read_text(), waited) == ("old", [0.1, 0.2])


@pytest.mark.parametrize(
    ("word", "typed"),
    [
        ("plain-1.csv", "plain-1.csv"), (r"C:\people.csv", r"C:\people.csv"), ("my file.csv", '"my file.csv"'),
        ("C:\\my folder\\", '"C:\\my folder\\\\"'), ('say "x"', r'"say \"x\""'), ("", '""'), ("it's", '"it\'s"'),
        ("a,b", '"a,b"'), ("50%", '"50%"'),
    ],
)  # fmt: skip
def test_a_command_to_paste_is_quoted_as_its_shell_needs_it(word: str, typed: str):
    assert as_typed(word, "win32") == typed
    assert line_of(("bulk", word), "win32") == f"bulk {typed}"
    if "'" not in word:  # the standard library's own reverse of it knows these rules too
        assert subprocess.list2cmdline([word]).strip('"') == typed.strip('"')


def test_no_module_needs_what_windows_lacks_before_it_is_asked_to():
    """Tests of POSIX's own matters are skipped there, which they can be only once they are read."""
    missing = {"fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"}
    taken = []
    for path in [*(ROOT / "bulk").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            taken += [f"{path.relative_to(ROOT)}: {name}" for name in names if name in missing]
    assert taken == []
