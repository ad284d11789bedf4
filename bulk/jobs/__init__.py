"""Jobs: the use cases, their checkpoint, runner and report. The only room with a task group and a database."""
