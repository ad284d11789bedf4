"""What the code relies on of ActiveCampaign's API stands in docs/activecampaign.md, and that says where it is from."""

from __future__ import annotations

import re

import pytest

from tests.test_project import ROOT

DOC = (ROOT / "docs" / "activecampaign.md").read_text(encoding="utf-8")
SECTIONS = set(re.findall(r"^##+ (\d+(?:\.\d+)?)\.? ", DOC, re.MULTILINE))
SOURCES = DOC.split("\n## 13. ")[1]
CITED = re.compile(r"§(\d+(?:\.\d+)?)")


def cited(folder: str) -> set[str]:
    return {
        number
        for path in (ROOT / folder).rglob("*.py")
        for number in CITED.findall(path.read_text(encoding="utf-8"))
        if path.name != "test_citations.py"
    }


@pytest.mark.parametrize("folder", ["bulk", "tests"])
def test_what_is_cited_is_there(folder: str):
    assert len(cited(folder)) > 20
    assert cited(folder) - SECTIONS == set()


def test_each_section_has_its_sources():
    rows = [line for line in SOURCES.splitlines() if line.startswith("| §")]
    told = [number for row in rows for number in CITED.findall(row.split("|")[1])]
    assert len(told) == len(set(told))
    lowest = {number for number in SECTIONS if not any(other.startswith(f"{number}.") for other in SECTIONS)}
    assert lowest - {"13"} <= set(told)
    assert all("[" in row.split("|")[2] for row in rows)


def test_each_source_is_a_public_address_that_is_named():
    addresses = dict(re.findall(r"^\[([A-Z-]+)\]: (\S+)$", SOURCES, re.MULTILINE))
    names = set(re.findall(r"\[([A-Z][A-Z-]+)\](?!:)", SOURCES))
    assert names == set(addresses)
    hosts = ("https://developers.activecampaign.com/", "https://github.com/")
    assert [address for address in addresses.values() if not address.startswith(hosts)] == []
