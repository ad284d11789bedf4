"""The engine: pace, retries, order and concurrency, in plain objects. Does no I/O and reads no clock."""
