"""Every screen as people with little sight, a small telephone or a dark room have it: axe-core, widths, schemes."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bulk.app.desk import Work
from bulk.library import Account, report
from bulk.library.jobs import jobs_in
from bulk.storage.job_folder import JobFolder
from tests.app.browser import Served, served
from tests.app.files import hubspot, workbook
from tests.scale import LONG
from tests.served import KEY
from tests.served import Served as Gateway

AXE = "axe-core@4"  # from the npm registry, never part of the project
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
WIDTHS = (360, 768, 1600)
KEPT = Path(tempfile.gettempdir()) / "bulk-tests-axe"


@pytest.fixture(scope="session")
def axe() -> str:
    """The text of axe-core, as npm brings it."""
    script = KEPT / "package" / "axe.min.js"
    npm = shutil.which("npm")
    if not script.exists():
        if npm is None:
            pytest.skip("no npm on this machine, which brings axe-core")
        KEPT.mkdir(exist_ok=True)
        done = subprocess.run(
            (npm, "pack", "--silent", AXE), cwd=KEPT, capture_output=True, text=True, check=False, timeout=120
        )
        if done.returncode:
            pytest.skip(f"the npm registry does not give axe-core: {done.stderr.strip()[:200]}")
        with tarfile.open(KEPT / done.stdout.split()[-1]) as archive:
            archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Python has one since 3.11.4
            archive.extract("package/axe.min.js", KEPT)
    return script.read_text("utf-8")


Look = Callable[[str], None]


def screens(site: Served, page: Any, folder: Path, look: Look) -> None:
    """Go by every screen, and look at each."""

    def press(label: str) -> None:
        page.get_by_role("button", name=label, exact=True).click()

    def until(text: str) -> None:
        page.wait_for_selector(f"h1:has-text({text!r})", timeout=60_000)

    page.goto(site.address)
    look("start")
    nothing = {"name": "page.html", "mimeType": "text/html", "buffer": b"<!doctype html><html></html>"}
    page.set_input_files("#file", nothing)
    page.wait_for_selector("[role=alert]")
    look("a file that is no table")
    page.set_input_files("#file", str(workbook(folder)))
    page.wait_for_url("**/match")
    page.click("summary:has-text('More choices')")
    look("columns of a workbook")
    press("Check the rows")
    until("5 rows with a problem")
    look("rows with problems")
    page.locator("#row-11 [data-out]").click()
    page.get_by_label("Email, row 3", exact=True).fill("mended@example.com")
    page.get_by_label("Email, row 3", exact=True).press("Tab")
    page.wait_for_selector("#row-3 [data-state]:has-text('Right now')")
    look("rows corrected")
    press("See what would happen")
    until("What would happen")
    look("plan with refusals")
    press("Do it in the sandbox")
    until("Done, but for 3 rows")
    look("done with failures")
    press("Correct these rows and send them")
    page.wait_for_selector("form[data-row]")
    look("rows to send again")
    _screens_of_a_preset(site, page, folder, look)


def _screens_of_a_preset(site: Served, page: Any, folder: Path, look: Look) -> None:
    """The same of a file that is recognised, with its undo; and what is not on a file's way."""

    def press(label: str) -> None:
        page.get_by_role("button", name=label, exact=True).click()

    def until(text: str) -> None:
        page.wait_for_selector(f"h1:has-text({text!r})", timeout=60_000)

    page.goto(site.address)
    page.set_input_files("#file", str(hubspot(folder, rows=8)))
    page.wait_for_url("**/match")
    look("columns of a preset")
    page.select_option("[name=set-lists]", label="Newsletter")
    press("Check the rows")
    until("No problems found")
    look("no problems")
    press("See what would happen")
    until("What would happen")
    look("plan")
    press("Do it in the sandbox")
    page.wait_for_selector("[data-stop]")
    look("at work")
    if page.locator("[data-pause]").count():
        press("Pause")
        until("Paused")
        look("paused")
        press("Go on")
    until("Done")
    look("done")
    press("See what can be taken back")
    until("Take it back?")
    look("undo")
    _rooms(site, page, folder, look)
    page.goto(f"{site.address}/jobs/none")
    look("nothing here")
    page.goto(site.address)
    look("start with what is open")


def _rooms(site: Served, page: Any, folder: Path, look: Look) -> None:
    """What is not on a file's way: custom fields, exports, comparisons, jobs, connections, and what goes wrong."""

    def press(label: str) -> None:
        page.get_by_role("button", name=label, exact=True).click()

    def until(text: str) -> None:
        page.wait_for_selector(f"h1:has-text({text!r})", timeout=60_000)

    (folder / "towns.csv").write_text("Email,Town,Newsletter opt-in\nada@example.com,London,yes\n")
    page.goto(site.address)
    page.set_input_files("#file", str(folder / "towns.csv"))
    page.wait_for_url("**/match")
    look("columns that fit nothing, and one to decide")
    press("Make 1 custom field for what fits nothing")
    page.wait_for_selector("[role=alert]")
    look("custom fields, and what is refused")
    page.select_option("[name=column-2]", "consent")
    press("Check the rows")
    until("No problems found")
    press("See what would happen")
    page.wait_for_selector("text=1 custom field would be made first", timeout=60_000)
    look("plan with a custom field")
    page.goto(f"{site.address}/exports")
    look("exports")
    press("Only some of it…")
    until("Export:")
    for summary in page.locator("main summary").all():
        summary.click()
    look("some of an export")
    press("Export")
    until("Done")
    look("an export that is done")
    page.goto(f"{site.address}/compare")
    page.click("summary:has-text('More choices')")
    look("compare")
    (folder / "contacts.csv").write_text("email,firstName\np1@example.com,Other\nnew@example.com,New\n")
    page.set_input_files("#file", str(folder / "contacts.csv"))
    press("Compare")
    page.wait_for_selector("text=Download all differences", timeout=60_000)
    look("differences")
    for place in ("jobs", "jobs/prune", "jobs/prune?days=0", "connections", "exports/choices?resource=none"):
        page.goto(f"{site.address}/{place}")
        look(place)
    press_connection(page, look)
    with JobFolder(jobs_in(site.jobs)[0].path).locked():  # as another program has it
        page.goto(f"{site.address}/jobs/{jobs_in(site.jobs)[0].name}")
        until("At work in another program")
        look("elsewhere")
    desk = site.guards._app.state.desk  # type: ignore[attr-defined]
    desk.works["broken"] = Work("broken", "import", ended=True, defect="ValueError")
    page.goto(f"{site.address}/jobs/broken")
    until("A defect of bulk")
    look("defect")


