"""Every resource that can be imported, by one and the same tests: in, out, in again, changed, deleted, refused."""

from __future__ import annotations

import contextlib
import csv
import io
import shutil
import sqlite3
from pathlib import Path

import pytest

from bulk.files.examples import MARK
from bulk.files.template import template
from bulk.jobs.summary import JobResult
from bulk.model import Request
from bulk.resources.spec import Column, Resource
from tests.jobs.samples import IMPORTED, SAMPLES, Sample
from tests.world import Crash, World, check_reports, report

EVERY = pytest.mark.parametrize("resource", IMPORTED, ids=lambda resource: resource.name)


@pytest.fixture
def account(world: World, small: Path) -> World:
    shutil.copytree(small, world.folder / "account")
    return world


def imported(world: World, path: Path, resource: Resource, **options: object) -> JobResult:
    """Import a file, and let no trace of the job remain but what `world.sent` has."""
    world.sent.clear()
    shutil.rmtree(world.job.path, ignore_errors=True)
    return world.start(path, resource.name, **options)


def told(world: World) -> list[dict[str, str]]:
    """What failed, to be read when a test does."""
    return [{name: cell[:300] for name, cell in line.items()} for line in report(world.job.path, "failed.csv")]


def filled(world: World, resource: Resource) -> Sample:
    """An account with the sample's rows in it."""
    sample = SAMPLES[resource.name]
    job_result = imported(world, world.csv(sample.rows, sample.header), resource)
    assert job_result.summary.rows["succeeded"] == len(sample.rows), told(world)
    return sample


def exported(world: World, resource: Resource, name: str = "out.csv", **options: object) -> Path:
    shutil.rmtree(world.job.path, ignore_errors=True)
    path = world.folder / name
    job_result = world.export(path, resource.name, **options)
    assert job_result.summary.complete, job_result.summary
    return path


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def test_there_are_samples_of_every_resource_that_can_be_imported():
    assert set(SAMPLES) == {resource.name for resource in IMPORTED}


# ---- in, out, and in again


@pytest.mark.some(17)
@EVERY
@pytest.mark.parametrize("guarded", [False, True], ids=["plain", "guarded"])
def test_rows_come_out_as_they_went_in_and_going_in_again_change_nothing(
    account: World, resource: Resource, guarded: bool
):
    sample = filled(account, resource)
    path = exported(account, resource, guard_formulas=guarded)
    if not guarded:
        out = [tuple(row[name] for name in sample.columns) for row in read(path)]
        assert sorted(row for row in out if row in sample.rows) == sorted(sample.rows), out
    job_result = imported(account, path, resource)
    assert job_result.summary.rows["unchanged"] == job_result.summary.rows["read"] >= len(sample.rows), told(account)
    assert account.steps() == [], "nothing but GET"
    check_reports(account.job.path, list(read(path)[0]))
    again = exported(account, resource, "again.csv", guard_formulas=guarded)
    assert again.read_bytes() == path.read_bytes()


@EVERY
def test_the_example_of_the_template_can_be_imported_once_its_mark_is_gone(account: World, resource: Resource):
    path = account.folder / "template.csv"
    path.write_text(template(resource).replace(MARK, ""), encoding="utf-8", newline="")
    job_result = imported(account, path, resource)
    assert job_result.summary.rows["succeeded"] + job_result.summary.rows["unchanged"] == 1, told(account)
    assert imported(account, path, resource).summary.actions == {again(resource): 1}, told(account)


# ---- changed and deleted

CHANGED = pytest.mark.parametrize(
    "resource", [resource for resource in IMPORTED if SAMPLES[resource.name].change[0]], ids=lambda r: r.name
)
DELETED = pytest.mark.parametrize(
    "resource", [resource for resource in IMPORTED if "delete" in resource.modes and resource.name != "contacts"],
    ids=lambda r: r.name,
)  # fmt: skip


def again(resource: Resource) -> str:
    """What comes of a single row without an id that changes nothing: what is upserted anyway is not read for it."""
    return "updated" if resource.name in ("contacts", "fieldValues") else "unchanged"


def key_columns(resource: Resource, sample: Sample) -> list[int]:
    """Where the sample says the natural key, by name or by itself."""
    means = {column.header: column.means for column in resource.columns}
    return [at for at, name in enumerate(sample.columns) if means.get(name) in resource.key_attributes]


