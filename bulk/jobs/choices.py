"""The values of options that are one of a few. Light, since help texts name them before anything runs."""

from __future__ import annotations

from typing import Final

ON_DUPLICATE: Final = ("error", "first", "last", "all")
ON_INVALID: Final = ("skip", "stop")
BLANK: Final = ("keep", "clear")
ON_CONFLICT: Final = ("sheet", "account", "stop")
