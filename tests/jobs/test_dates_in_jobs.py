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
