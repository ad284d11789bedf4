"""For processes that tests start: pandera does without hypothesis where it is missing, as it is where `bulk` is used.

Where it is there, every process imports it, which takes a fifth of its time.
"""

msg = "left out"
raise ImportError(msg)
