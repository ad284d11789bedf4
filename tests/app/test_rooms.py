"""What is not on a file's way: reports of jobs, old jobs that go, comparisons."""

from __future__ import annotations

import contextlib
import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from bulk.__main__ import run as run_command
from bulk.app.guards import ALONE
from bulk.library.jobs import jobs_in
from tests.app.browser import served
from tests.app.visitor import Visitor

PEOPLE = "Email,First Name\nada@example.com,Ada\nada@example.com,Augusta\n"


def imported(name: str = "mine", text: str = PEOPLE) -> None:
    Path(f"{name}.csv").write_text(text)
    run_command(["import", "contacts", f"{name}.csv", "--sandbox", "-q", "--rate", "0", "--job", name])


def exported(visitor: Visitor, resource: str = "contacts") -> str:
    """Export; the job's name."""
    path = visitor.post("/exports", {"resource": resource, "form": "csv"})
    visitor.wait(path)
    return path.rpartition("/")[2]


def test_a_report_is_that_of_the_command_line(visitor: Visitor):
    imported()
    assert "Open it" in visitor.get("/jobs/mine")
    answer = visitor.client.get("/jobs/mine/report")
    assert answer.headers["content-security-policy"] == ALONE, "its style is within it, and nothing of it runs"
    assert answer.headers["content-type"].startswith("text/html")
    assert "content-disposition" not in answer.headers
    assert "ada@example.com" not in answer.text
    run_command(["report", "mine"])
    told = re.compile(r"\d\d:\d\d| --jobs-dir [^<]*")
    theirs = (visitor.jobs / "mine" / "report.html").read_text()
    assert len(theirs) > 2_000
    assert "To take it back:" in theirs
    assert told.sub("", theirs) == told.sub("", answer.text), "with the lines for a terminal"
    answer = visitor.client.get("/jobs/mine/report?rows=1&save=1")
    assert "ada@example.com" in answer.text
    assert answer.headers["content-disposition"].startswith('attachment; filename="mine.html"')


def test_a_cell_that_the_account_changed_too_is_overwritten_only_if_a_person_says_so(visitor: Visitor):
    imported(text="Email,First Name,Phone\nada@example.com,Ada,+1 555 0100\n")
    name = exported(visitor)
    sheet = visitor.client.get(f"/jobs/{name}/output").content.replace(b'"Ada"', b'"Augusta"')
    imported("meanwhile", "Email,First Name,Phone\nada@example.com,Adele,+1 555 0199\n")
    draft = visitor.give("sheet.csv", sheet)
    visitor.check(draft)
    plan = visitor.post(f"{draft}/plan")
    visitor.wait(plan)
    visitor.post(f"{plan}/apply")
    page = visitor.wait(plan)
    assert "“A cell that the account changed too”" in page
    assert "--on-conflict" not in page
    again = visitor.post(f"{plan}/repair").removesuffix("/check")
    visitor.client.get(f"{again}/events")
    assert "Nothing to do" in visitor.wait(visitor.post(f"{again}/plan")), "looking at it again overwrites nothing"
    visitor.check(again, on_conflict="sheet")
    page = visitor.wait(visitor.post(f"{again}/plan"))
    assert "Adele" in page
    assert "Augusta" in page
    assert "+1 555 0199" not in page, "what nobody edited in the sheet stays as somebody else has it by now"


def test_no_other_page_may_have_a_style_within_it(visitor: Visitor):
    for path in ("/", "/jobs", "/compare"):
        assert "unsafe" not in visitor.client.get(path).headers["content-security-policy"]


def test_old_jobs_go_once_they_were_shown_and_it_was_agreed_to(visitor: Visitor):
    imported("first")
    page = visitor.get("/jobs/prune")
    assert "nothing to delete" in page, "none is a month old"
    page = visitor.get("/jobs/prune?days=0")
    assert "1 job would go" in page
    assert "have rows that are not done" in page or "has rows that are not done" in page
    imported("second")
    page = visitor.post("/jobs/prune", {"days": "0", "job": "first"}, status=200)
    assert "Deleted 1 job" in page
    assert [job.name for job in jobs_in(visitor.jobs)] == ["second"], "only what was shown goes"
    assert "Deleted 0 jobs" in visitor.post("/jobs/prune", {"days": "30", "job": "second"}, status=200)
    assert "Delete old ones" in visitor.get("/jobs")


