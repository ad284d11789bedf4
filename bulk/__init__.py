"""Move data between CSV files and ActiveCampaign: validated, paced, resumable. `bulk.library` is for other programs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bulk.library import (
        AbortedError,
        Access,
        BulkError,
        ExportOptions,
        Findings,
        ImportOptions,
        Issue,
        Progress,
        Result,
        Snapshot,
        Summary,
        UnfinishedError,
        UsageError,
        environment_access,
        export_file,
        export_folder,
        import_file,
        import_folder,
        resume,
        sandbox_access,
        validate_file,
    )

__version__ = "0.1.0"
__all__ = [
    "AbortedError", "Access", "BulkError", "ExportOptions", "Findings", "ImportOptions", "Issue", "Progress", "Result",
    "Snapshot", "Summary", "UnfinishedError", "UsageError", "environment_access", "export_file", "export_folder",
    "import_file", "import_folder", "resume", "sandbox_access", "validate_file",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The names of `bulk.library`, loaded when the first is asked for: `bulk --help` needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module 'bulk' has no attribute {name!r}")
    return getattr(importlib.import_module("bulk.library"), name)
