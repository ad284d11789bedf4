"""A book of many accounts: what an exchange reads and writes is what it is about, however many others there are.

Counted, not timed: the rows that a store hands to an exchange and takes back, and the bytes of their texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bulk.access import shared_limit_file, shared_limit_redis, shared_limit_rows
from bulk.access.shared_limit import SharedLimit, _digest
from bulk.access.shared_limit_file import FileStore
from bulk.access.shared_limit_redis import RedisStore
from bulk.access.shared_limit_rows import UNKNOWN, About, Book, BudgetStore
from tests.redis_server import redis_server
from tests.sharing import claim, renew, settle

MANY = 200
NOW = 20.0


@pytest.fixture(params=["file", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BudgetStore]:
    if request.param == "file":
        with closing(FileStore(tmp_path / "state" / "budgets.sqlite", 0.0, lambda: 1_000.0)) as opened:
            yield opened
    else:
        with redis_server(tmp_path) as url, closing(RedisStore(url, 0.0)) as opened:
            yield opened


class Moved:
    """The texts that were read and written since it was made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read: dict[str, str] = {}
        self.written: dict[str, str] = {}

        def watched(name, texts, there, change):
            self.read |= texts
            result, written = shared_limit_rows.carried_out(name, texts, there, change)
            self.written |= written.texts
            return result, written

        for module in (shared_limit_file, shared_limit_redis):
            monkeypatch.setattr(module, "carried_out", watched)

    @property
    def bytes(self) -> int:
        return sum(len(text) for texts in (self.read, self.written) for text in texts.values())


def at_work(store: BudgetStore, count: int) -> list[SharedLimit]:
    """Jobs on so many accounts, each at work on its own."""
    limits = [SharedLimit(store, 5.0, f"way {number}", lambda: None) for number in range(count)]
    for number, limit in enumerate(limits):
        settle(limit, f"account {number}", 0.0)
    for limit in limits:
        claim(limit, NOW)
    return limits


def test_an_exchange_moves_its_own_rows_alone(store: BudgetStore, monkeypatch: pytest.MonkeyPatch):
    few, many = (moved_by_one(store, count, monkeypatch) for count in (1, MANY))
    assert {*many.read, *many.written} <= {_digest("account 0"), UNKNOWN}
    assert _digest("account 0") in many.written
    assert many.bytes <= 1.1 * few.bytes


def moved_by_one(store: BudgetStore, count: int, monkeypatch: pytest.MonkeyPatch) -> Moved:
    first, *_others = at_work(store, count)
    moved = Moved(monkeypatch)
    for step in range(5):
        claim(first, NOW + step)
        renew(first, NOW + step)
    return moved


def test_two_ways_that_turn_out_to_lead_to_one_account_are_about_both_rows(
    store: BudgetStore, monkeypatch: pytest.MonkeyPatch
):
    first, second, *_others = at_work(store, 20)
    moved = Moved(monkeypatch)
    settle(first, "account 1", NOW + 0.1)
    renew(second, NOW + 0.2)
    assert {*moved.read, *moved.written} <= {_digest("account 0"), _digest("account 1"), UNKNOWN}
    assert (
        len(store.change(NOW + 0.3, About(_digest("way 0")), lambda book, _there: book.budgets[book.name]["who"])) == 2
    )


def test_who_does_not_know_yet_whose_account_it_is_has_room_in_every_budget(store: BudgetStore):
    at_work(store, 5)
    stranger = SharedLimit(store, 5.0, "a new way", lambda: None)
    now = NOW
    while (at := claim(stranger, now)) > now:  # those who had theirs alone are gone by then
        now = at
    me = stranger._me.name

    def counted(book: Book, _there: float) -> list[bool]:
        return [any(lease[2] == me for lease in budget["leases"]) for budget in book.budgets.values()]

    assert store.change(now, About("nobody's"), counted) == [True] * 6


def test_who_waits_for_its_place_while_it_knows_no_account_seldom_looks_into_all_budgets(tmp_path: Path):
    """So many come at once by new ways; each knows its account after its first request."""
    looks = 0

    class Counted(FileStore):
        def change(self, now, about, change):
            def watched(book: Book, there: float):
                nonlocal looks
                looks += book.name == UNKNOWN and there > 1_001.0  # until then the first one has its budget alone
                return change(book, there)

            return super().change(now, about, watched)

    with closing(Counted(tmp_path / "state" / "budgets.sqlite", 0.0, lambda: 1_000.0)) as store:
        waiting = [SharedLimit(store, 5.0, f"way {number}", lambda: None) for number in range(20)]
        due = dict.fromkeys(waiting, 0.0)
        while due:
            limit = min(due, key=lambda one: due[one])
            now = due[limit]
            due[limit] = claim(limit, now)
            if due[limit] <= now:
                settle(limit, f"account {len(due)}", now)
                del due[limit]
        assert now < 2 * 20 / 5, "five a second begin, but for the connections that each has to make"
    assert looks <= 4 * 20


def test_accounts_long_idle_are_taken_away_by_who_brings_a_new_one(store: BudgetStore):
    old, *_others = at_work(store, 5)

    def long_ago(book: Book, there: float) -> None:
        for budget in book.budgets.values():
            budget["at"] = there - 25 * 3600.0

    store.change(NOW, About("nobody's"), long_ago)
    settle(SharedLimit(store, 5.0, "a new way", lambda: None), "a new account", NOW)
    left = store.change(NOW, About("nobody's"), lambda book, _there: set(book.budgets))
    assert left == {UNKNOWN, _digest("a new account")}
    renew(old, NOW + 0.1)
    assert store.change(NOW, About(_digest("way 0")), lambda book, _there: book.name) == _digest("account 0")


def test_so_many_ways_are_kept_and_the_eldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shared_limit_file, "WAYS", 3)

    def named(book: Book, _there: float) -> str:
        before, book.name = book.name, "an account"
        return before

    with closing(FileStore(tmp_path / "state" / "budgets.sqlite", 0.0)) as store:
        for number in range(5):
            assert store.change(0.0, About(str(number)), named) == UNKNOWN
        assert store.change(0.0, About("4"), named) == store.change(0.0, About("2"), named) == "an account"
        assert store.change(0.0, About("1"), named) == UNKNOWN
