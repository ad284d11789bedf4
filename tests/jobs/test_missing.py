"""Rows that were deleted in a sheet made of an export: told and left alone, or with `delete_missing` deleted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bulk.errors import AbortedError, DeclinedError, UsageError
from bulk.jobs import undo
from bulk.jobs.option_rules import check_import
from bulk.jobs.options import ImportOptions
from bulk.jobs.summary import JobResult
from bulk.model import Request
from bulk.resources import named
from bulk.sandbox.faults import Fault
from bulk.storage.job_folder import JobFolder
from tests.jobs.test_baseline import Cells, edited, exported, in_account, people
from tests.virtual import run
from tests.world import Crash, World, report

ADA, GRACE, ALAN, EDSGER = (f"{name}@example.com" for name in ("ada", "grace", "alan", "edsger"))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def without(*emails: str) -> Callable[[dict[str, Cells]], None]:
    def edit(rows: dict[str, Cells]) -> None:
        for email in emails:
            del rows[email]

    return edit


def gone(world: World, *emails: str) -> Path:
    """A sheet of the account of `PEOPLE` in which these rows were deleted."""
    return edited(exported(world), without(*emails))


def missing(result: JobResult) -> dict[str, Cells]:
    return {line["email"]: line for line in report(result.folder.path, "missing.csv")}


def check_counts(result: JobResult) -> dict[str, int]:
    """The counts of the missing rows, which add up, and are those of the report."""
    counts = result.summary.missing
    assert counts["read"] == sum(count for status, count in counts.items() if status != "read")
    lines = report(result.folder.path, "missing.csv")
    for status, count in counts.items():
        if status != "read":
            assert count == sum(line["_status"] == status for line in lines)
    assert json.loads((result.folder.path / "summary.json").read_text())["missing"] == counts
    return {status: count for status, count in counts.items() if count}


def test_what_the_file_lacks_is_deleted_once_the_count_was_agreed_to(world: World):
    sheet = gone(world, ALAN)
    asked: list[str] = []

    def confirm(question: str) -> bool:
        assert world.steps() == []
        asked.append(question)
        return True

    world.confirm = confirm
    result = world.start(sheet, delete_missing=True)
    assert asked
    told = "\n".join(world.told.lines)
    assert "1 contact that the export had and the file lacks will be DELETED" in told
    assert "25%" in told
    assert "never left" in told
    assert world.steps() == ["delete"]
    assert set(people(world)) == {ADA, GRACE, EDSGER}
    assert result.summary.rows["read"] == 3  # of the file
    assert check_counts(result) == {"read": 1, "succeeded": 1}
    assert missing(result)[ALAN]["_action"] == "deleted"
    assert [line["email"] for line in report(result.folder.path, "deleted.csv")] == [ALAN]


def test_nothing_at_all_is_sent_if_it_is_not_agreed_to(world: World):
    def edit(rows: dict[str, Cells]) -> None:
        del rows[ALAN]
        rows[ADA].update(firstName="Augusta", tags="New tag")

    sheet = edited(exported(world), edit)
    world.confirm = lambda _question: False
    with pytest.raises(DeclinedError):
        world.start(sheet, delete_missing=True)
    assert world.steps() == []
    assert not world.job.path.exists()


def test_who_was_changed_since_is_a_conflict_and_who_is_gone_is_as_wanted(world: World):
    sheet = gone(world, ALAN, GRACE, EDSGER)
    in_account(world, (ALAN, "A. M."))
    identity = next(one["id"] for one in world.ask("GET contacts").body["contacts"] if one["email"] == EDSGER)
    world.ask(f"DELETE contacts/{identity}")
    result = world.start(sheet, delete_missing=True)
    assert check_counts(result) == {"read": 3, "succeeded": 1, "unchanged": 1, "failed": 1}
    line = missing(result)[ALAN]
    assert line["_code"] == "conflict"
    assert all(said in line["_error"] for said in ("'Alan'", "'A. M.'", "not deleted"))
    assert set(people(world)) == {ADA, ALAN}
    assert not result.summary.complete
    assert result.summary.missing_codes == {"conflict": 1}
    world.sent.clear()
    world.job.path.rename(world.job.path.with_name("first"))
    result = world.start(sheet, delete_missing=True, on_conflict="sheet")
    assert check_counts(result) == {"read": 3, "succeeded": 1, "unchanged": 2}
    assert set(people(world)) == {ADA}


def test_of_conflicts_the_account_may_count(world: World):
    sheet = gone(world, ALAN)
    in_account(world, (ALAN, "A. M."))
    result = world.start(sheet, delete_missing=True, on_conflict="account")
    assert check_counts(result) == {"read": 1, "unchanged": 1}
    assert ALAN in people(world)


@pytest.mark.parametrize(
    ("header", "cell"),
    [("email,tags", "New"), ("email,lists", "Newsletter"), ("email,unsubscribe_lists", "Newsletter")],
)
def test_a_tag_or_a_subscription_since_is_a_change_too(world: World, header: str, cell: str):
    sheet = edited(exported(world), without(ALAN))
    in_account(world, (ALAN, cell), header=header)
    result = world.start(sheet, delete_missing=True)
    assert missing(result)[ALAN]["_code"] == "conflict"
    assert ALAN in people(world)


def test_a_plan_shows_it_and_is_carried_out(world: World):
    def edit(rows: dict[str, Cells]) -> None:
        del rows[ALAN], rows[EDSGER]
        rows[ADA].update(firstName="Augusta")

    sheet = edited(exported(world), edit)
    world.plan(sheet, delete_missing=True)
    assert world.steps() == []
    lines = [line for line in report(world.job.path, "plan.csv") if line["_action"] == "delete"]
    assert [(line["_row"], line["_key"]) for line in lines] == [("", ALAN), ("", EDSGER)]
    assert all(line["_id"] for line in lines)
    said = json.loads((world.job.path / "plan.json").read_text())
    assert said["rows"] == {"update": 1, "unchanged": 1}
    assert said["delete_missing"] == {"delete": 2}
    assert said["changes"] == {"update": 1, "delete": 2}
    result = world.apply()
    assert check_counts(result) == {"read": 2, "succeeded": 2}
    assert set(people(world)) == {ADA, GRACE}
    assert sorted(world.steps()) == ["contact", "delete", "delete"]


def test_what_changed_since_the_plan_is_set_aside(world: World):
    sheet = gone(world, ALAN, EDSGER)
    world.plan(sheet, delete_missing=True)
    plan = world.job.path.rename(world.folder / "plan")
    in_account(world, (EDSGER, "E. W."))
    plan.rename(world.job.path)
    result = world.apply()
    assert check_counts(result) == {"read": 2, "succeeded": 1, "failed": 1}
    assert missing(result)[EDSGER]["_code"] == "changed_meanwhile"
    assert set(people(world)) == {ADA, GRACE, EDSGER}


def test_it_is_undone_with_all_that_they_had(world: World):
    sheet = gone(world, GRACE)
    before = people(world)[GRACE]
    world.start(sheet, delete_missing=True)
    assert GRACE not in people(world)
    done = JobFolder(world.job.path.rename(world.folder / "jobs" / "done"))
    result: JobResult = run(undo.start, done, ImportOptions(rate=0), world.setting)
    assert result.summary.rows["succeeded"] == 1
    assert people(world)[GRACE] == before
    assert [line["row"] for line in report(result.folder.path, "undo.csv")] == [""]
    assert any(line.strip().startswith("Stays: ") for line in world.told.lines), "what went along with them"


@pytest.mark.parametrize("after", range(1, 4))
def test_a_job_that_was_cut_off_goes_on(world: World, after: int):
    def edit(rows: dict[str, Cells]) -> None:
        del rows[ALAN], rows[EDSGER]
        rows[ADA].update(firstName="Augusta")

    sheet = edited(exported(world), edit)
    writes = 0

    def kill(request: Request) -> None:
        nonlocal writes
        writes += request.method != "GET"
        if writes == after:
            raise Crash

    world.on_send = kill
    with suppress(BaseExceptionGroup, Crash):
        world.start(sheet, delete_missing=True, concurrency=1)
    world.on_send = lambda _request: None
    result = world.resume()
    assert check_counts(result) == {"read": 2, "succeeded": 2}
    assert result.summary.rows["succeeded"] == 1
    assert set(people(world)) == {ADA, GRACE}


def test_what_failed_is_retried(world: World):
    sheet = gone(world, ALAN)
    world.faults = (Fault("status", method="DELETE", status=422, nth=1),)
    result = world.start(sheet, delete_missing=True)
    assert check_counts(result) == {"read": 1, "failed": 1}
    assert JobFolder(world.job.path).has_failed
    world.faults = ()
    result = world.resume(retry=True)
    assert check_counts(result) == {"read": 1, "succeeded": 1}
    assert [line["email"] for line in report(result.folder.path, "deleted-2.csv")] == [ALAN]


# ---- what could harm people


def test_who_still_stands_in_the_file_is_not_missing(world: World):
    def edit(rows: dict[str, Cells]) -> None:
        rows[ALAN]["id"] = ""
        rows[GRACE] = rows[GRACE] | {"id": "", "email": GRACE.upper()}

    result = world.start(edited(exported(world), edit), delete_missing=True)
    assert not result.summary.missing
    assert any("2 rows of the export whose id the file has no more still stand there" in t for t in world.told.lines)
    assert set(people(world)) >= {ALAN, GRACE}
    assert not (result.folder.path / "deleted.csv").exists()


@pytest.mark.parametrize("case", ["ragged", "id"])
def test_a_file_in_which_a_row_may_be_misread_deletes_nobody(world: World, case: str):
    sheet = gone(world, ALAN)
    lines = sheet.read_text(encoding="utf-8").splitlines()
    lines[1] = f"{lines[1]},more" if case == "ragged" else "1.0E+5" + lines[1][lines[1].index(",") :]
    sheet.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        world.start(sheet, delete_missing=True)
    assert refused.value.code == "missing_misread"
    assert world.steps() == []
    assert not world.job.path.exists()


def many(world: World, count: int) -> Path:
    world.people((f"p{number}@example.com", f"N {number}") for number in range(count))
    path = world.folder / "out.csv"
    world.export(path)
    world.job.path.rename(world.job.path.with_name("out"))
    world.sent.clear()
    return path


def test_half_of_an_export_goes_by_a_plan_alone(world: World):
    path = many(world, 24)
    sheet = edited(path, without(*(f"p{number}@example.com" for number in range(12))))
    with pytest.raises(UsageError, match="12 rows of the 24") as refused:
        world.start(sheet, delete_missing=True)
    assert refused.value.code == "missing_too_many"
    assert world.steps() == []
    world.plan(sheet, delete_missing=True)
    assert check_counts(world.apply()) == {"read": 12, "succeeded": 12}


def test_a_file_without_rows_deletes_nobody(world: World):
    path = exported(world)
    empty = world.csv([], path.read_text(encoding="utf-8-sig").splitlines()[0].replace('"', ""), "empty.csv")
    with pytest.raises(UsageError) as refused:
        world.start(empty, delete_missing=True, baseline="out")
    assert refused.value.code == "missing_of_nothing"


def test_where_it_is_not_sure_which_export_it_was_nobody_is_deleted(world: World):
    path = exported(world)
    in_account(world, ("new@example.com", "New"))
    world.export(world.folder / "later.csv")
    world.job.path.rename(world.job.path.with_name("later"))
    sheet = edited(path, without(ALAN))
    with pytest.raises(UsageError) as refused:
        world.start(sheet, delete_missing=True)
    assert refused.value.code == "missing_unsure"
    assert world.steps() == []
    assert check_counts(world.start(sheet, delete_missing=True, baseline="out")) == {"read": 1, "succeeded": 1}
    assert "new@example.com" in people(world)


@pytest.mark.parametrize("case", ["no export", "no ids", "report"])
def test_without_an_export_nobody_is_deleted(world: World, case: str):
    sheet = gone(world, ALAN)
    if case == "no export":
        shutil.rmtree(world.folder / "jobs" / "out")
    elif case == "no ids":
        sheet = world.csv([(ADA, "Ada")], "email,firstName")
    else:
        world.start(sheet)
        sheet = world.job.path.rename(world.job.path.with_name("first")) / "succeeded.csv"
    with pytest.raises(UsageError) as refused:
        world.start(sheet, delete_missing=True)
    assert refused.value.code == ("missing_of_report" if case == "report" else "missing_without_baseline")
    assert world.steps() == []


@pytest.mark.parametrize(
    ("resource", "options"),
    [
        ("contacts", {"mode": "delete"}), ("contacts", {"mode": "create"}), ("contacts", {"limit": 3}),
        ("contacts", {"baseline": "none"}), ("contacts", {"on_duplicate": "all"}), ("", {}),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(resource: str, options: dict[str, Any]):
    with pytest.raises(UsageError) as refused:
        check_import(named(resource) if resource else None, ImportOptions(delete_missing=True, **options), None)
    assert refused.value.code.startswith("missing_")


def test_conflicts_may_stop_it_before_anything_is_sent(world: World):
    sheet = gone(world, ALAN, EDSGER)
    in_account(world, (ALAN, "A. M."))
    result = world.start(sheet, delete_missing=True, on_conflict="stop")
    assert isinstance(result.error, AbortedError)
    assert f"row {ALAN} (missing in the file)" in str(result.error)
    assert world.steps() == []
    assert set(people(world)) == {ADA, GRACE, ALAN, EDSGER}


def test_those_that_go_are_read_a_hundred_a_request_also_where_the_checks_had_to_read(world: World):
    path = many(world, 400)

    def edit(rows: dict[str, Cells]) -> None:
        for number in range(100):
            del rows[f"p{number}@example.com"]
        for number in range(100, 110):
            rows[f"p{number}@example.com"]["firstName"] = "Edited"
        rows["p200@example.com"]["phone"] = "4.47912E+11"  # looks spoilt, so the account is asked what it holds

    result = world.start(edited(path, edit), delete_missing=True)
    assert check_counts(result) == {"read": 100, "succeeded": 100}
    assert result.summary.rows["succeeded"] == 10
    assert len(world.steps("GET")) <= 20
