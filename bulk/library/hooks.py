"""Who is told once a job has ended: addresses that get a POST, commands that are run. Each once, for a limited time.

A hook never changes what came of the job. A text like `${SLACK_PATH}` in an address stands for a variable of the
environment, so that no key has to be written anywhere; what looks like a key all the same is kept in no file of ours,
and no message shows more of an address than its host.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import anyio

from bulk.api.notify import check_url, post
from bulk.api.redaction import OURS, Redaction, secrets_in
from bulk.errors import UsageError
from bulk.wording import shortened

PATIENCE: Final = 10.0  # seconds for an address to answer
RUNS: Final = 60.0  # seconds for a command to end
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_KEY_LIKE: Final = re.compile(r"(?=[\w-]*\d)[\w-]{16,}")  # a word as long as no name is, with digits in it
_QUOTES: Final = "\"'"
_SAID: Final = 100  # characters of what a command said


def is_address(hook: str) -> bool:
    """Whether it is an address, and no command."""
    return bool(_ADDRESS.match(hook.strip()))


def check_hooks(hooks: Iterable[str]) -> None:
    """Raise `UsageError` for an address to which nothing is sent, and for a command that is not there."""
    for hook in hooks:
        problem = _problem(hook)
        if problem:
            raise UsageError("hook_unusable", hook=shown(hook), problem=problem)


def kept(hooks: Iterable[str], say: Callable[[str], None] = lambda _line: None) -> tuple[str, ...]:
    """Those of them that may stand in a file: what looks like a key may not, which is said."""
    hidden, stay = Redaction(*secrets_in(os.environ)), []
    for hook in hooks:
        if not _holds_key(hook) and hidden.text(hook) == hook:
            stay.append(hook)
            continue
        say(
            f"{shown(hook)}: what looks like a key stands in it, so it is not kept with the job: a resume is to be"
            " given it anew. Write ${VARIABLE} in the key's place, and it is kept."
        )
    return tuple(stay)


def shown(hook: str) -> str:
    """A hook as messages name it: an address by its host, a command by its name."""
    if is_address(hook):
        scheme, _, rest = hook.strip().partition("://")
        host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
        return f"{scheme}://{host}/…"
    words = words_of(hook)
    return words[0] if words else repr(hook)


async def tell(hook: str, data: Mapping[str, Any], variables: Mapping[str, str], *, runs: float = RUNS) -> str:
    """Tell one; why it did not work, "" if it did. Never raises for what it does. `runs`: seconds for a command."""
    if not is_address(hook):
        return await _run(hook, data, variables, runs)
    return _problem(hook) or await post(_filled(hook), data, PATIENCE)


def _filled(hook: str) -> str:
    return _VARIABLE.sub(lambda one: os.environ.get(one[1], ""), hook.strip())


def _problem(hook: str) -> str:
    if is_address(hook):
        for name in _VARIABLE.findall(hook):
            if name in OURS:
                return f"{name} is the key of your account, which is told to nobody else"
            if not os.environ.get(name):
                return f"{name} is not set"
        return check_url(_filled(hook))
    words = words_of(hook)
    if not words:
        return "it is neither an address nor a command"
    return "" if shutil.which(words[0]) else "there is no such command"


def words_of(hook: str, system: str = os.name) -> list[str]:
    """The words of a command, [] for what is none. On Windows a backslash is a sign like any other."""
    try:
        words = shlex.split(hook, posix=system != "nt")
    except ValueError:  # a quote that is not closed
        return []
    if system != "nt":
        return words
    return [word[1:-1] if len(word) > 1 and word[0] == word[-1] and word[0] in _QUOTES else word for word in words]


def _holds_key(hook: str) -> bool:
    """Whether a hook may have a key in it. A path of short words has none, nor the name of a variable."""
    bare = _VARIABLE.sub("", hook)
    if not is_address(hook):
        return any(_KEY_LIKE.search(word) for word in words_of(bare)[1:])
    try:
        parts = urlsplit(bare)
    except ValueError:
        return True
    return parts.username is not None or bool(_KEY_LIKE.search(f"{parts.path}?{parts.query}#{parts.fragment}"))


async def _run(hook: str, data: Mapping[str, Any], variables: Mapping[str, str], runs: float) -> str:
    """Run a command with the JSON on its standard input. It sees no key of this environment."""
    secrets = set(secrets_in(os.environ))
    environment = {name: value for name, value in os.environ.items() if value.strip() not in secrets}
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:  # no pipe that somebody keeps open
        given.write(json.dumps(data).encode() + b"\n")
        given.seek(0)
        try:
            process = await anyio.open_process(
                words_of(hook), stdin=given, stdout=subprocess.DEVNULL, stderr=said, env=environment | dict(variables),
                start_new_session=True,  # Ctrl-C is for the job; what it starts ends with it
            )  # fmt: skip
        except (OSError, ValueError) as error:
            return f"it cannot be run: {getattr(error, 'strerror', None) or error}"
        try:
            with anyio.move_on_after(runs) as limit:
                code = await process.wait()
        finally:
            if process.returncode is None:
                _end(process)
                with anyio.CancelScope(shield=True):
                    await process.wait()
        if limit.cancelled_caught:
            return f"it had not ended after {runs:g} s"
        if code == 0:
            return ""
        said.seek(0)
        lines = said.read(4 * _SAID).decode("utf-8", "replace").strip().splitlines()
    told = f": {shortened(lines[0], _SAID)}" if lines else ""
    return Redaction(*secrets).text(f"it ended with exit code {code}{told}")


def _end(process: anyio.abc.Process) -> None:
    """End a command and what it has started."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
