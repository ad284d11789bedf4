"""A file that went through a spreadsheet: what it spoilt is not sent, what it left alone is."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import pytest

from bulk.jobs import validate
from bulk.jobs.import_ import ImportOptions
from bulk.prefetch.contacts import STALE
from bulk.resources import named
from tests.virtual import run
from tests.world import World, check_reports, crashing, report

HEADER = "email,firstName,phone,Source Code"
PEOPLE = [
    ("ada@example.com", "Ada", "+12025550143", "00501"), ("bo@example.com", "Bo", "0044206", "12345678901234567"),
    ("cy@example.com", "Cy", "4.47912E+11", "x"), ("di@example.com", "Di", "", ""), ("ed@example.com", "Ed", "5", "6"),
    ("flo@example.com", "Flo", "7", "8"),
]  # fmt: skip


@pytest.fixture
def exported(world: World, tmp_path: Path) -> tuple[World, Path]:
    """An account, one cell of which was spoilt long ago, and its export."""
    world.start(world.csv(PEOPLE, HEADER), allow_damaged=True)
    world.job.discard()
    path = tmp_path / "out.csv"
    world.export(path)
    world.job.discard()
    world.sent.clear()
    return world, path


def as_a_spreadsheet_saves_it(path: Path) -> None:
    """Numbers lose what is in front and all but fifteen digits; nobody looks."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    for row in rows[1:]:
        for at, cell in enumerate(row):
            number = cell.removeprefix("+")
            if number.isdigit() and rows[0][at] != "id":
                row[at] = str(int(number[:15] + "0" * len(number[15:])))
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.mark.parametrize("key", ["email", "id"])
def test_what_was_exported_is_imported_again_whatever_it_looks_like(exported: tuple[World, Path], key: str):
    world, path = exported
    job_result = world.start(path, key=key)
    assert job_result.summary.rows["unchanged"] == len(PEOPLE)
    assert world.steps() == []


def test_an_address_that_was_changed_is_changed_by_its_id_in_one_request(exported: tuple[World, Path]):
    world, path = exported
    path.write_text(path.read_text(encoding="utf-8-sig").replace("flo@example.com", "flora@example.com"))
    assert world.start(path, key="id").summary.actions == {"updated": 1, "unchanged": len(PEOPLE) - 1}
    assert world.steps() == ["contact"]
    assert set(world.account()["contacts"]) == {person[0] for person in PEOPLE[:-1]} | {"flora@example.com"}


@pytest.mark.parametrize("key", ["email", "id"])
def test_what_a_spreadsheet_spoilt_is_rejected_row_by_row_with_what_was_meant(exported: tuple[World, Path], key: str):
    world, path = exported
    as_a_spreadsheet_saves_it(path)
    before = world.account()
    job_result = world.start(path, key=key)
    with path.open(encoding="utf-8-sig", newline="") as file:
        check_reports(world.job.path, next(csv.reader(file)))
    lines = report(world.job.path, "failed.csv")
    assert {line["email"]: line["_code"] for line in lines} == {
        "ada@example.com": "damaged",
        "bo@example.com": "damaged",
    }
    assert "was '+12025550143' in the account" in lines[0]["_error"]
    assert "--allow-damaged" in lines[0]["_error"]
    assert (job_result.summary.rows["rejected"], job_result.summary.rows["unchanged"]) == (2, 4)
    assert world.account() == before
    assert world.steps() == []


@pytest.mark.parametrize("key", ["email", "id"])
def test_few_rows_are_held_against_what_was_exported_too(exported: tuple[World, Path], key: str):
    """Reading the whole account would cost more than it saves; the file says by their ids whom to read."""
    world, path = exported
    as_a_spreadsheet_saves_it(path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[0], lines[1], lines[4].replace("Di", "Diana"), lines[5]]))
    job_result = world.start(path, key=key)
    assert [line["_code"] for line in report(world.job.path, "failed.csv")] == ["damaged"]
    assert (job_result.summary.actions, world.steps()) == ({"updated": 1, "unchanged": 1}, ["contact"])
    read = [request.step for request, _reply in world.sent if request.path == "contacts"]
    assert read == ["contacts 1"]


def test_a_resume_after_hours_holds_the_rest_against_the_account_too(world: World):
    people = [(f"p{n}@example.com", "Old" if n < 20 else "A", "" if n < 20 else f"+120255501{n}") for n in range(40)]
    world.start(world.csv(people, "email,firstName,phone"))
    world.job.discard()
    path = world.folder / "out.csv"
    world.export(path)
    world.job.discard()
    path.write_text(path.read_text(encoding="utf-8-sig").replace('"Old"', '"New"').replace('"+1202', '"1202'))
    with crashing(world, "contact/sync"):
        world.start(path, concurrency=1)
    later = time.time() + 3 * STALE
    world.clock = lambda: later
    job_result = world.resume(concurrency=1)
    assert job_result.summary.actions == {"updated": 20}
    assert [line["_code"] for line in report(world.job.path, "failed.csv")] == ["damaged"] * 20


def test_ids_of_others_are_not_taken_for_the_rows(exported: tuple[World, Path]):
    world, _path = exported
    rows = [("1", "bo@example.com", "Bob"), ("a7", "new@example.com", "New"), ("99", "ed@example.com", "Ed")]
    job_result = world.start(world.csv(rows, "id,email,firstName"))
    assert job_result.summary.actions == {"updated": 2, "created": 1}
    people = world.account()["contacts"]
    assert (people["ada@example.com"]["firstName"], people["bo@example.com"]["firstName"]) == ("Ada", "Bob")


def test_whoever_means_it_so_may_send_it(exported: tuple[World, Path]):
    world, path = exported
    as_a_spreadsheet_saves_it(path)
    assert world.start(path, allow_damaged=True).summary.complete
    assert world.account()["contacts"]["ada@example.com"]["phone"] == "12025550143"
    record = json.loads(world.job.file("job.json").read_text())
    assert record["options"]["allow_damaged"] is True


def test_nothing_is_sent_at_all_if_so_it_was_asked_for(exported: tuple[World, Path]):
    world, _path = exported
    job_result = world.start(world.csv([("new@example.com", "1-May", "", "")], HEADER), on_invalid="stop")
    assert job_result.summary.state == "stopped"
    assert world.steps() == []


def test_a_new_row_is_judged_by_its_looks(world: World):
    rows = [
        ("a@example.com", "1-May", "", ""),
        ("b@example.com", "Bo", "4.47912E+11", ""),
        ("c@example.com", "JosÃ©", "", ""),
    ]
    job_result = world.start(world.csv(rows, HEADER))
    assert job_result.summary.rows["rejected"] == 3
    assert world.steps("POST") == []


def test_the_check_before_says_it_too(world: World):
    path = world.csv([("a@example.com", "1-May", "", ""), ("b@example.com", "Bo", "", "")], HEADER)

    async def check(**options: bool) -> list[str]:
        result = await validate.validate(
            named("contacts"), path, ImportOptions(**options), world.setting, offline=False
        )  # fmt: skip
        return [issue.code for issue in result.issues]

    assert run(check) == ["damaged"]
    assert run(lambda: check(allow_damaged=True)) == []
