"""Mappings kept for the next file, and full names taken apart, as the command line has them."""

from __future__ import annotations

import json
import shlex
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk.library.mappings import KEYS, read_mapping, save_mapping, with_mapping
from bulk.library.options import ImportOptions
from tests.cli.conftest import Result, Shell
from tests.cli.test_headers import pasted, rows

CsvFile = Callable[..., Path]
FIRST = "Kundenmail;Ganzer Name;Größe\nada@example.com;Lovelace, Ada;38\nb@example.com;Ludwig van Beethoven;39\n"
NEXT = "Kundenmail;Ganzer Name;Größe\nc@example.com;Grace Hopper;40\n"


def validated(bulk: Shell, *arguments: object) -> Result:
    return bulk("validate", "contacts", *arguments, "--sandbox")


def saved(bulk: Shell, csv_file: CsvFile) -> Path:
    path = bulk.folder / "kunden.toml"
    result = bulk.sandbox(
        "import", csv_file(FIRST), "--job", "first", "--map", "Kundenmail=email", "--map", "Größe=", "--split-name",
        "Ganzer Name", "--set", "tags=Kunden", "--save-mapping", path,
    )  # fmt: skip
    assert result.code == 0
    assert "Lovelace, Ada → Ada | Lovelace" in result.err
    assert "Ludwig van Beethoven → Ludwig | van Beethoven" in result.err
    return path


def test_a_mapping_fits_the_next_file_too(bulk: Shell, csv_file: CsvFile):
    path = saved(bulk, csv_file)
    assert tomllib.loads(path.read_text("utf-8")) == {
        "split_name": "Ganzer Name",
        "columns": {"Kundenmail": "email", "Größe": ""},
        "set": {"tags": "Kunden"},
    }
    assert validated(bulk, csv_file(NEXT), "--mapping", path).code == 0
    for command in ("plan", "import"):
        assert bulk.sandbox(command, csv_file(NEXT), "--mapping", path).code == 0
    bulk.sandbox("export", "out.csv")
    assert [(row["firstName"], row["lastName"], row["tags"]) for row in rows(bulk.folder / "out.csv")] == [
        ("Ada", "Lovelace", "Kunden"),
        ("Ludwig", "van Beethoven", "Kunden"),
        ("Grace", "Hopper", "Kunden"),
    ]


def test_what_is_given_goes_before_a_mapping(bulk: Shell, csv_file: CsvFile):
    path = saved(bulk, csv_file)
    result = bulk.sandbox(
        "import", csv_file(NEXT), "--mapping", path, "--map", "ganzer name=lastName", "--split-name", "", "--set",
        "tags=Neue", "--job", "next",
    )  # fmt: skip
    assert result.code == 0
    options = json.loads((bulk.job("next") / "job.json").read_text("utf-8"))["options"]
    assert options["maps"] == {"Kundenmail": "email", "Größe": "", "ganzer name": "lastName"}
    assert (options["split_name"], options["sets"]) == ("", {"tags": "Neue"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colums = {}", "'colums' is no key of a mapping. Nearest: columns."),
        ("nonsense = 1", "'nonsense' is no key of a mapping. There are: preset"),
        ("columns = [1]", "columns: "),
        ("skip_lines = -1", "skip_lines: "),
        ("= 1", "is not written as TOML is"),
    ],
)
def test_a_mapping_that_cannot_be_says_where(bulk: Shell, csv_file: CsvFile, text: str, said: str):
    path = csv_file(text, "m.toml")
    result = validated(bulk, csv_file(NEXT), "--mapping", path)
    assert result.code == 2
    assert said in result.err
    assert "m.toml" in result.err
    assert bulk.no_job


def test_a_mapping_of_other_files_says_so(bulk: Shell, csv_file: CsvFile):
    path = saved(bulk, csv_file)
    result = validated(bulk, csv_file("Mail;Vorname\na@example.com;Ada\n"), "--mapping", path)
    assert result.code == 2
    assert "kunden.toml does not fit this file. --split-name 'Ganzer Name': the file has no column" in result.err
    result = validated(bulk, csv_file("Mail;Ganzer Name\na@example.com;Ada\n"), "--mapping", path)
    assert result.code == 2
    assert "kunden.toml does not fit" in result.err
    assert "'Kundenmail', 'Größe'" in result.err
    assert validated(bulk, csv_file(NEXT), "--mapping", "nowhere.toml").code == 2


def test_nothing_but_a_mapping_is_overwritten(bulk: Shell, csv_file: CsvFile):
    path = saved(bulk, csv_file)
    before = path.read_bytes()
    again = validated(bulk, csv_file(NEXT), "--mapping", path, "--save-mapping", path)
    assert again.code == 0
    assert path.read_bytes() == before
    other = csv_file("dear diary", "notes.txt")
    result = validated(bulk, csv_file(NEXT), "--mapping", path, "--save-mapping", other)
    assert result.code == 2
    assert other.read_text() == "dear diary"


def test_a_refused_file_saves_no_mapping(bulk: Shell, csv_file: CsvFile):
    result = bulk.sandbox("import", csv_file("email,Shoe\na@example.com,3\n"), "--save-mapping", "new.toml")
    assert result.code == 2
    assert not (bulk.folder / "new.toml").exists()


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1)


