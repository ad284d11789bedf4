"""A whole account out into a folder and into another account: equal, ids and dates apart, whatever comes between."""

from __future__ import annotations

import contextlib
import csv
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import weakref
from pathlib import Path

import pytest

from bulk.cli.display import show_quietly
from bulk.errors import AbortedError, UsageError
from bulk.library import Result
from bulk.model import Request
from bulk.resources import RESOURCES
from bulk.sandbox.app import Sandbox, SandboxOptions
from bulk.sandbox.faults import Fault
from bulk.sandbox.seed import seed
from tests.jobs.samples import IMPORTED
from tests.jobs.test_kills import Place
from tests.scale import tries
from tests.served import Served
from tests.world import Crash, World, check_reports, report

LEFT = {"contactAutomations", "contactTags", "fieldValues"}  # by an import of everything

OTHER = "other.example.com"
STATUSES = ("succeeded", "unchanged", "rejected", "failed", "in_doubt", "skipped", "unprocessed")
Rows = dict[str, list[tuple[str, ...]]]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def rows_in(directory: Path) -> Rows:
    """What an account is made of, by its files: without ids, and without what only the API sets (dates, counts)."""
    result: Rows = {}
    for resource in IMPORTED:
        if resource.name == "contactAutomations":
            continue  # nobody is enrolled by an import of everything
        own = {column.header for column in resource.columns if column.kind.name == "id" or not column.writable}
        lines = table(directory / f"{resource.name}.csv")
        result[resource.name] = sorted(
            tuple(f"{name}={cell}" for name, cell in sorted(line.items()) if name not in own) for line in lines
        )
    return result


def furnish(path: Path, pattern: Path) -> None:
    """Give an empty account the users that no import makes, and ids of its own.

    Every table begins its ids elsewhere, so that an id that is not translated points to nothing.
    """
    with sqlite3.connect(path) as db:
        db.execute("ATTACH ? AS pattern", (str(pattern),))
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")]
        db.execute("DELETE FROM sqlite_sequence")
        db.executemany("INSERT INTO sqlite_sequence VALUES (?, ?)", ((name, 1000 * n) for n, name in enumerate(tables)))
        columns = ",".join(row[1] for row in db.execute("PRAGMA table_info(users)") if row[1] != "id")
        db.execute(f"INSERT OR IGNORE INTO users ({columns}) SELECT {columns} FROM pattern.users")
    db.close()


@pytest.fixture
def account(world: World, full: Path) -> World:
    shutil.copytree(full, world.folder / "account")
    return world


@pytest.fixture
def other(world: World, full: Path) -> World:
    """An account without anything, beside the full one."""
    other = World(world.folder, world.monkeypatch, sandbox="other", host=OTHER, demo=False)
    other.ask("GET users")
    furnish(world.folder / "other" / "sandbox.sqlite", full / "sandbox.sqlite")
    return other


