"""An export of some columns asks for no more than they need, and shows in them what the whole export shows."""

from __future__ import annotations

import csv
from pathlib import Path

import anyio
import pytest

from bulk.errors import UsageError
from bulk.model import Request
from bulk.sandbox.app import Sandbox, SandboxOptions
from bulk.sandbox.seed import seed
from bulk.sandbox.seed_crm import Amounts, seed_crm
from bulk.sandbox.switches import Switches
from tests.world import World

PLAIN = ("email", "firstName", "lastName", "phone", "id")


def furnished(world: World, contacts: int, *, include: bool = True) -> None:
    """An account with contacts, deals and what belongs to them; with a custom field of deals."""
    world.switches = Switches(include=include)
    (world.folder / world.sandbox).mkdir(exist_ok=True)
    with Sandbox(world.folder / world.sandbox / "sandbox.sqlite", SandboxOptions()) as sandbox:
        seed(sandbox.store, contacts, skewed=False)
        seed_crm(sandbox.store, Amounts(pipelines=2, deals=40))
    world.ask("POST dealCustomFieldMeta", {"dealCustomFieldMetum": {"fieldLabel": "Size", "fieldType": "text"}})
    fields = world.ask("GET dealCustomFieldMeta").body["dealCustomFieldMeta"]
    size = next(field["id"] for field in fields if field["fieldLabel"] == "Size")
    data = [{"customFieldId": size, "dealId": deal, "fieldValue": f"size {deal}"} for deal in range(1, 20)]
    world.ask("POST dealCustomFieldData/bulkCreate", data)
    for kind in ("Subscriber", "Deal"):
        world.ask("POST notes", {"note": {"note": f"about a {kind}", "relid": 7, "reltype": kind}})
    world.sent.clear()


def exported(world: World, resource: str, *columns: str) -> list[dict[str, str]]:
    path = world.folder / "out.csv"
    world.export(path, resource, columns=columns)
    world.job.path.rename(world.folder / f"job {len(list(world.folder.iterdir()))}")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def paths(world: World) -> list[str]:
    return [request.path for request, _reply in world.sent]


@pytest.mark.parametrize("include", [True, False])
def test_plain_columns_are_had_with_the_pages_alone(world: World, include: bool):
    furnished(world, 2_000, include=include)
    lines = exported(world, "contacts", *PLAIN)
    assert len(lines) == len({line["email"] for line in lines}) == 2_000
    assert set(paths(world)) == {"contacts"}
    assert len(paths(world)) <= 22
    assert not any(name == "include" for request, _reply in world.sent for name, _value in request.query)


@pytest.mark.parametrize(
    ("columns", "include", "needed"),
    [
        (("email", "tags"), True, {"contacts"}),
        (("email", "tags"), False, {"contacts", "contactTags", "tags"}),
        (("email", "lists"), False, {"contacts", "contactLists", "lists"}),
        (("account",), False, {"contacts", "accountContacts", "accounts"}),
        (("email", "Job title"), False, {"contacts", "fieldValues", "fields"}),
    ],
)
def test_what_no_column_needs_is_not_read(world: World, columns: tuple[str, ...], include: bool, needed: set[str]):
    furnished(world, 150, include=include)
    if "Job title" in columns:
        world.ask("POST fields", {"field": {"title": "Job title", "type": "text"}})
        world.sent.clear()
    exported(world, "contacts", *columns)
    assert set(paths(world)) == needed


def test_neither_addresses_nor_custom_fields_of_deals_are_read_for_nothing(world: World):
    furnished(world, 100)
    assert len(exported(world, "deals", "title", "value")) == 40
    assert set(paths(world)) == {"deals"}


@pytest.mark.some(7)
@pytest.mark.parametrize("include", [True, False])
@pytest.mark.parametrize("resource", ["contacts", "contactTags", "contactLists", "deals", "notes", "fields", "tags"])
def test_each_column_by_itself_shows_what_the_whole_export_shows(world: World, resource: str, include: bool):
    furnished(world, 60, include=include)
    entire = exported(world, resource)
    assert entire
    for header in entire[0]:
        alone = exported(world, resource, header)
        assert [line[header] for line in alone] == [line[header] for line in entire], header


def test_a_column_that_there_is_not_is_told_beside_the_first_pages(world: World, tmp_path: Path):
    furnished(world, 2_000)
    world.latency = 1.0
    times: dict[str, float] = {}

    def note(request: Request) -> None:
        times.setdefault(request.path, anyio.current_time())

    world.on_send = note
    with pytest.raises(UsageError) as raised:
        world.export(tmp_path / "out.csv", columns=("email", "Job tilte"), rate=5)
    assert raised.value.code == "export_column_unknown"
    assert set(times) == {"contacts", "fields"}
    assert abs(times["fields"] - times["contacts"]) < 0.5, "one waits for the other"
    assert len(world.sent) <= 12
    assert not (tmp_path / "out.csv").exists()
    assert not world.job.path.exists(), "there is nothing to go on with"