def press_connection(page: Any, look: Look) -> None:
    """A connection of the sandbox, and the question before it is deleted."""
    page.goto(page.url.partition("/exports")[0] + "/connections")
    page.get_by_role("button", name="Make a connection", exact=True).click()
    page.wait_for_selector("h1:has-text('The connection is active')")
    look("a connection")
    page.get_by_role("link", name="Delete…", exact=True).click()
    page.wait_for_selector("h1:has-text('Delete this connection?')")
    look("deleting a connection")


def test_a_connection_that_waits_and_an_account_without_any_are_for_everybody(tmp_path: Path, browser: Any, axe: str):
    with Gateway(tmp_path / "gateway") as gateway:
        accounts = (Account.gateway(KEY, base_url=gateway.address), Account.direct("http://127.0.0.1:9", "t0ken"))
        for number, account in enumerate(accounts):
            with served(tmp_path / str(number), account) as site:
                page = browser.new_page()
                page.goto(site.entrance)
                page.wait_for_url(f"{site.address}/")
                page.goto(f"{site.address}/connections")
                if page.get_by_role("button", name="Make a connection", exact=True).count():
                    page.get_by_role("button", name="Make a connection", exact=True).click()
                    page.wait_for_selector("h1:has-text('Sign in to ActiveCampaign')")
                page.wait_for_load_state()
                page.evaluate(axe)
                for scheme in ("dark", "light"):
                    page.emulate_media(color_scheme=scheme)
                    told = page.evaluate("rules => axe.run(document, { runOnly: rules })", list(RULES))
                    assert told["violations"] == []
                page.close()


def test_every_screen_is_for_everybody_in_light_and_dark_and_fits_every_width(tmp_path: Path, browser: Any, axe: str):
    wrong: list[str] = []
    seen: list[str] = []
    with served(tmp_path) as site:
        context = browser.new_context(reduced_motion="reduce")
        page = context.new_page()
        page.goto(site.entrance)
        page.wait_for_url(f"{site.address}/")

        def look(screen: str) -> None:
            seen.append(screen)
            page.wait_for_load_state()  # else its style may not be there yet
            page.evaluate(axe)
            for scheme in ("dark", "light"):
                page.emulate_media(color_scheme=scheme)
                rules = ["color-contrast"] if scheme == "dark" and not LONG else list(RULES)  # what colours change
                told = page.evaluate("rules => axe.run(document, { runOnly: rules })", rules)
                assert told["passes"], screen
                for violation in told["violations"]:
                    nodes = [f"{node['html'][:150]} {node['failureSummary'][:200]}" for node in violation["nodes"][:3]]
                    wrong.append(f"{screen}, {scheme}: {violation['id']}: {nodes}")
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                if beyond > 0:
                    wrong.append(f"{screen} at {width}: {beyond}")

        screens(site, page, tmp_path, look)
        for job in jobs_in(site.jobs):
            if job.rows:  # each of them has a page of its own, which stands by itself
                page.goto(report(job.path, with_rows=True).as_uri())
                look(f"report of {job.record.kind}")
        context.close()
    assert wrong == []
    assert len(seen) > 35


def test_a_real_account_cannot_be_mistaken_for_the_sandbox(tmp_path: Path, browser: Any, axe: str):
    looks = {}
    account = Account.gateway("k3y-of-a-person", base_url="http://127.0.0.1:9")
    for name, given in (("real", account), ("sandbox", None)):
        with served(tmp_path / name, given) as site:
            page = browser.new_page()
            page.goto(site.address)  # before anybody is let in
            page.wait_for_selector("h1:has-text('Not let in')")
            page.evaluate(axe)
            assert page.evaluate("rules => axe.run(document, { runOnly: rules })", list(RULES))["violations"] == []
            page.goto(site.entrance)
            page.wait_for_url(f"{site.address}/")
            page.evaluate(axe)
            assert page.evaluate("rules => axe.run(document, { runOnly: rules })", list(RULES))["violations"] == []
            style = "getComputedStyle(document.querySelector('.place'))"
            looks[name] = [page.evaluate(f"{style}.{one}") for one in ("backgroundColor", "color", "borderBottomStyle")]
            looks[name].append(page.inner_text(".place strong"))
            page.close()
    assert all(one != other for one, other in zip(looks["real"], looks["sandbox"], strict=True))
    assert looks["real"][-1] == "REAL ACCOUNT"
