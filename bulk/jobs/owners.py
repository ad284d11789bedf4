"""Who owns what belonged to somebody that is not in this account, as the user says: found before anything is sent."""

from __future__ import annotations

from bulk.errors import UsageError
from bulk.jobs.import_job import Job
from bulk.planning.names import Names
from bulk.planning.naming import read_names
from bulk.resources.identity import name_key
from bulk.resources.kinds import Problem
from bulk.runtime.runner import Runner

_USERS = "users"


async def with_owners(job: Job, runner: Runner, names: Names) -> None:
    """Note in `names` who stands in for whom. Raises `UsageError` for somebody who is not in this account either."""
    options = job.options
    if not (options.owner_default or options.map_user):
        return
    if _USERS not in names.books:
        names.books[_USERS] = (await runner.ask(read_names({_USERS}, identity=False))).book(_USERS)
    names.stand_ins = {
        name_key(old): _id_of(names, new, f"map_user={old}={new}") for old, new in options.map_user.items()
    }
    if options.owner_default:
        names.stand_in = _id_of(names, options.owner_default, f"owner_default={options.owner_default}")


def _id_of(names: Names, email: str, option: str) -> str:
    identity = names.book(_USERS).find(email, _USERS)
    if isinstance(identity, Problem):
        raise UsageError("user_unknown", option=option, problem=identity.message, hint=identity.hint)
    return identity
