"""The files of a whole account: which of a folder are taken, in what order, and whether they can be understood."""

# hub: a folder's files, from where they lie to how they are understood
from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import anyio.to_thread

from bulk.access.account import Setting
from bulk.errors import AbortedError, UsageError
from bulk.files.check import check
from bulk.files.joined import Joined
from bulk.files.named_file import NamedFile
from bulk.files.source import Source
from bulk.jobs.all_parts import Shared
from bulk.jobs.findings import Findings
from bulk.jobs.folder_files import file_name_of, given_file
from bulk.jobs.input_options import matched, on_duplicate_of, source_of
from bulk.jobs.manifest import MANIFEST, keep_manifest
from bulk.jobs.options import ImportOptions, options_read
from bulk.resources import RESOURCES, named
from bulk.resources.spec import Reading, Resource, Writing, normalise
from bulk.storage.input_copy import Taken, take, taken_again
from bulk.storage.job_folder import INPUT_COPY, JOB, JobFolder
from bulk.storage.job_record import JobRecord

ENROLMENTS: Final = "contactAutomations"  # never imported with the rest: to enrol people may send them mail


def parts_in(directory: Path) -> list[Resource]:
    """The resources of which a folder has a file that can be imported, in the order in which they are."""
    return [r for r in RESOURCES if r.modes and given_file(directory, r) is not None]


def file_of(directory: Path, resource: Resource) -> Path:
    """Where the records of a resource stand that are exported."""
    return directory / f"{resource.name}.csv"


def exported() -> list[Resource]:
    """The resources that are read by themselves; what belongs to contacts comes with them."""
    return [resource for resource in RESOURCES if resource.reading is not Reading.CONTACTS]


async def take_parts(
    folder: JobFolder, directory: Path, options: ImportOptions, setting: Setting, kind: str
) -> list[tuple[Resource, NamedFile]]:
    """Copy what an import of everything reads, each file into its part of the job's folder; the parts, in order.

    `kind` is the job's: an import or a plan. All are copied before anything is sent, so that what is changed while the
    first are sent is not taken half new. Raises `UsageError` for a file that cannot be understood or that was changed
    meanwhile.
    """
    taken: dict[str, Taken] = {}
    for resource in await anyio.to_thread.run_sync(parts_in, directory):
        path = given_file(directory, resource)
        if path is None:
            continue
        if resource.name == ENROLMENTS:
            setting.progress.say(f"{path.name} is left out: to enrol people may send them mail.")
            continue
        part = JobFolder.within(folder, resource.name)
        taken[resource.name] = await take(path, part.file(INPUT_COPY))
    await anyio.to_thread.run_sync(keep_manifest, directory, folder)
    for name in await anyio.to_thread.run_sync(_said_by_contacts, taken, options):
        of, contacts = (Path(str(taken[each].file)).name for each in (name, "contacts"))
        setting.progress.say(f"{of} is left out: the columns of {contacts} say the same.")
        await anyio.to_thread.run_sync(shutil.rmtree, folder.file(name))
        del taken[name]
    for name, one in taken.items():
        record = JobRecord(
            kind,
            name,
            asdict(options),
            setting.access.place,
            setting.access.connection,
            input=one.input,
            named=setting.access.named,
            key_from=setting.access.key_from,
        )
        JobFolder.within(folder, name).write(record)
    parts = [(named(name), one.file) for name, one in taken.items()]
    await anyio.to_thread.run_sync(check_files, parts, options)
    changed = [str(one.file) for one in taken.values() if await anyio.to_thread.run_sync(one.changed)]
    if changed:
        raise UsageError("files_changed_meanwhile", files=changed)
    return parts


