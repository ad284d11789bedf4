"""Whoever is to hear of a job hears of it here, whatever becomes of it: its progress, its metrics file, its hooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import anyio

from bulk.access.account import Account, Opening, Setting
from bulk.errors import BulkError, UsageError
from bulk.jobs.options import ExportOptions, ImportOptions
from bulk.jobs.summary import JobResult
from bulk.library.choices import command_line
from bulk.library.events import DEFECT, INTERRUPTED, OUTCOMES, event_json
from bulk.library.hooks import check_hooks, kept, shown, tell
from bulk.library.jobs import job_kept
from bulk.library.metrics import JobMetrics
from bulk.library.results import PLANNED, Result
from bulk.model import Lost, Reply, Request, RowStatus
from bulk.runtime.progress import (
    ASKED_TO,
    Ended,
    Happening,
    HookFailed,
    Progress,
    Snapshot,
    Started,
    Waiting,
    note,
)
from bulk.runtime.runner import Send
from bulk.wording import FrontEnd, in_words_of

_INTERRUPTED: Final = 130
_REFUSALS: Final = (401, 403, 408, 425, 429)  # and all from 500 on


@dataclass(frozen=True, slots=True)
class Hooks:
    """Who is told of a job beside its progress: `notify` once it has ended, `metrics` is a file, "" for none."""

    notify: Sequence[str] = ()
    metrics: str = ""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Hooks:
        """Those that the options of a job name. Raises `UsageError` for what cannot be told."""
        hooks = cls(tuple(options.get("notify", ())), options.get("metrics", ""))
        check_hooks(hooks.notify)
        return hooks


def without_keys(options: ImportOptions | ExportOptions, say: Callable[[str], None]) -> Any:
    """The options as they may be kept with the job: a hook that may have a key in it is not, which is said."""
    return replace(options, notify=kept(options.notify, say))


def called(account: Account) -> str:
    """What an account is called in events and figures: as bulk.toml does, else its connection, its host, sandbox."""
    if account.named or account.connection:
        return account.named or account.connection
    if account.sandbox_folder is not None:
        return "sandbox"
    return account.place.partition("://")[2].partition("/")[0]


async def watched(
    about: Started, hooks: Hooks, setting: Setting, work: Callable[[Setting], Awaitable[JobResult]]
) -> Result:
    """Do the work of a job, and tell everybody how it ended; raises what the work does."""
    watch = _Watch(replace(about, account=called(setting.access)), hooks, setting)
    try:
        result = Result.of(await work(watch.setting))
    except BaseException as error:
        with anyio.CancelScope(shield=True):
            await watch.end(watch.of_error(error), is_told=not isinstance(error, UsageError))
        raise
    with anyio.CancelScope(shield=True):  # a job that has ended is told of, whoever leaves
        await watch.end(watch.of_result(result), is_told=watch.begun or result.error is not None)
    return result


async def tell_hooks(notify: Sequence[str], ended: Ended, data: Mapping[str, Any], progress: Progress) -> None:
    """Tell each hook that something has ended; the progress, which of them that did not reach."""
    variables = {"BULK_JOB": ended.job, "BULK_OUTCOME": ended.outcome, "BULK_EXIT_CODE": str(ended.exit_code)}
    for hook in dict.fromkeys(notify):
        if problem := await tell(hook, data, variables):
            note(progress, HookFailed(shown(hook), problem))


class _Watch:
    """Listens to a job in place of its progress, and hands on what it hears."""

    def __init__(self, about: Started, hooks: Hooks, setting: Setting) -> None:
        self.begun = False
        self._about = about
        self._notify = hooks.notify
        self._progress, self._clock, self._front_end = setting.progress, setting.clock, setting.front_end
        self._jobs = setting.jobs
        self._refusals: Counter[str] = Counter()
        self._newest = Snapshot("")
        self._since = self._clock()
        self.setting = replace(setting, progress=self, opened=counting(setting.opened, self._refusals))
        self._metrics_file = Path(hooks.metrics)
        self._metrics = JobMetrics(self._metrics_file, about, self._clock) if hooks.metrics else None

    # ---- for the job, as its progress

    def update(self, snapshot: Snapshot) -> None:
        if snapshot.paused_for > 0 and not self._newest.paused_for:
            note(self._progress, Waiting(ASKED_TO, round(snapshot.paused_for, 1)))
        self._newest = replace(snapshot, requests=max(snapshot.requests, self._newest.requests))  # not each has them
        self._progress.update(snapshot)
        if self._metrics is not None:
            # what is wrong with it is said at the end, if it still is
            self._metrics.update(self._newest, self._refusals)

    def say(self, line: str) -> None:
        self._progress.say(line)

    def note(self, event: Happening) -> None:
        if isinstance(event, Started):
            self.begun = True
            event = self._about = replace(self._about, job=event.job, kind=event.kind, resource=event.resource)
        note(self._progress, event)

    # ---- its end

    def of_result(self, result: Result) -> Ended:
        """How it ended, of a job that has a result."""
        summary, error = result.summary, result.error
        problems = Counter(summary.codes) + Counter(summary.missing_codes)
        return replace(
            self._ended(result.exit_code, "" if error is None else error.code),
            job=result.job.name, outcome=PLANNED if result.planned else OUTCOMES.get(result.exit_code, INTERRUPTED),
            rows=dict(result.counts), problems=dict(problems), requests=summary.totals.requests,
            retries=summary.totals.retries, seconds=round(summary.totals.seconds, 3), go_on=self._go_on(result),
        )  # fmt: skip

    def of_error(self, error: BaseException) -> Ended:
        """How it ended, of a job that was kept from beginning, or was left at once."""
        if not isinstance(error, BulkError):
            is_defect = isinstance(error, Exception)
            ended = self._ended(3 if is_defect else _INTERRUPTED, "")
            return replace(ended, outcome=DEFECT) if is_defect else ended
        ended, folder = self._ended(error.exit_code, error.code), job_kept(error)
        return ended if folder is None else replace(ended, job=folder.name, go_on=self._line("resume", folder.name))

    def _ended(self, exit_code: int, code: str) -> Ended:
        about = self._about
        return Ended(
            about.job, about.kind, about.resource, about.account, OUTCOMES.get(exit_code, INTERRUPTED),
            exit_code,
            requests=self._newest.requests, refusals=dict(self._refusals),
            seconds=round(max(0.0, self._clock() - self._since), 3), error=code,
        )  # fmt: skip

    def _go_on(self, result: Result) -> str:
        if result.resumable:
            return self._line("resume", result.job.name)
        if result.planned:
            return "" if result.undo is not None else self._line("apply", result.job.name)
        again = (RowStatus.FAILED, RowStatus.IN_DOUBT)
        if result.error is None and any(result.counts.get(status.value) for status in again):
            return self._line("retry", result.job.name)
        return ""

    def _line(self, command: str, job: str) -> str:
        if self._front_end is FrontEnd.LIBRARY:
            marks = {"resume": f"resume_in={job}|{self._jobs}", "retry": f"retry_job={job}", "apply": f"apply={job}"}
            return in_words_of(FrontEnd.LIBRARY, f"⟦{marks[command]}⟧")
        return command_line(command, job, self._jobs)

    async def end(self, ended: Ended, *, is_told: bool) -> None:
        """Tell everybody; the progress last. Each thing that cannot be told is itself told to the progress."""
        now = event_json(ended, _moment(self._clock()))
        if self._metrics is not None and (problem := self._metrics.end(ended)):
            note(self._progress, HookFailed(str(self._metrics_file), problem))
        if is_told:
            await tell_hooks(self._notify, ended, now, self._progress)
        note(self._progress, ended)


def counting(opened: Opening, refusals: Counter[str]) -> Opening:
    """The same way in, which counts the answers that are none, by their status or as lost."""

    @asynccontextmanager
    async def counted(access: Account, rate: float) -> AsyncIterator[Send]:
        async with opened(access, rate) as send:

            async def send_and_count(request: Request) -> Reply | Lost:
                reply = await send(request)
                if isinstance(reply, Lost):
                    refusals["lost"] += 1
                elif reply.status in _REFUSALS or reply.status >= 500:
                    refusals[str(reply.status)] += 1
                return reply

            yield send_and_count

    return counted


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
