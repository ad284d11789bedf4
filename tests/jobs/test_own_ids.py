"""An exported file in which an address was changed: nobody is made twice; ids of another account mean nothing."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.world import World, check_reports

PEOPLE = [(f"p{number}@example.com", f"First{number}", "Last") for number in range(6)]


def exported(world: World, people: list[tuple[str, str, str]] = PEOPLE) -> tuple[list[str], list[list[str]]]:
    world.start(world.csv(people, "email,firstName,lastName"))
    world.job.discard()
    path = world.folder / "out.csv"
    world.export(path, plain=True)
    world.job.discard()
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def changed(world: World, rows: list[list[str]], header: list[str], **options: object) -> dict[int, dict[str, str]]:
    world.start(world.csv(rows, ",".join(header)), **options)
    return check_reports(world.job.path, header)


@pytest.mark.parametrize("kept", [6, 1])
@pytest.mark.parametrize("mode", ["upsert", "update", "delete"])
def test_a_changed_address_beside_a_known_id_rejects_the_row(world: World, mode: str, kept: int):
    header, rows = exported(world)
    before = world.account()
    rows = rows[:kept]
    rows[0][header.index("email")] = "changed@example.com"
    lines = changed(world, rows, header, mode=mode)
    assert (lines[2]["_status"], lines[2]["_code"]) == ("rejected", "contradiction")
    assert "p0@example.com" in lines[2]["_error"]
    assert "--key id" in lines[2]["_error"]
    assert "--map 'id='" in lines[2]["_error"]
    assert all(line["_file"] == "succeeded.csv" for number, line in lines.items() if number > 2)
    if mode != "delete":
        assert world.account() == before
    assert "p0@example.com" in world.account()["contacts"]


def test_both_ways_on_lead_on(world: World):
    header, rows = exported(world)
    rows[0][header.index("email")] = "changed@example.com"
    changed(world, rows, header, key="id")
    assert set(world.account()["contacts"]) == {"changed@example.com", *(email for email, *_ in PEOPLE[1:])}
    world.job.discard()
    rows[1][header.index("email")] = "another@example.com"
    changed(world, rows, header, maps={"id": ""})
    assert "another@example.com" in world.account()["contacts"]
    assert "p1@example.com" in world.account()["contacts"]


def test_two_addresses_that_were_exchanged_exchange_nobody(world: World):
    header, rows = exported(world)
    before = world.account()
    at = header.index("email")
    rows[0][at], rows[1][at] = rows[1][at], rows[0][at]
    lines = changed(world, rows, header)
    assert [lines[number]["_status"] for number in (2, 3)] == ["rejected", "rejected"]
    assert world.account() == before


def test_ids_of_another_account_mean_nothing(world: World, tmp_path: Path):
    header, rows = exported(world)
    world.sandbox = "another"
    world.start(world.csv([(f"q{n}@example.org", f"Other{n}", "Person") for n in range(6)], "email,firstName,lastName"))
    world.job.discard()
    lines = changed(world, rows, header)
    assert {line["_action"] for line in lines.values()} == {"created"}
    assert len(world.account()["contacts"]) == 12
