"""The local stand-in for ActiveCampaign: open it, serve it on a port, fill it with made-up data, forget it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bulk.access.account import SANDBOX_FILE
from bulk.sandbox.app import Sandbox
from bulk.sandbox.faults import load_faults
from bulk.sandbox.options import SandboxOptions
from bulk.sandbox.reference import faults_as, switches_as
from bulk.sandbox.seed import seed, seed_exclusions
from bulk.sandbox.seed_crm import Amounts, seed_crm
from bulk.sandbox.serve import serve
from bulk.sandbox.switches import switched
from bulk.storage.private import check_no_links, make_private

__all__ = [
    "Amounts", "Sandbox", "SandboxOptions", "Seed", "faults_as", "load_faults", "open_sandbox", "reset_sandbox",
    "sandbox_files", "seed_sandbox", "serve", "switched", "switches_as",
]  # fmt: skip
_NO_AMOUNTS: Final = Amounts()


@dataclass(frozen=True, slots=True)
class Seed:
    """How much is made up. `number` is where chance begins: the same number makes the same data.

    `skewed_ids`: ids as in an old account, few and far between, then bunched.
    """

    contacts: int = 1000
    exclusions: int = 0
    amounts: Amounts = _NO_AMOUNTS
    number: int = 0
    skewed_ids: bool = False


def open_sandbox(folder: str | Path, options: SandboxOptions | None = None) -> Sandbox:
    """The sandbox of a folder, made if it is not there; a context manager, closed at its end.

    Raises `UsageError` for a folder that is not one's own alone.
    """
    place = Path(folder)
    make_private(place)
    check_no_links(place)
    return Sandbox(place / SANDBOX_FILE, options or SandboxOptions())


def seed_sandbox(folder: str | Path, seeds: Seed) -> int:
    """Add made-up contacts to the sandbox of a folder, and what they trade; how many contacts it holds now."""
    with open_sandbox(folder) as sandbox:
        if seeds.contacts:
            seed(sandbox.store, seeds.contacts, seed_number=seeds.number, skewed=seeds.skewed_ids)
        seed_exclusions(sandbox.store, seeds.exclusions)
        total = sandbox.store.count("SELECT count(*) FROM contacts")
        seed_crm(sandbox.store, seeds.amounts, seed_number=seeds.number)
    return total


def sandbox_files(folder: str | Path) -> Sequence[Path]:
    """The files of a folder's sandbox: of all its accounts, and its connections."""
    name, kind = SANDBOX_FILE.split(".")
    return sorted(Path(folder).glob(f"{name}*.{kind}*"))


def reset_sandbox(folder: str | Path) -> None:
    """Forget everything in the sandbox of a folder."""
    for file in sandbox_files(folder):
        file.unlink()