def differences(before: list[dict[str, str]], after: list[dict[str, str]], resource: Resource) -> list[object]:
    """The cells that differ, apart from what only the API sets."""
    own = {column.header for column in resource.columns if not column.writable and column.attribute != "id"}
    assert [row["id"] for row in before] == [row["id"] for row in after]
    return [
        (at, name, row[name])
        for at, (old, row) in enumerate(zip(before, after, strict=True))
        for name in row
        if name not in own and row[name] != old[name]
    ]


@pytest.mark.some(6)
@CHANGED
def test_one_value_is_changed_by_the_natural_key_and_nothing_else(account: World, resource: Resource):
    name, value = SAMPLES[resource.name].change
    if name in resource.key_attributes:
        pytest.skip("all that can be changed is its key")
    sample = filled(account, resource)
    before = read(exported(account, resource))
    keys = key_columns(resource, sample)
    header = ",".join([*(sample.columns[at] for at in keys), name])
    path = account.csv([[*(sample.rows[0][at] for at in keys), value]], header)
    mode = "update" if "update" in resource.modes else "upsert"
    if mode == "upsert":
        path = account.csv(
            [[value if column == name else cell for column, cell in zip(sample.columns, sample.rows[0], strict=True)]],
            sample.header,
        )
    job_result = imported(account, path, resource, mode=mode)
    assert job_result.summary.actions == {"updated": 1}, told(account)
    changed = differences(before, read(exported(account, resource, "after.csv")), resource)
    assert [(column, cell) for _at, column, cell in changed] == [(name, value)]
    job_result = imported(account, path, resource, mode=mode)
    assert job_result.summary.actions == {again(resource): 1}, told(account)


@pytest.mark.some(6)
@CHANGED
def test_one_value_is_changed_by_the_id(account: World, resource: Resource):
    if "id" not in resource.keys:
        pytest.skip("known by what it belongs to")
    name, value = SAMPLES[resource.name].change
    filled(account, resource)
    before = read(exported(account, resource))
    at = len(before) - 1
    path = account.csv([[before[at]["id"], value]], f"id,{name}")
    job_result = imported(account, path, resource, mode="update", key="id")
    assert job_result.summary.actions == {"updated": 1}, told(account)
    changed = differences(before, read(exported(account, resource, "after.csv")), resource)
    assert changed == [(at, name, value)]
    job_result = imported(account, path, resource, mode="update", key="id")
    assert job_result.summary.actions == {"unchanged": 1}, told(account)
    account.csv([["999999", value]], f"id,{name}")
    job_result = imported(account, path, resource, mode="update", key="id")
    assert job_result.summary.rows["failed"] == 1, "an id that is not there makes nothing"
    assert account.steps("POST") == []


@pytest.mark.some(5)
@DELETED
def test_what_is_deleted_is_gone_and_deleting_it_again_changes_nothing(account: World, resource: Resource):
    sample = SAMPLES[resource.name]
    before = read(exported(account, resource))
    filled(account, resource)
    keys = key_columns(resource, sample)
    path = account.csv(
        [[row[at] for at in keys] for row in sample.rows], ",".join(sample.columns[at] for at in keys), "gone.csv"
    )
    job_result = imported(account, path, resource, mode="delete")
    assert job_result.summary.actions == {"deleted": len(sample.rows)}, told(account)
    assert len(account.steps("DELETE")) == len(account.steps()) == len(sample.rows)
    own = {column.header for column in resource.columns if not column.writable and column.attribute != "id"}
    left = [{n: c for n, c in row.items() if n not in own} for row in read(exported(account, resource, "after.csv"))]
    assert left == [{n: c for n, c in row.items() if n in left[0]} for row in before]
    job_result = imported(account, path, resource, mode="delete")
    assert job_result.summary.actions == {"unchanged": len(sample.rows)}, told(account)
    assert account.steps() == []


@pytest.mark.some(6)
@DELETED
def test_what_is_deleted_by_its_id_is_that_one(account: World, resource: Resource):
    if "id" not in resource.keys:
        pytest.skip("known by what it belongs to")
    filled(account, resource)
    before = read(exported(account, resource))
    gone = before[-2]["id"]
    path = account.csv([[gone]], "id", "gone.csv")
    assert imported(account, path, resource, mode="delete", key="id").summary.actions == {"deleted": 1}, told(account)
    assert [row["id"] for row in read(exported(account, resource, "after.csv"))] == [
        row["id"] for row in before if row["id"] != gone
    ]
    assert imported(account, path, resource, mode="delete", key="id").summary.actions == {"unchanged": 1}


