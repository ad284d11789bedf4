"""What is compared: of which resource a file is, which files a folder has, and of what kind its custom fields are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bulk.errors import UsageError
from bulk.files.opening import open_source
from bulk.jobs.all_files import file_of
from bulk.jobs.manifest import MANIFEST
from bulk.messages import Part
from bulk.planning.names import CustomField, Names, columns_of
from bulk.resources import RESOURCES, find, named, nearest_names
from bulk.resources.escapes import unescaped
from bulk.resources.spec import Column, Resource, normalise
from bulk.storage.job_record import sha256_of

_WORD: Final = re.compile(r"[\W_]+")
# of each collection of custom fields: its resource, and the columns of title, type and name in mails
_FIELD_FILES: Final[Mapping[str, tuple[str, str, str]]] = {
    "fields": ("title", "type", "perstag"),
    "dealCustomFieldMeta": ("fieldLabel", "fieldType", "personalization"),
    "accountCustomFieldMeta": ("fieldLabel", "fieldType", "personalization"),
}


@dataclass(slots=True)
class Folder:
    """The files of an export of everything, by resource; `left_out` those that its key could not read, and why.

    `changed` are files that are not as they were exported, `strange` those that are not of that export.
    """

    path: Path
    files: dict[str, Path] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    account: str = ""
    changed: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)


def folder_at(path: Path) -> Folder:
    """What a folder holds, by its manifest; without one, every file that is called like a resource.

    Raises `UsageError` for a folder without such files, and for one that lacks a file of its manifest.
    """
    there = {resource.name: file_of(path, resource) for resource in RESOURCES if file_of(path, resource).is_file()}
    told = _manifest(path)
    if told is None:
        if not there:
            raise UsageError("folder_without_files", folder=path)
        return Folder(path, there)
    listed: Mapping[str, Any] = told["resources"]
    gone = [name for name in listed if find(name) is not None and name not in there]
    if gone:
        raise UsageError("compare_file_gone", folder=path, files=[f"{name}.csv" for name in gone])
    files = {name: file for name, file in there.items() if name in listed}
    changed = [name for name, file in files.items() if listed[name].get("sha256") not in (None, sha256_of(file))]
    strange = [name for name in there if name not in listed]
    return Folder(path, files, dict(told.get("left_out") or {}), str(told.get("account") or ""), changed, strange)


def _manifest(path: Path) -> dict[str, Any] | None:
    """What is said beside the files; None if nothing is. Raises `UsageError` for what cannot be understood."""
    try:
        told = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        understood = isinstance(told, dict) and all(isinstance(one, dict) for one in told["resources"].values())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, AttributeError):
        understood = False
    if not understood:
        raise UsageError("compare_manifest_damaged", file=path / MANIFEST)
    return dict(told)


# ---- of which resource a file is


def resource_told(option: str, files: Sequence[Path], headers: Iterable[Sequence[str]]) -> Resource:
    """The resource that is compared: as the option says, else the files' names, else their headers.

    Raises `UsageError` where nothing tells, or the files tell different ones.
    """
    if option:
        resource = find(option)
        if resource is None:
            raise UsageError("resource_unknown", name=option, hint=Part.of("nearest", names=nearest_names(option)))
        return resource
    told = [one for file in files if (one := _by_name(file.stem)) is not None]
    told = told or [one for header in headers if (one := _by_header(header)) is not None]
    names = list(dict.fromkeys(resource.name for resource in told))
    if len(names) > 1:
        raise UsageError("compare_resources_differ", resources=names, first=names[0])
    if not names:
        raise UsageError("compare_resource_unknown", file=files[0].name)
    return told[0]


def _by_name(stem: str) -> Resource | None:
    """The resource that a file is called like: `contacts`, `contact-tags`, `deals-2026-01`."""
    words = [word for word in _WORD.split(stem) if word]
    return next((one for end in range(len(words), 0, -1) if (one := find("".join(words[:end]))) is not None), None)


def _by_header(header: Sequence[str]) -> Resource | None:
    """The one resource all of whose exported columns are there, the one with most of them."""
    titles = set(map(normalise, header))
    fitting: dict[int, list[Resource]] = {}
    for resource in RESOURCES:
        own = [normalise(column.header) for column in resource.columns if column.exported]
        if titles.issuperset(own):
            fitting.setdefault(len(own), []).append(resource)
    best = fitting[max(fitting)] if fitting else []
    return best[0] if len(best) == 1 else None


# ---- custom fields


def fields_in(folder: Folder, resource: Resource) -> tuple[CustomField, ...]:
    """The custom fields of a resource, as another file of its folder tells them; none where there is no such file."""
    file = folder.files.get(resource.custom)
    return () if file is None else tuple(_fields(file, named(resource.custom)))


def custom_columns(resource: Resource, known: Iterable[Sequence[CustomField]], separator: str) -> dict[str, Column]:
    """The columns of the custom fields that are known of either side, by title without case; where both agree."""
    result: dict[str, Column] = {}
    doubtful: set[str] = set()
    for fields in known:
        for column in columns_of(resource, Names(fields=tuple(fields)), separator):
            if not column.field_id:
                continue
            for title in map(normalise, (column.header, *column.aliases)):
                if result.setdefault(title, column).kind is not column.kind:
                    doubtful.add(title)
    return {title: column for title, column in result.items() if title not in doubtful}


def _fields(file: Path, of: Resource) -> Iterable[CustomField]:
    source = open_source(file, columns=of.columns)
    places = [source.header.index(title) if title in source.header else None for title in _FIELD_FILES[of.name]]
    title_at, type_at, tag_at = places
    if title_at is None or type_at is None:
        return
    for record in source.records():
        if record.problem is None:
            cells = [unescaped(record.cells[at]) if at is not None else "" for at in (title_at, tag_at, type_at)]
            yield CustomField(str(record.number), cells[0], cells[1], cells[2])
