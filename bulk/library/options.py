"""What a user can choose for a job, and the checks of it: the same for programs and for the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bulk.access.account import Account
from bulk.files.matching import parse_maps, parse_users
from bulk.files.set_columns import parse_sets
from bulk.jobs.option_rules import check_export, check_import, check_importable, check_rate
from bulk.jobs.options import ExportOptions, ImportOptions, check_option

__all__ = [
    "ExportOptions", "ImportOptions", "check_changes", "check_export", "check_import", "check_importable",
    "check_option", "parse_maps", "parse_sets", "parse_users",
]  # fmt: skip


def check_changes(changes: Mapping[str, Any], account: Account) -> None:
    """Raise `UsageError` for options that a job which goes on cannot be given anew."""
    for name, value in changes.items():
        check_option(name, value)
    if "rate" in changes:
        check_rate(changes["rate"], account)
