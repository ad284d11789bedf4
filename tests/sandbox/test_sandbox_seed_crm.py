"""Seeding what contacts trade: as much as was asked for, the same for one seed, and all of it as the routes have it."""

from __future__ import annotations

import pytest
from sandbox_desk import Desk, sandbox_at

from bulk.sandbox.app import Sandbox
from bulk.sandbox.seed import seed
from bulk.sandbox.seed_crm import Amounts, seed_crm

TABLES = ("accounts", "dealGroups", "dealStages", "deals", "contactDeals", "notes", "dealCustomFieldData",
          "accountCustomFieldData")  # fmt: skip
SOME = Amounts(accounts=30, pipelines=3, hidden=1, deals=400, notes=90)


def everything(sandbox: Sandbox) -> list[object]:
    return [sandbox.store.rows(f"SELECT * FROM {table}") for table in TABLES]


def total(desk: Desk, path: str) -> int:
    return int(desk.ask(f"GET {path}").json()["meta"]["total"])


def test_seeding_is_the_same_for_one_seed() -> None:
    def seeded(number: int) -> list[object]:
        with sandbox_at() as sandbox:
            seed(sandbox.store, 50)
            seed_crm(sandbox.store, SOME, seed_number=number)
            return everything(sandbox)

    assert seeded(1) == seeded(1) != seeded(2)


def test_seeding_adds_as_many_as_were_asked_for() -> None:
    with sandbox_at() as sandbox:
        seed(sandbox.store, 50)
        seed_crm(sandbox.store, SOME)
        desk = Desk(sandbox)
        assert total(desk, "accounts") == 5 + 30
        assert total(desk, "dealGroups") == 1 + 3 - 1  # one is hidden
        assert total(desk, "dealStages") == 12
        assert total(desk, "deals") == 400
        assert total(desk, "notes") == 90
        assert total(desk, "contactDeals") > 10
        hidden = total(desk, "deals?filters[group]=4")
        assert 50 < hidden < 150
        listed = [desk.ask(f"GET deals?limit=100&offset={at}").json()["deals"] for at in range(0, 400, 100)]
        assert sum(deal["isDisabled"] for page in listed for deal in page) == hidden
        titles = [deal["title"] for page in listed for deal in page]
        assert len(set(titles)) < len(titles)
        assert any(not title.isascii() for title in titles)


@pytest.mark.parametrize(("of", "kinds"), [("deal", 11), ("account", 4)])
def test_values_of_every_type_are_such_as_the_route_takes(of, kinds) -> None:
    with sandbox_at() as sandbox:
        seed(sandbox.store, 50)
        seed_crm(sandbox.store, SOME)
        desk = Desk(sandbox)
        meta = desk.ask(f"GET {of}CustomFieldMeta").json()[f"{of}CustomFieldMeta"]
        assert len(meta) == kinds
        for field in meta:
            row = sandbox.store.row(f"SELECT id FROM {of}CustomFieldData WHERE customFieldId = ?", (field["id"],))
            path = f"{of}CustomFieldData/{row[0] if row else 0}"
            datum = desk.ask(f"GET {path}").json()[f"{of}CustomFieldDatum"]
            again = desk.ask(f"PUT {path}", {f"{of}CustomFieldDatum": {"fieldValue": datum["fieldValue"]}})
            assert again.status_code == 200, (field, again.text)
            assert again.json()[f"{of}CustomFieldDatum"]["fieldValue"] == datum["fieldValue"]


def test_seeding_does_without_contacts_and_the_demo_and_goes_on_where_it_was() -> None:
    with sandbox_at(demo=False) as sandbox:
        seed_crm(sandbox.store, Amounts(deals=20, notes=5))
        seed_crm(sandbox.store, Amounts(deals=20, notes=5, accounts=3))
        desk = Desk(sandbox)
        assert total(desk, "deals") == 40
        assert total(desk, "notes") == 10
        assert total(desk, "accounts") == 4
        assert total(desk, "dealGroups") == 1


def test_notes_alone_are_about_an_account() -> None:
    with sandbox_at(demo=False) as sandbox:
        seed_crm(sandbox.store, Amounts(notes=2))
        assert total(Desk(sandbox), "notes") == 2
