"""The work of an undo: its lines are written down, shown and agreed to, then carried out resource by resource."""

# hub: it leads the lines of an undo through every room, as `sending` leads rows
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

import anyio
import anyio.to_thread

from bulk.access.account import Setting
from bulk.access.account_lock import AccountLock
from bulk.errors import DeclinedError
from bulk.jobs.create_names import make_names
from bulk.jobs.options import ImportOptions
from bulk.jobs.read_back import Reading, ReadingBack
from bulk.jobs.summary import UndoPlan
from bulk.jobs.telling import telling_lines
from bulk.jobs.undo_lines import lines_told, write_lines
from bulk.jobs.undo_lookup import leaving, lookup_of
from bulk.jobs.undo_people import PeopleSeen, addresses_of
from bulk.jobs.undo_plan import FIRST_LINE, UNDO_CSV, Reversible, names_made
from bulk.jobs.undo_rows import UndoLines
from bulk.jobs.undo_told import plan_of, said_of
from bulk.model import Aspect, Flow
from bulk.planning.consent import ACTIVE, Exclusions, read_exclusions
from bulk.planning.kept_records import CUSTOM_DATA, beside_of
from bulk.planning.names import Names, columns_of
from bulk.planning.naming import LARGE, families_of, read_names
from bulk.planning.pages.collections import Refused
from bulk.planning.steps.record_search import Claims
from bulk.planning.undo.contact_edits import ContactEdits
from bulk.planning.undo.contacts import ContactUndo
from bulk.planning.undo.costs import PEOPLE, requests_of
from bulk.planning.undo.records import RecordUndo
from bulk.planning.undo.renewed import renewed
from bulk.planning.undo.reversals import Reversal
from bulk.planning.writers import Known, Meaning
from bulk.prefetch.newest import read_newest
from bulk.resources import named
from bulk.resources.spec import Resource, Writing
from bulk.runtime.course import Stage
from bulk.runtime.progress import Estimate, note
from bulk.runtime.runner import Runner
from bulk.runtime.stop import Stopping, gave_up, too_many
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.storage.job_folder import SUMMARY, JobFolder
from bulk.storage.unread import EVERY
from bulk.wording import counted, pace_told


# wide: one run with what it learns on its way, read by each of its stages
@dataclass(slots=True)
class Undoing:
    """One run of one undo. `found` is what is to be put back; a run that goes on has it in its checkpoint."""

    folder: JobFolder
    options: ImportOptions
    checkpoint: Checkpoint
    setting: Setting
    reversible: Reversible | None = None
    only_plan: bool = False
    resumed: bool = False
    retry: bool = False
    names: dict[str, Names] = field(default_factory=dict)
    remade: dict[tuple[str, str], str] = field(default_factory=dict)
    exclusions: Exclusions = field(default_factory=Exclusions)
    counts: Counter[str] = field(default_factory=Counter)  # of the lines that have ended, by status
    plan: UndoPlan | None = None  # what it would do, where that is all that is asked for

    def reversals(self) -> Iterator[tuple[int, Reversal]]:
        """All that is to be put back, by the number of its line."""
        return ((number, Reversal.from_json(data)) for number, data in self.checkpoint.undoing.all())

    def replaced(self) -> dict[tuple[str, str], str]:
        """The ids that records have which were made anew so far, by resource and the id of then."""
        made = {number: reversal for number, reversal in self.reversals() if _recreates(reversal)}
        if not made:
            return {}
        settled = {row.number: row.outcome.id for row in self.checkpoint.rows.settled_rows()}
        return {
            (reversal.resource, reversal.record): settled[number]
            for number, reversal in made.items()
            if settled.get(number)
        }


