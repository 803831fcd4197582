"""What DAGs, the command line and tests call of landing."""

from __future__ import annotations

from crossdock.landing.ingest import Run, ingest, ingest_all
from crossdock.landing.reconcile import reconcile
from crossdock.landing.retention import purge

__all__ = ["Run", "ingest", "ingest_all", "purge", "reconcile"]
