from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sandbox_desk import Desk, Line, has_path, matches, sandbox_at


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A desk at the small account that every statement starts from."""
    with sandbox_at() as sandbox:
        desk = Desk(sandbox)
        desk.given()
        yield desk


@pytest.fixture
def hold() -> Callable[[Line], None]:
    """Hold the sandbox to one statement."""

    def check(line: Line) -> None:
        with sandbox_at(switches=line.switches) as sandbox:
            desk = Desk(sandbox)
            desk.given(*line.after)
            response = desk.ask(line.request, line.body)
            found = response.json() if response.content else None
            assert response.status_code == line.status, response.text
            assert matches(found, line.has) or line.has is None, response.text
            for path in line.lacks:
                assert not has_path(found, path), (path, response.text)

    return check
