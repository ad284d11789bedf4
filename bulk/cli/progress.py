"""How far a job is, on standard error: a bar on a terminal, a line now and then elsewhere. `terminal` writes it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from bulk.cli import terminal

if TYPE_CHECKING:
    from tqdm import tqdm

    from bulk.library import Account
    from bulk.library.progress import Progress, Snapshot

EVERY: Final = 5.0  # seconds between two plain lines, where there is no terminal
WORDS: Final = {"checking": "Checking", "sending": "Sending", "planning": "Planning", "reading": "Reading"}


def progress_for(access: Account | None = None, *, quiet: bool) -> Progress:
    """The progress that fits: none when quiet, a bar on a terminal, a line now and then elsewhere.

    It begins with the name that bulk.toml gives to the account, if it does.
    """
    from bulk.library.progress import Silent  # noqa: PLC0415 - not for --help

    if quiet:
        return Silent()
    progress: Progress = Bar() if sys.stderr.isatty() else Lines(time.monotonic)
    if access is not None and access.named:
        where = access.connection or access.place
        progress.say(f"Account {access.named} of bulk.toml: {'connection ' if access.connection else ''}{where}")
    return progress


class Lines:
    """Progress as plain lines."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._next = clock() + EVERY
        self._last = ""

    def update(self, snapshot: Snapshot) -> None:
        """Say a line every few seconds."""
        if self._clock() >= self._next:
            self._next = self._clock() + EVERY
            total = "" if snapshot.total is None else f" of {snapshot.total:,}"
            line = f"{WORDS[snapshot.phase]}: {snapshot.done:,}{total}{_troubles(snapshot)}"
            if line != self._last:  # once more would say nothing
                self._last = line
                self.say(line)

    def say(self, line: str) -> None:
        """Say it."""
        terminal.echo(line, err=True)


class Bar:
    """Progress as one tqdm bar for each phase: rate, time left, failed and doubtful rows."""

    def __init__(self) -> None:
        self._bar: tqdm[Any] | None = None
        self._phase = ""

    def update(self, snapshot: Snapshot) -> None:
        """Move the bar."""
        if snapshot.total == 0:  # there is nothing to wait for
            self.close()
            return
        before = self._bar.n if self._bar is not None else 0
        if snapshot.phase != self._phase or snapshot.done < before:  # another phase, or the next file's
            self.close()
            self._phase = snapshot.phase
            self._bar = self._new(snapshot)
        if self._bar is not None:
            self._bar.total = snapshot.total
            self._bar.set_postfix_str(_troubles(snapshot).removeprefix(", "), refresh=False)
            self._bar.update(snapshot.done - self._bar.n)

    @staticmethod
    def _new(snapshot: Snapshot) -> tqdm[Any]:
        from tqdm import tqdm  # noqa: PLC0415 - 60 ms that --help does not need

        unit = f" {snapshot.what}"
        return tqdm(
            desc=WORDS[snapshot.phase], total=snapshot.total, unit=unit, file=sys.stderr, dynamic_ncols=True,
            leave=snapshot.phase != "checking", mininterval=0.1,
        )  # fmt: skip

    def say(self, line: str) -> None:
        """Say it above the bar."""
        if self._bar is not None and self._bar.total and self._bar.n >= self._bar.total:
            self.close()  # it stays above what comes after it
        if self._bar is not None:
            self._bar.write(terminal.fitted(line, terminal.width_of(sys.stderr)), file=sys.stderr)
        else:
            terminal.tell(line, err=True)

    def close(self) -> None:
        """Finish the bar, so that what follows begins on a line of its own."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
            self._phase = ""


def close(progress: Progress) -> None:
    """Finish what is drawn."""
    if isinstance(progress, Bar):
        progress.close()


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
