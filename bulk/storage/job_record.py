"""What `job.json` says: what was asked of a job, on which account, and the file that it reads. Never a secret."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from bulk import __version__
from bulk.errors import UsageError
from bulk.messages import Part
from bulk.storage.formats import FIRST_RECORD, migrated_record, record_format

UNDO: Final = "undo"
KINDS: Final = ("import", "export", "plan", UNDO)


def sha256_of(path: Path) -> str:
    """The digest of a file. Raises `OSError`."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def moment_of(text: str) -> datetime:
    """The moment that a record says; where it says no zone, in UTC. Raises `ValueError` for what is none."""
    moment = datetime.fromisoformat(text)
    if not 1970 < moment.year < 9999:  # beyond which there are none everywhere on earth
        raise ValueError(f"{text!r} is no moment")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class InputFile:
    """The file that an import reads, so that a resume can tell whether it is still the same."""

    path: str
    size: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> Self:
        """Measure a file."""
        try:
            return cls(str(path.resolve()), path.stat().st_size, sha256_of(path))
        except OSError as error:
            raise UsageError("input_not_read", file=path, reason=error.strerror) from error

    @classmethod
    def of_json(cls, data: Any) -> Self:
        """Read what stands in `job.json`; raises `ValueError` for what is none."""
        kinds = {"path": str, "size": int, "sha256": str}
        if not isinstance(data, dict) or {name: type(value) for name, value in data.items()} != kinds:
            raise ValueError("its input is none")
        return cls(**data)


# wide: one attribute for each thing that job.json says
@dataclass(frozen=True, slots=True)
class JobRecord:
    """`job.json`: what was asked. No secret is ever in it."""

    kind: str  # one of KINDS
    resource: str
    options: dict[str, Any]
    place: str  # the address calls go to, or the sandbox's folder
    connection: str = ""
    account: str = ""
    input: InputFile | None = None
    output: str = ""
    parts: tuple[str, ...] = ()  # of a whole account: the resources, in order
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="microseconds"))
    version: str = __version__
    named: str = ""  # what bulk.toml calls the account
    key_from: str = ""  # which variable of the environment has the key, where that is another than the usual
    format: int = field(default_factory=record_format)

    @classmethod
    def of(cls, data: Any) -> Self:
        """Read what `job.json` holds. Raises `UsageError` for what a newer version wrote, `ValueError` for damage."""
        if not isinstance(data, dict):
            raise ValueError("it holds no object")  # noqa: TRY004 - one error for all damage
        version, number = str(data.get("version")), data.get("format", FIRST_RECORD)
        if type(number) is not int or number < FIRST_RECORD:
            raise ValueError("its format is none")
        if number <= record_format():
            data = migrated_record(data, number)
        unknown = sorted(set(data) - {one.name for one in fields(cls)})
        if unknown or number > record_format():
            after = Part.of("with_unknown", names=unknown) if unknown else ""
            raise UsageError("job_version_newer", version=version, after=after, ours=__version__)
        missing = [name for name in ("kind", "resource", "options", "place") if name not in data]
        if missing:
            raise ValueError(f"it lacks {', '.join(missing)}")
        noted = data.get("input")
        read = cls(**data | {"input": None if noted is None else InputFile.of_json(noted)})
        texts = (
            read.kind,
            read.resource,
            read.place,
            read.connection,
            read.account,
            read.output,
            read.created,
            read.named,
            read.key_from,
        )
        if not all(isinstance(text, str) for text in texts) or read.kind not in KINDS:
            raise ValueError("a text in it is none")
        if not isinstance(read.options, dict) or not isinstance(read.parts, (list, tuple)):
            raise ValueError("its options or parts are none")  # noqa: TRY004
        _ = read.begun
        return read

    @property
    def begun(self) -> datetime:
        """When the job was begun. Raises `ValueError` where that is no moment, as reading does."""
        return moment_of(self.created)

    def check_account(self, host: str) -> None:
        """Raise `UsageError` if the job began on another account."""
        if self.account and self.account != host:
            raise UsageError("job_of_other_account", account=self.account, host=host)
