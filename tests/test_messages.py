"""The table of errors and what the code raises agree, and no text of the library names a flag of the command line."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

import bulk
from bulk.cli.advice import ADVICE
from bulk.errors import BulkError, UnfinishedError, UsageError
from bulk.messages import GROUPS, PARTS, Part
from bulk.messages.page import CLASSES, page
from bulk.messages.rows import ROWS
from bulk.resources import RESOURCES
from bulk.wording import COMMANDS, MARK, OPTIONS, FrontEnd, in_words_of

ROOT = Path(bulk.__file__).parent
PAGE = ROOT.parent / "docs" / "errors.md"
LINE, LIBRARY = FrontEnd.COMMAND_LINE, FrontEnd.LIBRARY


def texts() -> Iterator[tuple[str, str, str]]:
    """Each text of the table: the class of its error ("" for a part), its code, itself."""
    for group in GROUPS:
        for kind, errors in group.TEXTS.items():
            yield from ((kind, code, text) for code, text in errors.items())
        yield from (("", code, text) for code, text in group.PARTS.items())


def kinds() -> dict[str, type[BulkError]]:
    """The classes of errors by name; all modules are loaded for it."""
    for module in pkgutil.walk_packages(bulk.__path__, "bulk."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)

    def below(kind: type[BulkError]) -> Iterator[type[BulkError]]:
        yield kind
        for one in kind.__subclasses__():
            yield from below(one)

    return {kind.__name__: kind for kind in below(BulkError) if kind.__module__.startswith("bulk.")}


def names_of(call: ast.Call) -> str:
    """What is called: a name, or `Part.of`."""
    if isinstance(call.func, ast.Name):
        return call.func.id
    return ast.unparse(call.func) if isinstance(call.func, ast.Attribute) else ""


@cache
def made() -> tuple[tuple[str, str, str, set[str]], ...]:
    """Each error and part that the code makes: where, its class ("" for a part), its code, its parameters."""
    return tuple(_made())


def _made() -> Iterator[tuple[str, str, str, set[str]]]:
    known = kinds()
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ((name := names_of(node)) in known or name == "Part.of"):
                where = f"{path.relative_to(ROOT)}:{node.lineno}"
                if name == "ReaderGoneError":
                    continue
                code = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else ""
                assert isinstance(code, str)
                yield where, "" if name == "Part.of" else name, code, {str(one.arg) for one in node.keywords}


def placeholders(text: str) -> set[str]:
    return {name for piece in MARK.split(text) for _text, name, _spec, _how in Formatter().parse(piece) if name}


def test_every_error_has_a_code_of_the_table_with_its_parameters() -> None:
    known = kinds()
    table = {code: (kind, placeholders(text)) for kind, code, text in texts()}
    wrong = []
    for where, name, code, given in made():
        kind, needed = table.get(code, ("none", set()))
        right = kind == name if "" in (kind, name) else kind in known and issubclass(known[name], known[kind])
        if not right or given != needed:
            wrong.append(f"{where}: {name} {code} {sorted(given)}; the table: {kind} {sorted(needed)}")
    assert not wrong, "\n".join(wrong)


def test_no_code_stands_twice_or_is_never_used() -> None:
    codes = Counter(code for _kind, code, _text in texts())
    assert [code for code, count in codes.items() if count > 1] == []
    used = {code for _where, _name, code, _given in made()} | {"reader_gone"}
    assert sorted(set(codes) - used) == []
    assert [code for code in codes if not re.fullmatch(r"[a-z][a-z0-9_]*", code)] == []


@cache
def constants(path: Path) -> tuple[tuple[int, str], ...]:
    """The texts in a module, without its docstrings."""
    return tuple(_constants(path))


def _constants(path: Path) -> Iterator[tuple[int, str]]:
    tree = ast.parse(path.read_text("utf-8"))
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value


# what may name a flag beside the command line and the renderer, and why
COMMAND_LINE_ONLY = ("cli/", "wording.py", "messages/cli.py")
NO_TEXT = ("sandbox/status.py",)  # a style sheet, whose variables look like flags


def test_no_text_beside_the_command_line_names_a_flag() -> None:
    actual = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in sorted(ROOT.rglob("*.py"))
        if not path.relative_to(ROOT).as_posix().startswith((*COMMAND_LINE_ONLY, *NO_TEXT))
        for line, text in constants(path)
        if re.search(r"(?<![\w-])--[a-z]", text)
    ]
    assert actual == []


def test_every_mark_is_an_option_or_a_command() -> None:
    names = {
        (path.name, mark.partition("=")[0])
        for path in ROOT.rglob("*.py")
        for _line, text in constants(path)
        for mark in MARK.findall(text)
        if path.name != "wording.py"
    }
    assert sorted(one for one in names if one[1] not in (*OPTIONS, *COMMANDS, "{option}")) == []


@pytest.mark.parametrize(
    ("mark", "line", "library"),
    [
        ("rate", "--rate", "rate"),
        ("mode=upsert", "--mode upsert", 'mode="upsert"'),
        ("rate=0", "--rate 0", "rate=0"),
        ("on_duplicate=all", "--on-duplicate all", 'on_duplicate="all"'),
        ("encoding='x'", "--encoding 'x'", "encoding='x'"),
        ("resubscribe", "--resubscribe", "resubscribe=True"),
        ("map=A = B=email", "--map 'A = B=email'", 'maps={"A = B": "email"}'),
        ('map=Say "x"=', "--map 'Say \"x\"='", 'maps={"Say \\"x\\"": ""}'),
        ("jobs_dir", "--jobs-dir", "jobs"),
        ("retry", "bulk retry", "resume(job, account, retry=True)"),
        ("resume_job=a b", "bulk resume 'a b'", 'resume("a b", account)'),
        ("a cell", "⟦a cell⟧", "⟦a cell⟧"),
    ],
)
def test_a_mark_is_said_by_each_front_end_in_its_own_words(mark: str, line: str, library: str) -> None:
    text = f"Before ⟦{mark}⟧ after."
    assert in_words_of(LINE, text) == f"Before {line} after."
    assert in_words_of(LIBRARY, text) == f"Before {library} after."


def test_what_looks_like_a_mark_in_a_file_stays_as_it_is() -> None:
    error = UsageError("map_twice", title="⟦rate⟧ {rows}")
    assert error.words(LINE) == "--map is given twice for '⟦rate⟧ {rows}'. Keep one of them."
    assert str(error) == "maps is given twice for '⟦rate⟧ {rows}'. Keep one of them."


@pytest.mark.parametrize("front_end", FrontEnd)
@pytest.mark.parametrize(
    "cell", ["⟦⟧", "⟦=⟧", "⟦resume_in=x⟧", "⟦resume_in⟧", "⟦retry={0}⟧", "⟦map=⟧", "⟦{option}⟧", "⟦"]
)
def test_no_cell_keeps_a_text_from_being_said(front_end: FrontEnd, cell: str) -> None:
    assert in_words_of(front_end, f"'{cell}' is no date.").endswith("' is no date.")


def test_the_folder_of_a_job_may_have_any_name() -> None:
    error = UnfinishedError("input_copy_gone", copy="c", file="f", job="a|b {0} --c")
    assert error.words(LINE).endswith("bulk resume 'a|b {0} --c'")
    assert str(error).endswith('resume("a|b {0} --c", account)')
    there = UsageError("job_exists", job="j", folder="a|b")
    assert there.words(LINE).endswith("bulk resume j --jobs-dir 'a|b'")
    assert str(there).endswith('resume(Path("a|b") / "j", account)')


def test_an_error_within_an_error_is_said_by_the_same_front_end() -> None:
    inner = UsageError("key_unknown", key="x")
    error = UsageError("job_options_damaged", refusal=inner)
    assert "--key 'x' is no column" in error.words(LINE)
    assert "key='x' is no column" in str(error)
    hint = Part.of("also_nearest", names=["a", "b"])
    assert str(hint) == " Nearest: a, b."
    assert set(PARTS) >= {"also_nearest"}


# ---- the page, and the codes of rows


def test_the_page_of_errors_is_the_one_that_is_generated() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m bulk.messages.page > docs/errors.md"


def test_the_page_has_every_class_with_its_exit_code() -> None:
    known = kinds()
    assert {kind for kind, _code, _text in texts() if kind} == {*CLASSES, "ReaderGoneError"}
    for name, (code, _about, _usual) in CLASSES.items():
        if name != "InterruptedJobError":
            assert str(known[name].exit_code) == code


PLACES = {"Failure": 1, "Issue": 3, "Problem": 0, "_refused": 0, "_refusal": 1}  # where each takes the code of a row


def codes_of_rows() -> Iterator[str]:
    """The codes that rows are given, as far as they are written out where that is done."""
    for path in sorted(ROOT.rglob("*.py")):
        if path.relative_to(ROOT).parts[0] in ("sandbox", "messages"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                if ast.unparse(target) in ("CODE", "NOT_CONFIRMED", "NOT_READ_BACK", "OTHER_ADDRESS", "ANOTHER_RECORD",
                                           "TOO_FEW"):  # fmt: skip
                    yield str(node.value.value)
            if isinstance(node, ast.Call):
                name = names_of(node).rpartition(".")[2]
                at = PLACES.get(name)
                given = [one.value for one in node.keywords if one.arg == "code"]
                given += node.args[at : at + 1] if at is not None else []
                yield from (str(one.value) for one in given if isinstance(one, ast.Constant) and one.value)


def test_every_code_of_a_row_is_explained_and_there_is_no_other() -> None:
    kinds_of_cells = {f"{column.kind.name}_invalid" for resource in RESOURCES for column in resource.columns}
    given = {code for code in codes_of_rows() if re.fullmatch(r"[a-z_]+", code)}
    assert sorted(given - set(ROWS)) == []
    assert sorted(set(ROWS) - given - kinds_of_cells - {"http_…", "…_invalid"}) == []
    assert sorted(set(ADVICE) - set(ROWS)) == []
