from __future__ import annotations

from tests.cli.conftest import bulk
from tests.jobs.conftest import world

__all__ = ["bulk", "world"]
