"""The law of consent: no row that its file marks as left, bounced or not confirmed leads to a subscription.

Of whatever program, in any case, with any blanks, in any kind of file, in any member of an archive.
"""

from __future__ import annotations

import csv
import gzip
import io
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulk.errors import UsageError
from bulk.files.named_file import NamedFile
from bulk.files.opening import open_sink
from bulk.jobs.input_options import matched, source_of
from bulk.jobs.options import ImportOptions
from bulk.planning.names import Names
from bulk.resources import named
from bulk.resources.presets import PRESETS
from bulk.resources.presets import consent as words_of
from bulk.resources.presets.consent import Consent, Says, Signal
from tests.consent_titles import TITLES
from tests.preset_files import FILES, ProgramFile
from tests.scale import tries

CONTACTS = named("contacts")
SIGNALS = [(preset.name, signal) for preset in PRESETS for signal in preset.signals]
BY_NAME = [(preset.name, word, says) for preset in PRESETS for word, says in preset.by_name.items()]
AGAINST = sorted(word for word, consent in words_of.STATUSES.items() if consent is not Consent.AGREED)
BLANKS = ("", " ", "  ", "\t", "\u00a0", "\u3000", "\u2003")
WAYS = ("csv", "gz", "zip", "zip of two", "xlsx")


def words_against(signal: Signal) -> list[str]:
    """What a program may write in a column that means: do not mail."""
    own = [word for word, consent in signal.words.items() if consent is not Consent.AGREED]
    every = {
        Says.STATUS: AGAINST, Says.OPT_IN: [*sorted(words_of.NO), *AGAINST, ""], Says.OPT_OUT: sorted(words_of.YES),
        Says.BOUNCE: sorted(words_of.YES), Says.CONFIRMED: sorted(words_of.NO),
        Says.LEFT_WHEN: ["2024-03-05 10:00:00", "spam", "0", "no"], Says.BOUNCED_WHEN: ["2024-03-05", "full", "0"],
        Says.ALL_LEFT: ["", "2024-03-05", "x"], Says.ALL_BOUNCED: ["", "2024-03-05", "x"],
    }[signal.says]  # fmt: skip
    kind = {word for word, consent in signal.words.items() if consent is Consent.AGREED}
    return [*own, *(word for word in every if words_of.word_of(word) not in set(map(words_of.word_of, kind)))]


@st.composite
def spelt(draw: st.DrawFn, word: str) -> str:
    """A word as somebody may write it."""
    word = draw(st.sampled_from([str.upper, str.lower, str.title, str.capitalize, str.swapcase, str]))(word)
    word = word.replace(" ", draw(st.sampled_from([" ", "  ", "_", "-", "\u00a0"])))
    word = unicodedata.normalize(draw(st.sampled_from(["NFC", "NFD"])), word)
    return draw(st.sampled_from(BLANKS)) + word + draw(st.sampled_from(BLANKS)) if word else word


def written(folder: Path, way: str, name: str, rows: list[list[str]], others: list[list[str]]) -> Path:
    def text(of: list[list[str]]) -> bytes:
        out = io.StringIO(newline="")
        csv.writer(out).writerows(of)
        return out.getvalue().encode()

    path = folder / name
    if way == "csv":
        path.write_bytes(text(rows))
    elif way == "gz":
        path.write_bytes(gzip.compress(text(rows)))
    elif way == "xlsx":
        with open_sink(path.with_suffix(".xlsx"), rows[0]) as sink:
            for row in rows[1:]:
                sink.write(row)
        path.with_suffix(".xlsx").rename(path)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, text(rows))
            if way == "zip of two":
                archive.writestr(f"also {name}", text(others))
    return path


def subscribed(path: Path, called: str = "", **more: Any) -> list[str]:
    options = ImportOptions(mode="upsert", key="email", sets={"lists": "Newsletter"}, **more)
    source = source_of(CONTACTS, NamedFile(path, called), options)
    names = Names()
    names.book("lists").add("1", "Newsletter")
    match = matched(CONTACTS, source, options, names)
    rows = [match.row(record) for record in source.records()]
    return [
        row.values["email"].strip().lower() for row in rows
        if row.values.get("lists", "").strip() and row.consent in ("", Consent.AGREED)
    ]  # fmt: skip


def file_of(name: str) -> ProgramFile:
    return next(program for program in FILES if program.name == name)


