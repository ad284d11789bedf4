"""For processes that tests start: a Python without what Windows lacks, with what it forbids forbidden.

What the standard library and filelock take of POSIX is theirs: they have their own ways on Windows. All else is to do
without. What no rule here tells (drive letters, its console, its locks, its real system calls) is not tried by this.
"""

from __future__ import annotations

import asyncio.unix_events
import errno
import os
import re
import shutil
import signal
import subprocess  # noqa: F401 - as the next: they have other ways on Windows
import sys
import tempfile
from pathlib import Path

import filelock  # noqa: F401

for module in ("fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"):
    sys.modules[module] = None  # type: ignore[assignment] # the import system's way to say that there is none

for name in (
    "O_DIRECTORY", "O_NOFOLLOW", "chown", "copy_file_range", "fchown", "fork", "forkpty", "getegid",
    "geteuid", "getgid", "getloadavg", "getpgid", "getsid", "getuid", "killpg", "lchown", "mkfifo", "nice",
    "sched_setaffinity", "sendfile", "setsid", "sysconf",
):  # fmt: skip
    if hasattr(os, name):
        delattr(os, name)

BREAK = signal.SIGUSR1  # what tests send for Ctrl-Break, and for a console that is closed
for name in (
    "SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGUSR1", "SIGUSR2", "alarm", "pthread_sigmask",
    "setitimer", "siginterrupt", "sigwait",
):  # fmt: skip
    delattr(signal, name)
signal.SIGBREAK = BREAK  # type: ignore[attr-defined]
_set = signal.signal


def _signal(number, handler):
    """As Windows has it: nobody can send SIGTERM so that a handler of it is called, for it ends the process."""
    if number not in (
        signal.SIGABRT,
        signal.SIGFPE,
        signal.SIGILL,
        signal.SIGINT,
        signal.SIGSEGV,
        signal.SIGTERM,
        BREAK,
    ):
        raise ValueError("invalid signal value")
    return signal.SIG_DFL if number == signal.SIGTERM else _set(number, handler)


signal.signal = _signal
for name in ("add_signal_handler", "remove_signal_handler"):  # the loop's own, of which Windows' has none
    delattr(asyncio.unix_events._UnixSelectorEventLoop, name)

tempfile.TemporaryFile = tempfile.NamedTemporaryFile  # as the library itself has it there
shutil._use_fd_functions = False
shutil.rmtree.avoids_symlink_attacks = False
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f]|[. ]$')


def _in_use(path: str) -> bool:
    """Whether this process has a file of that path open or mapped, or one in a folder of that path."""
    there = os.path.abspath(path)  # noqa: PTH100 - a link is not followed
    opened = set()
    for opening in Path("/proc/self/fd").iterdir():
        try:
            opened.add(str(opening.readlink()))
        except OSError:
            continue
    return any(one == there or one.startswith(f"{there}/") for one in opened)


def _check_name(path: str) -> None:
    for part in Path(path).parts:
        if part not in ("/", ".", "..") and (_RESERVED.fullmatch(part) or _FORBIDDEN.search(part)):
            raise OSError(errno.EINVAL, "Invalid argument", path)


def _as_windows(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open":
        path, _mode, flags = arguments
        if isinstance(path, int) or path is None:
            return
        path = os.fsdecode(path)
        if isinstance(flags, int) and flags & os.O_CREAT:
            _check_name(path)
        elif not path.startswith("/proc") and Path(path).is_dir():
            raise PermissionError(errno.EACCES, "Permission denied", path)
    elif event == "os.mkdir":
        _check_name(os.fsdecode(arguments[0]))
    elif event == "os.rename":
        source, target = os.fsdecode(arguments[0]), os.fsdecode(arguments[1])
        _check_name(target)
        if _in_use(source) or _in_use(target):
            raise PermissionError(errno.EACCES, "The process cannot access the file", source, 32, target)
    elif event == "os.remove":
        if _in_use(os.fsdecode(arguments[0])):
            raise PermissionError(errno.EACCES, "The process cannot access the file", os.fsdecode(arguments[0]))
    elif event in ("os.symlink", "os.fork", "os.forkpty"):
        raise OSError(errno.EPERM, "A required privilege is not held by the client")


sys.addaudithook(_as_windows)
