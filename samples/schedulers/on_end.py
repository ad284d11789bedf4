#!/usr/bin/env python3
"""A hook for `--notify ./on_end.py`: a line in a log for each job that has ended. It gets JSON on standard input."""

import json
import sys
from pathlib import Path

LOG = Path("ended.log")


def main() -> None:
    """Write the line, with what goes on where the job is not done."""
    ended = json.load(sys.stdin)
    rows = ", ".join(f"{count} {status}" for status, count in ended["rows"].items() if count)
    line = f"{ended['time']} {ended['job'] or ended['kind']} {ended['outcome']} ({ended['exit_code']}): {rows}"
    if ended["go_on"]:
        line += f"; go on with: {ended['go_on']}"
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"{line}\n")


if __name__ == "__main__":
    main()
