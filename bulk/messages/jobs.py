"""What is said of jobs: their options, and why they stop (`jobs`, `library`, `runtime`, `planning`)."""

# long: each text stands once, by the code that raises it

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "RowsFailedError": {
        "rows_failed": "{failed:row} of {read} are not done.{listed}",
    },
    "UsageError": {
        "resource_unknown": "There is no resource {name!r}. {hint}",
        "resource_not_importable": "{resource} can be exported, not imported: {about:marked}",
        "hook_unusable": "⟦notify={hook}⟧ cannot be told: {problem}. Nothing was sent. Correct it, or leave it out.",
        "metrics_not_written": (
            "⟦metrics⟧: {file} cannot be written: {reason}. Nothing was sent. Make its folder, or name another file."
        ),
        "option_invalid": "⟦{option}={value}⟧: {expected}.",
        "choice_unknown": "⟦{option}={given!r}⟧: this resource {takes}.",
        "key_id_with_create": ("⟦key=id⟧ finds what is there, so it does not go with ⟦mode=create⟧. Drop one of them."),
        "engine_of_contacts": (
            "⟦engine=batch⟧: ActiveCampaign's importer takes contacts only, no {resource}. Drop the option."
        ),
        "automations_with_single": (
            "⟦no_automations⟧ goes by ActiveCampaign's importer: nothing else can hold automations back. Drop"
            " ⟦engine=single⟧."
        ),
        "fields_alike": (
            "{titles} would be fields of one title. Leave one out: ⟦map={title}=⟧, or give it a title of its own:"
            " ⟦map={title}=NEW TITLE⟧."
        ),
        "user_unknown": "⟦{option}⟧: {problem} {hint} Nothing was sent.",
        "create_fields_of_contacts": (
            "⟦create_fields⟧ makes custom fields of contacts only. Drop the option; fields of deals and accounts are"
            " imported as dealCustomFieldMeta and accountCustomFieldMeta."
        ),
        "create_fields_with": (
            "⟦create_fields⟧ makes fields for columns that fit nothing, so it does not go with ⟦{option}⟧. Drop one of"
            " them."
        ),
        "automations_of_contacts": (
            "⟦no_automations⟧ goes with contacts only: of nothing else can automations be held back. Drop the option."
        ),
        "automations_of_plans": (
            "⟦no_automations⟧: what a plan says is carried out one request a step, and nothing there holds automations"
            " back. Import the file with it, without a plan, or drop the option."
        ),
        "automations_not_held_back": (
            "⟦no_automations⟧: these rows cannot go by ActiveCampaign's importer, which alone holds automations back."
            " It takes contacts by their addresses, each once: ⟦mode=upsert⟧, ⟦key=email⟧, and not ⟦on_duplicate=all⟧."
        ),
        "import_options_of_one_resource": (
            "⟦mode⟧, ⟦key⟧, ⟦limit⟧, ⟦skip_lines⟧, ⟦sheet⟧, ⟦set⟧ and ⟦preset⟧ go with one resource, not with all."
            " Drop them."
        ),
        "export_options_of_one_resource": (
            "⟦filter⟧, ⟦search⟧ and ⟦columns⟧ go with one resource, not with all. Drop them."
        ),
        "search_unknown": "⟦search⟧: ActiveCampaign has no search for {resource}. Drop it.",
        "rate_unlimited": "⟦rate=0⟧ (no limit) is for the sandbox. ActiveCampaign allows 5 requests a second.",
        "rate_too_slow": (
            "⟦rate={rate:g}⟧ is too slow to subscribe anybody: how they stand has to be read at most 10 s before.\n"
            "The smallest rate that works is {slowest:g}."
        ),
        "mapping_missing": "{file}: there is no such mapping. ⟦save_mapping={file}⟧ writes one.",
        "mapping_key_unknown": "{file}: {key!r} is no key of a mapping. {hint}",
        "mapping_value": "{file}, {key}: {refusal}",
        "mapping_not_written": "{file} cannot be written: {reason}. Choose another place.",
        "mapping_in_the_way": "{file} is there and is no mapping, so it is not overwritten. Choose another name.",
        "mapping_does_not_fit": (
            "The mapping {file} does not fit this file. {refusal} Take out of the mapping what such files have no more,"
            " or leave ⟦mapping⟧ out."
        ),
        "exact_of_contacts": "⟦exact_columns⟧ is about contacts, not {resource}. Leave it out.",
        "exact_with": (
            "⟦exact_columns⟧ does not go with ⟦{option}⟧: a cell cannot be all that there should be then. Drop one."
        ),
        "exact_column_missing": (
            "⟦exact_columns={column}⟧: the file has no column for {column}, so nothing is said of it. Leave it out, or"
            " say which column it is with ⟦map⟧."
        ),
        "split_name_of_contacts": "⟦split_name⟧ takes names of contacts apart, and no others. Leave it out.",
        "duplicates_all_impossible": ("⟦on_duplicate=all⟧: of {resource} no two have one {key}. Use first or last."),
        "job_options_unknown": (
            "The job was begun by version {version} of bulk with options that this version does not know: {options}."
            " Go on with it by that version."
        ),
        "job_options_damaged": "The job's own job.json is damaged: {refusal} Start the job anew.",
        "plan_waits": "{job} is a plan, and waits for being carried out: ⟦apply={job}⟧",
        "part_refused_unsent": "{file}: {refusal}\nNothing was sent: correct the file, and plan the folder anew.",
        "plan_cut_off": "{job} is not planned to its end. Go on with it first: ⟦resume_job={job}⟧",
        "plan_of_duplicates": (
            "A plan says what becomes of each row by itself, so rows of one key cannot all be applied. Use"
            " ⟦on_duplicate=first⟧ or ⟦on_duplicate=last⟧."
        ),
        "undo_of_export": "{job} is an export, which has changed nothing in the account: there is nothing to undo.",
        "undo_half_done": "{job} is being undone by {undo}, which is not finished. Go on with it: ⟦resume_job={undo}⟧",
        "undo_failed_before": (
            "{job} was undone by {undo} on {when}, but for what stands in its failed.csv, so nothing was done. To try"
            " that again: ⟦retry_job={undo}⟧; to take the undo back: ⟦undo_job={undo}⟧"
        ),
        "undo_taken_back": (
            "{job} was undone by {first}, and that was taken back by {undo} on {when}: what {job} changed stands as"
            " {undo} has put it there. To take it away again, undo that: ⟦undo_job={undo}⟧"
        ),
        "undo_not_begun": "{job} was cut off before it began. Undo the job anew: ⟦undo⟧",
        "no_plan": "{job} is no plan. Make one: ⟦plan⟧",
        "plan_too_old": (
            "{job} says how the account was {age} ago, which is too old to go by. Make a new plan: ⟦plan⟧; or carry it"
            " out all the same, with a greater ⟦max_age⟧."
        ),
        "baseline_useless": (
            "⟦baseline⟧ goes with ⟦mode=upsert⟧ and ⟦mode=update⟧, not with ⟦on_duplicate=all⟧: it tells which cells"
            " were edited. Drop one of them."
        ),
        "baseline_without_ids": (
            "⟦baseline⟧: the file has no column id, by which the export's rows are found. Keep that column in the"
            " sheet."
        ),
        "baseline_of_all": (
            "⟦baseline⟧ and ⟦on_conflict⟧ go with one file, not with a folder. Drop them, or import that file by"
            " itself."
        ),
        "baseline_unknown": (
            "⟦baseline={baseline}⟧: there is no such file, and no such job in {folder}. Name the file that an export"
            " wrote, or its job."
        ),
        "baseline_of_another": "⟦baseline⟧: {job} is no export of {resource}. Name one.",
        "baseline_not_kept": (
            "⟦baseline⟧: {job} kept none: an earlier version of bulk made it, or it is not finished. Name the file that"
            " it wrote, as it was written."
        ),
        "baselines_differ": (
            "The rows were told by several exports, as their column {column} says: {names}. Import the reports each by"
            " itself."
        ),
        "baseline_of_report_gone": (
            "This report goes by the export {name}, which its job kept, and that job is not in {folder}. Name its place"
            " by ⟦jobs_dir⟧, or the export itself: ⟦baseline=FILE⟧. ⟦baseline=none⟧ would send all cells, also those"
            " that the account has changed since."
        ),
        "baseline_gone": (
            "{file} is gone or damaged: what the export held, by which the job goes. Import the file anew, as a job of"
            " its own."
        ),
        "baseline_unlike": (
            "⟦baseline={baseline}⟧: the file was not made of that: it has other columns or other ids. Name the export"
            " that it was made of, or leave ⟦baseline⟧ out."
        ),
        "missing_of_all": (
            "⟦delete_missing⟧ goes with one file at a time, not with a folder. Import those of its files by themselves"
            " that lack rows, each with ⟦delete_missing⟧: first what belongs to contacts, then contacts, then the rest."
        ),
        "missing_not_deletable": "⟦delete_missing⟧: {resource} cannot be deleted. Drop it.",
        "missing_with": (
            "⟦delete_missing⟧ deletes what the export had and the file lacks, so it does not go with ⟦{option}⟧. Drop"
            " one of them."
        ),
        "missing_without_baseline": (
            "⟦delete_missing⟧ deletes what the export had and the file lacks, and it is not known of which export this"
            " file was made. Name that: ⟦baseline=EXPORT⟧, its file or its job; the file has to have its column id."
        ),
        "missing_of_report": (
            "This is a report of a job, which never has all rows: what it lacks is not to be deleted. Drop"
            " ⟦delete_missing⟧, or import the file itself."
        ),
        "missing_of_nothing": (
            "The file has no rows, so ⟦delete_missing⟧ would delete all that the export had. If that is meant, import"
            " the export with ⟦mode=delete⟧ and ⟦key=id⟧."
        ),
        "missing_misread": (
            "⟦delete_missing⟧: it is not sure which records row {rows} of the file is about, as its cells do not fit"
            " the header, or the id is no number: what looks deleted may be misread. Correct these rows; ⟦validate⟧"
            " says more."
        ),
        "missing_too_many": (
            "The file lacks {missing:row} of the {rows} that the export had ({share}), which looks like a file that was"
            " cut off or filtered. Nothing was sent. If they are to be deleted all the same, make a plan, look at it,"
            " and carry it out: ⟦plan⟧ with ⟦delete_missing⟧."
        ),
        "missing_unsure": (
            "⟦delete_missing⟧: the file fits the export {name} and {other} too, and what {name} alone had may be new"
            " since. Say which one it was made of: ⟦baseline={name}⟧ or ⟦baseline={other}⟧."
        ),
        "import_unknown_here": "{job} is no import that this version of bulk can go on with.",
        "export_unknown_here": "This version of bulk does not export {resource}.",
        "header_refused": "{refusal}\n{unread}",
        "export_column_unknown": "⟦columns⟧: there is no column {name!r}. {hint}",
        "output_is_folder": "{folder} is a folder. Name a file in it, like {example}.",
        "output_folder_missing": "There is no folder {folder}. Make it first, or choose another place.",
        "folder_without_files": (
            "{folder} holds no file like contacts.csv or deals.csv. Name the folder of an export."
        ),
        "folder_not_made": "{folder} cannot be made: {reason}. Name another folder.",
        "folder_files_doubled": (
            "{folder} holds {files}, which would all be of one resource. Leave the one that counts, and move the others"
            " elsewhere."
        ),
        "folder_file_gone": "{file} is gone from {folder}. Put it back, then go on with the job.",
        "files_changed_meanwhile": (
            "{files} changed while the files were checked, so nothing was sent. Wait until the folder is as you mean"
            " it, then give the same command again."
        ),
        "rows_without_columns": "The rows given have no columns. Give at least one, like email.",
        "rows_differ": "Row {row} has {title!r}, which the first row has not. Give all rows its columns.",
        "cell_not_writable": (
            "Row {row}, {title}: {value!r} is nothing that a cell can hold. Give a text, number or date."
        ),
        "compare_resource_unknown": (
            "Neither the name nor the header of {file} says of which resource it is. Say it: ⟦resource=contacts⟧."
        ),
        "compare_resources_differ": (
            "The files are of different resources: {resources}. Compare two of one; or, if a name is misleading, say"
            " what they are: ⟦resource={first}⟧."
        ),
        "compare_folder_with_file": (
            "A folder is compared with another folder, or with the account. Name the file in it that is meant."
        ),
        "compare_live_twice": "The account is compared with a file or a folder. Name one.",
        "compare_stdin_twice": "Standard input can be only one of the two. Name a file for the other.",
        "compare_output_is_input": (
            "{file} is one of the files that are compared. Name another one for the differences."
        ),
        "compare_key_of_one_resource": (
            "⟦key={key}⟧ goes with one resource, not with folders. Drop it; or compare two of their files."
        ),
        "compare_file_gone": (
            "{folder} lacks {files}, which its manifest.json names. Put it back; or, if it is not to be compared, take"
            " manifest.json away."
        ),
        "compare_manifest_damaged": (
            "{file} cannot be understood. Take it away to compare whatever files there are in its folder."
        ),
        "compare_ignored_unknown": "⟦ignore={title!r}⟧: neither has such a column.{hint}",
        "compare_without_output": (
            'There are {count:difference}, of which {kept} are kept. Name a file for them: output="differences.csv".'
        ),
    },
    "NothingToUndoError": {
        "undo_of_plan": "{job} is a plan that was never carried out, so there is nothing to undo: ⟦apply={job}⟧",
        "undo_of_nothing": (
            "{job} has changed nothing in the account, so there is nothing to undo. ⟦jobs⟧ lists others."
        ),
        "undo_done": (
            "{job} was undone already, by {undo} on {when}, so nothing was done. To take that back: ⟦undo_job={undo}⟧"
        ),
    },
    "AbortedError": {
        "rows_invalid": (
            "{rows:row} cannot be sent, so nothing was (⟦on_invalid=stop⟧). Correct them in the file and import it"
            " again."
        ),
        "conflicts": (
            "The account changed cells of {rows:row} too since the export, so nothing was sent (⟦on_conflict=stop⟧):"
            " row {numbers}. ⟦plan⟧ shows them. Import the file again, with ⟦on_conflict=sheet⟧ to send its cells, or"
            " with ⟦on_conflict=account⟧ to keep the account's."
        ),
        "fields_declined": "Nothing was sent, as you chose.",
        "field_refused": (
            "The field {title!r} ({kind}) could not be created: {said} Make it in ActiveCampaign, or leave its column"
            " out: ⟦map={title}=⟧."
        ),
        "tags_joined": (
            "No row was sent: {tags} would be made of which each may be several: {told}"
            " Where they are several: import the file anew, with ⟦separator={sign}⟧. Where the names are really so:"
            " ⟦allow_joined⟧."
        ),
        "folder_rows_invalid": (
            "Rows cannot be sent, so nothing was (⟦on_invalid=stop⟧): {files}.\n"
            "⟦validate⟧ says which. Correct them and import the folder again."
        ),
        "part_rows_invalid": (
            "Rows of {file} could not be sent, so nothing of it was (⟦on_invalid=stop⟧).\n"
            "Correct them and import the folder anew; what is done already is found unchanged."
        ),
        "part_refused": "{file}: {refusal}",
        "undo_declined": "Nothing was put back, as you chose, and undo.csv is not kept.",
        "apply_declined": "Nothing was sent, as you chose. {job} waits on:\n  ⟦apply={job}⟧",
        "delete_declined": "Nothing was deleted, as you chose.",
        "export_column_unreadable": (
            "{family} may not be read with this key: {reason}. Leave {columns} out of ⟦columns⟧, or use the key of"
            " another user."
        ),
        "too_many_errors": "Gave up after {rows} failed rows (⟦max_errors⟧)",
        "access_refused": "Access was refused: {reason}. Check the key and the connection: ⟦doctor⟧",
        "access_shut_out": ("{reason}. It may be a firewall's, and pass. See what is wrong: ⟦doctor⟧"),
        "account_not_readable": "Cannot read {what}: {reason}.\nSee what is wrong: ⟦doctor⟧",
        "contacts_not_asked_for": "The account gives other contacts than it was asked for ({page})",
        "records_not_asked_for": "The account gives other records than it was asked for ({page})",
    },
    "AccountingError": {
        "compare_sums_differ": "The comparison of {resource} does not add up: {counts}.",
    },
    "UnfinishedError": {
        "compare_live_incomplete": "The account could not be read whole, so nothing was compared: {reason}",
        "pages_unread": "Some pages are not read",
        "page_unread": "A page cannot be read: {reason}",
        "not_read_back": (
            "{rows:row} that the account has acknowledged could not be read back. The last answer: {answer}"
        ),
        "account_not_read": "Cannot read {what}: {reason}. Run the command again in a few minutes.",
        "name_not_created": "The {what} could not be created: {reason}. Run the command again in a few minutes.",
        "total_differs": (
            "The account says it has {total} records but gives {given}. Run the command again in a few minutes."
        ),
        "records_move": "The records do not hold still long enough to be read. Run the command again in a few minutes.",
        "stop_requested": "Stopped on request",
        "stopped": "{reason:marked}",
        "stopped_before_rows": "Interrupted before the first row",
        "time_over": "The time given by ⟦max_duration⟧ is over",
    },
    "InterruptedJobError": {
        "interrupted": "Interrupted",
        "interrupted_before_rows": "Interrupted before the first row was sent",
    },
}
PARTS: Final[Mapping[str, str]] = {
    "resources_there_are": "This version moves: {names}.",
    "there_are": "There are: {names}.",
    "takes": "takes {offered}",
    "takes_none": "has none",
}
