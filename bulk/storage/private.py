"""Folders and files that are the user's alone, whatever the umask, and that nobody else has put there.

What bulk keeps for itself holds personal data or steers jobs. A link in its place would have us write over its target.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import IO, Final

from bulk.errors import UsageError

NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)  # of `os.open`: a symbolic link is not followed


class NotOursError(UsageError):
    """Something stands where bulk keeps its own files that it did not make, or that others may change."""


def open_private(path: Path) -> IO[bytes]:
    """Open a file anew for writing, its owner's alone; a link in its place is not followed. Raises `OSError`."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | NO_LINK, 0o600), "wb")


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, all of them for their owner only. Raises `OSError`."""
    missing = []
    above = folder
    while not above.exists() and not above.is_symlink():
        missing.append(above)
        above = above.parent
    for one in reversed(missing):
        try:
            one.mkdir(mode=0o700)
        except FileExistsError:
            continue
        one.chmod(0o700)  # whatever the umask says


def own_folder(folder: Path) -> None:
    """Make sure that a folder is there, ours, and closed to others. Raises `NotOursError`, or `OSError`."""
    make_private(folder)
    told = folder.stat()
    if not stat.S_ISDIR(told.st_mode):
        raise NotADirectoryError(20, os.strerror(20), str(folder))
    if not _is_ours(told):
        raise NotOursError("folder_not_ours", folder=folder)
    if told.st_mode & 0o077:
        folder.chmod(0o700)


def check_own_file(path: Path) -> None:
    """Raise `NotOursError` if something else than a file of ours stands there. Nothing may."""
    try:
        told = path.lstat()
    except FileNotFoundError:
        return
    what = "a symbolic link" if stat.S_ISLNK(told.st_mode) else "" if stat.S_ISREG(told.st_mode) else "no file"
    what = what or ("" if _is_ours(told) else "somebody else's")
    if what:
        raise NotOursError("file_not_ours", file=path, what=what)


def check_no_links(folder: Path) -> None:
    """Raise `NotOursError` if a symbolic link stands in a folder in which bulk writes files of its own."""
    with os.scandir(folder) as entries:
        link = next((entry.name for entry in entries if entry.is_symlink()), None)
    if link is not None:
        check_own_file(folder / link)


def _is_ours(told: os.stat_result) -> bool:
    who = getattr(os, "geteuid", None)  # not everywhere
    return who is None or told.st_uid == who()
