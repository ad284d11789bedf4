"""Getting to an account: the ways in, its connection, the limit and the lock that jobs on it share, what is wrong.

* `account`, `connections`; `account_lock` (whose it is, who else is at work on it).
* `shared_limit`: one limit for all jobs on it, of which the runner takes leases ahead and off the loop. Its book is in
  `shared_limit_file` or `shared_limit_redis`; what one exchange changes in it: `shared_limit_book`; what one job may
  send of it: `shared_limit_share`.
* `doctor` (asks), `diagnosis` (what an answer means), `finding` (what is told of it).
"""