def test_what_comparisons_have_written_goes_with_old_jobs(visitor: Visitor):
    imported(text="email\nada@example.com\n")
    imported("more", "email,firstName\nada@example.com,Ada\n")
    compared(visitor, "mine", "more")
    other = visitor.jobs / "exports" / "mine.csv"
    other.write_text("somebody's own")
    assert "nothing to delete" in visitor.get("/jobs/prune"), "it is not a month old"
    assert "1 file of old comparisons would go as well" in visitor.get("/jobs/prune?days=0")
    visitor.post("/jobs/prune", {"days": "0", "job": "more"}, status=200)
    assert len(list((visitor.jobs / "exports").iterdir())) == 2, "only what was agreed to"
    assert run_command(["jobs", "prune", "--older-than", "0s", "--yes"]) == 0
    assert list((visitor.jobs / "exports").iterdir()) == [other]


def test_what_can_go_on_stays_when_old_jobs_go(visitor: Visitor):
    Path("many.csv").write_text("Email\n" + "".join(f"p{n}@example.com\n" for n in range(20)))
    run_command(["import", "contacts", "many.csv", "--sandbox", "-q", "--job", "open", "--max-duration", "1s"])
    page = visitor.get("/jobs/prune?days=0")
    assert "1 job as old would stay" in page
    assert "“Go on”" in page or "unfinished" in page
    visitor.post("/jobs/prune", {"days": "0", "job": "open"}, status=200)
    assert [job.name for job in jobs_in(visitor.jobs)] == ["open"]


def compared(visitor: Visitor, a: str, b: str, file: tuple[str, bytes] | None = None, **texts: str) -> str:
    """Compare; the page of what came of it."""
    files = {"file": file if file is not None else ("", b"")}
    answer = visitor.client.post("/compare", data={"a": a, "b": b, **texts}, files=files, headers=visitor.headers)
    assert answer.status_code == 303, answer.text
    return visitor.wait(answer.headers["location"])


def test_the_file_of_a_job_is_compared_as_what_the_job_took_it_for(visitor: Visitor):
    imported(text="email\nada@example.com\n")
    assert "<h1>Equal</h1>" in compared(visitor, "mine", "live"), "neither its name nor its title tells what it is of"


def test_an_export_is_equal_to_the_account_until_something_changes(visitor: Visitor):
    imported()
    job = exported(visitor)
    assert f'value="{job}"' in visitor.get("/compare")
    assert "<h1>Equal</h1>" in compared(visitor, job, "live")
    imported("more", "Email,First Name\nada@example.com,Augusta\ngrace@example.com,Grace\n")
    page = compared(visitor, job, "live")
    assert "<h1>2 differences</h1>" in page
    assert "Augusta" in page
    path = re.search(r'href="(/compare/[^"]+/differences)"', page)
    assert path
    told = visitor.client.get(path[1]).text
    file = jobs_in(visitor.jobs)[1].record.output
    assert run_command(["compare", file, "live", "theirs.csv", "--sandbox", "-q"]) == 1
    assert told == Path("theirs.csv").read_bytes().decode(), "as on the command line"
    again = exported(visitor)
    assert "<h1>2 differences</h1>" in compared(visitor, job, again)
    assert "<h1>1 difference</h1>" in compared(visitor, job, again, ignore="firstName")


def test_a_file_is_compared_and_nothing_of_it_is_kept(visitor: Visitor):
    imported()
    page = compared(visitor, "file", "live", ("contacts.csv", b"email,firstName\nada@example.com,Ada\n"))
    assert "<h1>Equal</h1>" in page
    assert "contacts.csv" in page
    assert not list((visitor.jobs / "uploads").iterdir())
    assert "Not finished yet" not in visitor.get("/")


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [("file", "live", "No file came with that"), ("none", "live", "none"), ("live", "live", "account")],
)
def test_what_cannot_be_compared_is_said(visitor: Visitor, a: str, b: str, said: str):
    answer = visitor.client.post(
        "/compare", data={"a": a, "b": b}, files={"file": ("", b"")}, headers=visitor.headers
    )  # fmt: skip
    page = answer.text
    if answer.status_code == 303:
        visitor.client.get(f"{answer.headers['location']}/events")
        page = visitor.client.get(answer.headers["location"]).text
    assert "alert" in page
    assert said in page


