"""Cells that are all there should be: what they do not name is removed, planned before and put back by an undo."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Shell
from tests.cli.test_headers import rows

CsvFile = Callable[..., Path]
BEFORE = 'email,tags,lists,account\nada@example.com,"A,B,C",Newsletter,Engines\nbob@example.com,"A,B",,Engines\n'
AFTER = 'email,tags,lists,account\nada@example.com,"a,New",,Other\nbob@example.com,,Newsletter,\n'


def links(bulk: Shell) -> dict[str, tuple[set[str], str, str, str]]:
    """What each contact has: tags, lists, lists that it left, account."""
    assert bulk.sandbox("export", "now.csv", "-q").code == 0
    return {
        row["email"].partition("@")[0]: (
            set(filter(None, row["tags"].split(","))), row["lists"], row["unsubscribe_lists"], row["account"],
        )
        for row in rows(bulk.folder / "now.csv")
    }  # fmt: skip


@pytest.fixture
def before(bulk: Shell, csv_file: CsvFile) -> Shell:
    assert bulk.sandbox("import", csv_file(BEFORE, "before.csv"), "-q").code == 0
    return bulk


def test_what_the_cell_does_not_name_goes(before: Shell, csv_file: CsvFile):
    result = before.sandbox("import", csv_file(AFTER), "--exact", "tags", "--exact", "lists")
    assert result.code == 0
    assert links(before) == {
        "ada": ({"A", "New"}, "Newsletter", "", "Other"),
        "bob": ({"A", "B"}, "Newsletter", "", "Engines"),
    }


@pytest.mark.parametrize("engine", ["auto", "single", "batch"])
def test_an_empty_cell_removes_all_where_empty_cells_clear_and_undo_puts_all_back(
    before: Shell, csv_file: CsvFile, engine: str
):
    exact = ["--exact", "tags", "--exact", "lists", "--exact", "account", "--blank", "clear"]
    result = before.sandbox("import", csv_file(AFTER), *exact, "--engine", engine, "--job", "exact")
    assert result.code == 0
    assert links(before) == {"ada": ({"A", "New"}, "", "Newsletter", "Other"), "bob": (set(), "Newsletter", "", "")}
    again = before.sandbox("plan", csv_file(AFTER), *exact)
    assert "2 unchanged" in again.out
    assert before("undo", "exact", "--yes", "--rate", "0").code == 0
    assert links(before) == {
        "ada": ({"A", "B", "C"}, "Newsletter", "", "Engines"),
        "bob": ({"A", "B"}, "", "Newsletter", "Engines"),  # that they never were on it cannot be had again
    }


def test_the_command_for_what_failed_is_as_exact(before: Shell, csv_file: CsvFile):
    result = before.sandbox("import", csv_file("email,tags\nnobody,A\n"), "--exact", "tags", "--job", "exact")
    assert result.code == 1
    assert "failed.csv --sandbox --exact tags" in result.out


def test_a_mark_that_clears_removes_all(before: Shell, csv_file: CsvFile):
    path = csv_file("email,tags\nada@example.com,#N/A\nbob@example.com,\n")
    assert before.sandbox("import", path, "--exact", "tags").code == 0
    assert {who: has[0] for who, has in links(before).items()} == {"ada": set(), "bob": {"A", "B"}}


def test_a_mark_that_clears_is_refused_where_a_cell_is_not_all_that_there_should_be(before: Shell, csv_file: CsvFile):
    path = csv_file("email,tags,lists\nada@example.com,#N/A,\nbob@example.com,,#N/A\neve@example.com,A,\n")
    result = before.sandbox("import", path, "--job", "marks")
    assert result.code == 1
    codes = {line["email"]: line["_code"] for line in rows(before.job("marks") / "failed.csv")}
    assert codes == {"ada@example.com": "cannot_clear", "bob@example.com": "cannot_clear"}
    for named in ("tags", "lists"):
        assert before.sandbox("import", path, "--exact", named, "--job", named).code == 1
        assert len(rows(before.job(named) / "failed.csv")) == 1


def test_a_plan_has_each_removal_and_apply_does_it(before: Shell, csv_file: CsvFile):
    assert before.sandbox("plan", csv_file(AFTER), "--exact", "tags", "--job", "plan").code == 0
    lines = rows(before.job("plan") / "plan.csv")
    gone = {(line["_key"], line["before"]) for line in lines if line["_action"] == "remove_tag"}
    assert gone == {("ada@example.com", "B"), ("ada@example.com", "C")}
    assert before("apply", "plan", "--rate", "0").code == 0
    assert links(before)["ada"][0] == {"A", "New"}


def test_who_is_new_and_who_got_a_tag_since_the_plan(before: Shell, csv_file: CsvFile):
    path = csv_file("email,tags\nada@example.com,A\nnew@example.com,N\n")
    assert before.sandbox("plan", path, "--exact", "tags", "--job", "plan").code == 0
    assert before.sandbox("import", csv_file("email,tags\nada@example.com,Late\n", "late.csv"), "-q").code == 0
    before("apply", "plan", "--rate", "0")
    assert "Late" in links(before)["ada"][0]
    assert links(before)["new"][0] == {"N"}


def test_every_cell_counts_also_in_a_sheet_made_of_an_export(before: Shell, csv_file: CsvFile):
    assert before.sandbox("export", "people.csv").code == 0
    assert before.sandbox("import", csv_file("email,tags\nada@example.com,Late\n", "late.csv"), "-q").code == 0
    assert before.sandbox("import", before.folder / "people.csv", "--exact", "tags").code == 0
    assert links(before)["ada"][0] == {"A", "B", "C"}


def test_without_it_the_rows_that_lack_something_are_told(before: Shell, csv_file: CsvFile):
    path = csv_file("email,tags\nada@example.com,A\nbob@example.com,\n")
    result = before.sandbox("plan", path, "--job", "plan")
    assert "1 row lacks tags that the account has, and they stay: --exact tags removes them." in result.out
    assert json.loads((before.job("plan") / "plan.json").read_text())["lacking"] == {"tags": 1}
    assert "lack" not in before.sandbox("plan", path, "--exact", "tags").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["contacts", "--mode", "create"], "does not go with --mode create"),
        (["contacts", "--baseline", "x"], "does not go with --baseline"),
        (["contacts", "--on-duplicate", "all"], "does not go with --on-duplicate all"),
        (["deals"], "is about contacts, not deals"),
    ],
)
def test_where_no_cell_can_be_exact(bulk: Shell, csv_file: CsvFile, arguments: list[str], said: str):
    result = bulk("import", arguments[0], csv_file(AFTER), "--sandbox", "--exact", "tags", *arguments[1:])
    assert result.code == 2
    assert said in result.err


def test_the_file_has_to_have_the_column(bulk: Shell, csv_file: CsvFile):
    result = bulk.sandbox("import", csv_file("email,lists\na@example.com,\n"), "--exact", "tags")
    assert result.code == 2
    assert "--exact tags: the file has no column for tags" in result.err
    assert bulk.no_job


@pytest.mark.some(1)
@pytest.mark.parametrize(("seed", "engine"), [(1, "single"), (2, "batch"), (3, "auto")])
def test_any_file_leaves_what_its_cells_say_and_an_undo_what_was_there(
    bulk: Shell, csv_file: CsvFile, seed: int, engine: str
):
    chance = random.Random(seed)
    people = [f"p{number}@example.com" for number in range(25)]

    def content() -> tuple[str, dict[str, set[str]]]:
        cells = {one: set(chance.sample(["A", "B", "C", "D", "E"], chance.randint(0, 4))) for one in people}
        lines = [f'{one},"{",".join(sorted(tags))}"' for one, tags in cells.items()]
        return "\n".join(["email,tags", *lines, ""]), cells

    first, was = content()
    then, wanted = content()
    for clear in (False, True):
        assert bulk.sandbox("import", csv_file(first), "--exact", "tags", "--blank", "clear", "-q").code == 0
        blank = ["--blank", "clear"] if clear else []
        name = f"exact{clear}"
        options = ["--exact", "tags", *blank, "--engine", engine, "--job", name]
        assert bulk.sandbox("import", csv_file(then), *options).code == 0
        assert {f"{who}@example.com": has[0] for who, has in links(bulk).items()} == {
            one: tags if tags or clear else was[one] for one, tags in wanted.items()
        }
        assert bulk("undo", name, "--yes", "--rate", "0").code == 0
        assert {f"{who}@example.com": has[0] for who, has in links(bulk).items()} == was
