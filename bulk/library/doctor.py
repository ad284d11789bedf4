"""What is wrong with the way to an account, if anything: each thing looked at is told at once, with what to do."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from bulk.access import doctor
from bulk.access.finding import Finding, State

__all__ = ["Finding", "State", "examine", "examine_sandbox"]


async def examine(
    tell: Callable[[Finding], None],
    environment: Mapping[str, str] | None = None,
    *,
    base_url: str = "",
    connection: str = "",
) -> None:
    """Look at the way that the environment names. Asks little, changes nothing; no finding holds a key."""
    variables = os.environ if environment is None else environment
    await doctor.examine(variables, tell, base_url=base_url, connection=connection)


async def examine_sandbox(folder: str | Path, tell: Callable[[Finding], None], *, connection: str = "") -> None:
    """Look at the embedded sandbox. Raises `UsageError` if its files cannot be used."""
    await doctor.examine_sandbox(Path(folder), connection, tell)
