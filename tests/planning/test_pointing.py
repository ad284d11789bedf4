"""What a record that was read points to: by its ids, whatever stands in their place."""

from __future__ import annotations

import pytest

from bulk.model import Json
from bulk.planning.kept_records import pointers
from bulk.resources import named


@pytest.mark.parametrize(
    ("cell", "expected"), [("7", ["7"]), (7, ["7"]), ("0", []), ("1.5", []), (1.5, []), ("", []), (["7"], []), ({}, [])]
)
def test_what_is_no_id_points_nowhere(cell: Json, expected: list[str]):
    record = {"id": "1", "title": "A deal", "contact": cell}
    assert [identity for of, identity in pointers(named("deals"), record) if of == "contacts"] == expected
