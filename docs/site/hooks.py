"""What the site does to the pages of docs/: what a fence says to the tests is no reader's, so it is taken off."""

from __future__ import annotations

import re
from typing import Any, Final

_FOR_TESTS: Final = re.compile(r"^(```\w+) .*not-run=\"[^\"]*\".*$", re.MULTILINE)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The page without what stands behind the language of a fence that the tests do not run."""
    return _FOR_TESTS.sub(r"\1", markdown)
