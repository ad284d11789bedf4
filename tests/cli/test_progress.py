"""The bar on a terminal: what is said stands where it belongs, above a bar that moves and below one that is done."""

from __future__ import annotations

import re

import pytest

from bulk.cli.progress import Bar, asking
from bulk.library.progress import Snapshot


def shown(capture: pytest.CaptureFixture[str]) -> list[str]:
    """What stands on each line in the end."""
    return [re.sub(r".*\r", "", line.rstrip("\r")) for line in capture.readouterr().err.split("\n")]


def test_what_is_said_after_a_bar_is_done_stands_below_it(capsys: pytest.CaptureFixture[str]):
    bar = Bar()
    bar.update(Snapshot("planning", 1, 2))
    bar.say("before")
    bar.update(Snapshot("planning", 2, 2))
    bar.say("next.csv")
    bar.update(Snapshot("planning", 1, 3))
    bar.close()
    lines = shown(capsys)
    first, second = (next(at for at, line in enumerate(lines) if f"{done} [" in line) for done in ("2/2", "1/3"))
    assert lines.index("before") < first < lines.index("next.csv") < second


def test_a_bar_begins_anew_where_it_would_go_back(capsys: pytest.CaptureFixture[str]):
    bar = Bar()
    bar.update(Snapshot("planning", 2, 3))
    bar.update(Snapshot("planning", 1, 3))
    bar.close()
    assert sum("Planning" in line for line in shown(capsys)) == 2


def test_of_nothing_there_is_no_bar(capsys: pytest.CaptureFixture[str]):
    bar = Bar()
    bar.update(Snapshot("checking", 2, 2))
    bar.update(Snapshot("planning", 0, 0))
    bar.close()
    assert not any("Planning" in line for line in shown(capsys))


def test_a_question_has_a_line_of_its_own(capsys: pytest.CaptureFixture[str]):
    bar = Bar()
    bar.update(Snapshot("sending", 1, 3))
    before: list[str] = []

    def ask(_question: str) -> bool:
        before.append(capsys.readouterr().err)
        return True

    assert asking(bar, ask)("Delete them?")
    assert before[0].endswith("\n")
