"""Rows of one key go in file order, one after the other; answers out of order keep to their rows."""

from __future__ import annotations

import csv
import random
import re
import sqlite3
import unicodedata
from contextlib import closing
from pathlib import Path

import pytest

from bulk.jobs import validate
from bulk.jobs.import_ import ImportOptions
from bulk.model import Reply, Request
from bulk.resources import named
from bulk.sandbox.faults import Fault
from tests.virtual import run
from tests.world import World, check_reports, report

SLOW = (Fault("slow", seconds=9, probability=0.3), Fault("slow", seconds=2, probability=0.5))


def spelt(address: str, chance: random.Random) -> str:
    """The same address as another hand would write it."""
    text = "".join(letter.upper() if chance.random() < 0.3 else letter for letter in address)
    text = unicodedata.normalize(chance.choice(("NFC", "NFD")), text)
    blank = ("", " ", "\u00a0")
    return chance.choice(blank) + text + chance.choice(blank)


def identity(email: str) -> str:
    return unicodedata.normalize("NFC", email).strip().casefold()


@pytest.mark.parametrize("seed", range(3))
def test_one_address_in_many_spellings_is_written_in_file_order(world: World, seed: int):
    chance = random.Random(seed)
    people = ["ada@example.com", "ada+news@example.com", "zoë@example.com", "bo@example.org"]
    rows = [(spelt(chance.choice(people), chance), f"Name {n}") for n in range(60)]
    order: list[tuple[str, str]] = []
    flying: set[str] = set()

    def person(request: Request) -> str:
        return identity(request.body["contact"]["email"])

    def leaving(request: Request) -> None:
        if request.path == "contact/sync":
            assert person(request) not in flying, "two rows of one person are on their way"
            flying.add(person(request))

    def answered(request: Request, _reply: object) -> None:
        if request.path == "contact/sync":
            flying.remove(person(request))
            order.append((person(request), request.body["contact"]["firstName"]))

    world.on_send, world.after = leaving, answered
    world.faults, world.seed = SLOW, seed
    job_result = world.start(world.csv(rows, "email,firstName"), on_duplicate="all", concurrency=8)
    assert job_result.summary.complete
    names = {who: [name for other, name in order if other == who] for who in people}
    wanted = {who: [name for email, name in rows if identity(email) == who] for who in people}
    assert names == wanted
    assert [name for _who, name in order] != [name for _email, name in rows], "answers came out of order"
    world.on_send, world.after = lambda _request: None, lambda _request, _reply: None
    last = {email.strip().casefold(): name for email, name in rows}  # the sandbox tells NFC from NFD, as it is sent
    current = world.account()["contacts"]
    assert {email.casefold(): person["firstName"] for email, person in current.items()} == last
    assert len(current) == len(last), "and nobody stands there twice"


@pytest.mark.parametrize(("policy", "kept"), [("error", 0), ("first", 0), ("last", 2)])
def test_of_one_address_in_three_spellings_one_row_is_sent(world: World, policy: str, kept: int):
    rows = [("Ada@Example.com", "0"), (" ada@example.com\u00a0", "1"), ("ADA@example.com", "2")]
    world.start(world.csv(rows, "email,firstName"), on_duplicate=policy)
    sent = [request.body["contact"] for request, _reply in world.sent if request.path == "contact/sync"]
    assert [contact["firstName"] for contact in sent] == [str(kept)]
    assert sent[0]["email"] == rows[kept][0].strip(), "as it was written"
    lines = check_reports(world.job.path, "email,firstName")
    others = {n: line for n, line in lines.items() if n != kept + 2}
    assert {line["_file"] for line in others.values()} == {"failed.csv" if policy == "error" else "skipped.csv"}


