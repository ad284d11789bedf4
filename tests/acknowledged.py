"""Random jobs against a server that acknowledges in vain: `python -m tests.acknowledged [JOBS] [SEED]`.

A random tenth of the writes, of any kind, is answered as if it were done, and is not applied. Nothing may be counted as
done that is not so in the account, by its own tables, and nothing else may be harmed.
"""

from __future__ import annotations

import contextlib
import csv
import multiprocessing
import random
import sqlite3
import sys
from typing import Any

from bulk.sandbox.faults import Fault
from tests.called_with import numbers
from tests.lying import play
from tests.matrix import Scenario
from tests.world import World, account


def in_vain(_chance: random.Random, _steps: list[str]) -> tuple[Fault, ...]:
    """Every tenth write, by chance, is answered and not applied."""
    return tuple(Fault("unapplied", method, probability=0.1) for method in ("POST", "PUT", "DELETE"))


def untold(world: World, job: Scenario, done: dict[int, dict[str, str]]) -> list[str]:
    """What of the rows that count as done is not so in the account's tables."""
    path = world.folder / world.sandbox / "sandbox.sqlite"
    if job.resource == "contacts":
        return [said for line in done.values() for said in _of_contact(account(path)["contacts"], job, line)]
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        return [said for line in done.values() for said in _of_record(db, job, line)]


def _of_contact(people: dict[str, Any], job: Scenario, line: dict[str, str]) -> list[str]:
    person = people.get(line["email"])
    if job.options.get("mode") == "delete":
        return [f"{line['email']} is there"] if person else []
    if person is None:
        return [f"{line['email']} is not there"]
    wrong = [name for name in ("firstName", "lastName", "phone") if line.get(name) and person[name] != line[name]]
    tags = set(next(csv.reader([line.get("tags", "")]), []))
    lists = set(next(csv.reader([line.get("lists", "")]), []))
    if not {tag.strip() for tag in tags} <= person["tags"]:
        wrong.append("tags")
    if set(next(csv.reader([line.get("remove_tags", "")]), [])) & person["tags"]:
        wrong.append("remove_tags")
    if any(person["lists"].get(name.strip()) != "1" for name in lists):
        wrong.append("lists")
    if line.get("account") and person["account"] != [line["account"]]:
        wrong.append("account")
    return [f"{line['email']}: {name}" for name in wrong]


# what a table's rows hold of the columns of a file, where both are the same text
SAME = ("title", "tag", "name", "note", "url", "fieldLabel", "description", "jobTitle")
_TABLES = {"contactTags", "contactLists", "fieldValues", "accountContacts", "contactAutomations"}


def _of_record(db: sqlite3.Connection, job: Scenario, line: dict[str, str]) -> list[str]:
    if not line["_id"] or job.resource in ("dealCustomFieldMeta", "accountCustomFieldMeta"):
        return []
    if job.resource in _TABLES:
        return _of_link(db, job, line)
    row = db.execute(f"SELECT * FROM {job.resource} WHERE id = ?", (line["_id"],)).fetchone()
    if job.options.get("mode") == "delete":
        return [f"{job.resource} {line['_id']} is there"] if row else []
    if row is None:
        return [f"{job.resource} {line['_id']} is not there"]
    wrong = [name for name in SAME if line.get(name) and name in row.keys() and row[name] != line[name]]  # noqa: SIM118
    return [f"{job.resource} {line['_id']}: {name}" for name in wrong]


def _of_link(db: sqlite3.Connection, job: Scenario, line: dict[str, str]) -> list[str]:
    named = {"tag_name": ("tags", "tag", "tag"), "list_name": ("lists", "name", "list"),
             "field_title": ("fields", "title", "field"), "account_name": ("accounts", "name", "account"),
             "automation_name": ("automations", "name", "automation")}  # fmt: skip
    column, (table, called, attribute) = next((c, named[c]) for c in named if c in line)
    result = db.execute(
        f"SELECT count(*) FROM {job.resource} AS l JOIN contacts AS c ON c.id = l.contact JOIN {table} AS o"
        f" ON o.id = l.{attribute} WHERE c.email = ? AND o.{called} = ?",
        (line["contact_email"], line[column]),
    ).fetchone()[0]
    gone = job.options.get("mode") == "delete"
    return [] if bool(result) is not gone else [f"{line['contact_email']}, {line[column]}: {result}"]


def wrong(seed: int) -> str:
    """Play one; what is wrong with it."""
    try:
        return play(seed, in_vain, untold)
    except Exception as error:  # noqa: BLE001 - it is told, with its seed
        return f"{seed}: {type(error).__name__}: {error}"


def main() -> None:
    """Play so many jobs, and print those that went wrong."""
    jobs, first = numbers(__doc__, (1_000, 0))
    bad = 0
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        for said in pool.imap_unordered(wrong, range(first, first + jobs), chunksize=8):
            if said:
                bad += 1
                print(said, flush=True)
    print(f"{jobs:,} random jobs against a server that acknowledges a tenth in vain: {bad} wrong")
    sys.exit(bool(bad))


if __name__ == "__main__":
    csv.field_size_limit(2**20)
    main()
