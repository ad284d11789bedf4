"""What is done on each account of a fleet: a job, with the account's name in its path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from bulk.access.account import Account
from bulk.jobs.options import ExportOptions, ImportOptions, options_read
from bulk.library.options import check_export, check_import
from bulk.library.running import meant

IMPORT, EXPORT = "import", "export"
KINDS: Final = (IMPORT, EXPORT)
NAME: Final = "{account}"  # what stands for the account's name in a path


@dataclass(frozen=True, slots=True)
class Step:
    """One job of a fleet. `path` may hold `{account}`; `options` are those of an import or an export.

    `line` is how it was written, for people.
    """

    kind: str
    resource: str
    path: str
    options: Mapping[str, Any] = field(default_factory=dict)
    line: str = ""

    def check(self) -> None:
        """Raise `UsageError` for a resource that is none and for options that do not go together."""
        resource = meant(self.resource)
        if self.kind == IMPORT:
            check_import(resource, self.import_options(), None)
        else:
            check_export(resource, self.export_options(), Account.sandbox())

    @property
    def is_import(self) -> bool:
        """Whether it writes to the account."""
        return self.kind == IMPORT

    def import_options(self) -> ImportOptions:
        """Its options, of an import."""
        return options_read(ImportOptions, dict(self.options), "")

    def export_options(self) -> ExportOptions:
        """Its options, of an export."""
        return options_read(ExportOptions, dict(self.options), "")

    def path_for(self, account: str, folder: Path) -> Path:
        """The file or folder for one account; one that is not absolute is meant from a folder."""
        return folder / self.path.replace(NAME, account)

    def job_name(self, number: int) -> str:
        """What its job is called: `1-import-contacts`."""
        return f"{number}-{self.kind}-{self.resource.strip()}"

    def to_json(self) -> dict[str, Any]:
        """The step as it is written down."""
        return asdict(self)

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`."""
        return cls(**data)
