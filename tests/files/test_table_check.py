"""Every breach of every row, and the keys of the whole file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulk.files import check as check_module
from bulk.files import keys as keys_module
from bulk.files.matching import match_header
from bulk.files.schema import build_schema, check_batch, shorten
from bulk.files.source import Record
from bulk.resources.kinds import DATE, DATETIME, EMAIL, ID, NAMES, NUMBER, OPTION, OPTIONS, TEXT, Option, Problem
from bulk.resources.spec import Column
from tests.scale import tries

EVERY_KIND = (
    Column("email", EMAIL, required=True),
    Column("firstName", TEXT),
    Column("number", NUMBER),
    Column("date", DATE),
    Column("moment", DATETIME),
    Column("colour", OPTION, options=(Option("Red", "rot"), Option("Blue"))),
    Column("colours", OPTIONS, options=(Option("Red"), Option("Blue"))),
    Column("lists", NAMES, options=(Option("Newsletter", "news"), Option("VIP"))),
    Column("tags", NAMES),
    Column("count", ID),
)
HEADER = "email,firstName,number,date,moment,colour,colours,lists,tags,count\n"


def test_every_breach_of_every_row(checked):
    bad = 'nobody,x,1e5,31.12.2020,2020-01-01,Green,"Red,Green","Newsleter","a,b",-1\n'
    good = 'a@b.co,=1,-1.5,2020-12-31,2020-01-01T00:00:00Z,rot,||Red||Blue||,"NEWS,vip","x",7\n'
    result = checked(HEADER + bad + good + ",,,,,,,,,7\n" + bad, columns=EVERY_KIND)
    codes = ["email_invalid", "number_invalid", "date_invalid", "datetime_without_offset", "unknown_option"]
    codes += ["unknown_option", "unknown_name", "id_invalid"]
    columns = ["email", "number", "date", "moment", "colour", "colours", "lists", "count"]
    expected = [(2, column, code) for column, code in zip(columns, codes, strict=True)]
    assert result.codes == [
        *expected,
        (4, "email", "required"),
        *((5, column, code) for _, column, code in expected),
    ]
    by_column = {issue.column: issue for issue in result.issues if issue.row == 2}
    assert by_column["lists"].hint == "Nearest: Newsletter"
    assert by_column["date"].value == "31.12.2020"
    assert by_column["date"].hint
    assert (result.tally.read, result.tally.rejected, result.seen) == (4, 3, 4)


def test_empty_and_cleared_cells_are_no_breach(checked):
    row = "a@b.co" + ",#N/A" * 9 + "\n" + "c@d.ee" + "," * 9 + "\n" + "e@f.gg" + ", " * 9 + "\n"
    hits = checked(HEADER + row, columns=EVERY_KIND)
    assert {code for _row, _column, code in hits.codes} == {"cannot_clear"}, "of names, which are taken off by name"
    assert {row for row, _column, _code in hits.codes} == {2}
    assert checked("email\n#N/A\n x@y.zz \n", columns=EVERY_KIND).codes == [(2, "email", "required")]
    assert checked('email,number\na@b.co,N/A\n"\xa0",1\n', columns=EVERY_KIND).codes == [
        (2, "number", "number_invalid"),
        (3, "email", "required"),
    ]


def test_a_pattern_is_the_whole_cell(checked):
    """An alternative or a line break in a cell must not slip past the vectorised check."""
    text = "email,count\n" + '"a@b.co\nx",1\n' + 'a@b.co.x1,"7\n8"\n' + "a@b.co x@y.zz,1x\n" + '"\nc@d.ee\n",7\n'
    assert checked(text, columns=EVERY_KIND).codes == [
        (2, "email", "email_invalid"),
        (3, "email", "email_invalid"),
        (3, "count", "id_invalid"),
        (4, "email", "email_invalid"),
        (4, "count", "id_invalid"),
    ]


LOCALS = (
    "ada", "", "a.b", ".a", "a.", "a..b", "a b", " a", '"a b"', '"a', 'a"', '"a"b', "a@b", "a,b", "a;b", "(c)a", "a(c)",
    "a\\b", "<a", "a>", "ä", "用户", "a\tb", "a\u00a0b", "a+b", "!#$%&'*+-/=?^_`{|}~", "x" * 64, "x" * 65, "A",
)  # fmt: skip
DOMAINS = (
    "example.org", "", "org", "example", "example.", ".example.org", "example..org", "-example.org", "example-.org",
    "exa mple.org", "example.org ", "[192.0.2.1]", "192.0.2.1", "[IPv6:2001:db8::1]", "exämple.org", "例え.org",
    "example.o", "example.123", "exa_mple.org", "example.org.", "(c)example.org", f"{'x' * 63}.org", f"{'x' * 64}.org",
    f"{'.'.join(['x' * 60] * 5)}.org", "example.org\u200b",
)  # fmt: skip


def agreed(checked, addresses):
    """Whether the vectorised check refuses just those that the reading of single cells refuses."""
    text = "email\n" + "".join('"' + address.replace('"', '""') + '"\n' for address in addresses)
    column = EVERY_KIND[0]
    result = checked(text, "all", columns=(column,), delimiter=",")
    assert result.tally.read == len(addresses) > 100
    wrong = [number for number, address in enumerate(addresses, 2) if isinstance(column.read(address), Problem)]
    assert 0 < len(wrong) < len(addresses)
    return [issue.row for issue in result.issues] == wrong


def test_addresses_are_judged_as_they_are_read(checked):
    """The vectorised check and the reading of single cells agree on hundreds of odd addresses."""
    assert agreed(checked, [f"{local}@{domain}".strip() for local in LOCALS for domain in DOMAINS])


def test_addresses_that_others_collected_are_judged_as_they_are_read(checked, corpora):
    tests = json.loads((corpora / "email" / "isemail-tests.json").read_text("utf-8"))
    cases = tests if isinstance(tests, list) else tests["tests"]
    assert agreed(checked, [a for case in cases if (a := case["address"].strip()) and "\0" not in a])


@pytest.mark.parametrize("letter", ["\u0301", "\u200d", "\u0903", "²", "ß", "é", "表", "\u0661"])
@pytest.mark.parametrize("form", ["a@x{}y.org", "a@{}.org", "a@x.o{}rg", "{}@x.org", "a@x.org{}"])
def test_letters_that_python_and_rust_see_differently_are_not_sent(checked, letter, form):
    """Rust takes an accent by itself for a letter, Python does not: what either refuses is refused in the check."""
    address = form.format(letter)
    column = EVERY_KIND[0]
    result = checked(f"email\nada@example.com\n{address}\n", columns=(column,))
    codes = [code for _row, _column, code in result.codes]
    assert codes in ([], ["email_invalid"], ["invisible_character"])
    assert codes or not isinstance(column.read(address), Problem)


def test_rows_that_do_not_fit_are_rejected_once(checked):
    result = checked("email,phone\nbad\nc@d.ee,1\nbad,\0\n,,\n")
    assert result.codes == [(2, "", "too_few_cells"), (4, "", "nul_character")]
    assert result.tally.blank == 1
    assert result.tally.read == 3


def test_long_values_are_shortened(checked):
    assert len(checked(f"email\n{'x' * 500}\n").issues[0].value) == 60
    assert shorten("x" * 60) == "x" * 60


def test_the_environment_cannot_switch_the_checks_off():
    script = """
