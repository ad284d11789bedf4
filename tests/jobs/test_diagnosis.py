"""What the doctor makes of each answer, by hand: which check fails, what is said, and that there is a next step."""

from __future__ import annotations

import pytest

from bulk.access import diagnosis
from bulk.access.finding import Finding, State
from bulk.api.connections import Connection
from bulk.api.credentials import from_environment
from bulk.api.probe import Seen, Trouble, Unreached
from bulk.model import Json, Reply

KEY = "s3cret-key-of-some-length"
FIRST = Connection("c-1", "ACTIVE", "2026-01-01T00:00:00Z")
SECOND = Connection("c-2", "ACTIVE", "2026-02-01T00:00:00Z")
WAITING = Connection("c-3", "PENDING", "2026-03-01T00:00:00Z", url="https://connect.example.com/?session_token=t")
FAILED = Connection("c-4", "FAILED", "2026-04-01T00:00:00Z")
DIRECT = {"AC_API_URL": "https://acme.api-us1.com", "AC_API_TOKEN": KEY}
USER = {"firstName": "Ada", "lastName": "L", "email": "ada@example.com", "username": "ada",
        "links": {"lists": "https://acme.example.com/api/3/users/1/lists"}}  # fmt: skip


def told(finding: Finding) -> str:
    return "\n".join((finding.said, *finding.steps))


# ---- environment


@pytest.mark.parametrize(
    ("variables", "said", "blocks"),
    [
        ({}, "There is no key.\nSet MATON_API_KEY", True),
        ({"MATON_API_KEY": " \n", "AC_API_URL": "", "AC_API_TOKEN": " "}, "There is no key.", True),
        ({"AC_API_URL": "https://acme.api-us1.com"}, "AC_API_TOKEN is not set.\nDirect access needs both", True),
        ({"AC_API_TOKEN": KEY}, "AC_API_URL is not set.\nDirect access needs both", True),
        ({"MATON_API_KEY": KEY} | DIRECT, "MATON_API_KEY, AC_API_URL and AC_API_TOKEN are set", False),
        ({"MATON_API_KEY": KEY, "AC_API_TOKEN": KEY}, "MATON_API_KEY and AC_API_TOKEN are set", False),
        ({"MATON_API_KEY": f'"{KEY}"'}, "MATON_API_KEY has quotation marks in it", False),
        ({"MATON_API_KEY": f" '{KEY}'\n"}, "MATON_API_KEY has quotation marks in it", False),
        ({"MATON_API_KEY": f"“{KEY}”"}, "MATON_API_KEY has quotation marks in it", True),
        (DIRECT | {"AC_API_TOKEN": f"'{KEY}'"}, "AC_API_TOKEN has quotation marks in it", False),
        ({"MATON_API_KEY": f" {KEY}"}, "MATON_API_KEY has blanks around it", False),
        ({"MATON_API_KEY": f"{KEY}\r\n"}, "MATON_API_KEY has blanks around it", False),
        (DIRECT | {"AC_API_TOKEN": f"{KEY} "}, "AC_API_TOKEN has blanks around it", False),
        ({"MATON_API_KEY": f"Bearer {KEY}"}, "MATON_API_KEY begins with 'Bearer'", True),
        ({"MATON_API_KEY": f"{KEY} {KEY}"}, "MATON_API_KEY holds characters that none has.\nCopy it again.", True),
        ({"MATON_API_KEY": KEY, "MATON_CONNECTION": "a b"}, "The connection holds characters", True),
    ],
)  # fmt: skip
def test_what_is_odd_about_the_keys(variables: dict[str, str], said: str, blocks: bool) -> None:
    result = diagnosis.environment(variables)
    assert {finding.check for finding in result} == {"environment"}
    assert {finding.state for finding in result} == {State.PROBLEM}
    assert said in told(result[0])
    assert all(finding.steps for finding in result)
    assert any(finding.blocks for finding in result) is blocks
    assert not any(KEY in told(finding) for finding in result)


@pytest.mark.parametrize(
    "variables", [{"MATON_API_KEY": KEY}, DIRECT, {"MATON_API_KEY": KEY, "BULK_BASE_URL": "http://x"}]
)
def test_keys_as_they_should_be(variables: dict[str, str]) -> None:
    (finding,) = diagnosis.environment(variables)
    assert finding.state is State.OK
    assert "is set" in finding.said


# ---- address


@pytest.mark.parametrize(
    ("variables", "base_url", "origin"),
    [
        ({}, "", ("https://api.maton.ai", "")),
        ({"BULK_BASE_URL": "https://b.example/x/"}, "", ("https://b.example/x", "BULK_BASE_URL")),
        ({"BULK_BASE_URL": "https://b.example"}, "https://o.example", ("https://o.example", "--base-url")),
    ],
)
def test_where_it_goes_and_what_said_so(variables: dict[str, str], base_url: str, origin: tuple[str, str]) -> None:
    variables = {"MATON_API_KEY": KEY, **variables}
    credentials = from_environment(variables, base_url=base_url)
    assert credentials
    assert diagnosis.origin(credentials, variables, base_url) == origin


