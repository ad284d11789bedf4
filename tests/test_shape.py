"""The bounds of the house: how long a module is, how much a class holds, how many of our modules one imports.

What goes beyond has its reason beside it, as a comment: `# long:` below a module's docstring, `# hub:` above its
imports, `# wide:` above a class. A reason that is not needed any more is in the way, and fails too.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINES, IMPORTS, METHODS, ATTRIBUTES = 300, 15, 15, 10
REASON = re.compile(r"# (long|hub|wide): \S.{9,}")
FIELDS = (ast.Assign, ast.AnnAssign)


def imported(tree, root=ROOT):
    """Our modules that a module imports, wherever in it; one that is named by its package counts as itself."""
    result = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            result |= {alias.name for alias in node.names if alias.name.split(".")[0] == "bulk"}
        if not isinstance(node, ast.ImportFrom) or (node.module or "").split(".")[0] != "bulk":
            continue
        place = root / node.module.replace(".", "/")
        for alias in node.names:
            inside = (place / f"{alias.name}.py").exists() or (place / alias.name).is_dir()
            result.add(f"{node.module}.{alias.name}" if inside else node.module)
    return result


def methods(node):
    """What a class does, apart from what Python asks of it."""
    functions = [each for each in node.body if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return {function.name for function in functions if not function.name.startswith("__")}


def attributes(node):
    """What an object of a class holds: what is declared, and what is set when it is made."""
    named = {
        each.target.id for each in node.body if isinstance(each, ast.AnnAssign) if isinstance(each.target, ast.Name)
    }
    for making in node.body:
        if isinstance(making, ast.FunctionDef) and making.name in ("__init__", "__post_init__"):
            setting = [each for each in ast.walk(making) if isinstance(each, FIELDS)]
            targets = [target for each in setting for target in getattr(each, "targets", None) or [each.target]]
            attribute = [target for target in targets if isinstance(target, ast.Attribute)]
            named |= {each.attr for each in attribute if isinstance(each.value, ast.Name) and each.value.id == "self"}
    return named


def beyond(path, text, root=ROOT):
    """What of a module is beyond its bounds: each with the lines on one of which the reason would stand."""
    tree = ast.parse(text)
    docstring = tree.body[0].end_lineno if ast.get_docstring(tree) else 0
    imports = [node.lineno for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    head = range(docstring + 1, imports[0] if imports else docstring + 3)
    if text.count("\n") > LINES:
        yield f"long {path}", head
    if len(imported(tree, root)) > IMPORTS:
        yield f"hub {path}", head
    for node in ast.walk(tree):
        wide = isinstance(node, ast.ClassDef) and (len(methods(node)) > METHODS or len(attributes(node)) > ATTRIBUTES)
        if wide:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            yield f"wide {path} {node.name}", range(first - 1, first)


def judged(path, text, root=ROOT):
    """The breaches of a module that have no reason, and its reasons that have no breach."""
    reasons = {
        at: actual[1] for at, line in enumerate(text.splitlines(), 1) if (actual := REASON.fullmatch(line.strip()))
    }
    breaches, used = set(), set()
    for name, places in beyond(path, text, root):
        at = next((at for at in places if reasons.get(at) == name.split()[0]), None)
        breaches |= {name} if at is None else set()
        used |= {at}
    return breaches, {f"{path}:{at} {reasons[at]}" for at in reasons.keys() - used}


def sources():
    return [(path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in sorted(ROOT.glob("bulk/**/*.py"))]


def test_what_is_beyond_its_bounds_has_a_reason_beside_it_and_nothing_else():
    breaches, needless = zip(*(judged(path, text) for path, text in sources()), strict=True)
    assert set().union(*breaches) == set(), "split it where two stories are told, or write the reason beside it"
    assert set().union(*needless) == set()


LONG = '"""A module."""\n\n' + "\n" * LINES
MANY = "".join(f"from bulk.room{n} import name\n" for n in range(IMPORTS + 1))
WIDE = "class Wide:\n" + "".join(f"    a{n}: int\n" for n in range(ATTRIBUTES + 1))
BUSY = "class Busy:\n" + "".join(f"    def m{n}(self): ...\n" for n in range(METHODS + 1))
SET = "class Set:\n    def __init__(self):\n        " + "".join(f"self.a{n} = " for n in range(ATTRIBUTES + 1)) + "0\n"


@pytest.mark.parametrize(
    ("text", "breach"),
    [
        (LONG, "long x.py"),
        (MANY, "hub x.py"),
        (WIDE, "wide x.py Wide"),
        (BUSY, "wide x.py Busy"),
        (SET, "wide x.py Set"),
        ("@decorated\n" + WIDE, "wide x.py Wide"),
    ],
)
def test_a_breach_is_seen_and_a_reason_for_it_alone_excuses_it(text, breach):
    mark = breach.split()[0]
    assert judged("x.py", text) == ({breach}, set())
    docstring, rest = ('"""A module."""\n', text.removeprefix('"""A module."""\n')) if mark == "long" else ("", text)
    assert judged("x.py", f"{docstring}# {mark}: it is one list of its kind\n{rest}") == (set(), set())
    other = "wide" if mark == "hub" else "hub"
    breaches, needless = judged("x.py", f"{docstring}# {other}: it is one list of its kind\n{rest}")
    assert breaches == {breach}
    assert needless == {f"x.py:{2 if docstring else 1} {other}"}


def test_a_module_named_by_its_package_counts_as_itself():
    tree = ast.parse("from bulk.jobs import export, rows\nfrom bulk.model import Row, Issue\nimport bulk.wording\n")
    assert imported(tree) == {"bulk.jobs.export", "bulk.jobs.rows", "bulk.model", "bulk.wording"}
