"""Runs `bulk` in processes of its own, forked from one that has imported it all: real kills without the start-up.

A line of JSON in (arguments, folder, environment, files for output), the process id out, then its exit code.
"""

from __future__ import annotations

import json
import os
import sys

if __name__ == "__main__":
    import bulk.cli.main
    import bulk.jobs.all_resources
    import bulk.jobs.export
    import bulk.jobs.import_  # noqa: F401 - what a command imports by itself, and slowly
    from bulk.__main__ import run

    for line in sys.stdin:
        order = json.loads(line)
        process = os.fork()
        if process == 0:
            os.environ.update(order["environment"])
            os.chdir(order["folder"])
            for stream, name in ((1, "out"), (2, "err")):
                os.dup2(os.open(order[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
            code = run(order["arguments"])
            sys.stdout.flush()
            os._exit(code)
        print(process, flush=True)  # noqa: T201
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)  # noqa: T201
