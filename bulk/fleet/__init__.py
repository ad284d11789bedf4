"""One job on many accounts: each account works by itself, several side by side, and one table says how all ended.

`steps` (what is done on each), `fleet_file` (what a fleet's file says), `fleet_folder` (what is kept: a folder for each
account with its jobs, and how it stands), `on_account` (the steps on one account), `worker` (a process that has many
accounts in hand), `cores` (the core that it takes), `running` (the processes), `table` (the summary, as csv, json and
a page), `telling` (who hears of it).

On several machines: `dask_place` (a scheduler and its workers, and what they have to be able to), `dask_run` (a task
for each account), `dask_task` (what a worker does), `at_work` (an account that it has in hand: taken over from whoever
had it, carried as it becomes durable, brought home).
"""
