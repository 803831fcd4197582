"""A case to act on, a ledger to act at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from acting_rig import Acting


@pytest.fixture
def acting(database, tmp_path) -> Iterator[Acting]:
    """A product database and a ledger, empty both."""
    made = Acting(database, tmp_path / "ledger.sqlite")
    yield made
    made.close()
