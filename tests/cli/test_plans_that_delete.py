"""A plan that deletes says so, and is carried out only once somebody who knows of it has agreed."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Shell
from tests.world import account, report

PEOPLE = (
    "email,firstName,lists,unsubscribe_lists\n"
    "ada@example.com,Ada,Newsletter,\ngrace@example.com,Grace,,Newsletter\nalan@example.com,Alan,,\n"
)
WHAT_GOES = "deletes 2 contacts (1 unsubscribed from a list and 1 is subscribed to one)"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def emails(bulk: Shell) -> set[str]:
    return set(account(bulk.folder / "sandbox" / "sandbox.sqlite")["contacts"])


@pytest.fixture
def planned(bulk: Shell) -> Shell:
    """An account of three people, and a plan `p` that deletes two of them."""
    people, gone = bulk.folder / "people.csv", bulk.folder / "gone.csv"
    people.write_text(PEOPLE)
    gone.write_text("email\nada@example.com\ngrace@example.com\nnobody@example.com\n")
    assert bulk.sandbox("import", people).code == 0
    assert WHAT_GOES in bulk.sandbox("plan", gone, "--mode", "delete", "--job", "p").out
    assert json.loads((bulk.job("p") / "plan.json").read_text())["deletes"] == {
        "records": 2, "left": 1, "subscribed": 1,
    }  # fmt: skip
    return bulk


def test_where_nobody_can_answer_it_is_refused_with_the_way_on_and_waits(planned: Shell):
    for line in (("apply", "p"), ("apply",)):
        result = planned(*line, "--rate", "0")
        assert result.code == 2
        assert "nobody can answer here" in result.err
        assert result.err.splitlines()[-1].startswith("  bulk apply p ")
        assert result.err.endswith(" --yes\n")
    assert len(emails(planned)) == 3
    assert planned.summary("p")["state"] == "planned"


def test_who_says_no_keeps_everything_and_the_plan(planned: Shell, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    result = planned("apply", "--rate", "0")
    assert (result.code, f"This plan {WHAT_GOES}. Carry it out? [y/N]" in result.err) == (3, True), result.err
    assert result.err.splitlines()[-1].strip() == "bulk apply p"
    assert result.err.index("as if they had never left") < result.err.index("Carry it out?")
    assert (len(emails(planned)), planned.summary("p")["state"]) == (3, "planned")


@pytest.mark.parametrize("answer", ["y\n", None])
def test_who_agrees_is_asked_once_and_what_goes_is_written_down(
    planned: Shell, monkeypatch: pytest.MonkeyPatch, answer: str | None
):
    monkeypatch.setattr("sys.stdin", Terminal(answer or ""))
    result = planned("apply", "p", "--rate", "0", *(() if answer else ("--yes",)))
    assert result.code == 0, result.err
    assert result.err.count("[y/N]") == (1 if answer else 0)
    assert result.err.count("as if they had never left") == 1
    assert emails(planned) == {"alan@example.com"}
    assert {row["email"] for row in report(planned.job("p"), "deleted.csv")} == {"ada@example.com", "grace@example.com"}


def test_what_the_file_lacks_of_an_export_is_asked_about_too(bulk: Shell):
    people, out, sheet = (bulk.folder / name for name in ("people.csv", "out.csv", "sheet.csv"))
    people.write_text(PEOPLE)
    bulk.sandbox("import", people)
    bulk.sandbox("export", out, "--job", "out")
    sheet.write_text("".join(out.read_text(encoding="utf-8-sig").splitlines(keepends=True)[:-2]))
    planned = bulk.sandbox("plan", sheet, "--delete-missing", "--job", "p")
    assert "It deletes 2 contacts (1 unsubscribed from a list)" in planned.out
    assert bulk("apply", "p", "--rate", "0").code == 2
    assert len(emails(bulk)) == 3


def test_a_plan_of_an_earlier_version_that_deletes_is_asked_about(planned: Shell):
    path = planned.job("p") / "plan.json"
    path.write_text(
        json.dumps({name: said for name, said in json.loads(path.read_text()).items() if name != "deletes"})
    )
    assert planned("apply", "p", "--rate", "0").code == 2
    assert len(emails(planned)) == 3


def test_an_import_that_deletes_says_how_those_people_stand(planned: Shell, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    result = planned.sandbox("import", planned.folder / "gone.csv", "--mode", "delete")
    assert "2 contacts will be deleted: ada@example.com, grace@example.com" in result.err
    assert "Of these, 1 unsubscribed from a list and 1 is subscribed to one." in result.err
    assert "never left" in result.err.replace("\n", " ")


def test_before_anything_is_sent_it_is_said_which_plan_is_carried_out(bulk: Shell):
    path = bulk.folder / "people.csv"
    path.write_text(PEOPLE)
    bulk.sandbox("plan", path, "--job", "p")
    said = bulk("apply", "--rate", "0").err
    head = said[: said.index("3 rows")]
    assert f"Carrying out p: plan contacts, {path}" in head
    assert "of the account" in head
    assert "Made 20" in head
    assert "3 rows: 3 create" in said


def links(bulk: Shell) -> Path:
    """A sheet of an export of tags that people have, without the last of them."""
    people, out, sheet = (bulk.folder / name for name in ("people.csv", "out.csv", "sheet.csv"))
    people.write_text("email,tags\nada@example.com,VIP\ngrace@example.com,Trial\n")
    bulk.sandbox("import", people)
    bulk("export", "contactTags", out, "--sandbox", "--rate", "0", "--job", "out")
    sheet.write_text("".join(out.read_text(encoding="utf-8-sig").splitlines(keepends=True)[:-1]))
    return sheet


def test_links_that_go_are_told_by_the_names_of_both_ends(bulk: Shell):
    line = ("contactTags", links(bulk), "--sandbox", "--rate", "0", "--delete-missing")
    planned = bulk("plan", *line, "--job", "p")
    assert "It deletes 1 contactTag: bulk apply asks" in planned.out
    assert "row 3 (grace@example.com · Trial)" in planned.err
    done = bulk("import", *line, "--yes")
    assert "will be DELETED in the account: grace@example.com · Trial" in done.err


def test_a_conflict_of_what_the_file_lacks_says_the_line_that_goes_on(bulk: Shell):
    people, out, sheet = (bulk.folder / name for name in ("people.csv", "out.csv", "sheet.csv"))
    people.write_text(PEOPLE)
    bulk.sandbox("import", people)
    bulk.sandbox("export", out, "--job", "out")
    sheet.write_text("".join(out.read_text(encoding="utf-8-sig").splitlines(keepends=True)[:-1]))
    people.write_text("email,firstName\nalan@example.com,Al\n")
    bulk.sandbox("import", people, "--baseline", "none")
    kept = bulk.sandbox("import", sheet, "--delete-missing", "--yes", "--job", "kept")
    assert kept.code == 1
    lines = kept.out.splitlines()
    at = next(at for at, line in enumerate(lines) if "is kept, since the account changed it too" in line)
    command = lines[at + 1].split()
    assert command[:3] == ["bulk", "import", "contacts"]
    assert "alan@example.com" in emails(bulk)
    assert bulk(*command[1:], "--yes", "--rate", "0").code == 0
    assert "alan@example.com" not in emails(bulk)


def test_what_is_gone_by_its_id_is_told_as_such_since_it_may_have_been_made_anew(bulk: Shell):
    """An undo of a deletion makes people anew, whom an older export does not know."""
    people, out, sheet = (bulk.folder / name for name in ("people.csv", "out.csv", "sheet.csv"))
    people.write_text(PEOPLE)
    bulk.sandbox("import", people)
    bulk.sandbox("export", out, "--job", "out")
    sheet.write_text("".join(out.read_text(encoding="utf-8-sig").splitlines(keepends=True)[:-1]))
    line = (sheet, "--delete-missing", "--baseline", "out")
    assert bulk.sandbox("import", *line, "--yes", "--job", "gone").code == 0
    assert bulk("undo", "gone", "--yes", "--rate", "0").code == 0
    for command in (("plan", *line), ("import", *line, "--yes")):
        result = bulk.sandbox(*command)
        assert "Who was made anew since has another id, and stays" in result.out
        assert "Without edits, not looked for in the account: 2 rows." in result.err
    assert "alan@example.com" in emails(bulk)
