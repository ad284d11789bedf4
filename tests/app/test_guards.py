"""Who is let in to the page, and who is not."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from bulk.app.guards import POLICY
from tests.app.browser import Served


def port(site: Served) -> str:
    return site.address.rpartition(":")[2]


@pytest.fixture
def client(site: Served) -> Iterator[httpx.Client]:
    with site.client(known=False) as result:
        yield result


@pytest.fixture
def known(site: Served) -> Iterator[httpx.Client]:
    """A client that has come in."""
    with site.client() as result:
        yield result


def test_the_secret_lets_one_browser_in_once(client: httpx.Client, site: Served):
    entrance = site.entrance
    assert client.get("/").status_code == 403
    answer = client.get(entrance)
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert client.get("/").status_code == 200
    assert client.get(entrance).status_code == 200, "the same browser may open it again"
    client.cookies.clear()
    assert client.get(entrance).status_code == 403
    assert "used already" in client.get(entrance).text


@pytest.mark.parametrize("secret", ["", "?secret=", "?secret=wrong", "?secret=%00", "?other=1"])
def test_a_wrong_secret_lets_nobody_in_and_uses_nothing_up(client: httpx.Client, site: Served, secret: str):
    assert client.get(f"/enter{secret}").status_code == 403
    assert client.get(site.entrance).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example.com",
        "evil.example.com:PORT",
        "127.0.0.1",
        "127.0.0.1:9",
        "127.0.0.2:PORT",
        "[::1]:PORT",
        "127.0.0.1:PORT.example.com",
        "me@127.0.0.1:PORT",
    ],
)
def test_who_names_another_host_is_not_looked_at(site: Served, known: httpx.Client, host: str):
    answer = known.get("/", headers={"host": host.replace("PORT", port(site))})
    assert answer.status_code == 403
    assert "Import a file" not in answer.text


def test_this_machine_has_two_names(site: Served, known: httpx.Client):
    host = {"host": f"localhost:{port(site)}"}
    assert known.get("/", headers=host).status_code == 200
    answer = known.post("/exports", headers={**host, "origin": f"http://localhost:{port(site)}"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example.com", "null", "http://127.0.0.1:9", "https://127.0.0.1:PORT", "http://localhost:PORT", None],
)
@pytest.mark.parametrize("path", ["/files", "/exports", "/jobs/x/apply", "/jobs/x/undo"])
def test_a_form_of_another_page_does_nothing(site: Served, known: httpx.Client, origin: str | None, path: str):
    headers = {} if origin is None else {"origin": origin.replace("PORT", port(site))}
    answer = known.post(path, data={"resource": "contacts"}, headers=headers)
    assert answer.status_code == 403
    assert not site.jobs.exists()


def test_a_form_of_our_own_is_taken(site: Served, known: httpx.Client):
    answer = known.post("/exports", data={"resource": "nothing"}, headers={"origin": site.address})
    assert answer.status_code == 422


def test_another_page_reads_nothing_and_shows_nothing(known: httpx.Client):
    assert known.get("/", headers={"origin": "http://evil.example.com"}).status_code == 403
    for site in ("cross-site", "same-site"):  # the second: another port of this machine
        assert known.get("/", headers={"sec-fetch-site": site}).status_code == 403
    for site in ("same-origin", "none"):
        assert known.get("/", headers={"sec-fetch-site": site}).status_code == 200
    answer = known.get("/")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_other_methods_are_not_looked_at(site: Served, known: httpx.Client, method: str):
    assert known.request(method, "/", headers={"origin": site.address}).status_code == 403


@pytest.mark.parametrize("path", ["/", "/jobs", "/nowhere", "/static/app.css", "/static/app.js", "/enter"])
def test_every_answer_says_what_a_browser_may_do_with_it(client: httpx.Client, site: Served, path: str):
    for _time in range(2):  # before and after it is let in
        headers = client.get(path).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        client.get(site.entrance)


def test_the_policy_allows_no_script_but_ours():
    parts = dict(part.strip().split(" ", 1) for part in POLICY.split(";"))
    assert parts["default-src"] == "'none'"
    assert parts["script-src"] == parts["style-src"] == parts["connect-src"] == parts["form-action"] == "'self'"
    assert parts["frame-ancestors"] == parts["base-uri"] == "'none'"
    assert "unsafe" not in POLICY


def test_nothing_but_the_style_is_open(client: httpx.Client):
    assert client.get("/static/app.css").status_code == 200
    for path in ("/static/app.js", "/", "/jobs", "/exports", "/files/0123456789abcdef/match"):
        assert client.get(path).status_code == 403
