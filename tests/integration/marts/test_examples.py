"""The examples beside the models hold: dbt runs them all."""

from __future__ import annotations

import pytest

from crossdock.core.settings import settings
from crossdock.lanes import dbt

pytestmark = pytest.mark.slow


def test_every_example_holds(modelled):
    """Of an exception view: it fires, its look-alike does not, it does not before its time; three or more for each."""
    views = list((settings().dbt_dir / "models" / "exceptions").glob("*/exc_*.sql"))
    result = dbt.invoke(["test", "--select", "test_type:unit"], conninfo=modelled["dbt"])
    of_exceptions = [one for one in result.result.results if any(part.startswith("exc_") for part in one.node.fqn)]
    assert len(of_exceptions) >= 3 * len(views)
    assert len(result.result.results) > len(of_exceptions)
    assert {str(one.status) for one in result.result.results} == {"pass"}
