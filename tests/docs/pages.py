"""The pages that people read, and what stands in their fences."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GENERATED = ("commands.md", "errors.md", "resources.md", "presets.md")
_FENCE = re.compile(r"^```(\w*)([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TITLE, _NOT_RUN = re.compile(r'title="([^"]+)"'), re.compile(r'not-run="([^"]+)"')
_NAMED = re.compile(r"# ([\w.-]+\.(?:toml|csv))$", re.MULTILINE)  # a first line that is the file's name


@dataclass(frozen=True)
class Fence:
    """`line` is that of its first line of text in the page; `title` a file's name; `not_run` why the tests do not."""

    language: str
    text: str
    line: int
    title: str = ""
    not_run: str = ""


@cache
def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@cache
def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@cache
def fences(page: Path) -> list[Fence]:
    text = text_of(page)
    result = []
    for block in _FENCE.finditer(text):
        title = _TITLE.search(block[2]) or _NAMED.match(block[3])
        not_run = _NOT_RUN.search(block[2])
        line = text.count("\n", 0, block.start(3)) + 1
        result.append(Fence(block[1], block[3], line, title[1] if title else "", not_run[1] if not_run else ""))
    return result


def outside_fences(page: Path) -> str:
    return _FENCE.sub("", text_of(page))
