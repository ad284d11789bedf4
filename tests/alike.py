"""Pairs of addresses and of names that are alike in some folding, and yet two. Nothing here is a test.

`python -m tests.alike 10000` plays so many pairs through every kind of job and says what became of them.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from bulk.jobs import prefetch
from bulk.model import Reply, Request
from bulk.resources.identity import same_name
from bulk.sandbox.switches import Switches
from tests.called_with import numbers
from tests.virtual import run
from tests.world import World, report

LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
ALIKE: Final = {  # what a letter, or two, is taken for by some folding or by the eye
    "ss": "\u00df\u1e9e", "s": "\u017f\u0161\u015f\u0455\uff53", "k": "\u212a\u0138\u043a", "fi": "\ufb01",
    "fl": "\ufb02", "ff": "\ufb00", "i": "\u0131\u0130\u00ed\u00ef\u0456",
    "a": "\u00e1\u00e0\u00e2\u00e4\u00e5\u0101\u0430\u03b1\uff41\u00aa",
    "e": "\u00e9\u00e8\u00ea\u00eb\u0113\u0435\uff45", "o": "\u00f3\u00f2\u00f4\u00f6\u00f8\u043e\u03bf\u00ba",
    "ae": "\u00e6", "oe": "\u0153", "c": "\u00e7\u0107\u0441", "n": "\u00f1\u0144\uff4e", "l": "\u0142\u013a\u2113",
    "d": "\u0111\u00f0", "u": "\u00fc\u00fa\u016b\u03c5", "z": "\u017e\u017c", "y": "\u00fd\u00ff\u0443",
    "x": "\u0445\u00d7", "t": "\u0163\u0167", "h": "\u0127\u04bb", "g": "\u011f\u0261", "r": "\u0159\u02b3",
    "m": "\uff4d\u217f", "p": "\u0440", "j": "\u0458\u0135", "v": "\u2174\u03bd", "w": "\u0175", "b": "\uff42",
    "q": "\uff51",
}  # fmt: skip
CHUNK: Final = 250  # pairs a job
VICTIM: Final = {"firstName": "Held", "lastName": "As it was", "phone": "1"}


def spelt(word: str, chance: random.Random) -> str:
    """The word with one of its letters, or two, replaced by what looks or folds like it."""
    places = [(word.find(plain), plain) for plain in ALIKE if plain in word]
    at, plain = chance.choice(places)
    changed = word[:at] + chance.choice(ALIKE[plain]) + word[at + len(plain) :]
    return changed if chance.random() < 0.5 else unicodedata.normalize("NFD", changed)


def pairs(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Plain words and their doubles, either first; each by itself alike to none of the others."""
    chance = random.Random(seed)
    for number in range(count):
        word = "".join(chance.choice([*LETTERS, "ss", "fi", "ae", "k"]) for _ in range(chance.randint(3, 7)))
        plain = f"{word}{number}"
        other = plain
        while other.isascii():  # taken apart, a Kelvin sign is a K
            other = spelt(plain, chance)
        if chance.random() < 0.3:
            other = other.upper() if other.upper().lower() == other else other
        yield (plain, other) if chance.random() < 0.5 else (other, plain)


@dataclass
class Counted:
    """What became of the rows of all jobs; `harmed` says who was acted upon and not meant."""

    pairs: int = 0
    jobs: int = 0
    rows: int = 0
    done: int = 0
    refused: int = 0
    harmed: list[str] = field(default_factory=list)


async def _never(*_: object, **__: object) -> None:
    """The account is not read: as where it is large beside the file."""


def worlds(folder: Path, patch: pytest.MonkeyPatch, number: int) -> World:
    """One of four accounts in turn: that folds as MySQL does or letters only, read before the rows or too large."""
    world = World(folder, patch, switches=Switches(collation=("mysql", "letters")[number % 2]))
    if number // 2 % 2:
        patch.setattr(prefetch, "read_snapshot", _never)
    return world


def fill(world: World, requests: Sequence[tuple[str, Any]]) -> None:
    """Make records in the account, aside from any job."""

    async def post() -> None:
        async with world.opened(world.setting.access, 0) as send:
            for path, body in requests:
                reply = await send(Request("aside", "POST", path, (), body))
                assert isinstance(reply, Reply)
                assert reply.status in (200, 201), reply.body

    run(post)


def rows_of(world: World, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(world.folder / world.sandbox / "sandbox.sqlite")) as db:
        return db.execute(sql).fetchall()


def belongings(world: World) -> dict[str, list[Any]]:
    """All that the account has of each person, by address."""
    result: dict[str, list[Any]] = {}
    people = dict(rows_of(world, "SELECT id, email FROM contacts"))
    for identity, email, *rest in rows_of(world, "SELECT id, email, firstName, lastName, phone FROM contacts"):
        result[email] = [identity, *rest]
    for table, what in (("contactTags", "tag"), ("contactLists", "list || ' ' || status"), ("deals", "title"),
                        ("fieldValues", "field || ' ' || value"), ("accountContacts", "account")):  # fmt: skip
        for contact, one in rows_of(world, f"SELECT contact, {what} FROM {table} WHERE contact IS NOT NULL"):
            result[people[contact]].append((table, one))
    for contact, note in rows_of(world, "SELECT relid, note FROM notes WHERE reltype = 'Subscriber'"):
        result[people[contact]].append(("notes", note))
    return result


