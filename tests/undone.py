"""Undoing the jobs of a world, and what its account holds before and after.

`python -m tests.undone N SEED` plays N random undos from a seed on and counts: of files of every resource, in every
mode, with random options, faults and kills, and with others who change the account between a job and its undo.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bulk.errors import NothingToUndoError
from bulk.jobs import undo
from bulk.jobs.options import ImportOptions
from bulk.jobs.summary import JobResult
from bulk.storage.job_folder import JobFolder
from tests.account_cells import Expected, State, differences, state_of
from tests.called_with import numbers
from tests.planned import cut_off
from tests.undo_plays import FAULTS, Others, Play, account_with_everything
from tests.virtual import run
from tests.world import World, check_reports, report

COLUMNS = ("row", "resource", "id", "action", "column", "expected now", "back to")


def kept(world: World, name: str) -> JobFolder:
    """The job at hand under another name, so that the next can be made."""
    folder = world.folder / "jobs" / name
    world.job.path.rename(folder)
    return JobFolder(folder)


def undone(world: World, job: JobFolder, *, only_plan: bool = False) -> JobResult:
    """Undo a job."""

    async def start() -> JobResult:
        return await undo.start(job, ImportOptions(rate=0), world.setting, only_plan=only_plan)

    return run(start)


def gone_on(world: World, *, retry: bool = False) -> JobResult:
    """Go on with the undo at hand."""

    async def go_on() -> JobResult:
        return await undo.go_on(world.job, {}, replace(world.setting, confirm=None), retry=retry)

    return run(go_on)


def people(world: World) -> dict[str, Any]:
    """The account's contacts by address, with what they have; who is unsubscribed counts as on no list."""
    account = world.account()
    for person in account["contacts"].values():
        person["lists"] = {name: status for name, status in person["lists"].items() if status != "2"}
    return account


# ---- random ones


@dataclass
class Played:
    """What became of one example. `wrong` says what came out otherwise."""

    play: Play
    wrong: list[str] = field(default_factory=list)
    named: int = 0  # records that others had changed, and that were said to be left alone


def state(world: World) -> State:
    """What the account holds."""
    return state_of(world.folder / world.sandbox / "sandbox.sqlite")


def check(world: World, chance: Random) -> Played:
    """Play one example: a job, its undo, and the undo of that."""
    shutil.copytree(account_with_everything(), world.folder / world.sandbox)
    others = Others(world, chance)
    for _time in range(chance.choice((0, 0, 1, 2))):
        others.change(state(world), state(world))
    others.touched.clear()
    before = state(world)
    play = Play.of(chance, before)
    played = Played(play)
    others.stages = play.resource == "dealStages"
    _job(world, play, chance)
    job, after = kept(world, "imported"), state(world)
    for _time in range(play.touches[0]):
        others.change(before, after)
    now = state(world)
    deleted = play.resource if play.options["mode"] == "delete" else ""
    expected = Expected(before, after, now, others.touched, deleted)
    if not _undo(world, job, expected, played, chance, "undo"):
        return played
    others.touched.clear()
    put_back, back = kept(world, "undone"), state(world)
    for _time in range(play.touches[1]):
        others.change(now, back)
    later = state(world)
    _undo(world, put_back, Expected(now, back, later, others.touched), played, chance, "redo")
    return played


def _job(world: World, play: Play, chance: Random) -> None:
    """The import, or plan and apply, with its faults, to its end."""
    path = world.csv([list(row.values()) for row in play.rows], ",".join(play.rows[0]))

    def start() -> None:
        if play.planned:
            world.plan(path, play.resource, **play.options)
            world.apply()
        else:
            world.start(path, play.resource, **play.options)

    def go_on() -> None:
        if not world.job.file("job.json").exists():
            shutil.rmtree(world.job.path, ignore_errors=True)
            start()
        elif world.job.state == "planned":
            world.apply()
        else:
            world.resume()

    _to_the_end(world, play, chance, start, go_on, lambda: world.resume(retry=True))


def _to_the_end(
    world: World, play: Play, chance: Random, start: Callable[[], object], go_on: Callable[[], object],
    again: Callable[[], object],
) -> None:  # fmt: skip
    """Do it with the faults of a play and perhaps a kill, then without, until nothing is left to be done."""
    world.faults, world.seed = play.faults, chance.randrange(10**6)
    if cut_off(world, play.killed if play.killed >= 0 else 10**9, start):
        world.faults = ()
        go_on()
        if world.job.state == "planned":
            go_on()
    world.faults = ()
    for _time in range(5):
        if not world.job.path.exists() or (world.job.state == "finished" and not _is_open(world)):
            return
        again() if world.job.state == "finished" else go_on()


def _is_open(world: World) -> bool:
    codes = {line["_code"] for line in report(world.job.path, "failed.csv")}
    again = {"no_answer", "not_read_back", "not_confirmed"}
    return any(code in again or code.startswith("http_5") for code in codes)


