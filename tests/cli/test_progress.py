"""The bar on a terminal: what is said stands where it belongs, above a bar that moves and below one that is done."""

from __future__ import annotations

import json
import re

import pytest

from bulk.__main__ import run
from bulk.cli.bars import pace
from bulk.cli.progress import Bar, Lines, asking
from bulk.library.progress import Snapshot
from bulk.runtime.progress import OfParts


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


@pytest.mark.parametrize(
    ("rate", "what", "said"),
    [
        (None, "rows", ""),
        (0.0, "rows", ""),
        (29.69, "rows", "30 rows/s"),
        (1.78, "contacts", "1.8 contacts/s"),
        (1 / 2.26, "rows", "a row each 2.3 s"),
        (0.5, "lines", "a line each 2.0 s"),
        (0.5, "accountCustomFieldMeta", "one each 2.0 s"),
    ],
)
def test_a_pace_is_said_as_people_say_it(rate, what, said):
    assert pace(rate, what) == said


@pytest.mark.parametrize("phase", ["deleting", "undoing", "sending", "reading"])
def test_a_bar_says_what_is_done(capsys: pytest.CaptureFixture[str], phase: str):
    bar = Bar()
    bar.update(Snapshot(phase, 1, 3))
    bar.close()
    assert f"{phase.capitalize()}:" in capsys.readouterr().err


def parts(progress):
    of_parts = OfParts(progress, 2)
    for name in ("tags", "contacts"):
        of_parts.begin(name)
        of_parts.say(f"{name}.csv: UTF-8")
        for done in (1, 2):
            of_parts.update(Snapshot("sending", done, 2))
    of_parts.end()


def test_of_a_whole_account_there_is_one_bar_below_all_that_is_said(capsys: pytest.CaptureFixture[str]):
    bar = Bar()
    parts(bar)
    bar.close()
    lines = [line for line in shown(capsys) if line.strip()]
    assert [line for line in lines if "|" not in line] == ["tags.csv: UTF-8", "contacts.csv: UTF-8"]
    assert "2 of 2: done" in lines[-1]
    assert sum("|" in line for line in lines) == 1


def test_plain_lines_say_the_part_and_the_time(capsys: pytest.CaptureFixture[str]):
    times = iter(range(0, 10_000, 6))
    parts(Lines(lambda: next(times)))
    said = capsys.readouterr().err
    assert "1 of 2, tags: Sending: 1 of 2, " in said
    assert "2 of 2: done, " in said


def test_more_is_said_with_verbose(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("email,tags\na@example.com,VIP\nb@example.com,\n", encoding="utf-8")
    assert run(["import", "contacts", "a.csv", "--sandbox", "--rate", "0", "-v", "--job", "one"]) == 0
    said = capsys.readouterr().err
    summary = json.loads((tmp_path / "bulk-jobs" / "one" / "summary.json").read_text())
    listed = [
        int(count.replace(",", "")) for count in re.findall(r"^ +([\d,]+)  (?:[A-Z]+ \S+|others)", said, re.MULTILINE)
    ]
    assert sum(listed) == summary["requests"]
    stages = "connecting|checking the file|reading the account|sending|reading back"  # one of no time is not listed
    assert re.search(rf"^  ({stages}): [\d.]+ s$", said, re.MULTILINE)
    assert run(["import", "contacts", "a.csv", "--sandbox", "--rate", "0", "--job", "two"]) == 0
    assert "sending: " not in capsys.readouterr().err
