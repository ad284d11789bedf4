"""`bulk jobs prune`: what is old and over goes, whole; what can go on, or is gone by, stays."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from filelock import FileLock

from bulk.cli import options

ROW = "email,firstName\nada@example.com,Ada\n"
OLD = ("jobs", "prune", "--older-than", "30d")


@pytest.fixture
def aged(bulk):
    def age(name, days):
        path = bulk.job(name) / "job.json"
        data = json.loads(path.read_text())
        begun = datetime.now(UTC) - timedelta(days=days)
        path.write_text(json.dumps(data | {"created": begun.isoformat(timespec="microseconds")}))

    return age


def left(bulk):
    return sorted(path.name for path in bulk.jobs.iterdir())


def test_old_finished_jobs_and_plans_go_whole_and_newer_ones_stay(bulk, csv_file, aged):
    file = csv_file(ROW)
    for name, command in (("imported", "import"), ("planned", "plan"), ("new", "import")):
        bulk.sandbox(command, file, "--job", name)
    aged("imported", 31)
    aged("planned", 40)
    aged("new", 29)
    done = bulk(*OLD, "--yes")
    assert done.code == 0
    assert left(bulk) == ["new"]
    shown = done.out
    assert all(said in shown for said in ("imported", "planned", "cannot be undone", "Deleted 2 jobs"))
    assert "new" not in shown.split()
    assert bulk("undo", "imported", "--yes").code == 2


def test_it_is_asked_before_and_nothing_goes_without_an_answer(bulk, csv_file, aged, monkeypatch):
    bulk.sandbox("import", csv_file(ROW), "--job", "one")
    aged("one", 31)
    for said, code in (("\n", 2), ("", 2), ("n\n", 2)):
        monkeypatch.setattr("sys.stdin", Said(said))
        assert bulk(*OLD).code == code
        assert left(bulk) == ["one"]
    monkeypatch.setattr("sys.stdin", Said("y\n"))
    assert bulk(*OLD).code == 0
    assert left(bulk) == []


class Said:
    def __init__(self, line):
        self.line = line

    def readline(self):
        line, self.line = self.line, ""
        return line


def test_what_can_go_on_or_is_at_work_stays_and_is_said(bulk, csv_file, aged):
    rows = "email,firstName\na@example.com,A\nb@example.com,B\n"
    given = ("--mode", "update", "--max-errors", "1", "--concurrency", "1")
    bulk.sandbox("import", csv_file(rows), *given, "--job", "open")
    bulk.sandbox("import", csv_file(ROW), "--job", "busy")
    aged("open", 99)
    aged("busy", 99)
    with FileLock(bulk.job("busy") / "lock"):
        done = bulk(*OLD, "--yes")
    assert done.code == 0
    assert left(bulk) == ["busy", "open"]
    assert "busy stays: it is at work now" in done.out
    assert "open stays: it is unfinished" in done.out


def test_the_baseline_of_a_job_that_stays_stays_and_goes_together_with_it(bulk, csv_file, aged):
    bulk.sandbox("import", csv_file(ROW))
    bulk.sandbox("export", "out.csv", "--job", "exported")
    sheet = csv_file((bulk.folder / "out.csv").read_text("utf-8-sig").replace('"Ada"', '"Augusta"'), "sheet.csv")
    bulk.sandbox("import", sheet, "--job", "edited")
    aged("exported", 50)
    done = bulk(*OLD, "--yes")
    assert "exported stays: it is the baseline of edited" in done.out
    assert bulk.job("exported").exists()
    aged("edited", 40)
    assert bulk(*OLD, "--yes").code == 0
    assert not bulk.job("exported").exists()
    assert not bulk.job("edited").exists()


@pytest.mark.parametrize(("undone", "undo", "stay"), [(50, 10, True), (10, 50, True), (50, 50, False)])
def test_a_job_and_its_undo_go_together_or_not_at_all(bulk, csv_file, aged, undone, undo, stay):
    bulk.sandbox("import", csv_file(ROW), "--job", "one")
    bulk("undo", "one", "--yes", "--job", "back", "--rate", "0")
    record = json.loads((bulk.job("one") / "job.json").read_text())
    assert record["created"]
    aged("one", undone)
    aged("back", undo)
    assert bulk(*OLD, "--yes").code == 0
    assert left(bulk) == (["back", "one"] if stay else [])


def test_for_programs_it_says_what_went_and_what_stayed(bulk, csv_file, aged):
    bulk.sandbox("import", csv_file(ROW), "--job", "one")
    assert json.loads(bulk(*OLD, "--yes", "--json").out) == {"deleted": [], "kept": []}
    aged("one", 31)
    assert json.loads(bulk(*OLD, "--yes", "--json").out) == {"deleted": ["one"], "kept": []}


def test_what_an_earlier_deletion_left_is_no_job_and_goes_the_next_time(bulk, csv_file, aged):
    for name in ("one", "two"):
        bulk.sandbox("import", csv_file(ROW), "--job", name)
        aged(name, 31)
    bulk.job("two").rename(bulk.jobs / ".pruned-two")
    assert "two" not in bulk("jobs").out
    assert bulk(*OLD, "--yes").code == 0
    assert left(bulk) == []


@pytest.mark.parametrize("given", [("prune",), ("--older-than", "3d"), ("one", "--yes")])
def test_half_of_it_is_refused_with_the_whole_line(bulk, given):
    done = bulk("jobs", *given)
    assert done.code == 2
    assert "bulk jobs prune" in done.err


def test_days_are_durations():
    assert options.duration(None, None, "1d2h") == 93600.0


def test_a_link_in_place_of_a_job_is_left_with_what_it_leads_to(bulk, csv_file, aged):
    bulk.sandbox("import", csv_file(ROW), "--job", "one")
    aged("one", 31)
    elsewhere = bulk.job("one").rename(bulk.folder / "elsewhere")
    bulk.job("one").symlink_to(elsewhere)
    done = bulk(*OLD, "--yes")
    assert done.code == 1
    assert "one is a link" in done.err
    assert (elsewhere / "summary.json").exists()
    assert left(bulk) == ["one"]
