"""What the manual tells beside commands: exit codes, variables, files of a job, keys of bulk.toml. Tests hold it true.

Each table is (name, meaning); a meaning may hold Markdown's `code`, nothing else of it.
"""

from __future__ import annotations

from typing import Final

Table = tuple[tuple[str, str], ...]

EXIT_CODES: Final[Table] = (
    ("0", "Every row is done, or there was nothing to do."),
    (
        "1",
        (
            "Finished. Some rows were rejected, failed or are in doubt. Of `bulk compare`: something differs."
            " Of `bulk doctor`: something is wrong."
        ),
    ),
    (
        "2",
        (
            "Usage, configuration or an unreadable file. Nothing was sent. Of a plan with `--detailed-exitcode`:"
            " something is to be done."
        ),
    ),
    ("3", "Given up: the key was refused, too many errors (`--max-errors`), `--on-invalid stop`, or you said no."),
    (
        "4",
        (
            "Unfinished. It goes on with `bulk resume`: the time was up (`--max-duration`), the network is gone, or"
            " another run has the job or the account."
        ),
    ),
    ("130", "Ctrl-C. It goes on with `bulk resume`."),
    ("141", "Who read the output has left, like `head`. Nothing is wrong."),
    ("143", "SIGTERM. It goes on with `bulk resume`."),
)
ENVIRONMENT: Final[Table] = (
    ("MATON_API_KEY", "The gateway's key."),
    ("MATON_CONNECTION", "Which connection of the gateway to use, as `--connection`."),
    ("AC_API_URL", "ActiveCampaign itself, without the gateway: `https://youraccount.api-us1.com`."),
    ("AC_API_TOKEN", "The key of that account: Settings > Developer."),
    ("BULK_BASE_URL", "Another root of the gateway. Plain http only for this machine."),
    ("BULK_REDIS_URL", "`redis://host:6379/0`: jobs on several machines share the limit of an account."),
    ("BULK_LEASE_SECONDS", "With `BULK_REDIS_URL`: how long a machine that is not heard of keeps what it holds: 15."),
    ("BULK_JOBS_DIR", "Where jobs are kept: `bulk-jobs`, as `--jobs-dir`."),
    ("BULK_SANDBOX_DIR", "Where the sandbox is kept: `bulk-sandbox`."),
    ("BULK_JOB", "Set by bulk for a command of `--notify`: the job's name."),
    ("BULK_OUTCOME", "Likewise: how it ended, in a word, as `done` or `rows_failed`."),
    ("BULK_EXIT_CODE", "Likewise: its exit code."),
    ("BULK_DEBUG", "Set to 1: a defect of bulk prints its traceback."),
    ("XDG_STATE_HOME", "Where the jobs of one user keep what they share, as the limit of an account."),
    ("TMPDIR", "Where rows lie while they are compared or validated."),
    ("HTTPS_PROXY", "A proxy on the way, also `HTTP_PROXY` and `ALL_PROXY`."),
)
JOB_FILES: Final[Table] = (
    ("succeeded.csv", "Your columns, then `_row,_action,_id` (`created`, `updated`, `unchanged`, `deleted`)."),
    ("failed.csv", "Your columns as they were read, then `_row,_status,_step,_code,_error,_attempts`."),
    ("skipped.csv", "Rows set aside by `--on-duplicate first` or `last`."),
    (
        "unprocessed.csv",
        (
            "Rows that have not ended, while the job is unfinished: not reached, or begun, so that some of their"
            " steps are sent already."
        ),
    ),
    ("deleted.csv", "With `--mode delete` or `--delete-missing`: the records as they were before."),
    ("missing.csv", "Rows of an export that the file has no more, and what became of them."),
    (
        "summary.json",
        (
            "The sums. `read` is always the sum of all others, and this is checked before the command ends. Requests"
            " and seconds are of all runs, `last_run` has those of the last. The first five requests leave at once, so"
            " of a short job `requests_per_second` may say more than five, which no second ever holds."
        ),
    ),
    ("plan.csv", "Of a plan: a line for each cell and link that changes, before and after."),
    ("plan.json", "Of a plan: its sums."),
    ("undo.csv", "Of an undo: a line for each thing that is put back."),
    ("report.html", "The page that `bulk report` writes, where no other place is given."),
    ("job.json", "What was asked."),
    ("checkpoint.sqlite", "What was sent and answered. `bulk resume` goes on from it."),
    (
        "input.csv",
        "The file as it was checked, which resume and retry read. It is removed when nothing is left to send.",
    ),
    ("baseline.csv", "Of an export: its rows, as it wrote them. An edited file is held against it."),
    ("baseline.sqlite", "Of an import: the export that its file was made of."),
    ("lock", "Held while a run is at work. It may stay; it means nothing then."),
)
CONFIG_KEYS: Final[Table] = (
    ("[accounts.NAME] connection", "A connection of the gateway, or how its id begins: `bulk connections list`."),
    ("[accounts.NAME] url", "Or the account's own address, together with `token_env`."),
    ("[accounts.NAME] token_env", "The name of the variable that has the account's key. Never the key itself."),
    ("[accounts.NAME] rate", "Requests a second on this account, if other than 5."),
    ("[defaults] OPTION", "Any option of the commands by its long name, and what it is if you do not say it."),
    ("[fleet] accounts", "Names of accounts; `all`, and `*` and `?` for several. As in a fleet's own file."),
    ("[fleet] steps", "What is done on each account, a line of `bulk` each, with `{account}` in its path."),
    ("[fleet] max_failures", "After so many failed accounts no other is begun."),
    ("[fleet] at_once", "Accounts that a process has in hand: 50."),
    ("[fleet] processes", "Processes side by side, if other than one for each core."),
    ("[fleet] notify", "Whom to tell once all is over, as `--notify`: a list of addresses and commands."),
    ("[fleet] metrics", "A file of figures for Prometheus, as `--metrics`."),
)
