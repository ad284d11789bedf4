"""A collection by its declaration alone: what a resource that has no routes of its own answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sandbox_desk import sandbox_at

from bulk.resources import RESOURCES, references
from bulk.resources.kinds import FLAG, ID, NUMBER, OPTION, TEXT, VALUES, Option
from bulk.resources.spec import Column, Resource
from bulk.sandbox.calls import Call, Refusal
from bulk.sandbox.collection import Collection, in_body
from bulk.sandbox.routes import ROUTES
from bulk.sandbox.shapes.wire import Shapes
from bulk.sandbox.switches import Switches

PARCELS = Resource(
    name="parcels",
    singular="parcel",
    key="label",
    called="label",
    search="search",
    modes=("upsert", "create", "update", "delete"),
    filters={"label": "filters[label]", "list": "filters[listid]", "gone": "filters[gone]"},
    columns=(
        Column("id", ID, writable=False),
        Column("label", TEXT, required=True),
        Column("size", OPTION, options=(Option("small"), Option("large"))),
        Column("marks", VALUES, required=True, options=(Option("red"), Option("blue"))),
        Column("pieces", NUMBER, required=True),
        Column("fragile", FLAG),
        *references.mailing_list(required=False),
        Column("weighed", TEXT, writable=False),
        Column("beside", TEXT, beside=True),
        Column("cdate", TEXT, writable=False),
        Column("udate", TEXT, writable=False),
    ),
)
TABLE = (
    "CREATE TABLE parcels (id INTEGER PRIMARY KEY AUTOINCREMENT, label TEXT, size TEXT, marks TEXT, pieces INTEGER,"
    " fragile TEXT, list INTEGER, weighed TEXT, cdate TEXT, udate TEXT)"
)
GOOD = {"label": "Box", "marks": ["red"], "pieces": 2}


class Desk:
    """Asks the routes of a collection."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.routes = Collection(PARCELS).routes()

    def ask(self, request: str, sent: Any = None, *query: tuple[str, str]) -> tuple[int, Any]:
        method, path = request.split(" ")
        ids = tuple(int(part) for part in path.split("/") if part.isdigit())
        place = method, "/".join("{}" if part.isdigit() else part for part in path.split("/"))
        call = Call(self.store, Shapes("sandbox.example.com"), Switches(), ids, query, sent and {"parcel": sent})
        try:
            return self.routes[place](call)
        except Refusal as refusal:
            return refusal.status, refusal.body


@pytest.fixture
def desk() -> Iterator[Desk]:
    with sandbox_at() as sandbox:
        sandbox.store.db.execute(TABLE)
        yield Desk(sandbox.store)


def test_a_record_is_made_and_read_as_declared(desk: Desk) -> None:
    now = desk.store.now()
    made = {
        "label": "Box", "size": "", "marks": ["red"], "pieces": 2, "fragile": "0", "list": "0", "weighed": None,
        "cdate": now, "udate": now, "links": [], "id": "1",
    }  # fmt: skip
    assert desk.ask("POST parcels", GOOD) == (201, {"parcel": made}), "in the type it was sent in"
    assert desk.ask("GET parcels/1") == (200, {"parcel": made | {"pieces": "2"}})
    assert list(desk.ask("GET parcels/1")[1]["parcel"]) == list(made)


def test_what_is_sent_is_changed_and_nothing_else(desk: Desk) -> None:
    desk.ask("POST parcels", GOOD | {"fragile": "1", "list": 2})
    before = desk.ask("GET parcels/1")[1]["parcel"]
    desk.store.update("parcels", 1, {"udate": "2026-01-01T00:00:00-05:00"})
    status, body = desk.ask("PUT parcels/1", {"size": "large", "weighed": "today", "id": "7", "colour": "red"})
    assert (status, body) == (200, {"parcel": before | {"size": "large"}})
    assert desk.ask("PUT parcels/1", {"list": 0})[1]["parcel"]["list"] == 0
    assert desk.ask("GET parcels/1")[1]["parcel"] == before | {"size": "large", "list": "0"}


