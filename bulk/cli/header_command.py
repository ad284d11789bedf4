"""The command that was given, with the options that make a file's header understood: whole, to be pasted."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from bulk.errors import BulkError
from bulk.wording import FrontEnd, line_of

_OF_ONE_FILE: Final = (["import"], ["plan"], ["validate"])


def with_full_command(error: BulkError, text: str, arguments: Sequence[str]) -> str:
    """What is told of an error, the command put whole where it names the options that mend a header.

    Not of a folder of files: what mends the one is wrong for the others.
    """
    mending = _mending(error)
    of_all = any(word == "all" and before != "--on-duplicate" for before, word in pairwise(arguments))
    if mending is None or list(arguments[:1]) not in _OF_ONE_FILE or of_all:
        return text
    options = f"\n  {mending.options(FrontEnd.COMMAND_LINE)}"
    before, line, after = text.rpartition(options)
    if not options.strip() or not line or "\0" in "".join(arguments):
        return text
    return f"{before}\n  {line_of(['bulk', *arguments])} {options.strip()}{after}"


def _mending(error: BulkError) -> Any:
    refusal = error.parameters.get("refusal")
    inner = refusal.parameters.get("mending") if isinstance(refusal, BulkError) else None
    return error.parameters.get("mending") or inner
