"""Files of other programs: each is recognised, each cell goes where it is meant, and who left is never subscribed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from bulk.__main__ import run
from bulk.errors import UsageError
from bulk.files.named_file import NamedFile
from bulk.files.preset_reference import presets_page
from bulk.jobs.input_options import matched, source_of
from bulk.jobs.options import ImportOptions
from bulk.planning.names import Names
from bulk.resources import RESOURCES, named
from bulk.resources.presets import PRESETS, recognised
from bulk.resources.presets.consent import Consent, Says, Signal
from bulk.resources.presets.consent_titles import looks_like_consent
from bulk.resources.spec import normalise
from bulk.wording import FrontEnd
from tests.preset_files import FILES, ProgramFile

CONTACTS = named("contacts")
ROOT = Path(__file__).parents[2]
EVERY = pytest.mark.parametrize("program", FILES, ids=lambda program: program.name)
VARIANTS = {
    "as it is": lambda rows: rows,
    "capitals": lambda rows: [[title.upper() for title in rows[0]], *rows[1:]],
    "small letters": lambda rows: [[title.lower() for title in rows[0]], *rows[1:]],
    "blanks": lambda rows: [[f" {title}  " for title in rows[0]], *rows[1:]],
    "backwards": lambda rows: [row[::-1] for row in rows],
}


def opened(folder: Path, rows: list[list[str]], program: ProgramFile, name: str = "", **options):
    path = folder / (name or program.file)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=program.delimiter).writerows(rows)
    chosen = ImportOptions(mode="upsert", key="email", **options)
    source = source_of(CONTACTS, NamedFile(path), chosen)
    names = Names()
    for number, called in enumerate(("Newsletter", "Club"), 1):
        names.book("lists").add(str(number), called)
    match = matched(CONTACTS, source, chosen, names)
    return source, match


def rows_of(folder: Path, rows: list[list[str]], program: ProgramFile, name: str = "", **options):
    source, match = opened(folder, rows, program, name, **options)
    return [match.row(record) for record in source.records()]


def may_be_subscribed(row) -> bool:
    return bool(row.values.get("lists", "").strip()) and row.consent in ("", Consent.AGREED)


def test_each_preset_has_a_file_and_each_name_is_there_once():
    assert [program.name for program in FILES] == [preset.name for preset in PRESETS]


@EVERY
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_file_is_recognised_by_its_header_whatever_it_looks_like(program, variant):
    (header,) = VARIANTS[variant]([program.header])
    assert recognised(header).name == program.name


def test_no_file_of_ours_is_taken_for_one_of_others():
    for resource in RESOURCES:
        titles = [column.header for column in resource.columns]
        assert recognised(titles) is None
        assert recognised([*titles, "_row", "_status", "_step", "_code", "_error", "_attempts"]) is None
    for generic in (
        ["Email Address", "First Name", "Last Name", "Plan"],
        ["email", "first_name", "status", "created_at", "plan"],
        ["Email", "Name", "Type", "Start date", "Room"],
    ):
        assert recognised(generic) is None


@EVERY
@pytest.mark.parametrize("variant", VARIANTS)
def test_each_cell_goes_where_it_is_meant(tmp_path, program, variant):
    (row,) = rows_of(tmp_path, VARIANTS[variant]([program.header, program.row]), program, sets={"lists": "Newsletter"})
    wanted = {name: cell for name, cell in row.values.items() if cell.strip()}
    assert wanted == program.means | {"lists": "Newsletter"}
    assert may_be_subscribed(row)


@EVERY
@pytest.mark.parametrize("variant", VARIANTS)
def test_nobody_whom_the_file_marks_is_subscribed(tmp_path, program, variant):
    marked = program.against()
    rows = rows_of(tmp_path, VARIANTS[variant]([program.header, *marked]), program, sets={"lists": "Newsletter"})
    assert len(rows) == len(marked)
    assert [row.values["email"] for row in rows if may_be_subscribed(row)] == []
    left = [row for row in rows if row.consent == Consent.LEFT]
    assert all(row.values["unsubscribe_lists"] == "Newsletter" for row in left)
    assert all(row.values["lists"] == "Newsletter" for row in rows if row.consent != Consent.LEFT)


def test_the_marks_of_many_programs_are_tried():
    tried = [program.name for program in FILES if program.against()]
    assert len(tried) >= 16
    assert sum(len(program.against()) for program in FILES) > 200


@pytest.mark.parametrize(
    ("name", "stands"),
    [
        ("subscribed_members_export_1.csv", Consent.AGREED),
        ("unsubscribed_members_export_1.csv", Consent.LEFT),
        ("cleaned_members_export_1.csv", Consent.BOUNCED),
        ("nonsubscribed_members_export_1.csv", Consent.UNCONFIRMED),
        ("Unsubscribed Members.CSV", Consent.LEFT),
        ("people.csv", Consent.AGREED),
    ],
)
def test_the_name_of_a_file_says_who_is_in_it(tmp_path, name, stands):
    program = FILES[0]
    (row,) = rows_of(tmp_path, [program.header, program.row], program, name, sets={"lists": "Newsletter"})
    assert may_be_subscribed(row) is (stands is Consent.AGREED)
    assert row.consent in (stands, "")


@pytest.mark.parametrize(("column", "stands"), [("UNSUB_TIME", Consent.LEFT), ("CLEAN_TIME", Consent.BOUNCED)])
def test_a_column_of_such_files_says_it_whatever_the_file_is_called(tmp_path, column, stands):
    program = FILES[0]
    rows = [[*program.header, column], [*program.row, ""]]
    (row,) = rows_of(tmp_path, rows, program, "subscribed.csv", sets={"lists": "Newsletter"})
    assert row.consent == stands


def test_a_report_of_a_file_whose_name_counts_subscribes_nobody(tmp_path):
    program = FILES[0]
    rows = [[*program.header, "_row", "_status"], [*program.row, "2", "failed"]]
    (row,) = rows_of(tmp_path, rows, program, "failed.csv", sets={"lists": "Newsletter"})
    assert row.consent == Consent.UNCLEAR


def test_of_an_address_that_stands_twice_the_stricter_row_counts(tmp_path):
    program = next(program for program in FILES if program.name == "kit")

    def person(state: str, address: str) -> list[str]:
        return ["Ada", address, state, "", ""]

    rows = [
        program.header, person("active", "ada@example.com"), person("cancelled", " ADA@Example.com "),
        person("active", "b@example.com"), person("bounced", "b@example.com"), person("inactive", "b@example.com"),
        person("active", "c@example.com"),
    ]  # fmt: skip
    stand = [row.consent for row in rows_of(tmp_path, rows, program, sets={"lists": "Newsletter"})]
    assert stand == ["unsubscribed"] * 2 + ["bounced"] * 3 + ["subscribed"]


def test_lists_of_the_file_itself_are_heeded_too(tmp_path):
    program = next(program for program in FILES if program.name == "shopify")
    rows = [[*program.header, "Group"], [*program.row, "Club"]]
    rows[1][4] = "no"
    maps = {"Group": "lists"}
    (row,) = rows_of(tmp_path, rows, program, maps=maps, sets={"lists": "Newsletter"})
    assert row.values["lists"] == ""
    assert row.values["unsubscribe_lists"] == "Club,Newsletter"


def test_a_map_goes_before_the_preset(tmp_path):
    program = next(program for program in FILES if program.name == "shopify")
    rows = [program.header, program.row]
    rows[1][4] = "no"
    maps = {"Accepts Email Marketing": "", "Default Address Company": "lastName", "Last Name": ""}
    (row,) = rows_of(tmp_path, rows, program, maps=maps, sets={"lists": "Newsletter"})
    assert row.values["lastName"] == "Engines"
    assert "account" not in row.values
    assert may_be_subscribed(row)


@pytest.mark.parametrize("preset", ["auto", "none", "brevo"])
def test_a_preset_can_be_named_or_refused(tmp_path, preset):
    header, row = ["EMAIL", "FIRSTNAME"], ["ada@example.com", "Ada"]
    program = ProgramFile("brevo", "")
    (result,) = rows_of(tmp_path, [header, row], program, preset=preset)
    assert result.values == {"email": "ada@example.com", "firstName": "Ada"}
    source, _match = opened(tmp_path, [header, row], program, preset=preset)
    assert (source.adaptation.preset is not None) is (preset == "brevo")


def refusal(folder: Path, header: list[str], **options) -> str:
    with pytest.raises(UsageError) as caught:
        opened(folder, [header, ["x"] * len(header)], ProgramFile("", ""), **options)
    return caught.value.words(FrontEnd.COMMAND_LINE)


def test_what_is_no_preset_is_refused_with_those_that_there_are(tmp_path):
    assert "mailchimp" in refusal(tmp_path, ["email"], preset="mailchump")
    assert "'E-mail 1 - Value'" in refusal(tmp_path, ["email"], preset="google-contacts")


@pytest.mark.parametrize(
    "title", ["Opt-In", "unsubscribed", "GDPR consent", "Bounced", "Email Status", "Status", "Abonné"]
)
def test_a_column_that_may_be_consent_is_never_left_out_unasked(tmp_path, title):
    said = refusal(tmp_path, ["email", title, "Shoe size"], ignore_unknown=True)
    assert f"--map '{title}=consent'" in said
    program = ProgramFile("", "")
    tried = {"no": Consent.LEFT, "Bounced": Consent.BOUNCED, "yes": Consent.AGREED}
    pairs = [*((("consent", cell), stands) for cell, stands in tried.items()), (("opted_out", "yes"), Consent.LEFT)]
    for (target, cell), stands in pairs:
        rows = [["email", title], ["ada@example.com", cell]]
        (row,) = rows_of(tmp_path, rows, program, maps={title: target}, sets={"lists": "Newsletter"})
        assert row.consent == stands
    _source, match = opened(tmp_path, [["email", title], ["ada@example.com", "x"]], program, maps={title: ""})
    assert match.dropped == (title,)


def test_a_preset_does_not_hide_a_column_of_consent_that_it_does_not_know(tmp_path):
    program = FILES[0]
    said = refusal(tmp_path, [*program.header, "Marketing Permissions: Email"])
    assert "'Marketing Permissions: Email'" in said


@pytest.mark.parametrize("title", ["Lead Status", "Notes", "City", "Option", "Member since", "State", "Adoption"])
def test_other_columns_are_no_consent(title):
    assert not looks_like_consent(title)


@pytest.mark.parametrize("says", [Says.STATUS, Says.OPT_IN, Says.OPT_OUT, Says.BOUNCE, Says.CONFIRMED])
@pytest.mark.parametrize("cell", ["abc", "17", "yes no", "?", "subscribed?"])
def test_a_word_that_is_not_known_is_never_agreement(says, cell):
    assert Signal("x", says).read(cell) is not Consent.AGREED


@pytest.mark.parametrize(
    "cell",
    [
        "12.03.2024", "2024-03-12", "2024-03-12 10:00:00", "2024-03-12T10:00:00Z", "12/03/24", "3/12/2024 1:05 PM",
        "12 Mar 2024", "March 12, 2024", "12. März 2024", "2024-03", "03/2024", "2024", " 2024.03.12 ",
    ],
)  # fmt: skip
def test_a_date_in_a_column_of_who_has_left_says_that_they_have(cell):
    assert Signal("x", Says.OPT_OUT).read(cell) is Consent.LEFT
    assert Signal("x", Says.OPT_IN).read(cell) is Consent.UNCLEAR


@pytest.mark.parametrize("cell", ["", "  ", "-", "no"])
def test_nothing_in_it_says_that_they_have_not(cell):
    assert Signal("x", Says.OPT_OUT).read(cell) is Consent.AGREED


@pytest.mark.parametrize("cell", ["0000-00-00", "0000-00-00 00:00:00", "soon", "17", "1.5", "12 people"])
def test_what_is_no_date_is_unclear(cell):
    assert Signal("x", Says.OPT_OUT).read(cell) is Consent.UNCLEAR


def test_a_date_of_a_bounce_is_a_bounce():
    assert Signal("x", Says.BOUNCE).read("2024-03-12") is Consent.BOUNCED


# ---- what is set for every row


def test_what_is_set_stands_in_every_row_and_is_added_to_names(tmp_path):
    program = ProgramFile("", "")
    rows = [["email", "tags"], ["ada@example.com", 'VIP,"a,b"'], ["b@example.com", ""]]
    first, second = rows_of(
        tmp_path, rows, program, sets={"tags": "From there,VIP", "lists": "Newsletter", "phone": "1"}
    )
    assert first.values == {
        "email": "ada@example.com",
        "tags": 'VIP,"a,b",From there',
        "lists": "Newsletter",
        "phone": "1",
    }
    assert (second.values["tags"], second.values["phone"]) == ("From there,VIP", "1")


def test_another_column_that_the_file_has_is_not_set(tmp_path):
    assert "the file has that column, 'First Name'" in refusal(
        tmp_path, ["email", "First Name"], sets={"firstName": "x"}
    )
    assert "there is no column 'colour'" in refusal(tmp_path, ["email"], sets={"colour": "x"})
    assert "cdate is set by ActiveCampaign" in refusal(tmp_path, ["email"], sets={"cdate": "x"})
    assert "Nothing here is named 'Nope'" in refusal(tmp_path, ["email"], sets={"lists": "Nope"})


# ---- what is generated, and what is said


def test_the_page_of_presets_is_the_one_that_is_generated():
    page = ROOT / "docs" / "presets.md"
    assert page.read_text(encoding="utf-8") == presets_page(), "bulk presets --markdown > docs/presets.md"


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_what_is_said_of_a_preset_fits_a_terminal(preset, capsys):
    assert run(["presets", preset.name]) == 0
    said = capsys.readouterr().out
    assert all(len(line) < 80 for line in said.splitlines())
    assert all(title in said for title in preset.titles)


def test_presets_are_listed(capsys):
    assert run(["presets"]) == 0
    said = capsys.readouterr().out
    assert all(preset.name in said for preset in PRESETS)
    assert run(["presets", "nope"]) == 2


# ---- files as they come


def test_headers_of_programs_in_public_are_recognised(corpora):
    headers = json.loads((corpora / "headers" / "header-rows.json").read_text("utf-8"))
    unknown = [each["tool"] for each in headers if recognised(each["header"]) is None]
    assert unknown == ["generic French"]


def test_each_header_in_public_is_understood_with_no_option_but_a_list(tmp_path, corpora):
    headers = json.loads((corpora / "headers" / "header-rows.json").read_text("utf-8"))
    more = json.loads((corpora / "headers" / "rolodexter-golden_corpora.json").read_text("utf-8"))
    tried = [each["header"] for each in headers if each["tool"] != "generic French"]
    for header in [*tried, *map(list, more.values())]:
        preset = recognised(header)
        addresses = set(map(normalise, preset.takes["email"]))
        row = ["ada@example.com" if normalise(title) in addresses else "" for title in header]
        (result,) = rows_of(tmp_path, [header, row], ProgramFile(preset.name, ""), sets={"lists": "Newsletter"})
        assert result.values["email"] == "ada@example.com"


@pytest.mark.parametrize("rows", [1, 3_000])
def test_a_file_of_a_program_that_writes_no_unicode_is_read_in_its_encoding(tmp_path, rows):
    program = next(program for program in FILES if program.name == "outlook")
    path = tmp_path / "outlook.csv"
    people = [["Ada", "", "L", "", "", "0143", "", "", f"p{n}@example.com", "SMTP"] for n in range(rows)]
    people[-1][2] = "Ångström"  # beyond what is looked at first
    with path.open("w", encoding="cp1252", newline="") as file:
        csv.writer(file).writerows([program.header, *people])
    source = source_of(CONTACTS, NamedFile(path), ImportOptions())
    assert source.describe().startswith("cp1252")
    assert [record.cells[2] for record in source.records()][-1] == "Ångström"
    path.write_text(path.read_text("cp1252"), "utf-8")
    assert source_of(CONTACTS, NamedFile(path), ImportOptions()).describe().startswith("UTF-8")


@pytest.mark.parametrize(
    "header",
    [
        "Id,First Name,Last Name,Email,Phone 1,Lead Source,Company",  # of Keap and its like
        "Order ID,Ticket type,Email,First Name,Last Name,Booking date",  # of those who sell tickets too
    ],
)
def test_files_of_programs_alike_are_not_taken_for_one_that_is_known(header):
    assert recognised(header.split(",")) is None
