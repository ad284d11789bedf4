"""What only the command line says (`cli`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "UsageError": {
        "no_jobs_here": "There is no job in {jobs}. Where are they kept? ⟦jobs_dir⟧",
        "command_unknown": "There is no command {name}. {hint}",
        "prune_without_age": "Say how old what goes has to be: bulk jobs prune --older-than 30d",
        "prune_options_alone": "--older-than and --yes are of bulk jobs prune. Did you mean that?",
        "prune_unanswered": "Nobody answered, so nothing was deleted. To delete without being asked, add --yes.",
        "fleet_workers_alone": "--workers is of a fleet on Dask. Say that too: --on dask",
        "jobs_kept": "Nothing was deleted.",
        "no_plan_here": "There is no plan in {jobs} that waits. Make one: ⟦plan⟧",
        "sandbox_with_base_url": "--sandbox goes nowhere, so --base-url does not go with it. Drop one.",
        "job_of_account": (
            "{job} is of the account {account}, not of the sandbox, so nothing was sent. Leave --sandbox out"
            " to go there."
        ),
        "gateway_key_missing": (
            "There is no key of the gateway. Set MATON_API_KEY,\n"
            "or add --sandbox to try it on the local stand-in, which needs none."
        ),
        "connections_of_gateway": (
            "Connections are the gateway's; AC_API_URL leads to ActiveCampaign itself,\n"
            "which needs none. To see the gateway's, set MATON_API_KEY."
        ),
        "connection_kept": "Nothing was deleted.",
        "sandbox_kept": "Nothing was deleted.",
        "sandbox_key_invalid": "--key: letters, digits and signs without blanks, as a header may hold them.",
        "delete_unanswered": "Nobody answered, so nothing was deleted. To delete without being asked, add --yes.",
        "delete_unanswerable": (
            "--mode delete and --delete-missing ask before they delete, and nobody can answer here. Pass --yes."
        ),
        "apply_unanswered": (
            "Nobody answered, so nothing was sent. To carry it out without being asked:\n  {command} --yes"
        ),
        "fields_unanswered": "Nobody answered, so nothing was sent. To create fields without being asked, add --yes.",
        "fields_unanswerable": (
            "--create-fields asks before fields are made, and nobody can answer here. Pass --yes; bulk plan says which"
            " they would be."
        ),
        "apply_unanswerable": (
            "This plan takes something away, so it is asked about before it is carried out, and nobody can answer"
            " here. Look at its plan.csv; to carry it out without being asked:\n  {command} --yes"
        ),
        "undo_unanswered": (
            "Nobody answered, so nothing was put back, and undo.csv is not kept. To do it without being asked, add"
            " --yes."
        ),
        "undo_unanswerable": (
            "Whoever undoes a job is asked before anything is put back, and nobody can answer here: nothing was, and"
            " undo.csv is not kept. To do it without being asked, add --yes."
        ),
        "filter_invalid": "--filter {text!r} is not of the form name=value.",
        "stdout_closed": "Standard output is closed, so nothing can be written there. Name a file.",
        "stdout_not_written": "Standard output cannot be written: {reason}. Name a file.",
        "template_exists": "{file} is there already. Choose another name; nothing was written.",
        "retry_of_export": "{job} is an export: no rows of it fail.{hint}",
        "job_stopped": "{job} sent nothing, by its options or by your answer. Correct the file and import it anew.",
        "job_not_finished": "{job} is not finished. First: {go_on}",
        "job_finished_as_it_is": (
            "{job} is finished. Its failed rows would fail again if they were only sent again; {file} says of what, and"
            " what leads on. Who left a list is put on it again only by ⟦resubscribe⟧."
        ),
        "job_finished": "{job} is finished. Failed rows are sent again by: {again}",
    },
    "UnfinishedError": {
        "job_unfinished": "{reason}. Go on with:\n  {command}",
        "job_not_begun": "{reason}. Nothing was sent, and no job was kept. Later:\n  {command}",
    },
    "InterruptedJobError": {
        "waiting_interrupted": (
            "Not waiting any longer; the link stays good.\nSee later how it is: bulk connections list"
        ),
    },
    "ReaderGoneError": {"reader_gone": ""},
}
PARTS: Final[Mapping[str, str]] = {
    "config_any_option": "Any long option of a command can stand there: bulk import --help",
    "commands_listed": "To see those there are: bulk --help",
    "go_on_by": " Go on with it by: {command}",
}
