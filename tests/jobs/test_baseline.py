"""An export, a sheet made of it, and the account: only what was edited is sent, and nobody's change is overwritten."""

from __future__ import annotations

import csv
import json
import re
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bulk.errors import AbortedError, UsageError
from bulk.jobs.option_rules import check_import
from bulk.jobs.options import ImportOptions
from bulk.jobs.summary import JobResult
from bulk.model import Request
from bulk.resources import named
from bulk.resources.kinds import join_values, split_values
from bulk.wording import FrontEnd, in_words_of
from tests.scale import tries
from tests.world import Crash, World, report

Cells = dict[str, str]
HEADER = "email,firstName,lastName,phone,tags,lists,account"
PEOPLE = [
    ("ada@example.com", "Ada", "Lovelace", "1", "Gold,VIP", "Newsletter", "Acme"),
    ("grace@example.com", "Grace", "Hopper", "2", "VIP", "Newsletter", ""),
    ("alan@example.com", "Alan", "Turing", "3", "", "", ""),
    ("edsger@example.com", "Edsger", "Dijkstra", "4", "Gold", "", "Acme"),
]


def exported(world: World, **options: Any) -> Path:
    """The account of `PEOPLE`, out to a file; the export's job is called `out`."""
    world.start(world.csv(PEOPLE, HEADER), baseline="none")
    shutil.rmtree(world.job.path)
    path = world.folder / "out.csv"
    world.export(path, **options)
    world.job.path.rename(world.job.path.with_name("out"))
    world.sent.clear()
    return path


def edited(path: Path, edit: Callable[[dict[str, Cells]], None], name: str = "sheet.csv") -> Path:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["email"]: row for row in csv.DictReader(file)}
    header = list(next(iter(rows.values())))
    edit(rows)
    result = path.with_name(name)
    with result.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="")
        writer.writeheader()
        writer.writerows(rows.values())
    return result


def in_account(world: World, *rows: tuple[str, ...], header: str = "email,firstName") -> None:
    """Let somebody change the account meanwhile."""
    world.start(world.csv(rows, header, "meanwhile.csv"), baseline="none")
    shutil.rmtree(world.job.path)
    world.sent.clear()


def people(world: World) -> dict[str, Any]:
    return world.account()["contacts"]


def failed(result: JobResult) -> list[Cells]:
    return report(result.folder.path, "failed.csv")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def test_an_export_keeps_what_its_cells_held_for_its_owner_alone(world: World):
    path = exported(world)
    kept = world.folder / "jobs" / "out" / "baseline.csv"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    with kept.open(encoding="utf-8-sig", newline="") as file, path.open(encoding="utf-8-sig", newline="") as own:
        assert list(csv.reader(file)) == list(csv.reader(own))


def test_only_edits_are_sent_and_what_the_account_changed_is_left(world: World):
    sheet = edited(exported(world), lambda rows: rows["ada@example.com"].update(firstName="Augusta"))
    in_account(world, ("grace@example.com", "Amazing"), ("ada@example.com", "Ada"))
    in_account(world, ("ada@example.com", "King"), header="email,lastName")
    result = world.start(sheet)
    assert world.steps() == ["contact"]
    assert (result.summary.rows["succeeded"], result.summary.rows["unchanged"]) == (1, 3)
    now = people(world)
    assert (now["ada@example.com"]["firstName"], now["ada@example.com"]["lastName"]) == ("Augusta", "King")
    assert now["grace@example.com"]["firstName"] == "Amazing"
    assert any(line.startswith("Baseline: out") for line in world.told.lines)


