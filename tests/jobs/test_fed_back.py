"""Reports that are fed back: rectangular, nothing shifted, nothing cleared that the file never held."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.jobs.samples import SAMPLES
from tests.world import World, report


def lines_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


RAGGED = (
    "email,firstName,phone\n"
    "ana@example.com,Ana,+1 555 0100\n"
    "bob@example.com,Roe, Bob,+1 555 0101,x\n"
    "cat@example.com\n"
    "not an address,Dan,\n"
    "eve@example.com,Eve\n"
)


@pytest.fixture
def ragged(world: World) -> World:
    path = world.folder / "in.csv"
    path.write_text(RAGGED)
    world.start(path)
    return world


def test_failed_rows_of_any_length_make_a_rectangle(ragged: World):
    header, *lines = lines_of(ragged.job.file("failed.csv"))
    added = ["_row", "_status", "_step", "_code", "_error", "_attempts"]
    assert header == ["email", "firstName", "phone", *added, "_missing", "", ""]
    assert {len(line) for line in lines} == {len(header)}
    assert [line[:3] + line[9:] for line in lines] == [
        ["bob@example.com", "Roe", " Bob", "", "+1 555 0101", "x"],
        ["cat@example.com", "", "", "firstName,phone", "", ""],
        ["not an address", "Dan", "", "", "", ""],
        ["eve@example.com", "Eve", "", "phone", "", ""],
    ]


def test_what_is_fed_back_as_it_is_never_clears_what_the_file_never_held(ragged: World):
    setup = ragged.csv([("eve@example.com", "Eve", "+1 555 0104"), ("cat@example.com", "Cat", "+1 555 0102")],
                       "email,firstName,phone", "setup.csv")  # fmt: skip
    ragged.job.path.rename(ragged.folder / "first")
    ragged.start(setup)
    ragged.job.path.rename(ragged.folder / "setup")
    before = ragged.account()
    job_result = ragged.start(ragged.folder / "first" / "failed.csv", blank="clear")
    assert job_result.summary.rows["rejected"] == job_result.summary.rows["read"] == 4
    assert ragged.account() == before
    codes = [line["_code"] for line in report(ragged.job.path, "failed.csv")]
    assert codes == ["value_without_header", "too_few_cells", "email_invalid", "too_few_cells"]
    again = lines_of(ragged.job.file("failed.csv"))
    assert len({len(line) for line in again}) == 1
    assert again[0].count("_missing") == 1
    assert [line[again[0].index("_missing")] for line in again[1:]] == ["", "firstName,phone", "", "phone"]


def test_where_empty_cells_leave_values_alone_so_do_those_that_were_not_there(ragged: World):
    ragged.job.path.rename(ragged.folder / "first")
    job_result = ragged.start(ragged.folder / "first" / "failed.csv")
    assert job_result.summary.actions == {"created": 2}
    assert ragged.account()["contacts"]["eve@example.com"]["firstName"] == "Eve"


@pytest.mark.parametrize("blank", ["keep", "clear"])
def test_what_was_repaired_is_taken(ragged: World, blank: str):
    path = ragged.job.file("failed.csv")
    header, bob, cat, dan, eve = lines_of(path)
    bob[1:3], bob[10:] = ["Bob Roe", bob[10]], ["", ""]
    cat[1:3] = ["Cat", "+1 555 0102"]  # all that it lacked is there
    dan[0] = "dan@example.com"
    eve[9] = ""  # meant to be empty
    fixed = ragged.csv([bob, cat, dan, eve], "", "fixed.csv")
    with fixed.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, bob, cat, dan, eve])
    ragged.job.path.rename(ragged.folder / "first")
    job_result = ragged.start(fixed, blank=blank)
    assert job_result.summary.complete
    current = {email: (person["firstName"], person["phone"]) for email, person in ragged.account()["contacts"].items()}
    assert current["bob@example.com"] == ("Bob Roe", "+1 555 0101")
    assert current["cat@example.com"] == ("Cat", "+1 555 0102")
    assert current["dan@example.com"] == ("Dan", "")
    assert current["eve@example.com"] == ("Eve", "")
    assert lines_of(ragged.job.file("succeeded.csv"))[0][:3] == ["email", "firstName", "phone"]


def test_a_row_that_was_repaired_in_part_names_what_is_still_missing(ragged: World):
    header, _bob, cat, *_ = lines_of(ragged.job.file("failed.csv"))
    cat[1] = "Cat"
    path = ragged.folder / "fixed.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, cat])
    ragged.job.path.rename(ragged.folder / "first")
    assert ragged.start(path, blank="clear").summary.rows["rejected"] == 1
    (line,) = report(ragged.job.path, "failed.csv")
    assert "phone is still empty" in line["_error"]
    assert "_missing" in line["_error"]


def test_reports_that_nobody_changed_are_never_kept_aside(world: World):
    sample = SAMPLES["contacts"]
    path = world.csv([*sample.rows, ("no address",)], sample.header)
    world.start(path, mode="update")
    for _ in range(2):
        assert not world.resume(retry=True).kept
    assert not list(world.job.path.glob("*edited*"))
