"""Dates of a file on their way into an account: as they are meant, or their rows are rejected."""

from __future__ import annotations

from tests.world import World, report


def test_a_job_reads_them_and_rejects_what_is_open(world: World):
    rows = [("ada@example.com", "05/03/2024"), ("ben@example.com", "31.12.1990"), ("cleo@example.com", "5 March 2024")]
    result = world.start(world.csv(rows, "email,Birthday"))
    assert result.summary.rows["rejected"] == 1
    (failed,) = report(world.job.path, "failed.csv")
    assert (failed["email"], failed["Birthday"], failed["_code"]) == ("ada@example.com", "05/03/2024", "date_ambiguous")
    assert "5 March 2024 or 3 May 2024" in failed["_error"]
    people = world.account()["contacts"]
    assert people["ben@example.com"]["fields"] == {"Birthday": "1990-12-31"}
    assert people["cleo@example.com"]["fields"] == {"Birthday": "2024-03-05"}
    before = world.job.path
    before.rename(world.folder / "before")
    world.start(world.folder / "before" / "failed.csv", date_format="DMY", timezone="Pacific/Kiritimati")
    assert world.account()["contacts"]["ada@example.com"]["fields"] == {"Birthday": "2024-03-05"}
    kept = world.job.record().options
    assert (kept["date_format"], kept["timezone"]) == ("DMY", "Pacific/Kiritimati")


def test_a_value_by_itself_is_read_by_the_kind_of_its_field(world: World):
    people = [(f"{name}@example.com",) for name in ("ada", "ben", "cleo")]
    world.start(world.csv(people, "email"))
    world.job.path.rename(world.folder / "people")
    header = "contact_email,field_title,value"
    rows = [
        ("ada@example.com", "Birthday", "31.12.1990"), ("ben@example.com", "Birthday", "05/03/2024"),
        ("cleo@example.com", "Source Code", "31.12.1990"),
    ]  # fmt: skip
    path = world.csv(rows, header)
    world.start(path, "fieldValues")
    (failed,) = report(world.job.path, "failed.csv")
    assert (failed["contact_email"], failed["_code"]) == ("ben@example.com", "date_ambiguous")
    world.job.path.rename(world.folder / "values")
    result = world.start(path, "fieldValues", date_format="DMY")
    assert result.summary.rows["succeeded"] == 3
    fields = {name: one["fields"] for name, one in world.account()["contacts"].items()}
    assert fields["ada@example.com"] == {"Birthday": "1990-12-31"}
    assert fields["ben@example.com"] == {"Birthday": "2024-03-05"}
    assert fields["cleo@example.com"] == {"Source Code": "31.12.1990"}
