"""A terminal of 80 columns at which somebody runs `bulk`, in a process that is forked from one that has imported it."""

from __future__ import annotations

import contextlib
import json
import os
import struct
import subprocess
import threading
from pathlib import Path

WIDTH = 80
UNSET = ("COLUMNS", "BULK_JOBS_DIR")  # what would change what is shown


def on_terminal(
    forks: subprocess.Popen[str], folder: Path, arguments: list[str], answers: str = "", unset: tuple[str, ...] = ()
) -> tuple[int, str]:
    """The exit code of a command at a terminal where somebody types these answers, and all that is shown."""
    import fcntl
    import pty
    import termios

    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 50, WIDTH, 0, 0))
    os.write(main, answers.encode())
    environment = os.environ | {"XDG_STATE_HOME": str(folder / "state")}
    order = {
        "arguments": arguments, "folder": str(folder), "terminal": os.ttyname(side),
        "environment": {name: text for name, text in environment.items() if name not in unset},
    }  # fmt: skip
    code: list[int] = []

    def end() -> None:
        assert forks.stdout
        forks.stdout.readline()  # the id of the process
        code.append(int(forks.stdout.readline()))
        os.close(side)

    waiting = threading.Thread(target=end)
    waiting.start()
    assert forks.stdin
    forks.stdin.write(json.dumps(order) + "\n")
    forks.stdin.flush()
    content = b""
    with contextlib.suppress(OSError):  # the end of a terminal
        while piece := os.read(main, 65_536):
            content += piece
    waiting.join()
    os.close(main)
    return code[0], content.decode()
