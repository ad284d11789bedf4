"""The page for a person's browser: true, plain, and without a trace of what is in a record."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import anyio
import httpx
from sandbox_desk import Desk, sandbox_at, send

from bulk.sandbox.faults import Fault
from bulk.sandbox.status import SECONDS, Memory, Seen


class Text(HTMLParser):
    """The words of a page, one a piece; fails for what is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        if tag not in ("meta", "line", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("line", "rect"):
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open[-1:] != ["style"]:
            self.words.append(data.strip())


def shown(desk: Desk) -> tuple[list[str], httpx.Response]:
    response = anyio.run(lambda: send(desk.sandbox, "GET ", entrance="/", headers={}))
    text = Text()
    text.feed(response.text)
    assert text.open == []
    return text.words, response


def after(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


def test_the_page_needs_no_key_and_says_what_is_in_it(desk: Desk) -> None:
    desk.ask_all(*["GET tags"] * 9)
    words, response = shown(desk)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert (after(words, "contacts"), after(words, "contactTags"), after(words, "limit")) == ("2", "1", "none")
    assert after(words, "requests") == "9"
    assert "ada@example.com" not in response.text
    assert "<script" not in response.text


def test_the_page_is_no_request_of_its_own(desk: Desk) -> None:
    before = desk.sandbox.requests
    shown(desk)
    words, _response = shown(desk)
    assert desk.sandbox.requests == before
    assert after(words, "requests") == str(before)


def test_refusals_and_errors_stand_on_it() -> None:
    with sandbox_at(rate=2, faults=(Fault("lost_before", path="lists"),)) as sandbox:
        desk = Desk(sandbox)
        for _ in range(3):
            desk.ask("GET tags")
        words, _response = shown(desk)
        assert (after(words, "refused"), after(words, "most in a second")) == ("1", "2")
        assert after(words, "limit") == "2 a second (sliding)"
        at = words.index("Refusals and errors")
        assert words[at + 2 : at + 5] == ["GET", "tags", "429"]


def test_what_a_path_holds_is_written_as_text(desk: Desk) -> None:
    desk.ask("GET users/email/<b>x")
    _words, response = shown(desk)
    assert "<b>x" not in response.text
    assert "&lt;b&gt;x" in response.text


def test_the_pace_is_that_of_whole_seconds_and_the_latest_come_first() -> None:
    memory = Memory()
    for at in (0.1, 0.9, 1.5, 3.2, 3.3):
        memory.note(Seen(datetime.now(UTC), "GET", f"p{at}", 200), 1000 + at)
    pace = memory.pace(1004.5)
    assert len(pace) == SECONDS
    assert pace[-5:] == [0, 2, 1, 0, 2]
    assert [seen.path for seen in memory.latest][:2] == ["p3.3", "p3.2"]
    assert re.fullmatch("0*", "".join(map(str, memory.pace(1004.5 + SECONDS)))), "long ago"
