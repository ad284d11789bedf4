"""The page in a real browser: clicks, keys, drops, reloads, and what does not run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from bulk.library.jobs import jobs_in
from tests.app.browser import Served
from tests.app.files import BROKEN, hostile, hubspot, workbook

CLICKS = 8  # at most, and no typing, for a file that is recognised
WEIGHT = 150_000  # bytes of a page with all that it loads
DONE = "h1:has-text('Done')"


class Person:
    """Somebody at a browser, whose clicks are counted."""

    def __init__(self, tab: Any) -> None:
        self.tab = tab
        self.clicks = 0

    def give(self, path: Path) -> None:
        """Choose a file: a click, and what the system asks."""
        self.clicks += 1
        with self.tab.expect_file_chooser() as chooser:
            self.tab.click("#file")
        chooser.value.set_files(str(path))
        self.tab.wait_for_url("**/match")

    def click(self, label: str) -> None:
        self.clicks += 1
        self.tab.get_by_role("button", name=label, exact=True).click()

    def until(self, what: str) -> None:
        self.tab.wait_for_selector(what, timeout=60_000)


@pytest.fixture
def person(tab: Any) -> Person:
    return Person(tab)


def test_a_hubspot_file_goes_in_with_few_clicks_and_no_typing_whatever_is_loaded_anew(
    site: Served, person: Person, tmp_path: Path
):
    tab = person.tab
    person.give(hubspot(tmp_path))
    assert "HubSpot contacts" in tab.inner_text("main")
    tab.reload()
    person.click("Check the rows")
    person.until("h1:has-text('No problems found')")
    person.click("See what would happen")
    person.until("h1:has-text('What would happen')")
    tab.reload()
    person.click("Do it in the sandbox")
    tab.reload()  # in the middle of it
    person.until(DONE)
    assert person.clicks <= CLICKS
    job = jobs_in(site.jobs)[0]
    assert (job.state, job.rows["succeeded"]) == ("finished", 3)


def test_five_broken_rows_of_a_workbook_are_corrected_where_they_stand(site: Served, person: Person, tmp_path: Path):
    tab = person.tab
    person.give(workbook(tmp_path))
    person.click("Check the rows")
    person.until("h1:has-text('5 rows with a problem')")
    assert [row.inner_text() for row in tab.query_selector_all("form[data-row] h2")] == [
        f"Row {number}" for number in (3, 5, 7, 9, 11)
    ]
    for number, broken in zip((3, 5, 7, 9), BROKEN, strict=False):
        field = tab.get_by_label(f"Email, row {number}", exact=True)
        assert field.input_value() == broken
        field.fill(f"mended{number}@example.com")
        field.press("Enter")
        person.until(f"#row-{number} [data-state]:has-text('Right now')")
        assert tab.evaluate("document.activeElement.closest('form').id") == f"row-{number + 2}", "to the next one"
    tab.locator("#row-11 [data-out]").click()
    person.until("#row-11 [data-state]:has-text('Left out')")
    assert tab.inner_text("[data-count=corrected]") == "4"
    tab.reload()
    assert tab.get_by_label("Email, row 5", exact=True).input_value() == "mended5@example.com"
    person.click("See what would happen")
    person.until("h1:has-text('What would happen')")
    person.click("Do it in the sandbox")
    person.until(DONE)
    job = jobs_in(site.jobs)[0]
    assert job.rows == {**job.rows, "read": 10, "succeeded": 10}
    assert person.clicks + 2 <= CLICKS, "with one into the first field, and one that leaves a row out"
    lines = (job.path / "succeeded.csv").read_text("utf-8-sig")
    assert re.search(r'"mended9@example.com","P7","Fair","9"', lines), "rows keep the numbers that they have"


def test_a_file_is_dropped(person: Person, tmp_path: Path):
    tab = person.tab
    text = hubspot(tmp_path).read_text()
    tab.evaluate(
        """text => {
          const files = new DataTransfer();
          files.items.add(new File([text], "dropped.csv", { type: "text/csv" }));
          dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
        }""",
        text,
    )
    tab.wait_for_url("**/match")
    assert "dropped.csv" in tab.inner_text("main")


def test_nothing_of_a_hostile_file_runs_or_is_taken_for_ours(site: Served, person: Person, tmp_path: Path):
    tab = person.tab

    def unharmed() -> None:
        assert tab.title() != "hurt"
        assert tab.evaluate("document.querySelectorAll('main img, main svg, main script').length") == 0
        assert tab.evaluate("[...document.scripts].every(one => one.src.endsWith('/static/app.js'))")
        assert "49" not in tab.inner_text("h1")

    path = hostile(tmp_path)
    person.give(path)
    unharmed()
    assert "{{ 7 * 7 }}" in tab.inner_text("main")
    person.click("Check the rows")
    person.until("form[data-row]")
    unharmed()
    field = tab.get_by_label(re.compile("^Email, row")).first
    assert field.input_value().startswith("<script>")
    person.click("See what would happen")
    person.until("h1:has-text('What would happen')")
    unharmed()
    person.click("Do it in the sandbox")
    person.until(DONE)
    unharmed()
    for place in ("/", "/jobs"):
        tab.goto(site.address + place)
        unharmed()


def press_keys_until(tab: Any, label: str, kind: str = "*") -> None:
    """Press Tab until what is called so has the focus, and can be seen to have it, and then Enter."""
    for _key in range(80):
        tab.keyboard.press("Tab")
        is_it = tab.evaluate("kind => document.activeElement.matches(kind)", kind)
        if is_it and tab.evaluate("(document.activeElement.innerText || '').trim()").startswith(label):
            assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", "it is seen"
            tab.keyboard.press("Enter")
            return
    pytest.fail(f"{label!r} is not reached")


def test_keys_alone_reach_the_other_rooms(site: Served, person: Person):
    tab = person.tab
    press_keys_until(tab, "Export", "nav a")
    person.until("h1:has-text('Export')")
    press_keys_until(tab, "Only some of it", "button")
    person.until("h1:has-text('Export: Contacts')")
    press_keys_until(tab, "Only some columns", "summary")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    assert tab.locator("[name=column][value=email]").is_checked()
    press_keys_until(tab, "Export", "button")
    person.until(DONE)
    press_keys_until(tab, "Compare", "nav a")
    person.until("h1:has-text('Compare')")
    press_keys_until(tab, "Compare", "button")
    person.until("h1:has-text('Equal'), h1:has-text('difference')")
    press_keys_until(tab, "Connections", "nav a")
    person.until("h1:has-text('Connections')")
    press_keys_until(tab, "Make a connection", "button")
    person.until("h1:has-text('The connection is active')")
    press_keys_until(tab, "Delete", "a")
    person.until("h1:has-text('Delete this connection?')")
    press_keys_until(tab, "Delete it", "button")
    person.until("h1:has-text('Connections')")
    press_keys_until(tab, "Jobs", "nav a")
    person.until("h1:has-text('Jobs')")
    press_keys_until(tab, "Delete old ones", "a")
    person.until("h1:has-text('Delete old jobs')")
    tab.get_by_label("Begun longer ago than").focus()
    tab.keyboard.press("End")
    person.until("h2:has-text('1 job would go')")
    press_keys_until(tab, "Delete this job", "button")
    person.until("h1:has-text('Deleted 1 job')")
    assert jobs_in(site.jobs) == []


def test_enter_in_a_field_goes_on_and_makes_no_custom_fields(site: Served, person: Person, tmp_path: Path):
    path = tmp_path / "towns.csv"
    path.write_text("Email,Town\nada@example.com,London\n")
    person.give(path)
    person.tab.fill("[name=set-tags]", "Fair")
    person.tab.press("[name=set-tags]", "Enter")
    person.until("h1:has-text('No problems found')")
    person.tab.go_back()
    assert person.tab.locator("[name=column-1]").input_value() == ""


def test_keys_alone_do_the_whole_way(person: Person, tmp_path: Path):
    tab = person.tab

    def press_until(label: str) -> None:
        press_keys_until(tab, label)

    person.tab.set_input_files("#file", str(hubspot(tmp_path)))  # the window of the system is not the page's
    tab.wait_for_url("**/match")
    press_until("Check the rows")
    person.until("text=See what would happen")
    press_until("See what would happen")
    person.until("text=Do it in the sandbox")
    press_until("Do it in the sandbox")
    person.until(DONE)
    press_until("See what can be taken back")
    person.until("h1:has-text('Take it back?')")
    press_until("Take it back")
    person.until(DONE)


def test_two_tabs_show_the_same_and_closing_them_stops_nothing(site: Served, person: Person, tmp_path: Path):
    tab = person.tab
    person.give(hubspot(tmp_path, rows=4))
    person.click("Check the rows")
    person.until("text=See what would happen")
    person.click("See what would happen")
    person.until("text=Do it in the sandbox")
    other = tab.context.new_page()
    other.goto(tab.url)
    person.click("Do it in the sandbox")
    other.reload()
    other.wait_for_selector("[data-stop], h1:has-text('Done')")
    place = tab.url
    tab.goto("about:blank")
    other.wait_for_selector(DONE, timeout=60_000)
    assert other.url == place


def test_a_job_is_stopped_and_goes_on(site: Served, person: Person, tmp_path: Path):
    tab = person.tab
    person.give(hubspot(tmp_path, rows=30))
    person.click("Check the rows")
    person.until("text=See what would happen")
    person.click("See what would happen")
    person.until("text=Do it in the sandbox")
    person.click("Do it in the sandbox")
    expect(tab.locator("[data-live=progress]")).to_have_text(re.compile(r"^([2-9]|1\d) of 33 rows"), timeout=30_000)
    person.click("Stop")
    person.until("h1:has-text('Stopped, can go on')")
    job = jobs_in(site.jobs)[0]
    assert 0 < job.rows["unprocessed"] < 33
    tab.goto(site.address)
    tab.get_by_role("link", name=re.compile("^Open")).first.click()
    person.click("Go on")
    person.until("[data-stop]")
    person.click("Stop")
    person.until("h1:has-text('Stopped, can go on')")
    assert jobs_in(site.jobs)[0].rows["unprocessed"] <= job.rows["unprocessed"]


def test_a_job_is_paused_goes_on_and_is_stopped_then(site: Served, person: Person, tmp_path: Path):
    tab = person.tab
    person.give(hubspot(tmp_path, rows=30))
    person.click("Check the rows")
    person.until("text=See what would happen")
    person.click("See what would happen")
    person.until("text=Do it in the sandbox")
    person.click("Do it in the sandbox")
    expect(tab.locator("[data-live=progress]")).to_have_text(re.compile(r"^([2-9]|1\d) of 33 rows"), timeout=30_000)
    person.click("Pause")
    person.until("h1:has-text('Paused')")
    tab.reload()
    assert "of 33 rows are done" in tab.inner_text("main")
    before = jobs_in(site.jobs)[0].rows["unprocessed"]
    assert 0 < before < 33
    person.click("Go on")
    person.until("[data-pause]")
    expect(tab.locator("[data-live=progress]")).to_have_text(re.compile(r"^[1-9]\d* of "), timeout=30_000)
    person.click("Pause")
    person.until("h1:has-text('Paused')")
    person.click("Stop here")
    person.until("h1:has-text('Stopped, can go on')")
    assert jobs_in(site.jobs)[0].rows["unprocessed"] < before


def test_a_page_of_others_sends_nothing(site: Served, person: Person, tmp_path: Path):
    """A page elsewhere, opened by the same browser, posts forms to ours."""
    page = person.tab.context.new_page()
    page.route(
        "http://evil.example.com/*",
        lambda route: route.fulfill(body="<form method=post></form>", content_type="text/html"),
    )
    page.goto("http://evil.example.com/")
    with page.expect_response(f"{site.address}/exports") as answer:
        page.evaluate(
            "address => { const form = document.forms[0]; form.action = address; form.submit(); }",
            f"{site.address}/exports",
        )
    assert answer.value.status == 403
    assert jobs_in(site.jobs) == []
    page.close()


def test_a_page_is_light_and_loads_nothing_from_elsewhere(site: Served, browser: Any, tmp_path: Path):
    context = browser.new_context(base_url=site.address)
    page = context.new_page()
    asked: list[str] = []
    sizes: list[int] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda answer: sizes.append(len(answer.body())) if answer.status == 200 else None)
    page.goto(site.entrance)
    page.wait_for_url(f"{site.address}/")
    page.wait_for_load_state("networkidle")
    assert all(url.startswith((site.address, "data:")) for url in asked)
    assert 3_000 < sum(sizes) < WEIGHT
    context.close()


def test_it_works_without_a_script(site: Served, browser: Any, tmp_path: Path):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.entrance)
    page.wait_for_url(f"{site.address}/")
    page.set_input_files("#file", str(workbook(tmp_path)))
    page.click("[data-submit]")
    page.wait_for_url("**/match")
    page.click("text=Check the rows")
    page.wait_for_selector("#row-3", timeout=20_000)
    page.fill("#row-3 input[name=c0]", "mended@example.com")
    page.click("#row-3 [data-save]")
    page.wait_for_selector("#row-3.is-right")
    page.click("text=See what would happen")
    page.wait_for_selector("h1:has-text('What would happen')", timeout=20_000)
    context.close()
