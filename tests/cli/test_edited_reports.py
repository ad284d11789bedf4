"""Repairs that somebody made in a report are never written over."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Shell


@pytest.fixture
def halted(bulk: Shell, tmp_path: Path) -> Shell:
    """A job with a failed and a rejected row."""
    path = tmp_path / "in.csv"
    path.write_text("email,firstName\nnobody@example.com,N\nnot an address,O\n")
    assert bulk.sandbox("import", path, "--mode", "update", "--job", "j").code == 1
    return bulk


@pytest.mark.parametrize("quiet", [(), ("-q",)])
def test_repairs_in_a_report_survive_a_retry(halted: Shell, quiet: tuple[str, ...]):
    failed = halted.job("j") / "failed.csv"
    repaired = failed.read_text("utf-8-sig").replace("not an address", "fixed@example.com")
    failed.write_text(repaired)
    result = halted("retry", "j", *quiet)
    kept = halted.job("j") / "failed.edited.csv"
    assert result.code == 1
    assert kept.read_text() == repaired
    assert "failed.csv had been changed since it was written; it is kept as failed.edited.csv" in result.err
    assert f"bulk import contacts {kept} --mode update --sandbox" in result.err
    assert "not an address" in failed.read_text("utf-8-sig")
    failed.write_text("another")
    assert "failed.edited-2.csv" in halted("retry", "j").err
    assert kept.read_text() == repaired
    assert "edited" not in halted("retry", "j").err


def test_reports_of_a_job_that_noted_nothing(halted: Shell):
    """An older version's: what is much newer than the others was edited."""
    job = halted.job("j")
    database = sqlite3.connect(job / "checkpoint.sqlite")
    database.execute("DELETE FROM meta WHERE name IN ('reports', 'ragged')")
    database.commit()
    database.close()
    for path in job.glob("*.csv"):
        os.utime(path, (1e9, 1e9))
    assert "edited" not in halted("retry", "j").err