def test_answers_out_of_order_keep_to_their_rows(world: World):
    """Good, refused and invalid rows in a mixture; each line has the id or the error of its own row."""
    chance = random.Random(1)
    kinds = [chance.choice(("good", "good", "refused", "invalid", "lost")) for _ in range(60)]
    rows = [(f"p{n}{kind}@example.com" if kind != "invalid" else f"p{n}", f"N {n}") for n, kind in enumerate(kinds)]
    world.faults = (
        Fault("status", body="refused@", status=422, path="contact/sync"),
        Fault("lost_before", body="lost@", path="contact/sync"),
        *SLOW,
    )
    finished: list[str] = []

    def answered(request: Request, reply: object) -> None:
        if request.path == "contact/sync" and isinstance(reply, Reply):
            finished.append(request.body["contact"]["email"])

    world.after = answered
    world.start(world.csv(rows, "email,firstName"), concurrency=8)
    assert finished != sorted(finished, key=lambda email: int(re.findall(r"\d+", email)[0]))
    world.faults = ()
    ids = {c["email"]: c["id"] for c in world.ask("GET contacts", query=(("limit", "100"),)).body["contacts"]}
    lines = check_reports(world.job.path, "email,firstName")
    assert sorted(lines) == list(range(2, 62))
    for number, line in lines.items():
        email, name = rows[number - 2]
        assert (line["email"], line["firstName"]) == (email, name)
        match kinds[number - 2]:
            case "good":
                assert line["_id"] == ids[email]
            case "refused":
                assert (line["_status"], line["_code"]) == ("failed", "field_invalid")
            case "invalid":
                assert (line["_status"], line["_code"]) == ("rejected", "email_invalid")
            case "lost":
                assert (line["_status"], line["_code"]) == ("in_doubt", "no_answer")
    assert set(ids) == {email for (email, _name), kind in zip(rows, kinds, strict=True) if kind == "good"}


MIXED = """email,firstName,tags,remove_tags,lists,unsubscribe_lists,Company Size
a@example.com,Ann,VIP,,Newsletter,,1-10
nobody,Bob,VIP,,,,
c@example.com,Cy,VIP,,Nowsletter,,
A@Example.com,Ann again,,,,,
e@example.com,Eve
f@example.com,Fay,VIP,vip,,,
g@example.com,Gus,,,Customers,customers,
h@example.com,Hal,,,,,a few
i@example.com,1-May,,,,,
j@example.com,Jo,,,Customers,,200+
"""


@pytest.mark.parametrize("policy", ["error", "first", "last"])
def test_what_the_check_before_finds_is_what_the_import_rejects(world: World, policy: str):
    path = world.folder / "in.csv"
    path.write_text(MIXED, encoding="utf-8")
    options = ImportOptions(on_duplicate=policy)

    async def check() -> validate.Findings:
        return await validate.validate(named("contacts"), path, options, world.setting, offline=False)

    result = run(check)
    world.start(path, on_duplicate=policy)
    header = next(csv.reader(MIXED.splitlines()))
    lines = check_reports(Path(world.job.path), header)
    rejected = {(n, line["_code"]) for n, line in lines.items() if line.get("_status") == "rejected"}
    assert {(issue.row, issue.code) for issue in result.issues} == rejected
    assert len(rejected) >= 7
    assert not [line for line in lines.values() if line.get("_status") == "failed"], "what was let through went through"


@pytest.mark.parametrize(("rows", "columns"), [(2, ""), (6, ""), (6, "id")], ids=["few by id", "many", "no ids"])
def test_what_the_account_holds_already_is_no_more_refused_by_the_check_than_by_the_import(
    world: World, rows: int, columns: str
):
    people = [(f"p{n}@example.com", "200+") for n in range(rows)]
    world.start(world.csv(people, "email,Company Size"))
    world.job.discard()
    world.export(world.folder / "out.csv")
    world.job.discard()
    sandbox = world.folder / "account" / "sandbox.sqlite"
    with closing(sqlite3.connect(sandbox)) as db, db:  # the field does not offer it any more, or never did
        db.execute("UPDATE fieldValues SET value = 'Gone' WHERE value = '200+'")
    with (world.folder / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        read = [line for line in csv.DictReader(file) if line["email"].startswith("p")]
    header = [name for name in read[0] if name != columns]
    lines = [[line[name] if name != "Company Size" else "Gone" for name in header] for line in read]
    lines[0][header.index("firstName")] = "Other"
    lines.append(["New@example.com" if name == "email" else "Gone" * (name == "Company Size") for name in header])
    path = world.csv(lines, ",".join(header))
    world.sent.clear()

    async def check() -> validate.Findings:
        return await validate.validate(named("contacts"), path, ImportOptions(), world.setting, offline=False)

    result = run(check)
    assert {(issue.row, issue.code) for issue in result.issues} == {(rows + 2, "unknown_option")}
    assert {request.method for request, _reply in world.sent} == {"GET"}
    contacts = [request for request, _reply in world.sent if request.path.startswith("contacts")]
    assert len(contacts) == 1, "a request for a hundred"
    job_result = world.start(path)
    assert [line["_row"] for line in report(world.job.path, "failed.csv")] == [str(rows + 2)]
    assert job_result.summary.rows["unchanged"] == rows - 1
