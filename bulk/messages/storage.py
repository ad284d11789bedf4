"""What is said of a job's folder and the files in it, and of folders that jobs share (`storage`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "UsageError": {
        "checkpoint_missing": "{path} is missing, so the job cannot go on. Put it back, or start anew.",
        "checkpoint_newer": "{path} was made by a newer version of bulk. Go on with the job by that version.",
        "checkpoint_too_old": (
            "{path} was made by a version of bulk that is too old. Go on with the job by that version."
        ),
        "checkpoint_not_opened": "{path} cannot be opened: {reason}. See whose it is, and that it can be read.",
        "checkpoint_damaged": (
            "{path} is damaged ({reason}), so the job cannot go on. It is left as it is; start anew: what is done"
            " already is found unchanged."
        ),
        "checkpoint_empty": (
            "{path} is empty, so the job cannot go on. It is left as it is; start anew: what is done already is found"
            " unchanged."
        ),
        "input_not_read": "{file} cannot be read: {reason}.",
        "input_keeps_changing": (
            "{file} is being changed while it is read, so nothing was sent. Wait until it is saved and closed, then"
            " give the same command again."
        ),
        "input_not_copied": "{file} cannot be copied to {folder}: {reason}. Check both, and try again.",
        "input_does_not_fit": (
            "{file} does not fit beside its job: {reason}. A job keeps a copy of its input in {folder} until it is"
            " done. Make room there, or choose another place by ⟦jobs_dir⟧ (of a validation or comparison by TMPDIR)."
        ),
        "input_copy_damaged": (
            "{copy}, this job's copy of its input, is damaged or was changed, so the job cannot go on with it.\n"
            "Delete it, if {file} is still as it was: then the job goes on with that. Else import the file anew."
        ),
        "input_gone": "{file} is gone, and the job has no copy of it. Put it back, then go on with the job.",
        "input_changed": (
            "{file} has changed since the job began, so its rows can no longer be told apart.\n"
            "Put the old file back, or import the new one; what is done already is found unchanged."
        ),
        "job_unknown": "There is no job {name!r} in {folder}. {hint}",
        "jobs_unfinished_none": "There is no unfinished job in {folder}. ⟦jobs⟧ lists those that are here.",
        "jobs_failed_none": (
            "There is no import with failed or doubtful rows in {folder}. ⟦jobs⟧ lists those that are here."
        ),
        "job_name_invalid": (
            "⟦job={name!r}⟧: a job's name is made of letters, digits, '.', '_' and '-', ends in no '.', and is none of"
            " Windows' own, like CON, NUL or COM1."
        ),
        "job_exists": (
            "There is a job named {job!r} already. Choose another name, or go on with it by: ⟦resume_in={job}|{folder}⟧"
        ),
        "job_of_other_account": (
            "The job works on the account {account}, and this key opens {host}.\n"
            "Use the key and connection that it began with."
        ),
        "job_record_not_read": "{file} cannot be read: {reason}.",
        "job_record_damaged": "{file} is damaged: {reason}. Start the job anew.",
        "job_record_newer": "{file} cannot be read: {reason}. Go on with the job by that version.",
        "job_version_newer": "it was made by a newer version of bulk, version {version}{after}; this is {ours}",
        "job_folder_not_written": "{folder} cannot be written: {reason}. See whose it is.",
        "jobs_folder_not_written": "{folder} cannot be written: {reason}. Choose another place by ⟦jobs_dir⟧.",
        "jobs_folder_not_read": "{folder} cannot be read: {reason}. Name another place by ⟦jobs_dir⟧.",
        "home_missing": (
            "There is no home folder here (HOME is not set), so jobs on one account cannot find each other.\n"
            "Set {variable} to a folder that is yours and lasts."
        ),
        "report_in_the_way": (
            "{file} is there already and is no page of a report, so it is left as it is. Name another file, or take it"
            " away first."
        ),
        "report_of_nothing": "{folder} is no folder of a job. Which there are: ⟦jobs⟧",
        "folder_not_ours": "{folder} belongs to somebody else. Set XDG_STATE_HOME to a folder of your own.",
        "file_not_ours": ("{file} is {what}, where bulk keeps a file of its own. See what it is, and take it away."),
    },
    "UnfinishedError": {
        "checkpoint_not_usable": "{path} cannot be used: {reason}. Look at its disk",
        "checkpoint_not_written": "{path} cannot be written: {reason}. Make room",
        "input_changed_meanwhile": (
            "{file} was changed while it was checked, so nothing was sent. Import it anew as it is now; to send it as"
            " it was when it was checked, go on with this job"
        ),
        "input_copy_changed": (
            "{copy}, which the job reads, was changed or taken away while it ran, so nothing is reported by it. Put it"
            " back, or if {file} is as it was, delete it; then go on with: ⟦resume_job={job}⟧"
        ),
        "job_running": "Another run has the job {job} in hand. Wait for it to end",
        "job_not_written": "{file} cannot be written: {reason}. Make room",
    },
    "AccountingError": {
        "report_row_unknown": "Row {row} has ended but is not in the input file. The reports are not right.",
        "report_sums_differ": "The reports do not add up: {read} rows read, {parts} ended, {written} written.",
        "report_status_differs": "The reports do not add up: {count} rows are {status}, {written} are written.",
    },
}
PARTS: Final[Mapping[str, str]] = {
    "nearest": "Nearest: {names}.",
    "jobs_listed": "⟦jobs⟧ lists those that are here.",
    "with_unknown": ", with {names}",
}