import sys
from pathlib import Path
from bulk.resources.kinds import EMAIL
from bulk.resources.spec import Column
from bulk.files.matching import match_header
from bulk.files.source import Record
from bulk.files.schema import build_schema, check_batch
columns = (Column("email", EMAIL, required=True),)
match = match_header(("email",), columns)
print(check_batch(build_schema(columns), [Record(2, ["bad"], None)], match)[0].code)
"""
    environment = {**os.environ, "PANDERA_VALIDATION_ENABLED": "False", "PANDERA_VALIDATION_DEPTH": "SCHEMA_ONLY"}
    root = Path(__file__).parents[2]
    said = subprocess.check_output([sys.executable, "-c", script], text=True, env=environment, cwd=root)
    assert said == "email_invalid\n"


DOUBLES = "email,phone\na@b.co,1\nx@y.zz,2\n A@B.co,3\nbad,4\nbad,5\nA@b.CO ,6\nX@y.zz\n"
UNFIT = [(5, "email", "email_invalid"), (6, "email", "email_invalid"), (8, "", "too_few_cells")]


@pytest.mark.parametrize(
    ("on_duplicate", "rejected", "skipped"),
    [("error", [4, 7], []), ("first", [], [4, 7]), ("last", [], [2, 4]), ("all", [], [])],
)
def test_duplicates(checked, on_duplicate, rejected, skipped):
    result = checked(DOUBLES, on_duplicate)
    assert result.codes[:3] == UNFIT
    assert result.codes[3:] == [(row, "email", "duplicate_key") for row in rejected]
    assert [row for row, _ in result.set_aside] == skipped
    tally = result.tally
    assert (tally.read, tally.rejected, tally.skipped) == (7, 3 + len(rejected), len(skipped))
    assert tally.trimmed == 2
    for issue in result.issues[3:]:
        assert issue.message == "Row 2 has the same email."
    for row, reason in result.set_aside:
        assert (
            reason
            == {
                "first": "row 2 has the same email and comes first",
                "last": f"row {4 if row == 2 else 7} has the same email and comes later",
            }[on_duplicate]
        )


def test_nobody_is_sent_in_the_place_of_a_rejected_row_before_him(checked):
    text = "email,number\na@b.co,x\na@b.co,1\na@b.co,y\na@b.co,2\n"
    result = checked(text, columns=EVERY_KIND)
    wrong = [(2, "number", "number_invalid"), (4, "number", "number_invalid")]
    assert result.codes == [*wrong, (3, "email", "duplicate_key"), (5, "email", "duplicate_key")]
    assert result.issues[-1].message == "Row 2 has the same email, and cannot be sent itself."
    assert (result.tally.read, result.tally.rejected) == (4, 4)


def test_a_rejected_row_sets_none_aside(checked):
    result = checked("email,number\na@b.co,1\na@b.co,x\n", "last", columns=EVERY_KIND)
    assert result.set_aside == []


def test_equal_hashes_reject_nobody(checked, monkeypatch):
    monkeypatch.setattr(keys_module, "hash", lambda _key: 7, raising=False)
    result = checked("email\n" + "".join(f"p{n % 90}@b.co\n" for n in range(100)))
    assert [row for row, _, _ in result.codes] == list(range(92, 102))


def test_many_rows_in_small_batches(checked, monkeypatch):
    """Across borders of batches, of sorted parts and of compared sets, and with the hashes in a file."""
    for module, name, value in ((check_module, "BATCH", 7), (keys_module, "_PART", 16), (keys_module, "_KEYS", 3)):
        monkeypatch.setattr(module, name, value)
    keys = [n * 7919 % 150 for n in range(300)]
    text = "email,phone\n" + "".join(f'p{key}@b.co,"{n}\n"\n' for n, key in enumerate(keys))
    result = checked(text)
    assert sorted(row for row, _, _ in result.codes) == list(range(152, 302))
    first = {key: row for row, key in reversed(list(enumerate(keys, 2)))}
    for issue in result.issues:
        assert issue.message == f"Row {first[keys[issue.row - 2]]} has the same email."
    assert (result.tally.read, result.tally.rejected, result.seen) == (300, 150, 300)
    assert sorted(row for row, _ in checked(text, "last").set_aside) == list(range(2, 152))


def test_limit(checked):
    result = checked("email\na@b.co\na@b.co\nbad\n", limit=1)
    assert (result.tally.read, result.issues) == (1, [])


def test_a_header_alone_is_nothing_to_do(checked):
    assert checked("email,phone\n").tally.read == 0


cells = st.sampled_from(["", "a@b.co", "A@B.CO", " c@d.ee", "bad", "x@y.zz", "#N/A", "e@f.gg\n"])
numbers = st.sampled_from(["", "1", "x", "#N/A", " 2 "])
tables = st.lists(st.tuples(cells, numbers, st.sampled_from(["", ",extra"])), max_size=30)


@settings(max_examples=tries(20, 300), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=tables, on_duplicate=st.sampled_from(["error", "first", "last", "all"]), batch=st.sampled_from([1, 4, 100]))
def test_rows_in_are_rows_valid_and_rejected_and_skipped(checked, monkeypatch, rows, on_duplicate, batch):
    monkeypatch.setattr(check_module, "BATCH", batch)
    text = "email,number\n" + "".join(f'"{email}","{number}"{extra}\n' for email, number, extra in rows)
    result = checked(text, on_duplicate, columns=EVERY_KIND)
    rejected = {issue.row for issue in result.issues}
    skipped = {row for row, _ in result.set_aside}
    assert (len(rejected), len(skipped)) == (result.tally.rejected, result.tally.skipped)
    assert len(skipped) == len(result.set_aside)
    assert not rejected & skipped
    assert result.tally.read + result.tally.blank == len(rows)
    valid = []
    for record in result.table.records():
        if record.number in rejected | skipped:
            continue
        row = result.match.row(record)
        assert record.problem is None
        assert row.key
        assert not isinstance(EVERY_KIND[0].read(row.values["email"]), Problem)
        assert row.values["number"] in {"", "1", "#N/A", " 2 "}
        valid.append(row.key)
    assert len(valid) + len(rejected) + len(skipped) == result.tally.read
    if on_duplicate != "all":
        assert len(set(valid)) == len(valid)


def test_check_batch_alone(checked):
    result = checked("email,number\na@b.co,1\n", columns=EVERY_KIND)
    records = list(result.table.records())
    assert check_batch(build_schema([column for _, column in result.match.columns]), records, result.match) == []


GOOD = ["a@b.co", "x", "-1.5", "2020-12-31", "2020-01-01T00:00:00Z", "rot", "Red", "news", "x", "7"]
odd_cells = (
    st.sampled_from(["", " ", "#N/A", "a@b.co", "a@b.cé", "1", "\u0661", "2024-02-30", "Red,x", "x\ny"]) | st.text()
)


@given(changes=st.lists(st.tuples(st.integers(0, len(GOOD) - 1), odd_cells), max_size=4))
def test_a_first_look_passes_over_no_breach(changes):
    match = match_header(tuple(HEADER.strip().split(",")), EVERY_KIND)
    columns = [column for _, column in match.columns]
    strict = build_schema(columns)
    assert check_batch(strict, [Record(1, ["not an address", *GOOD[1:]], None)], match)  # from then on all are judged
    records = [Record(2, GOOD, None)]
    records += [Record(3, [*GOOD[:at], cell, *GOOD[at + 1 :]], None) for at, cell in changes]
    assert check_batch(build_schema(columns), records, match) == check_batch(strict, records, match)


def test_a_cell_that_comes_again_is_read_once():
    """In later batches too, after one with a bad cell: it is pandera then that asks for the cells to be read."""
    asked: list[str] = []

    def read(text, options, separator):
        asked.append(text)
        return DATE.read(text, options, separator)

    columns = [Column("email", EMAIL), Column("date", replace(DATE, read=read))]
    schema, match = build_schema(columns), match_header(["email", "date"], columns)
    assert len(check_batch(schema, [Record(2, ["a@b.co", "bad"], None)], match)) == 1
    asked.clear()
    days = [Record(row, ["a@b.co", f"2026-05-{row:02}"], None) for row in range(10, 20)]
    assert check_batch(schema, days, match) == check_batch(schema, days, match) == []
    assert sorted(asked) == [record.cells[1] for record in days]
