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


@pytest.mark.parametrize("plans", [True, False])
def test_how_many_rows_have_an_id_and_an_address_of_two_people_is_told_before(world: World, *, plans: bool):
    header, rows = exported(world, [(f"p{number}@example.com", "First", "Last") for number in range(12)])
    at = header.index("email")
    rows[0][at] = "changed@example.com"
    rows[1][at], rows[2][at] = rows[2][at], rows[1][at]
    rows[3][header.index("id")] = "999"  # who was made anew since
    path = world.csv(rows, ",".join(header))
    world.told.lines.clear()
    world.sent.clear()
    (world.plan if plans else world.start)(path, baseline="none")
    assert world.steps() == [] or not plans
    told = "\n".join(world.told.lines)
    assert (
        "3 rows refused, since id and address are of two contacts (row 2 says changed@example.com, its id p0@" in told
    )
    assert all(way in told for way in ("--key id", "--baseline", "--map 'id='"))
    assert "1 row with an id that is not that of the contact of the address" in told


def test_the_export_knows_the_old_address(world: World):
    world.start(world.csv(PEOPLE, "email,firstName,lastName"))
    world.job.discard()
    path = world.folder / "out.csv"
    world.export(path, plain=True)
    world.job.path.rename(world.job.path.with_name("out"))
    text = path.read_text(encoding="utf-8").replace("p0@example.com", "changed@example.com")
    path.write_text(text, encoding="utf-8", newline="")
    result = world.start(path)
    assert (result.summary.rows["succeeded"], result.summary.rows["unchanged"]) == (1, 5)
    assert not any("refused" in line for line in world.told.lines)
    assert set(world.account()["contacts"]) == {"changed@example.com", *(email for email, *_ in PEOPLE[1:])}
