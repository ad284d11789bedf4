"""Contacts in batches: the same end as one request a step, every row read back, and nothing believed before."""

from collections import Counter

import pytest

from tests.world import World, check_reports

HEADER = "email,firstName,lastName,phone,tags,lists,account"


def rows_of(number, first=0):
    return [
        [f"p{n}@example.com", f"First {n}", f"Last {n}", f"555-01{n % 100:02}", "VIP,New" if n % 2 else "New",
         "Newsletter" if n % 3 else "", "Acme" if n % 5 == 0 else ""]
        for n in range(first, first + number)
    ]  # fmt: skip


def submits(world):
    return [request for request, _reply in world.sent if request.path == "import/bulk_import"]


def outcomes(world):
    """Status, action and code of each row."""
    lines = check_reports(world.folder / "jobs" / "job", HEADER)
    return {
        row: (line.get("_status", "done"), line.get("_action", ""), line.get("_code", ""))
        for row, line in lines.items()
    }


@pytest.fixture
def world(world: World):
    world.by_loop = True
    return world


@pytest.fixture
def other(tmp_path, monkeypatch):
    (tmp_path / "other").mkdir()
    return World(tmp_path / "other", monkeypatch)


def test_new_contacts_go_in_batches_and_end_as_one_by_one(world: World, other: World):
    for each, engine in ((world, "batch"), (other, "single")):
        result = each.start(each.csv(rows_of(600), HEADER), engine=engine)
        assert result.error is None
    assert len(submits(world)) == 3
    assert not submits(other)
    assert world.account() == other.account()
    assert outcomes(world) == outcomes(other)
    assert Counter(outcomes(world).values()) == {("done", "created", ""): 600}
    assert len(world.sent) < 40