async def parts_again(
    folder: JobFolder, record: JobRecord, setting: Setting, *, retry: bool
) -> list[tuple[Resource, NamedFile | None]]:
    """The parts of a job that goes on, each with its file; None for a part that has nothing left to send."""
    directory = Path(record.output)
    if not folder.file(MANIFEST).exists():
        await anyio.to_thread.run_sync(keep_manifest, directory, folder)
    parts: list[tuple[Resource, NamedFile | None]] = []
    for name in record.parts:
        part, resource = JobFolder.within(folder, name), named(name)
        if part.state == "stopped" or (part.state == "finished" and not (retry and part.has_failed)):
            parts.append((resource, None))
            continue
        noted = part.record().input if part.file(JOB).exists() else None
        if noted is None:  # begun by a version that copied nothing, and not come as far as this part
            source = given_file(directory, resource)
            if source is None:
                raise UsageError("folder_file_gone", file=f"{resource.name}.csv", folder=directory)
            taken = await take(source, part.file(INPUT_COPY))
            part.write(replace(record, resource=name, input=taken.input, output="", parts=()))
            parts.append((resource, taken.file))
        else:
            parts.append((resource, await taken_again(part, noted, setting.progress.say)))
    options = options_read(ImportOptions, record.options, record.version)
    await anyio.to_thread.run_sync(check_files, [(r, file) for r, file in parts if file is not None], options)
    return parts


def _said_by_contacts(taken: Mapping[str, Taken], options: ImportOptions) -> list[str]:
    """What belongs to contacts and stands in the cells of their own file as well."""
    contacts = next((named(name) for name in taken if named(name).writing is Writing.CONTACT), None)
    if contacts is None:
        return []
    chosen, source = prepared(contacts, taken[contacts.name].file, options)
    match = matched(contacts, source, chosen, None)
    has_tags = any(column.attribute == "tags" for _at, column in match.columns)
    said = (("contactTags", has_tags), ("fieldValues", match.unchecked))
    return [name for name, is_said in said if is_said and name in taken]


def prepared(
    resource: Resource, file: NamedFile, options: ImportOptions, noted: Sequence[Mapping[str, Any]] = ()
) -> tuple[ImportOptions, Source]:
    """The options of one part, with the maps that are about columns of its file, and the file."""
    chosen = replace(options, mode=resource.modes[0], key=resource.key)
    source = source_of(resource, file, chosen, noted)
    if isinstance(source, Joined):  # the ids of a whole account are known by the rows of its files
        raise UsageError("zip_of_several", file=file, members=list(source.names))
    titles = set(map(normalise, source.header))
    maps = {title: attribute for title, attribute in options.maps.items() if normalise(title) in titles}
    return replace(chosen, maps=maps), source


async def taken_up(
    shared: Shared,
    resource: Resource,
    part: JobFolder,
    file: NamedFile,
    options: ImportOptions,
    noted: Sequence[Mapping[str, Any]] = (),
) -> tuple[ImportOptions, Source, JobRecord]:
    """The options of one part, its file and its record, once it is its turn; what the file is, is said."""
    setting, access = shared.setting, shared.setting.access
    chosen, source = await anyio.to_thread.run_sync(prepared, resource, file, options, noted)
    record = shared.folder.record()
    record = JobRecord(
        record.kind, resource.name, asdict(chosen), access.place, access.connection, input=part.record().input,
        named=access.named, key_from=access.key_from,
        created=record.created,  # the moment of what was decided is that of the whole job
    )  # fmt: skip
    setting.progress.say(f"{file_name_of(part)}: {source.describe()}")
    return chosen, source, record


def check_files(parts: Sequence[tuple[Resource, NamedFile]], options: ImportOptions) -> None:
    """Raise `UsageError` for a file that cannot be understood, before anything of any is sent.

    With `on_invalid` stop also `AbortedError` for rows that cannot be sent to any account.
    """
    wrong: list[str] = []
    for resource, file in parts:
        chosen, source = prepared(resource, file, options)
        match = matched(resource, source, chosen, None)
        on_duplicate = on_duplicate_of(resource, chosen)
        tally = check(source, match, on_duplicate=on_duplicate, unsent=Findings(), progress=lambda _more: None)
        wrong += [f"{Path(file.name).name} {tally.rejected:,}"] if tally.rejected else []
    if wrong and options.on_invalid == "stop":
        raise AbortedError("folder_rows_invalid", files=wrong)
