"""What a file says of an address goes with its rows, into every report and from there into the next job."""

from __future__ import annotations

import csv
import gzip
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulk.files.opening import open_sink
from tests.world import World, report

HEADER = "email,firstName,Status,lists"
ENGINES = pytest.mark.parametrize("engine", ["single", "batch"])
STRICT = pytest.mark.parametrize("word", ["bounced", "unsubscribed", "pending", "whatever"])
MAPS = {"Status": "consent"}


def moved(world: World, name: str) -> Path:
    """The job's folder at another place, so that the next one can be made."""
    place = world.folder / "jobs" / name
    world.job.path.rename(place)
    return place


def lists(world: World) -> dict[str, str]:
    return {email: person["lists"].get("Newsletter", "") for email, person in world.account()["contacts"].items()}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.some(6)
@ENGINES
@STRICT
@pytest.mark.parametrize("again", ["", "last", "first", "all"])
def test_a_rejected_row_is_as_strict_as_its_twin_when_it_is_imported(world: World, word, again, engine):
    people = [("p1@example.com", "A", word, ""), ("P1@example.com", "A", "subscribed", "Newsletter")]
    world.start(world.csv(people, HEADER), maps=MAPS, engine=engine)
    assert [line["_code"] for line in report(world.job.path, "failed.csv")] == ["duplicate_key"]
    before = moved(world, "before")
    options = {"on_duplicate": again} if again else {}
    world.start(before / "failed.csv", maps=MAPS, engine=engine, **options)
    assert lists(world)["p1@example.com"] in ("", "2")
    once_more = moved(world, "once more")
    if (once_more / "failed.csv").exists() and rows_of(once_more / "failed.csv"):
        world.start(once_more / "failed.csv", maps=MAPS, engine=engine)
        assert lists(world)["p1@example.com"] in ("", "2")


@STRICT
def test_it_is_so_of_a_file_that_is_fed_in_with_the_consent_of_its_cells_left_out(world: World, word):
    people = [("p1@example.com", "A", word, ""), ("p1@example.com", "A", "subscribed", "Newsletter")]
    world.start(world.csv(people, HEADER), maps=MAPS)
    before = moved(world, "before")
    world.start(before / "failed.csv", maps={"Status": ""})
    assert lists(world)["p1@example.com"] in ("", "2")


def test_every_report_says_it_once_however_often_it_is_fed_in(world: World):
    people = [
        ("ada@example.com", "A", "subscribed", "Newsletter"), ("ben@example.com", "B", "bounced", "Newsletter"),
        ("ben@example.com", "B", "subscribed", "Newsletter"), ("no address", "C", "unsubscribed", ""),
    ]  # fmt: skip
    world.start(world.csv(people, HEADER), maps=MAPS)
    for name in ("first", "second"):
        place = moved(world, name)
        assert {row["_consent"] for row in rows_of(place / "succeeded.csv")} <= {""}
        failed = (place / "failed.csv").read_text("utf-8-sig").splitlines()[0]
        assert failed.count("_consent") == 1
        said = {row["email"]: row["_consent"] for row in rows_of(place / "failed.csv")}
        assert said == {"ben@example.com": "bounced", "no address": "unsubscribed"}
        world.start(place / "failed.csv", maps=MAPS)


def test_a_file_that_says_nothing_of_people_has_no_such_column(world: World):
    world.start(world.csv([("ada@example.com", "Newsletter")], "email,lists"))
    for name in ("succeeded.csv", "failed.csv"):
        assert "_consent" not in (world.job.path / name).read_text("utf-8")


def test_whoever_knows_better_empties_the_cell(world: World):
    people = [("p1@example.com", "A", "bounced", "Newsletter")]
    world.start(world.csv(people, HEADER), maps=MAPS)
    before = moved(world, "before")
    text = (before / "failed.csv").read_text("utf-8-sig")
    mended = world.folder / "mended.csv"
    mended.write_text(text.replace('"A","bounced"', '"A","subscribed"'), "utf-8")
    world.start(mended, maps=MAPS)
    assert lists(world)["p1@example.com"] == ""
    moved(world, "again")
    mended.write_text(mended.read_text("utf-8").replace('"2","bounced"', '"2",""'), "utf-8")
    world.start(mended, maps=MAPS)
    assert lists(world)["p1@example.com"] == "1"


def test_a_row_that_is_refused_counts_too(world: World):
    path = world.folder / "people.csv"
    path.write_text(f"{HEADER}\np1@example.com,A,unsubscribed\np1@example.com,A,subscribed,Newsletter\n", "utf-8")
    world.start(path, maps=MAPS, on_duplicate="last")
    assert lists(world).get("p1@example.com", "") in ("", "2")


@pytest.mark.parametrize("name", ["in.csv", "in.xlsx", "in.csv.gz"])
def test_a_row_beyond_the_limit_counts_too(world: World, name):
    rows = [["p1@example.com", "A", "subscribed", "Newsletter"], ["P1@example.com", "A", "unsubscribed", "Newsletter"]]
    path = world.folder / name
    with open_sink(path.with_suffix(".xlsx"), HEADER.split(",")) as sink:
        for row in rows:
            sink.write(row)
    if "csv" in name:
        path = world.csv(rows, HEADER)
        if name.endswith("gz"):
            path = world.folder / name
            path.write_bytes(gzip.compress((world.folder / "in.csv").read_bytes()))
    result = world.start(path, maps=MAPS, limit=1)
    assert result.summary.rows["read"] == 1
    assert lists(world)["p1@example.com"] == "2"