@pytest.fixture(scope="session")
def folder(full: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The full account as a folder of files."""
    place = tmp_path_factory.mktemp("whole")
    shutil.copytree(full, place / "account")
    with pytest.MonkeyPatch.context() as patch:
        World(place, patch).export_all(place / "out")
    return place / "out"


def check_parts(world: World) -> None:
    """Every part's reports hold, and the counts of all together are their sums."""
    summary = json.loads(world.job.file("summary.json").read_text())
    assert summary["rows"]["read"] == sum(summary["rows"][status] for status in STATUSES)
    for name in ("read", *STATUSES):
        assert summary["rows"][name] == sum(rows[name] for rows in summary["resources"].values()), name
    requests = 0
    for name, rows in summary["resources"].items():
        part = world.job.file(name)
        of_part = json.loads((part / "summary.json").read_text())
        assert of_part["rows"] == rows
        requests += of_part["requests"]
        if (part / "succeeded.csv").exists():
            with (part / "succeeded.csv").open(encoding="utf-8-sig", newline="") as file:
                check_reports(part, next(csv.reader(file))[:-3])
    assert summary["requests"] >= requests


def told(world: World) -> list[tuple[str, str, str]]:
    return [
        (part.parent.name, line["_code"], line["_error"])
        for part in world.job.path.glob("*/failed.csv")
        for line in report(part.parent, "failed.csv")
    ]


# ---- there and back


def test_a_whole_account_comes_out_file_by_file(account: World):
    job_result = account.export_all(account.folder / "out")
    assert job_result.summary.complete
    manifest = json.loads((account.folder / "out" / "manifest.json").read_text())
    assert set(manifest["resources"]) == {resource.name for resource in RESOURCES}
    for name, file in manifest["resources"].items():
        assert file["rows"] == len(table(account.folder / "out" / file["file"])) > 0, name
    with sqlite3.connect(account.folder / "account" / "sandbox.sqlite") as db:
        for name, file in manifest["resources"].items():
            assert file["rows"] == db.execute(f"SELECT count(*) FROM {name}").fetchone()[0], name
    db.close()
    check_parts(account)


def test_into_its_own_account_it_changes_nothing(account: World, folder: Path):
    job_result = account.import_all(folder)
    assert job_result.summary.rows["unchanged"] == job_result.summary.rows["read"] > 0, told(account)
    assert account.steps() == []
    check_parts(account)


def test_into_its_own_account_it_brings_back_what_was_deleted(account: World, folder: Path):
    """The records made anew have new ids; what names them by the old ones is put right."""
    for name in ("notes", "deals", "contacts", "accounts", "lists", "tags", "fields", "dealCustomFieldMeta"):
        lines = table(folder / f"{name}.csv")
        for line in lines if name == "deals" else lines[:2]:
            assert account.ask(f"DELETE {name}/{line['id']}").status == 200
    job_result = account.import_all(folder)
    assert (job_result.error, job_result.summary.complete) == (None, True), told(account)
    check_parts(account)
    shutil.rmtree(account.job.path)
    assert account.export_all(account.folder / "again").summary.complete
    assert rows_in(account.folder / "again") == rows_in(folder)
    shutil.rmtree(account.job.path)
    account.sent.clear()
    assert account.import_all(folder).summary.rows["succeeded"] == 0, "and again nothing is new"
    assert account.steps() == []


def test_into_an_empty_account_it_makes_an_equal_one(other: World, folder: Path):
    job_result = other.import_all(folder)
    assert (job_result.error, job_result.summary.complete) == (None, True), told(other)
    check_parts(other)
    assert set(job_result.summary.parts) == {resource.name for resource in IMPORTED} - LEFT
    shutil.rmtree(other.job.path)
    assert other.export_all(other.folder / "out").summary.complete
    assert rows_in(other.folder / "out") == rows_in(folder)
    ids = {line["id"] for line in table(other.folder / "out" / "deals.csv")}
    assert not ids & {line["id"] for line in table(folder / "deals.csv")}, "an account with ids of its own"
    shutil.rmtree(other.job.path)
    other.sent.clear()
    assert other.import_all(folder).summary.rows["succeeded"] == 0, "and again nothing is new"
    assert other.steps() == []


def test_owners_are_known_by_their_addresses_in_another_account(other: World, folder: Path):
    owners = {line["owner_email"] for line in table(folder / "deals.csv")}
    assert len(owners) > 1
    other.import_all(folder)
    assert not [line for line in told(other) if line[1] == "contradiction"]
    shutil.rmtree(other.job.path)
    other.export_all(other.folder / "out")
    assert {line["owner_email"] for line in table(other.folder / "out" / "deals.csv")} == owners


def test_a_part_of_a_folder_goes_by_the_names_in_it(other: World, folder: Path, tmp_path: Path):
    """Contacts and pipelines are there already, and the files that would tell their old ids are not."""
    other.import_all(folder)
    shutil.rmtree(other.job.path)
    alone = tmp_path / "alone"
    alone.mkdir()
    for name in ("deals.csv", "manifest.json"):
        shutil.copy(folder / name, alone / name)
    job_result = other.import_all(alone)
    assert job_result.summary.rows["unchanged"] == job_result.summary.rows["read"] > 0, told(other)


# ---- what may not be read


def test_what_belongs_to_contacts_and_may_not_be_read_has_no_file_and_is_not_claimed(
    account: World, capsys: pytest.CaptureFixture[str]
):
    account.faults = (Fault("status", path="contactTags", status=403), Fault("no_include"))
    out = account.folder / "out"
    job_result = account.export_all(out)
    assert (job_result.error, job_result.summary.complete) == (None, True)
    assert not (out / "contactTags.csv").exists()
    manifest = json.loads((out / "manifest.json").read_text())
    summary = json.loads(account.job.file("summary.json").read_text())
    for told_by in (manifest, summary):
        assert "contactTags" not in told_by["resources"]
        assert told_by["left_out"] == {"contactTags": "Forbidden (HTTP 403)"}
    assert set(manifest["resources"]) == {resource.name for resource in RESOURCES} - {"contactTags"}
    show_quietly(Result.of(job_result))
    assert "contactTags is left out" in capsys.readouterr().err
    for path in out.iterdir():
        path.unlink()
    again = account.resume_all()
    assert again.summary.left_out == job_result.summary.left_out
    assert not (out / "contactTags.csv").exists()


def test_a_file_of_an_earlier_export_is_said_to_be_older(account: World):
    account.faults = (Fault("status", path="contactTags", status=403), Fault("no_include"))
    out = account.folder / "out"
    out.mkdir()
    (out / "contactTags.csv").write_text("old")
    account.export_all(out)
    assert [line for line in account.told.lines if line.startswith("contactTags.csv is left out") and "older" in line]
    assert "contactTags" not in json.loads((out / "manifest.json").read_text())["resources"]


# ---- interrupted


MADE = (*({resource.name for resource in IMPORTED} - LEFT), "fieldOptions", "fieldRels")


def made(path: Path) -> dict[str, int]:
    """How many records there are of what may not be made twice."""
    with sqlite3.connect(path) as db:
        counts = {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in MADE}
    db.close()
    return counts


def test_killed_many_times_on_the_way_in_it_still_makes_an_equal_one(
    other: World, forks: subprocess.Popen[str], full: Path, folder: Path
):
    chance = random.Random(0)
    tmp_path = other.folder
    with Served(tmp_path / "other", latency=0.002, demo=False, host=OTHER) as served:
        place = Place(tmp_path, served, forks)
        line = ("import", "all", str(folder), "--job", "job", "--rate", "0", "-q")
        kills, most = 0, tries(3, 20)
        while kills < most:
            code, _out, err = place.run(*line, number=signal.SIGKILL, after=chance.randint(2, 22))
            if code == 0:
                break
            assert code == -signal.SIGKILL, err
            kills += 1
            if (place.job / "job.json").exists():
                line = ("resume", "job", "--rate", "0", "-q")
        if kills == most:
            code, _out, err = place.run(*line)
        assert code == 0, err
    assert kills >= most * 3 // 4
    assert made(served.path) == made(full / "sandbox.sqlite"), "nothing twice"
    summary = json.loads((place.job / "summary.json").read_text())
    assert summary["state"] == "finished"
    assert summary["rows"]["read"] == summary["rows"]["succeeded"] + summary["rows"]["unchanged"]
    assert set(summary["resources"]) == {resource.name for resource in IMPORTED} - LEFT
    assert other.export_all(tmp_path / "out").summary.complete
    assert rows_in(tmp_path / "out") == rows_in(folder)


def test_an_export_killed_on_the_way_is_the_same_in_the_end(account: World, forks: subprocess.Popen[str], folder: Path):
    chance = random.Random(1)
    with Served(account.folder / "account", latency=0.002) as served:
        place = Place(account.folder, served, forks)
        line = ("export", "all", "out", "--job", "job", "--rate", "0", "-q")
        kills = 0
        while kills < tries(2, 5):
            code, _out, err = place.run(*line, number=signal.SIGKILL, after=chance.randint(2, 12))
            if code == 0:
                break
            assert code == -signal.SIGKILL, err
            kills += 1
            assert all(path.suffix in (".csv", ".json", ".part") for path in (account.folder / "out").iterdir())
            if (place.job / "job.json").exists():
                line = ("resume", "job", "--rate", "0", "-q")
        if kills == tries(2, 5):
            code, _out, err = place.run(*line)
        assert code == 0, err
        assert kills >= 2
    assert {path.name: path.read_bytes() for path in (account.folder / "out").glob("*.csv")} == {
        path.name: path.read_bytes() for path in folder.glob("*.csv")
    }


def crashed(world: World, at: int, folder: Path) -> None:
    """Begin to import everything; the process ends when it is about to send its request number `at` that writes."""
    count = 0

    def crash(request: Request) -> None:
        nonlocal count
        count += request.method != "GET"
        if count == at:
            raise Crash

    world.on_send = crash
    with contextlib.suppress(BaseExceptionGroup, Crash):
        world.import_all(folder)
    world.on_send = lambda _request: None
    assert count >= at


@pytest.fixture
def own(folder: Path, tmp_path: Path) -> Path:
    """A copy of the folder, to be spoiled."""
    return shutil.copytree(folder, tmp_path / "own")


def part_at_work(world: World) -> str:
    """The part in which a job was cut off."""
    (name,) = [
        path.parent.name for path in world.job.path.glob("*/checkpoint.sqlite")
        if not (path.parent / "summary.json").exists()
    ]  # fmt: skip
    return name


@pytest.mark.some(1)
@pytest.mark.parametrize("change", ["longer", "gone"])
def test_a_folder_that_changes_after_the_job_began_is_imported_as_it_was(other: World, own: Path, change: str):
    """Also the files whose turn had not come."""
    crashed(other, 60, own)
    for path in own.iterdir():
        if change == "longer" and path.suffix == ".csv":
            path.write_bytes(path.read_bytes() + path.read_bytes().splitlines(keepends=True)[-1])
        else:
            path.unlink()
    job_result = other.resume_all()
    assert job_result.summary.complete, told(other)
    check_parts(other)
    assert not list(other.job.path.glob("*/input.csv")), "nothing is left to send"


def without_copies(job: Path) -> None:
    """Make it a job as older versions left them."""
    for path in job.glob("*/input.csv"):
        path.unlink()
    for path in job.glob("*/job.json"):
        if not (path.parent / "checkpoint.sqlite").exists():
            path.unlink()
    (job / "manifest.json").unlink()


def test_a_file_that_changed_meanwhile_is_refused_and_the_old_one_goes_on(other: World, own: Path):
    crashed(other, 60, own)
    without_copies(other.job.path)
    path = own / f"{part_at_work(other)}.csv"
    before = path.read_bytes()
    path.write_bytes(before + before.splitlines(keepends=True)[-1])
    sent = len(other.steps())
    with pytest.raises(UsageError, match=rf"{path.name} has changed since the job began.*\nPut the old file back"):
        other.resume_all()
    assert len(other.steps()) == sent
    path.write_bytes(before)
    job_result = other.resume_all()
    assert job_result.summary.complete, told(other)
    check_parts(other)


def test_a_file_that_is_gone_is_asked_for(other: World, own: Path):
    crashed(other, 60, own)
    without_copies(other.job.path)
    for name in (f"{part_at_work(other)}.csv", "deals.csv"):
        (own / name).rename(own / "away")
        with pytest.raises(UsageError, match=rf"{name} is gone.* Put it back"):
            other.resume_all()
        (own / "away").rename(own / name)
    (own / "fields.csv").unlink()  # it is done
    assert other.resume_all().summary.complete


def spoiled(path: Path, column: str, text: str) -> None:
    """Write this into a column of the last row of a file."""
    lines = table(path)
    lines[-1][column] = text
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)


