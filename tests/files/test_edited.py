"""Corrections to a file: what is corrected says something else, and every row stays at its number."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk.errors import UsageError
from bulk.files.edited import ENCODING, Edited, Edits, for_another_reader, write_corrected
from bulk.files.opening import SourceOptions, open_source

CELL = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=8) | st.sampled_from(
    ["", "a\nb", 'say "so"', ";", "=1", " x "]
)


def opened(tmp_path: Path, text: str, **options: object):
    path = tmp_path / "people.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return open_source(path, SourceOptions("utf-8", ",", **options))


def corrected(source, edits: Edits, tmp_path: Path):
    path = tmp_path / "corrected.csv"
    with path.open("wb") as output:
        write_corrected(source, edits, output)
    return open_source(path, SourceOptions(ENCODING, ","))


def rows(source) -> dict[int, list[str]]:
    return {record.number: record.cells for record in source.records()}


@given(
    table=st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=8),
    cells=st.dictionaries(st.integers(2, 9), st.dictionaries(st.integers(0, 2), CELL), max_size=4),
    left_out=st.sets(st.integers(2, 9), max_size=3),
)
def test_each_row_is_where_it_was_and_says_what_it_said_or_what_was_corrected(
    tmp_path_factory: pytest.TempPathFactory, table, cells, left_out
):
    tmp_path = tmp_path_factory.mktemp("edited")
    text = io.StringIO()
    csv.writer(text).writerows([["one", "two", "three"], *table])
    try:
        source = opened(tmp_path, text.getvalue())
        before = rows(source)
    except UsageError:  # a table that nobody can read is not corrected either
        return
    after = corrected(source, Edits(cells, left_out), tmp_path)
    expected = {
        number: [cells.get(number, {}).get(at, text) for at, text in enumerate(own)]
        for number, own in before.items()
        if number not in left_out
    }
    assert after.header == ("one", "two", "three")
    assert rows(after) == {number: own for number, own in expected.items() if any(own)}


def test_a_row_that_does_not_fit_is_right_once_it_is_corrected(tmp_path: Path):
    source = opened(tmp_path, "one,two\n1\n1,2,3\n1,2\n")
    edited = Edited(source, Edits({2: {1: "b"}}))
    result = {record.number: (record.cells, record.problem and record.problem.code) for record in edited.records()}
    assert result == {2: (["1", "b"], None), 3: (["1", "2", "3"], "too_many_cells"), 4: (["1", "2"], None)}
    after = corrected(source, Edits({2: {1: "b"}}), tmp_path)
    assert [record.problem is None for record in after.records()] == [True, False, True]


def test_lines_before_the_titles_count(tmp_path: Path):
    source = opened(tmp_path, "a report\nof people\none,two\n1,2\n\n3,4\n", skip_lines=2)
    after = corrected(source, Edits(left_out={4}), tmp_path)
    assert rows(source) == {4: ["1", "2"], 6: ["3", "4"]}
    assert rows(after) == {6: ["3", "4"]}


def test_two_read_the_same_table_at_once(tmp_path: Path):
    source = opened(tmp_path, "one\n" + "".join(f"{n}\n" for n in range(100)))
    first, second = source.records(), for_another_reader(source).records()
    assert [next(first).number, next(second).number, next(first).number, next(second).number] == [2, 2, 3, 3]