def test_where_it_goes_directly() -> None:
    credentials = from_environment(DIRECT)
    assert credentials
    assert diagnosis.origin(credentials, DIRECT, "") == ("https://acme.api-us1.com", "AC_API_URL")


@pytest.mark.parametrize(
    ("trouble", "said", "step"),
    [
        (Trouble.NAME, "The name b.example cannot be resolved: why.", "online"),
        (Trouble.REFUSED, "Nothing listens at https://b.example:", "proxy"),
        (Trouble.TLS, "no secure connection to https://b.example: why.", "scheme and port"),
        (Trouble.TIMEOUT, "https://b.example does not answer in time.", "firewall"),
        (Trouble.PROXY, "proxy does not let it through to https://b.example: why.", "NO_PROXY"),
        (Trouble.DROPPED, "https://b.example took the connection and cut it off: why.", "again"),
        (Trouble.OTHER, "https://b.example cannot be reached: why.", "VPN"),
    ],
)
def test_each_way_of_not_being_reached_is_told_apart(trouble: Trouble, said: str, step: str) -> None:
    finding = diagnosis.address("https://b.example", "BULK_BASE_URL", Unreached(trouble, "why"))
    assert (finding.check, finding.state) == ("address", State.PROBLEM)
    assert said in finding.said
    assert finding.steps[0] == "Check BULK_BASE_URL."
    assert step in finding.steps[-1]
    assert len(diagnosis.address("https://api.maton.ai", "", Unreached(trouble, "why")).steps) == 1


def test_what_more_is_known_is_said() -> None:
    slow = diagnosis.address("https://b.example", "", Unreached(Trouble.TIMEOUT, "", connected=True))
    assert slow.said == "https://b.example took the connection, but does not answer in time."
    untrusted = diagnosis.address("https://b.example", "", Unreached(Trouble.TLS, "certificate has expired"))
    assert "clock" in untrusted.steps[0]
    assert "SSL_CERT_FILE" in untrusted.steps[0]
    here = diagnosis.address("http://127.0.0.1:8025", "BULK_BASE_URL", Unreached(Trouble.REFUSED, ""))
    assert here.steps[-1] == "  bulk sandbox serve"


# ---- connection


CHOOSE = "Choose one: --connection ID, or:\n  export MATON_CONNECTION=ID"
OPEN = f"Open its link in a browser and sign in:\n  {WAITING.url}"


@pytest.mark.parametrize(
    ("chosen", "result", "used", "said"),
    [
        ("", [FIRST], "c-1", "c-1, the only active one."),
        ("", [WAITING, FIRST, FAILED], "c-1", "c-1, the only active one."),
        ("c-2", [FIRST, SECOND], "c-2", "c-2, chosen."),
        ("", [FIRST, SECOND], "", f"2 are active, and none is chosen.\n{CHOOSE}"),
        ("", [], "", "There is no active one to an ActiveCampaign account.\nMake one:\n  bulk connections create"),
        ("", [FAILED], "", "There is no active one"),
        ("", [FAILED, WAITING], "", f"c-3 is not active yet.\n{OPEN}"),
        ("c-3", [FIRST, WAITING], "", f"c-3 is not active yet.\n{OPEN}"),
        ("c-4", [FIRST, FAILED], "", "c-4 has failed.\nThere are:\n  c-1  ACTIVE   2026-01-01 00:00\n  c-4  FAILED "),
        ("c-9", [FIRST], "", "c-9 is no connection of this key.\nThere are:\n  c-1  ACTIVE   2026-01-01 00:00\nChoose"),
        ("c-9", [WAITING], "", "c-9 is no connection of this key.\nThere are:\n  c-3  PENDING"),
        ("c-9", [], "", "There is no active one"),
    ],
)  # fmt: skip
def test_which_connection_is_used(chosen: str, result: list[Connection], used: str, said: str) -> None:
    identity, finding = diagnosis.connection(chosen, result)
    assert identity == used
    assert told(finding).startswith(said)
    assert finding.state is (State.OK if used else State.PROBLEM)


