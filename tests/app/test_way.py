"""The whole way of a file through the page, without a browser, and what of it stands in the job's folder."""

from __future__ import annotations

import io
import json
import re
import stat
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from bulk.__main__ import run as run_command
from bulk.app.server import serve
from bulk.app.uploads import MOST, take_pieces
from bulk.errors import UsageError
from bulk.library import Account
from bulk.library.jobs import jobs_in
from bulk.library.results import failed_rows_in
from tests.app.browser import served
from tests.app.files import hubspot, unreadable
from tests.app.visitor import Visitor

PEOPLE = (
    "Email,First Name,Tags\n"
    "ada@example.com,Ada,VIP\n"
    "grace@example.com,Grace,\n"
    "not an address,Nobody,\n"
    "alan@example.com,Alan,\n"
)  # fmt: skip


def test_a_file_goes_its_way_and_a_row_is_corrected_and_another_left_out(visitor: Visitor):
    draft = visitor.give("people.csv", PEOPLE.encode())
    page = visitor.get(f"{draft}/match")
    assert "UTF-8, comma-separated" in page
    assert 'value="email" selected' in page
    page = visitor.check(draft)
    assert "1 row with a problem" in page
    assert "Row 4" in page
    assert 'value="not an address"' in page
    assert '<p class="hint">Nobody</p>' in page, "whose row it is"
    visitor.post(f"{draft}/rows/4", {"c0": "nora at example.com"})
    assert '<b data-count="corrected">0</b>' in visitor.get(f"{draft}/check"), "it is wrong still"
    visitor.post(f"{draft}/rows/4", {"c0": "nora@example.com"})
    assert '<b data-count="corrected">1</b>' in visitor.get(f"{draft}/check")
    visitor.post(f"{draft}/rows/5", {"out": "1"})
    plan = visitor.post(f"{draft}/plan")
    page = visitor.wait(plan)
    assert "What would happen" in page
    assert "nora@example.com" in page
    assert "alan@example.com" not in page
    assert "1 tag would be made first" in page
    visitor.post(f"{plan}/apply", {"engine": "single"})
    page = visitor.wait(plan)
    assert "<h1>Done</h1>" in page
    job = jobs_in(visitor.jobs)[0]
    assert job.rows["succeeded"] == 3
    assert (job.path / "succeeded.csv").read_text("utf-8-sig").splitlines()[3].startswith('"nora@example.com"')
    assert '"4"' in (job.path / "succeeded.csv").read_text("utf-8-sig").splitlines()[3], "rows keep their numbers"
    assert not list((visitor.jobs / "uploads").iterdir()), "a copy that nobody needs is gone"


def test_what_is_still_wrong_is_not_sent_and_can_be_corrected_and_sent_afterwards(visitor: Visitor):
    draft = visitor.give("people.csv", PEOPLE.encode())
    visitor.check(draft)
    plan = visitor.post(f"{draft}/plan")
    assert "What is not possible" in visitor.wait(plan)
    visitor.post(f"{plan}/apply")
    page = visitor.wait(plan)
    assert "Done, but for 1 row" in page
    again = visitor.post(f"{plan}/repair").removesuffix("/check")
    visitor.get(f"{again}/check")
    visitor.client.get(f"{again}/events")
    page = visitor.get(f"{again}/check")
    assert "Row 4" in page, "the number of the file that it came from"
    row = re.search(rf"{again}/rows/(\d+)", page)
    assert row
    visitor.post(f"{again}/rows/{row[1]}", {"c0": "nora@example.com"})
    second = visitor.post(f"{again}/plan")
    visitor.wait(second)
    visitor.post(f"{second}/apply")
    assert "<h1>Done</h1>" in visitor.wait(second)


def test_what_the_page_did_is_as_after_the_command_line(visitor: Visitor, tmp_path: Path, capsys):
    draft = visitor.give("people.csv", PEOPLE.encode())
    visitor.check(draft)
    plan = visitor.post(f"{draft}/plan")
    visitor.wait(plan)
    Path("people.csv").write_text(PEOPLE)
    assert run_command(["plan", "contacts", "people.csv", "--sandbox", "--undoable", "-q", "--rate", "0"]) == 0
    ours, theirs = jobs_in(visitor.jobs)
    for file in ("plan.csv", "failed.csv"):
        assert (ours.path / file).read_bytes() == (theirs.path / file).read_bytes()
    assert ours.record.options == theirs.record.options
    assert run_command(["apply", ours.name, "-q"]) == 1, "a plan of the page is carried out by a terminal"
    assert "Done, but for 1 row" in visitor.get(plan)