@pytest.mark.parametrize("choice", ["", "account", "sheet"])
def test_a_cell_that_both_changed_is_a_conflict(world: World, choice: str):
    sheet = edited(exported(world), lambda rows: rows["ada@example.com"].update(firstName="Augusta", phone="9"))
    in_account(world, ("ada@example.com", "Countess"))
    result = world.start(sheet, on_conflict=choice)
    ada = people(world)["ada@example.com"]
    assert ada["phone"] == "9"  # the row's other edit is done
    assert ada["firstName"] == ("Augusta" if choice == "sheet" else "Countess")
    if choice:
        assert result.summary.rows["succeeded"] == 1
        return
    (line,) = failed(result)
    assert line["_code"] == "conflict"
    assert all(value in line["_error"] for value in ("'Ada'", "'Augusta'", "'Countess'"))
    assert result.summary.rows["failed"] == 1


def test_the_same_change_on_both_sides_is_none(world: World):
    sheet = edited(exported(world), lambda rows: rows["ada@example.com"].update(firstName="Augusta"))
    in_account(world, ("ada@example.com", "Augusta"))
    assert world.start(sheet).summary.rows["unchanged"] == 4
    assert world.steps() == []


def test_nothing_is_sent_if_conflicts_are_to_stop_it(world: World):
    def edit(rows: dict[str, Cells]) -> None:
        rows["ada@example.com"]["firstName"] = "Augusta"
        rows["alan@example.com"]["firstName"] = "A. M."

    sheet = edited(exported(world), edit)
    in_account(world, ("ada@example.com", "Countess"))
    result = world.start(sheet, on_conflict="stop")
    assert isinstance(result.error, AbortedError)
    assert world.steps() == []
    assert result.summary.state == "stopped"  # to go on with it would end the same
    for way in ("⟦plan⟧", "⟦on_conflict=sheet⟧", "⟦on_conflict=account⟧"):
        assert in_words_of(FrontEnd.COMMAND_LINE, way) in result.error.words(FrontEnd.COMMAND_LINE)
    world.job.path.rename(world.job.path.with_name("first"))
    world.start(sheet, on_conflict="account")
    assert people(world)["ada@example.com"]["firstName"] == "Countess"
    assert people(world)["alan@example.com"]["firstName"] == "A. M."


def test_what_was_emptied_is_cleared(world: World):
    def edit(rows: dict[str, Cells]) -> None:
        rows["ada@example.com"].update(firstName="", tags="", lists="", account="")

    sheet = edited(exported(world), edit)
    in_account(world, ("ada@example.com", "New"), header="email,tags")
    result = world.start(sheet)
    assert result.summary.rows["succeeded"] == 1, failed(result)
    ada = people(world)["ada@example.com"]
    assert (ada["firstName"], ada["tags"], ada["account"]) == ("", {"New"}, [])
    assert ada["lists"] == {"Newsletter": "2"}


def test_blank_keep_in_so_many_words_clears_nothing(world: World):
    sheet = edited(exported(world), lambda rows: rows["ada@example.com"].update(firstName="", tags=""))
    assert world.start(sheet, blank="keep").summary.rows["unchanged"] == 4
    assert world.steps() == []


def test_tags_are_added_and_taken_out_whatever_their_order(world: World):
    def edit(rows: dict[str, Cells]) -> None:
        rows["ada@example.com"]["tags"] = "VIP,Gold"
        rows["grace@example.com"]["tags"] = "Silver"

    sheet = edited(exported(world), edit)
    in_account(world, ("grace@example.com", "New"), header="email,tags")
    world.start(sheet)
    assert sorted(world.steps()) == ["remove tag VIP", "tag Silver"] or world.steps("POST", "DELETE")
    assert people(world)["grace@example.com"]["tags"] == {"New", "Silver"}
    assert people(world)["ada@example.com"]["tags"] == {"Gold", "VIP"}


def test_who_left_meanwhile_is_not_subscribed_again(world: World):
    sheet = edited(exported(world), lambda rows: rows["alan@example.com"].update(lists="Newsletter"))
    in_account(world, ("alan@example.com", "Newsletter"), header="email,unsubscribe_lists")
    result = world.start(sheet)
    assert [line["_code"] for line in failed(result)] == ["opted_out"]


