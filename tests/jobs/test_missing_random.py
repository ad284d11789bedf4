"""Random round trips with `delete_missing`: nobody is deleted but who was deleted in the sheet and left alone since.

The process is killed on the way, and the job goes on. The account is then what a few lines say it should be.
"""

from __future__ import annotations

import csv
import shutil
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from bulk.jobs.summary import JobResult
from bulk.model import Request
from tests.scale import tries
from tests.world import Crash, World, report

COUNT = 14


def exported(world: World) -> tuple[list[str], dict[str, dict[str, str]]]:
    rows = [
        (f"p{n}@example.com", f"N{n}", ("VIP", "Gold,VIP", "")[n % 3], ("Newsletter", "")[n % 2]) for n in range(COUNT)
    ]
    world.start(world.csv(rows, "email,firstName,tags,lists"), baseline="none")
    shutil.rmtree(world.job.path)
    path = world.folder / "out.csv"
    world.export(path, plain=True)
    world.job.path.rename(world.job.path.with_name("out"))
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        return list(reader.fieldnames or ()), {row["email"]: row for row in reader}


@pytest.mark.parametrize("seed", range(tries(4, 400)))
def test_only_who_was_deleted_in_the_sheet_and_left_alone_since_is_deleted(world: World, seed: int):
    chance = Random(seed)
    header, rows = exported(world)
    ids = {email: row["id"] for email, row in rows.items()}
    everybody = list(rows)
    dropped = set(chance.sample(everybody, chance.randrange(1, COUNT // 2)))
    left = [email for email in everybody if email not in dropped]
    edited = {email for email in left if chance.random() < 0.3}
    without_id = {email for email in left if chance.random() < 0.2}
    for email in edited:
        rows[email]["firstName"] = "Edited"
    for email in without_id:
        rows[email]["id"] = ""
    new = [f"new{n}@example.com" for n in range(chance.randrange(3))]
    lines = [rows[email] for email in left] + [{"email": email, "firstName": "New"} for email in new]
    chance.shuffle(lines)
    sheet = world.csv([[line.get(title, "") for title in header] for line in lines], ",".join(header), "sheet.csv")
    changed = {email for email in everybody if chance.random() < 0.2}
    gone = {email for email in dropped - changed if chance.random() < 0.2}
    for email in changed:
        world.ask(f"PUT contacts/{ids[email]}", {"contact": {"firstName": f"Theirs {email}"}})
    for email in gone:
        world.ask(f"DELETE contacts/{ids[email]}")
    result = _cut_off_often(world, sheet, chance, baseline="out")
    now = world.account()["contacts"]
    assert set(now) == set(everybody) - (dropped - changed) | set(new)
    for email in changed - (edited & without_id):  # who has no id in the sheet is no edit, and is sent whole
        if email not in without_id:
            assert now[email]["firstName"] == f"Theirs {email}"
    told = {line["email"]: line for line in report(result.folder.path, "missing.csv")}
    assert set(told) == dropped
    for email in dropped:
        line = told[email]
        if email in gone:
            assert line["_status"] == "unchanged"
        elif email in changed:
            assert (line["_status"], line["_code"]) == ("failed", "conflict")
        else:
            assert (line["_status"], line["_action"]) == ("succeeded", "deleted")
    counts = result.summary.missing
    assert counts["read"] == len(dropped) == sum(n for status, n in counts.items() if status != "read")
    assert result.summary.rows["read"] == len(lines)
    written = {
        line["email"] for path in result.folder.path.glob("deleted*.csv") for line in report(path.parent, path.name)
    }
    assert dropped - changed - gone <= written


@pytest.mark.parametrize("seed", range(tries(3, 300)))
def test_only_links_that_were_deleted_in_the_sheet_and_left_alone_since_are_taken_away(world: World, seed: int):
    chance = Random(seed)
    exported(world)
    shutil.rmtree(world.folder / "jobs" / "out")
    resource = chance.choice(["contactTags", "contactLists"])
    path = world.folder / "links.csv"
    world.export(path, resource, plain=True)
    world.job.path.rename(world.job.path.with_name("out"))
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        header, rows = list(reader.fieldnames or ()), list(reader)
    dropped = chance.sample(rows, chance.randrange(1, len(rows) // 2))
    left = [dict(row) for row in rows if row not in dropped]
    for row in left:
        if chance.random() < 0.2:  # known by its names alone
            row.update(id="", contact="", tag="") if resource == "contactTags" else row.update(
                id="", contact="", list=""
            )
    chance.shuffle(left)
    sheet = world.csv([list(row.values()) for row in left], ",".join(header), "sheet.csv")
    gone = [row for row in dropped if chance.random() < 0.2]
    changed = [row for row in dropped if row not in gone and resource == "contactLists" and chance.random() < 0.3]
    kept = world.account()["contacts"]
    for row in gone:
        if resource == "contactTags":
            world.ask(f"DELETE contactTags/{row['id']}")
        else:
            world.ask(
                "POST contactLists", {"contactList": {"contact": row["contact"], "list": row["list"], "status": 2}}
            )
    for row in changed:
        world.ask("POST contactLists", {"contactList": {"contact": row["contact"], "list": row["list"], "status": 0}})
    result = _cut_off_often(world, sheet, chance, resource, baseline="out")
    for row in dropped:
        of = kept[row["contact_email"]]
        if resource == "contactTags":
            of["tags"].discard(row["tag_name"])
        else:
            of["lists"][row["list_name"]] = "0" if row in changed else "2"
    assert world.account()["contacts"] == kept
    told = {line["id"]: line["_status"] for line in report(result.folder.path, "missing.csv")}
    assert told == {
        row["id"]: "unchanged" if row in gone else "failed" if row in changed else "succeeded" for row in dropped
    }


def _cut_off_often(
    world: World, sheet: Path, chance: Random, resource: str = "contacts", **options: object
) -> JobResult:
    """Import it, by a plan or at once, killed at some requests."""
    kills = [chance.randrange(1, 40) for _ in range(chance.randrange(3))]
    sent = 0

    def count(_request: Request) -> None:
        nonlocal sent
        sent += 1
        if kills and sent >= kills[0]:
            kills.pop(0)
            sent = 0
            raise Crash

    plans = chance.random() < 0.4
    if plans:
        world.plan(sheet, resource, delete_missing=True, **options)
    world.on_send = count
    concurrency = chance.choice([1, 4])
    for _attempt in range(5):
        with suppress(BaseExceptionGroup, Crash):
            if not world.job.path.exists():
                return world.start(sheet, resource, delete_missing=True, concurrency=concurrency, **options)
            return world.apply() if plans else world.resume()
    raise AssertionError("it does not end")
