"""The words of the house: none of those that say too little stands in a name of ours."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOT = set(
    re.findall(
        "[a-z]+",
        "held found whole door shelf company courtesy together ending working reckon spoilt anew"
        " stream entity item session throttle executor cache mock",
    )
)
PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def defined(tree):
    """The names that a module gives: of functions, classes, arguments, variables and attributes."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if not node.name.startswith("test_"):  # the name of a test is a sentence
                yield node.name
            if not node.name.startswith("pytest_"):  # pytest gives arguments to its hooks by their names
                yield from (each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg))
        elif isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


@cache
def words(name):
    parts = [part.lower() for part in PART.findall(name)]
    return {
        word
        for part in parts
        for word in (part, part.removesuffix("s"), part.removesuffix("d"), part.removesuffix("ed"))
    }


def modules():
    return [path for room in ("bulk", "tests", "benchmarks") for path in sorted((ROOT / room).rglob("*.py"))]


def test_no_name_says_too_little():
    wrong = {
        f"{path.relative_to(ROOT).as_posix()}: {name}"
        for path in modules()
        for name in defined(ast.parse(path.read_text("utf-8")))
        if words(name) & NOT
    }
    assert wrong == set()


@pytest.mark.parametrize(
    "text", ["held = 1", "class FoundRow: ...", "def f(*items): ...", "a.cached = 1", "HELD_BY = 2"]
)
def test_such_a_name_is_seen(text):
    assert any(words(name) & NOT for name in defined(ast.parse(text)))