def test_nobody_is_made_one_who_never_unsubscribed(world: World):
    exported(world)
    in_account(world, ("alan@example.com", "Newsletter"), header="email,unsubscribe_lists")
    shutil.rmtree(world.folder / "jobs" / "out")
    path = world.folder / "out.csv"
    world.export(path)
    world.job.path.rename(world.job.path.with_name("out"))
    world.sent.clear()
    sheet = edited(path, lambda rows: rows["alan@example.com"].update(unsubscribe_lists="", firstName="A. M."))
    result = world.start(sheet)
    assert [line["_code"] for line in failed(result)] == ["cannot_clear"]
    assert people(world)["alan@example.com"]["firstName"] == "A. M."


def test_an_address_is_changed_by_the_id_that_the_export_knows(world: World):
    sheet = edited(exported(world), lambda rows: rows["ada@example.com"].update(email="countess@example.com"))
    assert world.start(sheet).summary.rows["succeeded"] == 1
    assert "ada@example.com" not in people(world)
    assert people(world)["countess@example.com"]["firstName"] == "Ada"


def test_a_row_that_is_new_is_made(world: World):
    def edit(rows: dict[str, Cells]) -> None:
        rows["new@example.com"] = {"email": "new@example.com", "firstName": "New", "tags": "VIP"}

    result = world.start(edited(exported(world), edit))
    assert (result.summary.rows["succeeded"], result.summary.rows["unchanged"]) == (1, 4)
    assert people(world)["new@example.com"]["tags"] == {"VIP"}


def test_a_copied_row_does_not_rename_whom_it_was_copied_of(world: World):
    def edit(rows: dict[str, Cells]) -> None:
        rows["new"] = rows["ada@example.com"] | {"email": "new@example.com", "firstName": "New"}

    result = world.start(edited(exported(world), edit))
    assert [line["_code"] for line in failed(result)] == ["duplicate_key"]
    assert people(world)["ada@example.com"]["firstName"] == "Ada"
    assert world.steps() == []


def test_rows_that_are_missing_are_told_and_left(world: World):
    sheet = edited(exported(world), lambda rows: rows.pop("alan@example.com") and None)
    result = world.start(sheet)
    assert [line["email"] for line in report(result.folder.path, "missing.csv")] == ["alan@example.com"]
    assert any("alan@example.com" in line and "Left alone" in line for line in world.told.lines)
    assert "alan@example.com" in people(world)


def test_a_row_that_is_all_conflict_is_planned_as_one_and_not_as_an_update(world: World):
    sheet = edited(exported(world), lambda rows: rows["ada@example.com"].update(firstName="Augusta"))
    in_account(world, ("ada@example.com", "Countess"))
    world.plan(sheet)
    said = json.loads((world.job.path / "plan.json").read_text())
    assert said["rows"] == {"conflict": 1, "unchanged": 3}
    assert said["writes"]["single"] == 0


def test_a_plan_says_it_and_is_carried_out(world: World):
    def edit(rows: dict[str, Cells]) -> None:
        rows["ada@example.com"].update(firstName="Augusta", phone="", tags="VIP")
        rows["grace@example.com"]["lastName"] = "H."

    sheet = edited(exported(world), edit)
    in_account(world, ("ada@example.com", "Countess"))
    world.plan(sheet)
    assert world.steps() == []
    lines = [tuple(line.values())[3:] for line in report(world.job.path, "plan.csv") if line["_action"] != "unchanged"]
    assert lines == [
        ("update", "phone", "1", ""), ("remove_tag", "tags", "Gold", ""),
        ("conflict", "firstName", "Countess", "Augusta"), ("update", "lastName", "Hopper", "H."),
    ]  # fmt: skip
    said = json.loads((world.job.path / "plan.json").read_text())
    assert (said["rows"], said["emptied"]) == ({"update": 2, "unchanged": 2}, 1)
    result = world.apply()
    assert [line["_code"] for line in failed(result)] == ["conflict"]
    now = people(world)
    assert (now["ada@example.com"]["phone"], now["ada@example.com"]["tags"]) == ("", {"VIP"})
    assert now["grace@example.com"]["lastName"] == "H."


