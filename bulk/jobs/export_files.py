"""The files of an export: which columns they have, what is left out of them, and their rows out of what was read."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from bulk.errors import AbortedError
from bulk.files.opening import open_sink
from bulk.jobs.export_columns import chosen_columns
from bulk.jobs.export_job import Job
from bulk.jobs.export_records import ExportRecords
from bulk.planning.export import Contacts, export_columns, unreadable
from bulk.planning.kept_records import is_hidden
from bulk.planning.names import Names, columns_of
from bulk.planning.page_source import RowsOf
from bulk.resources.spec import Resource, normalise
from bulk.runtime.progress import Progress
from bulk.storage import facts
from bulk.storage.baseline import BASELINE_CSV
from bulk.storage.job_folder import JobFolder


def tell_left_out(job: Job, names: Names) -> None:
    """Say which columns are left out since what they show may not be read; stop if one of them was asked for."""
    for resource in (job.resource, *job.links):
        columns = export_columns(columns_of(resource, names))
        left = {column.header: of for column in columns if (of := unreadable(column, names.unread))}
        asked = {normalise(name) for name in job.options.columns}
        for of in dict.fromkeys((*left.values(), *(of for of in names.unread if of == resource.custom))):
            headers = [header for header, needed in left.items() if needed == of] or ["those of custom fields"]
            why = names.unread[of]
            if any(normalise(header) in asked for header in headers):
                raise AbortedError("export_column_unreadable", family=of, reason=why, columns=headers)
            said = f"{of} may not be read with this key: {why}."
            job.setting.progress.say(f"{said} Columns left out: {', '.join(headers)}.")
    for link in job.links:
        if link.name in names.unread and job.output is not None:
            _tell_file_left_out(job.setting.progress, job.output.with_name(f"{link.name}.csv"), names.unread[link.name])


def _tell_file_left_out(progress: Progress, path: Path, why: str) -> None:
    """Say that a file is not written since what it would hold may not be read; what lies there is of another day."""
    old = f" The {path.name} that is there is older and not of this export." if path.exists() else ""
    progress.say(f"{path.name} is left out, it may not be read with this key: {why.rstrip('.')}.{old}")


def write_files(job: Job, export: ExportRecords) -> tuple[int, int, int]:
    """Write the file, and those of what belongs to its records.

    Gives how many rows the file has, how many records they came of, and how many of these the key may not see.
    """
    counts = _write_file(job, export, job.resource, job.output, export.source.rows)
    for link in job.links:
        if link.name in export.names.unread:
            continue
        source, output = export.source, job.output
        if isinstance(source, Contacts) and output is not None:
            written, _contacts, _hidden = _write_file(
                job, export, link, output.with_name(f"{link.name}.csv"), source.rows_of_link(link.name)
            )
            job.checkpoint.note(facts.ROWS_OF_LINK.of(link.name), written)
    return counts


def _write_file(
    job: Job, export: ExportRecords, resource: Resource, output: Path | None, rows_of: RowsOf
) -> tuple[int, int, int]:
    """Write one file out of what was read, each record's rows as `rows_of` gives them."""
    options, names = job.options, export.names
    known = export_columns(columns_of(resource, names, options.separator))
    readable = tuple(column for column in known if not unreadable(column, names.unread))
    columns = chosen_columns(readable, options.columns)
    header = [column.header for column in columns]
    records = hidden = 0
    with ExitStack() as stack:
        file = stack.enter_context(open_sink(output, header, plain=options.plain, guard=options.guard_formulas))
        files = [file]
        # what each cell held, for who imports what was made of the file
        larger = JobFolder(job.folder.path.parent)  # of which what belongs to contacts is another part
        home = job.folder if resource is job.resource else JobFolder.within(larger, resource.name)
        files.append(stack.enter_context(open_sink(home.file(BASELINE_CSV), header)))
        for page in export.pages():
            records += len(page)
            for identity, kept in page:
                hidden += is_hidden(kept)
                for cells in rows_of(identity, kept, columns, names):
                    for each in files:
                        each.write(cells)
    return file.rows, records, hidden
