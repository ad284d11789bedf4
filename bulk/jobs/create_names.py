"""Making the tags and accounts that rows name and the account does not have: one job at a time, and each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

from bulk.access.account_lock import AccountLock
from bulk.jobs.survey import Survey
from bulk.planning.names import Names
from bulk.planning.naming import make_missing, read_again, unknown_names
from bulk.planning.projected import imagined_name
from bulk.resources.identity import invisible, name_key, shown
from bulk.resources.kinds import join_values
from bulk.runtime.progress import Progress
from bulk.runtime.runner import Runner
from bulk.storage import facts
from bulk.storage.checkpoint import Checkpoint
from bulk.wording import agreeing, counted

Wanted = Mapping[str, Sequence[str]]  # names by resource
_FEW = 5  # names that are listed


async def make_names(
    runner: Runner, account_lock: AccountLock, names: Names, wanted: Wanted, progress: Progress, checkpoint: Checkpoint
) -> None:
    """Create what the file names and the account does not have, once each; what it refuses is said and noted.

    Between the look at what is there and the making no other job of this machine makes such names.
    """
    families = [family for family in sorted(wanted) if unknown_names(wanted[family], names.book(family))]
    if not families:
        return
    async with AsyncExitStack() as stack:
        for family in families:
            await stack.enter_async_context(account_lock.making(family, names.host, progress.say))
        await runner.ask(read_again(names, families))
        missing = {family: unknown_names(wanted[family], names.book(family)) for family in families}
        for family in families:
            _announce(family, missing[family], progress)
        _note(checkpoint, names, missing)
        await checkpoint.durable()
        await runner.ask(make_missing(names, wanted))
        _note(checkpoint, names, missing)
    for failure in names.refused.values():
        progress.say(f"{failure.error} The rows that name it fail, the others go on.")


def planned_names(wanted: Wanted, checkpoint: Checkpoint) -> dict[str, list[str]]:
    """Those of the wanted names that the plan says will be made: others were there, and may be gone for a reason."""
    planned = checkpoint.fact(facts.NEW_NAMES)
    keys = {family: set(map(name_key, called)) for family, called in planned.items()}
    return {family: [n for n in called if name_key(n) in keys.get(family, ())] for family, called in wanted.items()}


def _note(checkpoint: Checkpoint, names: Names, missing: Wanted) -> None:
    """Note what is made, so that it can be taken back: before it is, and with its ids once it is."""
    made = checkpoint.fact(facts.MADE_NAMES).copy()
    for family, called in missing.items():
        known = made.get(family, {})
        made[family] = known | {name: names.book(family).id_of(name) or known.get(name, "") for name in called}
    checkpoint.note(facts.MADE_NAMES, made)


def _announce(family: str, missing: list[str], progress: Progress) -> None:
    if missing:
        few = join_values(list(map(shown, missing[:_FEW])), ", ") + (", …" if len(missing) > _FEW else "")
        are = agreeing(len(missing), "is", "are")
        progress.say(f"{counted(len(missing), family.removesuffix('s'))} {are} new and will be created: {few}")
    odd = [(shown(name), char) for name in missing if (char := invisible(name))]
    if odd:
        told = ", ".join(f"{name!r} holds {char}" for name, char in odd[:_FEW]) + (", …" if len(odd) > _FEW else "")
        progress.say(f"  Not to be seen in them, and no difference between names: {told}")


def imagine_names(names: Names, needs: Survey) -> dict[str, tuple[str, str]]:
    """Take the names that may have to be made for made; what stands for the id of each, with resource and name."""
    imagined: dict[str, tuple[str, str]] = {}
    for family, called in needs.names.items():
        for name in unknown_names(called.values(), names.book(family)):
            identity = imagined_name(family, name)
            names.book(family).add(identity, name)
            imagined[identity] = (family, name)
    return imagined
