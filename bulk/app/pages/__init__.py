"""The screens, in the order in which a person comes by; each module has its routes.

`start` (a file, or a job), `match` (columns), `check` (problems), `plan`, `job` (at work, and how it ended), `undo`,
`report` (of a job), `jobs` (all of them), `prune` (old ones), `exports`, `compare`, `connections`; `static` (script and
style) and `live` (news of what is at work).
"""

from __future__ import annotations

from typing import Final

from bulk.app.pages import (
    check,
    compare,
    connections,
    exports,
    job,
    jobs,
    live,
    match,
    plan,
    prune,
    report,
    start,
    static,
    undo,
)

ROUTES: Final = (
    *start.ROUTES, *match.ROUTES, *check.ROUTES, *plan.ROUTES, *prune.ROUTES, *job.ROUTES, *undo.ROUTES,
    *report.ROUTES, *jobs.ROUTES, *exports.ROUTES, *compare.ROUTES,
    *connections.ROUTES, *live.ROUTES, *static.ROUTES,
)  # fmt: skip
