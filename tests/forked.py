"""Runs `bulk` in processes of its own, forked from one that has imported it all: real kills without the start-up.

A line of JSON in (arguments, folder, environment, files for output), the process id out, then its exit code. Or with
a terminal in place of the files, and all of the environment.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from importlib import import_module

IMPORTED = (  # what a command imports by itself, and slowly, and what the first schema does
    "anyio._backends._asyncio", "bulk.cli.main", "bulk.library.jobs", "bulk.jobs.all_resources", "bulk.jobs.export",
    "bulk.jobs.import_", "pandera.backends.polars.builtin_checks", "pandera.backends.polars.container",
)  # fmt: skip

if __name__ == "__main__":
    for module in IMPORTED:
        import_module(module)
    from bulk.__main__ import main, run

    signal.signal(signal.SIGINT, signal.default_int_handler)  # who is begun in the background would ignore it
    for line in sys.stdin:
        order = json.loads(line)
        process = os.fork()
        if process == 0:
            if "terminal" in order:
                os.environ.clear()
            os.environ.update(order["environment"])
            os.chdir(order["folder"])
            if "terminal" in order:
                opened = os.open(order["terminal"], os.O_RDWR | os.O_NOCTTY)
                for descriptor in range(3):
                    os.dup2(opened, descriptor)
                os.close(opened)
                sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as a new process has them
                sys.stdout, sys.stderr = (
                    open(number, "w", encoding="utf-8", errors=how, buffering=1, closefd=False)  # noqa: SIM115
                    for number, how in ((1, "strict"), (2, "backslashreplace"))
                )
                kept = sys.stdout, sys.stderr  # who lets go of them closes them
                sys.argv[1:] = order["arguments"]
                try:
                    main()
                except SystemExit as end:
                    sys.stdout.flush()
                    os._exit(end.code if isinstance(end.code, int) else bool(end.code))
            for output, name in ((1, "out"), (2, "err")):
                os.dup2(os.open(order[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), output)
            code = run(order["arguments"])
            sys.stdout.flush()
            os._exit(code)
        print(process, flush=True)  # noqa: T201
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)  # noqa: T201
