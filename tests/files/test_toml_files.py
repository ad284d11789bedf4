"""The TOML that people write for bulk: whatever is wrong with one is told, by each that reads one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk.errors import UsageError
from bulk.files.toml_files import DEEPEST, LONGEST, parsed_toml, read_toml
from bulk.fleet.fleet_file import read_fleet
from bulk.fleet.steps import Step
from bulk.library.config import config_of
from bulk.library.mappings import read_mapping
from bulk.sandbox.faults import load_faults


def fleet(path: Path) -> object:
    def no_step(line: str) -> Step:
        raise AssertionError(line)

    return read_fleet(path, (), {}, no_step)


READERS: dict[str, Callable[[Path], object]] = {
    "mapping": read_mapping, "bulk.toml": lambda path: config_of(path, {}), "fleet": fleet, "faults": load_faults,
}  # fmt: skip
ODD = {
    "nested lists": b"columns = " + b"[" * 50_000,
    "nested tables": b"columns = " + b"{a = " * 50_000,
    "dotted": b"columns." + b".".join([b"a"] * 3_000) + b" = 1",
    "no text": b"\xff\xfe\x00",
    "a number of 5,000 digits": b"columns = " + b"1" * 5_000,
    "a day that there is not": b"columns = 2026-02-31",
    "too long": b"#" * (LONGEST + 1),
    "cut off": b"columns = [",
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("reader", READERS)
def test_what_is_wrong_is_told_with_the_file(tmp_path: Path, reader: str, odd: str):
    path = tmp_path / "odd.toml"
    path.write_bytes(ODD[odd])
    with pytest.raises(UsageError) as refused:
        READERS[reader](path)
    assert str(path) in str(refused.value)
    assert refused.value.code in ("toml_damaged", "toml_too_long")


@pytest.mark.parametrize("reader", READERS)
def test_a_folder_is_no_such_file(tmp_path: Path, reader: str):
    with pytest.raises(UsageError, match="cannot be read"):
        READERS[reader](tmp_path)


def test_a_file_of_a_spreadsheet_program_may_begin_with_a_mark(tmp_path: Path):
    (tmp_path / "a.toml").write_text("sheet = 'one'", encoding="utf-8-sig")
    assert read_toml(tmp_path / "a.toml") == {"sheet": "one"}


@given(st.integers(1, 2 * DEEPEST), st.booleans())
def test_as_many_tables_in_one_another_as_are_said(depth: int, dotted: bool):
    text = ".".join(["a"] * depth) + " = 1" if dotted else "a = " + "[" * (depth - 1) + "1" + "]" * (depth - 1)
    if depth <= DEEPEST:
        assert "a" in parsed_toml(text, Path("x"))
    else:
        with pytest.raises(UsageError, match="in one another"):
            parsed_toml(text, Path("x"))
