"""The JSON Schema of what `events` writes: `python -m bulk.library.event_schema > docs/progress.schema.json`."""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from bulk.library.events import DEFECT, FLEET, INTERRUPTED, OUTCOMES, VERSION
from bulk.runtime import progress
from bulk.runtime.course import Stage
from bulk.storage.job_folder import PLANNED
from bulk.storage.job_record import KINDS

_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_SECONDS: Final = {"type": "number", "minimum": 0}
_COUNTS: Final = {"type": "object", "additionalProperties": _COUNT}
_PART: Final = {
    "type": "object", "required": ["number", "of", "name"], "additionalProperties": False,
    "properties": {"number": _COUNT, "of": _COUNT, "name": _TEXT},
    "description": "Of a job on a whole account: which part this is about, of how many; its resource.",
}  # fmt: skip
_ERROR: Final = {
    "type": ["object", "null"], "required": ["code", "meaning", "help"], "additionalProperties": False,
    "properties": {
        "code": _TEXT,
        "meaning": {**_TEXT, "description": "What the code means; what varies stands in capitals."},
        "help": {**_TEXT, "description": "Where more is said of it."},
    },
}  # fmt: skip
_KIND: Final = {"enum": [*KINDS, FLEET, ""], "description": "What kind of job; empty where it came to none."}
_ABOUT: Final = {
    "job": {**_TEXT, "description": "The job's name, empty where none was made."},
    "kind": _KIND,
    "resource": {**_TEXT, "description": "all: a job on a whole account."},
    "account": {**_TEXT, "description": "As bulk.toml calls it; else its connection, its host, or sandbox."},
}
_PHASES: Final = (
    progress.CHECKING, progress.PLANNING, progress.SENDING, progress.DELETING, progress.UNDOING, progress.READING,
    progress.DONE,
)  # fmt: skip
# of each event: what it is, and what it has beside what all have; "part" may stand in some
_EVENTS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "started": ("A run of a job began.", {"resumed": {"type": "boolean"}}),
    "stage": ("It does something else from now on.", {"stage": {"enum": [stage.value for stage in Stage]}}),
    "checked": (
        "The file was checked: rows that are not sent are counted by the codes of why.",
        {"rows": _COUNT, "rejected": _COUNT, "skipped": _COUNT, "problems": _COUNTS},
    ),
    "estimate": (
        "What is left to do will take about so much; no seconds where there is no limit.",
        {"rows": _COUNT, "requests": _COUNT, "seconds": {"type": ["number", "null"], "minimum": 0}},
    ),
    "progress": (
        "Where it stands: done of total (null: not known), of what is counted. rate: requests a second of this run.",
        {
            "phase": {"enum": list(_PHASES)}, "done": _COUNT, "total": {"type": ["integer", "null"], "minimum": 0},
            "failed": _COUNT, "in_doubt": _COUNT, "requests": _COUNT, "paused_for": _SECONDS, "what": _TEXT,
            "rate": {"type": ["number", "null"], "minimum": 0},
        },
    ),
    "waiting": (
        "Nothing is sent for so many seconds at least.",
        {"reason": {"enum": [progress.ASKED_TO, progress.NO_ANSWER]}, "seconds": _SECONDS},
    ),
    "account": (
        "An account of a fleet stands otherwise than before; so many of all have ended.",
        {
            "state": _TEXT, "rows": _COUNTS, "requests": _COUNT, "seconds": _SECONDS, "exit_code": _COUNT,
            "ended": _COUNT, "of": _COUNT,
        },
    ),
    "hook_failed": (
        "Who was to be told of the end was not. What came of the job stays as it is.",
        {"hook": _TEXT, "reason": _TEXT},
    ),
    "ended": (
        "It ended. The last event; what a hook gets is the same object.",
        {
            "outcome": {"enum": [*OUTCOMES.values(), PLANNED, INTERRUPTED, DEFECT]}, "exit_code": _COUNT,
            "rows": {**_COUNTS, "description": "By status; read is the sum of the others."},
            "problems": {**_COUNTS, "description": "Rows that are not done, by the codes of why."},
            "requests": _COUNT, "retries": _COUNT,
            "refusals": {**_COUNTS, "description": "Answers of this run that were none: HTTP status, or lost."},
            "seconds": _SECONDS, "minutes": _SECONDS, "error": _ERROR,
            "accounts": {**_COUNTS, "description": "Of a fleet: its accounts by how they stand."},
            "go_on": {**_TEXT, "description": "The command that goes on with it, empty where there is none."},
        },
    ),
}  # fmt: skip
_WITH_PART: Final = ("stage", "checked", "estimate", "progress")
_WITHOUT_JOB: Final = ("progress", "waiting", "hook_failed")  # they may come before there is a job


def schema() -> dict[str, Any]:
    """The schema of one object."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What bulk tells as JSON while it runs",
        "description": "An object a line. No cell, no address of a person and no key is in any of them.",
        "oneOf": [_event(name, about, own) for name, (about, own) in _EVENTS.items()],
    }


def _event(name: str, about: str, own: dict[str, Any]) -> dict[str, Any]:
    head = {
        "v": {"const": VERSION}, "time": {**_TEXT, "format": "date-time", "pattern": "Z$"}, "event": {"const": name}
    }  # fmt: skip
    required = [*head, *(() if name in _WITHOUT_JOB else _ABOUT), *own]
    part = {"part": _PART} if name in _WITH_PART else {}
    return {
        "title": name, "description": about, "type": "object", "additionalProperties": False, "required": required,
        "properties": {**head, **_ABOUT, **own, **part},
    }  # fmt: skip


if __name__ == "__main__":
    sys.stdout.write(json.dumps(schema(), indent=2) + "\n")
