"""What export writes, import takes: accounts of odd values go out and come in again, and nothing is sent.

`BULK_LONG=1` plays 2,000 round trips and more; `python -m tests.jobs.test_round_trips N` plays N accounts and counts.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from bulk.model import Reply
from bulk.resources.spec import Resource
from bulk.sandbox.app import Sandbox, SandboxOptions
from tests.jobs.oddities import Filler, OddWorld
from tests.jobs.samples import IMPORTED
from tests.scale import tries
from tests.world import report

LARGE = 10  # every so many accounts one has several pages of contacts
EDITS = {
    "fields": ("descript",), "tags": ("description",), "lists": ("description", "sender_reminder"),
    "dealStages": ("color",),
    "dealGroups": ("currency",), "accounts": ("accountUrl",), "contacts": ("firstName", "lastName", "phone"),
    "accountContacts": ("jobTitle",), "deals": ("description",), "fieldValues": ("value",), "contactLists": ("status",),
    "dealCustomFieldMeta": ("fieldLabel",), "accountCustomFieldMeta": ("fieldLabel",), "webhooks": ("events",),
}  # fmt: skip
NEW = {"currency": "chf", "status": "2", "events": "subscribe"}


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
    column = chance.choice(EDITS.get(resource.name, ("",)))
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


@pytest.mark.parametrize("seed", range(tries(3, 150)))
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


if __name__ == "__main__":
    total: Counter[str] = Counter()
    failures = 0
    first, count = (int(sys.argv[2]) if len(sys.argv) > 2 else 0), int(sys.argv[1])
    for number in range(first, first + count):
        with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patches:
            one = filled(Path(place), patches, number)
            try:
                total.update(play(one, number, IMPORTED))
            except AssertionError as error:
                failures += 1
                sys.stdout.write(f"account {number}: {error}\n")
    sys.stdout.write(json.dumps({"accounts": count, **total, "failed": failures}) + "\n")