def _undo(world: World, job: JobFolder, expected: Expected, played: Played, chance: Random, which: str) -> bool:
    """Undo a job and hold the account to what it has to be; whether there was anything to undo."""
    world.told.lines.clear()
    killed, faults = chance.random() < 0.3, chance.random() < 0.3
    play = replace(played.play, killed=chance.randint(0, 25) if killed else -1, faults=FAULTS if faults else ())
    start, go_on, again = (
        partial(undone, world, job),
        partial(_gone_on, world, job),
        partial(gone_on, world, retry=True),
    )
    try:
        _to_the_end(world, play, chance, start, go_on, again)
    except NothingToUndoError:
        played.wrong += [f"{which} of nothing: {one}" for one in differences(expected.state, state(world))]
        return False
    check_reports(world.job.path, COLUMNS)
    played.wrong += [f"{which}: {one}" for one in _wrong(world, job, expected, played)]
    return True


def _wrong(world: World, job: JobFolder, expected: Expected, played: Played) -> Iterator[str]:
    """What came out otherwise: in the account, in the report, in what was told before."""
    in_vain = [line for line in report(job.path, "failed.csv") if line["_code"] == "not_confirmed"]
    failed = [line for line in report(world.job.path, "failed.csv") if not _is_in_vain(line, expected, in_vain)]
    said = {(line["resource"], line["id"]) for line in failed if line["_code"] == "changed_since"}
    unsure = {(line["resource"], line["id"]) for line in failed} & expected.perhaps
    played.named += len(said)
    stages = {of for of, stage in expected.now["dealStages"].items() if stage["dealGroup"] in said}
    said |= {("dealStages", of) for of in stages}
    after, pipelines = expected.after["dealStages"].items(), expected.now["dealGroups"]
    hidden = {("dealStages", of) for of, stage in after if stage["dealGroup"][1] not in pipelines}  # still answered for
    yield from differences(expected.state, state(world), unsure)
    for line in failed:
        record = line["resource"], line["id"]
        if line["_code"] == "related_missing":  # what it lay in is gone, which its own line says
            continue
        if line["_code"] != "changed_since" and record not in expected.perhaps:
            yield f"{record} failed: {line['_code']}: {line['_error']}"
        if line["_code"] == "changed_since" and record not in expected.named | expected.perhaps:
            yield f"it is said that others changed {record}: {line['_error']}"
    yield from (f"that others changed {one} is not said" for one in sorted(expected.named - said - unsure - hidden))
    told = [line.strip() for line in world.told.lines]
    yield from (line for line in told if "cannot be undone" in line)
    if expected.lost and not any(line.startswith("Stays: ") for line in told):
        yield f"it is not said before that this does not come back: {expected.lost[:3]}"


def _is_in_vain(line: dict[str, str], expected: Expected, in_vain: list[dict[str, str]]) -> bool:
    """Whether a line is about a cell which the job wrote without effect, as its row said, and others have changed.

    It may be said that they did, and that is true. ActiveCampaign acknowledged what the job wrote; that it was not so
    when it was read back may be what somebody did as well, so what the job left there nobody can know.
    """
    place, cell = (line["resource"], line["id"]), line["column"]
    if line["_code"] != "changed_since" or place in expected.named:
        return False
    states = (expected.before, expected.after, expected.now)
    was, left, has = (state[place[0]].get(place[1], {}).get(cell) for state in states)
    rows = [one for one in in_vain if one["_row"] == line["row"] and f": {cell} should be " in one["_error"]]
    return was == left != has and bool(rows)


def _gone_on(world: World, job: JobFolder) -> None:
    if world.job.file("job.json").exists():
        gone_on(world)
    else:
        shutil.rmtree(world.job.path, ignore_errors=True)
        undone(world, job)


def main() -> None:
    """Play many, and say how many came out otherwise."""
    plays, first = numbers(__doc__, (None, 0))
    wrong, rows, named, kinds = 0, 0, 0, set[str]()
    for seed in range(first, first + plays):
        with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:  # noqa: S108
            try:
                played = check(World(Path(name), pytest.MonkeyPatch()), Random(seed))
            except Exception as error:  # noqa: BLE001 - whatever it is, the others are played
                wrong += 1
                print(f"seed {seed}: {type(error).__name__} {str(error)[:800]}", flush=True)
                continue
        rows += len(played.play.rows)
        named += played.named
        kinds.add(f"{played.play.resource} {played.play.options['mode']}")
        if played.wrong:
            wrong += 1
            said = f"seed {seed}: {played.play.resource} {played.play.options}"
            print(said, *played.wrong[:4], sep="\n    ", flush=True)
    print(
        f"{plays} undos and their undos, {len(kinds)} kinds of jobs, {rows:,} rows, {named} records that others had"
        f" changed: {wrong} came out otherwise"
    )
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
