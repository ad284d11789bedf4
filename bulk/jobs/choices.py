"""The values of options that are one of a few. Light, since help texts name them before anything runs."""

from __future__ import annotations

from typing import Final

ON_DUPLICATE: Final = ("error", "first", "last", "all")
ON_INVALID: Final = ("skip", "stop")
EXACT: Final = ("tags", "lists", "account")
BLANK: Final = ("keep", "clear")
AUTO, SINGLE, BATCH = "auto", "single", "batch"
ENGINES: Final = (AUTO, SINGLE, BATCH)
ON_CONFLICT: Final = ("sheet", "account", "stop")