def test_it_is_so_of_the_tables_of_an_archive(world: World):
    path = world.folder / "people.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", f"{HEADER}\np1@example.com,A,bounced,\nno address,A,subscribed,\n")
        archive.writestr("b.csv", f"{HEADER}\nP1@example.com,A,subscribed,Newsletter\n")
    world.start(path, maps=MAPS)
    before = moved(world, "before")
    said = {row["email"]: row["_consent"] for row in rows_of(before / "failed.csv")}
    assert said == {"P1@example.com": "bounced", "no address": ""}
    world.start(before / "failed.csv", maps=MAPS, on_duplicate="last")
    assert lists(world)["p1@example.com"] == ""


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_however_often_reports_go_round_nobody_is_subscribed_of_whom_a_row_speaks(tmp_path_factory, monkeypatch, data):
    world = World(tmp_path_factory.mktemp("world"), monkeypatch)
    cell = st.sampled_from(["subscribed", "subscribed", "bounced", "unsubscribed", "pending", "?"])
    address = st.sampled_from(["a@example.com", "A@example.com", "b@example.com", " b@example.com", "c@example.com"])
    rows = data.draw(st.lists(st.tuples(address, st.just("N"), cell, st.just("Newsletter")), min_size=2, max_size=8))
    against = {email.strip().lower() for email, _name, word, _lists in rows if word != "subscribed"}
    path = world.csv(rows, HEADER)
    for turn in range(3):
        again = data.draw(st.sampled_from(["error", "first", "last", "all"]))
        world.start(path, maps=MAPS, on_duplicate=again)
        assert {email for email, status in lists(world).items() if status == "1"} & against == set()
        path = moved(world, f"turn {turn}") / data.draw(st.sampled_from(["failed.csv", "succeeded.csv", "skipped.csv"]))
        if not path.exists() or not rows_of(path):
            return


# ---- what is said of it

ON_IT = [("ben@example.com", "Newsletter"), ("cleo@example.com", "Newsletter"), ("dan@example.com", "Newsletter")]
NEW_NAMES = [
    ("ben@example.com", "B2", "bounced", "Newsletter"), ("cleo@example.com", "C2", "pending", "Newsletter"),
    ("dan@example.com", "D2", "unsubscribed", "Newsletter"), ("eve@example.com", "E2", "whatever", "Newsletter"),
    ("fay@example.com", "F2", "bounced", ""),
]  # fmt: skip
PADDING = [(f"p{n}@example.com", "P", "subscribed", "") for n in range(9)]  # so many that people are read first


@ENGINES
def test_who_is_on_the_list_already_stays_and_is_counted_and_the_rest_is_done(world: World, engine):
    world.start(world.csv(ON_IT, "email,lists"))
    moved(world, "before")
    result = world.start(world.csv(NEW_NAMES, HEADER), maps=MAPS, engine=engine)
    assert result.summary.still_on_list == 2
    assert result.summary.codes == {"unclear": 1}
    assert lists(world) == {
        "ben@example.com": "1", "cleo@example.com": "1", "dan@example.com": "2", "eve@example.com": "",
        "fay@example.com": "",
    }  # fmt: skip
    names = {email: person["firstName"] for email, person in world.account()["contacts"].items()}
    assert names["ben@example.com"] == "B2"
    assert names["eve@example.com"] == "E2"
    (said,) = [line for line in world.told.lines if line.startswith("Of its rows the file says")]
    assert "1 unsubscribed, 2 bounced, 1 not confirmed, 1 of unclear consent." in said
    assert "stays on it" in said


def test_a_list_that_is_set_for_every_row_counts_as_one_that_a_row_names(world: World):
    world.start(world.csv(ON_IT, "email,lists"))
    moved(world, "before")
    people = [(email, "X", "bounced") for email, _lists in ON_IT] + [row[:3] for row in PADDING]
    result = world.start(world.csv(people, "email,firstName,Status"), maps=MAPS, sets={"lists": "Newsletter"})
    assert result.summary.still_on_list == 3
    moved(world, "again")
    result = world.start(world.csv(people, "email,firstName,Status"), maps=MAPS)
    assert result.summary.still_on_list == 0, "no list is named"


def test_they_are_taken_off_as_it_is_said(world: World):
    world.start(world.csv(ON_IT, "email,lists"))
    moved(world, "before")
    world.start(world.csv([*NEW_NAMES[:1], *PADDING], HEADER), maps=MAPS)
    place = moved(world, "told")
    marked = [row for row in rows_of(place / "succeeded.csv") if row["_consent"]]
    rows = [(row["email"], row["lists"]) for row in marked]
    assert rows == [("ben@example.com", "Newsletter")]
    world.start(world.csv(rows, "email,unsubscribe_lists"))
    assert lists(world)["ben@example.com"] == "2"


def test_where_it_is_not_known_who_is_on_the_list_the_row_says_so(world: World):
    world.start(world.csv(ON_IT, "email,lists"))
    moved(world, "before")
    world.start(world.csv(NEW_NAMES[:1], HEADER), maps=MAPS)
    (row,) = report(world.job.path, "failed.csv")
    assert row["_error"].endswith("so they are not put on 'Newsletter'. If they are on it already, they stay on it.")
    assert lists(world)["ben@example.com"] == "1"
    moved(world, "again")
    world.start(world.csv([("gus@example.com", "G", "bounced", "Newsletter")], HEADER), maps=MAPS)
    (row,) = report(world.job.path, "failed.csv")
    assert row["_code"] == "bounced"
