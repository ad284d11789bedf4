"""`bulk compare`: what a person and a program are told, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import SAMPLE, Shell

HEADER = "email,firstName,tags\n"
Write = Callable[..., Path]


def test_equal_files_end_with_0(bulk: Shell, csv_file: Write):
    a = csv_file(f'{HEADER}ada@example.com,Ada,"VIP,Trial"\n', "contacts.csv")
    b = csv_file("tags;email;firstName\nTrial,VIP;ADA@example.com;Ada\n", "b.csv")
    done = bulk("compare", a, b)
    assert done.code == 0
    assert done.out.splitlines() == [
        "contacts: 1 row in A, 1 in B, matched by email", "  2 columns compared: firstName, tags", "  1 the same",
        "Equal.",
    ]  # fmt: skip
    assert "semicolon-separated" in done.err


def test_different_files_end_with_1_and_the_next_step(bulk: Shell, csv_file: Write):
    a = csv_file(f"id,{HEADER}1,ada@example.com,Ada,VIP\n2,b@example.com,Bo,\n", "contacts.csv")
    b = csv_file(f"id,{HEADER}7,ada@example.com,Adah,\n8,c@example.com,Cem,\n", "b.csv")
    done = bulk("compare", "contacts.csv", "b.csv")
    assert done.code == 1
    assert done.out.splitlines() == [
        "contacts: 2 rows in A, 2 in B, matched by email",
        "  2 columns compared: firstName, tags",
        "  1 differs, 1 only in A, 1 only in B",
        "           1 cell of firstName",
        "           1 cell of tags",
        "  not compared: id (--key id compares ids and dates)",
        "  row 2/2 ada@example.com: firstName: Ada | Adah",
        "  row 2/2 ada@example.com: tags: VIP | (empty)",
        "  row 3 b@example.com: only in A",
        "  row 3 c@example.com: only in B",
        "Different: 4 differences. To have them all in a file:",
        "  bulk compare contacts.csv b.csv differences.csv",
    ]
    done = bulk("compare", "contacts.csv", "b.csv", "differences.csv")
    assert done.out.splitlines()[-1] == "Different: 4 differences → differences.csv"
    lines = (bulk.folder / "differences.csv").read_text("utf-8-sig").splitlines()
    assert lines[1] == '"contacts","ada@example.com","1","differs","firstName","Ada","Adah","2","2"'
    assert len(lines) == 5
    quiet = bulk("compare", a, b, "-q")
    assert (quiet.code, quiet.out, quiet.err) == (1, "", "")
    piped = bulk("compare", a, b, "-")
    assert piped.out.lstrip("\ufeff").startswith('"resource","key"')
    assert "Different: 4 differences" in piped.err


def test_a_program_has_the_sums(bulk: Shell, csv_file: Write):
    a = csv_file(f"{HEADER}ada@example.com,Ada,VIP\n", "contacts.csv")
    b = csv_file(f"{HEADER}ada@example.com,Adah,VIP\n", "b.csv")
    done = bulk("compare", a, b, "--json", "--resource", "contacts")
    told = json.loads(done.out)
    assert (done.code, told["equal"], told["differences"]) == (1, False, 1)
    assert told["resources"]["contacts"]["columns"] == {"firstName": 1}
    assert told["resources"]["contacts"]["differing"] == 1


def test_a_file_is_compared_with_the_account(bulk: Shell):
    assert bulk.sandbox("import", SAMPLE).code == 0
    assert bulk.sandbox("export", "contacts.csv").code == 0
    jobs = sorted(bulk.jobs.iterdir())
    for both in (("contacts.csv", "live"), ("live", "contacts.csv")):
        done = bulk("compare", *both, "--sandbox", "--rate", "0")
        assert (done.code, done.out.splitlines()[-1]) == (0, "Equal.")
    assert sorted(bulk.jobs.iterdir()) == jobs, "what was exported for it is no job of the user's"
    without = bulk("compare", "contacts.csv", "live")
    assert without.code == 2
    assert "--sandbox" in without.err


def test_beside_the_account_only_the_columns_of_the_file_count_and_this_is_said(bulk: Shell, csv_file: Write):
    bulk.sandbox("import", csv_file(f'{HEADER}ada@example.com,Ada,"VIP,Trial"\n', "people.csv"))
    csv_file(f'{HEADER}ada@example.com,Ada,"Trial,VIP"\n', "contacts.csv")
    for both in (("contacts.csv", "live"), ("live", "contacts.csv")):
        done = bulk("compare", *both, "--sandbox", "--rate", "0")
        lines = done.out.splitlines()
        assert (done.code, lines[-1]) == (0, "Equal, in the columns that the file has.")
        assert lines[1] == "  2 columns compared: firstName, tags"
        assert lines[2].startswith("  not in the file, so not compared: lastName, phone, lists, ")
    told = json.loads(bulk("compare", "contacts.csv", "live", "--sandbox", "--rate", "0", "--json").out)
    contacts = told["resources"]["contacts"]
    assert (contacts["columns_compared"], contacts["columns_only_in_b"]) == (["firstName", "tags"], [])
    assert {"lists", "account"} <= set(contacts["columns_not_in_file"])
    csv_file("email,nickname\nada@example.com,A\n", "contacts.csv")
    told = json.loads(bulk("compare", "contacts.csv", "live", "--sandbox", "--rate", "0", "--json").out)
    assert told["resources"]["contacts"]["columns_only_in_a"] == ["nickname"], (
        "that the account has not is a difference"
    )
    assert not told["equal"]


def test_what_is_shown_fits_a_terminal(bulk: Shell, csv_file: Write):
    long = "x" * 300
    a = csv_file(f'{HEADER}ada@example.com,{long}a,\r\nb@example.com,"line\x1b\ntwo",\r\n', "contacts.csv")
    b = csv_file(f"{HEADER}ada@example.com,{long}b,\r\nb@example.com,line,\r\n", "b.csv")
    done = bulk("compare", a, b)
    shown = done.out.splitlines()[:-1]  # the last is a command, to be pasted
    assert max(map(len, shown)) <= 80
    assert f"…{'x' * 12}a | …{'x' * 12}b" in done.out
    assert "\x1b" not in done.out
