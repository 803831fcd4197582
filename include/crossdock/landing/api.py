"""What DAGs, the command line and tests call of landing."""

from __future__ import annotations

from crossdock.landing.ingest import Run, ingest
from crossdock.landing.reconcile import reconcile
from crossdock.landing.retention import purge

__all__ = ["Run", "ingest", "purge", "reconcile"]