@pytest.mark.some(6)
@pytest.mark.parametrize(
    "resource", [resource for resource in IMPORTED if "delete" in resource.modes and "id" in resource.keys],
    ids=lambda r: r.name,
)  # fmt: skip
def test_what_the_sheet_has_no_more_is_deleted_where_that_is_asked_for(account: World, resource: Resource):
    filled(account, resource)
    path = exported(account, resource)
    account.job.path.rename(account.folder / "jobs" / "out")
    rows = read(path)
    gone = rows.pop(-2)
    sheet = account.csv([list(row.values()) for row in rows], ",".join(gone), "sheet.csv")
    job_result = imported(account, sheet, resource, delete_missing=True)
    assert job_result.summary.missing["succeeded"] == 1, report(account.job.path, "missing.csv")
    assert len(account.steps()) == 1
    assert [row["id"] for row in read(exported(account, resource, "after.csv"))] == [row["id"] for row in rows]


# ---- what the schema refuses, and what the API does


def create_request(world: World, resource: Resource, sample: Sample, at: int = 0) -> Request:
    """The request that makes one of the sample's records, caught before it is sent."""
    caught: list[Request] = []

    def catch(request: Request) -> None:
        if request.method == "POST" and request.path in (resource.name, "contact/sync"):
            caught.append(request)
            raise Crash

    world.on_send = catch
    with contextlib.suppress(BaseExceptionGroup, Crash):
        imported(world, world.csv([sample.rows[at]], sample.header), resource)
    world.on_send = lambda _request: None
    shutil.rmtree(world.job.path)
    return caught[0]


def needed(resource: Resource) -> list[tuple[str, ...]]:
    """The groups of attributes of which a new record needs one."""
    return [*((column.attribute,) for column in resource.columns if column.required), *resource.needs_one]


@pytest.mark.some(5)
@EVERY
def test_what_a_new_record_needs_the_schema_and_the_api_want_alike(account: World, resource: Resource):
    sample = SAMPLES[resource.name]
    request = create_request(account, resource, sample)
    ((singular, record),) = request.body.items()
    entire = {column.header: column.means for column in resource.columns}
    for group in needed(resource):
        without = {name: value for name, value in record.items() if name not in group}
        assert len(without) < len(record), group
        reply = account.ask(f"POST {request.path}", {singular: without})
        assert 400 <= reply.status < 500, (group, reply)
        row = ["" if entire.get(n) in group else c for n, c in zip(sample.columns, sample.rows[0], strict=True)]
        job_result = imported(account, account.csv([row], sample.header), resource)
        assert (job_result.summary.rows["rejected"], account.steps()) == (1, []), (group, job_result.summary)
        assert [line["_code"] for line in told(account)] == ["required"], group
    assert account.ask(f"POST {request.path}", request.body).status < 300, "and nothing else"


@pytest.mark.some(5)
@EVERY
def test_what_the_api_refuses_the_schema_refuses(account: World, resource: Resource):
    sample = SAMPLES[resource.name]
    for at, (name, cell) in enumerate(sample.bad):
        request = create_request(account, resource, sample, at)
        ((singular, record),) = request.body.items()
        assert name in record or name in sample.lenient or "fields" in record, name
        row = [cell if n == name else c for n, c in zip(sample.columns, sample.rows[1], strict=True)]
        job_result = imported(account, account.csv([row], sample.header), resource)
        assert (job_result.summary.rows["rejected"], account.steps()) == (1, []), (name, cell, job_result.summary)
        if name in record:  # last: what the account holds then is no problem any more
            reply = account.ask(f"POST {request.path}", {singular: record | {name: cell}})
            assert (400 <= reply.status < 500) != (name in sample.lenient), (name, cell, reply)


# ---- ids and names that do not agree

POINTING = [
    (resource, column) for resource in IMPORTED for column in resource.columns if column.names
]  # fmt: skip
EVERY_NAME = pytest.mark.parametrize(
    ("resource", "column"), POINTING, ids=lambda value: getattr(value, "name", "") or getattr(value, "attribute", "")
)