def test_several_connections_are_told_by_whose_account_they_open() -> None:
    _none, finding = diagnosis.connection("", [FIRST, SECOND])
    unreached = diagnosis.whose(Unreached(Trouble.TIMEOUT, "ReadTimeout"))
    expired = diagnosis.whose(Seen(Reply(500, {"message": "Oops"}), 0.1))
    whose = {"c-1": diagnosis.whose(Seen(Reply(200, {"user": USER}), 0.1)), "c-2": expired, "c-5": unreached}
    assert diagnosis.accounts(finding, whose).steps == (
        "They open:", "  c-1  acme.example.com", "  c-2  no account: Oops (HTTP 500)", "  c-5  no answer: ReadTimeout",
        *finding.steps,
    )  # fmt: skip


# ---- key, grant, account


@pytest.mark.parametrize(
    ("status", "gateway", "directly"),
    [
        (400, "connection", "account"),
        (401, "key", "key"),
        (403, "grant", "key"),
        (404, "account", "account"),
        (429, "limits", "limits"),
        (500, "grant", "account"),
        (502, "account", "account"),
        (503, "account", "account"),
        (504, "account", "account"),
        (520, "account", "account"),
        (302, "account", "account"),
    ],
)
def test_which_check_fails_where_no_account_answers(status: int, gateway: str, directly: str) -> None:
    for direct, check in ((False, gateway), (True, directly)):
        finding = diagnosis.meaning(Reply(status, {"message": "Their words"}), direct=direct, connection="c-1")
        assert (finding.check, finding.state) == (check, State.PROBLEM)
        assert f"Their words (HTTP {status})" in finding.said
        assert finding.steps


@pytest.mark.parametrize("body", [None, [], {}, {"user": None}, {"contacts": []}])
def test_a_good_status_alone_is_no_account(body: Json) -> None:
    reply = Reply(200, body, "" if body is not None else "not JSON")
    assert diagnosis.user_in(reply) is None
    assert diagnosis.meaning(reply, direct=True).check == "account"


def test_an_expired_grant_is_renewed_by_two_commands() -> None:
    finding = diagnosis.meaning(Reply(500), direct=False, connection="c-1")
    assert finding.steps[-3:] == (
        "Make the connection anew:", "  bulk connections delete c-1", "  bulk connections create --wait"
    )  # fmt: skip
    assert "  bulk connections delete ID" in diagnosis.meaning(Reply(500), direct=False).steps


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (Reply(200, {"connections": []}), State.OK),
        (Reply(401, {"message": "Invalid API key"}), State.PROBLEM),
        (Reply(404), None),
        (Reply(500), None),
        (Reply(429), None),
        (Reply(200, None, "not JSON"), None),
    ],
)
def test_whether_the_gateway_takes_the_key(reply: Reply, state: State | None) -> None:
    finding = diagnosis.key(reply)
    assert (finding.state if finding else None) == state


@pytest.mark.parametrize(
    ("user", "said"),
    [
        (USER, "acme.example.com, as Ada L <ada@example.com>."),
        (USER | {"links": []}, "b.example, as Ada L <ada@example.com>."),
        ({"username": "ada"}, "b.example, as ada."),
        ({"firstName": "Ada"}, "b.example, as Ada."),
        ({"firstName": None, "email": None}, "b.example, as a user without a name."),
    ],
)
def test_who_answers(user: Json, said: str) -> None:
    assert diagnosis.account(user, "https://b.example/x").said == said


# ---- clock and limits


@pytest.mark.parametrize(
    ("ahead", "state", "said"),
    [
        (None, State.UNKNOWN, "does not say"),
        (0.0, State.OK, ""),
        (-119.0, State.OK, ""),
        (120.0, State.OK, ""),
        (121.0, State.PROBLEM, "2 min ahead of the server's"),
        (-90_000.0, State.PROBLEM, "25 h 0 min behind the server's"),
    ],
)
def test_the_clock(ahead: float | None, state: State, said: str) -> None:
    finding = diagnosis.clock(Seen(Reply(200), 0.1, ahead))
    assert finding.state is state
    assert said in finding.said
    assert bool(finding.steps) is (state is State.PROBLEM)


@pytest.mark.parametrize(
    ("allowed", "left", "said"),
    [
        ("5", "3", ["5 requests a second, 3 left."]),
        ("5", "", ["5 requests a second."]),
        ("", "0", ["0 left."]),
        ("", "", []),
    ],
)
def test_the_limit_is_told_where_the_server_tells_it(allowed: str, left: str, said: list[str]) -> None:
    assert [finding.said for finding in diagnosis.limits(Seen(Reply(200), 0.1, None, allowed, left))] == said


@pytest.mark.parametrize("direct", [True, False])
@pytest.mark.parametrize("status", [401, 403])
def test_a_page_of_a_proxy_is_no_refused_key(status: int, direct: bool):
    finding = diagnosis.meaning(Reply(status, None, "not JSON", text="<h1>No</h1>"), direct=direct)
    assert finding.check == "account"
    assert "A page of a proxy in front of ActiveCampaign" in finding.said
