"""An account whose jobs a worker has in hand on a machine of its own: laid out, taken over, carried, brought home.

The folder of an account holds its jobs. For workers they are moved into a folder within it whose name is chance. Who
takes the account over gives that folder another name, and nobody else can write into it from then on, since what is
carried there is opened by its name each time. An earlier owner that was only slow finds it gone before its next
request leaves. When all is done the jobs are moved back, and lie as if this machine had done them.

Nothing here is copied or read but by `storage.carrying`; moving within a folder is one step, also over a network.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread

from bulk.fleet.fleet_folder import ACCOUNT, RUNNING, AccountState, FleetFolder
from bulk.fleet.on_account import OnAccount, accounts_of_fleet
from bulk.storage.carrying import NotCarriedError, carried, copy_file
from bulk.storage.private import make_private

AT_WORK: Final = ".at-work-"  # begins the name of the folder of jobs that a worker has in hand
_TRIES: Final = 100


def lay_out(place: Path) -> None:
    """Put the jobs of an account where workers take them from. Only by whoever holds the fleet's lock."""
    make_private(place)
    kept = next(place.glob(f"{AT_WORK}*"), None) or place / _new_name()
    kept.mkdir(mode=0o700, exist_ok=True)
    _gather(place, kept)


def taken_over(place: Path) -> Path | None:
    """Take the jobs of an account over from whoever had them; None where they are at home: nobody is to have them."""
    for _try in range(_TRIES):
        before = next(place.glob(f"{AT_WORK}*"), None)
        if before is None:
            return None
        kept = place / _new_name()
        try:
            before.rename(kept)
        except FileNotFoundError:  # another worker was faster: it is taken over from that one
            continue
        _gather(place, kept)
        return kept
    raise NotCarriedError(f"{place}: others take it over again and again")


def bring_home(place: Path, kept: Path, note: Callable[[], None]) -> None:
    """Move jobs back to the account's own folder, and `note` that. Raises `OSError` where they are another's by now."""
    for job in sorted(kept.iterdir()):
        job.rename(place / job.name)
    note()  # a kill before the next line has the account taken over once more, and found to be done
    kept.rmdir()


def settle(place: Path) -> None:
    """Bring home what workers have left that are no more, so that this machine can go on with it."""
    kept = taken_over(place) if place.is_dir() else None
    if kept is not None:
        bring_home(place, kept, lambda: None)


async def work_carried(
    folder: FleetFolder, account: str, stop: anyio.Event, scratch: str | None, told: Callable[[AccountState], None]
) -> AccountState:
    """Do the steps on an account in a local folder within `scratch`, each durable point carried to the fleet's own.

    Gives how it stands, which is written down. Raises `OSError` where the fleet's folder is not to be written, or where
    another worker has taken the account over.
    """
    place = folder.place_of(account)
    kept = await anyio.to_thread.run_sync(taken_over, place)
    if kept is None:  # it came to its end before, and who had it was lost before that was told
        return folder.state_of(account)
    with _scratch(scratch) as top:
        local = FleetFolder(top / folder.name)
        local.place_of(account).mkdir(parents=True, mode=0o700)
        if (place / ACCOUNT).is_file():
            copy_file(place / ACCOUNT, local.place_of(account) / ACCOUNT)

        def heard(state: AccountState) -> None:
            if state.state == RUNNING and kept.is_dir():  # how it ends is told once the jobs are home
                folder.note(state)
                told(state)

        with carried(local.place_of(account), kept) as carrier:
            await anyio.to_thread.run_sync(carrier.restore)
            record = folder.record()
            state = await OnAccount.of(record, accounts_of_fleet(record), local, account, heard, stop).work()
            await anyio.to_thread.run_sync(carrier.finish)
        state = _as_at_home(state, local.path, folder.path)
        await anyio.to_thread.run_sync(bring_home, place, kept, partial(folder.note, state))
        told(state)
        return state


def _gather(place: Path, kept: Path) -> None:
    """Move the jobs that are at home to where they are in hand."""
    for job in sorted(place.iterdir()):
        if job.is_dir() and not job.name.startswith("."):
            job.rename(kept / job.name)


def _as_at_home(state: AccountState, local: Path, home: Path) -> AccountState:
    """With the folders that its errors name where they are from now on."""
    steps = tuple(replace(step, error=step.error.replace(str(local), str(home))) for step in state.steps)
    return replace(state, steps=steps)


def _new_name() -> str:
    return f"{AT_WORK}{secrets.token_hex(8)}"


@contextmanager
def _scratch(scratch: str | None) -> Iterator[Path]:
    """A folder of this machine's own, which goes with what is in it."""
    top = Path(tempfile.mkdtemp(prefix="bulk-", dir=scratch)).resolve()
    try:
        yield top
    finally:
        shutil.rmtree(top, ignore_errors=True)
