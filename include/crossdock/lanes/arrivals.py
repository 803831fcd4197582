"""What just arrived: waiting documents are read, then waiting records go through one pass of a lane."""

from __future__ import annotations

import psycopg

from crossdock.core import log
from crossdock.landing.parse import parse_pending
from crossdock.lanes.lane import Lane

logger = log.get("lanes")


def drain_once(work: psycopg.Connection, lane: Lane) -> bool:
    """Read waiting documents, run one pass; return whether there was anything."""
    read = parse_pending(work)
    done = lane.drain()
    if done.records or done.threads:
        logger.info(
            "pass",
            records=done.records,
            threads=done.threads,
            quarantined=done.quarantined,
            detected=done.detected,
            cleared=done.cleared,
        )
    return bool(read or done.records or done.threads)
