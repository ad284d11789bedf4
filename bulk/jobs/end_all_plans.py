"""The end of a plan of a whole account: the lines of its parts in one `plan.csv`, and their sums in one `plan.json`."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Final

from bulk.files.opening import OURS, open_sink, open_source
from bulk.files.source import FILE
from bulk.jobs.end_plan import PLAN_CSV, PLAN_JSON, SHOWN
from bulk.jobs.folder_files import file_name_of
from bulk.jobs.summary import JobResult
from bulk.planning.plan_lines import HEADER
from bulk.storage.job_folder import JobFolder

_OF_A_PART: Final = ("rows", "changes", "reasons", "new_names", "requests", "writes", "deletes", "file")  # of each
_OF_A_BASELINE: Final = ("baseline", "emptied", "missing")  # and of each that was made from an export


def end_all_plans(folder: JobFolder, job_results: list[JobResult]) -> None:
    """Write the plan of all parts, out of those of each."""
    plans = {
        e.folder.name: json.loads(e.folder.file(PLAN_JSON).read_text("utf-8")) | {"file": file_name_of(e.folder)}
        for e in job_results
    }
    with open_sink(folder.file(PLAN_CSV), (FILE, *HEADER)) as output:
        for job_result in job_results:
            file = file_name_of(job_result.folder)
            for record in open_source(job_result.folder.file(PLAN_CSV), OURS).records():
                output.write((file, *record.cells))
    folder.write_json(PLAN_JSON, _as_json(folder, plans))


def _as_json(folder: JobFolder, plans: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What `plan.json` says of all parts."""
    sums: dict[str, Counter[str]] = {name: Counter() for name in ("rows", "changes", "reasons", "unknown")}
    new: dict[str, list[str]] = {}
    for plan in plans.values():
        for name, sum_of in sums.items():
            sum_of.update(plan.get(name, {}))
        for family, names in plan["new_names"].items():
            new.setdefault(family, []).extend(names)
    first = [[plan["file"], *line] for plan in plans.values() for line in plan["first"]]
    edited = [plan for plan in plans.values() if "baseline" in plan]
    of_baselines: dict[str, Any] = {
        "baseline": ", ".join(sorted({plan["baseline"] for plan in edited})),
        **{key: sum(plan[key] for plan in edited) for key in ("emptied", "missing")},
    }
    read_at = [plan["made_at"] for plan in plans.values() if plan["made_at"]]
    return {
        "job": folder.name, "resource": "all", "rows": sums["rows"], "changes": sums["changes"],
        "reasons": sums["reasons"], "new_names": new, "first": first[:SHOWN],
        "requests": {"single": sum(plan["requests"]["single"] for plan in plans.values())},
        "writes": {"single": sum(plan["writes"]["single"] for plan in plans.values())},
        "seconds": {"single": round(sum(plan["seconds"]["single"] for plan in plans.values()), 1)},
        "automations": next((plan["automations"] for plan in plans.values()), []),
        "made_at": min(read_at, default=""),
        **(of_baselines if edited else {}),
        **({"unknown": sums["unknown"]} if sums["unknown"] else {}),
        "resources": {name: _of_a_part(plan) for name, plan in plans.items()},
    }  # fmt: skip


def _of_a_part(plan: dict[str, Any]) -> dict[str, Any]:
    """What is said of one part beside the sums."""
    return {key: plan[key] for key in (*_OF_A_PART, *_OF_A_BASELINE) if key in plan}
