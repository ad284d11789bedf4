"""Reads the TOML that people write for bulk: bulk.toml, mappings, fleets, faults. All that is wrong in one is told."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

from bulk.errors import UsageError

LONGEST: Final = 4 * 1024**2  # bytes: a mapping of as many columns as a sheet may have has a good million
DEEPEST: Final = 20  # tables in tables; nothing of ours has four


def read_toml(path: Path) -> dict[str, Any]:
    """What a file says. Raises `UsageError` for one that cannot be read, is too long, or is no TOML of ours."""
    return parsed_toml(toml_text(path), path)


def toml_text(path: Path) -> str:
    """The text of a file. Raises `UsageError` for one that cannot be read, or is too long."""
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST + 1)
    except OSError as error:
        raise UsageError("toml_not_read", file=path, reason=error.strerror or str(error)) from error
    if len(content) > LONGEST:
        raise UsageError("toml_too_long", file=path, longest=LONGEST // 1024**2)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError("toml_damaged", file=path, reason="it is not in UTF-8") from error


def parsed_toml(text: str, path: Path) -> dict[str, Any]:
    """What a text says; `path` is for messages only. Raises `UsageError` for what is no TOML, or nested too deep."""
    try:
        read = tomllib.loads(text)
    except ValueError as error:  # its own, and those of numbers and dates that there cannot be
        raise UsageError("toml_damaged", file=path, reason=str(error).rstrip(".")) from error
    except RecursionError as error:
        raise _too_deep(path) from error
    level: list[Any] = [read]
    for _depth in range(DEEPEST):
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
        level = [one for one in level if isinstance(one, (dict, list))]
    if level:
        raise _too_deep(path)
    return read


def _too_deep(path: Path) -> UsageError:
    return UsageError("toml_damaged", file=path, reason=f"it has more than {DEEPEST} tables in one another")