async def work(undoing: Undoing, runner: Runner, account_lock: AccountLock, stopping: Stopping) -> None:
    """Put back what is to be, once there is a way to the account."""
    checkpoint = undoing.checkpoint
    if undoing.retry:
        undoing.folder.file(SUMMARY).unlink(missing_ok=True)
        await anyio.to_thread.run_sync(checkpoint.unread.reopen_given_up)
        checkpoint.reopen_failed()
        await checkpoint.durable()
    if undoing.resumed:
        await anyio.to_thread.run_sync(checkpoint.forget_stale_answers)
    await _learn(undoing, runner, account_lock)
    if undoing.reversible is not None:
        await _prepare(undoing, undoing.reversible, runner)
    else:
        _say_estimate(undoing, runner)
    if undoing.only_plan:
        return
    missing: dict[str, list[str]] = {}
    for (family, _identity), name in undoing.remade.items():
        missing.setdefault(family, []).append(name)
    with stopping.draining():
        for names in undoing.names.values():
            say = undoing.setting.progress
            await make_names(runner, account_lock, names, missing, say, checkpoint)
        if any(_recreates(reversal) for _number, reversal in undoing.reversals()):
            await read_newest(runner, checkpoint)
        phases = _phases(undoing)
        total = sum(last - first + 1 for _resource, first, last in phases)
        async with anyio.create_task_group() as tellers:
            tellers.start_soon(telling_lines, undoing.setting.progress, undoing.counts, total, runner)
            for resource, first, last in phases:
                await _phase(undoing, runner, stopping, named(resource), first, last)
            tellers.cancel_scope.cancel()


async def _learn(undoing: Undoing, runner: Runner, account_lock: AccountLock) -> None:
    """Read what the account calls what the lines are about."""
    reversals = (
        undoing.reversible.reversals
        if undoing.reversible is not None
        else [reversal for _number, reversal in undoing.reversals()]
    )
    resources = dict.fromkeys(
        [*(reversal.resource for reversal in reversals), *(undoing.reversible.names if undoing.reversible else ())]
    )
    for name in resources:
        names = undoing.names[name] = await _names_of(runner, named(name))
        account_lock.enter(names.host)
    if not account_lock.entered:
        account_lock.enter((await runner.ask(read_names((), ""))).host)
    undoing.remade = Reversible(reversals).remade
    if any(
        _recreates(reversal) or (reversal.edit.aspect is Aspect.LIST and reversal.edit.after in ACTIVE)
        for reversal in reversals
    ):
        result = await runner.ask(read_exclusions())
        if not isinstance(result, Refused):
            undoing.exclusions = result


async def _names_of(runner: Runner, resource: Resource) -> Names:
    """What the account calls what lines of a resource are about."""
    families = families_of(resource) | ({resource.name} if resource.called and resource.name not in LARGE else set())
    families |= {"tags", "lists", "accounts"} if resource.name == "contacts" else set()
    return await runner.ask(read_names(families, resource.custom, optional={*families, resource.custom}))


def _recreates(reversal: Reversal) -> bool:
    return reversal.edit.aspect is Aspect.RECORD and reversal.edit.after is not None


def _say_estimate(undoing: Undoing, runner: Runner) -> int:
    """Say what the lines will take that have not ended: how many requests."""
    settled = undoing.checkpoint.rows.settled_between(*EVERY)
    left = [reversal for number, reversal in undoing.reversals() if number not in settled]
    missing = {identity for family, identity in undoing.remade if identity not in undoing.names[family].book(family)}
    custom = {name for name, names in undoing.names.items() if name in CUSTOM_DATA and names.fields}
    before = runner.meter.requests if runner.meter is not None else 0
    requests = requests_of(left, undoing.options.rate, custom) + 2 * len(missing) + before
    undoing.counts.update(status.value for status in settled.values())
    rate = undoing.options.rate
    note(undoing.setting.progress, Estimate(len(left), requests, round(requests / rate, 1) if rate else None))
    undoing.setting.progress.say(pace_told([counted(len(left), "thing")], requests, rate))
    return requests