def test_a_comparison_that_is_not_there_any_more_leads_to_a_new_one(visitor: Visitor):
    assert visitor.client.get("/compare/compare-0").headers["location"] == "/compare"
    imported()
    assert visitor.client.get("/compare/mine").headers["location"] == "/compare", "a job is none"


def test_what_was_deleted_by_a_terminal_is_not_shown(visitor: Visitor):
    imported()
    run_command(["jobs", "prune", "--older-than", "0s", "--yes"])
    assert visitor.client.get("/jobs/mine").status_code == 404
    assert json.dumps(jobs_in(visitor.jobs)) == "[]"


def test_some_of_a_resource_is_exported_as_by_the_command_line(visitor: Visitor):
    people = "email,firstName,lists\nada@example.com,Ada,Newsletter\ngrace@example.com,Grace,\nalan@example.org,Alan,\n"
    imported("people", people)
    page = visitor.get("/exports/choices?resource=contacts&form=csv")
    listed = re.search(r'<option value="(\d+)">Newsletter', page)
    assert listed
    assert 'value="firstName"' in page
    job = visitor.post(
        "/exports", {"resource": "contacts", "choices": "1", "filter-listid": listed[1], "column": "email"}
    )
    visitor.wait(job)
    assert visitor.client.get(f"{job}/output").text.splitlines() == ['\ufeff"email"', '"ada@example.com"']
    options = (f"--filter=listid={listed[1]}", "--columns=email", "--sandbox", "-q", "--rate=0")
    assert run_command(["export", "contacts", "theirs.csv", *options]) == 0
    ours, theirs = jobs_in(visitor.jobs)[1:]
    assert ours.record.options == theirs.record.options
    assert ours.rows == theirs.rows
    assert Path(ours.record.output).read_bytes() == Path("theirs.csv").read_bytes()
    searched = visitor.post(
        "/exports", {"resource": "contacts", "search": "example.org", "plain": "1", "column": "email"}
    )
    visitor.wait(searched)
    assert visitor.client.get(f"{searched}/output").text.splitlines() == ["email", "alan@example.org"]


def test_what_cannot_be_exported_so_is_said_where_it_was_chosen(visitor: Visitor):
    answer = visitor.post("/exports", {"resource": "tags", "choices": "1", "filter-color": "red"}, status=422)
    assert "color" in answer
    assert "Only what fits" in answer or "Only some columns" in answer
    assert visitor.client.get("/exports/choices?resource=none").status_code == 422
    assert visitor.client.get("/exports/choices?resource=all").headers["location"] == "/exports"


def test_a_whole_account_is_exported_and_downloaded_in_one(visitor: Visitor):
    imported()
    job = visitor.post("/exports", {"resource": "all"})
    page = visitor.wait(job)
    assert "<h1>Done</h1>" in page
    assert "Contacts (people)" in page
    answer = visitor.client.get(f"{job}/output")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert "contacts.csv" in archive.namelist()
        assert b"ada@example.com" in archive.read("contacts.csv")
    for path in visitor.jobs.rglob("*.zip"):
        assert path.stat().st_mode & 0o777 == 0o600
    assert "A whole account" in visitor.get("/jobs")
    assert "A whole account" in visitor.get("/compare")
    assert "<h1>Equal</h1>" in compared(visitor, job.rpartition("/")[2], "live")


def test_a_whole_account_that_a_terminal_imports_has_its_pages(visitor: Visitor):
    run_command(["export", "all", "account", "--sandbox", "-q", "--rate", "0"])
    other = ("--sandbox", "-q", "--rate", "0")
    assert run_command(["plan", "all", "account", "--job", "whole", *other]) == 0
    assert "What would happen" in visitor.get("/jobs/whole") or "Nothing to do" in visitor.get("/jobs/whole")
    assert run_command(["import", "all", "account", "--job", "in", *other]) in (0, 1)
    assert "A whole account" in visitor.get("/jobs/in")


