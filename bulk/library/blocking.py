"""The functions of the library for programs without an event loop: each runs its job to the end, on a loop of its own.

`from bulk.library import blocking`, then `blocking.import_file("contacts", "people.csv", account)`. Arguments, results
and errors are those of the functions of the same names.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import ParamSpec, TypeVar

import anyio

from bulk.library import comparing, functions, plans, undoing

__all__ = [
    "apply", "compare", "export_file", "export_folder", "export_frame", "import_file", "import_folder", "import_rows",
    "plan_file", "plan_folder", "plan_rows", "resume", "undo", "validate_file", "validate_rows",
]  # fmt: skip

Given = ParamSpec("Given")
Returned = TypeVar("Returned")


def _blocking(function: Callable[Given, Awaitable[Returned]]) -> Callable[Given, Returned]:
    @wraps(function)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> Returned:
        return anyio.run(partial(function, *args, **kwargs))

    return run


compare = _blocking(comparing.compare)
validate_file = _blocking(functions.validate_file)
validate_rows = _blocking(functions.validate_rows)
import_file = _blocking(functions.import_file)
import_rows = _blocking(functions.import_rows)
import_folder = _blocking(functions.import_folder)
export_file = _blocking(functions.export_file)
export_frame = _blocking(functions.export_frame)
export_folder = _blocking(functions.export_folder)
resume = _blocking(functions.resume)
plan_file = _blocking(plans.plan_file)
plan_folder = _blocking(plans.plan_folder)
plan_rows = _blocking(plans.plan_rows)
apply = _blocking(plans.apply)
undo = _blocking(undoing.undo)
