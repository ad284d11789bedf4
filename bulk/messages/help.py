"""Where more is said of an error: its place on the page of all errors, and what its code means in general."""

from __future__ import annotations

from importlib import metadata
from typing import Final

from bulk.messages.page import LINE, REFUSALS, meanings, place_of
from bulk.messages.rows import REFUSAL, ROWS
from bulk.wording import in_words_of

PAGE: Final = "docs/errors.md"
_NAME: Final = "activecampaign-bulk"


def help_of(code: str) -> str:
    """The address of an error, or of what failed rows failed of, on the page of all errors."""
    return f"{page_address()}#{place_of(code)}"


def page_address() -> str:
    """The address of that page: on the site that the package names, else where it lies in the project."""
    try:
        urls = metadata.metadata(_NAME).get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        urls = []
    known = {label.strip().casefold(): url.strip() for label, _, url in (one.partition(",") for one in urls)}
    if site := known.get("documentation"):
        return site if site.endswith((".md", ".html")) else f"{site.rstrip('/')}/errors.html"
    return PAGE


def meaning_of(code: str) -> str:
    """What an error is about in general, its parameters in capitals: nothing of anybody's data is in it."""
    errors = meanings()
    if code in errors:
        return errors[code]
    return in_words_of(LINE, ROWS[REFUSAL if place_of(code) == REFUSALS else code][0])
