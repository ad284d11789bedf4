"""The file of budgets: whatever stands in its place, no command fails for it, and all who use it agree."""

from __future__ import annotations

import json
import multiprocessing
import os
import sqlite3
from pathlib import Path

import anyio
import pytest

from bulk.access.account import ALONE, Account, sharing
from bulk.access.shared_limit import SharedLimit
from bulk.access.shared_limit_file import FileStore, Unreachable, UnusableError
from bulk.storage.private import NotOursError
from tests.sharing import claim, close, settle


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir(mode=0o700)
    return tmp_path / "state" / "budgets.sqlite"


def statements(path: Path, *lines: str) -> None:
    db = sqlite3.connect(path)
    for line in lines:
        db.execute(line)
    db.commit()
    db.close()


def with_text(text: str) -> tuple[str, ...]:
    table = "CREATE TABLE book (at INTEGER PRIMARY KEY CHECK (at = 1), text TEXT NOT NULL)"
    return table, f"INSERT INTO book VALUES (1, '{text}')"


TEXTS = (
    "", "{", "[]", "null", "1", '"x"', '{"names":[]}', '{"budgets":7}', '{"names":{},"budgets":{"":7}}',
    '{"budgets":{"":{}}}', '{"budgets":{"":{"at":"x"}}}', '{"names":{},"budgets":{"x":{"at":null}}}',
    '{"budgets":{"":{"at":1e12,"rate":"fast"}}}', '{"format":9,"accounts":[]}', "[" * 100_000,
    '{"budgets":{"":{"at":1,"rate":5,"who":[],"shares":{},"limit":{}}}}',
)  # fmt: skip
SHAPES = {
    "empty": lambda path: path.write_bytes(b""),
    "garbage": lambda path: path.write_bytes(b"no database at all" * 99),
    "cut off": lambda path: (statements(path, *with_text("{}")), path.write_bytes(path.read_bytes()[:5000])),
    "scribbled over": lambda path: (
        statements(path, *with_text("{}")), path.write_bytes(path.read_bytes()[:100] + b"\xff" * 8092)
    ),
    "another database": lambda path: statements(path, "CREATE TABLE people (name TEXT)", "PRAGMA user_version = 7"),
    "fewer columns": lambda path: statements(path, "CREATE TABLE book (text TEXT)", "INSERT INTO book VALUES ('{}')"),
    "more columns": lambda path: statements(path, "CREATE TABLE book (at INTEGER, text TEXT, more TEXT)"),
    "a view": lambda path: statements(path, "CREATE VIEW book AS SELECT 1 AS at, '{}' AS text"),
    "a folder": lambda path: path.mkdir(),
    "a full folder": lambda path: (path.mkdir(), (path / "x").write_text("x")),
    "unreadable": lambda path: (statements(path, *with_text("{}")), path.chmod(0)),
    **{f"text {text[:40]}": lambda path, text=text: statements(path, *with_text(text)) for text in TEXTS},
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_whatever_is_there_it_is_begun_anew(book: Path, shape: str):
    SHAPES[shape](book)
    limits = [SharedLimit(FileStore(book, 0.0), 5.0, "way", lambda: None) for _ in range(2)]
    for limit in limits:
        settle(limit, "account", 0.0)
    assert sum(claim(limit, 100.0) == 100.0 for limit in limits * 5) <= 5, "they agree"
    for limit in limits:
        limit.refused(100.0, 100.1)
        close(limit, 101.0)
    assert json.loads(sqlite3.connect(book).execute("SELECT text FROM book").fetchone()[0])["budgets"]
    assert book.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("shape", ["garbage", "a folder", "more columns", "text {"])
def test_what_is_put_there_while_a_job_is_at_work_ends_none(book: Path, shape: str):
    one = FileStore(book, 0.0)
    assert one.change(0.0, lambda book, _there: book.setdefault("n", 1)) == 1
    book.unlink()
    SHAPES[shape](book)
    two = FileStore(book, 0.0)
    for number in range(3):
        for store in (one, two):
            store.change(0.0, lambda book, _there: book.update(n=book.get("n", 0) + 1))
        assert one.change(0.0, lambda book, _there: book["n"]) == 2 * number + 2
    one.close()
    two.close()


def test_a_book_that_is_scribbled_over_while_it_is_open_is_set_aside(book: Path):
    store = FileStore(book, 0.0)
    store.change(0.0, lambda book, _there: book.update(n=1))
    book.write_bytes(b"no database" * 900)
    try:
        store.change(0.0, lambda book, _there: book.update(n=2))
    except Unreachable:
        pytest.fail("the job would wait for nothing")
    assert [path.name for path in book.parent.glob("*.unusable-*")]
    store.close()


def count_up(path: Path, times: int) -> None:
    store = FileStore(path, 0.0)
    for _ in range(times):
        store.change(0.0, lambda book, _there: book.update(n=book.get("n", 0) + 1))
    store.close()


@pytest.mark.parametrize("shape", ["garbage", "more columns", "a folder"])
def test_processes_that_find_it_damaged_at_once_agree_on_a_new_one(book: Path, shape: str):
    SHAPES[shape](book)
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=count_up, args=(book, 20)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    store = FileStore(book, 0.0)
    assert store.change(0.0, lambda book, _there: book["n"]) == 80
    store.close()


@pytest.mark.parametrize("name", ["budgets.sqlite", "state"])
def test_a_link_in_its_place_is_refused_and_its_target_left_alone(tmp_path: Path, name: str):
    precious = tmp_path / "precious"
    precious.write_text("precious")
    state = tmp_path / "state"
    if name == "state":
        state.symlink_to(precious)
        with pytest.raises(UnusableError, match="XDG_STATE_HOME"):
            FileStore(state / "budgets.sqlite", 0.0)
    else:
        state.mkdir(mode=0o700)
        (state / name).symlink_to(precious)
        with pytest.raises(NotOursError, match="symbolic link"):
            FileStore(state / name, 0.0)
    assert precious.read_text() == "precious"


def test_a_folder_that_was_open_to_others_is_closed(book: Path):
    book.parent.chmod(0o777)
    FileStore(book, 0.0).close()
    assert book.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_it_is_its_owners_alone_whatever_the_umask(tmp_path: Path, umask: int):
    before = os.umask(umask)
    try:
        FileStore(tmp_path / "a" / "b" / "budgets.sqlite", 0.0).close()
    finally:
        os.umask(before)
    modes = [(tmp_path / part).stat().st_mode & 0o777 for part in ("a", "a/b", "a/b/budgets.sqlite")]
    assert modes == [0o700, 0o700, 0o600]


def test_where_nothing_can_be_written_the_job_keeps_its_own_limit_and_says_so(tmp_path: Path):
    (tmp_path / "state").write_text("a file")
    said: list[str] = []

    async def main() -> None:
        async with sharing(Account(sandbox_folder=tmp_path / "state"), 5.0, said.append) as limit:
            assert limit is None

    anyio.run(main)
    assert len(said) == 1
    assert ALONE in said[0]
