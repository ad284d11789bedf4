"""The checkpoint under harm: a full disk, a journal cut at any place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bulk.errors import UnfinishedError
from bulk.jobs.checkpoint import Checkpoint, new_checkpoint, opened_checkpoint
from bulk.model import Outcome, RowStatus
from tests.virtual import run
from tests.world import World, check_reports

HEADER = "email,firstName,tags"
ROWS = [(f"p{n}@example.com", f"N {n}", "VIP") for n in range(150)]


def test_a_full_disk_stops_the_job_with_all_that_is_known_kept(world: World, monkeypatch: pytest.MonkeyPatch):
    prepare = Checkpoint._prepare

    def small(self: Checkpoint, *, new: bool) -> None:
        prepare(self, new=new)
        pages = self._db.execute("PRAGMA page_count").fetchone()[0]
        self._db.execute(f"PRAGMA max_page_count = {pages}")

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "_prepare", small)
        with pytest.raises(UnfinishedError, match=r"full.*bulk resume .*job"):
            world.start(world.csv(ROWS, HEADER))
    sent = len(world.steps())
    assert sent > 0
    ending = world.resume()
    assert ending.summary.complete
    assert len(world.account()["contacts"]) == len(ROWS)
    check_reports(world.job.path, HEADER)


def test_a_journal_cut_anywhere_gives_a_prefix_of_what_was_written(tmp_path: Path):
    path = tmp_path / "whole" / "checkpoint.sqlite"
    path.parent.mkdir()

    async def write() -> None:
        with new_checkpoint(path) as checkpoint:
            for row in range(2, 12):
                checkpoint.settle(row, Outcome(RowStatus.SUCCEEDED, "created", str(row)))
                await checkpoint.durable()
            shutil.copytree(path.parent, tmp_path / "running")  # as a kill leaves it

    run(write)
    journal = (tmp_path / "running" / "checkpoint.sqlite-wal").read_bytes()
    found = set()
    for size in range(0, len(journal), 509):
        folder = tmp_path / "cut"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copy(tmp_path / "running" / "checkpoint.sqlite", folder)
        (folder / "checkpoint.sqlite-wal").write_bytes(journal[:size])

        async def read(file: Path) -> list[int]:
            with opened_checkpoint(file) as checkpoint:
                return [row.number for row in checkpoint.settled_rows()]

        try:
            rows = run(read, folder / "checkpoint.sqlite")
        except Exception as error:  # noqa: BLE001 - told apart below
            assert "empty" in str(error), "before the tables were there"  # noqa: PT017
            continue
        assert rows == list(range(2, 2 + len(rows)))
        found.add(len(rows))
    assert found >= set(range(10))
