"""For processes that tests start: httpx does without rich where it is missing, as it is where `bulk` is used.

The linter of imports brings it here, and every process would import it, which takes a twentieth of its start.
"""

msg = "left out"
raise ImportError(msg)
