"""What is generated from the declarations: templates, the page of resources, and what the command says of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulk.__main__ import run
from bulk.files.reference import markdown
from bulk.files.template import template
from bulk.resources import RESOURCES
from bulk.resources.spec import Resource

ROOT = Path(__file__).parents[2]
IMPORTED = [resource for resource in RESOURCES if resource.modes]


@pytest.mark.parametrize("resource", IMPORTED, ids=lambda resource: resource.name)
def test_the_template_in_the_repository_is_the_one_that_is_generated(resource: Resource):
    written = ROOT / "templates" / f"{resource.name}.csv"
    assert written.read_bytes() == template(resource).encode(), "bulk template NAME templates/NAME.csv writes it anew"


def test_there_is_no_template_of_anything_else():
    names = {path.stem for path in (ROOT / "templates").iterdir()}
    assert names == {resource.name for resource in IMPORTED}


@pytest.mark.parametrize("resource", IMPORTED, ids=lambda resource: resource.name)
def test_every_template_is_valid_as_it_is(resource: Resource, monkeypatch: pytest.MonkeyPatch):
    for name in ("MATON_API_KEY", "AC_API_URL", "AC_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert run(["validate", resource.name, str(ROOT / "templates" / f"{resource.name}.csv"), "-q"]) == 0


def test_the_page_of_resources_is_the_one_that_is_generated():
    page = ROOT / "docs" / "resources.md"
    assert page.read_text(encoding="utf-8") == markdown(RESOURCES), "bulk resources --markdown > docs/resources.md"


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_what_is_said_of_a_resource_fits_a_terminal(resource: Resource, capsys: pytest.CaptureFixture[str]):
    assert run(["resources", resource.name]) == 0
    said = capsys.readouterr().out
    assert all(len(line) < 80 for line in said.splitlines())
    assert all(column.header in said for column in resource.columns)