JOBS: Final[tuple[tuple[str, str, Callable[[str], list[str]], dict[str, Any]], ...]] = (
    ("contacts", "email,firstName", lambda email: [email, "Changed"], {"mode": "update"}),
    ("contactTags", "contact_email,tag_name", lambda email: [email, "Mine"], {}),
    ("contactLists", "contact_email,list_name,status", lambda email: [email, "Newsletter", "1"], {}),
    ("fieldValues", "contact_email,field_title,value", lambda email: [email, "City", "Bath"], {}),
    ("deals", "title,value,currency,contact_email,pipeline_title,stage_title",
     lambda email: [f"Deal {email}", "1", "usd", email, "Sales", "To Contact"], {}),
    ("notes", "reltype,contact_email,note", lambda email: ["Subscriber", email, "Said"], {}),
    ("contacts", "email,firstName,tags,lists,account", lambda email: [email, "Changed", "Mine", "Newsletter", "Acme"],
     {}),
    ("contactTags", "contact_email,tag_name", lambda email: [email, "Mine"], {"mode": "delete"}),
    ("contacts", "email,firstName", lambda email: [email, "Anew"], {"mode": "create"}),
    ("contacts", "email", lambda email: [email], {"mode": "delete"}),
)  # fmt: skip


def job(world: World, count: Counted, resource: str, header: str, rows: list[list[str]], **options: Any) -> None:
    """Run one job and count its rows."""
    job_result = world.start(world.csv(rows, header), resource, **options)
    sums = job_result.summary.rows
    assert sums["read"] == len(rows), (resource, sums)
    assert not sums["unprocessed"], (resource, job_result.error)
    assert not sums["in_doubt"], (resource, options, report(world.job.path, "failed.csv")[:3])
    count.jobs += 1
    count.rows += len(rows)
    count.done += sums["succeeded"] + sums["unchanged"]
    count.refused += sums["rejected"] + sums["failed"]
    world.job.discard()


def play_addresses(world: World, words: Sequence[tuple[str, str]], count: Counted) -> None:
    """One of each pair is in the account; every kind of job is for the other, and leaves the first as it is."""
    current = [f"{one}@example.com" for one, _other in words]
    meant = [f"{other}@example.com" for _one, other in words]
    fill(world, [("contacts", {"contact": {"email": email, **VICTIM}}) for email in current])
    before = belongings(world)
    for resource, header, cells, options in JOBS:
        job(world, count, resource, header, [cells(email) for email in meant], **options)
        now = belongings(world)
        count.harmed += [f"{resource} {options}: {email}" for email in current if now.get(email) != before[email]]


def play_one_file(world: World, words: Sequence[tuple[str, str]], count: Counted) -> None:
    """Both of each pair are in one file, and nobody in the account: who is there has what their own row says."""
    both = [(f"{word}@example.com", word) for pair in words for word in pair]
    header = "email,firstName,tags"
    job(world, count, "contacts", header, [[email, word, f"Tag {at % 7}"] for at, (email, word) in enumerate(both)])
    names = dict(both)
    for email, has in belongings(world).items():
        count.harmed += [f"one file: {email}"] if has[1] != names[email] else []


def play_names(world: World, words: Sequence[tuple[str, str]], count: Counted) -> None:
    """One of each pair names a tag, an account and a list; rows name the other, and nobody is put into the first."""
    fill(world, [
        request for one, _other in words for request in (
            ("tags", {"tag": {"tag": one, "tagType": "contact", "description": ""}}),
            ("accounts", {"account": {"name": one}}),
            ("lists", {"list": {"name": one, "stringid": one, "sender_url": "https://example.com",
                                "sender_reminder": "You asked."}}),
        )
    ])  # fmt: skip
    people = [f"person{at}@example.com" for at in range(len(words))]
    rows = [[email, other, other] for email, (_one, other) in zip(people, words, strict=True)]
    job(world, count, "contacts", "email,tags,account", rows)
    job(world, count, "contacts", "email,lists", [row[:2] for row in rows])
    for table, of, name in (("contactTags", "tag", "tag"), ("accountContacts", "account", "name"),
                            ("contactLists", "list", "name")):  # fmt: skip
        sql = (f"SELECT c.email, n.{name} FROM {table} l JOIN contacts c ON c.id = l.contact"
               f" JOIN {of}s n ON n.id = l.{of}")  # fmt: skip
        wanted = {email: other for email, other, _same in rows}
        count.harmed += [f"{table}: {called} for {wanted[email]}" for email, called in rows_of(world, sql)
                         if not same_name(called, wanted[email])]  # fmt: skip


PLAYS: Final = (play_addresses, play_one_file, play_names)


def play(folder: Path, total: int, seed: int = 0) -> Counted:
    """Play so many pairs, a few hundred a job, through every kind of job and of account."""
    count = Counted()
    words = list(pairs(total, seed))
    for number, at in enumerate(range(0, total, CHUNK)):
        for which, player in enumerate(PLAYS):
            place = folder / f"{number}-{which}"
            place.mkdir()
            with pytest.MonkeyPatch.context() as patch:
                player(worlds(place, patch, number), words[at : at + CHUNK], count)
        count.pairs += len(words[at : at + CHUNK])
    return count


def main() -> None:
    """Play as many pairs as are asked for, and print what became of them."""
    (pairs,) = numbers(__doc__, (10_000,))
    with tempfile.TemporaryDirectory() as folder:
        count = play(Path(folder), pairs)
    became = f"{count.done:,} done, {count.refused:,} refused, {len(count.harmed)} of the other acted upon"
    print(f"{count.pairs:,} pairs, {count.jobs} jobs, {count.rows:,} rows: {became}")
    print("\n".join(count.harmed[:20]))


if __name__ == "__main__":
    main()
