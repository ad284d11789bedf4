"""Getting to an account: the ways in, its connection, the limit and the lock that jobs on it share, what is wrong."""
