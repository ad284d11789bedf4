"""What can be run by itself beside the suite says what it takes."""

import subprocess
import sys

import pytest

from tests.called_with import numbers


@pytest.mark.some(2)
@pytest.mark.parametrize(("given", "code"), [(("--help",), 0), (("-h",), 0), (("soon",), 2), (("--keep",), 2)])
def test_the_search_for_misread_files_says_how_it_is_called(given, code):
    done = subprocess.run(
        (sys.executable, "-m", "tests.fuzz_reader", *given), check=False, capture_output=True, text=True
    )
    assert done.returncode == code
    assert "python -m tests.fuzz_reader [SECONDS [FOLDER]]" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("given", "defaults", "expected"),
    [((), (3, 0), [3, 0]), (("7",), (None, 0), [7, 0]), (("7", "8"), (None, 0), [7, 8]), (("7", "x"), (1,), [7])],
)
def test_numbers_are_taken_in_their_order(given, defaults, expected):
    assert numbers("about", defaults, given) == expected


@pytest.mark.parametrize(("given", "code"), [(("--help",), 0), (("-h",), 0), (("x",), 2), ((), 2), (("3", "-1"), 2)])
def test_what_is_no_number_prints_what_the_command_is(given, code, capsys):
    with pytest.raises(SystemExit) as left:
        numbers("about", (None, 0), given)
    assert (left.value.code, capsys.readouterr().out) == (code, "about\n")
