"""How far a job is, on standard error: a bar on a terminal, a line now and then elsewhere. `terminal` writes it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import click

from bulk.cli import terminal
from bulk.cli.bars import Bars
from bulk.cli.machine import wanted
from bulk.wording import duration

if TYPE_CHECKING:
    from bulk.library import Account
    from bulk.library.progress import Happening, Progress, Snapshot

EVERY: Final = 5.0  # seconds between two plain lines, where there is no terminal
WORDS: Final = {
    "checking": "Checking", "sending": "Sending", "planning": "Planning", "reading": "Reading",
    "deleting": "Deleting", "undoing": "Undoing",
}  # fmt: skip


def chosen_way(ctx: click.Context, _parameter: click.Parameter, value: str) -> str:
    """What `--progress` says; with json, standard error is for events from now on."""
    if value == "json" and not ctx.resilient_parsing and wanted().events is None:
        from bulk.library.events import JsonLines  # noqa: PLC0415 - not for --help

        wanted().events = JsonLines(terminal.write_event, time.time)
    return value


def progress_for(access: Account | None = None, *, quiet: bool, way: str = "auto") -> Progress:
    """The progress that is wanted; auto: none when quiet, a bar on a terminal, a line now and then elsewhere.

    It begins with the name that bulk.toml gives to the account, if it does.
    """
    if (events := wanted().events) is not None:
        return events
    if way == "none" or (way == "auto" and quiet):
        return Quiet()
    is_bar = way == "bar" or (way == "auto" and sys.stderr.isatty())
    progress: Progress = Bar() if is_bar else Lines(time.monotonic)
    if access is not None and access.named:
        where = access.connection or access.place
        progress.say(f"Account {access.named} of bulk.toml: {'connection ' if access.connection else ''}{where}")
    return progress


def end_of_command(code: str, exit_code: int) -> None:
    """Tell programs that the command ended by an error before any job could tell that, or after."""
    events = wanted().events
    if events is None or events.ended:
        return
    from bulk.library.events import refused  # noqa: PLC0415 - not for --help

    events.note(refused(code, exit_code))


class Noted:
    """Tells a person of what happened that is kept quiet in no case."""

    def note(self, event: Happening) -> None:
        """Say which hook failed; what else happens is told in other ways."""
        from bulk.library.progress import HookFailed  # noqa: PLC0415 - not for --help

        if isinstance(event, HookFailed):
            self.say(f"bulk: {event.hook} was not told how it ended: {event.reason}. The job is none the worse for it.")

    def say(self, line: str) -> None:
        """Say it."""
        terminal.tell(line, err=True)


class Quiet(Noted):
    """Progress for nobody, but for hooks that fail."""

    def update(self, snapshot: Snapshot) -> None:
        """Nothing."""

    def say(self, line: str) -> None:
        """Nothing."""

    def note(self, event: Happening) -> None:
        """Say which hook failed."""
        Noted().note(event)


class Lines(Noted):
    """Progress as plain lines."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._next = clock() + EVERY
        self._last = ""

    def update(self, snapshot: Snapshot) -> None:
        """Say a line every few seconds."""
        if self._clock() >= self._next:
            self._next = self._clock() + EVERY
            line = told(snapshot)
            if line != self._last:  # once more would say nothing
                self._last = line
                self.say(f"{line}, {duration(self._clock() - self._began)}" if snapshot.part else line)

    def say(self, line: str) -> None:
        """Say it."""
        terminal.echo(line, err=True)

    def close(self) -> None:
        """Nothing is drawn."""


def told(snapshot: Snapshot) -> str:
    """Where a job stands, on a line: `Sending: 6 of 10, 1 failed`; of a whole account with its part before."""
    part = snapshot.part
    if part and snapshot.phase == "done":
        return f"{part.number} of {part.of}: done"
    before = f"{part.number} of {part.of}, {part.name}: " if part else ""
    total = "" if snapshot.total is None else f" of {snapshot.total:,}"
    return f"{before}{WORDS[snapshot.phase]}: {snapshot.done:,}{total}{_troubles(snapshot)}"


class Bar(Noted):
    """Progress as one bar for each phase: pace, time left, failed and doubtful rows; of a whole account as one bar."""

    def __init__(self) -> None:
        self._bars = Bars(sys.stderr)
        self._phase = ""

    def update(self, snapshot: Snapshot) -> None:
        """Move the bar."""
        if snapshot.part is not None:
            self._update_parts(snapshot)
            return
        if snapshot.total == 0:  # there is nothing to wait for
            self.close()
            return
        if snapshot.phase != self._phase or snapshot.done < self._bars.at:  # another phase, or the next file's
            self.close()
            self._phase = snapshot.phase
            self._bars.begin(WORDS[snapshot.phase], snapshot.total, snapshot.what, stays=snapshot.phase != "checking")
        self._bars.move(snapshot.done, snapshot.total, _troubles(snapshot).removeprefix(", "))

    def _update_parts(self, snapshot: Snapshot) -> None:
        """Move the one bar of all parts: those that are done, and the share of this one."""
        part = snapshot.part
        if part is None:
            return
        if self._phase != "parts":
            self.close()
            self._phase = "parts"
            self._bars.begin("", part.of, "", stays=True)
        share = min(1.0, snapshot.done / snapshot.total) if snapshot.total else 0.0
        self._bars.move(part.number - 1 + share, part.of, told(snapshot))

    def say(self, line: str) -> None:
        """Say it above the bar, or below one that is done."""
        if self._phase != "parts" and self._bars.is_full:
            self.close()  # it stays above what comes after it
        if self._bars.is_drawn:
            self._bars.say(terminal.fitted(line, terminal.width_of(sys.stderr)))
        else:
            terminal.tell(line, err=True)

    def close(self) -> None:
        """Finish the bar, so that what follows begins on a line of its own."""
        self._bars.close()
        self._phase = ""


def close(progress: Progress) -> None:
    """Finish what is drawn."""
    finish: Any = getattr(progress, "close", None)
    if finish is not None:
        finish()


def asking(progress: Progress, ask: Callable[[str], bool]) -> Callable[[str], bool]:
    """The same question, asked on a line of its own: what is drawn is finished first."""

    def asked(question: str) -> bool:
        close(progress)
        return ask(question)

    return asked


def _troubles(snapshot: Snapshot) -> str:
    parts = []
    if snapshot.failed:
        parts.append(f"{snapshot.failed:,} failed")
    if snapshot.in_doubt:
        parts.append(f"{snapshot.in_doubt:,} in doubt")
    if snapshot.paused_for:
        parts.append(f"paused for {snapshot.paused_for:.0f} s by the server")
    return "".join(f", {part}" for part in parts)
