"""Files that were made to break what shows them, in a real browser: nothing of them runs, and no layout breaks."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

from tests.app.browser import Served
from tests.app.naughty_files import written
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


def test_files_that_were_made_to_break_a_page_break_nothing_on_their_whole_way(site: Served, tab: Any, tmp_path: Path):
    every = written(tmp_path / "naughty")
    assert len(every) >= 20
    paths = some(every, 8)
    reached: Counter[str] = Counter()
    for path in paths:
        wrong = []
        tab.set_viewport_size({"width": 360, "height": 800})
        tab.goto(site.address)
        tab.set_input_files("#file", str(path))
        tab.wait_for_selector("h1:has-text('What the columns are'), [role=alert]", timeout=WAIT)
        wrong += looked_at_both_widths(tab)
        if tab.locator("select[name=column-0]").count():
            reached["columns"] += 1
            tab.locator("select[name=column-0]").select_option("email")
            tab.get_by_role("button", name="Check the rows", exact=True).click()
            tab.wait_for_selector("button:text-is('See what would happen'), [role=alert]", timeout=WAIT)
            wrong += looked_at_both_widths(tab)
        if tab.get_by_role("button", name="See what would happen", exact=True).count():
            reached["check"] += 1
            tab.get_by_role("button", name="See what would happen", exact=True).click()
            tab.wait_for_selector("h1:has-text('What would happen'), h1:has-text('Nothing to do'), [role=alert]")
            wrong += looked_at_both_widths(tab)
            reached["plan"] += tab.locator("h1:has-text('What would happen')").count()
        assert wrong == [], path.name
    for place in ("", "jobs", "compare", "jobs/prune?days=0"):
        tab.goto(f"{site.address}/{place}")
        assert looked_at_both_widths(tab) == [], place
    assert tab.title() != "hurt"
    assert reached["columns"] >= tries(6, 20)
    assert reached["plan"] >= tries(4, 15)


def looked_at_both_widths(tab: Any) -> list[str]:
    """What is wrong with a page, on a telephone and on a large screen."""
    wrong = ["its title was changed"] if tab.title() == "hurt" else []
    for width in (1600, 360):
        tab.set_viewport_size({"width": width, "height": 800})
        wrong += [f"{one} at {width}" for one in looked(tab)]
    return wrong


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