def test_the_file_itself_can_be_named(world: World):
    path = exported(world)
    sheet = edited(path, lambda rows: rows["ada@example.com"].update(firstName="Augusta"))
    shutil.rmtree(world.folder / "jobs" / "out")
    in_account(world, ("grace@example.com", "Amazing"))
    world.start(sheet, baseline=str(path))
    assert people(world)["grace@example.com"]["firstName"] == "Amazing"


def test_without_a_baseline_all_cells_count(world: World):
    sheet = edited(exported(world), lambda rows: rows["ada@example.com"].update(firstName="Augusta"))
    in_account(world, ("grace@example.com", "Amazing"))
    world.start(sheet, baseline="none")
    assert people(world)["grace@example.com"]["firstName"] == "Grace"


def test_of_several_exports_the_one_that_the_sheet_was_made_of_counts(world: World):
    sheet = edited(exported(world), lambda rows: rows["ada@example.com"].update(firstName="Augusta"))
    in_account(world, ("grace@example.com", "Amazing"))
    world.export(world.folder / "later.csv")
    world.job.path.rename(world.job.path.with_name("later"))
    world.start(sheet)
    assert people(world)["grace@example.com"]["firstName"] == "Amazing"
    assert any(line.startswith("Baseline: out ") for line in world.told.lines)


def test_ids_of_another_program_are_no_baseline(world: World):
    exported(world)
    rows = [(str(number), f"p{number}@example.com", "X") for number in range(1, 9)]
    result = world.start(world.csv(rows, "id,email,firstName"))
    assert result.summary.rows["succeeded"] == 8
    assert {"ada@example.com", "p1@example.com"} <= set(people(world))
    assert not any(line.startswith("Baseline") for line in world.told.lines)


@pytest.mark.parametrize("case", ["no such", "no ids", "kept none", "another"])
def test_a_baseline_that_is_none_is_refused(world: World, case: str):
    path = exported(world)
    sheet = edited(path, lambda rows: rows["ada@example.com"].update(firstName="Augusta"))
    asked = "out"
    if case == "no such":
        asked = "nowhere.csv"
    elif case == "no ids":
        sheet = world.csv([("a@example.com",)], "email")
    elif case == "kept none":
        (world.folder / "jobs" / "out" / "baseline.csv").unlink()
    else:
        asked = str(world.csv([("1", "x")], "id,nothing", "other.csv"))
        sheet = world.csv([("7001", "a@example.com")], "id,email")
    with pytest.raises(UsageError):
        world.start(sheet, baseline=asked)
    assert world.steps() == []


def test_a_large_round_trip_reads_what_was_edited_and_touches_nothing_else(world: World):
    many = tries(1_500, 10_000)
    world.demo = False
    world.people((f"p{number}@example.com", f"First {number}") for number in range(many))
    path = world.folder / "out.csv"
    world.export(path)
    world.job.path.rename(world.job.path.with_name("out"))

    def edit(rows: dict[str, Cells]) -> None:
        for number in range(50):
            rows[f"p{number * 7}@example.com"]["lastName"] = f"Edited {number}"
        for number in range(5):
            rows[f"p{many // 2 + number}@example.com"]["firstName"] = "Ours"

    sheet = edited(path, edit)
    theirs = [(f"p{many // 2 + number}@example.com", f"Theirs {number}") for number in range(50)]
    in_account(world, *theirs)
    result = world.start(sheet)
    reads, writes = len(world.steps("GET")), len(world.steps())
    assert reads <= many // 100 + 50 + 20
    assert writes == 50
    assert [line["_code"] for line in failed(result)] == ["conflict"] * 5
    assert (result.summary.rows["succeeded"], result.summary.rows["unchanged"]) == (50, many - 55)
    now = people(world)
    assert {(email, now[email]["firstName"]) for email, _name in theirs} == set(theirs)