def test_rows_with_cells_that_nobody_can_read_are_rejected_as_those_of_the_file_would_be(
    visitor: Visitor, tmp_path: Path
):
    path = unreadable(tmp_path)
    draft = visitor.give("spoilt.xlsx", path.read_bytes())
    assert "3 rows with a problem" in visitor.check(draft)
    visitor.post(f"{draft}/rows/3", {"c0": "p2@example.com"})
    plan = visitor.post(f"{draft}/plan")
    visitor.wait(plan)
    visitor.post(f"{plan}/apply")
    assert "Done, but for 2 rows" in visitor.wait(plan)
    assert run_command(["import", "contacts", "spoilt.xlsx", "--sandbox", "-q", "--rate", "0"]) == 1
    ours, theirs = (list(failed_rows_in(job.path / "failed.csv")) for job in jobs_in(visitor.jobs))
    assert [row.row for row in ours] == [4, 6]
    assert ours == [row for row in theirs if row.row != 3], "the same columns, codes and words"


def test_a_plan_of_a_terminal_is_carried_out_by_the_page_and_taken_back(visitor: Visitor):
    Path("people.csv").write_text(PEOPLE)
    run_command(["plan", "contacts", "people.csv", "--sandbox", "-q", "--job", "mine"])
    assert "mine" in visitor.get("/jobs")
    assert "What would happen" in visitor.get("/jobs/mine")
    visitor.post("/jobs/mine/apply")
    assert "Take it back" in visitor.wait("/jobs/mine")
    assert visitor.post("/jobs/mine/undo/plan") == "/jobs/mine/undo"
    page = visitor.wait("/jobs/mine/undo")
    assert "Take it back?" in page
    assert "To delete again" in page
    undo = visitor.post("/jobs/mine/undo")
    assert "<h1>Done</h1>" in visitor.wait(undo)
    visitor.post("/jobs/mine/undo/plan")
    visitor.client.get("/jobs/mine/undo/events")
    answer = visitor.client.get("/jobs/mine/undo")
    assert answer.status_code == 422
    assert "undone" in answer.text or "put back" in answer.text


def test_an_export_is_downloaded(visitor: Visitor):
    job = visitor.post("/exports", {"resource": "tags", "form": "csv"})
    page = visitor.wait(job)
    assert "Download tags-" in page
    answer = visitor.client.get(f"{job}/output")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.content.startswith(b'\xef\xbb\xbf"id"')
    assert visitor.client.get(f"{job}/files/failed.csv").status_code == 404
    assert visitor.client.get(f"{job}/files/job.json").status_code == 404
    assert "Tags" in visitor.get("/exports")


def test_what_is_kept_is_its_owners_alone(visitor: Visitor):
    visitor.give("people.csv", PEOPLE.encode())
    for path in visitor.jobs.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_a_draft_is_found_again_after_the_server_has_ended(visitor: Visitor, tmp_path: Path):
    draft = visitor.give("people.csv", PEOPLE.encode())
    visitor.check(draft)
    visitor.post(f"{draft}/rows/4", {"c0": "nora@example.com"})
    with served(tmp_path) as site, site.client() as client:
        later = Visitor(client, site)
        assert "people.csv" in later.get("/")
        later.get(f"{draft}/check")
        client.get(f"{draft}/events")
        assert 'value="nora@example.com"' in later.get(f"{draft}/check")
        later.post(f"{draft}/remove")
        assert "people.csv" not in later.get("/")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "The file is empty"),
        ("page.html", b"<!doctype html><html></html>", "HTML"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "Excel"),
    ],
)
def test_what_is_no_table_is_named_and_not_kept(visitor: Visitor, name: str, content: bytes, said: str):
    assert said in visitor.give(name, content, status=422)
    uploads = visitor.jobs / "uploads"
    assert not uploads.exists() or not list(uploads.iterdir())


def test_a_column_that_may_tell_consent_has_to_be_decided(visitor: Visitor):
    draft = visitor.give("people.csv", b"Email,Newsletter opt-in\nada@example.com,yes\n")
    page = visitor.get(f"{draft}/match")
    assert "Please choose" in page
    answer = visitor.post(f"{draft}/match", {"column-0": "email", "column-1": "?"}, status=422)
    assert "must not be mailed" in answer
    assert visitor.post(f"{draft}/match", {"column-0": "email", "column-1": "consent"}) == f"{draft}/check"


