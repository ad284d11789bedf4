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
from bulk.access.shared_limit import SharedLimit, _digest
from bulk.access.shared_limit_file import FileStore, UnusableError
from bulk.access.shared_limit_rows import About, Book, Unreachable
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


BUDGETS = "CREATE TABLE budgets (name TEXT PRIMARY KEY, text TEXT NOT NULL)"
WAYS = "CREATE TABLE ways (way TEXT PRIMARY KEY, name TEXT NOT NULL)"
EARLIER = "CREATE TABLE book (at INTEGER PRIMARY KEY CHECK (at = 1), text TEXT NOT NULL)"


def with_text(text: str) -> tuple[str, ...]:
    """The budget of the account, and of those who do not know it."""
    return BUDGETS, f"INSERT INTO budgets VALUES ('{_digest('account')}', '{text}'), ('', '{text}')"


TEXTS = (
    "", "{", "[]", "null", "1", '"x"', "{}", '{"at":"x"}', '{"at":null}', '{"at":1e12,"rate":"fast"}', '{"format":9}',
    "[" * 100_000, '{"at":1,"rate":5,"who":[],"shares":{},"limit":{}}',
    '{"at":0.0,"rate":5,"who":{},"leases":[7],"alone":null}',
)  # fmt: skip
SHAPES = {
    "empty": lambda path: path.write_bytes(b""),
    "garbage": lambda path: path.write_bytes(b"no database at all" * 99),
    "cut off": lambda path: (statements(path, *with_text("{}")), path.write_bytes(path.read_bytes()[:5000])),
    "scribbled over": lambda path: (
        statements(path, *with_text("{}")), path.write_bytes(path.read_bytes()[:100] + b"\xff" * 8092)
    ),
    "another database": lambda path: statements(path, "CREATE TABLE people (name TEXT)", "PRAGMA user_version = 7"),
    "fewer columns": lambda path: statements(path, "CREATE TABLE budgets (text)", "INSERT INTO budgets VALUES ('{}')"),
    "more columns": lambda path: statements(path, "CREATE TABLE ways (way TEXT, name TEXT, more TEXT)"),
    "a view": lambda path: statements(path, "CREATE VIEW budgets AS SELECT 1 AS name, '{}' AS text"),
    "a way to nowhere": lambda path: statements(path, WAYS, f"INSERT INTO ways VALUES ('{_digest('way')}', x'ff00')"),
    "an earlier version's": lambda path: statements(path, EARLIER, "INSERT INTO book VALUES (1, '{}')"),
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
    kept = sqlite3.connect(book).execute("SELECT text FROM budgets WHERE name = ?", (_digest("account"),)).fetchone()
    assert json.loads(kept[0])["rate"] == 5.0
    assert book.stat().st_mode & 0o777 == 0o600


def counted(book: Book, _there: float) -> int:
    """One more."""
    row = book.budgets.setdefault("n", {"n": 0})
    row["n"] += 1
    return row["n"]


ABOUT = About("way", "n")


@pytest.mark.parametrize("shape", ["garbage", "a folder", "more columns", "text {"])
def test_what_is_put_there_while_a_job_is_at_work_ends_none(book: Path, shape: str):
    one = FileStore(book, 0.0)
    assert one.change(0.0, ABOUT, counted) == 1
    book.unlink()
    SHAPES[shape](book)
    two = FileStore(book, 0.0)
    for number in range(3):
        for which, store in enumerate((one, two)):
            assert store.change(0.0, ABOUT, counted) == 2 * number + which + 1
    one.close()
    two.close()


def test_a_book_that_is_scribbled_over_while_it_is_open_is_set_aside(book: Path):
    store = FileStore(book, 0.0)
    store.change(0.0, ABOUT, counted)
    book.write_bytes(b"no database" * 900)
    try:
        store.change(0.0, ABOUT, counted)
    except Unreachable:
        pytest.fail("the job would wait for nothing")
    assert [path.name for path in book.parent.glob("*.unusable-*")]
    store.close()


def test_an_earlier_version_that_has_it_open_goes_on_with_its_own(book: Path):
    """It kept all in one row of a table of its own: neither takes the other's away, while both change the file."""
    statements(book, EARLIER, "INSERT INTO book VALUES (1, '0')")
    earlier = sqlite3.connect(book, isolation_level=None)
    store = FileStore(book, 0.0)
    for number in range(1, 4):
        earlier.execute("UPDATE book SET text = text + 1")
        assert store.change(0.0, ABOUT, counted) == number
    assert earlier.execute("SELECT text FROM book").fetchall() == [("3",)]
    assert not list(book.parent.glob("*.unusable-*"))
    earlier.close()
    store.close()


def count_up(path: Path, times: int) -> None:
    store = FileStore(path, 0.0)
    for _ in range(times):
        store.change(0.0, ABOUT, counted)
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
    assert store.change(0.0, ABOUT, counted) == 81
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