@pytest.mark.some(27)
@pytest.mark.parametrize(("preset", "signal"), SIGNALS, ids=lambda one: getattr(one, "title", one))
@settings(max_examples=tries(12, 40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nobody_is_subscribed_whom_a_column_marks(tmp_path: Path, preset: str, signal: Signal, data: st.DataObject):
    program = file_of(preset)
    header, row = list(program.header), list(program.row)
    at = next((n for n, title in enumerate(header) if signal.fits(title)), None)
    if at is None:
        at = len(header)
        header.append(signal.title.replace("*", " x"))
        row.append("")
    address = next(n for n, cell in enumerate(row) if "ada@example.com" in cell)
    marked = [*row[:at], data.draw(spelt(data.draw(st.sampled_from(words_against(signal))))), *row[at + 1 :]]
    marked[address] = data.draw(st.sampled_from(["ben@example.com", "BEN@example.com ", "Ben@Example.com"]))
    way = data.draw(st.sampled_from(WAYS))
    every_one = signal.says in (Says.ALL_LEFT, Says.ALL_BOUNCED)
    others = [program.header, [*program.row]]
    rows = [header, marked] if every_one else [header, row, marked]
    if data.draw(st.booleans()):  # the same person once more, with nothing against them
        again = [*program.row]
        again[address] = "ben@example.com"
        others.append(again)
    path = written(tmp_path, way, program.file, rows, others)
    assert "ben@example.com" not in subscribed(path)


@pytest.mark.parametrize(("preset", "word", "says"), BY_NAME)
@settings(max_examples=tries(10, 30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nobody_is_subscribed_whom_the_name_of_a_file_marks(tmp_path: Path, preset, word, says, data: st.DataObject):
    program = file_of(preset)
    call = data.draw(st.sampled_from([str.upper, str.lower, str.title]))
    called = f"{call(word)}{data.draw(st.sampled_from(['', '_members', ' Export 1', '-x']))}.csv"
    way = data.draw(st.sampled_from(WAYS[:-1]))
    rows = [list(program.header), list(program.row)]
    path = written(tmp_path, way, called, rows, rows)
    assert bool(subscribed(path)) is (says is Consent.AGREED)


# ---- files of no program, whose titles are people's own


@st.composite
def own_titles(draw: st.DrawFn) -> str:
    """A title that may tell consent, as somebody may write it."""
    title = draw(st.sampled_from(TITLES))
    title = draw(st.sampled_from([str, str.upper, str.lower, str.title]))(title)
    title = title.replace(" ", draw(st.sampled_from([" ", "_", "-", "  "])))
    return unicodedata.normalize(draw(st.sampled_from(["NFC", "NFD"])), title)


def people(title: str, cells: list[str], more: list[str]) -> list[list[str]]:
    """Ada, and Ben once for each cell."""
    rows = [["ada@example.com", "Ada", "", "a"], *(["Ben@example.com", "Ben", cell, "b"] for cell in cells)]
    return [["email", "firstName", title, *more], *(row[: 3 + len(more)] for row in rows)]


@settings(max_examples=tries(30, 120), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_whose_title_may_tell_consent_subscribes_nobody_before_it_is_said(tmp_path: Path, data: st.DataObject):
    title = data.draw(own_titles())
    cells = data.draw(st.lists(st.sampled_from([*AGAINST, "", "yes", "no", "2024-03-05"]), min_size=1, max_size=3))
    rows = people(title, cells, data.draw(st.sampled_from([[], ["Shoe size"]])))
    path = written(tmp_path, data.draw(st.sampled_from(WAYS)), "people.csv", rows, rows)
    with pytest.raises(UsageError):
        subscribed(path, ignore_unknown=data.draw(st.booleans()))


@settings(max_examples=tries(30, 120), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nobody_is_subscribed_whom_a_column_of_any_title_marks_once_it_is_said(tmp_path: Path, data: st.DataObject):
    title = data.draw(st.one_of(own_titles(), st.sampled_from(["Foo", "Feld 7", "Double Opt-In", "VIP"])))
    target = data.draw(st.sampled_from(["consent", "opted_out"]))
    dates = ["12.03.2024", "2024-03-05 10:00:00", "March 5, 2024", "5/3/24"]
    against = {"consent": [*AGAINST, *sorted(words_of.NO), "", *dates], "opted_out": [*AGAINST, *words_of.YES, *dates]}
    marked = data.draw(spelt(data.draw(st.sampled_from(sorted(against[target])))))
    kind = {"consent": "yes", "opted_out": ""}[target]
    cells = data.draw(st.permutations([marked, *data.draw(st.lists(st.just(kind), max_size=2))]))
    rows = people(title, list(cells), [])
    way = data.draw(st.sampled_from(WAYS))
    path = written(tmp_path, way, "people.csv", rows, people(title, [kind], []))
    assert "ben@example.com" not in subscribed(path, maps={title: target})


@settings(max_examples=tries(20, 60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_program_s_preset_takes_such_a_title_for_its_own_and_leaves_it_out(tmp_path: Path, data: st.DataObject):
    program = data.draw(st.sampled_from(FILES))
    title = data.draw(own_titles())
    preset = next(each for each in PRESETS if each.name == program.name)
    if preset.speaks_of(title):
        return
    rows = [[*program.header, title], [*program.row, "no"]]
    path = written(tmp_path, data.draw(st.sampled_from(WAYS)), program.file, rows, rows)
    with pytest.raises(UsageError):
        subscribed(path, program.file, preset=program.name, ignore_unknown=True)


def test_the_law_is_of_every_program_that_says_anything():
    assert len(SIGNALS) > 25
    assert all(words_against(signal) for _preset, signal in SIGNALS)
    assert {preset.name for preset in PRESETS if preset.signals or preset.by_name} == {
        name for name, *_rest in (*SIGNALS, *BY_NAME)
    }
