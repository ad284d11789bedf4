"""What runs while a job runs: the runner with its feeds, the reasons to stop, what is told of it.

`signals` are those that end a command, on every system. `feed` says what the `runner` asks of where its tasks come
from; `questions` are what it is asked beside its rows.
"""
