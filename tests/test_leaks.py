"""The look for keys at the end of every run finds one that is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.leaks import MARK, leaks


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_a_key_that_was_written_is_found(tmp_path: Path, encoding: str):
    (tmp_path / "job").mkdir()
    (tmp_path / "clean.log").write_text("row 2: HTTP 403")
    (tmp_path / "empty").touch()
    leaky = tmp_path / "job" / "bulk.log"
    leaky.write_bytes(f"Authorization: Bearer sandbox-{MARK}\n".encode(encoding))
    assert leaks(tmp_path) == [leaky]
    leaky.unlink()
