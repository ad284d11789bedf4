"""Custom fields for columns that fit nothing: of types that fit, told and asked about, made once, taken back."""

from __future__ import annotations

import json
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk.errors import DeclinedError, UsageError
from bulk.jobs.options import ImportOptions
from bulk.library.options import check_import
from bulk.model import Lost, Reply, Request
from bulk.planning.new_fields import Values
from bulk.resources import named
from bulk.resources.kinds import FIELD_TYPES, Problem
from bulk.resources.kinds.date_forms import Dates
from tests.undone import kept, people, undone
from tests.world import World, report

HEADER = "email,Plan,Born,Seats,Story,Seen,Code"
ROWS = [
    ("ada@example.com", "Gold", "31.12.1990", "12", "One\nTwo", "2024-01-27T20:22:00+01:00", "00501"),
    ("ben@example.com", "Silver", "5 March 2024", "3.5", "", "2024-01-28T20:22:00+01:00", "7"),
]
TYPES = {"Plan": "text", "Born": "date", "Seats": "number", "Story": "textarea", "Seen": "datetime", "Code": "text"}


def fields(world: World) -> dict[str, dict[str, Any]]:
    body = world.ask("GET fields", query=(("limit", "100"),)).body
    shown = {str(one["field"]) for one in body["fieldRels"] if str(one["relid"]) == "0"}
    return {one["title"]: one | {"shown": str(one["id"]) in shown} for one in body["fields"]}


def values(world: World, name: str) -> dict[str, str]:
    return world.account()["contacts"][f"{name}@example.com"]["fields"]


@pytest.mark.parametrize("engine", ["single", "batch"])
def test_they_are_made_shown_and_filled(world: World, engine):
    before = set(fields(world))
    result = world.start(world.csv(ROWS, HEADER), create_fields=True, engine=engine)
    assert result.summary.rows["succeeded"] == 2
    made = {title: one for title, one in fields(world).items() if title not in before}
    assert {title: one["type"] for title, one in made.items()} == TYPES
    assert all(one["shown"] for one in made.values())
    ada = values(world, "ada")
    assert (ada["Plan"], ada["Born"], ada["Code"], ada["Story"]) == ("Gold", "1990-12-31", "00501", "One\nTwo")
    (line,) = [line for line in world.told.lines if "custom fields are new" in line]
    assert "Plan (text), Born (date), Seats (number)" in line
    assert world.job.record().options["create_fields"] is True


def test_whoever_is_asked_may_decline_and_nothing_is_sent(world: World):
    asked = []

    def no(question: str) -> bool:
        asked.append(question)
        return False

    world.confirm = no
    with pytest.raises(DeclinedError):
        world.start(world.csv(ROWS, HEADER), create_fields=True)
    assert asked == ["Create them?"]
    assert world.steps("POST", "PUT", "DELETE") == []
    assert not world.job.path.exists()


def test_a_plan_says_which_and_makes_none_and_is_carried_out(world: World):
    before = set(fields(world))
    world.plan(world.csv(ROWS, HEADER), create_fields=True)
    assert set(fields(world)) == before
    plan = json.loads((world.job.path / "plan.json").read_text())
    assert plan["new_names"]["fields"] == [f"{title} ({kind})" for title, kind in TYPES.items()]
    lines = report(world.job.path, "plan.csv")
    assert {line["column"]: line["after"] for line in lines if line["_key"] == "ada@example.com"}[
        "Born"
    ] == "1990-12-31"
    world.confirm = lambda _question: pytest.fail("it was agreed to with the plan")
    assert world.apply().summary.rows["succeeded"] == 2
    assert {title: one["type"] for title, one in fields(world).items() if title not in before} == TYPES
    assert values(world, "ada")["Plan"] == "Gold"


def test_an_undo_takes_those_away_that_nothing_uses(world: World):
    world.start(world.csv([("ada@example.com", "Ada")], "email,firstName"))
    kept(world, "before")
    before, titles = people(world), set(fields(world))
    world.start(world.csv(ROWS, HEADER), create_fields=True, undoable=True)
    world.ask("POST contacts", {"contact": {"email": "new@example.com"}})
    new = world.ask("GET contacts", query=(("email", "new@example.com"),)).body["contacts"][0]["id"]
    plan = fields(world)["Plan"]["id"]
    world.ask("POST fieldValues", {"fieldValue": {"contact": new, "field": plan, "value": "Bronze"}})
    undone(world, kept(world, "imported"))
    assert report(world.job.path, "failed.csv") == []
    assert set(fields(world)) == titles | {"Plan"}, "which somebody uses"
    after = people(world)
    assert after["contacts"]["ada@example.com"] == before["contacts"]["ada@example.com"]


