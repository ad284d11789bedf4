"""What stops an import before somebody who left is subscribed: titles, cells, and presets that take only their own."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulk.errors import UsageError
from bulk.files.named_file import NamedFile
from bulk.jobs.input_options import matched, source_of
from bulk.jobs.options import ImportOptions
from bulk.planning.names import Names
from bulk.resources import named
from bulk.resources.presets import PRESETS, recognised
from bulk.resources.presets.consent import NO, STATUSES, YES, Consent
from bulk.resources.presets.consent_cells import cells_may_tell
from bulk.resources.presets.consent_titles import looks_like_consent
from bulk.wording import FrontEnd
from tests.consent_titles import TITLES
from tests.preset_files import FILES
from tests.scale import tries

CONTACTS = named("contacts")
OTHERS = (
    "VIP", "Customer yes/no", "Gender", "Lead Status", "Notes", "City", "Option", "Adoption", "Member since", "State",
    "Mailing Address", "Contact No", "Position", "Source", "Gewerbe", "Mitbewerber", "Bedarf", "Order Status",
    "Marketing Source", "Nepal office", "Date d'inscription", "Person paid", "Resilience", "Language", "Region",
)  # fmt: skip


def refusal(folder: Path, rows: list[list[str]], **options) -> str:
    """What is said of a file; "" where it is understood."""
    path = folder / "people.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    chosen = ImportOptions(mode="upsert", key="email", **options)
    names = Names()
    names.book("lists").add("1", "Newsletter")
    try:
        matched(CONTACTS, source_of(CONTACTS, NamedFile(path), chosen), chosen, names)
    except UsageError as error:
        return error.words(FrontEnd.COMMAND_LINE)
    return ""


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("ignore", [False, True])
def test_a_title_that_may_tell_consent_is_asked_about(tmp_path, title, ignore):
    rows = [["email", title, "Shoe size"], ["a@example.com", "", "38"]]
    said = refusal(tmp_path, rows, sets={"lists": "Newsletter"}, ignore_unknown=ignore)
    assert f"--map '{title}=consent'" in said
    assert f"'{title}'." not in said.partition("These columns")[0]
    pasted = said.rpartition("\n  ")[2]
    assert ignore or f"{title}=" not in pasted
    assert ignore or "Shoe size=" in pasted


@pytest.mark.parametrize("title", OTHERS)
def test_titles_of_other_things_are_not_asked_about(title):
    assert not looks_like_consent(title)


@pytest.mark.parametrize("spelling", [str.upper, str.lower, lambda title: title.replace(" ", "_")])
def test_a_title_is_seen_however_it_is_spelt(spelling):
    assert [title for title in TITLES if not looks_like_consent(spelling(title))] == []


@pytest.mark.parametrize(
    ("title", "cells"),
    [
        ("Foo", ["ja", ""]), ("Foo", ["0", "1"]), ("Foo", ["x"]), ("Merkmal", ["Abgemeldet", "Kunde"]),
        ("Group", ["subscribed"]), ("Group", ["active", "cancelled"]), ("Info", ["bounced", "late", "42"]),
        ("Kunde aktiv", ["ja", "nein"]), ("Bemerkung", ["unsubscribed", "a long remark " * 20]),
    ],
)  # fmt: skip
def test_cells_that_may_tell_consent_are_asked_about_whatever_their_title(tmp_path, title, cells):
    rows = [["email", title, "lists"], *([f"p{n}@example.com", cell, "Newsletter"] for n, cell in enumerate(cells))]
    assert f"--map '{title}=consent'" in refusal(tmp_path, rows, ignore_unknown=True)
    assert refusal(tmp_path, rows, maps={title: ""}) == ""
    assert refusal(tmp_path, [row[:2] for row in rows], ignore_unknown=True) == "", "nobody is subscribed"


@pytest.mark.parametrize(
    ("title", "cells"),
    [
        ("VIP", ["yes", "no"]), ("Customer yes/no", ["yes", "no"]), ("Gender", ["M", "F"]), ("Shoe size", ["38", "1"]),
        ("Order Status", ["shipped", "pending"]), ("Country", ["NO", "SE"]), ("Children", ["0", "1", "2"]),
        ("Notes", ["", "-", "called on Monday"]), ("Plan", ["free", "paid"]),
    ],
)  # fmt: skip
def test_other_cells_are_left_out_as_ever(tmp_path, title, cells):
    rows = [["email", title, "lists"], *([f"p{n}@example.com", cell, "Newsletter"] for n, cell in enumerate(cells))]
    assert refusal(tmp_path, rows, ignore_unknown=True) == ""


def test_what_leaves_all_of_them_out_is_said_in_one_go(tmp_path):
    rows = [["email", "Foo", "Bar", "lists"], ["a@example.com", "yes", "no", "Newsletter"]]
    said = refusal(tmp_path, rows)
    assert "\n  --map 'Foo=' --map 'Bar='" in said
    assert refusal(tmp_path, rows, maps={"Foo": "", "Bar": ""}) == ""


@settings(max_examples=tries(20, 60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_word_that_stands_against_somebody_is_never_left_out_of_a_job_that_subscribes(tmp_path, data):
    against = sorted(word for word, consent in STATUSES.items() if consent is not Consent.AGREED)
    title = data.draw(st.sampled_from(["Foo", "Feld 7", "Col", "Group"]))
    cells = data.draw(st.lists(st.sampled_from([*against, *sorted(YES | NO), ""]), min_size=1, max_size=8))
    if not any(cells):
        return
    rows = [["email", title, "lists"], *([f"p{n}@example.com", cell, "Newsletter"] for n, cell in enumerate(cells))]
    assert f"--map '{title}=consent'" in refusal(tmp_path, rows, ignore_unknown=True)


# ---- presets


@pytest.mark.parametrize(
    "header",
    [
        "Email,Firstname,Statut,Gesperrt,Firma2,Double Opt-In,Geburtstag",
        "email,firstname,added_time,statut",
        "E-Mail,Vorname,Email Blacklisted,Aktiv",
        "Email Address,First Name,Opt-in Time,Active",
        "Email Address,First Name,Email Status,Left",
        "Email,First Name,Email Marketing Consent,Left",
        "Email,Accepts Marketing,Customer ID,Left",
        "email,firstname,lastname,lead_source,status",
        "email,first_name,last_name,accountid,status",
        "Email,Account Name,Salutation,Status",
        "Contact ID,Email,Create Date,Status",
        "Email,Order ID,Order Type,Status",
        "Email,Created time,Form name,Status",
        "email,created_time,form_name,status",
        "Email,Email disabled,Type,Status",
        "E-Mail,First Name,Last Name,Mobile Phone,User unsubscribed",
        "E-mail Address,First Name,Home Phone,User unsubscribed",
    ],
)
def test_titles_that_anybody_gives_are_no_program_s(header):
    assert recognised(header.split(",")) is None


@pytest.mark.parametrize("program", FILES, ids=lambda program: program.name)
@pytest.mark.parametrize("ignore", [False, True])
def test_a_preset_leaves_out_no_column_that_may_tell_consent(tmp_path, program, ignore):
    at = next(n for n, cell in enumerate(program.row) if "@example.com" in cell)
    preset = next(each for each in PRESETS if each.name == program.name)
    for title, cell in (("Gesperrt", ""), ("Aktiv", "nein"), ("Foo", "ja"), ("Group 9", "abgemeldet")):
        row = [*program.row, cell]
        row[at] = "ben@example.com"
        options = {"preset": "auto" if recognised([*program.header, title]) is preset else program.name}
        said = refusal(
            tmp_path, [[*program.header, title], row], sets={"lists": "Newsletter"}, ignore_unknown=ignore, **options
        )
        assert f"--map '{title}=consent'" in said


def test_a_column_that_a_preset_leaves_out_is_asked_about_where_its_cells_speak_of_consent(tmp_path):
    program = next(program for program in FILES if program.name == "stripe")
    at = program.header.index("Status")
    row = [*program.row]
    row[at] = "unsubscribed"
    said = refusal(tmp_path, [program.header, program.row, row], sets={"lists": "Newsletter"})
    assert "--map 'Status=consent'" in said
    assert refusal(tmp_path, [program.header, program.row], sets={"lists": "Newsletter"}) == ""


def test_bare_answers_are_asked_about_but_below_titles_of_other_things():
    assert cells_may_tell("Foo", {"yes"})
    assert not cells_may_tell("VIP", {"yes"})
    assert cells_may_tell("VIP", {"yes", "unsubscribed"})
    assert cells_may_tell("Customer active", {"yes"})
    assert not cells_may_tell("Foo", {"", " ", "-"})
