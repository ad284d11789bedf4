"""What other programs call, the command line being one of them. No terminal, no signals unless asked for.

`functions` and `plans` are the jobs as async functions with plain `results`; `handles` are jobs that run beside their
caller, with events and a way to stop; `blocking` is the same for programs without an event loop. `from bulk import
...` gives every name in `__all__`. Around the jobs: `running` (a job with all that can be set), `options` (the checks
of what was chosen), `frames` (inputs and exports as tables in memory), `progress`, `jobs` (those of a folder),
`accounts` and `connections`, `config` (bulk.toml), `doctor`, `sandbox`, `reference` (what can be moved), `choices`
(for help texts), `headers` (what stands under titles), `mappings` (what is kept of a kind of file), `comparing` (two
exports against each other), `undoing` (what a job has changed), `reporting` (a page about a job), `measuring` (what a
job spends), `watching` (who hears of a job: `events` as JSON by `event_schema`, `metrics`, `hooks`), `previews` (a
file that a person looks at and corrects), `uploads` (files that a program was given), `serving` (on a port of this
machine).

Each module is loaded when it is first asked for, since `bulk --help` needs none of them.
"""

# hub: the names that programs import, a line for each module that has some

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from bulk.access.account import Account
    from bulk.errors import AbortedError, BulkError, NothingToUndoError, UnfinishedError, UsageError
    from bulk.files.difference import Difference
    from bulk.jobs.comparison import ComparedResource, Comparison
    from bulk.jobs.findings import Findings
    from bulk.jobs.options import CompareOptions, ExportOptions, ImportOptions
    from bulk.jobs.summary import Summary
    from bulk.library.comparing import compare
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
    from bulk.library.mappings import read_mapping, save_mapping, with_mapping
    from bulk.library.plans import Plan, apply, plan_file, plan_folder, plan_rows
    from bulk.library.reporting import report
    from bulk.library.results import FailedRow, Result, RowsFailedError
    from bulk.library.undoing import undo
    from bulk.model import Issue
    from bulk.runtime.progress import Progress, Snapshot

__all__ = [
    "AbortedError", "Account", "BulkError", "CompareOptions", "ComparedResource", "Comparison", "Difference",
    "ExportOptions", "FailedRow", "Findings", "ImportOptions", "Issue", "JobHandle", "NothingToUndoError", "Plan",
    "Progress", "Result", "RowsFailedError", "Said", "Snapshot", "Summary", "UnfinishedError", "UsageError", "apply",
    "compare", "export_batches", "export_file", "export_folder", "export_frame", "import_file", "import_folder",
    "import_rows", "plan_file", "plan_folder", "plan_rows", "read_mapping", "report", "resume", "save_mapping",
    "start_export", "start_import", "start_resume", "undo", "validate_file", "validate_rows", "with_mapping",
]  # fmt: skip
_HOMES: Final = {
    "bulk.access.account": ("Account",),
    "bulk.errors": ("AbortedError", "BulkError", "NothingToUndoError", "UnfinishedError", "UsageError"),
    "bulk.files.difference": ("Difference",),
    "bulk.jobs.comparison": ("ComparedResource", "Comparison"),
    "bulk.jobs.options": ("CompareOptions", "ExportOptions", "ImportOptions"),
    "bulk.jobs.summary": ("Summary",),
    "bulk.jobs.validate": ("Findings",),
    "bulk.library.comparing": ("compare",),
    "bulk.library.handles": ("JobHandle", "Said", "start_export", "start_import", "start_resume"),
    "bulk.library.mappings": ("read_mapping", "save_mapping", "with_mapping"),
    "bulk.library.plans": ("Plan", "apply", "plan_file", "plan_folder", "plan_rows"),
    "bulk.library.reporting": ("report",),
    "bulk.library.results": ("FailedRow", "Result", "RowsFailedError"),
    "bulk.library.undoing": ("undo",),
    "bulk.model": ("Issue",),
    "bulk.runtime.progress": ("Progress", "Snapshot"),
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}
_OF_THE_MODULE: Final = ("Any", "TYPE_CHECKING", "annotations", "importlib", "Final")


def __dir__() -> list[str]:
    """What there is to use, loaded or not."""
    return sorted({*__all__, *(name for name in globals() if name not in _OF_THE_MODULE)})


def __getattr__(name: str) -> Any:
    """A name of `__all__`, from the module that has it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME_OF.get(name, "bulk.library.functions")), name)
