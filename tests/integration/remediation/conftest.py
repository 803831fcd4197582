"""A case to act on, a ledger to act at."""

from __future__ import annotations

import pytest

from acting_rig import Acting


@pytest.fixture
def acting(database, tmp_path) -> Acting:
    """A product database and a ledger, empty both."""
    return Acting(database, tmp_path / "ledger.sqlite")
