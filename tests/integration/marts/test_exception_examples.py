"""The examples beside every exception view hold: dbt runs them."""

from __future__ import annotations

import pytest

from crossdock.core.settings import settings
from crossdock.lanes import dbt

pytestmark = pytest.mark.slow


def test_every_example_of_an_exception_holds(modelled):
    """It fires, its look-alike does not, it does not before its time: three examples or more for each view."""
    views = list((settings().dbt_dir / "models" / "exceptions").glob("*/exc_*.sql"))
    result = dbt.invoke(["test", "--select", "test_type:unit,path:models/exceptions"], conninfo=modelled["dbt"])
    assert len(result.result.results) >= 3 * len(views)
    assert {str(example.status) for example in result.result.results} == {"pass"}
