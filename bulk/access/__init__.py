"""Getting to an account: the ways in, its connection, the limit and the lock that all jobs on it share, and what is wrong."""