def pointing(resource: Resource, column: Column, name: str, identity: str) -> tuple[str, list[str]]:
    """A row of the sample in which a name is the one given, with an id beside it."""
    sample = SAMPLES[resource.name]
    when, value = column.when
    row = next(
        row for row in sample.rows
        if not when or row[sample.columns.index(when)] == value
    )  # fmt: skip
    cells = dict(zip(sample.columns, row, strict=True)) | {column.header: name, column.names: identity}
    return ",".join(cells), list(cells.values())


@EVERY_NAME
def test_an_id_and_a_name_of_two_records_are_refused(account: World, resource: Resource, column: Column):
    sample = SAMPLES[resource.name]
    at = sample.columns.index(column.header)
    name = next(row[at] for row in sample.rows if row[at])
    header, row = pointing(resource, column, name, "424242")
    job_result = imported(account, account.csv([row], header), resource)
    assert (job_result.summary.rows["rejected"], account.steps()) == (1, []), told(account)
    (line,) = told(account)
    assert line["_code"] == "contradiction"
    assert f"{column.names} is 424242, but {column.header} {name!r} has the id " in line["_error"]


@EVERY_NAME
def test_an_unknown_name_is_refused_with_the_nearest(account: World, resource: Resource, column: Column):
    sample = SAMPLES[resource.name]
    at = sample.columns.index(column.header)
    name = next(row[at] for row in sample.rows if row[at])
    wrong = f"x{name}"
    header, row = pointing(resource, column, wrong, "")
    job_result = imported(account, account.csv([row], header), resource)
    if column.of in ("tags", "accounts") and resource.name != "notes":
        assert job_result.summary.rows["succeeded"] == 1, "made once, before the rows"
        return
    (line,) = told(account)
    assert account.steps() == []
    if column.of == "contacts":
        assert line["_code"] == "not_found"
        assert wrong in line["_error"]
    else:
        assert line["_code"] == "unknown_name"
        assert f"Nearest: {name}" in line["_error"]


TWICE = {
    "lists": "INSERT INTO lists (name, stringid, sender_url, sender_reminder, channel, description, cdate, udate)"
             " SELECT name, 'other', sender_url, sender_reminder, channel, description, cdate, udate FROM lists",
    "dealGroups": "INSERT INTO dealGroups (title, currency, cdate, udate) SELECT title, currency, cdate, udate"
                  " FROM dealGroups;"
                  "INSERT INTO dealStages (dealGroup, title, ordernum) SELECT g.id, s.title, s.ordernum"
                  " FROM dealGroups g, dealStages s WHERE s.dealGroup = 1"
                  " AND NOT EXISTS (SELECT 1 FROM dealStages x WHERE x.dealGroup = g.id)",
    "dealStages": "INSERT INTO dealStages (dealGroup, title, ordernum) SELECT dealGroup, title, 9 FROM dealStages",
    "deals": "INSERT INTO deals (title, value, currency, contact, dealGroup, stage, cdate, mdate)"
             " SELECT title, value, currency, contact, dealGroup, stage, cdate, mdate FROM deals",
    "automations": "INSERT INTO automations (name, status, description, multientry, cdate, mdate)"
                   " SELECT name, status, description, multientry, cdate, mdate FROM automations",
}  # fmt: skip


@EVERY_NAME
def test_a_name_of_several_is_refused_with_their_ids_and_an_id_beside_it_says_which(
    account: World, resource: Resource, column: Column
):
    if column.of not in TWICE:
        pytest.skip("the account has each name once")
    with sqlite3.connect(account.folder / "account" / "sandbox.sqlite") as db:
        db.executescript(TWICE[column.of])
    db.close()
    sample = SAMPLES[resource.name]
    at = sample.columns.index(column.header)
    name = next(row[at] for row in sample.rows if row[at])
    header, row = pointing(resource, column, name, "")
    job_result = imported(account, account.csv([row], header), resource)
    assert (job_result.summary.rows["rejected"], account.steps()) == (1, []), told(account)
    (line,) = told(account)
    assert line["_code"] == "ambiguous_name"
    ids = line["_error"].partition(f"called {name!r}: ")[2].partition(".")[0].split(", ")
    assert len(ids) == 2
    header, row = pointing(resource, column, name, ids[1])
    job_result = imported(account, account.csv([row], header), resource)
    assert job_result.summary.rows["rejected"] == job_result.summary.rows["failed"] == 0, told(account)
