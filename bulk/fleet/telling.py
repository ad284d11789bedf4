"""Who hears of a fleet: events about its accounts, a metrics file with lines for each, hooks once it has ended."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from bulk.errors import BulkError
from bulk.fleet.fleet_folder import ENDED, RUNNING, WAITING, AccountState, FleetFolder
from bulk.fleet.table import FleetResult
from bulk.library.events import FLEET, INTERRUPTED, OUTCOMES, event_json
from bulk.library.metrics import EVERY, Figures, running_since, values_of, write_first, write_later
from bulk.library.watching import Hooks, tell_hooks
from bulk.runtime.progress import AccountStands, Ended, HookFailed, Progress, Started, note
from bulk.storage.job_folder import JobFolder


class FleetWatch:
    """Listens to one run of a fleet. `clock` gives the time of day."""

    def __init__(
        self, folder: FleetFolder, hooks: Hooks, progress: Progress, clock: Callable[[], float] = time.time
    ) -> None:
        """Tell that it begins. Raises `UsageError` where its metrics file cannot be written."""
        self._folder, self._hooks, self._progress, self._clock = folder, hooks, progress, clock
        self._began = clock()
        self._next = self._began + EVERY
        states = folder.states(running=False)
        self._all = len(states)
        self._heard: set[str] = set()  # accounts that this run has had in hand
        self._states: dict[str, AccountState] = {state.account: state for state in states}
        self._figures = {state.account: self._figures_of(state) for state in states}
        self._resumed = any(state.state != WAITING for state in states)
        if hooks.metrics:
            write_first(Path(hooks.metrics), list(self._figures.values()))
        note(progress, Started(folder.name, FLEET, "", resumed=self._resumed))

    def _figures_of(self, state: AccountState) -> Figures:
        """The figures of an account as it stood before; when that was, the file itself has kept."""
        values = {} if state.state == WAITING else values_of(self._ended_on(state), None)
        return Figures({"account": state.account, "kind": FLEET}, values)

    def told(self, state: AccountState) -> None:
        """An account stands otherwise than before."""
        self._states[state.account] = state
        self._heard.add(state.account)
        now = self._clock()
        if state.state == RUNNING:
            self._figures[state.account].values = running_since(now)
        else:
            self._figures[state.account].values |= values_of(self._ended_on(state), round(now, 3))
        ended = sum(one.state in ENDED for one in self._states.values())
        stands = AccountStands(
            state.account, state.state, state.rows, state.requests, state.seconds,
            0 if state.state == RUNNING else state.exit_code, ended, self._all,
        )  # fmt: skip
        note(self._progress, stands)
        if now >= self._next:
            self._next = now + EVERY
            self._write()  # what is wrong with it is said at the end, if it still is

    async def end(self, result: FleetResult) -> None:
        """It ended so."""
        each = [self._ended_on(state) for state in result.states]
        ended = Ended(
            self._folder.name, FLEET, "", "", OUTCOMES.get(result.exit_code, INTERRUPTED), result.exit_code,
            dict(result.rows), dict(sum((Counter(one.problems) for one in each), Counter())),
            sum(state.requests for state in result.states), sum(one.retries for one in each), self._refusals,
            seconds=self._seconds, go_on="" if result.complete else result.resume, accounts=dict(result.counts),
        )  # fmt: skip
        await self._tell(ended)

    async def refused(self, error: BulkError) -> None:
        """It did not begin, or was given up, for this reason."""
        outcome = OUTCOMES.get(error.exit_code, INTERRUPTED)
        await self._tell(
            Ended(self._folder.name, FLEET, "", "", outcome, error.exit_code, seconds=self._seconds, error=error.code)
        )

    @property
    def _refusals(self) -> dict[str, int]:
        """Those of this run: an account that was done before has only what an earlier one heard."""
        return dict(sum((Counter(self._states[account].refusals) for account in self._heard), Counter()))

    @property
    def _seconds(self) -> float:
        return round(max(0.0, self._clock() - self._began), 3)

    async def _tell(self, ended: Ended) -> None:
        if problem := self._write():
            note(self._progress, HookFailed(self._hooks.metrics, problem))
        data = event_json(ended, datetime.fromtimestamp(self._clock(), UTC))
        await tell_hooks(self._hooks.notify, ended, data, self._progress)
        note(self._progress, ended)

    def _write(self) -> str:
        file = self._hooks.metrics
        return write_later(Path(file), list(self._figures.values())) if file else ""

    def _ended_on(self, state: AccountState) -> Ended:
        """How an account came out of it, its steps together."""
        summaries = [JobFolder(self._folder.place_of(state.account) / step.job).summary() for step in state.steps]
        problems: Counter[str] = Counter()
        retries = 0
        for summary in filter(None, summaries):
            codes: Mapping[str, int] = summary["codes"]
            problems.update(codes)
            retries += int(summary["retries"])
        return Ended(
            self._folder.name, FLEET, "", state.account, OUTCOMES.get(state.exit_code, INTERRUPTED), state.exit_code,
            state.rows, dict(problems), state.requests, retries, dict(state.refusals), seconds=state.seconds,
        )  # fmt: skip