@pytest.mark.parametrize("path", ["fields", "fieldRels"])
@pytest.mark.parametrize("after", [0, 2])
def test_it_goes_on_and_none_is_made_twice(world: World, path, after):
    before = set(fields(world))

    def crash(request: Request) -> None:
        posts = [sent for sent, _reply in world.sent if (sent.method, sent.path) == ("POST", path)]
        if (request.method, request.path) == ("POST", path) and len(posts) >= after:
            raise KeyboardInterrupt

    world.on_send = crash
    with pytest.raises(BaseException):  # noqa: B017, PT011 - whatever ends a process
        world.start(world.csv(ROWS, HEADER), create_fields=True)
    world.on_send = lambda _request: None
    result = world.resume() if world.job.path.exists() else world.start(world.csv(ROWS, HEADER), create_fields=True)
    assert result.summary.rows["succeeded"] == 2
    made = [one for title, one in fields(world).items() if title not in before]
    assert len(made) == len(TYPES)
    assert all(one["shown"] for one in made)
    assert values(world, "ben")["Seats"] == "3.5"


@pytest.mark.parametrize("path", ["fields", "fieldRels"])
@pytest.mark.parametrize("arrives", [True, False])
def test_a_lost_answer_is_settled_by_reading(world: World, path, arrives):
    lost: list[Request] = []

    def lose(request: Request, reply: Any = None) -> Any:
        if (request.method, request.path) == ("POST", path) and not lost:
            lost.append(request)
            return Lost("cut off")
        return reply

    setattr(world, "instead" if arrives else "before", lose)
    world.start(world.csv(ROWS, HEADER), create_fields=True)
    assert lost
    titles = [one["title"] for one in world.ask("GET fields", query=(("limit", "100"),)).body["fields"]]
    assert len(titles) == len(set(titles))
    assert all(fields(world)[title]["shown"] for title in TYPES)


def test_what_was_made_is_taken_back_also_where_the_job_ended_before_its_rows_were_checked(world: World):
    titles = set(fields(world))

    def refused(request: Request) -> Reply | None:
        made = any((sent.method, sent.path) == ("POST", "fieldRels") for sent, _reply in world.sent)
        return Reply(403, {"message": "no"}) if made and request.path == "contacts" else None

    world.before = refused
    rows = [*ROWS, ("cleo@example.com", "Gold", "31.12.19", "1", "", "", "")]  # of which one hangs on the account
    result = world.start(world.csv(rows, HEADER), create_fields=True)
    assert result.error is not None
    world.before = lambda _request: None
    assert set(fields(world)) == titles | set(TYPES)
    job = kept(world, "imported")
    undone(world, job)
    assert set(fields(world)) == titles


def test_columns_of_a_program_are_made_fields_but_those_of_no_use(world: World):
    header = "Email Address,First Name,Last Name,Shoe Size,MEMBER_RATING,OPTIN_TIME,LEID,TAGS"
    row = ("ada@example.com", "Ada", "L", "42", "2", "2023-04-21 11:16:57", "1", "")
    world.start(world.csv([row], header), create_fields=True, maps={"First Name": "firstName"})
    assert values(world, "ada") == {"Shoe Size": "42"}
    assert fields(world)["Shoe Size"]["type"] == "number"
    assert "MEMBER_RATING" not in fields(world)


def test_fields_for_the_tables_of_an_archive(world: World):
    path = world.folder / "people.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "email,Plan\nada@example.com,Gold\n")
        archive.writestr("b.csv", "Size,Plan,email\n7,Silver,ben@example.com\n")
    world.start(path, create_fields=True)
    assert (values(world, "ada"), values(world, "ben")) == ({"Plan": "Gold"}, {"Plan": "Silver", "Size": "7"})


