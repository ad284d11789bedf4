"""Whoever was killed is no company: the next command has the account's limit to itself at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bulk.access.shared_limit import FileStore, SharedLimit
from bulk.access.shared_limit_rows import About, Book
from bulk.storage import processes
from bulk.storage.processes import all_gone, is_gone, new_name
from tests.sharing import claim, settle

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody is taken for dead")


@LINUX
def test_who_was_killed_is_no_company_and_who_lives_is(tmp_path: Path):
    script = (
        "import sys; from pathlib import Path; from bulk.access.shared_limit import FileStore, SharedLimit\n"
        "from tests.sharing import claim, settle\n"
        "limit = SharedLimit(FileStore(Path(sys.argv[1]), 0.0), 5.0, 'account', lambda: None)\n"
        "settle(limit, 'account', 0.0); claim(limit, 0.0); print('in', flush=True); sys.stdin.read()"
    )
    book = tmp_path / "book"
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(book)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "in\n"
        heard: list[str] = []

        def come() -> None:
            store = FileStore(book, 0.0)
            limit = SharedLimit(store, 5.0, "account", lambda: heard.append("company"))
            settle(limit, "account", 0.0)
            claim(limit, 0.0)
            store.close()

        come()
        assert heard == ["company"]
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has taken note of it yet
        heard.clear()
        assert child.returncode is None
        _forget_me(book)
        come()
        assert heard == []


def _forget_me(book: Path) -> None:
    """Let the limits of this very process be forgotten, so that only the killed one is left."""
    store = FileStore(book, 0.0)

    def forget(kept: Book, _now: float) -> None:
        for budget in kept.budgets.values():
            budget["who"] = {one: at for one, at in budget["who"].items() if f".{os.getpid()}." not in one}

    store.change(0.0, About("nobody's"), forget)
    store.close()


def machine(folder: Path, boot: str, *processes_: tuple[int, str, int]) -> Path:
    """What /proc would hold of a machine: its boot, and each process's number, state and moment of start."""
    processes._space.cache_clear()
    (folder / "sys" / "kernel" / "random").mkdir(parents=True, exist_ok=True)
    (folder / "sys" / "kernel" / "random" / "boot_id").write_text(boot)
    space = folder / "self" / "ns" / "pid"
    space.parent.mkdir(parents=True, exist_ok=True)
    if not space.is_symlink():
        space.symlink_to("pid:[4026531836]")
    for number, state, started in processes_:
        (folder / str(number)).mkdir(exist_ok=True)
        fields = [state, *("0" for _ in range(18)), str(started), "0"]
        (folder / str(number) / "stat").write_text(f"{number} (a ) name) {' '.join(fields)}\n")
    return folder


def test_a_number_that_was_given_again_is_somebody_else(tmp_path: Path):
    me = os.getpid()
    name = new_name(machine(tmp_path, "first", (me, "R", 100)))
    assert not is_gone(name, tmp_path)
    assert is_gone(name, machine(tmp_path, "first", (me, "R", 101))), "another process has the number"
    assert is_gone(name, machine(tmp_path, "first", (me, "Z", 100))), "it has ended and waits to be seen"
    (tmp_path / str(me) / "stat").unlink()
    assert is_gone(name, tmp_path)


def test_nobody_of_another_machine_or_an_unknown_one_is_taken_for_dead(tmp_path: Path):
    name = new_name(machine(tmp_path, "first", (os.getpid(), "R", 100)))
    assert not is_gone(name, machine(tmp_path, "second", (os.getpid(), "R", 7))), "a number means nothing there"
    assert not is_gone("abcd1234", tmp_path), "as versions before called themselves"
    assert not is_gone(new_name(tmp_path / "nothing"), tmp_path / "nothing")
    assert not is_gone("a.b.c.d.e", tmp_path)
    processes._space.cache_clear()


def test_of_several_names_those_are_gone_whose_process_is(tmp_path: Path):
    machine(tmp_path, "first", (os.getpid(), "R", 100))
    ended = [new_name(tmp_path), new_name(tmp_path)]
    machine(tmp_path, "first", (os.getpid(), "R", 101))
    living = [new_name(tmp_path), new_name(tmp_path), "abcd1234", "a.b.c.d.e"]
    assert all_gone([*ended, *living], tmp_path) == set(ended)
    processes._space.cache_clear()
