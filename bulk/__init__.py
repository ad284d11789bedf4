"""Move data between CSV files and ActiveCampaign: validated, paced, resumable. `bulk.library` is for other programs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bulk.library import (
        AbortedError,
        Account,
        BulkError,
        ComparedResource,
        CompareOptions,
        Comparison,
        Difference,
        ExportOptions,
        FailedRow,
        Findings,
        ImportOptions,
        Issue,
        JobHandle,
        NothingToUndoError,
        Plan,
        Progress,
        Result,
        RowsFailedError,
        Said,
        Snapshot,
        Summary,
        UnfinishedError,
        UsageError,
        apply,
        compare,
        export_batches,
        export_file,
        export_folder,
        export_frame,
        import_file,
        import_folder,
        import_rows,
        plan_file,
        plan_folder,
        plan_rows,
        read_mapping,
        report,
        resume,
        save_mapping,
        start_export,
        start_import,
        start_resume,
        undo,
        validate_file,
        validate_rows,
        with_mapping,
    )

__version__ = "0.1.0"
__all__ = [
    "AbortedError", "Account", "BulkError", "CompareOptions", "ComparedResource", "Comparison", "Difference",
    "ExportOptions", "FailedRow", "Findings", "ImportOptions", "Issue", "JobHandle", "NothingToUndoError", "Plan",
    "Progress", "Result", "RowsFailedError", "Said", "Snapshot", "Summary", "UnfinishedError", "UsageError", "apply",
    "compare", "export_batches", "export_file", "export_folder", "export_frame", "import_file", "import_folder",
    "import_rows", "plan_file", "plan_folder", "plan_rows", "read_mapping", "report", "resume", "save_mapping",
    "start_export", "start_import", "start_resume", "undo", "validate_file", "validate_rows", "with_mapping",
]  # fmt: skip
_OF_THE_MODULE = ("Any", "TYPE_CHECKING", "annotations", "importlib")


def __dir__() -> list[str]:
    """What there is to use, loaded or not."""
    return sorted({*__all__, *(name for name in globals() if name not in _OF_THE_MODULE)})


def __getattr__(name: str) -> Any:
    """The names of `bulk.library`, loaded when the first is asked for: `bulk --help` needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module 'bulk' has no attribute {name!r}")
    return getattr(importlib.import_module("bulk.library"), name)
