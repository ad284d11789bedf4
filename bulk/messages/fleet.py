"""What is said of fleets: their file, their accounts and their folders (`fleet`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "UsageError": {
        "fleet_unknown": "{file}: {key} means nothing here. {hint}",
        "fleet_value": "{file}: {key} is not as it has to be: {expected}.",
        "fleet_account_unknown": "{file}: bulk.toml names no account {account!r}. {hint}",
        "fleet_step": "{file}: step {number}, {line!r}: {refusal}",
        "fleet_step_kind": (
            "a step begins with import or export, not with {given!r}: import contacts {{account}}/people.csv"
        ),
        "fleet_step_hooks": (
            "⟦{option}⟧ is the fleet's, not a step's. Give it to bulk fleet run, or write it into the fleet's file."
        ),
        "fleet_step_words": "{reason}",
        "fleet_folder_damaged": "{folder} is no folder of a fleet, or is damaged: {reason}. See: bulk fleet status",
        "fleet_missing": "There is no such fleet in {jobs}. Begin one: bulk fleet run FILE.toml",
    },
}
PARTS: Final[Mapping[str, str]] = {
    "fleet_accounts": "Name it in bulk.toml under [accounts.NAME].",
}
