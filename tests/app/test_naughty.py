"""Files that were made to break what shows them, in a real browser: nothing of them runs, and no layout breaks."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from tests.app.browser import Served
from tests.scale import some, tries

LARGEST = 200_000  # bytes
WAIT = 20_000  # milliseconds


def naughty(corpora: Path, folder: Path) -> list[Path]:
    """The tables of the corpora, and one of the strings that were collected to break things."""
    strings = folder / "<b>naughty<b>.csv"
    with strings.open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file).writerow
        write(["Email", "First Name", "<script>document.title='hurt'</script>"])
        for number, text in enumerate(json.loads((corpora / "names" / "blns.json").read_text("utf-8"))):
            if "\0" not in text:
                write([text if number % 3 else f"p{number}@example.com", text, text])
    tables = [path for path in sorted(corpora.rglob("*.csv")) if path.stat().st_size < LARGEST]
    return [strings, *some(tables, 6)]


def test_nothing_of_a_naughty_file_runs_and_no_layout_breaks(site: Served, tab: Any, corpora: Path, tmp_path: Path):
    files = naughty(corpora, tmp_path)
    tab.set_viewport_size({"width": 360, "height": 800})
    shown = 0
    for path in files:
        tab.goto(site.address)
        tab.set_input_files("#file", str(path))
        tab.wait_for_selector("h1:has-text('What the columns are'), [role=alert]", timeout=WAIT)
        wrong = looked(tab)
        if tab.locator("select[name=column-0]").count():
            tab.locator("select[name=column-0]").select_option("email")
            tab.get_by_role("button", name="Check the rows", exact=True).click()
            tab.wait_for_selector("button:text-is('See what would happen'), [role=alert]", timeout=WAIT)
            shown += tab.locator("form[data-row]").count()
            wrong += looked(tab)
        assert wrong == [], path.name
    assert shown > tries(10, 20)


def looked(tab: Any) -> list[str]:
    """What is wrong with a page that shows a file."""
    tab.wait_for_load_state()  # else its style may not be there yet
    wrong = []
    if tab.evaluate("document.querySelectorAll('main img, main svg, main script, main iframe, main style').length"):
        wrong.append("something of the file is a part of the page")
    if not tab.evaluate("[...document.scripts].every(one => one.src.endsWith('/static/app.js'))"):
        wrong.append("a script that is not ours")
    if tab.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        wrong.append("wider than the window")
    return wrong