def test_a_refused_header_is_said_where_it_is_mended(visitor: Visitor):
    draft = visitor.give("people.csv", b"Name,Town\nAda,London\n")
    answer = visitor.post(f"{draft}/match", {"column-0": "", "column-1": ""}, status=422)
    assert "email" in answer
    assert "Choose below what each column becomes" in answer
    assert "COLUMN" not in answer
    assert "--" not in re.sub(r"<[^>]*>|<!--.*?-->", "", answer), "no option of the command line"


def test_what_is_set_for_all_rows_is_an_option_of_the_job(visitor: Visitor):
    draft = visitor.give("people.csv", PEOPLE.encode())
    visitor.check(draft, **{"set-tags": "From the fair, VIP", "set-lists": "Newsletter"})
    plan = visitor.post(f"{draft}/plan")
    visitor.wait(plan)
    job = jobs_in(visitor.jobs)[0]
    assert job.record.options["sets"] == {"tags": "From the fair,VIP", "lists": "Newsletter"}
    assert json.loads((job.path / "plan.json").read_text())["changes"]["subscribe"] == 3


def test_a_zip_is_not_called_what_one_of_its_files_is(visitor: Visitor):
    titles = "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,LEID,EUID"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("subscribed.csv", f"{titles}\nada@example.com,Ada,2,2024-01-01 10:00:00,1,a\n")
        archive.writestr(
            "unsubscribed.csv", f"{titles},UNSUB_TIME\ngrace@example.com,Grace,2,,2,b,2024-01-01 10:00:00\n"
        )
    page = visitor.get(f"{visitor.give('audience.zip', packed.getvalue())}/match")
    assert "is a file of <strong>Mailchimp audience</strong>" in page


def test_every_page_says_that_it_is_the_sandbox(visitor: Visitor):
    draft = visitor.give("people.csv", PEOPLE.encode())
    for path in ("/", "/jobs", "/exports", f"{draft}/match"):
        assert "<strong>SANDBOX</strong>" in visitor.get(path)
        assert "REAL ACCOUNT" not in visitor.get(path)


def test_a_real_account_is_named_and_its_key_is_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    account = Account.gateway("k3y-of-a-person", base_url="http://127.0.0.1:9")
    with served(tmp_path, account) as site, site.client() as client:
        page = client.get("/").text
    assert "<strong>REAL ACCOUNT</strong>" in page
    assert "127.0.0.1:9" in page
    assert "SANDBOX" not in page
    assert "k3y-of-a-person" not in page


@pytest.mark.parametrize(
    "path", ["/jobs/none", "/files/0123456789abcdef/match", "/files/x/match", "/jobs/..%2f..", "/x"]
)
def test_what_is_not_there_is_said(visitor: Visitor, path: str):
    answer = visitor.client.get(path)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


def test_jobs_are_begun_at_the_rate_that_the_page_was_given(tmp_path: Path):
    with served(tmp_path, rate=37.5) as site, site.client() as client:
        visitor = Visitor(client, site)
        draft = visitor.give("people.csv", PEOPLE.encode())
        visitor.check(draft)
        plan = visitor.post(f"{draft}/plan")
        visitor.wait(plan)
        visitor.post(f"{plan}/apply")
        with client.stream("GET", plan) as answer:
            assert "of 37.5 allowed" in answer.read().decode() or "Done, but for" in answer.text
        visitor.wait(plan)
        export = visitor.post("/exports", {"resource": "tags", "form": "csv"})
        visitor.wait(export)
        visitor.post(f"{plan}/undo/plan")
        visitor.wait(f"{plan}/undo")
        visitor.wait(visitor.post(f"{plan}/undo"))
    assert [job.record.options["rate"] for job in jobs_in(site.jobs)] == [37.5] * 3


def test_no_limit_at_all_is_for_the_sandbox(tmp_path: Path):
    with pytest.raises(UsageError, match="for the sandbox"):
        serve(Account.gateway("k3y-of-a-person"), tmp_path, 0, print, rate=0)


def test_an_account_that_does_not_answer_keeps_nobody_waiting(tmp_path: Path):
    account = Account.gateway("k3y-of-a-person", base_url="http://127.0.0.1:9", connection="one")
    with served(tmp_path, account) as site, site.client() as client:
        visitor = Visitor(client, site)
        site.guards._app.state.desk.files.patience = 0.5
        draft = visitor.give("people.csv", PEOPLE.encode())
        answer = client.get(f"{draft}/match")
        assert answer.status_code == 422
        assert "has not answered" in answer.text
        assert "people.csv" in visitor.get("/"), "the file is kept"


FORM = {"content-type": "multipart/form-data; boundary=x"}


