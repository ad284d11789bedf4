"""The steps of a fleet on one account, one after the other: each is a job that goes on where it was cut off."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

import anyio
import anyio.to_thread

from bulk.access.account import Account, Setting, opened
from bulk.errors import BulkError
from bulk.fleet.fleet_folder import (
    DONE,
    ENDED,
    FAILED,
    REFUSED,
    RUNNING,
    UNFINISHED,
    AccountState,
    FleetFolder,
    FleetRecord,
    StepState,
)
from bulk.fleet.steps import Step
from bulk.jobs.summary import told as ended_as
from bulk.library.accounts import account_named
from bulk.library.config import Config, NamedAccount, config_of
from bulk.library.results import Result
from bulk.library.running import (
    meant,
    run_export,
    run_export_all,
    run_import,
    run_import_all,
    run_plan,
    run_plan_all,
    run_resume,
)
from bulk.library.watching import counting
from bulk.runtime.progress import Silent
from bulk.storage.job_folder import JOB, PLANNED, JobFolder
from bulk.wording import FrontEnd

_THREADS: Final = 8  # that write checkpoints: more would only wait for the disk
_STATE_OF: Final = {0: DONE, 1: FAILED}  # of a step by its exit code; any other is not to be passed over


def accounts_of_fleet(record: FleetRecord) -> Config:
    """What bulk.toml says of the accounts of a fleet; without one there are sandboxes only."""
    return config_of(Path(record.config), os.environ) if record.config else Config()


def limit_threads() -> None:
    """Let the accounts that this event loop has in hand share a few threads."""
    anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS


@dataclass(frozen=True, slots=True)
class OnAccount:
    """The work of a fleet on one account. `told` hears how it stands, whenever that changes."""

    folder: FleetFolder
    steps: tuple[Step, ...]
    named: NamedAccount
    files: Path  # the folder that paths are meant from
    sandbox: Path | None
    only_plan: bool
    told: Callable[[AccountState], None]
    stop: anyio.Event

    @classmethod
    def of(
        cls, record: FleetRecord, config: Config, folder: FleetFolder, account: str,
        told: Callable[[AccountState], None], stop: anyio.Event,
    ) -> Self:  # fmt: skip
        """What a fleet was asked to do on an account, its jobs in `folder`."""
        sandbox = Path(record.sandbox) if record.sandbox else None
        files = Path(record.file).parent
        return cls(folder, record.steps, config.account(account), files, sandbox, record.only_plan, told, stop)

    async def work(self) -> AccountState:
        """Do what is not done yet; gives how the account stands in the end. Never raises for what one account does."""
        before = self.folder.state_of(self.named.name)
        refusals: Counter[str] = Counter()
        state = replace(before, state=RUNNING, steps=(), refusals={})
        began = time.monotonic()
        for number, step in enumerate(self.steps, 1):
            await self._note(state)
            earlier = before.steps[number - 1] if len(before.steps) >= number else None
            if earlier is not None and earlier.state in ENDED:
                state = replace(state, steps=(*state.steps, earlier))
                continue
            ended = await self._step(number, step, refusals)
            state = replace(state, steps=(*state.steps, ended), refusals=dict(refusals))
            if ended.state not in ENDED:
                break
        ends = [step.state for step in state.steps]
        outcome = next((end for end in ends if end not in ENDED), None) or next(
            (end for end in (FAILED, PLANNED) if end in ends), DONE
        )
        requests = sum(step.requests for step in state.steps)
        state = replace(
            state, state=outcome, requests=requests, seconds=round(before.seconds + time.monotonic() - began, 1)
        )
        await self._note(state)
        return state

    async def _note(self, state: AccountState) -> None:
        await anyio.to_thread.run_sync(self.folder.note, state)  # the disk takes its time, and others are at work
        self.told(state)

    async def _step(self, number: int, step: Step, refusals: Counter[str]) -> StepState:
        job = step.job_name(number)
        if self.stop.is_set():
            return StepState(job, UNFINISHED, error="It was not begun: the fleet was stopped.", exit_code=4)
        try:
            result = await self._job(job, step, refusals)
        except BulkError as error:
            state = UNFINISHED if error.exit_code >= 4 else REFUSED
            words = error.words(FrontEnd.COMMAND_LINE)
            return StepState(job, state, error=words, exit_code=error.exit_code, code=error.code)
        except Exception as error:  # noqa: BLE001 - an account that fails stops nobody else
            told = f"a defect of bulk: {type(error).__name__}: {error}"
            return StepState(job, UNFINISHED, error=told, exit_code=3)
        code = _exit_code(result)
        state = PLANNED if result.planned else _STATE_OF.get(code, UNFINISHED if result.resumable else REFUSED)
        stopped = result.error
        said = "" if stopped is None else stopped.words(FrontEnd.COMMAND_LINE)
        requests = result.summary.totals.requests
        return StepState(job, state, dict(result.counts), said, code, "" if stopped is None else stopped.code, requests)

    async def _job(self, name: str, step: Step, refusals: Counter[str]) -> Result:
        setting = Setting(
            self._account(), self.folder.place_of(self.named.name), Silent(), name, stop=self.stop,
            opened=counting(opened, refusals), front_end=FrontEnd.COMMAND_LINE,
        )  # fmt: skip
        place = setting.jobs / name
        if (place / JOB).is_file():
            ended = ended_as(JobFolder(place), PLANNED if self.only_plan else "finished")
            if ended is not None:  # it was cut off before that was noted
                return Result.of(ended)
            return await run_resume(place, replace(setting, name=None), {})
        return await self._begun(step, setting)

    def _account(self) -> Account:
        if self.sandbox is not None:
            return replace(Account.sandbox(self.sandbox / self.named.name), named=self.named.name)
        return account_named(self.named, os.environ)

    def _begun(self, step: Step, setting: Setting) -> Awaitable[Result]:
        path, resource = step.path_for(self.named.name, self.files), meant(step.resource)
        own = self.named.rate
        if step.is_import:
            given = step.import_options()
            given = replace(given, rate=given.rate if own is None else own)
            if resource is None:
                return (run_plan_all if self.only_plan else run_import_all)(path, given, setting)
            return (run_plan if self.only_plan else run_import)(resource, path, given, setting)
        exporting = step.export_options()
        exporting = replace(exporting, rate=exporting.rate if own is None else own)
        if resource is None:
            path.mkdir(parents=True, exist_ok=True)
            return run_export_all(path, exporting, setting)
        path.parent.mkdir(parents=True, exist_ok=True)
        return run_export(resource, path, exporting, setting)


def _exit_code(result: Result) -> int:
    if result.error is not None:
        return result.error.exit_code
    return 0 if result.complete or result.planned else 1
