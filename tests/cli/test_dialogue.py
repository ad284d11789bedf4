"""The dialogue about columns that are not known: on a terminal only, one column at a time, nothing sent before."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Shell
from tests.cli.test_headers import rows
from tests.terminals import on_terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="terminals of a POSIX system")
CsvFile = Callable[..., Path]
Typed = Callable[..., tuple[int, str]]
FILE = "email,Vornme,Shoe size,Opted out,Ganzer Name\nada@example.com,Ada,39,no,Ada Lovelace\n"


@pytest.fixture
def typed(forks: subprocess.Popen[str], bulk: Shell) -> Typed:
    """Run a command at a terminal where somebody types these answers: its exit code, and what is shown, in one line."""

    def run(answers: str, *arguments: object) -> tuple[int, str]:
        line = [*map(str, arguments), "--sandbox", "--rate", "0"]
        code, shown = on_terminal(forks, bulk.folder, line, answers)
        return code, " ".join(shown.split())

    return run


def options_of(bulk: Shell, job: str) -> dict[str, object]:
    return json.loads((bulk.job(job) / "job.json").read_text("utf-8"))["options"]


def test_what_is_suggested_is_taken_by_enter_and_kept_for_the_next_file(bulk: Shell, typed: Typed, csv_file: CsvFile):
    path = csv_file(FILE)
    code, shown = typed("\n\n-\nopted_out\nnext.toml\n", "import", "contacts", path, "--job", "j")
    assert code == 0
    assert "Vornme (Ada) is [firstName]:" in shown
    assert "Shoe size (39) is [drop]:" in shown
    assert "Opted out (no) may say who must not be mailed." in shown
    assert options_of(bulk, "j")["maps"] == {
        "Vornme": "firstName", "Shoe size": "", "Ganzer Name": "", "Opted out": "opted_out",
    }  # fmt: skip
    assert tomllib.loads((bulk.folder / "next.toml").read_text("utf-8"))["columns"]["Vornme"] == "firstName"
    assert bulk.sandbox("import", path, "--mapping", "next.toml").code == 0


def test_another_answer_goes_before_what_is_suggested(bulk: Shell, typed: Typed, csv_file: CsvFile):
    answers = "lastnme\nlastName\n?\nphone\n-\n\n-\n\n"
    code, shown = typed(answers, "import", "contacts", csv_file(FILE), "--job", "j")
    assert code == 0
    assert "There is no column 'lastnme'. Nearest: lastName" in shown
    assert "unsubscribe_lists" in shown
    maps = options_of(bulk, "j")["maps"]
    assert maps == {"Vornme": "lastName", "Shoe size": "phone", "Ganzer Name": "", "Opted out": ""}


def test_full_names_are_taken_apart_by_enter(bulk: Shell, typed: Typed, csv_file: CsvFile):
    path = csv_file("email,Full Name\nada@example.com,Ada Lovelace\n")
    code, shown = typed("\n\n", "import", "contacts", path, "--job", "j")
    assert code == 0
    assert "Full Name (Ada Lovelace) is [split into first and last name]:" in shown
    assert "Ada Lovelace → Ada | Lovelace" in shown
    assert options_of(bulk, "j")["split_name"] == "Full Name"


def test_consent_is_never_taken_by_enter(bulk: Shell, typed: Typed, csv_file: CsvFile):
    path = csv_file("email,Opted out\nada@example.com,no\n")
    code, shown = typed("\n\nyes\n-\n\n", "import", "contacts", path)
    assert code == 0
    assert shown.count("may say who must not be mailed.") == 4


def test_who_leaves_off_sends_nothing(bulk: Shell, typed: Typed, csv_file: CsvFile):
    code, shown = typed("\n\x04", "import", "contacts", csv_file(FILE))
    assert code == 2
    assert "The header is not understood." in shown
    assert bulk.no_job


@pytest.mark.some(2)
@pytest.mark.parametrize("option", ["--yes", "--json", "--quiet", "--dry-run"])
def test_nobody_is_asked_who_did_not_leave_room_for_it(bulk: Shell, typed: Typed, csv_file: CsvFile, option: str):
    code, shown = typed("", "import", "contacts", csv_file(FILE), option)
    assert code == 2
    assert "The header is not understood." in shown
    assert "Enter takes" not in shown


def test_nobody_is_asked_on_a_pipe(bulk: Shell, typed: Typed, csv_file: CsvFile):
    result = bulk.sandbox("import", csv_file(FILE))
    assert result.code == 2
    assert "Enter takes" not in result.err
    assert rows(csv_file(FILE))


def test_consent_is_asked_about_where_other_columns_become_fields(bulk: Shell, typed: Typed, csv_file: CsvFile):
    path = csv_file("email,Shoe size,Opted out\nada@example.com,39,no\n")
    answers = "opted_out\n\ny\n"
    code, shown = typed(answers, "import", "contacts", path, "--create-fields", "--job", "j")
    assert code == 0, shown
    assert "Opted out (no) may say who must not be mailed." in shown
    assert "Shoe size (39)" not in shown, "it becomes a field"
    assert "1 custom field is new" in shown
    assert options_of(bulk, "j")["maps"] == {"Opted out": "opted_out"}


def test_whoever_is_asked_about_consent_may_leave_off_before_any_field_is_made(
    bulk: Shell, typed: Typed, csv_file: CsvFile
):
    path = csv_file("email,Shoe size,Opted out\nada@example.com,39,no\n")
    code, shown = typed("\x04", "import", "contacts", path, "--create-fields")
    assert code == 2
    assert "a defect of bulk" not in shown
    assert "--map 'Opted out=opted_out'" in shown
    assert bulk.no_job