def test_what_is_deleted_is_gone(desk: Desk) -> None:
    desk.ask("POST parcels", GOOD)
    missing = 404, {"message": "No Result found for Parcel with id 1"}
    assert desk.ask("DELETE parcels/1") == (200, {})
    assert desk.ask("DELETE parcels/1") == desk.ask("GET parcels/1") == desk.ask("PUT parcels/1", GOOD) == missing
    assert desk.ask("POST parcels", GOOD)[1]["parcel"]["id"] == "2", "no id is given twice"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in ("label", "marks", "pieces") for value in (None, "", "left out")),
        ("label", []), ("label", 0), ("marks", []),
    ],
)  # fmt: skip
def test_what_is_required_is_needed_by_a_new_record_and_never_emptied(desk: Desk, name: str, value: Any) -> None:
    desk.ask("POST parcels", GOOD)
    error = {
        "title": f"The parcel {name} was not provided.", "detail": "", "code": "field_missing",
        "source": {"pointer": f"/data/attributes/{name}"},
    }  # fmt: skip
    sent = {key: one for key, one in GOOD.items() if key != name} | ({} if value == "left out" else {name: value})
    assert desk.ask("POST parcels", sent) == (422, {"errors": [error]})
    assert desk.ask("PUT parcels/1", sent)[0] == (200 if value == "left out" else 422)
    assert desk.ask("POST parcels", GOOD | {"pieces": 0})[0] == 201, "a number that is there"


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        ({"size": "huge"}, 422, "The value you selected is not a valid choice."),
        ({"marks": ["red", "green"]}, 422, "The parcel marks are not valid."),
        ({"marks": "red"}, 422, "The parcel marks are not valid."),
        ({"marks": [1]}, 422, "The parcel marks are not valid."),
        ({"list": 99}, 404, "No Result found for _List with id 99"),
    ],
)
def test_what_a_column_cannot_be_is_refused(desk: Desk, sent: dict[str, Any], status: int, said: str) -> None:
    desk.ask("POST parcels", GOOD)
    for request, body in (("POST parcels", GOOD | sent), ("PUT parcels/1", sent)):
        code, answer = desk.ask(request, body)
        assert (code, answer.get("message") or answer["errors"][0]["title"]) == (status, said)


def test_a_body_without_its_wrapper_is_refused(desk: Desk) -> None:
    assert desk.ask("POST parcels")[0] == 403


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ([], ["Box", "box", "Big Box", "Bag"]), ([("filters[label]", "BOX")], ["Box", "box"]),
        ([("search", "bo")], ["Box", "box", "Big Box"]), ([("filters[listid]", "2")], ["box", "Bag"]),
        ([("filters[listid]", "2"), ("search", "x")], ["box"]),
        ([("filters[gone]", "2")], ["Box", "box", "Big Box", "Bag"]),
        ([("limit", "2"), ("offset", "1")], ["box", "Big Box"]),
    ],
)  # fmt: skip
def test_a_list_heeds_the_declared_filters_and_its_place(desk: Desk, query: Any, labels: list[str]) -> None:
    for at, label in enumerate(["Box", "box", "Big Box", "Bag"], 1):
        desk.ask("POST parcels", GOOD | {"label": label, "list": 2 if at % 2 == 0 else 0})
    status, body = desk.ask("GET parcels", None, *query)
    assert (status, [record["label"] for record in body["parcels"]]) == (200, labels)
    assert body["meta"] == {"total": str(4 if ("limit", "2") in query else len(labels))}


@pytest.mark.parametrize(
    ("modes", "verbs"),
    [
        ((), ["GET"]),
        (("upsert", "delete"), ["DELETE", "GET", "POST"]),
        (PARCELS.modes, ["DELETE", "GET", "POST", "PUT"]),
    ],
)
def test_there_are_the_verbs_that_the_declaration_names(modes: tuple[str, ...], verbs: list[str]) -> None:
    routes = Collection(Resource("parcels", "parcel", "label", PARCELS.columns, modes)).routes()
    assert sorted({verb for verb, _path in routes}) == verbs


# ---- the registry


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_every_resource_has_its_table_and_is_answered(resource: Resource) -> None:
    with sandbox_at() as sandbox:
        columns = {row[1] for row in sandbox.store.rows(f"PRAGMA table_info({resource.name})")}
    assert columns, f"schema.py has no table {resource.name}"
    route = ROUTES["GET", resource.name]
    if isinstance(collection := getattr(route, "__self__", None), Collection) and not collection.columns:
        missing = {column.attribute for column in in_body(resource)} - columns
        assert missing == set(), f"schema.py: {resource.name} has no {missing}"
    verbs = {verb for verb, path in ROUTES if path in (resource.name, f"{resource.name}/{{}}")}
    wanted = {"create": "POST", "update": "PUT", "delete": "DELETE"}
    assert verbs >= {"GET", *(wanted[mode] for mode in resource.modes if mode in wanted)}
