"""A whole account of files that are no CSVs: workbooks and packed ones, one for each resource."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest

from bulk.errors import UsageError
from bulk.files.opening import open_sink
from tests.world import World, report


def folder(world: World) -> Path:
    path = world.folder / "files"
    path.mkdir()
    (path / "tags.csv.gz").write_bytes(gzip.compress(b"tag,description\nVIP,the best\n"))
    with open_sink(path / "contacts.xlsx", ("email", "firstName", "tags")) as sink:
        sink.write(("ada@example.com", "007", "VIP"))
    with zipfile.ZipFile(path / "notes.zip", "w") as archive:
        archive.writestr("in/notes.csv", "reltype,contact_email,note\nSubscriber,ada@example.com,Hello\n")
    (path / "accounts.tsv").write_text("name\taccountUrl\nAcme\thttps://acme.example.com\n", encoding="utf-8")
    return path


def test_each_goes_in_as_it_is(world: World):
    result = world.import_all(folder(world))
    assert (result.summary.rows["read"], result.summary.rows["succeeded"]) == (4, 4)
    ada = world.account()["contacts"]["ada@example.com"]
    assert (ada["firstName"], ada["tags"]) == ("007", {"VIP"})


def test_a_plan_says_the_files_by_their_names(world: World):
    world.plan_all(folder(world))
    files = [line["_file"] for line in report(world.job.path, "plan.csv")]
    assert list(dict.fromkeys(files)) == ["tags.csv.gz", "accounts.tsv", "contacts.xlsx", "notes.zip"]
    assert world.apply_all().summary.rows["succeeded"] == 4


def test_two_files_of_one_resource_are_refused(world: World):
    path = folder(world)
    (path / "contacts.csv").write_text("email\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"contacts\.csv, contacts\.xlsx, which would all be of one resource"):
        world.import_all(path)
    assert world.steps() == []


def test_an_archive_of_several_is_imported_by_itself(world: World):
    path = folder(world)
    with zipfile.ZipFile(path / "notes.zip", "a") as archive:
        archive.writestr("more.csv", "reltype,contact_email,note\n")
    with pytest.raises(UsageError, match=r"several tables: in/notes\.csv"):
        world.import_all(path)
    assert world.steps() == []
