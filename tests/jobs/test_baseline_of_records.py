"""Round trips of records by themselves with the export that a sheet was made of: edits alone count, as for people."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.scale import tries
from tests.world import World, report

Cells = dict[str, str]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    result = World(tmp_path, monkeypatch)
    result.people([("ada@example.com", "Ada")])
    return result


def deals(world: World, *titles: str) -> None:
    rows = [(title, "ada@example.com", "10.00", "usd", "To Contact", "first") for title in titles]
    world.start(world.csv(rows, "title,contact_email,value,currency,stage_title,description"), "deals", baseline="none")
    shutil.rmtree(world.job.path)


def exported(world: World, resource: str = "deals", name: str = "out") -> list[Cells]:
    path = world.folder / f"{name}.csv"
    world.export(path, resource)
    world.job.path.rename(world.job.path.with_name(name))
    world.sent.clear()
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def sheet(world: World, rows: list[Cells]) -> Path:
    header = list(rows[0])
    return world.csv([[row.get(title, "") for title in header] for row in rows], ",".join(header), "sheet.csv")


def records_of(world: World, plural: str = "deals") -> dict[str, dict[str, Any]]:
    body = world.ask(f"GET {plural}", query=(("limit", "100"),)).body
    return {str(one["id"]): one for one in body[plural]}


def test_only_edited_cells_of_deals_are_sent_and_what_both_changed_is_a_conflict(world: World):
    deals(world, "A", "B", "C", "D")
    rows = exported(world)
    a, b, c, d = (row["id"] for row in rows)
    rows[0].update(title="A2", value="12.50")
    rows[1].update(description="ours", value="20.00")
    rows[2].update(description="alike")
    path = sheet(world, rows)
    for identity, change in ((a, {"description": "theirs"}), (b, {"description": "theirs"}),
                             (c, {"description": "alike"}), (d, {"description": "theirs"})):  # fmt: skip
        world.ask(f"PUT deals/{identity}", {"deal": change})
    result = world.start(path, "deals")
    (line,) = report(result.folder.path, "failed.csv")
    assert (line["id"], line["_code"]) == (b, "conflict")
    assert all(value in line["_error"] for value in ("'first'", "'ours'", "'theirs'"))
    assert len(world.steps()) == 2
    now = records_of(world)
    assert {identity: (now[identity]["title"], str(now[identity]["value"]), now[identity]["description"])
            for identity in (a, b, c, d)} == {
        a: ("A2", "1250", "theirs"), b: ("B", "2000", "theirs"), c: ("C", "1000", "alike"), d: ("D", "1000", "theirs"),
    }  # fmt: skip
    report_file = result.folder.path.rename(world.folder / "jobs" / "first") / "failed.csv"
    assert world.start(report_file, "deals", on_conflict="sheet").summary.rows["succeeded"] == 1
    assert records_of(world)[b]["description"] == "ours"


def test_a_deal_that_was_copied_without_its_id_is_new_and_one_with_it_is_refused(world: World):
    deals(world, "A", "B")
    rows = exported(world)
    rows.append(rows[0] | {"id": "", "value": "99.00"})
    rows.append(rows[1] | {"title": "B copied"})
    result = world.start(sheet(world, rows), "deals")
    assert [line["_code"] for line in report(result.folder.path, "failed.csv")] == ["duplicate_key"]
    assert sorted((one["title"], str(one["value"])) for one in records_of(world).values()) == [
        ("A", "1000"), ("A", "9900"), ("B", "1000"),
    ]  # fmt: skip


def test_deals_that_the_sheet_has_no_more_are_named_and_left(world: World):
    deals(world, "A", "B")
    rows = exported(world)
    result = world.start(sheet(world, rows[:1]), "deals")
    assert [line["title"] for line in report(result.folder.path, "missing.csv")] == ["B"]
    assert any("Left alone" in line and "row 3 (B)" in line for line in world.told.lines)
    assert len(records_of(world)) == 2


def test_a_plan_of_edited_deals_is_carried_out(world: World):
    deals(world, "A", "B")
    rows = exported(world)
    rows[0].update(stage_title="In Contact", description="")
    path = sheet(world, rows)
    world.ask(f"PUT deals/{rows[0]['id']}", {"deal": {"title": "renamed"}})
    world.plan(path, "deals")
    lines = {(line["_action"], line["column"]) for line in report(world.job.path, "plan.csv")}
    assert lines == {("update", "stage_title"), ("update", "description"), ("unchanged", "")}
    assert world.apply().summary.rows["succeeded"] == 1
    now = records_of(world)[rows[0]["id"]]
    assert (now["title"], now["description"]) == ("renamed", "")


@pytest.mark.parametrize(
    ("resource", "singular", "key", "edited"),
    [
        ("tags", "tag", "tag", "description"),
        ("lists", "list", "stringid", "sender_reminder"),
        ("accounts", "account", "name", "accountUrl"),
        ("dealStages", "dealStage", "title", "color"),
    ],
)
def test_other_records_are_told_by_their_ids_and_only_edits_are_sent(
    world: World, resource: str, singular: str, key: str, edited: str
):
    if resource == "accounts":
        world.ask("POST accounts", {"account": {"name": "Acme"}})
    if resource == "tags":
        world.ask("POST tags", {"tag": {"tag": "VIP", "tagType": "contact", "description": ""}})
    rows = exported(world, resource)
    identity = rows[0]["id"]
    before = records_of(world, resource)[identity]
    rows[0][key] += " renamed"
    path = sheet(world, rows)
    world.ask(f"PUT {resource}/{identity}", {singular: {edited: "theirs"}})
    result = world.start(path, resource)
    assert result.summary.rows["succeeded"] == 1, report(result.folder.path, "failed.csv")
    now = records_of(world, resource)[identity]
    assert (now[key], now[edited]) == (before[key] + " renamed", "theirs")
    assert len(world.steps()) == 1


def test_a_large_round_trip_of_deals_reads_its_pages_and_touches_nothing_else(world: World):
    many = tries(500, 2_000)
    deals(world, *(f"Deal {number}" for number in range(many)))
    rows = exported(world)
    for row in rows[:50]:
        row["description"] = "edited"
    for row in rows[many // 2 : many // 2 + 5]:
        row["description"] = "ours"
    path = sheet(world, rows)
    theirs = [row["id"] for row in rows[many // 2 : many // 2 + 50]]
    for identity in theirs:
        world.ask(f"PUT deals/{identity}", {"deal": {"description": "theirs"}})
    world.sent.clear()
    result = world.start(path, "deals")
    assert len(world.steps("GET")) <= many // 100 + 50 + 20
    assert len(world.steps()) == 50
    assert [line["_code"] for line in report(result.folder.path, "failed.csv")] == ["conflict"] * 5
    assert (result.summary.rows["succeeded"], result.summary.rows["unchanged"]) == (50, many - 55)
    for identity in (theirs[0], theirs[4], theirs[-1]):
        assert world.ask(f"GET deals/{identity}").body["deal"]["description"] == "theirs"


@pytest.mark.some(4)
@pytest.mark.parametrize(("resource", "column"), [("fields", "options"), ("dealGroups", "stages")])
@pytest.mark.parametrize("case", ["taken out", "exchanged", "order", "emptied"])
def test_options_and_stages_that_were_taken_out_are_named_and_stay(world: World, resource: str, column: str, case: str):
    if resource == "fields":
        header = "title,type,options"
        world.start(world.csv([("Size", "dropdown", "A,B,C")], header, "new.csv"), "fields", baseline="none")
        shutil.rmtree(world.job.path)
    rows = exported(world, resource)
    row = next(row for row in rows if row["title"] == "Size") if resource == "fields" else rows[0]
    had = row[column].split(",")
    assert len(had) > 2
    first, second, *rest = had
    row[column] = ",".join(
        {"taken out": [second, *rest], "exchanged": ["New", second, *rest], "order": [second, first, *rest]}.get(
            case, []
        )
    )
    row["title"] += " renamed"
    path = sheet(world, rows)
    world.plan(path, resource)
    named = [line for line in report(world.job.path, "plan.csv") if line["_action"] == "reject"]
    assert {line["column"] for line in named} == {column}
    assert [line["after"] for line in named] == {"order": [""], "emptied": had}.get(case, [first])
    assert all(line["before"].startswith("cannot_remove: ") for line in named)
    result = world.apply()
    (line,) = report(result.folder.path, "failed.csv")
    assert line["_code"] == "cannot_remove"
    assert column in line["_error"]
    shutil.rmtree(world.folder / "jobs" / "out")
    shutil.rmtree(world.job.path)
    again = exported(world, resource)
    now = next(one for one in again if one["id"] == row["id"])
    assert now["title"] == row["title"]  # the row's other edits are done
    assert sorted(now[column].split(",")) == sorted([*had, *(["New"] if case == "exchanged" else [])])
