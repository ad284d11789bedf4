"""Whatever a server says, and wherever it puts the key: it reaches no output and no file, by any command."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator

import pytest

from bulk.access import doctor
from bulk.engine import limit, pauses, retry
from tests.cli.conftest import Shell
from tests.key_hunt import KEY, Telltale, cases, standing
from tests.scale import tries
from tests.served import Served

ROWS = "email,firstName,tags,lists\nada@example.com,Ada,VIP,Newsletter\nbob@example.com,Bob,VIP;Trial,\n,Nobody,,\n"
COMMANDS = (
    ("validate", "contacts", "in.csv", "--separator", ";"),
    ("import", "contacts", "in.csv", "--job", "one", "--rate", "0", "--separator", ";", "--max-errors", "50%"),
    ("resume", "one"),
    ("retry", "one"),
    ("export", "contacts", "out.csv", "--job", "two", "--rate", "0"),
    ("resume", "two"),
    ("export", "tags", "-", "--rate", "0"),
    ("export", "all", "everything", "--job", "three", "--rate", "0"),
    ("jobs", "one"),
    ("doctor",),
    ("connections", "list"),
    ("connections", "create"),
    ("connections", "show", "nobody"),
)
FEW, MANY = 4, 150  # MANY: each kind of answer at least once


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("served"), key=KEY) as served:
        yield served


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits before it is tried again."""
    for room, name in (
        (retry, "FIRST_BACK_OFF"), (pauses, "LEAST_PAUSE"), (pauses, "MISSING_RETRY_AFTER"), (limit, "_REST"),
        (doctor, "PAUSE"), (doctor, "LONGEST"),
    ):  # fmt: skip
        monkeypatch.setattr(room, name, 0.001)


def at_account(monkeypatch: pytest.MonkeyPatch, served: Served, *, direct: bool, debug: bool) -> None:
    address, key = ("AC_API_URL", "AC_API_TOKEN") if direct else ("BULK_BASE_URL", "MATON_API_KEY")
    monkeypatch.setenv(address, served.address)
    monkeypatch.setenv(key, KEY)
    if debug:
        monkeypatch.setenv("BULK_DEBUG", "1")


@pytest.mark.some(2)
@pytest.mark.parametrize("number", range(tries(FEW, MANY)))
def test_the_key_stands_nowhere(bulk: Shell, served: Served, monkeypatch: pytest.MonkeyPatch, number: int):
    case = cases(random.Random(0), MANY)[number]
    at_account(monkeypatch, served, direct=number % 4 == 3, debug=bool(number % 2))
    (bulk.folder / "in.csv").write_text(ROWS)
    share = 1.0 if number % 3 == 0 else 0.3
    hook = served.on_answer = Telltale(case.form, case.place, case.status, share=share, seed=number)
    told = []
    for line in COMMANDS:
        result = bulk(*line)
        told += [result.out, result.err]
        assert "defect of bulk" not in result.err, (line, result.err)
    assert sorted(set(standing(bulk.folder, *told))) == [], case
    assert hook.heard
    sys.stdout.write(f"{case}: {hook.heard.total()} answers held the key, and it stood nowhere\n")


def test_a_job_says_once_that_an_answer_held_the_key(bulk: Shell, served: Served, monkeypatch: pytest.MonkeyPatch):
    served.on_answer = None
    at_account(monkeypatch, served, direct=False, debug=False)
    (bulk.folder / "in.csv").write_text(ROWS)
    bulk("import", "contacts", "in.csv", "--separator", ";", "--rate", "0")
    served.on_answer = Telltale("plain", "values", share=1.0)
    result = bulk("export", "tags", "out.csv", "--rate", "0")
    assert result.err.count("An answer held the key") == 1
    assert "***" in (bulk.folder / "out.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("address", ["https://user:s3cret-word@x.example", "https://x.example?token=s3cret-word",
                                     f"https://x.example/{KEY}", "s3cret-word"])  # fmt: skip
@pytest.mark.parametrize("variable", ["AC_API_URL", "BULK_BASE_URL"])
def test_an_address_with_a_secret_in_it_is_refused_and_not_repeated(
    bulk: Shell, monkeypatch: pytest.MonkeyPatch, address: str, variable: str
):
    monkeypatch.setenv("AC_API_TOKEN" if variable == "AC_API_URL" else "MATON_API_KEY", KEY)
    monkeypatch.setenv(variable, address)
    (bulk.folder / "in.csv").write_text(ROWS)
    for line in (("export", "contacts", "-"), ("doctor",), ("validate", "contacts", "in.csv")):
        result = bulk(*line)
        assert result.code == 2
        assert "s3cret-word" not in result.out + result.err
        assert KEY not in result.out + result.err
        assert variable in result.out + result.err


def test_a_library_s_error_is_shown_without_keys_and_passwords(bulk: Shell, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MATON_API_KEY", KEY)
    monkeypatch.setenv("BULK_REDIS_URL", "redis://:s3cret-word@127.0.0.1:1/0")
    monkeypatch.setenv("BULK_DEBUG", "1")

    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError(f"while sending Bearer {KEY} past s3cret-word")

    monkeypatch.setattr("bulk.access.doctor.examine", fail)
    result = bulk("doctor")
    assert "while sending Bearer ***" in result.err
    assert KEY not in result.err
    assert "s3cret-word" not in result.err
