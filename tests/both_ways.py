"""Random files by both engines: the same account and the same reports, whatever happens on the way of the batches.

`python -m tests.both_ways COUNT SEED` plays so many from a seed on. A file goes one request a step into one account,
and in batches into its twin; there with faults, kills and others at work, and gone on with until it is done. Then rows
have the same status, action, code and words, and the accounts hold the same.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field, fields
from itertools import count
from pathlib import Path
from random import Random

import pytest

from bulk.errors import NothingToUndoError, UnfinishedError
from bulk.model import Lost, Reply, Request
from bulk.sandbox.switches import Switches
from tests.account_cells import LEFT, Expected, State, differences, named, state_of
from tests.both_ways_plays import Play, furnish
from tests.called_with import numbers
from tests.undone import gone_on, kept, undone
from tests.world import Crash, World, check_reports, report

# addresses which the account may take for one another: where it cannot be read who is there, a row may have come to
# another person, and stays in doubt by either engine
ALIKE = {"straße@example.com", "strasse@example.com", "renée@example.com", "renee@example.com"}
# where a row is refused for two reasons: a resume that subscribes nobody else does not ask who is excluded
REFUSALS = ({"contradiction", "other_address"}, {"excluded", "unconfirmed"}, {"excluded", "opted_out"})
AFTER = "after the job"
STAYS = ("it is not sure that they did not leave by themselves", "the address has bounced")
SUBMIT = "import/bulk_import"
_OPEN = frozenset((
    "no_answer", "not_read_back", "not_confirmed", "server_error", "rate_limited", "damaged_answer", "http_500",
    "http_502", "http_503",
))  # fmt: skip


@dataclass
class Played:
    """What became of one play. `wrong` says what came out otherwise."""

    play: Play
    wrong: list[str] = field(default_factory=list)
    batches: int = 0
    batched: int = 0  # rows that went in them
    statuses: Counter[str] = field(default_factory=Counter)


def check(folder: Path, play: Play) -> Played:
    """Play one."""
    played = Played(play)
    single, batch = (_world(folder / name, play) for name in ("single", "batch"))
    before = _state(batch)
    single.start(_file(single, play), engine="single", **play.options)
    expected = _ends(single, play)
    _by_batches(batch, play)
    for world in (single, batch):
        _others_go_on(world)
    ends = _ends(batch, play)
    played.statuses.update(end[1] for end in ends.values())
    touched = {one.email.lower() for one in play.others}
    if any(end[2] == "another_record" for end in ends.values()):  # nobody could be looked up at first: see `ALIKE`
        touched |= ALIKE
    rows = {n for n, row in enumerate(play.rows, 2) if row[play.header.index("email")].strip().lower() in touched}
    played.wrong += _differing(expected, ends, rows)
    played.wrong += _accounts(single, batch, play, touched & ALIKE)
    played.wrong += _twice(batch)
    if play.undoes:
        played.wrong += _undone(batch, before, play)
    submits = [request for request, _reply in batch.sent if request.path == SUBMIT]
    played.batches = len(submits)
    played.batched = sum(len(request.body["contacts"]) for request in submits)
    return played


def _world(folder: Path, play: Play) -> World:
    folder.mkdir(parents=True)
    world = World(folder, pytest.MonkeyPatch())
    world.by_loop = True
    world.clock = lambda: max(world.latest.timestamp(), time.time())
    furnish(world, play)
    left = sorted(play.others, key=lambda one: one.after)
    requests = count(1)

    def altered(request: Request) -> Request:
        sent = next(requests)
        for one in [one for one in left if one.after < sent or request.path == AFTER]:
            if one.made(world):  # else there is nobody yet
                left.remove(one)
        return request

    world.altered = altered
    return world


def _others_go_on(world: World) -> None:
    """What others change later than the job."""
    world.altered(Request("after", "GET", AFTER))


def _file(world: World, play: Play) -> Path:
    return world.csv(play.rows, ",".join(play.header))


def _by_batches(world: World, play: Play) -> None:
    """Import it in batches, with all that happens on the way, until nothing is left to be done."""
    world.faults, world.seed = play.faults, play.seed
    world.before = lambda request: _refusal(request, play)
    kills = list(play.kills)
    path = _file(world, play)
    for turn in range(12):
        requests, answered = kills.pop() if kills else (10**9, False)
        state = world.job.state if world.job.path.exists() else ""
        if state == "finished" and not _is_open(world):
            return
        if turn > 2:
            world.faults = ()
        with cut_off(world, requests, answered=answered), suppress(UnfinishedError):
            if not world.job.file("job.json").exists():
                shutil.rmtree(world.job.path, ignore_errors=True)
                world.start(path, engine="batch", **play.options)
            else:
                world.resume(retry=state == "finished")
    raise AssertionError(f"it comes to no end: {report(world.job.path, 'failed.csv')[:3]}")


def _undone(world: World, before: State, play: Play) -> Iterator[str]:
    """Undo the job by batches, cut off and gone on with: how the account differs from what it was before.

    Who was unsubscribed by a batch that took more than 10 s may have left by themselves meanwhile: they stay so, as who
    has bounced or is excluded does, and it is said.
    """
    after = _state(world)
    expected = Expected(before, after, after, frozenset())
    world.faults, world.before, job, kills = (), lambda _request: None, kept(world, "imported"), list(play.undo_kills)
    for _turn in range(8):
        requests, answered = kills.pop() if kills else (10**9, False)
        if world.job.path.exists() and world.job.state == "finished" and not _is_open(world):
            break
        try:
            with cut_off(world, requests, answered=answered), suppress(UnfinishedError):
                if world.job.file("job.json").exists():
                    gone_on(world, retry=world.job.state == "finished")
                else:
                    shutil.rmtree(world.job.path, ignore_errors=True)
                    undone(world, job)
        except NothingToUndoError:
            break
    failed = report(world.job.path, "failed.csv") if world.job.path.exists() else []
    unsure = {("contacts", line["id"]) for line in failed if _is_left(line)}
    yield from (f"undo: {one}" for one in differences(expected.state, _state(world), unsure))
    yield from (f"undo: {line['_code']}: {line['_error']}" for line in failed if not _is_left(line))


def _is_left(line: dict[str, str]) -> bool:
    """Whether a line of an undo says why somebody is not subscribed again."""
    return line["_code"] == "excluded" or (
        line["_code"] == "changed_since" and any(why in line["_error"] for why in STAYS)
    )


class cut_off:  # noqa: N801 - it is used as a word
    """The process ends when so many requests were sent: before another, or once the last is answered."""

    def __init__(self, world: World, requests: int, *, answered: bool) -> None:
        self.world, self.requests, self.answered = world, requests, answered

    def __enter__(self) -> None:
        sent = 0

        def count(_request: Request) -> None:
            nonlocal sent
            if sent >= self.requests and not self.answered:
                raise Crash
            sent += 1

        def after(_request: Request, _reply: Reply | Lost) -> None:
            if sent >= self.requests and self.answered:
                raise Crash

        self.world.on_send, self.world.after = count, after

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        self.world.on_send, self.world.after = lambda _request: None, lambda _request, _reply: None
        return _is_crash(error)


def _is_crash(error: BaseException | None) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(map(_is_crash, error.exceptions))
    return isinstance(error, Crash)


def _refusal(request: Request, play: Play) -> Reply | None:
    """What the importer answers to a batch that holds whom it refuses at once."""
    if request.path != SUBMIT or not play.refused:
        return None
    wrong = [at for at, one in enumerate(request.body["contacts"], 1) if one["email"] in play.refused]
    reasons = [{"contact": at, "failureReason": "Field 'email' incorrect format"} for at in wrong]
    return (
        Reply(400, {"success": 0, "message": "JSON payload did not pass validation.", "failureReasons": reasons})
        if wrong
        else None
    )


def _is_open(world: World) -> bool:
    """Whether `retry` may bring more about."""
    lines = report(world.job.path, "failed.csv")
    left = [line for line in lines if line["_code"] != "another_record"]  # which is not sent again
    return any(line["_status"] == "in_doubt" or line["_code"] in _OPEN for line in left)


# ---- what is the same


def _ends(world: World, play: Play) -> dict[int, tuple[str, ...]]:
    """How each row ended: its report, status, action, code and words; ids in them aside."""
    lines = check_reports(world.job.path, play.header)
    return {
        row: (line["_file"], line.get("_status") or line.get("_action") or ("set aside" if line.get("_reason") else ""),
              line.get("_code", ""), re.sub(r"\d+", "#", line.get("_error", "")))
        for row, line in lines.items()
    }  # fmt: skip


def _differing(
    expected: dict[int, tuple[str, ...]], ends: dict[int, tuple[str, ...]], touched: AbstractSet[int]
) -> Iterator[str]:
    for row in sorted({*expected, *ends} - touched):
        codes = {one[row][2] for one in (expected, ends) if row in one}
        if codes in REFUSALS:
            continue  # refused for either, of which a resume of few rows tells another one than an undisturbed run
        if expected.get(row) != ends.get(row):
            yield f"row {row} ended {ends.get(row)}, by single requests {expected.get(row)}"


def _accounts(single: World, batch: World, play: Play, unsure: AbstractSet[str]) -> Iterator[str]:
    """How the accounts differ, by what records are called.

    A cell that somebody else changed meanwhile may hold what they or what the row wants: by batches a row is written at
    another moment, and what somebody changes back before it is read is done once more. Who left stays off the list, if
    they were there before the job: who is new may leave in the seconds between being made and being subscribed.
    """
    touched = {(one.email.lower(), _called(one.cell)) for one in play.others}
    known = {one["email"].lower() for one in play.people} if not play.options["resubscribe"] else set()
    left = {cell for cell in touched if cell[1].startswith("list ") and cell[0] in known}
    states = [named(_state(world)) for world in (single, batch)]
    for table in states[0]:
        one, other = ([(called, tuple(sorted(cells.items()))) for called, cells in state[table]] for state in states)
        one, other = ([pair for pair in state if pair[0].lower() not in unsure] for state in (one, other))
        for called, cells in one:
            if (called, cells) in other:
                other.remove((called, cells))
                continue
            now = next((dict(has) for name, has in other if name == called), None)
            if now is None:
                yield f"{table} {called!r} is missing: {dict(cells)}"
                continue
            other = [pair for pair in other if pair[0] != called]
            was = dict(cells)
            said = [
                f"{of}: {now.get(of)!r}, not {was.get(of)!r}" for of in {**was, **now}
                if was.get(of) != now.get(of)
                and ((called.lower(), of) not in touched or ((called.lower(), of) in left and now.get(of) != LEFT))
            ]  # fmt: skip
            if not said:
                continue
            yield f"{table} {called!r} has {'; '.join(said)}"
        yield from (f"{table} {called!r} is too much: {dict(cells)}" for called, cells in other)


def _called(cell: str) -> str:
    """A cell of a contact as `named` calls it."""
    kind, colon, name = cell.partition(":")
    return (
        f"{kind} {'contact · ' if kind == 'tag' else ''}{name.lower().replace(' ', '-') if kind == 'list' else name}"
        if colon
        else cell
    )


def _state(world: World) -> State:
    """What an account holds; which automations the importer has started aside, since no other request starts any."""
    state = state_of(world.folder / world.sandbox / "sandbox.sqlite")
    for cells in state["contacts"].values():
        for cell in [cell for cell in cells if cell.startswith("automation:")]:
            del cells[cell]
    return state


def _twice(world: World) -> Iterator[str]:
    """Rows that stand in more than one batch that was taken, unless the answer of an earlier one was lost."""
    seen: Counter[str] = Counter()
    for request, reply in world.sent:
        if request.path == SUBMIT and isinstance(reply, Reply) and _takes(reply):
            seen.update(one["email"].lower() for one in request.body["contacts"])
    yield from (f"{email} was taken {times} times" for email, times in seen.items() if times > 1)


def _takes(reply: Reply) -> bool:
    """Whether the importer says that it has taken a batch, under a name."""
    return reply.status == 200 and not reply.damage and isinstance(reply.body, dict) and "batchId" in reply.body


def played(seed: int) -> Played:
    """Play the one of a seed."""
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
    with tempfile.TemporaryDirectory(dir=place) as name:
        return check(Path(name), Play.of(Random(seed)))


def main() -> None:
    """Play many, and say how many came out otherwise."""
    plays, first = numbers(__doc__, (None, 0))
    wrong = batches = batched = rows = 0
    statuses: Counter[str] = Counter()
    for seed in range(first, first + plays):
        play = Play.of(Random(seed))
        try:
            result = played(seed)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are played
            wrong += 1
            print(f"seed {seed}: {type(error).__name__} {str(error)[:600]}", _told(play), flush=True)
            continue
        batches, batched, rows = batches + result.batches, batched + result.batched, rows + len(play.rows)
        statuses += result.statuses
        if result.wrong:
            wrong += 1
            print(f"seed {seed}: {_told(play)}", *result.wrong[:5], sep="\n    ", flush=True)
    print(f"{plays} files by both engines, {rows:,} rows, {batched:,} of them in {batches} batches: {wrong} otherwise")
    print(dict(statuses))
    sys.exit(bool(wrong))


def _told(play: Play) -> str:
    """A play, short."""
    usual = Switches()
    switches = {
        one: value for one in fields(usual) if (value := getattr(play.switches, one.name)) != getattr(usual, one.name)
    }
    other = {"faults": play.faults, "kills": play.kills, "refused": play.refused, "others": play.others}
    said = {name: value for name, value in other.items() if value}
    return f"{play.options} {said} { {one.name: value for one, value in switches.items()} }"


if __name__ == "__main__":
    main()