def test_a_part_that_may_not_go_on_says_so_and_what_came_of_it(other: World, own: Path):
    """Everything before it is done; its reports are there; nothing after it was sent, then or later."""
    spoiled(own / "contacts.csv", "Company Size", "nobody knows")  # what only the account can tell
    job_result = other.import_all(own, on_invalid="stop")
    assert isinstance(job_result.error, AbortedError)
    assert job_result.summary.state == "stopped"
    assert not {"notes", "deals"} & set(job_result.summary.parts)
    assert job_result.summary.parts["contacts"]["rejected"] == 1
    assert job_result.summary.rows["read"] == sum(rows["read"] for rows in job_result.summary.parts.values())
    assert [line["_code"] for line in report(other.job.file("contacts"), "failed.csv")] == ["unknown_option"]
    again = other.resume_all()
    assert isinstance(again.error, AbortedError)
    assert "import the folder anew" in str(again.error)
    assert made(other.folder / "other" / "sandbox.sqlite")["deals"] == 0
    shutil.rmtree(other.job.path)
    spoiled(own / "contacts.csv", "Company Size", "")
    assert other.import_all(own, on_invalid="stop").summary.complete


def test_rows_that_no_account_takes_stop_it_before_anything_is_sent(other: World, own: Path):
    spoiled(own / "deals.csv", "value", "much")
    with pytest.raises(AbortedError, match=r"nothing was .*: deals\.csv 1\."):
        other.import_all(own, on_invalid="stop")
    assert other.steps() == []
    assert not other.job.path.exists()


