"""The page about a job: what it says, what it hides, and that nothing in it runs."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bulk.errors import UnfinishedError, UsageError
from bulk.library import report
from bulk.reporting.figures import figures_of, veiled
from bulk.storage.job_folder import SUMMARY, JobFolder
from tests.cli.conftest import Shell
from tests.world import World

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(1)">'


class Page(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.source = path.read_text(encoding="utf-8")
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def reported(world: World, **options: bool) -> Page:
    return Page(report(world.job.path, world.folder / "out.html", **options))


@pytest.fixture
def imported(world: World) -> World:
    """An import of which rows were created, refused, and held back."""
    world.start(world.csv([("left@example.com", "Newsletter")], "email,unsubscribe_lists"))
    world.job.path.rename(world.folder / "jobs" / "before")
    rows = [
        ("ada@example.com", "Ada", "VIP,Spring", "Newsletter"), ("left@example.com", "Lee", "VIP", "Newsletter"),
        ("no address", "Bob", "", ""), ("grace@example.com", "Grace", "", "Nolist"),
    ]  # fmt: skip
    world.start(world.csv(rows, "email,firstName,tags,lists"), rate=5.0)
    return world


def test_it_tells_what_was_asked_and_what_became_of_it(imported: World):
    page = reported(imported)
    for said in (
        "Import: contacts", "4 rows", "succeeded", "rejected", "1 row: email_invalid",
        "Correct the cell in failed.csv", "1 row: opted_out", "Created on the way", "Spring",
        "not subscribed, since they left", "Requests over time", "sending", "subscribed",
    ):  # fmt: skip
        assert said in " ".join(page.text.split()), said


def test_the_time_of_each_stage_is_that_of_the_summary_and_without_one_as_it_was_noted(imported: World):
    summary = json.loads(imported.job.file(SUMMARY).read_text("utf-8"))
    noted = figures_of(imported.job, with_rows=False).stages
    assert noted == summary["stages"]
    imported.job.file(SUMMARY).write_text(json.dumps(summary | {"stages": {"sending": 77.0}}))
    assert figures_of(imported.job, with_rows=False).stages == {"sending": 77.0}
    imported.job.file(SUMMARY).unlink()
    assert figures_of(imported.job, with_rows=False).stages.keys() == noted.keys()


def test_it_needs_nothing_beside_it_and_runs_nothing(imported: World):
    page = reported(imported)
    assert not {"script", "link", "iframe", "object", "img", "form"} & {tag for tag, _attributes in page.tags}
    assert not [name for _tag, attributes in page.tags for name in attributes if name.startswith("on")]
    assert not [attributes for _tag, attributes in page.tags if {"src", "href"} & attributes.keys()]


def test_who_a_row_is_about_is_told_only_where_that_is_asked_for(imported: World):
    assert "example.com" not in reported(imported).source.replace("sandbox.example.com", "")
    page = reported(imported, with_rows=True)
    assert "grace@example.com" in page.text
    assert "left@example.com" in page.text


def test_what_was_asked_and_made_tells_nobodys_address_either(world: World):
    rows = [("ada@example.com", "for bob@example.com")]
    world.start(world.csv(rows, "email,tags"), sets={"phone": "+1 202-555-0143"})
    page = reported(world)
    assert "--set" in page.text
    assert "202-555" not in page.source
    assert "bob@" not in page.source
    assert "202-555-0143" in reported(world, with_rows=True).source


def test_a_text_without_an_address_is_looked_through_at_once():
    assert veiled("x" * 200_000) == "x" * 200_000
    assert veiled("Write it as name@domain.tld, not as a@b: '+1 (202) 555-0143'.") == (
        "Write it as name@domain.tld, not as [hidden]: '[hidden]'."
    )


def test_what_cells_and_names_hold_is_text(world: World):
    world.start(world.csv([(f"{HOSTILE}@example.com", HOSTILE), ("ada@example.com", HOSTILE)], "email,tags"))
    page = reported(world, with_rows=True)
    assert "script" not in {tag for tag, _attributes in page.tags}
    assert HOSTILE in page.text


def test_a_folder_is_told_part_by_part(world: World):
    folder = world.folder / "files"
    folder.mkdir()
    world.csv([("VIP", "contact")], "tag,tagType", "files/tags.csv")
    world.csv([("ada@example.com", "VIP"), ("bad", "")], "email,tags", "files/contacts.csv")
    world.import_all(folder)
    text = " ".join(reported(world).text.split())
    assert "Part by part" in text
    assert "contacts: Rows that are not done" in text


def test_a_job_that_runs_or_is_none_is_not_told(world: World, tmp_path: Path):
    world.start(world.csv([("ada@example.com",)], "email"))
    with JobFolder(world.job.path).locked(), pytest.raises(UnfinishedError):
        report(world.job.path)
    with pytest.raises(UsageError, match="is no folder of a job"):
        report(tmp_path)


def test_the_command_takes_the_newest_job_and_shows_the_lines_that_go_on(bulk: Shell):
    path = bulk.folder / "people.csv"
    path.write_text("email\nada@example.com\n")
    assert bulk("report").code == 2
    bulk.sandbox("import", path, "--job", "first")
    result = bulk("report")
    assert (result.code, result.out.startswith("first → ")) == (0, True), result.err
    page = Page(bulk.job("first") / "report.html")
    assert "bulk undo first" in page.text
    assert bulk("report", bulk.folder / "own.html").code == 0
    assert (bulk.folder / "own.html").stat().st_mode & 0o077 == 0


def test_a_file_that_is_no_page_of_ours_is_left_as_it_is(bulk: Shell):
    path = bulk.folder / "in.csv"
    path.write_text("email\nada@example.com\n")
    bulk.sandbox("import", path, "--job", "j")
    for name, text in (("keep.csv", "email\nada@example.com\n"), ("keep.html", "<!doctype html>\n<html>mine</html>\n")):
        kept = bulk.folder / name
        kept.write_text(text)
        told = bulk("report", "j", name)
        assert (told.code, kept.read_text()) == (2, text)
        assert "no page of a report" in told.err
    (bulk.folder / "new.html").touch()
    for name in ("new.html", "new.html", "page", "page"):
        assert bulk("report", "j", name).code == 0, "a new one, then that page again"
        assert "<h1>Import: contacts</h1>" in (bulk.folder / name).read_text("utf-8")
