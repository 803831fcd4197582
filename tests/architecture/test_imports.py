"""Imports point one way; the product knows neither Airflow nor the lab (contracts: .importlinter)."""

from __future__ import annotations

from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from crossdock.core.settings import settings


def test_every_import_contract_is_kept(capsys):
    """import-linter finds no import against the flow; it prints the ones it finds."""
    status = lint_imports(str(settings().project_dir / ".importlinter"), no_cache=True, no_logo=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out
