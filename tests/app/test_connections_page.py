"""Connections on the page: of a gateway, of the embedded sandbox, and of an account that has none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bulk.app.pages.connections import safe_link
from bulk.library import Account
from bulk.library.jobs import jobs_in
from bulk.sandbox.connections import FIRST
from tests.app.browser import served
from tests.app.visitor import Visitor
from tests.served import KEY, Served


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Served]:
    with Served(tmp_path / "served") as result:
        yield result


@pytest.fixture
def guest(tmp_path: Path, gateway: Served) -> Iterator[Visitor]:
    """Somebody at a page for the gateway."""
    account = Account.gateway(KEY, base_url=gateway.address)
    with served(tmp_path, account, rate=0) as site, site.client() as client:
        site.guards._app.state.desk.pause = 0.05
        yield Visitor(client, site)


def test_a_connection_is_made_and_its_page_goes_on_by_itself_once_it_is_active(guest: Visitor):
    assert FIRST in guest.get("/connections")
    place = guest.post("/connections")
    page = guest.get(place)
    assert "Sign in to ActiveCampaign" in page
    link = re.search(r'href="(http://127[^"]+)" target="_blank" rel="noopener noreferrer"', page)
    assert link
    with guest.client.stream("GET", f"{place}/events") as news:
        lines = (line for line in news.iter_lines() if line)
        assert "false" in next(lines)
        assert httpx.get(link[1].replace("&amp;", "&"), trust_env=False).status_code == 200
        assert list(lines)[-1] == 'data: {"ended": true}'
    page = guest.get(place)
    assert "The connection is active" in page
    assert KEY not in page


def test_the_page_works_on_the_account_that_was_chosen_among_several(guest: Visitor):
    place = guest.post("/connections")
    link = re.search(r'href="(http://127[^"]+)" target', guest.get(place))
    assert link
    httpx.get(link[1].replace("&amp;", "&"), trust_env=False)
    draft = guest.give("people.csv", b"Email,First Name\nada@example.com,Ada\n")
    answer = guest.client.get(f"{draft}/match")
    assert answer.status_code == 422, "which of two accounts is never guessed"
    identity = place.rpartition("/")[2]
    assert guest.post(f"{place}/use") == "/"
    guest.check(draft)
    plan = guest.post(f"{draft}/plan")
    guest.wait(plan)
    assert jobs_in(guest.jobs)[0].record.connection == identity
    assert "in use here" in guest.get("/connections")


def test_a_connection_is_deleted_after_it_was_asked_about(guest: Visitor):
    page = guest.get(f"/connections/{FIRST}?delete=1")
    assert "Delete this connection?" in page
    assert FIRST in guest.get("/connections"), "a look deletes nothing"
    assert guest.post(f"/connections/{FIRST}/delete") == "/connections"
    page = guest.get("/connections")
    assert FIRST not in page
    assert "There are none yet" in page
    answer = guest.client.get(f"/connections/{FIRST}")
    assert answer.status_code == 422
    assert FIRST in answer.text


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "http://example.com",
        "http://localhost.example.com",
        "http://[",
        "//example.com",
        "",
    ],
)
def test_a_link_that_leads_to_no_safe_page_is_not_offered(link: str):
    assert safe_link(link) == ""
    assert safe_link("http://127.0.0.1:8000/x") == "http://127.0.0.1:8000/x"
    assert safe_link("https://connect.example.com/x") == "https://connect.example.com/x"


def test_the_sandbox_says_what_its_connections_are(visitor: Visitor):
    page = visitor.get("/connections")
    assert "In the sandbox a connection is active at once" in page
    place = visitor.post("/connections")
    assert "The connection is active" in visitor.get(place)
    visitor.post(f"{place}/use")
    draft = visitor.give("people.csv", b"Email,First Name\nada@example.com,Ada\n")
    assert "Newsletter" not in visitor.get(f"{draft}/match"), "its account is empty"
    visitor.post("/connections/own/use")
    assert "Newsletter" in visitor.get(f"{draft}/match")


def test_an_account_that_is_reached_directly_has_none_and_that_is_said(tmp_path: Path):
    account = Account.direct("http://127.0.0.1:9", "t0ken-of-a-person")
    with served(tmp_path, account) as site, site.client() as client:
        page = client.get("/connections")
    assert page.status_code == 200
    assert "There are none to have here" in page.text
    assert "Make a connection" not in page.text
    assert "t0ken-of-a-person" not in page.text


def test_a_gateway_that_does_not_answer_is_said(tmp_path: Path):
    account = Account.gateway("k3y-of-a-person", base_url="http://127.0.0.1:9")
    with served(tmp_path, account) as site, site.client() as client:
        answer = client.get("/connections")
    assert answer.status_code == 422
    assert "gateway" in answer.text
