"""What is shown on a terminal of 80 columns: lines that fit it, and break between words."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bulk.cli import terminal
from tests.cli.conftest import SAMPLE
from tests.terminals import UNSET, WIDTH, on_terminal

LONG = "\n".join((
    "email,firstName,lastName,tags,lists",
    'ada@example.com,Ada,"King\nof Lovelace","A tag that is long, another one that is as long, and more",Newsletter',
    "nobody,X,,,", "no list,New,,,", "new@example.com,New,,,Nowhere",
    "twice@example.com,T,,,", "twice@example.com,T,,,",
    f"{'x' * 60}@example.com,日本語の長い名前でもここでは一行に入らないことがある,,,",
))  # fmt: skip


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("short", ["short"]),
        ("  one two three", ["  one two", "      three"]),
        ("one two\nthree four five", ["one two", "three four", "    five"]),
        ("  bulk undo a-name-that-is-long", ["  bulk undo a-name-that-is-long"]),
        ("at /a/path/that/is/long it is", ["at", "    /a/path/that/is/long", "    it is"]),
        ("日本語 日本語 日本語", ["日本語", "    日本語", "    日本語"]),
    ],
)
def test_lines_break_between_words_and_commands_do_not(text: str, lines: list[str]):
    assert terminal.fitted(text, 12).split("\n") == lines
    assert terminal.fitted(text, 0) == text


@pytest.mark.skipif(sys.platform == "win32", reason="terminals of a POSIX system")
def test_all_that_is_shown_of_plans_and_undos_fits_a_terminal(tmp_path: Path, forks: subprocess.Popen[str]):
    (tmp_path / "people.csv").write_text(LONG, "utf-8")
    shown = ""
    for line in (
        f"import contacts {SAMPLE} --sandbox --rate 0 --job first",
        "plan contacts people.csv --sandbox --rate 0 --job p", "apply p --rate 0", "apply p --rate 0",
        "undo p -n --rate 0", "undo p --rate 0 --yes --job back", "undo p --rate 0 --yes",
        "compare people.csv live --resource contacts --sandbox --rate 0", "apply first", "undo nothing",
    ):  # fmt: skip
        shown += on_terminal(forks, tmp_path, line.split(), unset=UNSET)[1]
    lines = [re.sub(r".*\r", "", line.rstrip("\r")) for line in shown.split("\n")]
    wide = [
        line for line in lines
        if terminal.columns(line) > WIDTH and " " in line.strip() and not line.strip().startswith("bulk ")
    ]  # fmt: skip
    assert wide == []
    assert "To take it back:" in lines
    assert not any(line.startswith("of Lovelace") for line in lines), "a line end in a cell makes no line"