@given(maps=st.dictionaries(TEXTS, TEXTS), sheet=st.text(st.characters(exclude_categories=("Cs",))))
def test_what_is_saved_is_read_again(tmp_path_factory, maps: dict[str, str], sheet: str):
    path = tmp_path_factory.getbasetemp() / "mapping.toml"
    options = ImportOptions(maps=maps, sheet=sheet, separator=";", skip_lines=2)
    save_mapping(path, options)
    assert with_mapping(path, {}) == options
    assert set(read_mapping(path)) <= set(KEYS.values())
    path.unlink()


def test_every_key_is_an_option():
    usual = ImportOptions()
    for name in KEYS.values():
        assert hasattr(usual, name)


# ---- full names


def test_a_file_with_full_names_only_is_told_the_option(bulk: Shell, csv_file: CsvFile):
    path = csv_file("email,Full Name\nada@example.com,Ada Lovelace\n")
    result = bulk.sandbox("import", path)
    assert result.code == 2
    assert shlex.split(result.err.splitlines()[-1])[-2:] == ["--split-name", "Full Name"]
    assert bulk(*pasted(result.err)).code == 0
    result = validated(bulk, csv_file("email,Name,Vorname\nada@example.com,Lovelace,Ada\n"))
    assert "--split-name" not in result.err


@pytest.mark.parametrize(
    ("header", "option", "said"),
    [
        ("email,Title", ["--split-name"], "no column of the file is called like one of full names"),
        ("email,Name,Full Name", ["--split-name"], "'Name', 'Full Name'"),
        ("email,Full Name,Vorname", ["--split-name"], "'Vorname'"),
        ("email,Full Name", ["--split-name", "Fall Name"], "no column 'Fall Name'. Nearest: Full Name"),
    ],
)
def test_names_that_cannot_be_taken_apart(bulk: Shell, csv_file: CsvFile, header: str, option: list[str], said: str):
    path = csv_file(f"{header}\nada@example.com{',x' * header.count(',')}\n")
    result = bulk.sandbox("import", path, *option)
    assert result.code == 2
    assert said in result.err
    assert bulk.no_job


def test_reports_hold_the_columns_of_the_file(bulk: Shell, csv_file: CsvFile):
    path = csv_file("email,Full Name\nada@example.com,Ada Lovelace\nnobody,Grace Hopper\n")
    result = bulk.sandbox("import", path, "--split-name", "--job", "names")
    assert result.code == 1
    assert "failed.csv --split-name auto" in result.out
    (failed,) = rows(bulk.job("names") / "failed.csv")
    assert (failed["email"], failed["Full Name"]) == ("nobody", "Grace Hopper")
    assert "firstName" not in failed
    fixed = bulk.job("names") / "failed.csv"
    fixed.write_text(fixed.read_text("utf-8-sig").replace("nobody", "grace@example.com"), "utf-8")
    assert bulk.sandbox("import", fixed, "--split-name", "auto").code == 0
    bulk.sandbox("export", "out.csv")
    assert [(row["firstName"], row["lastName"]) for row in rows(bulk.folder / "out.csv")] == [
        ("Ada", "Lovelace"), ("Grace", "Hopper"),
    ]  # fmt: skip


def test_a_plan_is_carried_out_as_it_took_names_apart(bulk: Shell, csv_file: CsvFile):
    path = csv_file("email,Full Name\nada@example.com,Ada Lovelace\ngrace@example.com,Grace Hopper\n")
    assert bulk.sandbox("plan", path, "--split-name", "--job", "names").code == 0
    planned = {row["column"]: row["after"] for row in rows(bulk.job("names") / "plan.csv") if row["_row"] == "2"}
    assert (planned["firstName"], planned["lastName"]) == ("Ada", "Lovelace")
    assert bulk("apply", "names").code == 0
    bulk.sandbox("export", "out.csv")
    assert [row["lastName"] for row in rows(bulk.folder / "out.csv")] == ["Lovelace", "Hopper"]


def test_names_of_another_programs_file_are_taken_apart_where_that_is_asked_for(bulk: Shell, csv_file: CsvFile):
    path = csv_file(
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels\n"
        "1,ada@example.com,Ada Lovelace,,true,false,,2024-01-01,,VIP\n"
    )
    result = bulk.sandbox("import", path)
    assert result.code == 0
    assert "name may hold full names: the option split-name takes them apart." in " ".join(result.err.split())
    result = bulk.sandbox("import", path, "--split-name", "--job", "split")
    assert result.code == 0
    assert "Ada Lovelace → Ada | Lovelace" in result.err
    bulk.sandbox("export", "out.csv")
    (row,) = rows(bulk.folder / "out.csv")
    assert (row["firstName"], row["lastName"], row["tags"]) == ("Ada", "Lovelace", "VIP")


def test_users_of_a_mapping_are_told_apart_as_addresses_are(tmp_path: Path):
    path = tmp_path / "m.toml"
    path.write_text('[owners]\n"a-b@example.com" = "one@example.com"\n"OLD@example.com" = "two@example.com"\n')
    given = {"map_user": {"ab@example.com": "three@example.com", "old@example.com": "four@example.com"}}
    assert with_mapping(path, given).map_user == {"a-b@example.com": "one@example.com", **given["map_user"]}
