"""The way to the account that the options, the environment and bulk.toml name; and back to the account of a job."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulk.cli.configured import config, config_given
from bulk.errors import UsageError
from bulk.wording import as_typed

if TYPE_CHECKING:  # heavy, and only needed once a command runs
    from bulk.library import Account
    from bulk.library.jobs import Job, JobRecord

SANDBOX_DIR = "bulk-sandbox"


def sandbox_folder() -> Path:
    """Where the embedded sandbox keeps its state: by `BULK_SANDBOX_DIR`, else `bulk-sandbox` here."""
    return Path(os.environ.get("BULK_SANDBOX_DIR") or SANDBOX_DIR)


def account_of(chosen: Mapping[str, Any]) -> Account | None:
    """The way to the account that options, environment and bulk.toml name; None if there is no key and no `--sandbox`.

    Raises `UsageError` where they contradict each other.
    """
    from bulk.library.accounts import Account, account_in, account_named, check_connection  # noqa: PLC0415 - heavy

    sandbox, base_url, connection = (chosen[name] for name in ("sandbox", "base_url", "connection"))
    if sandbox and base_url:
        raise UsageError("sandbox_with_base_url")
    folder = sandbox_folder() if sandbox else None
    names = config()
    if called := chosen["account"]:
        one = names.account(called)
        check_connection(one, connection)
        return account_named(one, os.environ, base_url=base_url, sandbox=folder)
    from_here = connection or ("" if sandbox else os.environ.get("MATON_CONNECTION", "").strip())
    if from_here in names.accounts:  # a name in place of an id
        return account_named(names.account(from_here), os.environ, base_url=base_url, sandbox=folder)
    if folder is not None:
        return Account.sandbox(folder, connection=connection)
    return account_in(os.environ, base_url=base_url, connection=connection)


def way(chosen: Mapping[str, Any]) -> tuple[str, str, Mapping[str, str]]:
    """The address, the connection and the environment by which an account is looked at, for who examines them.

    Raises `UsageError` where options contradict each other.
    """
    if chosen["sandbox"] and chosen["base_url"]:
        raise UsageError("sandbox_with_base_url")
    names, connection = config(), chosen["connection"]
    called = chosen["account"] or (connection if connection in names.accounts else "")
    if not called:
        return chosen["base_url"], connection, os.environ
    access = needed_account(chosen)
    one = names.account(called)
    if not one.url:
        return chosen["base_url"], access.connection, os.environ
    apart = {name: value for name, value in os.environ.items() if name != "MATON_API_KEY"}
    return "", "", {**apart, "AC_API_URL": one.url, "AC_API_TOKEN": os.environ[one.token_env]}


def needed_account(chosen: Mapping[str, Any]) -> Account:
    """Like `account_of`, and raises `UsageError` with both ways on if there is none."""
    access = account_of(chosen)
    if access is None:
        raise UsageError("key_missing")
    return access


def account_of_job(job: Job, *, sandbox: bool) -> Account:
    """The way to the account of a job, which the job itself knows. Raises `UsageError` where there is none.

    With `--sandbox` also where the job is of another account: it would be changed instead.
    """
    from bulk.library.accounts import Place, account_at  # noqa: PLC0415

    record = job.record
    if sandbox and Place.of(record.place).sandbox is None:
        raise UsageError("job_of_account", job=job.name, account=record.account or record.place)
    return account_at(record)


def options_of_place(record: JobRecord) -> Iterator[str]:
    """The options that lead to the place of a job again."""
    from bulk.library.accounts import Place  # noqa: PLC0415

    place, connection = record.place, record.connection
    there = Place.of(place)
    if record.named:
        if file := config_given():
            yield f"--config {as_typed(file)}"
        yield f"--account {as_typed(record.named)}"
        connection = ""
    if there.sandbox is not None:
        yield "--sandbox"
    elif there.base_url:
        yield f"--base-url {as_typed(there.base_url)}"
    if connection:
        yield f"--connection {as_typed(connection)}"
