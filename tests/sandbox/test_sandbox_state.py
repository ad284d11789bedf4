"""State lasts: between openings, beside another process, after a refusal; and what seeding puts there."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sandbox_desk import Desk, sandbox_at

from bulk.errors import UsageError
from bulk.sandbox.app import Sandbox, SandboxOptions
from bulk.sandbox.seed import seed
from bulk.sandbox.switches import Switches

SYNC = "POST contact/sync"


def person(name: str) -> dict[str, object]:
    return {"contact": {"email": f"{name}@example.com"}}


def test_state_lasts_between_openings(tmp_path) -> None:
    with sandbox_at(tmp_path / "s.sqlite") as sandbox:
        Desk(sandbox).given()
    with sandbox_at(tmp_path / "s.sqlite") as sandbox:
        desk = Desk(sandbox)
        assert desk.ask("GET contacts/1").json()["contact"]["email"] == "ada@example.com"
        assert desk.ask("GET fields").json()["meta"]["total"] == "11"


def test_an_id_is_not_given_again_after_a_restart(tmp_path) -> None:
    with sandbox_at(tmp_path / "s.sqlite") as sandbox:
        Desk(sandbox).given(("DELETE contacts/2", None))
    with sandbox_at(tmp_path / "s.sqlite") as sandbox:
        assert Desk(sandbox).ask(SYNC, person("grace")).json()["contact"]["id"] == "3"


def test_two_openings_of_one_file_see_each_other_at_once(tmp_path) -> None:
    with sandbox_at(tmp_path / "s.sqlite") as one, sandbox_at(tmp_path / "s.sqlite") as other:
        here, there = Desk(one), Desk(other)
        for number in range(20):
            desk, beyond = (here, there) if number % 2 else (there, here)
            assert desk.ask(SYNC, person(f"p{number}")).status_code == 201
            assert beyond.ask(SYNC, person(f"p{number}")).status_code == 200
            assert beyond.ask("GET contacts?limit=1").json()["meta"]["total"] == str(number + 1)


def test_several_processes_may_open_a_new_file_at_once_and_write(tmp_path) -> None:
    code = (
        "import sys, asyncio; sys.path.insert(0, sys.argv[3]); from pathlib import Path;"
        "from sandbox_desk import Desk, sandbox_at\n"
        "with sandbox_at(Path(sys.argv[1])) as sandbox:\n"
        "    for n in range(30):\n"
        "        r = Desk(sandbox).ask('POST contact/sync', {'contact': {'email': f'{sys.argv[2]}-{n}@example.com'}})\n"
        "        assert r.status_code == 201, r.text\n"
    )
    here = __file__.rpartition("/")[0]
    started = [
        subprocess.Popen([sys.executable, "-W", "error", "-c", code, str(tmp_path / "s.sqlite"), f"w{n}", here])
        for n in range(4)
    ]
    assert [process.wait() for process in started] == [0, 0, 0, 0]
    with sandbox_at(tmp_path / "s.sqlite") as sandbox:
        assert Desk(sandbox).ask("GET contacts").json()["meta"]["total"] == "120"
        assert Desk(sandbox).ask("GET lists").json()["meta"]["total"] == "3"


def test_who_reads_for_long_keeps_nobody_from_writing(tmp_path) -> None:
    with sandbox_at(tmp_path / "s.sqlite") as one, sandbox_at(tmp_path / "s.sqlite") as other:
        one.store.db.execute("BEGIN")
        assert one.store.count("SELECT count(*) FROM contacts") == 0
        assert Desk(other).ask(SYNC, person("ada")).status_code == 201
        assert one.store.count("SELECT count(*) FROM contacts") == 0  # still of its own moment
        one.store.db.execute("COMMIT")
        assert one.store.count("SELECT count(*) FROM contacts") == 1


def test_what_is_refused_leaves_nothing_behind() -> None:
    with sandbox_at() as sandbox:
        desk = Desk(sandbox)
        options = [{"field": "1", "value": "x"}, {"field": "99", "value": "y"}]
        assert desk.ask("POST fieldOption/bulk", {"fieldOptions": options}).status_code == 404
        assert [option["value"] for option in desk.ask("GET fields/1/options").json()["fieldOptions"]] == [
            "1-10", "11-50", "51-200", "200+"
        ]  # fmt: skip


def test_a_defect_half_way_leaves_nothing_behind_and_the_next_request_is_answered() -> None:
    left = 100  # readings of the clock, before it breaks

    def clock() -> datetime:
        nonlocal left
        left -= 1
        if left == 0:
            raise RuntimeError("the clock is broken")
        return datetime.now(UTC)

    with Sandbox(None, SandboxOptions(rate=0, demo=False), clock=clock) as sandbox:
        desk = Desk(sandbox)
        assert desk.ask(SYNC, person("ada")).status_code == 201
        assert desk.ask("POST tags", {"tag": {"tag": "VIP", "tagType": "contact"}}).status_code == 201
        left = 2  # to tag reads it twice, and the second time it has written
        with pytest.raises(RuntimeError):
            desk.ask("POST contactTags", {"contactTag": {"contact": 1, "tag": 1}})
        assert desk.ask("GET contactTags").json()["contactTags"] == []


def test_times_are_those_of_the_accounts_zone_and_links_those_of_its_host() -> None:
    with sandbox_at(zone=UTC, host="other.example.com") as sandbox:
        contact = Desk(sandbox).ask(SYNC, person("ada")).json()["contact"]
        assert contact["cdate"] == "2026-05-28T08:05:54+00:00"
        assert contact["links"]["notes"] == "https://other.example.com/api/3/contacts/1/notes"


def test_an_empty_account_has_nothing() -> None:
    with sandbox_at(demo=False) as sandbox:
        for plural in ("contacts", "lists", "fields", "tags", "accounts"):
            assert Desk(sandbox).ask(f"GET {plural}").json()["meta"]["total"] == "0"


def test_the_file_is_for_its_owner_only(tmp_path) -> None:
    with sandbox_at(tmp_path / "s.sqlite"):
        assert (tmp_path / "s.sqlite").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_no_sandbox_is_refused(tmp_path) -> None:
    (tmp_path / "s.sqlite").write_text("not a database, though long enough to be looked at" * 50)
    with pytest.raises(UsageError, match=r"s\.sqlite"):
        sandbox_at(tmp_path / "s.sqlite")
    with pytest.raises(UsageError, match="cannot be opened"):
        sandbox_at(tmp_path / "nowhere" / "s.sqlite")


def test_a_sandbox_of_another_version_is_refused(tmp_path) -> None:
    with sandbox_at(tmp_path / "s.sqlite"):
        pass
    db = sqlite3.connect(tmp_path / "s.sqlite")
    db.execute("PRAGMA user_version = 1")
    db.close()
    with pytest.raises(UsageError, match="bulk sandbox reset"):
        sandbox_at(tmp_path / "s.sqlite")


NEWER = (
    "CREATE TABLE parcels (id INTEGER PRIMARY KEY AUTOINCREMENT, contact INTEGER REFERENCES contacts, label TEXT)",
    "INSERT INTO parcels (label) VALUES ('the first')",
    "CREATE INDEX parcels_label ON parcels (label)",
    "CREATE TRIGGER no_more AFTER DELETE ON parcels BEGIN DELETE FROM tags; END",
)


def opened_by(version: tuple[str, ...], path: Path) -> None:
    """Open an account by a version of bulk that makes these tables beside ours."""
    code = (
        "import json, sys; from pathlib import Path; from bulk.sandbox import schema\n"
        "schema.SCHEMA += tuple(json.loads(sys.argv[2]))\n"
        "from bulk.errors import UsageError; from bulk.sandbox.app import Sandbox\n"
        "try: Sandbox(Path(sys.argv[1])).close()\n"
        "except UsageError as error: sys.exit(error.code)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(path), json.dumps(version)], capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise UsageError(result.stderr.strip())


def test_a_table_that_came_since_is_added_with_its_rows_and_what_was_there_stays(tmp_path) -> None:
    path = tmp_path / "s.sqlite"
    with sandbox_at(path) as sandbox:
        Desk(sandbox).given()
        before = sandbox.store.rows("SELECT * FROM contacts")
    for _ in range(2):
        opened_by(NEWER, path)
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("SELECT id, label FROM parcels").fetchall() == [(1, "the first")]
            assert {row[0] for row in db.execute("SELECT name FROM sqlite_master")} > {"parcels_label", "no_more"}
            assert db.execute("SELECT * FROM contacts").fetchall() == before


def test_an_account_that_has_more_than_we_know_is_refused_and_left_as_it_is(tmp_path) -> None:
    path = tmp_path / "s.sqlite"
    opened_by(NEWER, path)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="bulk sandbox reset"):
        sandbox_at(path)
    assert path.read_bytes() == before
    opened_by(NEWER, path)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE tags ADD COLUMN colour TEXT",
        "ALTER TABLE tags DROP COLUMN description",
        "DROP TRIGGER one_more",  # who counts from now on does not know what was there
    ],
)
def test_an_account_whose_tables_are_not_ours_is_refused(tmp_path, change) -> None:
    path = tmp_path / "s.sqlite"
    with sandbox_at(path):
        pass
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(change)
        db.execute("PRAGMA application_id = 0")  # as an account has it that another version made
    with pytest.raises(UsageError, match="bulk sandbox reset"):
        sandbox_at(path)


# ---- seeding


def everything(sandbox: Sandbox) -> list[object]:
    tables = ("contacts", "contactTags", "contactLists", "fieldValues", "accountContacts", "tags", "accounts")
    return [sandbox.store.rows(f"SELECT * FROM {table}") for table in tables]


def test_seeding_is_the_same_for_one_seed() -> None:
    def seeded(number: int) -> list[object]:
        with sandbox_at() as sandbox:
            seed(sandbox.store, 300, seed_number=number)
            return everything(sandbox)

    assert seeded(1) == seeded(1) != seeded(2)


def test_seeding_makes_people_with_all_that_hangs_on_them() -> None:
    with sandbox_at() as sandbox:
        seed(sandbox.store, 500)
        desk = Desk(sandbox)
        assert desk.ask("GET contacts?limit=1").json()["meta"]["total"] == "500"
        assert all(int(desk.ask(f"GET contacts?listid=1&status={n}").json()["meta"]["total"]) > 0 for n in range(4))
        for plural in ("contactTags", "fieldValues", "accountContacts"):
            assert int(desk.ask(f"GET {plural}").json()["meta"]["total"]) > 50
        kinds = sandbox.store.rows("SELECT DISTINCT type FROM fields JOIN fieldValues v ON v.field = fields.id")
        assert len(kinds) >= 8
        assert sandbox.store.count("SELECT count(*) FROM contacts WHERE email NOT LIKE '%@example.com'") == 0
        assert sandbox.store.count("SELECT count(*) FROM contacts WHERE phone NOT LIKE '%555-01%' AND phone <> ''") == 0


def test_seeding_goes_on_where_it_was_and_does_without_the_demo() -> None:
    with sandbox_at(demo=False) as sandbox:
        seed(sandbox.store, 50)
        seed(sandbox.store, 50)
        assert sandbox.store.row("SELECT count(*), min(id), max(id) FROM contacts") == (100, 1, 100)


def test_seeding_leaves_addresses_that_are_taken_alone() -> None:
    with sandbox_at() as sandbox:
        desk = Desk(sandbox)
        for name in ("person5", "person7", "person7.x"):
            assert desk.ask(SYNC, person(name)).status_code == 201
        seed(sandbox.store, 10)
        assert desk.ask("GET contacts?email=person5.x@example.com").json()["contacts"][0]["id"] == "5"
        assert desk.ask("GET contacts").json()["meta"]["total"] == "13"


def test_skewed_ids_are_few_and_far_between_then_bunched() -> None:
    with sandbox_at() as sandbox:
        seed(sandbox.store, 1000, skewed=True)
        ids = [row[0] for row in sandbox.store.rows("SELECT id FROM contacts ORDER BY id")]
        assert len(ids) == 1000
        assert ids[-1] > 50_000
        assert sum(identity < ids[-1] // 2 for identity in ids) < 100


def test_a_keyset_page_costs_the_database_as_much_at_the_start_as_at_the_end(tmp_path) -> None:
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    def cost(desk: Desk, above: int) -> int:
        """Hundreds of instructions that SQLite takes for a page."""
        nonlocal steps
        steps = 0
        desk.ask(f"GET contacts?orders[id]=ASC&id_greater={above}&limit=100")
        return steps

    with Sandbox(tmp_path / "s.sqlite", SandboxOptions(rate=0)) as sandbox:
        seed(sandbox.store, 5_000)
        sandbox.store.db.set_progress_handler(step, 100)
        desk = Desk(sandbox)
        assert 0 < cost(desk, 0) < 1.5 * cost(desk, 4_900)


@pytest.mark.parametrize("counts", ["all", "rest"])
@pytest.mark.parametrize("query", ["listid=1", "listid=2&status=2", "tagid=3", "tagid=1&listid=1", "email_like=person"])
def test_a_walk_by_keyset_finds_as_many_as_the_total_said(query, counts) -> None:
    with sandbox_at(switches=Switches(keyset_total=counts)) as sandbox:
        seed(sandbox.store, 250, skewed=True)
        desk = Desk(sandbox)
        total = int(desk.ask(f"GET contacts?{query}").json()["meta"]["total"])
        ids: list[int] = []
        while True:
            above = ids[-1] if ids else 0
            body = desk.ask(f"GET contacts?{query}&id_greater={above}&orders[id]=ASC&limit=30").json()
            assert int(body["meta"]["total"]) == (total if counts == "all" else total - len(ids))
            if not body["contacts"]:
                break
            ids += [int(contact["id"]) for contact in body["contacts"]]
        assert len(ids) == len(set(ids)) == total > 0
