"""The pages as a site: built strict and without a network, and a browser that looks at it asks nobody else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

from tests.docs.pages import DOCS, ROOT

NOWHERE = "http://127.0.0.1:9"  # a proxy that is not there: what would go out fails
CHROMIUM = Path("/usr/bin/chromium")
_LOADED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed|object|link\b(?=[^>]*\brel=["']?(?:stylesheet|preload|preconnect"""
    r"""|dns-prefetch|icon|modulepreload|prefetch)))\b[^>]*?\b(?:src|href|data|srcset)=["']?((?:https?:)?//[^"'\s>]+)"""
)
_STYLED = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""")
_CALLED = re.compile(r"""["'`]((?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^"'`\s]*)["'`]""")
# what the theme's script would load if a page asked for it; no page does, as the browser below shows
_ASLEEP = {
    "https://unpkg.com/mermaid@": "for a fence of the language mermaid",
    "https://unpkg.com/resize-observer-polyfill": "for browsers of before 2020",
    "https://api.github.com/repos/": "for a site with repo_url",
    "https://api.github.com/users/": "likewise",
}


def asks_others(site: Path) -> set[str]:
    """What the files of a site would load from elsewhere."""
    urls: set[str] = set()
    for path in site.rglob("*"):
        if path.suffix in (".html", ".css", ".js"):
            text = path.read_text(encoding="utf-8")
            urls.update(_LOADED.findall(text), _STYLED.findall(text))
            if path.suffix == ".js" and path.name != "search_index.js":  # that one is the pages' words
                urls.update(_CALLED.findall(text))
    return urls


def test_the_site_is_built_and_asks_nobody_else(tmp_path: Path) -> None:
    site = tmp_path / "site"
    done = subprocess.run(
        (sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(site)),
        cwd=ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1", "http_proxy": NOWHERE, "https_proxy": NOWHERE},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    written = {path.relative_to(DOCS).with_suffix(".html") for path in DOCS.rglob("*.md")}
    assert written <= {path.relative_to(site) for path in site.rglob("*.html")}
    assert [url for url in asks_others(site) if not url.startswith(tuple(_ASLEEP))] == []
    assert "not-run=" not in "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.html"))
    assert 'id="bulk.library.import_file"' in (site / "api.html").read_text(encoding="utf-8")
    if CHROMIUM.exists():
        looked_at(site)


def looked_at(site: Path) -> None:
    """In a browser, opened as files: nothing is asked of others, the search finds, nothing is too wide."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        asked: list[str] = []
        failed: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: failed.append(str(error)))
        page.goto(f"file://{site}/errors.html#opted_out")
        place = page.locator("tr:has(a#opted_out)").bounding_box()
        assert place is not None
        assert 48 <= place["y"] <= 900  # below the head of the page
        page.goto(f"file://{site}/index.html")
        page.locator("input[name=query]").press_sequentially("resubscribe")  # as a hand does: it listens to keys
        page.locator(".md-search-result__item").first.wait_for()
        assert "Who is subscribed" in page.locator(".md-search-result__list").inner_text()
        page.set_viewport_size({"width": 390, "height": 800})
        page.goto(f"file://{site}/guides/mailchimp.html")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        browser.close()
    assert [url for url in asked if not url.startswith("file:")] == []
    assert failed == []


def test_what_asks_others_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<script src="https://cdn.example.com/a.js"></script><a href="https://example.com">fine</a>'
        '<link href="//fonts.example.com/x" rel="stylesheet"><link rel="canonical" href="https://example.org/">',
        encoding="utf-8",
    )
    (tmp_path / "a.css").write_text("@import 'https://example.com/b.css'; a { b: url(a.png) }", encoding="utf-8")
    (tmp_path / "a.js").write_text("fetch('https://example.net/c')", encoding="utf-8")
    assert asks_others(tmp_path) == {
        "https://cdn.example.com/a.js", "//fonts.example.com/x", "https://example.com/b.css", "https://example.net/c",
    }  # fmt: skip


def test_the_pages_of_the_navigation_are_there() -> None:
    class Loader(yaml.SafeLoader):
        pass

    def named(entry: object) -> list[str]:
        if isinstance(entry, str):
            return [entry]
        parts = entry.values() if isinstance(entry, dict) else entry
        return [name for part in parts for name in named(part)]  # type: ignore[union-attr]

    nav = named(yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), Loader)["nav"])  # noqa: S506 - ours
    assert len(nav) == len(set(nav))
    assert [name for name in nav if not (DOCS / name).is_file()] == []
