"""What runs while a job runs: the runner with its feeds, the reasons to stop, what is told of it."""
