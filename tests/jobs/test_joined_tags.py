"""Tags that a program has joined by another sign: not made as one without being asked."""

from __future__ import annotations

import pytest

from bulk.errors import DeclinedError
from bulk.wording import FrontEnd
from tests.world import World

HEADER = "email,tags"
JOINED = [("ada@example.com", "VIP; Trial"), ("ben@example.com", "One"), ("cleo@example.com", "a ::: b")]


def tags(world: World) -> set[str]:
    return {tag for person in world.account()["contacts"].values() for tag in person["tags"]}


@pytest.mark.parametrize("way", ["start", "plan"])
def test_nothing_is_sent_and_the_way_on_is_named(world: World, way):
    with pytest.raises(DeclinedError) as refused:
        getattr(world, way)(world.csv(JOINED, HEADER))
    assert world.steps("POST", "PUT", "DELETE") == []
    said = refused.value.words(FrontEnd.COMMAND_LINE)
    assert "2 new tags" in said
    assert "'VIP; Trial' (or is it 'VIP' and 'Trial'?)" in said
    assert "'a ::: b' (or is it 'a' and 'b'?)" in said
    assert "--separator" in said
    assert "--allow-joined" in said
    assert not world.job.path.exists()


def test_one_that_the_account_has_is_meant(world: World):
    world.ask("POST tags", {"tag": {"tag": "VIP; Trial", "tagType": "contact", "description": ""}})
    world.start(world.csv(JOINED[:2], HEADER))
    assert tags(world) == {"VIP; Trial", "One"}


def test_they_are_made_where_that_is_said_and_the_job_keeps_it(world: World):
    world.start(world.csv(JOINED, HEADER), allow_joined=True)
    assert tags(world) == {"VIP; Trial", "One", "a ::: b"}
    assert world.job.record().options["allow_joined"] is True


@pytest.mark.parametrize("separator", [":::", " ::: "])
def test_several_signs_stand_between_values(world: World, separator):
    rows = [("ada@example.com", 'VIP ::: Trial:::"a:::b"'), ("ben@example.com", "x, y")]
    world.start(world.csv(rows, HEADER), separator=separator, allow_joined=True)
    assert tags(world) == {"VIP", "Trial", "a:::b", "x, y"}


def test_a_sign_with_a_blank_is_the_sign(world: World):
    world.start(world.csv([("ada@example.com", "VIP;Trial; Gold")], HEADER), separator="; ")
    assert tags(world) == {"VIP", "Trial", "Gold"}


def test_an_export_of_another_account_goes_in_as_it_is(world: World):
    world.start(world.csv(JOINED, HEADER), allow_joined=True)
    world.job.path.rename(world.folder / "first")
    path = world.folder / "out.csv"
    world.export(path)
    world.job.path.rename(world.folder / "exported")
    world.sandbox, world.host = "another", "another.example.com"
    world.start(path)
    assert tags(world) == {"VIP; Trial", "One", "a ::: b"}


def test_what_is_typed_into_an_export_of_this_account_is_looked_at(world: World):
    world.start(world.csv([("ada@example.com", "One")], HEADER))
    world.job.path.rename(world.folder / "jobs" / "first")
    path = world.folder / "out.csv"
    world.export(path)
    world.job.path.rename(world.folder / "jobs" / "exported")
    text = path.read_text(encoding="utf-8-sig").replace('"One"', '"One,VIP; Trial"')
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DeclinedError, match="VIP; Trial"):
        world.start(path)


def test_no_field_is_made_before_it_is_known_that_the_tags_can_be(world: World):
    path = world.csv([(*row, "Gold") for row in JOINED], f"{HEADER},Plan")
    with pytest.raises(DeclinedError, match="2 new tags"):
        world.start(path, create_fields=True)
    assert world.steps("POST", "PUT", "DELETE") == []
    assert not world.job.path.exists()
    world.start(path, create_fields=True, separator=";", allow_joined=True)
    assert tags(world) == {"VIP", "Trial", "One", "a ::: b"}


def test_a_row_that_does_not_fit_is_not_looked_at_for_tags(world: World):
    path = world.csv([("ada@example.com", "One", "Gold"), ("ben@example.com", "a;b", "x", "y")], f"{HEADER},Plan")
    world.start(path, create_fields=True)
    assert tags(world) == {"One"}


def test_a_job_that_is_stopped_by_tags_once_something_is_made_goes_on_by_allowing_them(world: World):
    world.start(world.csv([("ada@example.com", "One", "Gold")], f"{HEADER},firstName"))
    world.job.path.rename(world.folder / "jobs" / "first")
    path = world.folder / "out.csv"
    world.export(path)
    world.job.path.rename(world.folder / "jobs" / "exported")
    lines = path.read_text(encoding="utf-8-sig").replace('"One"', '"One,VIP; Trial"').splitlines()
    path.write_text(f'{lines[0]},"Plan"\n{lines[1]},"Gold"\n', encoding="utf-8")
    stopped = world.start(path, create_fields=True)  # the baseline is looked for afterwards
    assert "VIP; Trial" in str(stopped.error)
    result = world.resume(allow_joined=True)
    assert result.error is None
    assert tags(world) == {"One", "VIP; Trial"}
