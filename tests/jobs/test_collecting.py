"""What an export needs beside its pages is read while they are, not after them; and each thing once."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from bulk.model import Request
from bulk.sandbox.app import Sandbox, SandboxOptions
from bulk.sandbox.seed import seed
from bulk.sandbox.seed_crm import Amounts, seed_crm
from tests.world import Crash, World, report

DEALS = 1800
CONTACTS = 600
SIZED = range(1, 200)


def traded(world: World) -> None:
    """An account with many deals of many contacts, each with a custom field."""
    folder = world.folder / world.sandbox
    folder.mkdir(exist_ok=True)
    with Sandbox(folder / "sandbox.sqlite", SandboxOptions()) as sandbox:
        store = sandbox.store
        seed(store, CONTACTS, skewed=False)
        seed_crm(store, Amounts(pipelines=1, deals=DEALS))
        store.db.execute("UPDATE deals SET contact = 1 + id % ?", (CONTACTS,))
    world.ask("POST dealCustomFieldMeta", {"dealCustomFieldMetum": {"fieldLabel": "Size of it", "fieldType": "text"}})
    result = world.ask("GET dealCustomFieldMeta").body["dealCustomFieldMeta"]
    field = next(meta["id"] for meta in result if meta["fieldLabel"] == "Size of it")
    data = [{"customFieldId": field, "dealId": identity, "fieldValue": f"size {identity}"} for identity in SIZED]
    world.ask("POST dealCustomFieldData/bulkCreate", data)


def test_addresses_and_custom_fields_are_read_beside_the_pages(world: World, tmp_path: Path):
    traded(world)
    world.latency = 1.0
    job_result = world.export(tmp_path / "deals.csv", "deals", rate=5)
    assert job_result.summary.rows["succeeded"] == DEALS
    paths = [request.path for request, _reply in world.sent]
    last_page = len(paths) - 1 - paths[::-1].index("deals")
    assert "contacts" in paths[:last_page], "addresses wait for the last page"
    assert "dealCustomFieldData" in paths[:last_page], "custom fields wait for the last page"
    asked = [
        i for request, _ in world.sent if request.path == "contacts" for name, i in request.query if name == "ids[]"
    ]
    assert len(asked) == len(set(asked)), "an address is asked for twice"
    lines = {line["id"]: line for line in report(tmp_path, "deals.csv")}
    assert all(line["contact_email"] for line in lines.values())
    sized = {n: line["Size of it"] for n, line in lines.items() if line["Size of it"]}
    assert sized == {str(n): f"size {n}" for n in SIZED}


def test_what_was_read_beside_the_pages_is_not_read_again_after_a_stop(world: World, tmp_path: Path):
    traded(world)

    def stop(_request: Request) -> None:
        if any(request.path == "contacts" for request, _reply in world.sent):
            raise Crash

    world.latency = 1.0
    world.on_send = stop
    with contextlib.suppress(Crash, BaseExceptionGroup):
        world.export(tmp_path / "deals.csv", "deals", rate=5)
    world.on_send = lambda _request: None
    before = list(world.sent)
    job_result = world.resume_export()
    assert job_result.summary.rows["succeeded"] == DEALS
    first, again = ({r.query for r, _ in sent if r.path == "contacts"} for sent in (before, world.sent[len(before) :]))
    assert first
    assert not first & again
    assert json.loads((job_result.folder.path / "summary.json").read_text())["rows"]["read"] == DEALS
    assert all(line["contact_email"] for line in report(tmp_path, "deals.csv"))
