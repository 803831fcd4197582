"""What a machine can check of the house style in Python."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from crossdock.core.settings import settings

PROJECT = settings().project_dir
SOURCES = sorted(
    path
    for folder in ("include", "dags", "plugins")
    for path in (PROJECT / folder).rglob("*.py")
    if "__pycache__" not in path.parts
)
LONGEST_FUNCTION = 60
LONGEST_FILE = 450
# What is handed to a child process is chosen there, name by name.
READS_ENVIRONMENT = {
    "include/crossdock/core/settings.py",
    "include/crossdock/core/connections.py",
    "include/crossdock/stack/boot.py",
    "include/crossdock/stack/environment.py",
    "include/crossdock/stack/install.py",
}
UNFINISHED = ("TO" + "DO", "FIX" + "ME", "XX" + "X:", "NotImplemented" + "Error")
VAGUE = {"utils", "helpers", "common", "misc"}


def name(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def reads_environment(tree: ast.AST) -> bool:
    """Whether `os.environ` is read, or `os.getenv` called; to set one of its keys is not to read it."""
    written = {id(written_to(node)) for node in ast.walk(tree)}
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
        and node.attr in ("environ", "getenv")
        and id(node) not in written
        for node in ast.walk(tree)
    )


def written_to(node: ast.AST) -> ast.AST | None:
    """What `x[key] = …` or `x.setdefault(…)` writes to."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        return node.targets[0].value
    if isinstance(node, ast.Attribute) and node.attr == "setdefault":
        return node.value
    return None


def test_functions_are_short():
    """No function is longer than sixty lines."""
    long = [
        f"{name(path)}:{node.lineno} {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for path in SOURCES
        for node in functions(path)
        if node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_files_are_short():
    """No source file grows beyond what one sitting can read."""
    lengths = {name(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_every_module_says_what_it_is_for():
    """Every module that holds anything begins with a docstring."""
    trees = {name(path): ast.parse(path.read_text()) for path in SOURCES}
    assert [path for path, tree in trees.items() if tree.body and not ast.get_docstring(tree)] == []


def test_only_settings_read_the_environment():
    """One module reads variables, one reads connections; the rest asks them."""
    readers = {
        name(path)
        for path in SOURCES
        if name(path).startswith("include/crossdock/") and reads_environment(ast.parse(path.read_text()))
    }
    assert readers - READS_ENVIRONMENT == set()


@pytest.mark.parametrize("word", UNFINISHED)
def test_nothing_is_left_unfinished(word):
    """No note of unfinished work stands in the sources."""
    files = [*SOURCES, *(PROJECT / "dbt").rglob("*.sql"), *(PROJECT / "expectations").rglob("*.yaml")]
    assert [name(path) for path in files if word in path.read_text()] == []


def test_no_name_is_vague():
    """Things are named for what they do: no utils, helpers, common, misc."""
    vague = [
        name(path) for path in SOURCES if VAGUE & {part.removesuffix(".py") for part in path.relative_to(PROJECT).parts}
    ]
    assert vague == []


def test_no_exception_is_swallowed():
    """No bare `except`, and nothing that catches everything and says nothing."""
    swallowed = [
        f"{name(path)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and (node.type is None or catches_all_in_silence(node))
    ]
    assert swallowed == []


def catches_all_in_silence(handler: ast.ExceptHandler) -> bool:
    catches_all = isinstance(handler.type, ast.Name) and handler.type.id in ("Exception", "BaseException")
    return catches_all and all(isinstance(statement, ast.Pass) for statement in handler.body)
