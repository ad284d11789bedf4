"""Which connection a job uses, and waiting for one, in virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from bulk.access import connections
from bulk.access.account import Account
from bulk.access.connections import connected, the_only, wait_until_active
from bulk.api.connections import Connection
from bulk.api.credentials import Credentials
from bulk.errors import AbortedError, UnfinishedError, UsageError
from bulk.model import Lost, Reply, Request
from bulk.wording import FrontEnd
from tests.virtual import run

GATEWAY = Credentials("https://api.maton.ai/active-campaign/api/3/", "key")
WAITING = Connection("c-3", "PENDING", "2026-03-01T00:00:00Z", url="https://connect.example.com/?session_token=t")
FIRST = Connection("c-1", "ACTIVE", "2026-01-01T00:00:00Z")
SECOND = Connection("c-2", "ACTIVE", "2026-02-01T09:30:00Z")
FAILED = Connection("c-4", "FAILED")


def test_the_only_active_one_is_taken() -> None:
    assert the_only([WAITING, SECOND, FAILED]) == SECOND


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (
            [FIRST, WAITING, SECOND],
            ("2 active", "c-1  ACTIVE   2026-01-01 00:00\n", "c-2  ACTIVE   2026-02-01 09:30\n", "--connection ID"),
        ),
        ([FAILED, WAITING], ("c-3 is not active yet", "Open its link", WAITING.url)),
        ([FAILED], ("no active connection", "bulk connections create --wait")),
        ([], ("no active connection", "bulk connections create --wait")),
    ],
)
def test_none_is_guessed(result: list[Connection], said: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as refused:
        the_only(result)
    assert all(part in refused.value.words(FrontEnd.COMMAND_LINE) for part in said)
    assert "c-3" not in str(refused.value) or "c-1" not in str(refused.value), "what waits is no choice"
    assert max(map(len, refused.value.words(FrontEnd.COMMAND_LINE).splitlines())) <= 80


# ---- before a job


class Office:
    """Stands for the way to the gateway, which answers everything with `reply`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, reply: Reply | Lost) -> None:
        self.asked: list[Request] = []
        self.reply = reply
        monkeypatch.setattr(connections, "gateway_opened", self.opened)

    @asynccontextmanager
    async def opened(self, _access: Account) -> AsyncIterator[Any]:
        async def send(request: Request) -> Reply | Lost:
            self.asked.append(request)
            return self.reply

        yield send


def listing(*ids: str) -> Reply:
    return Reply(200, {"connections": [{"connection_id": one, "status": "ACTIVE"} for one in ids]})


def test_one_request_finds_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(monkeypatch, listing("c-1"))
    access = anyio.run(connected, Account(GATEWAY))
    assert access.connection == access.way.headers()["Maton-Connection"] == "c-1"
    assert len(office.asked) == 1
    office.reply = listing("c-1", "c-2")
    with pytest.raises(UsageError):
        anyio.run(connected, Account(GATEWAY))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404, {"message": "Not found"}), Reply(500), Reply(503), Reply(401, {"message": "Invalid API key"}),
        Reply(429), Reply(200, None, "not JSON"), Reply(200, {}), Lost("no connection", sent=False), Lost("timeout"),
    ],
)  # fmt: skip
def test_a_gateway_that_cannot_say_hinders_nothing(monkeypatch: pytest.MonkeyPatch, reply: Reply | Lost) -> None:
    office = Office(monkeypatch, reply)
    assert anyio.run(connected, Account(GATEWAY)) == Account(GATEWAY)
    assert len(office.asked) == 1


@pytest.mark.parametrize(
    "access",
    [
        Account(Credentials(GATEWAY.root, "key", connection=f"c-7{0:033}")),
        Account(Credentials("https://acme.api-us1.com/api/3/", "token", direct=True)),
        Account(),
    ],
)
def test_what_is_chosen_or_needs_no_connection_is_not_asked_about(
    monkeypatch: pytest.MonkeyPatch, access: Account
) -> None:
    office = Office(monkeypatch, Reply(500))
    assert anyio.run(connected, access) == access
    assert office.asked == []


def test_a_job_goes_on_with_the_connection_it_began_with() -> None:
    chosen = Account(Credentials(GATEWAY.root, "key", connection="c-1"))
    chosen.check_same(GATEWAY.root, "c-1")
    chosen.check_same(GATEWAY.root, "")  # the gateway chose when it began; the account's name will tell
    for place, connection in ((GATEWAY.root, "c-2"), ("https://b.example/active-campaign/api/3/", "")):
        with pytest.raises(UsageError, match="works on"):
            chosen.check_same(place, connection)


# ---- waiting


class Slow:
    """A connection that answers with these, one after the other; the last one stays."""

    def __init__(self, *replies: Reply | Lost | str) -> None:
        self.replies = list(replies)
        self.asked: list[float] = []
        self.told: list[str] = []

    async def __call__(self, request: Request) -> Reply | Lost:
        assert request.path == "connections/c-3"
        self.asked.append(anyio.current_time())
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return (
            Reply(200, {"connection": {"connection_id": "c-3", "status": reply}}) if isinstance(reply, str) else reply
        )

    def wait(self, seconds: float = 600.0) -> Connection:
        return run(wait_until_active, self, WAITING, seconds, self.told.append)


def test_it_waits_with_longer_and_longer_pauses() -> None:
    slow = Slow(*["PENDING"] * 12, "ACTIVE")
    assert slow.wait().status == "ACTIVE"
    pauses = [later - earlier for earlier, later in zip([0.0, *slow.asked], slow.asked, strict=False)]
    assert pauses[0] == 1.0
    assert pauses == sorted(pauses)
    assert max(pauses) == 15.0
    assert slow.told == []


def test_hiccups_are_passed_over() -> None:
    slow = Slow(Lost("reset"), Reply(502), Reply(429), "PENDING", Reply(200, None, "empty"), "ACTIVE")
    assert slow.wait().status == "ACTIVE"
    assert len(slow.told) == 4
    assert all(line.startswith("The gateway ") for line in slow.told)


def test_it_gives_up_when_the_time_is_over() -> None:
    slow = Slow("PENDING")
    with pytest.raises(UnfinishedError, match=r"not active after 90 s\.\nOpen its link.*\n.*connections show c-3"):
        slow.wait(90.0)
    assert slow.asked[-1] == 90.0


def test_it_ends_at_once_where_access_is_denied_or_nothing_is_left_to_wait_for() -> None:
    for reply, error in (("FAILED", AbortedError), (Reply(404), UsageError), (Reply(401), AbortedError)):
        slow = Slow(reply)
        with pytest.raises(error):
            slow.wait()
        assert slow.asked == [1.0]
