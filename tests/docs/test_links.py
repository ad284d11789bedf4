"""Every link of the pages leads somewhere: to a file that is there, and to a place in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, name_of, outside_fences, pages, text_of

_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^()\s]+(?:\([^()]*\))?)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_ID = re.compile(r'<a id="([^"]+)">')
DOCUMENTS = [*pages(), ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
EVERYWHERE = {
    "https://distributed.dask.org",
    "https://keepachangelog.com/en/1.1.0/",
    "https://maton.ai",
    "https://semver.org/",
}


def places_in(page: Path) -> set[str]:
    """The anchors of a page, as GitHub and the site make them of its headings, and those that are written out."""
    text = re.sub(r"^```.*?^```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    headings = (re.sub(r"[`*]|\]\([^)]*\)|\[", "", heading) for heading in _HEADING.findall(text))
    slugs = {re.sub(r" ", "-", re.sub(r"[^\w\- ]", "", heading.strip().lower())) for heading in headings}
    return slugs | set(_ID.findall(text))


@pytest.mark.parametrize("page", DOCUMENTS, ids=name_of)
def test_links_lead_to_what_is_there(page: Path) -> None:
    inline = re.sub(r"`[^`\n]*`", "", outside_fences(page))
    broken = []
    for link in _LINK.findall(inline):
        if link.startswith(("http://", "https://")):
            broken += [link] if link not in EVERYWHERE else []
            continue
        name, _, place = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (place and place not in places_in(target)):
            broken.append(link)
        if page.parent != ROOT and not target.is_relative_to(ROOT / "docs"):
            broken.append(f"{link}: the site has no such page")
    assert broken == []


def test_a_place_that_is_not_there_is_noticed() -> None:
    places = places_in(ROOT / "docs" / "errors.md")
    assert {"key_missing", "rows", "errors"} <= places
    assert "key_is_missing" not in places
    assert _LINK.findall("a [b](c.md#d) and [e](https://example.com/f_(g))") == ["c.md#d", "https://example.com/f_(g)"]
