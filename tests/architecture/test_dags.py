"""DAG files wire; they do not work."""

from __future__ import annotations

import ast
import re

import pytest

from crossdock.core.settings import settings

DAGS = sorted((settings().project_dir / "dags").glob("*.py"))
SQL = re.compile(r"\b(select\s.+\sfrom|insert\s+into|update\s+\w+\s+set|delete\s+from)\b", re.IGNORECASE | re.DOTALL)
WORK = {"httpx", "requests", "urllib", "psycopg", "sqlalchemy", "asyncssh", "paramiko", "subprocess", "pandas"}
LONGEST = 150


def imported(tree: ast.AST) -> set[str]:
    """Top-level names of every module imported anywhere in the file."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def strings(tree: ast.AST) -> list[str]:
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


@pytest.mark.parametrize("path", DAGS, ids=lambda path: path.name)
def test_a_dag_file_holds_neither_sql_nor_http(path):
    """SQL stands beside the code that runs it, HTTP in the transport."""
    tree = ast.parse(path.read_text())
    assert imported(tree) & WORK == set()
    assert [text for text in strings(tree) if SQL.search(text)] == []


@pytest.mark.parametrize("path", DAGS, ids=lambda path: path.name)
def test_a_dag_file_is_short(path):
    """A DAG file fits on two screens."""
    assert len(path.read_text().splitlines()) <= LONGEST


@pytest.mark.parametrize("path", DAGS, ids=lambda path: path.name)
def test_the_domain_is_imported_inside_the_tasks(path):
    """Parsing imports Airflow, the standard library, our errors and settings; the rest waits until a task runs."""
    at_import = [
        node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert [m for m in at_import if m.startswith("crossdock") and not m.startswith("crossdock.core.")] == []
