"""Headers as people have them: read by themselves, or refused once, with one command that can be pasted."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Shell

CsvFile = Callable[..., Path]
GERMAN = (
    "E-Mail-Adresse;Vorname;Nachname;Telefon;Firma;Etiketten\nada@example.com;Ada;Lovelace;+1 555 0100;Engines;VIP\n"
)


def pasted(error: str) -> list[str]:
    """The command that an error ends with, as a shell would give it on."""
    return shlex.split(error.strip().splitlines()[-1])[1:]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_file_with_titles_of_another_language_succeeds_at_the_first_command(bulk: Shell, csv_file: CsvFile):
    result = bulk.sandbox("import", csv_file(GERMAN), "--job", "de", "--set", "tags=New")
    assert result.code == 0
    assert "Read as: E-Mail-Adresse = email, Vorname = firstName, Nachname = lastName, Telefon = phone" in result.err
    bulk.sandbox("export", "out.csv")
    (row,) = rows(bulk.folder / "out.csv")
    assert {name: row[name] for name in ("email", "firstName", "lastName", "phone", "account")} == {
        "email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace", "phone": "+1 555 0100",
        "account": "Engines",
    }  # fmt: skip
    assert set(row["tags"].split(",")) == {"VIP", "New"}
    again = bulk.sandbox("import", bulk.job("de") / "succeeded.csv")
    assert "1 unchanged" in again.out


def test_all_that_is_wrong_stands_in_one_message_whose_command_is_right(bulk: Shell, csv_file: CsvFile):
    path = csv_file("Emial,Vornme,Shoe size,O'Brien's,phone,Phone,SMS\nada@example.com,Ada,39,x,1,2,3\n", "a b.csv")
    result = bulk.sandbox("import", path, "--job", "one")
    assert result.code == 2
    for said in ("no column 'email'", "'Vornme'. Nearest: firstName", "'phone' and 'Phone' are both phone", "'SMS'."):
        assert said in result.err
    command = pasted(result.err)
    assert command[:3] == ["import", "contacts", str(path)]
    assert {"Emial=email", "Vornme=firstName", "Shoe size=", "O'Brien's=", "SMS=", "Phone="} <= set(command)
    assert bulk(*command).code == 0
    assert bulk.summary("one")["rows"]["succeeded"] == 1


def test_consent_is_named_apart_and_in_no_command(bulk: Shell, csv_file: CsvFile):
    path = csv_file("email,Vornme,Opted out,Shoe size\nada@example.com,Ada,no,39\n")
    result = bulk.sandbox("import", path)
    assert "may say who must not be mailed, and are not understood: 'Opted out'" in " ".join(result.err.split())
    command = pasted(result.err)
    assert not [word for word in command if "Opted out" in word]
    again = bulk(*command)
    assert again.code == 2
    assert "'Opted out'" in again.err
    assert "'Shoe size'" not in again.err
    assert bulk(*command, "--map", "Opted out=opted_out").code == 0


def test_a_far_guess_stands_in_no_command(bulk: Shell, csv_file: CsvFile):
    result = bulk.sandbox("import", csv_file("email,Business,Record ID,Name\nada@example.com,E,1,Ada\n"))
    command = pasted(result.err)
    assert "Record ID=" in command
    assert command[-2:] == ["--split-name", "Name"]
    assert bulk(*command).code == 0


def test_where_nothing_can_be_suggested_a_person_says_which_column_it_is(bulk: Shell, csv_file: CsvFile):
    path = csv_file("Kontaktweg,Vorname\nada@example.com,Ada\n")
    result = bulk.sandbox("import", path)
    command = pasted(result.err)
    assert "COLUMN=email" in command
    assert bulk(*command).code == 2
    assert bulk.no_job


def test_a_field_of_the_account_goes_before_what_its_title_tells(bulk: Shell, csv_file: CsvFile):
    fields = csv_file("title,type\nFirma,text\nEtiketten,text\n", "fields.csv")
    assert bulk("import", "fields", fields, "--sandbox", "--rate", "0").code == 0
    path = csv_file(GERMAN)
    result = bulk.sandbox("import", path)
    assert result.code == 0
    assert "Firma" not in result.err.split("Read as:")[1].splitlines()[0]
    refused = bulk.sandbox("import", path, "--set", "tags=New")
    assert refused.code == 2
    assert "'Etiketten' would be read as tags" in refused.err


def test_a_name_beside_a_first_name_is_suggested_as_the_last(bulk: Shell, csv_file: CsvFile):
    path = csv_file("Mail;Vorname;Name\nada@example.com;Ada;Lovelace\n")
    result = bulk.sandbox("import", path)
    assert result.code == 2
    assert "'Name'. Nearest: lastName" in result.err
    assert bulk(*pasted(result.err)).code == 0
    english = bulk.sandbox("import", csv_file("email,First Name,Name\nada@example.com,Ada,Lovelace\n"))
    assert "Name=" in pasted(english.err)


def test_of_a_folder_no_command_is_made(bulk: Shell, csv_file: CsvFile):
    folder = bulk.folder / "files"
    folder.mkdir()
    (folder / "contacts.csv").write_text("email,Vornme\nada@example.com,Ada\n", "utf-8")
    result = bulk("import", "--sandbox", "all", folder, "--rate", "0")
    assert "'Vornme'. Nearest: firstName" in result.err
    assert "bulk import" not in result.err.split("Nearest")[1].partition("resume")[0]


def test_what_may_be_all_of_a_kind_still_has_its_command(bulk: Shell, csv_file: CsvFile):
    result = bulk.sandbox("import", csv_file("email,Vornme\nada@example.com,Ada\n"), "--on-duplicate", "all")
    command = pasted(result.err)
    assert command[command.index("--on-duplicate") + 1] == "all"
    assert command[-2:] == ["--map", "Vornme=firstName"]