@pytest.mark.parametrize("after", range(1, 5))
def test_a_job_that_was_cut_off_goes_on_by_the_same_export(world: World, after: int):
    def edit(rows: dict[str, Cells]) -> None:
        for name in ("ada", "grace", "alan", "edsger"):
            rows[f"{name}@example.com"].update(firstName="Edited", tags="Silver")

    sheet = edited(exported(world), edit)
    in_account(world, ("ada@example.com", "Countess"))
    sends = 0

    def crash(request: Request) -> None:
        nonlocal sends
        sends += request.method != "GET"
        if sends > after:
            raise Crash

    world.on_send = crash
    with suppress(BaseExceptionGroup, Crash):
        world.start(sheet)
    world.on_send = lambda _request: None
    shutil.rmtree(world.folder / "jobs" / "out")
    result = world.resume()
    assert [line["_code"] for line in failed(result)] == ["conflict"]
    now = people(world)
    assert [now[f"{name}@example.com"]["firstName"] for name in ("ada", "grace", "alan", "edsger")] == [
        "Countess", "Edited", "Edited", "Edited",
    ]  # fmt: skip
    assert all(now[f"{name}@example.com"]["tags"] == {"Silver"} for name in ("ada", "grace", "alan", "edsger"))
    retried = world.resume(retry=True)
    assert [line["_code"] for line in failed(retried)] == ["conflict"]


