from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bulk.files.check import OnDuplicate, Tally, check
from bulk.files.csv.reader import open_csv
from bulk.files.matching import Match, match_header
from bulk.files.source import Source
from bulk.model import Issue
from bulk.resources import find
from bulk.resources.spec import Column


@pytest.fixture
def contacts() -> tuple[Column, ...]:
    resource = find("contacts")
    assert resource
    return resource.columns


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[[bytes | str], Path]:
    path = tmp_path / "contacts.csv"

    def write(content: bytes | str) -> Path:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


class Kept:
    """Keeps everything, in the order in which it came."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.set_aside: list[tuple[int, str]] = []

    def rejected(self, issues: Sequence[Issue]) -> None:
        self.issues += issues

    def skipped(self, rows: Sequence[tuple[int, str]]) -> None:
        self.set_aside += rows

    @property
    def codes(self) -> list[tuple[int, str, str]]:
        return [(issue.row, issue.column, issue.code) for issue in self.issues]


class Checked(Kept):
    table: Source
    match: Match
    tally: Tally
    seen: int = 0

    def progress(self, rows: int) -> None:
        self.seen += rows


@pytest.fixture
def checked(csv_file, contacts) -> Callable[..., Checked]:
    """Open, match and check a text; everything that came of it."""

    def run(content: bytes | str, on_duplicate: OnDuplicate = "error", **options) -> Checked:
        columns = options.pop("columns", contacts)
        opening = {name: options.pop(name) for name in ("limit", "delimiter", "encoding") if name in options}
        result = Checked()
        result.table = open_csv(csv_file(content), columns=columns, **opening)
        result.match = match_header(result.table.header, columns, **options)
        result.tally = check(
            result.table, result.match, on_duplicate=on_duplicate, unsent=result, progress=result.progress
        )
        return result

    return run
