"""Sound JSON of no documented shape, in every answer that a command reads: a plain message, in a bounded time."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import anyio
import pytest

from bulk.errors import AccountingError, BulkError
from bulk.jobs import all_resources, export, import_, validate
from bulk.jobs.options import ExportOptions, ImportOptions
from bulk.model import Json, Lost, Reply, Request
from bulk.resources import RESOURCES, named
from bulk.sandbox.faults import Fault
from tests.jobs.samples import IMPORTED, SAMPLES
from tests.scale import tries
from tests.virtual import run
from tests.world import World

LONGEST: Final = 40.0  # seconds: a few tries of each of the readings that come one after the other
TWICE: Final = 150.0  # and where an answer about another record is asked for anew once all pages are read
WRITING: Final = 300.0  # and where writes are settled and read back, of each in turn
VALUES: Final = (5, -1, 1.5, True, None, "text", "", [], {}, ["x"], [None], [[]], [{}], {"a": 1}, 10**30, "1e400")
Damage = Callable[[Json], Json]


def damages(body: Json) -> Iterator[tuple[str, Damage]]:
    """What exchanges one part of a body: the whole, each list and record in it, each of what they hold."""
    for value in VALUES:
        yield f"{value!r}", lambda _body, value=value: value
    for name, part in body.items() if isinstance(body, dict) else ():
        for value in VALUES:
            yield f"{name} = {value!r}", lambda body, name=name, value=value: body | {name: value}
        record = part[0] if isinstance(part, list) and part else part
        for attribute in record if isinstance(record, dict) else ():
            for value in VALUES:
                change = partial(_changed, name=name, change=lambda one, a=attribute, value=value: one | {a: value})
                yield f"{name}.{attribute} = {value!r}", change
            without = lambda one, a=attribute: {key: value for key, value in one.items() if key != a}  # noqa: E731
            yield f"{name} without {attribute}", partial(_changed, name=name, change=without)
        for value in VALUES if isinstance(part, list) else ():
            yield f"{value!r} among {name}", lambda body, n=name, v=value: body | {n: [*(body.get(n) or ()), v]}


def _changed(body: Json, *, name: str, change: Damage) -> Json:
    """The body with one record changed, or the last of a list."""
    part = body.get(name)
    if isinstance(part, list):
        return body | {name: [*part[:-1], *map(change, part[-1:])]}
    return body | {name: change(part)} if isinstance(part, dict) else body


def commands(world: World) -> dict[str, Callable[[], Any]]:
    """What reads an account, by what it is called."""
    result: dict[str, Callable[[], Any]] = {}
    for resource in RESOURCES:
        result[f"export {resource.name}"] = lambda resource=resource: export.start(
            resource, world.folder / "out.csv", ExportOptions(rate=0), world.setting
        )
    for resource in IMPORTED:
        sample = SAMPLES[resource.name]
        file = world.csv(sample.rows[:3], sample.header, f"{resource.name}.csv")
        result[f"import {resource.name}"] = lambda resource=resource, file=file: import_.start(
            resource, file, ImportOptions(rate=0), world.setting
        )
    contacts = world.folder / "contacts.csv"
    result["validate"] = lambda: validate.validate(
        named("contacts"), contacts, ImportOptions(rate=0), world.setting, offline=False
    )
    result["export all"] = lambda: all_resources.export_all(world.folder / "all", ExportOptions(rate=0), world.setting)
    return result


NAMES: Final = [
    *(f"export {r.name}" for r in RESOURCES), *(f"import {r.name}" for r in IMPORTED), "validate", "export all",
]  # fmt: skip


async def timed(command: Callable[[], Any]) -> tuple[float, str]:
    """How long a command takes, and what it says at its end."""
    began = anyio.current_time()
    try:
        with anyio.fail_after(2 * WRITING):
            job_result = await command()
        said = str(getattr(job_result, "error", None) or "")
    except AccountingError:
        raise
    except BulkError as error:
        said = str(error)
    return anyio.current_time() - began, said


@pytest.mark.some(6)
@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_an_answer_may_hold_is_a_defect_or_takes_long(world: World, full: Path, name: str):
    chance = random.Random(name)

    def play(path: str, damage: Damage) -> tuple[float, str]:
        for folder in ("account", "jobs", "all"):
            shutil.rmtree(world.folder / folder, ignore_errors=True)
        shutil.copytree(full, world.folder / "account")
        world.sent.clear()
        world.instead = partial(looks_damaged, path, damage)
        return run(timed, commands(world)[name])

    play("", lambda body: body)
    bodies: dict[str, Json] = {}
    for request, reply in world.sent:
        if isinstance(reply, Reply) and reply.body is not None:
            bodies.setdefault(f"{request.method} {request.path}", reply.body)
    for _ in range(tries(2, 100)):
        path = chance.choice(list(bodies))
        what, damage = chance.choice(list(damages(bodies[path])))
        try:
            seconds, said = play(path, damage)
        except Exception as error:
            raise AssertionError(f"{name}, {path}: {what}") from error
        longest = TWICE if "about another record" in said else LONGEST
        assert seconds < (WRITING if name.startswith("import") else longest), (path, what, said)


def looks_damaged(path: str, damage: Damage, request: Request, reply: Reply | Lost) -> Reply | Lost:
    """The answer with its body damaged, if it is one to this request."""
    if f"{request.method} {request.path}" != path or not isinstance(reply, Reply) or not isinstance(reply.body, dict):
        return reply
    return reply if reply.status >= 300 else Reply(reply.status, damage(reply.body))


SAID: Final = {
    "lists = null": ("lists", {"lists": None}, "its 'lists' are no records"),
    "lists of texts": ("lists", {"lists": ["x"]}, "its 'lists' are no records"),
    "a list without an id": ("lists", {"lists": [{"name": "A"}]}, "a record in it has no 'id'"),
    "an id that is none": ("lists", {"lists": [{"id": "abc", "name": "A"}]}, "a value in it makes no sense"),
    "no fields": ("fields", {"field": []}, "it has no 'fields'"),
    "a field without a title": ("fields", {"fields": [{"id": "1", "type": "text"}]}, "a record in it has no 'title'"),
    "options = 5": ("fields", {"fields": [], "fieldOptions": 5}, "a value in it makes no sense"),
}


@pytest.mark.parametrize(("path", "body", "said"), SAID.values(), ids=SAID)
def test_what_is_wrong_with_an_answer_is_said_soon(world: World, path: str, body: Json, said: str):
    world.instead = lambda request, reply: Reply(200, body) if request.path == path else reply
    command = commands(world)["validate"]
    seconds, told = run(timed, command)
    assert told.startswith(f"Cannot read the account's {path}: The answer was of an unknown shape: {said}. ")
    assert told.endswith("Run the command again in a few minutes.")
    assert seconds < 15


@pytest.mark.parametrize("number", ["Infinity", "-Infinity", "NaN", "1e400"])
def test_a_number_that_is_none_is_said_soon(world: World, number: str):
    world.faults = (Fault("total", path="lists", total=number),)
    seconds, told = run(timed, commands(world)["validate"])
    said = "The answer was of an unknown shape: a number in it is none. Run the command again in a few minutes."
    assert told == f"Cannot read the account's lists: {said}"
    assert seconds < 15