def test_a_corrected_report_goes_by_the_export_too(world: World):
    sheet = edited(exported(world), lambda rows: rows["ada@example.com"].update(firstName="Augusta", phone="9"))
    in_account(world, ("ada@example.com", "Countess"), ("grace@example.com", "Amazing"))
    folder = world.start(sheet).folder.path
    folder.rename(folder.with_name("first"))
    with (folder.with_name("first") / "failed.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0]["firstName"] = "Ada"  # never mind, then
    path = world.folder / "corrected.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert world.start(path).summary.rows["unchanged"] == 1
    assert people(world)["ada@example.com"]["firstName"] == "Countess"


def test_a_new_row_with_the_id_of_somebody_else_is_refused(world: World):
    path = exported(world)
    in_account(world, ("later@example.com", "Later"))
    later = world.ask("GET contacts", query=(("email", "later@example.com"),)).body["contacts"][0]["id"]

    def edit(rows: dict[str, Cells]) -> None:
        rows["new"] = {"id": later, "email": "new@example.com", "firstName": "New"}

    result = world.start(edited(path, edit))
    assert [line["_code"] for line in failed(result)] == ["contradiction"]
    assert world.steps() == []


@pytest.mark.parametrize("options", [{"baseline": "out"}, {"on_conflict": "sheet"}])
def test_what_goes_with_one_file_is_refused_of_a_folder(options: dict[str, str]):
    with pytest.raises(UsageError):
        check_import(None, ImportOptions(**options), None)
    check_import(named("contactTags"), ImportOptions(**options), None)  # what belongs to contacts has exports too


def test_a_sheet_of_which_nearly_every_cell_was_edited_is_still_made_of_the_export(world: World):
    def edit(rows: dict[str, Cells]) -> None:
        for number, row in enumerate(rows.values()):
            row.update(firstName=f"F{number}", lastName=f"L{number}", phone=f"+{number}", tags="", account="")
            row.update(cdate="", udate="")

    world.start(edited(exported(world), edit))
    assert any(line.startswith("Baseline: out") for line in world.told.lines)
    assert people(world)["ada@example.com"]["account"] == []


def test_an_export_of_others_that_have_the_same_ids_is_refused_though_it_was_named(world: World):
    exported(world)
    sheet = world.csv([(str(number), f"p{number}@example.com", "X") for number in range(1, 5)], "id,email,firstName")
    other = world.csv(
        [(str(number), f"q{number}@example.com", "Y") for number in range(1, 5)], "id,email,firstName", "o.csv"
    )
    with pytest.raises(UsageError, match="was not made of that"):
        world.start(sheet, baseline=str(other))
    assert world.steps() == []


# ---- against a merge of our own, cell by cell

CELLS = ("firstName", "lastName", "phone", "account")
VALUES = ("", "Ada", "B, C", "0123")
TAGS = ("Gold", "VIP", "Smith, John")


def merged(was: str, sheet: str, now: str) -> tuple[str, bool]:
    """What the account is to hold, and whether both changed it."""
    if sheet in (was, now) or now == was:
        return (now if sheet == was else sheet), False
    return now, True


@pytest.mark.parametrize("seed", range(tries(2, 200)))
def test_random_edits_on_both_sides_come_to_what_a_merge_says(world: World, seed: int):
    chance = Random(seed)

    def drawn() -> Cells:
        return {name: chance.choice(VALUES) for name in CELLS} | {
            "tags": join_values(sorted(chance.sample(TAGS, chance.randint(0, 3))), ",")
        }

    def changed(cells: Cells) -> Cells:
        return {name: new if chance.random() < 0.4 else cells[name] for name, new in drawn().items()}

    emails = [f"p{number}@example.com" for number in range(12)]
    was = {email: drawn() for email in emails}
    header = ",".join(("email", *CELLS, "tags"))
    world.start(world.csv([(email, *cells.values()) for email, cells in was.items()], header), baseline="none")
    shutil.rmtree(world.job.path)
    path = world.folder / "out.csv"
    world.export(path)
    world.job.path.rename(world.job.path.with_name("out"))
    ours, theirs = ({email: changed(cells) for email, cells in was.items()} for _side in range(2))

    def edit(rows: dict[str, Cells]) -> None:
        for email, cells in ours.items():
            rows[email].update(cells)

    sheet = edited(path, edit)
    names = {email: {side: set(split_values(cells[email]["tags"], ",")) for side, cells in
             (("was", was), ("ours", ours), ("theirs", theirs))} for email in emails}  # fmt: skip
    meanwhile = [
        (email, *(theirs[email][name] or "#N/A" for name in CELLS), join_values(names[email]["theirs"], ","),
         join_values(names[email]["was"] - names[email]["theirs"], ","))
        for email in emails
    ]  # fmt: skip
    in_account(world, *meanwhile, header=f"{header},remove_tags")
    result = world.start(sheet)
    now, conflicts = people(world), set()
    for email in emails:
        for name in CELLS:
            expected, both = merged(was[email][name], ours[email][name], theirs[email][name])
            actual = now[email][name] if name != "account" else "".join(now[email]["account"])
            assert actual == expected, (email, name, was[email], ours[email], theirs[email])
            conflicts |= {email} if both else set()
        tags = names[email]
        assert now[email]["tags"] == (tags["theirs"] | (tags["ours"] - tags["was"])) - (tags["was"] - tags["ours"])
    assert {line["email"] for line in failed(result)} == {
        ours.get(email, {}).get("email", email) for email in conflicts
    }
    assert {line["_code"] for line in failed(result)} <= {"conflict"}


# ---- files that come back after another export was made


def fed_back(world: World, source: Path, edit: Callable[[list[Cells]], None] = lambda _rows: None) -> Path:
    """A report as somebody sends it back: under another name, in another folder."""
    with source.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    edit(rows)
    path = world.folder / "elsewhere" / "back.csv"
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def conflict_then_newer_export(world: World) -> Path:
    """A job named `first` with a conflict, and an export that was made after it; gives its failed.csv."""
    sheet = edited(exported(world), lambda rows: rows["ada@example.com"].update(firstName="Augusta", phone="9"))
    in_account(world, ("ada@example.com", "Countess"))
    in_account(world, ("ada@example.com", "King"), header="email,lastName")
    assert [line["_code"] for line in failed(world.start(sheet))] == ["conflict"]
    world.job.path.rename(world.job.path.with_name("first"))
    world.export(world.folder / "newer.csv")
    world.job.path.rename(world.job.path.with_name("newer"))
    world.sent.clear()
    return world.folder / "jobs" / "first" / "failed.csv"


def spoil_dates(rows: list[Cells]) -> None:
    """What a spreadsheet does to dates, so that they tell nothing."""
    for row in rows:
        row.update(cdate="", udate="")


@pytest.mark.parametrize("edit", [lambda _rows: None, spoil_dates], ids=["as it was", "dates spoilt"])
def test_a_report_keeps_the_baseline_of_its_job_whatever_was_exported_since(
    world: World, edit: Callable[[list[Cells]], None]
):
    report_file = conflict_then_newer_export(world)
    result = world.start(fed_back(world, report_file, edit))
    assert world.steps() == []
    assert [line["_code"] for line in failed(result)] == ["conflict"]
    ada = people(world)["ada@example.com"]
    assert (ada["firstName"], ada["lastName"], ada["phone"]) == ("Countess", "King", "9")
    again = world.folder / "jobs" / "second"
    world.job.path.rename(again)  # and so does a report of that
    shutil.rmtree(world.folder / "jobs" / "first")
    assert [line["_code"] for line in failed(world.start(fed_back(world, again / "failed.csv")))] == ["conflict"]


def test_a_report_whose_job_is_gone_is_refused_with_the_ways_on(world: World):
    report_file = fed_back(world, conflict_then_newer_export(world))
    shutil.rmtree(world.folder / "jobs" / "first")
    with pytest.raises(UsageError, match="out, which its job kept") as refused:
        world.start(report_file)
    assert 'baseline="FILE"' in str(refused.value)
    assert world.steps() == []
    world.start(report_file, baseline=str(world.folder / "out.csv"), on_conflict="sheet")
    assert people(world)["ada@example.com"]["lastName"] == "King"


def test_reports_of_two_baselines_in_one_file_are_refused(world: World):
    def other(rows: list[Cells]) -> None:
        rows.append(rows[0] | {"_baseline": "another 0123456789abcdef"})

    with pytest.raises(UsageError, match="each by itself"):
        world.start(fed_back(world, conflict_then_newer_export(world), other))


def test_a_report_of_a_job_without_a_baseline_goes_by_none_either(world: World):
    sheet = edited(exported(world), lambda rows: rows["ada@example.com"].update(firstName="Augusta", lists="Nowhere"))
    result = world.start(sheet, baseline="none")
    (line,) = failed(result)
    assert "_baseline" not in line
    report_file = fed_back(world, result.folder.path / "failed.csv", lambda rows: rows[0].update(lists=""))
    world.job.path.rename(world.job.path.with_name("first"))
    world.start(report_file)
    assert not any(line.startswith("Baseline") for line in world.told.lines)


def test_the_rows_that_a_report_does_not_have_are_not_missing(world: World):
    result = world.start(fed_back(world, conflict_then_newer_export(world)))
    assert not (result.folder.path / "missing.csv").exists()
    assert not any("Left alone" in line for line in world.told.lines)


@pytest.mark.parametrize("edit", [lambda _rows: None, spoil_dates], ids=["as it was", "dates spoilt"])
def test_a_sheet_that_is_imported_again_keeps_its_export_though_a_newer_one_fits_better(
    world: World, edit: Callable[[list[Cells]], None]
):
    def many(rows: dict[str, Cells]) -> None:
        for name in ("ada", "grace", "alan"):
            rows[f"{name}@example.com"].update(firstName="Edited", phone="9")

    sheet = edited(exported(world), many)
    world.start(sheet)
    world.job.path.rename(world.job.path.with_name("first"))
    in_account(world, ("edsger@example.com", "Theirs"))
    world.export(world.folder / "newer.csv")
    world.job.path.rename(world.job.path.with_name("newer"))
    world.sent.clear()
    world.start(fed_back(world, sheet, edit))
    assert world.steps() == []
    assert people(world)["edsger@example.com"]["firstName"] == "Theirs"


@pytest.mark.parametrize("name", ["Augusta", "Ada"], ids=["edited", "edited back"])
def test_a_sheet_made_of_the_newer_export_goes_by_that(world: World, name: str):
    exported(world)
    in_account(world, ("ada@example.com", "Countess"))
    world.export(world.folder / "newer.csv")
    world.job.path.rename(world.job.path.with_name("newer"))
    for path in (world.folder / "newer.csv", world.folder / "jobs" / "newer" / "baseline.csv"):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        later = [re.sub("20[0-9][0-9](-[0-9-]+T)", r"2039\1", one) if "Countess" in one else one for one in lines]
        assert later != lines
        path.write_text("".join(later), encoding="utf-8", newline="")
    sheet = edited(world.folder / "newer.csv", lambda rows: rows["ada@example.com"].update(firstName=name))
    world.start(sheet)
    assert any(line.startswith("Baseline: newer ") for line in world.told.lines)
    assert people(world)["ada@example.com"]["firstName"] == name


def test_the_way_on_of_a_conflict_ends(world: World):
    report_file = conflict_then_newer_export(world)
    assert world.start(fed_back(world, report_file), on_conflict="sheet").summary.rows["succeeded"] == 1
    ada = people(world)["ada@example.com"]
    assert (ada["firstName"], ada["lastName"]) == ("Augusta", "King")


def test_a_job_whose_baseline_is_gone_says_what_to_do(world: World):
    sheet = edited(exported(world), lambda rows: rows["ada@example.com"].update(firstName="Augusta"))
    in_account(world, ("ada@example.com", "Countess"))
    world.start(sheet)
    (world.job.path / "baseline.sqlite").unlink()
    with pytest.raises(UsageError, match="as a job of its own"):
        world.resume(retry=True)


def test_what_is_told_of_the_edits_agrees_with_the_file_and_a_plan_names_people(world: World):
    def edit(rows: dict[str, Cells]) -> None:
        rows["ada@example.com"].update(firstName="Augusta", phone="")
        rows["grace@example.com"].update(firstName="G.", email="no address")
        rows["alan@example.com"].update(firstName="A. M.", lists="Nowhere")

    world.plan(edited(exported(world), edit))
    assert "Edited: 6 cells in 3 rows, 1 of them emptied. Refused: 2 rows of these." in world.told.lines
    assert {line["_key"] for line in report(world.job.path, "plan.csv")} == {
        "ada@example.com", "edsger@example.com", "no address", "alan@example.com",
    }  # fmt: skip


def test_a_cell_of_names_is_one_edit_and_rows_that_do_not_fit_are_counted_too(world: World):
    def edit(rows: dict[str, Cells]) -> None:
        rows["ada@example.com"].update(tags="Silver,Gold")  # one in, one out
        rows["grace@example.com"].update(lists="Customers")  # the same
        rows["edsger@example.com"].update(tags="Gold ")  # no edit

    sheet = edited(exported(world), edit)
    lines = sheet.read_text("utf-8").splitlines()
    at = next(number for number, line in enumerate(lines) if "alan@example.com" in line)
    lines[at] = ",".join([*lines[at].replace("Turing", "T.").split(",")[:5]])
    sheet.write_text("\n".join(lines), "utf-8")
    world.plan(sheet)
    assert "Edited: 3 cells in 3 rows. Refused: 1 row of these." in world.told.lines
