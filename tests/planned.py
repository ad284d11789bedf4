"""Random imports of people, planned and then carried out: what a plan says is what comes to be, change for change.

`python -m tests.planned N` plays N of them and counts. What is expected is made of `plan.csv` alone, by other code.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bulk.model import Request
from tests.called_with import numbers
from tests.world import Crash, World, report

ATTRIBUTES = ("firstName", "lastName", "phone")
TAGS, LISTS, ACCOUNTS = ("VIP", "Trial", "Gold", "New"), ("Newsletter", "Customers"), ("Acme", "Other", "Harbour")
HEADER = ("email", *ATTRIBUTES, "City", "tags", "remove_tags", "lists", "unsubscribe_lists", "account")
PEOPLE = tuple(f"p{n}@example.com" for n in range(9))


@dataclass(frozen=True)
class Play:
    """One account, one file and the options of a job."""

    before: list[list[str]]
    header: list[str]
    rows: list[list[str]]
    options: dict[str, Any]

    @classmethod
    def of(cls, chance: Random) -> Play:
        """A random one."""
        mode = chance.choice(("upsert", "upsert", "create", "update", "delete"))
        header = ["email", *(name for name in HEADER[1:] if chance.random() < 0.6)]
        options = {
            "mode": mode, "blank": chance.choice(("keep", "clear")), "resubscribe": chance.random() < 0.3,
            "on_duplicate": chance.choice(("error", "first", "last")), "max_errors": "100%",
        }  # fmt: skip
        before = [[email, *_cells(chance, HEADER[1:])] for email in PEOPLE if chance.random() < 0.6]
        people = chance.choices(PEOPLE, k=chance.randint(1, 9))
        rows = [[email, *_cells(chance, header[1:])] for email in people]
        return cls(before, header, rows, options)


def _cells(chance: Random, names: tuple[str, ...] | list[str]) -> list[str]:
    cells: dict[str, str] = {}
    tags, lists = list(TAGS), list(LISTS)
    chance.shuffle(tags)
    chance.shuffle(lists)
    for name in names:
        if name in ("tags", "remove_tags"):
            cells[name] = ",".join(tags.pop() for _ in range(chance.randint(0, 2)))
        elif name in ("lists", "unsubscribe_lists"):
            cells[name] = lists.pop() if chance.random() < 0.5 else ""
        elif name == "account":
            cells[name] = chance.choice(("", "#N/A", *ACCOUNTS))
        else:
            cells[name] = chance.choice(("", "", "#N/A", f"{name} {chance.randint(1, 2)}"))
    return list(cells.values())


def prepared(world: World, play: Play) -> Path:
    """The account as it is before, and the file."""
    if play.before:
        world.start(world.csv(play.before, ",".join(HEADER)))
        shutil.rmtree(world.job.path)
    return world.csv(play.rows, ",".join(play.header))


def expected(before: dict[str, Any], lines: list[dict[str, str]]) -> dict[str, Any]:
    """The people that a plan says will be there."""
    people = deepcopy(before)
    for line in lines:
        email, action, column, after = line["_key"], line["_action"], line["column"], line["after"]
        if action in ("reject", "unchanged", "opted_out"):
            continue
        if action == "delete":
            people.pop(email)
            continue
        if action == "create":
            new = dict.fromkeys(ATTRIBUTES, "") | {"tags": set(), "lists": {}, "account": [], "fields": {}}
            person = people.setdefault(email, new)
        else:
            person = people[email]
        if action in ("add_tag", "remove_tag"):
            person["tags"] ^= {after or line["before"]}
            continue
        match action, column:
            case "subscribe" | "unsubscribe", _:
                person["lists"][after] = "1" if action == "subscribe" else "2"
            case _, "account":
                person["account"] = [name for name in person["account"] if name != line["before"]]
                person["account"] += [after] if after else []
            case _, "City":
                person["fields"].pop("City", None)
                person["fields"] |= {"City": after} if after else {}
            case _, "email":
                assert action == "create", line
            case _:
                assert person[column] == line["before"], line
                person[column] = after
    return people


def reasons(lines: list[dict[str, str]]) -> dict[str, int]:
    """The rows by why something of them is not done, as the lines of a plan say it."""
    codes: dict[str, set[tuple[str, str]]] = {}
    for line in lines:
        if line["_action"] in ("reject", "opted_out", "conflict"):
            code, colon, why = line["before"].partition(": ")
            assert line["_action"] == "conflict" or (code and colon and why), line
            code = code if line["_action"] != "conflict" else "conflict"
            codes.setdefault(code, set()).add((line.get("_file", ""), line["_row"]))
    return {code: len(rows) for code, rows in codes.items()}


def cut_off(world: World, requests: int, work: Callable[[], object]) -> bool:
    """Let the process end when so many requests were sent; whether it came so far."""
    first = len(world.sent)

    def crash(_request: Request) -> None:
        if len(world.sent) - first >= requests:
            raise Crash

    world.on_send = crash
    try:
        with suppress(BaseExceptionGroup, Crash):
            work()
            return False
        return True
    finally:
        world.on_send = lambda _request: None


def check_killed(world: World, play: Play, chance: Random) -> None:
    """Plan and apply, both cut off somewhere, and gone on with: the same comes to be."""
    path = prepared(world, play)
    before = world.account()["contacts"]
    if cut_off(world, chance.randint(1, 12), lambda: world.plan(path, **play.options)):
        if world.job.path.exists():
            world.resume()
        else:  # nothing was checked yet, so nothing is left of it
            world.plan(path, **play.options)
    lines = report(world.job.path, "plan.csv")
    for _time in range(2):
        if cut_off(world, chance.randint(0, 14), world.apply):
            world.resume()
    assert world.account()["contacts"] == expected(before, lines)
    failed = [line["_code"] for line in report(world.job.path, "failed.csv")]
    assert "changed_meanwhile" not in failed


def check(world: World, play: Play) -> int:
    """Plan and apply; gives how many changes there were."""
    path = prepared(world, play)
    before = world.account()["contacts"]
    sent = len(world.sent)
    world.plan(path, **play.options)
    assert not [request for request, _reply in world.sent[sent:] if request.method != "GET"]
    assert world.account()["contacts"] == before
    lines = report(world.job.path, "plan.csv")
    said = json.loads((world.job.path / "plan.json").read_text())
    assert said["reasons"] == reasons(lines)
    sent = len(world.sent)
    world.apply()
    failed = [line for line in report(world.job.path, "failed.csv") if line["_code"] == "changed_meanwhile"]
    assert not failed, failed
    writes = [request.step for request, _reply in world.sent[sent:] if request.method != "GET"]
    assert len(writes) == said["writes"]["single"], writes
    assert world.account()["contacts"] == expected(before, lines)
    shutil.rmtree(world.job.path)
    if play.options["mode"] in ("upsert", "update") and play.options["on_duplicate"] != "error":
        world.plan(path, **play.options)
        left = {line["_action"] for line in report(world.job.path, "plan.csv")}
        assert left <= {"unchanged", "reject", "opted_out"}, report(world.job.path, "plan.csv")
    return len(lines)


def main() -> None:
    """Play so many, from a seed on (0), and say how many came out otherwise than planned."""
    plays, first = numbers(__doc__, (None, 0))
    wrong = changes = 0
    for seed in range(first, first + plays):
        play = Play.of(Random(seed))
        with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:  # noqa: S108
            try:
                changes += check(World(Path(name), pytest.MonkeyPatch()), play)
            except AssertionError as error:
                wrong += 1
                print(f"seed {seed}: {play.options} {play.header}\n  {str(error)[:600]}")
    print(f"{plays} plans carried out, {changes:,} lines: {wrong} came out otherwise")


if __name__ == "__main__":
    main()
