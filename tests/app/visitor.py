"""Somebody who uses the page without a browser."""

from __future__ import annotations

import httpx

from tests.app.browser import Served


class Visitor:
    """Somebody who uses the page without a browser."""

    def __init__(self, client: httpx.Client, site: Served) -> None:
        self.client = client
        self.jobs = site.jobs
        self.headers = {"origin": site.address}

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, data: dict[str, str] | None = None, *, status: int = 303) -> str:
        answer = self.client.post(path, data=data or {}, headers=self.headers)
        assert answer.status_code == status, answer.text
        return answer.headers.get("location", answer.text)

    def give(self, name: str, content: bytes, resource: str = "contacts", *, status: int = 303) -> str:
        """Give a file; the path of its draft, or what the page says."""
        answer = self.client.post(
            "/files", data={"resource": resource}, files={"file": (name, content)}, headers=self.headers
        )
        assert answer.status_code == status, answer.text
        return answer.headers["location"].removesuffix("/match") if status == 303 else answer.text

    def wait(self, path: str) -> str:
        """The page, once what it shows is not at work any more: its news end then."""
        self.client.get(f"{path}/events")
        return self.get(path)

    def check(self, draft: str, **chosen: str) -> str:
        """Match the columns, and look at the rows."""
        assert self.post(f"{draft}/match", chosen) == f"{draft}/check"
        self.client.get(f"{draft}/events")
        return self.get(f"{draft}/check")
