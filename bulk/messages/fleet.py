"""What is said of fleets: their file, their accounts and their folders (`fleet`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "UsageError": {
        "fleet_unknown": "{file}: {key} means nothing here. {hint}",
        "fleet_value": "{file}: {key} is not as it has to be: {expected}.",
        "fleet_account_unknown": "{file}: bulk.toml names no account {account!r}. {hint}",
        "fleet_accounts_none": (
            "{file} is for accounts that a bulk.toml names, and there is none here or above, or it names none."
            " Name them under [accounts.NAME]"
        ),
        "fleet_account_name": (
            "The account {account!r} cannot have a folder of its own on every system: its name ends in '.', is one of"
            " Windows' own like CON, or differs from another's only by capitals. Rename it in bulk.toml."
        ),
        "fleet_step": "{file}: step {number}, {line!r}: {refusal}",
        "fleet_step_kind": (
            "a step begins with import or export, not with {given!r}: import contacts {{account}}/people.csv"
        ),
        "fleet_step_hooks": (
            "⟦{option}⟧ is the fleet's, not a step's. Give it to bulk fleet run, or write it into the fleet's file."
        ),
        "fleet_step_words": "{reason}",
        "fleet_folder_damaged": "{folder} is no folder of a fleet, or is damaged: {reason}. See: bulk fleet status",
        "fleet_exists": (
            "There is a fleet named {fleet!r} already. Choose another name, or go on with it by:"
            " ⟦resume_fleet={fleet}|{folder}⟧"
        ),
        "fleet_missing": "There is no such fleet in {jobs}. Begin one: bulk fleet run FILE.toml",
        "fleet_place": (
            "{given!r} is no place where a fleet can run. Write dask (workers on this machine) or dask://HOST:8786, the"
            " address of a scheduler"
        ),
        "fleet_dask_missing": "Dask is not installed here. Install it: pip install 'activecampaign-bulk[dask]'",
        "fleet_workers_differ": (
            "This is bulk {version}, and these workers have another ({versions}): {workers}. Install the same"
            " version on all of them and start them anew"
        ),
        "fleet_workers_blind": (
            "{file} cannot be read or written by these workers, or is not the same there: {workers}. Put the fleet's"
            " file, its tables, bulk.toml and the folder of jobs where all workers have them under the same path"
        ),
        "fleet_sandbox_far": (
            "A rehearsal has its sandboxes on this machine, and {place} may have its workers on others. Rehearse it"
            " on this machine"
        ),
    },
    "UnfinishedError": {
        "fleet_scheduler_silent": (
            "The scheduler {place} does not answer: {reason}. Begin it there (dask scheduler), or open its port to"
            " this machine"
        ),
        "fleet_scheduler_lost": (
            "The scheduler {place} answers no more: {reason}. What is done so far is kept: once it is there again,"
            " go on with bulk fleet resume"
        ),
        "fleet_workers_none": (
            "{place} had fewer than {wanted} workers for {seconds} seconds. Start some: dask worker {address}"
        ),
        "fleet_workers_gone": (
            "{place} has had no worker for {seconds} seconds. What is done so far is kept: start some, and go on with"
            " bulk fleet resume"
        ),
    },
}
PARTS: Final[Mapping[str, str]] = {
    "fleet_accounts": "Name it in bulk.toml under [accounts.NAME].",
}
