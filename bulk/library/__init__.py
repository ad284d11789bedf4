"""What other programs call: validate, import, export and resume, without a terminal.

`functions` are the jobs as async functions with plain `results`; `handles` are jobs that run beside their caller, with
events and a way to stop; `blocking` is the same for programs without an event loop. `from bulk import ...` gives every
name in `__all__`.
"""

from __future__ import annotations

from bulk.access.account import Account
from bulk.errors import AbortedError, BulkError, UnfinishedError, UsageError
from bulk.jobs.options import ExportOptions, ImportOptions
from bulk.jobs.summary import Summary
from bulk.jobs.validate import Findings
from bulk.library.functions import (
    export_batches,
    export_file,
    export_folder,
    export_frame,
    import_file,
    import_folder,
    import_rows,
    resume,
    validate_file,
    validate_rows,
)
from bulk.library.handles import JobHandle, Said, start_export, start_import, start_resume
from bulk.library.plans import Plan, apply, plan_file, plan_rows
from bulk.library.results import FailedRow, Result, RowsFailedError
from bulk.model import Issue
from bulk.runtime.progress import Progress, Snapshot

__all__ = [
    "AbortedError", "Account", "BulkError", "ExportOptions", "FailedRow", "Findings", "ImportOptions", "Issue",
    "JobHandle", "Plan", "Progress", "Result", "RowsFailedError", "Said", "Snapshot", "Summary",
    "UnfinishedError", "UsageError", "apply", "export_batches", "export_file", "export_folder", "export_frame",
    "import_file", "import_folder", "import_rows", "plan_file", "plan_rows", "resume", "start_export",
    "start_import", "start_resume", "validate_file", "validate_rows",
]  # fmt: skip
