"""What a job tells, as JSON for other programs: one object an event, by the schema of docs/progress.schema.json.

The events are those that a `JobHandle` gives, but for what is said to people: no text of it, no cell and no address of
anybody is in an object, so that it may go into any log.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any, Final

from bulk.messages.help import help_of, meaning_of
from bulk.runtime.progress import (
    AccountStands,
    Checked,
    Ended,
    Entered,
    Estimate,
    Happening,
    HookFailed,
    Snapshot,
    Started,
    Waiting,
)

VERSION: Final = 1  # of the schema; it changes where a program that reads the objects would have to
FLEET: Final = "fleet"  # the kind of what is no job, but many
EVERY: Final = 1.0  # seconds between two objects about how far a job is
NAMES: Final = {
    Started: "started", Entered: "stage", Checked: "checked", Estimate: "estimate", Snapshot: "progress",
    Waiting: "waiting", AccountStands: "account", Ended: "ended", HookFailed: "hook_failed",
}  # fmt: skip
# how a job ended, in a word, by its exit code
OUTCOMES: Final = {0: "done", 1: "rows_failed", 2: "refused", 3: "aborted", 4: "unfinished"}
DEFECT, INTERRUPTED = "defect", "interrupted"


def event_json(event: Snapshot | Happening, now: datetime) -> dict[str, Any]:
    """An event as a JSON object."""
    data = {"v": VERSION, "time": _stamp(now), "event": NAMES[type(event)], **_plain(event)}
    if isinstance(event, Ended):
        data |= {"minutes": round(event.seconds / 60, 2), "error": error_json(event.error)}
    return data


def error_json(code: str) -> dict[str, str] | None:
    """An error as events tell it: its code, what that means in general, and where more of it stands."""
    return {"code": code, "meaning": meaning_of(code), "help": help_of(code)} if code else None


def _plain(event: Snapshot | Happening) -> dict[str, Any]:
    data = asdict(event)
    if data.get("part", ...) is None:
        del data["part"]
    return data


def _stamp(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def refused(code: str, exit_code: int) -> Ended:
    """The end of a command that came to no job."""
    return Ended("", "", "", "", OUTCOMES.get(exit_code, INTERRUPTED), exit_code, error=code)


class JsonLines:
    """Progress as lines of JSON, each handed to `write` as it comes. `clock` gives the time of day in seconds.

    Each object names the job once that is known. Of how far it is, at most one is written a second, and each time that
    it does something else; its rate is that of the requests of this run.
    """

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float]) -> None:
        self._write = write
        self._clock = clock
        self._about: dict[str, Any] = {}
        self._snapshot: Snapshot | None = None  # the newest, if it is not written yet
        self._next = 0.0
        self._phase: tuple[str, object] = ("", None)
        self._began: tuple[float, int] | None = None  # when, and by how many requests, the rate is reckoned from
        self._requests = 0
        self.ended = False

    def update(self, snapshot: Snapshot) -> None:
        """Write where the job stands, unless that was done just now."""
        now = self._clock()
        self._requests = max(self._requests, snapshot.requests)  # not each snapshot has them
        snapshot = replace(snapshot, requests=self._requests)
        if self._began is None and snapshot.requests:
            self._began = (now, snapshot.requests)
        phase = (snapshot.phase, snapshot.part)
        if now >= self._next or phase != self._phase:
            self._next, self._phase, self._snapshot = now + EVERY, phase, None
            self._progress(snapshot, now)
        else:
            self._snapshot = snapshot

    def say(self, line: str) -> None:
        """Nothing: it is for people, and may speak of them."""

    def note(self, event: Happening) -> None:
        """Write what happened; before the end, where the job stood by then."""
        now = self._clock()
        if isinstance(event, Started):
            self._about = {name: getattr(event, name) for name in ("job", "kind", "resource", "account")}
        if isinstance(event, Ended):
            self.ended = True
            if self._snapshot is not None:
                self._progress(self._snapshot, now)
        self.write(event_json(event, datetime.fromtimestamp(now, UTC)))

    def _progress(self, snapshot: Snapshot, now: float) -> None:
        began, requests = self._began or (now, snapshot.requests)
        rate = round((snapshot.requests - requests) / (now - began), 2) if now > began else None
        self.write(event_json(snapshot, datetime.fromtimestamp(now, UTC)) | {"rate": rate})

    def write(self, data: dict[str, Any]) -> None:
        """Write an object, with the job that it is about."""
        head = {name: data[name] for name in ("v", "time", "event")}
        self._write(json.dumps({**head, **self._about, **data}, ensure_ascii=True))
