"""What a job overwrites is written down before it is sent: put back in reverse, the records are as they were before."""

from __future__ import annotations

from typing import Any

import pytest

from bulk.model import Aspect
from bulk.storage.checkpoint import opened_checkpoint
from bulk.storage.job_folder import CHECKPOINT
from bulk.storage.journal import Overwritten
from tests.jobs.samples import SAMPLES, given
from tests.world import World, crashing

HEADER = "email,firstName,phone,tags,remove_tags,lists,unsubscribe_lists,account,Company size"
BEFORE = [
    (f"p{n}@example.com", f"N {n}", "", ("VIP", "Trial,VIP", "")[n % 3], "", ("Newsletter", "", "Customers")[n % 3], "",
     ("Acme", "", "Other")[n % 3], ("1-10", "", "11-50")[n % 3])
    for n in range(30)
]  # fmt: skip
AFTER = [
    (email, (name, f"New {name}")[at % 2], ("", "202-555-0143")[at % 4 == 1], ("Gold", "VIP", "")[at % 3],
     ("", "Trial", "VIP")[at % 3], ("", "Newsletter", "")[at % 3], ("Newsletter", "", "Customers")[at % 3],
     ("Other", "Acme", "#N/A")[at % 3], ("11-50", "#N/A", "")[at % 3])
    for at, (email, name, *_rest) in enumerate(BEFORE)
]  # fmt: skip


def overwritten(world: World) -> list[Overwritten]:
    with opened_checkpoint(world.job.file(CHECKPOINT)) as checkpoint:
        return [one for one in checkpoint.journal.written() if one.edits.each and not one.edits.made]


def people(world: World) -> dict[str, dict[str, Any]]:
    """The contacts by their ids, as edits speak of them."""

    def every(path: str) -> list[dict[str, Any]]:
        return world.ask(f"GET {path}", query=(("limit", "100"),)).body[path]

    result: dict[str, dict[str, Any]] = {
        one["id"]: {name: one[name] for name in ("email", "firstName", "lastName", "phone")}
        | {"tags": set(), "lists": {}, "accounts": {}}
        for one in every("contacts")
    }
    for link in every("contactTags"):
        result[link["contact"]]["tags"].add(link["tag"])
    for link in every("contactLists"):
        result[link["contact"]]["lists"][link["list"]] = str(link["status"])
    for link in every("accountContacts"):
        result[link["contact"]]["accounts"][link["account"]] = link["jobTitle"] or ""
    for value in every("fieldValues"):
        if value["value"]:
            result[value["contact"]][f"field:{value['field']}"] = value["value"]
    return result


def put_back(state: dict[str, dict[str, Any]], done: list[Overwritten]) -> None:
    """Take the edits back, the last first."""
    for one in reversed(done):
        record = state[one.edits.record]
        for edit in one.edits.each:
            match edit.aspect:
                case Aspect.VALUE if edit.before or not edit.of.startswith("field:"):
                    record[edit.of] = edit.before
                case Aspect.VALUE:
                    record.pop(edit.of, None)
                case Aspect.TAG:
                    (record["tags"].add if edit.before else record["tags"].discard)(edit.of)
                case Aspect.LIST | Aspect.ACCOUNT:
                    of = record["lists" if edit.aspect is Aspect.LIST else "accounts"]
                    of.pop(edit.of, None)
                    if edit.before is not None:
                        of[edit.of] = edit.before
                case _:
                    pytest.fail(f"{edit} is not of a contact")


def prepared(world: World) -> dict[str, dict[str, Any]]:
    world.start(world.csv(BEFORE, HEADER))
    assert overwritten(world) == [], "what is new overwrites nothing"
    world.job.path.rename(world.folder / "jobs" / "before")
    return people(world)


def check(world: World, before: dict[str, dict[str, Any]]) -> None:
    after = people(world)
    assert after != before
    done = overwritten(world)
    put_back(after, done)
    assert after == before


def test_a_job_that_changes_contacts_can_be_told_backwards(world: World):
    before = prepared(world)
    assert world.start(world.csv(AFTER, HEADER)).summary.rows["succeeded"] == len(AFTER)
    check(world, before)


@pytest.mark.some(1)
@pytest.mark.parametrize(("path", "after"), [("contact/sync", 4), ("contactTags", 6), ("contactLists", 3)])
def test_so_can_one_that_was_cut_off_and_resumed(world: World, path: str, after: int):
    """What a step found is what was there before its first send, not what that send has left."""
    before = prepared(world)
    with crashing(world, path, after):
        world.start(world.csv(AFTER, HEADER))
    check(world, before)
    world.resume()
    check(world, before)


def test_rows_of_what_belongs_to_contacts(world: World):
    before = prepared(world)
    lists = {one["name"]: one["id"] for one in world.ask("GET lists").body["lists"]}
    rows = [(email, lists["Newsletter"], "2") for email, *_rest in BEFORE]
    world.start(world.csv(rows, "contact_email,list,status"), "contactLists")
    check(world, before)


def test_what_the_account_refuses_overwrites_nothing(world: World):
    prepared(world)
    world.instead = lambda request, reply: (
        reply if request.method == "GET" else type(reply)(422, {"errors": [{"title": "no", "code": "no"}]})
    )
    world.start(world.csv(AFTER, HEADER), max_errors="100%")
    assert overwritten(world) == []


@pytest.mark.parametrize("name", ["deals", "notes", "accounts"])
def test_records_by_themselves(world: World, name: str):
    given(world)
    sample = SAMPLES[name]
    world.start(world.csv(sample.rows, sample.header), name)
    world.job.path.rename(world.folder / "jobs" / "made")
    attribute, cell = sample.change
    at = sample.columns.index(attribute)
    by_id = {one["id"]: one for one in world.ask(f"GET {name}", query=(("limit", "100"),)).body[name]}
    newest = max(by_id, key=int)
    key = next(row for row in sample.rows)
    changed = [*key[:at], cell, *key[at + 1 :]]
    world.start(world.csv([changed], sample.header), name)
    done = overwritten(world)
    now = {one["id"]: one for one in world.ask(f"GET {name}", query=(("limit", "100"),)).body[name]}
    differing = {(i, of) for i, one in by_id.items() for of in one if one[of] != now[i][of] and of != "udate"}
    told = {(one.edits.record, edit.of): edit.before for one in done for edit in one.edits.each}
    assert newest in now
    assert {place for place in told if not place[1].startswith("field:")} <= differing
    assert all(
        str(by_id[identity][of]) == str(before) for (identity, of), before in told.items() if of in by_id[identity]
    )