async def pieces() -> AsyncIterator[bytes]:
    yield b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    for _megabyte in range(MOST // 1024**2 + 2):
        yield b"a" * 1024**2


def test_a_file_that_is_too_large_is_refused_before_it_is_taken(tmp_path: Path):
    with pytest.raises(UsageError, match="larger than 200 MB"):
        anyio.run(take_pieces, {**FORM, "content-length": str(MOST * 2)}, pieces(), tmp_path)
    assert not (tmp_path / "uploads").exists()


def test_a_file_that_never_said_how_large_it_is_is_cut_off(tmp_path: Path):
    with pytest.raises(UsageError, match="larger than 200 MB"):
        anyio.run(take_pieces, FORM, pieces(), tmp_path)
    assert not list((tmp_path / "uploads").iterdir())


def test_lines_and_rows_are_fetched_as_they_come_into_view(visitor: Visitor):
    rows = "".join(f"{'bad' if n < 60 else f'p{n}@example.com'},P{n},\n" for n in range(120))
    draft = visitor.give("people.csv", f"Email,First Name,Tags\n{rows}".encode())
    page = visitor.check(draft)
    assert page.count("data-row ") == 25
    seen = []
    following = f"{draft}/problems?from=0"
    while following:
        part = visitor.get(following)
        seen += map(int, re.findall(r'id="row-(\d+)"', part))
        after = re.search(r'data-more="([^"]+)"', part)
        following = after[1].replace("&amp;", "&") if after else ""
    assert seen == list(range(2, 62))
    plan = visitor.post(f"{draft}/plan")
    page = visitor.wait(plan)
    lines, following = 0, f"{plan}/lines?from=0"
    while following:
        part = visitor.get(following)
        lines += part.count('<td class="num">')
        after = re.search(r'data-more="([^"]+)"', part)
        following = after[1] if after else ""
    written = (visitor.jobs / plan.rpartition("/")[2] / "plan.csv").read_text("utf-8-sig")
    assert lines == len(written.splitlines()) - 1 > 100


def test_a_text_is_replaced_in_all_rows_with_problems(visitor: Visitor):
    draft = visitor.give("people.csv", b"Email,First Name\nada at example.com,Ada\ngrace at example.com,Grace\n")
    assert "2 rows with a problem" in visitor.check(draft)
    visitor.post(f"{draft}/replace", {"column": "0", "old": " at ", "new": "@"})
    page = visitor.get(f"{draft}/check")
    assert page.count("is-right") == 2
    assert 'value="grace@example.com"' in page


def test_a_second_click_begins_no_second_import(visitor: Visitor):
    people = "".join(f"p{n}@example.com,P{n},Fair\n" for n in range(20))
    draft = visitor.give("people.csv", f"Email,First Name,Tags\n{people}".encode())
    visitor.check(draft, **{"set-lists": "Newsletter"})
    plan = visitor.post(f"{draft}/plan")
    assert "Many contacts at once" in visitor.wait(plan)
    first = visitor.post(f"{plan}/apply", {"engine": "batch"})
    assert visitor.post(f"{plan}/apply", {"engine": "batch"}) == first != plan
    assert "<h1>Done</h1>" in visitor.wait(first)
    assert visitor.post(f"{plan}/apply", {"engine": "single"}) == first
    assert visitor.client.get(plan).headers["location"] == first, "whoever has the plan's page open finds it"
    assert [job.record.kind for job in jobs_in(visitor.jobs)] == ["import"], "the plan is not left behind"
    assert "Not finished yet" not in visitor.get("/"), "the plan waits for nothing any more"


def test_the_rows_that_failed_last_are_told_while_a_job_is_at_work(visitor: Visitor):
    people = "".join(f"p{n}@example.com,P{n}\n" for n in range(8))
    Path("people.csv").write_text(f"Email,First Name\n{people}")
    run_command(["plan", "contacts", "people.csv", "--sandbox", "-q", "--job", "mine"])
    Path("others.csv").write_text("Email,First Name\np0@example.com,Other\np1@example.com,Other\n")
    run_command(["import", "contacts", "others.csv", "--sandbox", "-q", "--rate", "0"])
    visitor.post("/jobs/mine/apply")
    with visitor.client.stream("GET", "/jobs/mine/events") as news:
        told = [json.loads(line.removeprefix("data: ")) for line in news.iter_lines() if line]
    problems = [one["problems"] for one in told if one.get("problems")]
    assert problems
    assert problems[-1][0].startswith("Row 3: ")
    assert problems[-1][1].startswith("Row 2: ")
    assert "Somebody changed it" in problems[-1][0]
    assert "Done, but for 2 rows" in visitor.get("/jobs/mine")


def test_who_has_left_is_not_subscribed_again_and_the_plan_says_so(visitor: Visitor):
    leaving = "email,unsubscribe_lists\nada@example.com,Newsletter\n"
    Path("leaving.csv").write_text(leaving)
    assert run_command(["import", "contacts", "leaving.csv", "--sandbox", "-q", "--rate", "0"]) == 0
    draft = visitor.give("people.csv", b"Email,First Name\nada@example.com,Ada\ngrace@example.com,Grace\n")
    visitor.check(draft, **{"set-lists": "Newsletter"})
    plan = visitor.post(f"{draft}/plan")
    page = visitor.wait(plan)
    consent = page.split("Who will not be subscribed, and why")[1].split("</section>")[0]
    assert "1 row" in consent
    assert "left the list" in consent or "unsubscribed" in consent
    assert "1 subscription to a list would be made" in page
    visitor.post(f"{plan}/apply")
    page = visitor.wait(plan)
    assert "Done; 1 row not subscribed" in page
    assert "<b>1</b> Not subscribed, the rest of the row is done" in page
    assert "Failed" not in page, "nothing of it went wrong"
    assert "Correct these rows" not in page, "there is nothing to correct"


def test_a_plan_says_that_nobody_is_put_on_a_list(visitor: Visitor):
    draft = visitor.give("people.csv", b"Email,First Name\nada@example.com,Ada\n")
    visitor.check(draft)
    assert "Nobody would be subscribed." in visitor.wait(visitor.post(f"{draft}/plan"))


def test_whose_consent_is_unclear_is_no_mistake_of_the_file(visitor: Visitor):
    content = b"Email,Agreed,Lists\nada@example.com,perhaps,Newsletter\n"
    draft = visitor.give("people.csv", content)
    visitor.check(draft, **{"column-1": "consent"})
    page = visitor.wait(visitor.post(f"{draft}/plan"))
    assert "does not say clearly" in page.split("Who will not be subscribed, and why")[1].split("</section>")[0]


TOWNS = b"Email,Born,Town,Score\nada@example.com,1815-12-10,London,7\ngrace@example.com,1906-12-09,New York,9\n"


def test_custom_fields_are_made_for_columns_that_fit_nothing_after_they_were_listed(visitor: Visitor):
    draft = visitor.give("people.csv", TOWNS)
    page = visitor.get(f"{draft}/match")
    assert "Make a custom field (date)" in page
    assert "Make a custom field (number)" in page
    assert "Make 3 custom fields for what fits nothing" in page
    assert visitor.post(f"{draft}/match", {"fields": "1"}) == f"{draft}/match"
    page = visitor.get(f"{draft}/match")
    assert page.count('value="+" selected') == 3
    assert "3 custom fields would be made" in page
    page = visitor.check(draft, **{"column-3": ""})  # one is left out after all
    assert "No problems found" in page
    plan = visitor.post(f"{draft}/plan")
    page = visitor.wait(plan)
    assert "2 custom fields would be made first" in page
    assert "Born (date)" in page
    assert "Town (text)" in page
    visitor.post(f"{plan}/apply")
    assert "<h1>Done</h1>" in visitor.wait(plan)
    Path("people.csv").write_bytes(TOWNS)
    job = jobs_in(visitor.jobs)[0]
    assert job.record.options["create_fields"]
    assert job.record.options["maps"] == {"Score": ""}
    later = visitor.get(f"{visitor.give('people.csv', TOWNS)}/match")
    assert "Make 1 custom field for" in later, "what was made is there for the next file"
    assert run_command(["plan", "contacts", "people.csv", "--sandbox", "-q", "--map", "Score="]) == 0
    assert not json.loads((jobs_in(visitor.jobs)[1].path / "plan.json").read_text())["changes"]


def test_a_column_that_a_preset_leaves_out_can_become_a_custom_field(visitor: Visitor, tmp_path: Path):
    draft = visitor.give("hubspot.csv", hubspot(tmp_path).read_bytes())
    page = visitor.get(f"{draft}/match")
    at = re.search(r'id="title-(\d+)">Lead Status', page)
    assert at
    visitor.check(draft, **{f"column-{at[1]}": "+"})
    assert f'name="column-{at[1]}"' in visitor.get(f"{draft}/match")
    assert 'value="+" selected' in visitor.get(f"{draft}/match")
    plan = visitor.post(f"{draft}/plan")
    assert "Lead Status (text)" in visitor.wait(plan)
    visitor.post(f"{plan}/apply")
    assert "<h1>Done" in visitor.wait(plan)
