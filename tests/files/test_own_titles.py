"""Titles as people write them, in seven languages: read where certain, else asked about."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from bulk.files.column_names import ColumnNames
from bulk.files.own_titles import own_titles
from bulk.files.suggestions import Suggestions
from bulk.resources import RESOURCES
from bulk.resources.contacts import CONTACTS
from bulk.resources.kinds import TEXT
from bulk.resources.presets.consent_titles import looks_like_consent
from bulk.resources.spec import Column
from bulk.resources.titles import title_key

HERE = Path(__file__).parent
FIELDS = tuple(
    Column(f"field:{number}", TEXT, title=title, aliases=(f"%{title.upper().replace(' ', '_')}%",))
    for number, title in enumerate(("Company Name 2", "Source Code", "Colour"), 1)
)
COLUMNS = (*CONTACTS.columns, *FIELDS)
NAMES = ColumnNames(COLUMNS)
SUGGESTIONS = Suggestions(COLUMNS)


@dataclass(frozen=True)
class Variant:
    language: str
    title: str
    beside: str
    expected: str
    likely: str


def variants(name: str) -> list[Variant]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return [Variant(**row) for row in csv.DictReader(file)]


def read_as(*header: str) -> dict[str, str]:
    """What each title of a header is read as without asking: by its name, or by its title."""
    told = own_titles(header, COLUMNS, NAMES, {})
    named = {at: column.attribute for at, title in enumerate(header) if (column := NAMES.find(title.strip()))}
    return {header[at]: attribute for at, attribute in {**named, **told}.items()}


def automatic(variant: Variant) -> str:
    header = (variant.title, variant.beside) if variant.beside else (variant.title,)
    return read_as(*header).get(variant.title, "ask")


def first_suggestion(title: str) -> str:
    return next((one.column.attribute for one in SUGGESTIONS.of(title)), "")


@dataclass(frozen=True)
class Counted:
    right: int
    wrong: list[str]
    asked: int
    guessed: int
    not_guessed: list[str]


def counted(them: list[Variant]) -> Counted:
    wrong = [f"{one.title!r} = {got}" for one in them if (got := automatic(one)) not in ("ask", one.expected)]
    asked = [one for one in them if automatic(one) == "ask" and one.likely]
    missed = [f"{one.title!r}: {got}" for one in asked if (got := first_suggestion(one.title)) != one.likely]
    right = [one for one in them if automatic(one) == one.expected]
    return Counted(len(right), wrong, len(asked), len(asked) - len(missed), missed)


def nothing() -> list[str]:
    return (HERE / "titles_of_nothing.txt").read_text("utf-8").splitlines()


def test_no_title_is_read_wrongly_and_the_right_column_is_suggested_first():
    them = variants("header_titles.csv")
    result = counted(them)
    assert len(them) >= 300
    assert result.wrong == []
    assert result.right >= 0.95 * len(them)
    assert result.guessed >= 0.85 * result.asked, result.not_guessed


def test_what_fits_nothing_is_neither_read_nor_suggested():
    them = nothing()
    assert len(them) >= 50
    assert {title: read_as(title) for title in them if read_as(title)} == {}
    assert {title: first_suggestion(title) for title in them if SUGGESTIONS.of(title)} == {}


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_a_title_stands_for_one_column_and_for_no_consent(resource):
    meant: dict[str, set[str]] = {}
    for column in resource.columns:
        for title in (*column.titles.own, *column.titles.beside, *column.titles.rivals):
            meant.setdefault(title_key(title), set()).add(column.attribute)
            assert not looks_like_consent(title), title
        for name in (column.header, column.attribute):
            meant.setdefault(title_key(name), set()).add(column.attribute)
    assert {key: attributes for key, attributes in meant.items() if len(attributes) > 1} == {}


def test_what_feeds_one_attribute_twice_is_asked_about():
    assert read_as("email", "E-Mail-Adresse") == {"email": "email"}
    assert read_as("Mail", "E-Mail-Adresse") == {}
    assert read_as("E-Mail-Adresse", "Work Email") == {}
    assert read_as("Mobile", "Work phone") == {}
    assert read_as("Phone", "Mobile") == {"Phone": "phone"}


def test_a_custom_field_of_that_title_goes_first():
    columns = (*COLUMNS, Column("field:9", TEXT, title="Firma", aliases=("%FIRMA%",)))
    assert own_titles(("email", "Firma"), columns, ColumnNames(columns), {}) == {}
    assert own_titles(("email", "Firma"), COLUMNS, NAMES, {}) == {1: "account"}


def test_what_is_mapped_is_not_read_again():
    header = ("E-Mail-Adresse", "Mail")
    assert own_titles(header, COLUMNS, NAMES, {0: ""}) == {1: "email"}
    assert own_titles(header, COLUMNS, NAMES, {0: "email"}) == {}
    assert own_titles(("_mail", "E-Mail-Adresse"), COLUMNS, NAMES, {}) == {1: "email"}


def slip(title: str, chance: random.Random) -> str:
    """A title after one slip of the hand, not at its ends: letters that changed places, one missing, twice or wrong."""
    at = chance.randrange(1, len(title) - 1)
    return chance.choice(
        (
            title[:at] + title[at + 1] + title[at] + title[at + 2 :],
            title[:at] + title[at + 1 :],
            title[:at] + title[at] + title[at:],
            title[:at] + chance.choice("aeinrst") + title[at + 1 :],
        )
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_a_slip_of_the_hand_makes_no_other_column_and_most_are_seen_through(seed: int):
    chance = random.Random(seed)
    slips = [
        (slip(title, chance), column.attribute)
        for column in CONTACTS.columns
        for title in column.titles.own
        if len(title_key(title)) > 4
    ]
    told = {title: read_as(title).get(title, "") for title, _attribute in slips}
    assert [title for title, attribute in slips if told[title] not in ("", attribute)] == []
    right = [title for title, attribute in slips if (told[title] or first_suggestion(title)) == attribute]
    assert len(right) >= 0.9 * len(slips)


@dataclass(frozen=True)
class Real:
    """A column of a program's file. `expected`: its attribute, by itself or suggested; `?phone`: suggested only."""

    program: str
    title: str
    expected: str