def test_a_whole_account_comes_back_into_another(visitor: Visitor, tmp_path: Path):
    imported("people", "email,firstName,tags\nada@example.com,Ada,VIP\n")
    export = visitor.post("/exports", {"resource": "all"})
    visitor.wait(export)
    packed = visitor.client.get(f"{export}/output").content
    with served(tmp_path / "other", rate=0) as site, site.client() as client:
        other = Visitor(client, site)
        place = other.client.post(
            "/files", data={"resource": "all"}, files={"file": ("account.zip", packed)}, headers=other.headers
        ).headers["location"]  # fmt: skip
        page = other.wait(place)
        assert "What would happen" in page
        assert "ada@example.com" in page
        other.post(f"{place}/apply")
        page = other.wait(place)
        assert "<h1>Done" in page
        assert "Contacts (people)" in page
        assert not list((other.jobs / "uploads").iterdir())
        account = ("--sandbox", "-q", "--rate", "0")
        with contextlib.chdir(tmp_path / "other"):
            assert run_command(["export", "contacts", "there.csv", "--columns", "email,firstName,tags", *account]) == 0
            assert "ada@example.com" in Path("there.csv").read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("name", "content"),
    [("account.zip", b"PK no archive"), ("people.csv", b"Email\nada@example.com\n")],
)
def test_what_is_no_whole_account_is_said_and_not_kept(visitor: Visitor, name: str, content: bytes):
    assert "is no whole account" in visitor.give(name, content, "all", status=422)
    assert not list((visitor.jobs / "uploads").iterdir())


def test_nothing_of_an_archive_is_written_elsewhere(visitor: Visitor):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../contacts.csv", "email\nada@example.com\n")
        archive.writestr("/tags.csv", "tag\nVIP\n")
    assert "is no whole account" in visitor.give("account.zip", packed.getvalue(), "all", status=422)
    assert not list(Path().rglob("contacts.csv"))


def test_rows_of_a_whole_account_that_are_not_done_are_shown_and_downloaded_kind_by_kind(visitor: Visitor):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("contacts.csv", "email,firstName\nada@example.com,Ada\nbad,Nobody\n")
        archive.writestr("tags.csv", "tag,tagType\nVIP,contact\n")
    answer = visitor.client.post(
        "/files", data={"resource": "all"}, files={"file": ("a.zip", packed.getvalue())}, headers=visitor.headers
    )  # fmt: skip
    job = answer.headers["location"]
    visitor.wait(job)
    visitor.post(f"{job}/apply")
    page = visitor.wait(job)
    assert "Done, but for 1 row" in page
    assert "contacts 3" in page
    assert f"{job}/parts/contacts" in page
    assert "bad" in visitor.client.get(f"{job}/parts/contacts").text
    for part in ("tags2", "..%2fcontacts", "job.json"):
        assert visitor.client.get(f"{job}/parts/{part}").status_code == 404


def test_what_goes_since_a_file_has_it_no_more_is_said_before_and_after(visitor: Visitor):
    imported("people", "email,firstName\nada@example.com,Ada\ngrace@example.com,Grace\n")
    assert run_command(["export", "contacts", "sheet.csv", "--sandbox", "-q", "--rate", "0"]) == 0
    sheet = Path("sheet.csv").read_text("utf-8-sig").splitlines()
    Path("sheet.csv").write_text("\n".join(line for line in sheet if "grace@" not in line) + "\n")
    options = ("--delete-missing", "--sandbox", "-q", "--rate", "0")
    assert run_command(["plan", "contacts", "sheet.csv", "--job", "less", *options]) == 0
    page = visitor.get("/jobs/less")
    assert "1 record that the file has no more would be deleted" in page
    assert "Delete 1 record in the sandbox" in page or "delete 1 record in the sandbox" in page
    visitor.post("/jobs/less/apply")
    page = visitor.wait("/jobs/less")
    assert "<h1>Done</h1>" in page
    assert "Of what the file had no more: 1 deleted." in page
