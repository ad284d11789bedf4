"""The engine: pace, retries, order and concurrency, in plain objects. Does no I/O and reads no clock.

* `dispatch`: what goes next, of `tasks` (a unit of work, and what it is for), `flows` (those that are open), `steps`
  (what is on its way), `turns` (what waits), `gate` (who may leave only when their contact was read just before)
  and `reading_pace` (how many are read together, and when).
* When the next may start: `pace`, `limit`, `quota` (which only batches of contacts count against), `scatter` (how far
  apart travel times are).
* What an answer means: `confirm` (whether it is the one to its request), `retry` (the table of verdicts, back-off),
  `receipts`, `line` and `pauses` (latency, silence, what was asked for), `stops` (who gives up, and why the engine
  stops).
"""
