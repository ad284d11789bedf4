"""One job on many accounts: each account works by itself, several side by side, and one table says how all ended.

`steps` (what is done on each), `fleet_file` (what a fleet's file says), `fleet_folder` (what is kept: a folder for each
account with its jobs, and how it stands), `on_account` (the steps on one account), `worker` (a process that has many
accounts in hand), `running` (the processes), `table` (the summary, as csv, json and a page),
`telling` (who hears of it).
"""
