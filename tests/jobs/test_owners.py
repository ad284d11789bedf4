"""Who owns what belonged to somebody that is not in this account: as the options say, and refused where they do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bulk.errors import UsageError
from bulk.files.matching import parse_users
from bulk.library.options import ImportOptions, check_import
from bulk.resources import named
from bulk.wording import FrontEnd
from tests.world import World, report

HEADER = "title,contact_email,value,currency,pipeline_title,owner,owner_email"
ROWS = [
    ("One", "ada@example.com", "1.00", "usd", "Sales", "", "gone@example.org"),
    ("Two", "ada@example.com", "2.00", "usd", "Sales", "77", "old@example.org"),
    ("Three", "ada@example.com", "3.00", "usd", "Sales", "", ""),
]


def users(world: World) -> list[dict[str, Any]]:
    return world.ask("GET users", query=(("limit", "100"),)).body["users"]


def owners(world: World) -> dict[str, str]:
    body = world.ask("GET deals", query=(("limit", "100"),)).body
    called = {str(user["id"]): user["email"] for user in users(world)}
    return {deal["title"]: called[str(deal["owner"])] for deal in body["deals"]}


@pytest.fixture
def deals(world: World) -> Path:
    world.start(world.csv([("ada@example.com",)], "email", "people.csv"))
    world.job.path.rename(world.folder / "people")
    world.sent.clear()
    if not any(one["title"] == "Sales" for one in world.ask("GET dealGroups").body["dealGroups"]):
        world.ask("POST dealGroups", {"dealGroup": {"title": "Sales", "currency": "usd"}})
    world.ask("POST users", {"user": {
        "username": "new", "firstName": "N", "lastName": "W", "email": "new@example.com", "password": "not a secret 1",
        "group": 3,
    }})  # fmt: skip
    assert {user["email"] for user in users(world)} > {"new@example.com"}
    return world.csv(ROWS, HEADER)


def test_an_unknown_owner_rejects_the_row_and_names_both_ways(world: World, deals: Path):
    world.start(deals, "deals")
    failed = {line["title"]: line for line in report(world.job.path, "failed.csv")}
    assert set(failed) == {"One", "Two"}
    assert failed["One"]["_code"] == "unknown_name"
    assert "gone@example.org" in failed["One"]["_error"]
    for option in ("--map-user", "--owner-default"):
        assert option in failed["One"]["_error"]


@pytest.mark.parametrize("plan", [False, True])
def test_somebody_else_takes_their_place(world: World, deals: Path, plan):
    first = next(user["email"] for user in users(world) if user["email"] != "new@example.com")
    options = {"owner_default": first, "map_user": {"OLD@example.org": "new@example.com"}}
    if plan:
        world.plan(deals, "deals", **options)
        assert world.steps("POST") == []
        world.apply()
    else:
        world.start(deals, "deals", **options)
    assert owners(world)["One"] == first
    assert owners(world)["Two"] == "new@example.com"
    assert world.job.record().options["map_user"] == options["map_user"]
    world.job.path.rename(world.folder / "done")
    world.sent.clear()
    again = world.start(deals, "deals", **options)
    assert again.summary.rows["unchanged"] == 3


@pytest.mark.parametrize(
    "options", [{"owner_default": "nobody@example.com"}, {"map_user": {"old@example.org": "nobody@example.com"}}]
)
@pytest.mark.parametrize("header", [HEADER, "title,contact_email,value,currency,pipeline_title"])
def test_somebody_who_is_not_here_either_is_refused_before_anything_is_sent(world: World, deals: Path, options, header):
    width = len(header.split(","))
    with pytest.raises(UsageError) as refused:
        world.start(world.csv([row[:width] for row in ROWS], header), "deals", **options)
    said = refused.value.words(FrontEnd.COMMAND_LINE)
    assert "nobody@example.com" in said
    assert said.startswith("--owner-default" if "owner_default" in options else "--map-user")
    program = refused.value.words(FrontEnd.LIBRARY)
    assert program.startswith(("owner_default=", 'map_user={"old@example.org": "nobody@example.com"}'))
    assert world.steps("POST", "PUT") == []


def test_who_is_here_keeps_what_is_theirs(world: World, deals: Path):
    first = next(user["email"] for user in users(world) if user["email"] != "new@example.com")
    rows = [("Four", "ada@example.com", "1.00", "usd", "Sales", "", "new@example.com")]
    world.start(world.csv(rows, HEADER), "deals", owner_default=first)
    assert owners(world)["Four"] == "new@example.com"


def test_the_option_as_it_is_written():
    assert parse_users(["a@example.com = b@example.com"]) == {"a@example.com": "b@example.com"}
    twice = (["a=b", "a=c"], ["a@example.com=b", "A@example.com=c"])
    for wrong in (["a@example.com"], ["=b@example.com"], ["a@example.com="], *twice):
        with pytest.raises(UsageError):
            parse_users(wrong)


def test_one_user_written_in_two_ways_is_one_for_programs_too(world: World, deals: Path):
    twice = {"old@example.org": "new@example.com", " OLD@example.org": "other@example.com"}
    with pytest.raises(UsageError, match="is mapped twice"):
        check_import(named("deals"), ImportOptions(map_user=twice), None)


def folder(world: World, deals: Path) -> Path:
    path = world.folder / "files"
    path.mkdir()
    deals.rename(path / "deals.csv")
    (path / "tags.csv").write_text("tag\nOne\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("plan", [False, True])
def test_a_whole_account_goes_by_it_too(world: World, deals: Path, plan):
    path = folder(world, deals)
    if plan:
        world.plan_all(path, owner_default="new@example.com")
        result = world.apply_all()
    else:
        result = world.import_all(path, owner_default="new@example.com")
    assert result.summary.rows["succeeded"] == 4
    assert (owners(world)["One"], owners(world)["Two"]) == ("new@example.com", "new@example.com")


def test_of_a_whole_account_nothing_is_sent_where_nobody_can_take_their_place(world: World, deals: Path):
    try:
        result = world.import_all(folder(world, deals), owner_default="nobody@example.com")
    except UsageError as refused:
        said = str(refused)
    else:
        said = str(result.error)
    assert "nobody@example.com" in said
    assert world.steps("POST", "PUT") == []
