"""Opens the page in a browser, so that nobody else on the machine sees the secret.

A browser's command line can be read by every user, so it is given a file of our own that leads on to the address.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

from bulk.library.uploads import private_file

_NAME = "open-app.html"


@contextlib.contextmanager
def opened_in_browser(address: str, jobs: Path, open_page: Callable[[str], bool]) -> Iterator[None]:
    """Have a browser open the address, by way of a file that only its owner can read, removed at the end."""
    target = escape(address, quote=True)
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>bulk</title>'
        f'<meta http-equiv="refresh" content="0;url={target}"></head>'
        f'<body><a href="{target}">Open bulk</a></body></html>'
    )
    path = private_file(jobs / _NAME, text)
    try:
        with contextlib.suppress(Exception):  # without a browser the address was printed
            open_page(path.resolve().as_uri())
        yield
    finally:
        path.unlink(missing_ok=True)