def test_consent_is_never_made_a_field_unless_a_map_says_so(world: World):
    path = world.csv([("ada@example.com", "yes", "x")], "email,Newsletter opt-in,Plan")
    with pytest.raises(UsageError, match="Newsletter opt-in"):
        world.start(path, create_fields=True)
    assert world.steps("POST") == []
    world.start(path, create_fields=True, maps={"Newsletter opt-in": "Asked for news"})
    assert values(world, "ada") == {"Asked for news": "yes", "Plan": "x"}


def test_two_columns_of_one_title_are_refused(world: World):
    with pytest.raises(UsageError, match=r"'Shoe size' and 'shoe-size' would be fields of one title"):
        world.start(world.csv([("ada@example.com", "1", "2")], "email,Shoe size,shoe-size"), create_fields=True)
    assert world.steps("POST") == []


def test_what_is_wrong_otherwise_is_found_before_any_is_made(world: World):
    with pytest.raises(UsageError, match="email"):
        world.start(world.csv([("x", "y")], "Plan,Size"), create_fields=True)
    with pytest.raises(Exception, match="cannot be sent"):
        world.start(world.csv([("no address", "y")], "email,Size"), create_fields=True, on_invalid="stop")
    assert world.steps("POST") == []


@pytest.mark.parametrize(
    ("resource", "options"),
    [("accounts", {}), ("contacts", {"ignore_unknown": True}), ("contacts", {"mode": "delete"})],
)
def test_what_it_does_not_go_with(resource, options):
    with pytest.raises(UsageError):
        check_import(named(resource), ImportOptions(create_fields=True, **options), None)


CELLS = st.one_of(
    st.text(max_size=300), st.integers().map(str), st.dates().map(str), st.datetimes().map(str),
    st.sampled_from(["31.12.1990", "05/03/2024", "0", "-1.50", "007", "1e5", "2024-01-01T00:00:00Z", " ", "a\nb"]),
)  # fmt: skip


@given(st.lists(CELLS, max_size=6), st.booleans())
def test_a_field_takes_all_values_that_its_type_was_found_from(cells, alike):
    cells = cells[:1] * 3 if alike else cells
    dates = Dates()
    looks = Values(dates)
    for cell in cells:
        looks.take(cell)
    kind = FIELD_TYPES[looks.type]
    for cell in filter(str.strip, cells):
        text = {"date": dates.day, "datetime": dates.moment}.get(looks.type, str)(cell.strip())
        if isinstance(text, Problem):
            assert text.code == "date_ambiguous"
            continue
        assert not isinstance(kind.read(text, None, ","), Problem)
        assert looks.type != "text" or len(cell.strip()) <= 255


def test_long_texts_are_not_kept_while_a_type_is_found():
    looks = Values(Dates())
    for number in range(2_000):
        looks.take(f"{number} " + "x" * 10_000)
        looks.take(str(number))
    assert sum(map(len, looks._seen)) < 100_000
    assert looks.type == "textarea"


def test_a_job_that_has_made_fields_stays_whatever_stops_it_then(world: World):
    titles = set(fields(world))
    rows = [("ada@example.com", "Newsletter", "Gold")]
    with pytest.raises(UsageError, match="rate"):
        world.start(world.csv(rows, "email,lists,Plan"), create_fields=True, rate=0.02)
    assert set(fields(world)) == titles | {"Plan"}
    assert world.job.path.is_dir(), "so that it can be taken back"
    undone(world, kept(world, "imported"))
    assert set(fields(world)) == titles


def test_without_any_field_no_job_remains_that_could_not_go_on(world: World):
    world.start(world.csv([("ada@example.com", "Ada")], "email,firstName"))
    world.job.path.rename(world.folder / "jobs" / "first")
    path = world.folder / "out.csv"
    world.export(path)
    world.job.path.rename(world.folder / "jobs" / "exported")
    path.write_text(path.read_text(encoding="utf-8-sig").replace('"Ada"', '"Eve"'), encoding="utf-8")
    with pytest.raises(UsageError, match="no_automations"):  # edits of an export go by ids
        world.start(path, no_automations=True)
    assert not world.job.path.exists()


@pytest.mark.parametrize("options", [{"mode": "update"}, {"key": "id"}, {"on_duplicate": "all"}], ids=str)
def test_what_holds_automations_back_is_known_before_anything_is_read(options):
    with pytest.raises(UsageError, match="no_automations"):
        check_import(named("contacts"), ImportOptions(no_automations=True, **options), None)