async def _prepare(undoing: Undoing, reversible: Reversible, runner: Runner) -> None:
    """Write the lines down, show what they come to, and ask."""
    checkpoint, say = undoing.checkpoint, undoing.setting.progress.say
    for family in list(reversible.names):
        reversible.reversals += [
            reversal for reversal in names_made(reversible, undoing.names[family]) if reversal.resource == family
        ]
    reversals = reversible.reversals
    lines = lines_told(reversals, undoing.names, reversible.tables)
    counts, first = await anyio.to_thread.run_sync(write_lines, undoing.folder, lines)
    checkpoint.undoing.put((number, reversal.to_json()) for number, reversal in enumerate(reversals, FIRST_LINE))
    checkpoint.note(facts.RAGGED, (False, 0))
    checkpoint.note(facts.CHECKED, {"read": len(reversals)})
    file = "" if undoing.only_plan else str(undoing.folder.file(UNDO_CSV))
    shown = [line.record for line in first if line.resource == PEOPLE and line.column]
    called = await runner.ask(addresses_of(shown)) if shown else {}
    for told in said_of(reversible, counts, first, called, file, undoing.setting.front_end):
        say(told)
    requests = _say_estimate(undoing, runner)
    if undoing.only_plan:
        undoing.plan = plan_of(reversible, list(lines_told(reversals, undoing.names, reversible.tables)), requests)
        return
    confirm = undoing.setting.confirm
    if reversals and confirm is not None and not await anyio.to_thread.run_sync(confirm, "Put this back?"):
        raise DeclinedError("undo_declined")
    checkpoint.note(facts.CONFIRMED, True)
    checkpoint.note(facts.UNDONE_UNTIL, reversible.latest)
    await checkpoint.durable()


def _phases(undoing: Undoing) -> list[tuple[str, int, int]]:
    """The lines by resource: each group is done and read back before the next begins."""
    phases = []
    for resource, group in groupby(undoing.reversals(), key=lambda one: one[1].resource):
        numbers = [number for number, _reversal in group]
        phases.append((resource, numbers[0], numbers[-1]))
    return phases


async def _phase(
    undoing: Undoing, runner: Runner, stopping: Stopping, resource: Resource, first: int, last: int
) -> None:
    checkpoint = undoing.checkpoint
    settled = checkpoint.rows.settled_between(first, last)
    if len(settled) == last - first + 1 and not checkpoint.unread.count((first, last)):
        return
    replaced = undoing.replaced()
    if replaced:  # what the account calls what was made meanwhile
        undoing.names[resource.name] = await _names_of(runner, resource)
    names = undoing.names[resource.name]
    columns = columns_of(resource, names)
    began = undoing.setting.clock()
    meaning = Meaning(columns, "update", "id", began=began, excluded=undoing.exclusions)
    back = ReadingBack(
        resource, meaning, names, checkpoint, Reading(beside=False, pages=bool(beside_of(resource))), (first, last)
    )
    seen = PeopleSeen() if resource.writing is Writing.CONTACT else None
    limit = too_many(undoing.options.max_errors, last - first + 1)

    def after_each() -> None:
        if limit is not None and lines.failed >= limit:
            stopping.stop(gave_up(lines.failed))

    if seen is not None:
        going = leaving(checkpoint, (first, last))
        flow_of = ContactUndo(ContactEdits(columns, meaning, names, undoing.remade), going, seen.deals).flow
    else:
        made = checkpoint.fact(facts.MADE_NAMES).get(resource.name, {})
        lookup = lookup_of(resource.name, (first, last), checkpoint, names)
        await checkpoint.durable()
        flow_of = RecordUndo(resource, columns, meaning, names, Claims(lookup, set()), made).flow

    def renewed_flow(reversal: Reversal, known: Known) -> Flow:
        return flow_of(renewed(reversal, resource, replaced), known)

    lines = UndoLines(checkpoint, first, last, renewed_flow, back, after_each, seen, undoing.counts)
    runner.enter(Stage.SENDING)
    await runner.run(lines)
    runner.enter(Stage.READING_BACK)
    await back.finish(runner)