def test_a_column_that_only_the_account_does_not_know_stops_it_with_its_reports(other: World, own: Path):
    lines = table(own / "contacts.csv")
    with (own / "contacts.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*lines[0], "Shoe size"])
        writer.writeheader()
        writer.writerows(line | {"Shoe size": "40"} for line in lines)
    job_result = other.import_all(own)
    assert isinstance(job_result.error, AbortedError)
    assert str(job_result.error).startswith("contacts.csv: ")
    assert "Shoe size" in str(job_result.error)
    assert job_result.summary.state == "unfinished"
    assert job_result.summary.parts["contacts"]["unprocessed"] == len(lines)
    other.ask("POST fields", {"field": {"title": "Shoe size", "type": "text"}})
    assert other.resume_all().summary.complete


def test_a_file_whose_rows_cannot_be_told_apart_stops_it_before_anything_is_sent(other: World, own: Path):
    with (own / "notes.csv").open("a", encoding="utf-8", newline="") as file:
        file.write('"Said ""no"" twice" and left,"Subscriber"\r\n')
    with pytest.raises(UsageError, match=r"notes\.csv, row"):
        other.import_all(own)
    assert other.steps() == []
    assert not other.job.path.exists()


def test_tags_in_a_file_of_their_own_are_taken_where_contacts_do_not_name_them(other: World, own: Path):
    (own / "contacts.csv").write_text("email,firstName\nada@example.com,Ada\n")
    for path in own.glob("*.csv"):
        if path.name not in ("contacts.csv", "contactTags.csv", "tags.csv"):
            path.unlink()
    (own / "contactTags.csv").write_text("contact_email,tag_name\nada@example.com,VIP\n")
    job_result = other.import_all(own)
    assert job_result.summary.complete, told(other)
    assert other.account()["contacts"]["ada@example.com"]["tags"] == {"VIP"}


def test_ids_that_nothing_puts_right_do_not_land_on_another(other: World, own: Path):
    """A note on an activity: what it is called here nobody knows, and its number is another's."""
    lines = sorted(table(own / "notes.csv"), key=lambda line: not line["contact_email"])[:1] * 2
    lines[0] = lines[0] | {
        "note": "Another",
        "reltype": "activity",
        "relid": "1",
        "contact_email": "",
        "deal_title": "",
        "account_name": "",
    }
    lines[1] = lines[1] | {"reltype": "contact"}  # the label says the same as the value
    with (own / "notes.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines[:2])
    assert lines[1]["contact_email"]
    job_result = other.import_all(own)
    assert [line["_code"] for line in report(other.job.file("notes"), "failed.csv")] == ["field_missing"]
    assert job_result.summary.parts["notes"]["succeeded"] == 1
    note = other.ask("GET notes").body["notes"][0]
    assert other.ask(f"GET contacts/{note['relid']}").body["contact"]["email"] == lines[1]["contact_email"]


def test_files_that_are_not_understood_stop_it_before_anything_is_sent(other: World, own: Path):
    text = (own / "notes.csv").read_text(encoding="utf-8-sig")
    (own / "notes.csv").write_text(text.replace('"relid"', '"whom"', 1))
    with pytest.raises(UsageError, match="'whom'"):
        other.import_all(own)
    assert other.steps() == []
    assert not other.job.path.exists()


# ---- what the key may not see


def test_hidden_deals_are_counted_and_never_written_as_blanks(account: World):
    with sqlite3.connect(account.folder / "account" / "sandbox.sqlite") as db:
        db.execute("UPDATE dealGroups SET hidden = 1 WHERE title = 'Partners'")
        seen, hidden = (
            db.execute(f"SELECT count(*) FROM deals d JOIN dealGroups g ON g.id = d.dealGroup AND {how}").fetchone()[0]
            for how in ("NOT g.hidden", "g.hidden")
        )
    db.close()
    assert seen
    assert hidden
    job_result = account.export_all(account.folder / "out")
    rows = job_result.summary.parts["deals"]
    assert (rows["read"], rows["succeeded"], rows["failed"]) == (seen + hidden, seen, hidden)
    assert not job_result.summary.complete
    assert f"{hidden} records of deals may not be seen with this key" in job_result.summary.reason
    lines = table(account.folder / "out" / "deals.csv")
    assert len(lines) == seen
    assert all(line["value"] and line["stage"] and line["pipeline_title"] == "Sales" for line in lines)
    check_parts(account)


# ---- while others work in the account


class Others:
    """Who else works in the account: between two requests some records go and some come."""

    def __init__(self, path: Path, table: str, number: int, per_request: int) -> None:
        self.chance = random.Random(number)
        # whichever thread finds this gone closes it
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self.db.close)
        self.db.execute("PRAGMA foreign_keys = ON")
        self.table = table
        self.per_request = per_request
        self.stayed = {str(row[0]) for row in self.db.execute(f"SELECT id FROM {table}")}
        self.gone = self.came = 0

    def __call__(self, request: Request) -> None:
        if request.path != self.table:
            return
        for _ in range(self.chance.randint(0, self.per_request)):
            ids = [row[0] for row in self.db.execute(f"SELECT id FROM {self.table} ORDER BY id")]
            gone = self.chance.choice(ids[: len(ids) // 3])  # all that come after move up
            self.db.execute(f"DELETE FROM {self.table} WHERE id = ?", (gone,))
            self.stayed.discard(str(gone))
            self.gone += 1
        for _ in range(self.chance.randint(0, self.per_request)):
            self.came += 1
            self.add()

    def add(self) -> None:
        columns = [row[1] for row in self.db.execute(f"PRAGMA table_info({self.table})") if row[1] != "id"]
        email = f"'new{self.came}@example.com'"
        values = [email if name.startswith("email") else name for name in columns]
        self.db.execute(
            f"INSERT INTO {self.table} ({','.join(columns)}) SELECT {','.join(values)} FROM {self.table} LIMIT 1"
        )


@pytest.mark.some(2)
@pytest.mark.parametrize("number", range(tries(2, 8)))
@pytest.mark.parametrize("resource", ["contacts", "deals"])
def test_who_was_there_from_beginning_to_end_is_in_the_file_once(world: World, resource: str, number: int):
    world.ask("POST accounts", {"account": {"name": "Acme"}})
    path = world.folder / "account" / "sandbox.sqlite"
    with Sandbox(path, SandboxOptions()) as sandbox:
        seed(sandbox.store, 900)
    with sqlite3.connect(path) as db:
        db.executemany(
            "INSERT INTO deals (title, value, currency, contact, dealGroup, stage, cdate, mdate)"
            " VALUES (?, 5, 'usd', ?, 1, 1, '2026-05-28T03:05:54-05:00', '2026-05-28T03:05:54-05:00')",
            ((f"deal {at}", at) for at in range(1, 901)),
        )
    db.close()
    others = Others(path, resource, number, 5)
    world.on_send = others
    job_result = world.export(world.folder / "out.csv", resource)
    assert job_result.error is None
    assert others.gone > 3
    assert others.came > 3
    ids = [line["id"] for line in table(world.folder / "out.csv")]
    assert len(ids) == len(set(ids)), "nobody twice"
    assert others.stayed <= set(ids), "nobody lost"
