"""What export writes, import takes: accounts of odd values go out and come in again, and nothing is sent.

`BULK_LONG=1` plays 2,000 round trips and more; `python -m tests.jobs.test_round_trips N` plays N accounts and counts.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from bulk.model import Reply
from bulk.resources.contacts import CONTACTS
from bulk.resources.fields import FIELDS
from bulk.resources.spec import Resource
from bulk.sandbox.app import Sandbox, SandboxOptions
from tests.called_with import numbers
from tests.jobs.oddities import Filler, OddWorld
from tests.jobs.samples import IMPORTED, SAMPLES
from tests.scale import tries
from tests.world import report

LARGE = 10  # every so many accounts one has several pages of contacts
# what is edited of each resource, where that is not what its sample changes
EDITS = {
    "lists": ("description", "sender_reminder"), "contacts": ("firstName", "lastName", "phone"),
    "deals": ("description",), "dealCustomFieldMeta": ("fieldLabel",), "accountCustomFieldMeta": ("fieldLabel",),
}  # fmt: skip
NEW = {"currency": "chf", "status": "2", "events": "subscribe"}


def editable(resource: Resource) -> tuple[str, ...]:
    """The columns of which one is edited; of what is known by all that it says, none is."""
    column = SAMPLES[resource.name].change[0]
    return EDITS.get(resource.name, () if column in ("", *resource.key_attributes) else (column,)) or ("",)


def filled(folder: Path, patch: pytest.MonkeyPatch, seed: int) -> OddWorld:
    """An account of odd values."""
    chance = Random(seed)
    world = OddWorld(folder, patch, demo=False)
    account = folder / "account"
    account.mkdir()
    Sandbox(account / "sandbox.sqlite", SandboxOptions(rate=0, demo=False)).close()
    Filler(account / "sandbox.sqlite", chance, chance.randint(0, 8) if seed % LARGE else 130).fill()
    return world


def exported(world: OddWorld, resource: Resource, name: str = "out.csv") -> list[dict[str, str]]:
    path = world.folder / name
    shutil.rmtree(world.job.path, ignore_errors=True)
    world.export(path, resource.name)
    return rows_of(path)


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def imported(world: OddWorld, resource: Resource, name: str = "out.csv", **options: object) -> dict[str, int]:
    shutil.rmtree(world.job.path, ignore_errors=True)
    world.sent.clear()
    return world.start(world.folder / name, resource.name, **options).summary.rows


def told(world: OddWorld) -> list[list[str]]:
    lines = report(world.job.path, "failed.csv")
    return [[line["_row"], line["_code"], line["_error"][:300]] for line in lines[:5]]


def round_trip(world: OddWorld, resource: Resource) -> int:
    """Out and in; how many rows."""
    rows = exported(world, resource)
    ended = imported(world, resource)
    assert (ended["unchanged"], world.steps()) == (len(rows), []), (
        resource.name,
        ended,
        told(world),
        world.steps()[:5],
    )
    return len(rows)


def edit(world: OddWorld, resource: Resource, chance: Random) -> str:
    """Change one cell of the file and import it: exactly that is sent. Gives the column, "" if none can be edited."""
    before = rows_of(world.folder / "out.csv")
    column = chance.choice(editable(resource))
    fit = [row for row in before if column and can_be_edited(resource, column, row, world)]
    if not fit:
        return ""
    row = chance.choice(fit)
    row[column] = NEW.get(column, f"edited {chance.random()}")
    with (world.folder / "out.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(before[0]), quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(before)
    options = {"key": "id"} if column == "fieldLabel" else {}
    ended = imported(world, resource, **options)
    said = (resource.name, column, row, ended, told(world), world.steps())
    assert (ended["unchanged"], ended["succeeded"], len(world.steps())) == (len(before) - 1, 1, 1), said
    own = {c.header for c in resource.columns if not c.writable and c.attribute != "id"}
    shown = [{n: c for n, c in line.items() if n not in own} for line in exported(world, resource, "after.csv")]
    assert shown == [{n: c for n, c in line.items() if n not in own} for line in before], said
    return column


def can_be_edited(resource: Resource, column: str, row: dict[str, str], world: OddWorld) -> bool:
    if resource.name == "contactLists":
        return row["status"] in ("0", "1", "3", "91")
    if resource.name == "fieldValues":
        reply = world.ask(f"GET fields/{row['field']}")
        assert isinstance(reply, Reply)
        return reply.body["field"]["type"] in ("text", "textarea", "hidden", "odd")
    if resource.name == "deals":  # the API takes no change of one that belongs to nobody
        return bool((row["contact_email"] or row["account_name"]) and row["owner_email"] and row["pipeline_title"])
    return row[column] != NEW.get(column)


def play(world: OddWorld, seed: int, resources: Sequence[Resource]) -> Counter[str]:
    chance = Random(seed)
    played: Counter[str] = Counter()
    for resource in resources:
        played["rows"] += round_trip(world, resource)
        played["trips"] += 1
        played["edits"] += bool(edit(world, resource, chance))
    return played


@pytest.mark.parametrize("seed", range(tries(1, 150)))
def test_whatever_an_account_holds_goes_out_and_comes_in_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
):
    world = filled(tmp_path, monkeypatch, seed)
    assert play(world, seed, IMPORTED)["trips"] == len(IMPORTED)


@pytest.mark.parametrize("seed", range(1, tries(2, 40)))
def test_a_whole_account_goes_into_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int):
    world = filled(tmp_path, monkeypatch, seed)
    world.export_all(tmp_path / "all")
    shutil.rmtree(world.job.path)
    world.sent.clear()
    rows = world.import_all(tmp_path / "all").summary.rows
    bad = [(path.parent.name, report(path.parent, "failed.csv")[:3]) for path in world.job.path.rglob("failed.csv")]
    assert (rows["unchanged"], world.steps()) == (rows["read"], []), [(n, lines) for n, lines in bad if lines]


def test_what_is_stored_is_no_problem_and_what_a_file_brings_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    world = OddWorld(tmp_path, monkeypatch, demo=False)
    for title, kind, option in (("Role", "dropdown", "CEO"), ("Born", "date", ""), ("Days", "checkbox", "Mon")):
        world.csv([(title, kind, option)], "title,type,options", "out.csv")
        imported(world, FIELDS)
    for number, first in enumerate(("#N/A", "Bo", "Cem", "Di"), 1):
        sync = {"contact": {"email": f"p{number}@example.com", "firstName": first}}
        world.ask("POST contact/sync", sync)
    stored = [(1, 1, "||CEO||"), (2, 1, "Retired"), (3, 2, "0000-00-00"), (4, 3, "||ml||ML||"), (4, 2, "31/12/1990")]
    with contextlib.closing(sqlite3.connect(tmp_path / "account" / "sandbox.sqlite")) as db:
        for contact, field, value in stored:
            db.execute("INSERT INTO fieldValues VALUES (NULL, ?, ?, ?, '', '')", (contact, field, value))
        db.commit()
    assert round_trip(world, CONTACTS) == 4
    assert exported(world, CONTACTS)[0]["firstName"] == "\\#N/A"
    text = (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    (tmp_path / "out.csv").write_text(
        text.replace('"Bo"', '"Bob"').replace("0000-00-00", "0001-00-00"), encoding="utf-8"
    )
    ended = imported(world, CONTACTS)
    assert (ended["succeeded"], ended["unchanged"], ended["rejected"], world.steps()) == (1, 2, 1, ["contact"])
    assert told(world)[0][:2] == ["4", "date_invalid"]
    (sent,) = [request.body for request, _reply in world.sent if request.method == "POST"]
    assert sent == {"contact": {"email": "p2@example.com", "firstName": "Bob"}}
    (tmp_path / "out.csv").write_text("id,email,firstName\n1,p1@example.com,#N/A\n", encoding="utf-8")
    assert imported(world, CONTACTS)["succeeded"] == 1
    assert exported(world, CONTACTS)[0]["firstName"] == "", "the marker clears as ever"


def test_options_go_to_another_account_with_labels_order_and_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    world = OddWorld(tmp_path, monkeypatch, demo=False)
    world.ask("POST fields", {"field": {"title": "Colour", "type": "dropdown", "perstag": "COLOUR"}})
    options = [("blue, light", "Hellblau", "2", "1"), ("a=b", "a=b", "1", "0"), ("*", "Star", "3", "0"), ("=38",
    "=38", "4", "0"),
               ("C:\\dir", "C", "5", "0")]  # fmt: skip
    body = [{"field": "1", "value": v, "label": lb, "orderid": at, "isdefault": d} for v, lb, at, d in options]
    world.ask("POST fieldOption/bulk", {"fieldOptions": body})
    world.export_all(tmp_path / "all")
    shutil.rmtree(world.job.path)
    world.sandbox, world.host = "other", "other.example.com"
    rows = world.import_all(tmp_path / "all").summary.rows
    assert rows["succeeded"] + rows["unchanged"] == rows["read"]
    reply = world.ask("GET fields")
    assert isinstance(reply, Reply)
    made = sorted(reply.body["fieldOptions"], key=lambda option: int(option["orderid"]))
    shown = [(option["value"], option["label"], str(option["isdefault"])) for option in made]
    assert shown == [(v, lb, d) for v, lb, _at, d in sorted(options, key=lambda option: option[2])]


def test_an_option_that_is_there_otherwise_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    world = OddWorld(tmp_path, monkeypatch, demo=False)
    world.csv([("Colour", "dropdown", "blue=Blau,red")], "title,type,options", "out.csv")
    assert imported(world, FIELDS)["succeeded"] == 1, told(world)
    world.csv([("Colour", "dropdown", "blue,red,green")], "title,type,options", "out.csv")
    assert (imported(world, FIELDS)["succeeded"], world.steps()) == (1, ["options"])  # a value says no label
    world.csv([("Colour", "dropdown", "blue=Azur,red")], "title,type,options", "out.csv")
    assert (imported(world, FIELDS)["failed"], world.steps()) == (1, [])
    assert "is there, labelled 'Blau'" in told(world)[0][2]


if __name__ == "__main__":
    total: Counter[str] = Counter()
    failures = 0
    count, first = numbers(__doc__, (None, 0))
    for number in range(first, first + count):
        with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patches:
            one = filled(Path(place), patches, number)
            try:
                total.update(play(one, number, IMPORTED))
            except AssertionError as error:
                failures += 1
                sys.stdout.write(f"account {number}: {error}\n")
    sys.stdout.write(json.dumps({"accounts": count, **total, "failed": failures}) + "\n")
