from __future__ import annotations

from tests.cli.conftest import bulk

__all__ = ["bulk"]
