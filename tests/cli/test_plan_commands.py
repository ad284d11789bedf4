"""`bulk plan`, `bulk apply` and `bulk import -n` as a person meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import SAMPLE, Shell
from tests.world import account, report

HEADER = "email,firstName,tags\n"


def people(bulk: Shell) -> dict[str, object]:
    return account(bulk.folder / "sandbox" / "sandbox.sqlite")["contacts"]


def file(bulk: Shell, *lines: str) -> Path:
    path = bulk.folder / "people.csv"
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return path


@pytest.mark.parametrize("command", [("plan",), ("import", "-n"), ("import", "--dry-run")])
def test_a_plan_is_shown_and_the_line_that_carries_it_out(bulk: Shell, command: tuple[str, ...]):
    path = file(bulk, "ada@example.com,Ada,VIP", "nobody,X,")
    result = bulk.sandbox(command[0], path, "--job", "p", *command[1:])
    assert result.code == 0
    assert result.out.splitlines()[:3] == [
        "Plan p: nothing was sent.", "  2 rows: 1 create, 1 reject", "  3 changes: 1 add tag, 2 create",
    ]  # fmt: skip
    assert "create firstName: Ada" in result.out
    assert "  Refused: 1 row. All of them, and why:" in result.out
    assert "    row 3: email: 'nobody'" in result.out
    assert result.out.splitlines()[-1].startswith("  bulk apply p")
    assert people(bulk) == {}
    assert [line["_code"] for line in report(bulk.job("p"), "failed.csv")] == ["email_invalid"]
    assert "planned" in bulk("jobs").out
    assert "  do it    bulk apply p" in bulk("jobs", "p").out


def test_the_newest_plan_is_applied(bulk: Shell):
    bulk.sandbox("plan", file(bulk, "ada@example.com,Ada,VIP"), "--job", "old")
    bulk.sandbox("plan", file(bulk, "ada@example.com,Ada,Gold"), "--job", "new")
    result = bulk("apply", "--rate", "0")
    assert (result.code, result.out.splitlines()[0]) == (0, "1 row: 1 created")
    plan = json.loads((bulk.job("new") / "plan.json").read_text())["requests"]["single"]
    took = next(line for line in result.out.splitlines() if " requests in " in line)
    assert took.startswith(f"{plan} requests in "), "those of this run, as the plan told"
    assert f"With the earlier runs of this job: {bulk.summary('new')['requests']} in " in took
    assert people(bulk)["ada@example.com"]["tags"] == {"Gold"}
    result = bulk("apply", "old", "--rate", "0")
    assert result.code == 1
    assert "Somebody changed it since the plan was made" in result.out
    assert people(bulk)["ada@example.com"]["tags"] == {"Gold"}


def test_who_says_sandbox_of_a_job_of_the_sandbox_says_what_is_so(bulk: Shell):
    path = file(bulk, "ada@example.com,Ada,VIP")
    bulk.sandbox("plan", path, "--job", "p")
    assert bulk("apply", "--sandbox", "--rate", "0").code == 0
    assert bulk("retry", "p", "--sandbox").code == 0
    assert bulk("undo", "p", "--sandbox", "--rate", "0", "--yes").code == 0
    assert "ada@example.com" not in people(bulk)


@pytest.mark.parametrize("command", [("apply", "p"), ("undo", "p", "--yes"), ("resume", "p")])
def test_who_says_sandbox_of_a_job_of_an_account_is_told_what_it_is_of(bulk: Shell, command: tuple[str, ...]):
    bulk.sandbox("plan", file(bulk, "ada@example.com,Ada,VIP"), "--job", "p")
    if command[0] != "apply":
        bulk("apply", "p", "--rate", "0", "--max-errors", "1")
    if command[0] == "resume":  # as if it had been cut off
        (bulk.job("p") / "summary.json").unlink()
    job = bulk.job("p") / "job.json"
    said = json.loads(job.read_text())
    job.write_text(json.dumps({**said, "place": "https://people.api-us1.com", "account": "people.activehosted.com"}))
    result = bulk(*command, "--sandbox")
    assert result.code == 2
    assert "p is of the account people.activehosted.com, not of the sandbox" in result.err


def test_a_plan_that_was_carried_out_says_so_once_and_sends_nothing_more(bulk: Shell):
    bulk.sandbox("plan", file(bulk, "ada@example.com,Ada,VIP"), "--job", "p")
    assert bulk("apply", "p", "--rate", "0").code == 0
    requests = bulk.summary("p")["requests"]
    again = bulk("apply", "p", "--rate", "0")
    assert (again.code, again.out, again.err) == (0, "p was carried out already, so nothing was sent.\n", "")
    assert json.loads(bulk("apply", "p", "--json").out) == bulk.summary("p")
    assert "p  plan contacts  carried out  1 row: 1 succeeded" in bulk("jobs", "p").out
    assert "carried out" in bulk("jobs").out
    bulk.sandbox("plan", file(bulk, "ada@example.com,Augusta,", "nobody,X,"), "--job", "q")
    assert bulk("apply", "q", "--rate", "0").code == 1
    again = bulk("apply", "q", "--rate", "0")
    assert again.code == 1
    assert again.out.splitlines()[:2] == [
        "q was carried out already, so nothing was sent.", f"  1 rejected: {bulk.job('q') / 'failed.csv'}",
    ]  # fmt: skip
    assert f"bulk import contacts {bulk.job('q') / 'failed.csv'} --sandbox" in again.out
    assert bulk.summary("p")["requests"] == requests


def test_what_is_there_is_nothing_to_do(bulk: Shell):
    bulk.sandbox("import", SAMPLE)
    result = bulk.sandbox("plan", SAMPLE, "--detailed-exitcode")
    assert (result.code, result.out.splitlines()[-1]) == (0, "Nothing to do: the account has all of it.")
    path = file(bulk, "ada@example.com,Augusta,")
    assert bulk.sandbox("plan", path, "--detailed-exitcode").code == 2
    assert bulk.sandbox("import", path, "-n", "--detailed-exitcode").code == 2
    assert bulk.sandbox("plan", path).code == 0


def test_a_plan_for_programs(bulk: Shell):
    path = file(bulk, "ada@example.com,Ada,VIP")
    said = json.loads(bulk.sandbox("plan", path, "--json").out)
    assert (said["rows"], said["writes"], said["requests"]) == (
        {"create": 1},
        {"single": 3},
        {"single": 9, "import": 9},
    )


def test_what_cannot_be_applied_says_what_to_do(bulk: Shell):
    assert "There is no plan in" in bulk("apply").err
    bulk.sandbox("import", SAMPLE, "--job", "done")
    assert "done is no plan" in bulk("apply", "done").err
    bulk.sandbox("plan", SAMPLE, "--job", "p")
    assert "waits for being carried out: bulk apply p" in bulk("resume", "p").err
    assert "too old to go by" in bulk("apply", "p", "--max-age", "0s").err
    assert "holds no file like contacts.csv" in bulk("plan", "all", bulk.folder, "--sandbox").err
    for command in ("apply", "resume", "plan"):
        assert bulk(command, "--help").code == 0


def test_what_was_emptied_since_an_export_is_told_apart(bulk: Shell):
    bulk.sandbox("import", file(bulk, "ada@example.com,Ada,VIP"))
    out = bulk.folder / "out.csv"
    bulk.sandbox("export", out, "--job", "out")
    sheet = bulk.folder / "sheet.csv"
    sheet.write_text(out.read_text(encoding="utf-8-sig").replace('"Ada"', '""'))
    assert "1 cell emptied since the export" in bulk.sandbox("plan", sheet).out
    assert "Nothing to do" in bulk.sandbox("plan", sheet, "--blank", "keep").out
    assert "--baseline none" in bulk.sandbox("plan", sheet).err


def test_what_a_sheet_has_no_more_is_deleted_once_it_is_agreed_to(bulk: Shell):
    bulk.sandbox("import", file(bulk, "ada@example.com,Ada,VIP", "alan@example.com,Alan,", "grace@example.com,Grace,"))
    out, sheet = bulk.folder / "out.csv", bulk.folder / "sheet.csv"
    bulk.sandbox("export", out, "--job", "out")
    sheet.write_text("".join(out.read_text(encoding="utf-8-sig").splitlines(keepends=True)[:-1]))
    assert "--delete-missing would delete them" in bulk.sandbox("plan", sheet).err
    refused = bulk.sandbox("import", sheet, "--delete-missing", "--job", "refused")
    assert (refused.code, "Pass --yes" in refused.err) == (2, True)
    assert not bulk.job("refused").exists()
    planned = bulk.sandbox("plan", sheet, "--delete-missing", "--job", "p")
    assert "1 row of the export that the file lacks: 1 delete" in planned.out, planned.err
    assert "missing  grace@example.com  delete" in planned.out
    assert "grace@example.com" in people(bulk)
    done = bulk.sandbox("import", sheet, "--delete-missing", "--yes", "--job", "done")
    assert (done.code, "1 contact that the export had and the file lacks will be DELETED" in done.err) == (0, True)
    assert "1 row of the export that the file lacks: 1 deleted" in done.out
    assert set(people(bulk)) == {"ada@example.com", "alan@example.com"}
    applied = bulk("apply", "p", "--yes")
    assert (applied.code, "that the file lacks: 1 gone already" in applied.out) == (0, True), applied.out
    assert "missing   1 row: 1 succeeded" in bulk("jobs", "done").out
    assert bulk("undo", "done", "--yes").code == 0
    assert "grace@example.com" in people(bulk)
    changed = file(bulk, "grace@example.com,Amazing,")
    bulk.sandbox("import", changed, "--baseline", "none")
    quiet = bulk.sandbox("import", sheet, "--delete-missing", "--yes", "--baseline", "out", "-q", "--job", "quiet")
    assert quiet.code == 0  # she was made anew, so the one of the export is gone
    bulk.sandbox("export", out, "--job", "again")
    sheet.write_text("".join(out.read_text(encoding="utf-8-sig").splitlines(keepends=True)[:-1]))
    bulk.sandbox("import", file(bulk, "grace@example.com,Third,"), "--baseline", "none")
    quiet = bulk.sandbox("import", sheet, "--delete-missing", "--yes", "--baseline", "again", "-q", "--job", "kept")
    assert (quiet.code, "1 of 1 row that the file lacks not deleted" in quiet.err) == (1, True), quiet.err
    assert bulk("retry", "kept", "--yes").code == 1
    assert "grace@example.com" in people(bulk)


def test_a_plan_of_a_folder_is_shown_by_its_parts_and_carried_out(bulk: Shell):
    place = bulk.folder / "files"
    place.mkdir()
    (place / "tags.csv").write_text("tag\nVIP\n")
    (place / "contacts.csv").write_text("email,tags,account\nada@example.com,VIP,Acme\nnobody,,\n")
    (place / "notes.csv").write_text("note,reltype,contact_email\nHello,contact,ada@example.com\n")
    plan = ("plan", "all", place, "--sandbox", "--rate", "0")
    told = bulk(*plan, "--job", "p", "--detailed-exitcode")
    assert told.code == 2
    lines = told.out.splitlines()
    assert lines[:5] == [
        "Plan p: nothing was sent.",
        "                             create     reject    changes",
        "  tags                            1          -          2",
        "  contacts                        1          1          3",
        "  notes                           1          -          3",
    ]
    assert "  Would be created first: 1 account: Acme" in lines
    assert "    notes.csv row 2  contact · ada@example.com · hello  create relid: contacts.csv row 2" in lines
    assert any(line.endswith(str(Path("p") / "contacts" / "failed.csv")) for line in lines)
    ours = [
        line for line in lines if str(bulk.folder) not in line and " row " not in line
    ]  # others are as long as data
    assert max(map(len, ours)) <= 80
    assert "bulk apply p" in lines[-1]
    assert bulk("apply").code == 1, "one row is no address"
    again = json.loads(bulk(*plan, "--json").out)
    assert again["resources"]["contacts"]["rows"] == {"unchanged": 1, "reject": 1}
    assert again["changes"] == {}


def test_a_plan_that_is_gone_on_with_ends_as_one_that_was_not_cut_off(bulk: Shell):
    """With exit code 0: that its rows wait is no failure."""
    path = file(bulk, "ada@example.com,Ada,VIP")
    assert bulk.sandbox("plan", path, "--job", "p").code == 0
    (bulk.folder / "bulk-jobs" / "p" / "summary.json").unlink()  # as if it had been cut off just before its end
    assert bulk("resume", "p").code == 0
    assert bulk("apply").code == 0


def test_the_state_of_a_plan_that_waits_has_one_owner():
    modules = Path(__file__).parents[2].glob("bulk/**/*.py")
    said = {path.name for path in modules if '"planned"' in path.read_text("utf-8")}
    assert said == {"job_folder.py", "facts.py"}, "the second is a fact of the same name"


def test_a_plan_of_a_file_without_rows_is_nothing_to_do_nor_is_carrying_it_out(bulk: Shell):
    result = bulk.sandbox("plan", file(bulk), "--job", "empty", "--detailed-exitcode")
    assert (result.code, result.out.splitlines()[-1]) == (0, "Nothing to do: the file has no rows.")
    result = bulk("apply", "empty", "--rate", "0")
    assert (result.code, result.out.splitlines()[0]) == (0, "0 rows: nothing to do")
    assert json.loads((bulk.job("empty") / "plan.json").read_text())["made_at"]


def test_a_plan_of_rows_that_cannot_be_sent_does_not_say_that_the_account_has_them(bulk: Shell):
    result = bulk.sandbox("plan", file(bulk, "nobody,X,"), "--job", "bad")
    assert result.out.splitlines()[-1] == "Nothing to do: no row can be sent."
    result = bulk("apply", "bad", "--rate", "0")
    assert (result.code, result.out.splitlines()[1]) == (1, "  1 rejected:")
    bulk.sandbox("import", file(bulk, "ada@example.com,Ada,"))
    result = bulk.sandbox("plan", file(bulk, "ada@example.com,Ada,", "nobody,X,"))
    assert result.out.splitlines()[-1] == "Nothing to do: the account has all that can be sent."


def test_a_folder_that_is_carried_out_in_part_says_which_files_were_not_begun(bulk: Shell):
    place = bulk.folder / "files"
    place.mkdir()
    (place / "tags.csv").write_text("tag\nVIP\n")
    (place / "contacts.csv").write_text("email,firstName\nada@example.com,Ada\np1@example.com,P\n")
    (place / "notes.csv").write_text("note,reltype,contact_email\nHello,contact,p1@example.com\n")
    assert bulk("plan", "all", place, "--sandbox", "--rate", "0", "--job", "p").code == 0
    bulk.sandbox("import", file(bulk, "ada@example.com,Augusta,"))
    stopped = bulk("apply", "p", "--rate", "0", "--max-errors", "1")
    assert stopped.code == 3, stopped.err
    assert "  not begun: notes" in stopped.out.splitlines()
    assert "bulk resume p" in stopped.err


def test_an_export_of_everything_tells_the_rows_of_what_comes_with_the_contacts(bulk: Shell):
    bulk.sandbox("import", file(bulk, "ada@example.com,Ada,VIP"))
    out = bulk("export", "all", bulk.folder / "out", "--sandbox", "--rate", "0").out
    lines = [line.split() for line in out.splitlines()]
    assert ["contactTags", "1"] in lines
    (in_all,) = (line[-1] for line in lines if line[:2] == ["in", "all"])
    assert f"{in_all} rows → " in out
    assert "/s)" not in out, "of a short job a rate says nothing"
