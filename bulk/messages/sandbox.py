"""What the sandbox says of its own files and options. What its answers say are ActiveCampaign's words, not these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "UsageError": {
        "sandbox_file_unusable": "The sandbox's file {file} cannot be used: {reason}. `bulk sandbox reset`?",
        "sandbox_file_not_opened": "The sandbox's file {file} cannot be opened: {reason}.",
        "sandbox_of_other_version": ("The sandbox was made by another version of bulk. Begin anew: ⟦reset_sandbox⟧"),
        "faults_not_tables": ("{file} holds more than [[fault]] tables. Write each fault under a line [[fault]]."),
        "fault_invalid": "{file}, fault {fault}: {problem}.",
        "switch_unknown": "⟦switch={text}⟧: there is no switch {switch!r}, set as NAME=VALUE. {hint}",
        "switch_value_invalid": "⟦switch={switch}={value}⟧: it can be {wanted}.",
        "port_not_free": "Cannot listen on {host}:{port}: {reason}. Choose another by ⟦port⟧.",
    },
}
PARTS: Final[Mapping[str, str]] = {
    "switches_listed": "bulk sandbox switches lists them.",
}
