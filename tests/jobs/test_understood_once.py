"""What a column is, is understood once a job: with that it goes on, whatever the account has come to hold."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bulk.errors import AbortedError
from bulk.files import adaptation, understood
from bulk.model import Lost, Reply, Request
from tests.world import World, crashing, report

PEOPLE = [(f"p{n}@example.com", f"N{n}") for n in range(9)]
Change = Callable[[World, pytest.MonkeyPatch], None]


def make_field(world: World, title: str) -> str:
    made = world.ask("POST fields", {"field": {"type": "text", "title": title, "visible": 1}}).body
    world.ask("POST fieldRels", {"fieldRel": {"field": made["field"]["id"], "relid": 0}})
    return str(made["field"]["id"])


def of_that_title(world: World, _patch: pytest.MonkeyPatch) -> None:
    for title in ("Vorname", "Given", "created_at", "Whole Name"):
        make_field(world, title)


def no_titles(_world: World, patch: pytest.MonkeyPatch) -> None:
    for module in (adaptation, understood):
        patch.setattr(module, "own_titles", lambda *_: {})


def no_programs(_world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(adaptation, "recognised", lambda _header: None)


def first_names(world: World) -> list[str]:
    contacts = world.account()["contacts"]
    assert not any(person["fields"] for person in contacts.values())
    return sorted(person["firstName"] for person in contacts.values())


def zipped(world: World) -> Path:
    path = world.folder / "in.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, header, some in (("de", "E-Mail-Adresse,Vorname", PEOPLE[:5]), ("en", "email,Given", PEOPLE[5:])):
            archive.writestr(f"{name}.csv", "\n".join([header, *map(",".join, some)]) + "\n")
    return path


FILES: dict[str, tuple[Callable[[World], Path], dict[str, Any]]] = {
    "titles": (lambda world: world.csv(PEOPLE, "email,Vorname"), {}),
    "zip": (zipped, {"maps": {"Given": "firstName"}}),
    "preset": (lambda world: world.csv([(b, a, "2024-01-27", "active") for a, b in PEOPLE],
                                       "first_name,email,created_at,status"), {"sets": {"tags": "Kit"}}),
    "split": (lambda world: world.csv(PEOPLE, "email,Full Name"), {"split_name": "auto", "ignore_unknown": True}),
    "left out": (lambda world: world.csv([(*p, "x") for p in PEOPLE], "email,firstName,Whole Name"),
                 {"ignore_unknown": True}),
}  # fmt: skip


@pytest.mark.some(6)
@pytest.mark.parametrize("retry", [False, True])
@pytest.mark.parametrize("change", [of_that_title, no_titles, no_programs])
@pytest.mark.parametrize("kind", FILES)
def test_what_goes_on_reads_each_column_as_before(world: World, monkeypatch, kind: str, change: Change, retry: bool):
    make, options = FILES[kind]
    with crashing(world, "contact/sync", 4):
        world.start(make(world), **options)
    change(world, monkeypatch)
    rows = world.resume(retry=retry).summary.rows
    assert rows["succeeded"] == rows["read"] == len(PEOPLE)
    assert first_names(world) == [name for _email, name in PEOPLE]


def test_what_failed_is_sent_again_as_it_was_read(world: World):
    def refused(request: Request) -> Reply | Lost | None:
        wrong = request.path == "contact/sync" and "p3" in str(request.body)
        return Reply(422, {"errors": [{"title": "No."}]}) if wrong else None

    world.before = refused
    assert world.start(world.csv(PEOPLE, "email,Vorname")).summary.rows["failed"] == 1
    world.before = lambda _request: None
    make_field(world, "Vorname")
    world.resume(retry=True)
    assert first_names(world) == [name for _email, name in PEOPLE]


def test_a_plan_is_carried_out_as_it_was_read(world: World):
    world.plan(world.csv(PEOPLE, "email,Vorname"))
    make_field(world, "Vorname")
    world.apply()
    assert first_names(world) == [name for _email, name in PEOPLE]


def test_fields_that_a_plan_would_make_are_found_once_they_are_made(world: World):
    world.plan(world.csv(PEOPLE, "email,Plan"), create_fields=True)
    world.apply()
    assert {person["fields"]["Plan"] for person in world.account()["contacts"].values()} == {n for _e, n in PEOPLE}


def test_a_field_goes_by_its_id_and_one_that_is_gone_is_said_plainly(world: World):
    field = make_field(world, "Plan")
    with crashing(world, "contact/sync", 3):
        world.start(world.csv(PEOPLE, "email,Plan"))
    world.ask(f"PUT fields/{field}", {"field": {"title": "Tariff", "type": "text", "visible": 1}})
    make_field(world, "Plan")
    with crashing(world, "contact/sync", 3):
        world.resume()
    world.ask(f"DELETE fields/{field}")
    error = world.resume().error
    assert isinstance(error, AbortedError)
    assert error.code == "columns_gone"
    assert "'Plan'" in str(error)
    reports = {name: len(report(world.job.path, name)) for name in ("succeeded.csv", "failed.csv", "unprocessed.csv")}
    assert sum(reports.values()) == len(PEOPLE)
    assert reports["succeeded.csv"] < len(PEOPLE)


def test_a_job_of_an_earlier_version_goes_on_as_it_did(world: World):
    with crashing(world, "contact/sync", 4):
        world.start(world.csv(PEOPLE, "email,Vorname"))
    with closing(sqlite3.connect(world.job.path / "checkpoint.sqlite")) as database, database:
        assert database.execute("DELETE FROM meta WHERE name = 'understood'").rowcount == 1
    assert world.resume().summary.rows["succeeded"] == len(PEOPLE)
    assert first_names(world) == [name for _email, name in PEOPLE]
