"""The screens, in the order in which a person comes by; each module has its routes.

`start` (a file, or a job), `match` (columns), `check` (problems), `plan`, `job` (at work, and how it ended), `undo`,
`jobs` (all of them), `exports`; `static` (script and style) and `live` (news of what is at work).
"""

from __future__ import annotations

from typing import Final

from bulk.app.pages import check, exports, job, jobs, live, match, plan, start, static, undo

ROUTES: Final = (
    *start.ROUTES, *match.ROUTES, *check.ROUTES, *plan.ROUTES, *job.ROUTES, *undo.ROUTES, *jobs.ROUTES,
    *exports.ROUTES, *live.ROUTES, *static.ROUTES,
)  # fmt: skip