def real_headers() -> dict[str, list[Real]]:
    with (HERE / "real_headers.csv").open(encoding="utf-8", newline="") as file:
        columns = [Real(**row) for row in csv.DictReader(file)]
    return {program: [one for one in columns if one.program == program] for program in {c.program for c in columns}}


def ends_of(columns: list[Real]) -> list[tuple[Real, str, str]]:
    """Of each column of one file what it is read as, and what is suggested."""
    told = read_as(*(column.title for column in columns))
    passed_over = {"id", "cdate", "udate"}
    return [
        (column, "" if told.get(column.title, "") in passed_over else told.get(column.title, ""),
         first_suggestion(column.title))
        for column in columns
    ]  # fmt: skip


def figures() -> dict[str, object]:
    ends = [end for columns in real_headers().values() for end in ends_of(columns)]
    wrong = [end for end in ends if end[1] and end[1] != end[0].expected]
    right = [end for end in ends if (end[1] or end[2]) == end[0].expected.lstrip("?") and end not in wrong]
    ours = [end for end in ends if end[0].expected]
    return {
        "files": len(real_headers()), "columns": len(ends), "right": len(right), "wrong": wrong,
        "columns of ours": len(ours), "right of ours": len([end for end in ours if end in right]),
    }  # fmt: skip


def test_of_real_files_most_columns_go_right_and_none_goes_wrong():
    result = figures()
    assert result["files"] >= 60
    assert result["wrong"] == []
    assert result["right"] >= 0.8 * result["columns"]
    assert result["right of ours"] >= 0.8 * result["columns of ours"]


if __name__ == "__main__":  # the figures
    them, nowhere = variants("header_titles.csv"), nothing()
    print(f"{len(them)} titles:", counted(them))
    print(f"{len(nowhere)} that fit nothing:", [title for title in nowhere if SUGGESTIONS.of(title) or read_as(title)])
    print("real headers:", figures())
