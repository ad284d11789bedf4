"""Naughty strings and isemail's odd addresses through whole jobs: into an account, out of it, and in again."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from bulk.files.csv.reader import open_csv
from bulk.resources.identity import invisible, name_key
from bulk.resources.kinds import EMAIL, Problem, join_values
from tests.scale import some
from tests.world import World, check_reports

SHORTENED = re.compile(r"-?\d+(\.\d+)?[eE][-+]?\d+")  # a long number as a spreadsheet shows it
HEADER = "email,firstName,lastName,phone,tags,account,City,Notes"


@pytest.fixture(scope="module")
def naughty(corpora: Path) -> list[str]:
    strings = json.loads((corpora / "names" / "blns.json").read_text("utf-8"))
    assert len(strings) > 500
    return strings


def lines(path: Path) -> list[dict[str, str]]:
    """An export as any other program reads it."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def as_kept(name: str, text: str, first: dict[str, str]) -> str:
    """What an account holds of a text: one of blanks says nothing, unless it is a value in quotes inside a cell.

    A name is that of the first record so called.
    """
    if not text or (not text.strip() and name != "tags"):
        return ""
    called = first.setdefault(name_key(text), text.strip() if name == "account" else text)
    return join_values([called], ",") if name == "tags" else called


def people(strings: list[str]) -> list[tuple[str, ...]]:
    return [(f"p{n}@example.com", s, s, s, join_values([s], ","), s, s, s) for n, s in enumerate(strings)]


@pytest.mark.some(2)
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("guarded", [False, True])
def test_naughty_cells_come_out_of_an_account_as_they_went_in(
    world: World, naughty: list[str], tmp_path: Path, plain: bool, guarded: bool
):
    naughty = some(naughty, 150)
    rows = people(naughty)
    job_result = world.start(world.csv(rows, HEADER), allow_damaged=True, allow_joined=True)
    assert (job_result.summary.rows["read"], job_result.summary.rows["succeeded"]) == (len(rows), len(rows))
    check_reports(world.job.path, HEADER)
    world.job.discard()
    path = tmp_path / "out.csv"
    world.export(path, plain=plain, guard_formulas=guarded)
    world.job.discard()

    columns = HEADER.split(",")
    kept: dict[str, dict[str, str]] = {name: {} for name in columns}
    by_name = ("tags", "account")
    expected = [
        [row[0], *(as_kept(name, text, kept[name] if name in by_name else {}) for name in columns[1:])]
        for row, text in zip(rows, naughty, strict=True)
    ]
    table = open_csv(path, delimiter=",")
    at = [table.header.index(name) for name in columns]
    records = sorted(table.records(), key=lambda record: int(record.cells[at[0]][1:].split("@")[0]))
    assert not any(record.problem for record in records)
    assert [[record.cells[i] for i in at] for record in records] == expected
    if not guarded:
        by_address = {line["email"]: [line[name] for name in columns] for line in lines(path)}
        assert by_address == {row[0]: row for row in expected}

    world.sent.clear()
    again = world.start(path)
    assert (again.summary.rows["read"], again.summary.rows["unchanged"]) == (len(rows), len(rows))
    assert world.steps() == []


def test_of_naughty_cells_only_those_that_look_spoilt_are_held_back(world: World, naughty: list[str]):
    rows = people(naughty)
    job_result = world.start(world.csv(rows, HEADER), allow_joined=True)
    told = check_reports(world.job.path, HEADER)
    assert set(job_result.summary.codes) <= {"damaged"}
    assert job_result.summary.rows["rejected"] + job_result.summary.rows["succeeded"] == len(rows)
    rejected = {line["email"]: line for line in told.values() if line["_file"] == "failed.csv"}
    no_phones = {email for email, cell, *_rest in rows if SHORTENED.fullmatch(cell) or invisible(cell)}
    assert set(rejected) == no_phones
    assert 10 < len(no_phones) < 30
    for email, line in rejected.items():
        assert [line[name] for name in HEADER.split(",")] == list(next(row for row in rows if row[0] == email))


@pytest.mark.some(2)
@pytest.mark.parametrize(
    ("resource", "header", "rest"),
    [
        ("tags", "tag,tagType", ("contact",)),
        ("accounts", "name", ()),
        ("fields", "title,type,perstag", ("text", "P{}")),
    ],
)
def test_naughty_names_of_records_come_out_too(
    world: World, naughty: list[str], tmp_path: Path, resource: str, header: str, rest: tuple[str, ...]
):
    names = some({name_key(name): name for name in naughty if name.strip()}.values(), 150)
    rows = [(name, *(cell.format(number) for cell in rest)) for number, name in enumerate(names)]
    world.start(world.csv([], header), resource)
    world.job.discard()
    world.export(tmp_path / "before.csv", resource)
    world.job.discard()
    job_result = world.start(world.csv(rows, header), resource, allow_damaged=True)
    assert (job_result.summary.rows["read"], job_result.summary.rows["succeeded"]) == (len(rows), len(rows))
    world.job.discard()
    world.export(tmp_path / "after.csv", resource)
    title = header.split(",", maxsplit=1)[0]
    before, after = ([line[title] for line in lines(tmp_path / name)] for name in ("before.csv", "after.csv"))
    assert sorted(after) == sorted(before + names)


# ---- addresses


def test_odd_addresses_are_refused_by_the_check_and_the_account_alike(world: World, corpora: Path, tmp_path: Path):
    cases = json.loads((corpora / "email" / "isemail-tests.json").read_text("utf-8"))
    addresses = [case["address"] for case in cases if "\0" not in case["address"]]
    assert len(addresses) > 150
    rows = [(address, "A") for address in addresses]
    world.start(world.csv(rows, "email,firstName"))
    told = check_reports(world.job.path, "email,firstName")
    assert [told[number]["email"] for number in sorted(told)] == addresses
    first: dict[str, str] = {}
    accepted = []
    for number, address in enumerate(addresses, 2):
        code = told[number].get("_code", "")
        key = address.strip().casefold()
        readable = address.strip() != "" and not isinstance(EMAIL.read(address, None, ","), Problem)
        twice = readable and first.setdefault(key, address) is not address
        assert (code == "") == (readable and not twice), (address, code)
        if code == "":
            accepted.append(address.strip())
    world.job.discard()
    world.export(tmp_path / "out.csv")
    assert sorted(line["email"] for line in lines(tmp_path / "out.csv")) == sorted(accepted)
    assert len(accepted) > 20

    for address in addresses:  # the account says the same of each by itself, of another account's contacts
        reply = world.ask("POST contact/sync", {"contact": {"email": address.strip()}})
        assert (reply.status in (200, 201)) == (address.strip().casefold() in first), address
