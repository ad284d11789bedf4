from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.app.browser import CHROMIUM, Served, chromium, served
from tests.app.visitor import Visitor

WITHOUT = "no Chromium on this machine: .ci/run installs one where it can"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Served]:
    """The page for a sandbox of its own, on a port."""
    with served(tmp_path) as result:
        yield result


@pytest.fixture
def visitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    monkeypatch.chdir(tmp_path)
    with served(tmp_path, rate=0) as site, site.client() as client:
        yield Visitor(client, site)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for the tests of a module. While it is open its event loop runs here, so others start none."""
    if CHROMIUM is None:
        pytest.skip(WITHOUT)
    with chromium() as result:
        yield result


@pytest.fixture
def tab(browser: Any, site: Served) -> Iterator[Any]:
    """A tab that was let in. A script that fails, or that is not ours, fails the test."""
    context = browser.new_context(base_url=site.address, accept_downloads=True)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: (wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("console", lambda message: wrong.append(message.text) if _is_wrong(message) else None)
    page.goto(site.entrance)
    page.wait_for_url(f"{site.address}/")
    yield page
    context.close()
    assert wrong == []


def _is_wrong(message: Any) -> bool:
    """Whether a line of the browser's console tells of a defect; that a page says no (422) is none."""
    return message.type == "error" and "status of 422" not in message.text
