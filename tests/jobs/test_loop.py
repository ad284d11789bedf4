"""Nothing that grows with a file is done at once on the event loop: a thread reads, writes, copies and measures.

The rows that are sent are the one exception: they are taken from the input a few at a time, between requests.
Python itself tells who opens what (an audit hook), so that no way of opening a file is passed over.
"""

from __future__ import annotations

import csv
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.world import World

_watch: list[list[str]] = []  # where to note what the main thread opens; empty while nobody looks


def _notice(event: str, arguments: tuple[Any, ...]) -> None:
    if _watch and event == "open" and threading.current_thread() is threading.main_thread():
        _watch[-1].append(str(arguments[0]))


sys.addaudithook(_notice)


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """What was opened on the thread of the loop."""
    noted: list[str] = []
    _watch.append(noted)
    yield noted
    _watch.pop()


def tables(opened: list[str]) -> list[str]:
    return [name for name in opened if ".csv" in Path(name).name]


def check_sent_only(opened: list[str], most: int) -> None:
    """Check that inputs were opened only to take their rows from, once a run."""
    names = tables(opened)
    assert {Path(name).name for name in names} <= {"input.csv"}
    assert len(names) <= most
    assert all(names.count(name) <= most for name in names)


def test_the_hook_sees_what_it_is_for(opened: list[str], tmp_path: Path):
    (tmp_path / "a.csv").write_text("")
    assert len(tables(opened)) == 1


ROWS = [[f"p{number}@example.com", "A"] for number in range(20)] + [["nobody", "B"]]


def test_no_table_is_opened_on_the_loop(world: World, opened: list[str]):
    path = world.csv(ROWS, "email,firstName")
    opened.clear()
    world.start(path, blank="clear")
    world.resume(retry=True)
    check_sent_only(opened, most=2)
    world.folder.joinpath("jobs").rename(world.folder / "before")
    opened.clear()
    world.export(world.folder / "out.csv")
    assert tables(opened) == []


def test_no_table_of_a_whole_account_is_opened_on_the_loop(world: World, opened: list[str]):
    world.start(world.csv(ROWS[:5], "email,firstName"))
    world.folder.joinpath("jobs").rename(world.folder / "first")
    opened.clear()
    world.export_all(world.folder / "all")
    world.folder.joinpath("jobs").rename(world.folder / "second")
    assert tables(opened) == []
    world.import_all(world.folder / "all")
    check_sent_only(opened, most=len(list((world.folder / "jobs" / "job").glob("*/job.json"))))
    with (world.folder / "all" / "contacts.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.reader(file))) == 6
