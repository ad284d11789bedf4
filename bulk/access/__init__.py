"""Getting to an account: the ways in, its connection, the limit and the lock that jobs on it share, what is wrong.

* `account`, `connections`; `account_lock` (whose it is, who else is at work on it).
* Across machines: `fence` (whether what a job holds is surely its own), `fence_redis` (where leases lie), `fencing`
  (opened with a job), `fenced_pace` (nothing is sent but behind it), `redis_connection`, `clocks` (what a stop and a
  sleep do not halt).
* `shared_limit`: one limit for all jobs on it, of which the runner takes leases ahead and off the loop. Its book is in
  `shared_limit_file` or `shared_limit_redis`, a row an account, of which an exchange has its own (`shared_limit_rows`);
  what one exchange changes in them: `shared_limit_book`; what one job may send of it: `shared_limit_share`.
* `doctor` (asks), `diagnosis` (what an answer means), `finding` (what is told of it).
"""
