"""Nobody is acted upon whose address, and nothing joined whose name, is only alike to what a row says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import alike
from tests.scale import tries


def test_no_row_acts_upon_who_is_only_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(alike, "CHUNK", tries(12, 250))
    count = alike.play(tmp_path, tries(24, 10_000))
    assert count.harmed == []
    assert count.done > count.refused / 4
